"""An edition's own page: where and when it meets, how to register, and what it offers to read afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree, html

from cmr_watch.models import Edition, EditionStatus, Material, Outline, ReadingWarning, Snapshot
from cmr_watch.monitor.parse import words
from cmr_watch.monitor.parse.calls import mentions_call
from cmr_watch.monitor.parse.dates import Found, find_dates
from cmr_watch.monitor.parse.document import Document, candidates, open_document
from cmr_watch.monitor.parse.entry import choose
from cmr_watch.monitor.parse.headings import looks_like_heading, year_of
from cmr_watch.monitor.parse.lines import Line, article_lines, markup_of
from cmr_watch.monitor.parse.materials import anchors_of, materials_of
from cmr_watch.monitor.parse.place import Place
from cmr_watch.monitor.parse.registration import registration_closes_on, registration_url
from cmr_watch.monitor.parse.venue import NEXT, SERIES, Home, Sentence, place_of, sentences_of, theme_of_title
from cmr_watch.places import is_online

URL: Final = "https://clustercollaboration.eu/content/"
"""Where editions' pages stand: relative links of a page without an address are resolved against it."""

_LONGEST_TEXT: Final = 500
_MOST_HEADINGS: Final = 20
_LONGEST_HEADING: Final = 80


def read_edition(content: bytes, charset: str | None = None, url: str = URL) -> Snapshot:
    """What an edition's page says. `url` is the page's own address; ParseError if it is no page.

    A page that names no place, such as an error, holds no edition.
    """
    document = open_document(content, charset)
    title = _title_of(document)
    best: Snapshot | None = None
    for element in _articles(document):
        snapshot = read_article(article_lines(markup_of(element)), title, url, complete=document.complete)
        if snapshot.outline.dated_lines:
            return snapshot
        best = snapshot if best is None or (snapshot.editions and not best.editions) else best
    return best or Snapshot("edition", outline=Outline(document.complete, ()))


# ── the article ──────────────────────────────────────────────────────────────────────────────────────────────────

_BODY: Final = etree.XPath("boolean(descendant-or-self::*[contains(concat(' ', @class, ' '), ' field--name-body ')])")
_TITLE: Final = etree.XPath("boolean(descendant::h1)")
_TITLES: Final = etree.XPath("//h1")
_MOST_TITLES: Final = 4


def _articles(document: Document) -> list[html.HtmlElement]:
    """The article, then the body field; a wider part of the page only where there is neither."""
    elements = [element for group in candidates(document) for element in group]
    articles = [one for one in elements if one.tag == "article"]
    near = [one for one in articles if _TITLE(one)] or [one for one in articles if _BODY(one)]
    near += [one for one in elements if one.tag != "article" and _is_body_field(one)]
    wide = [one for one in elements if one.tag in ("main", "body") or _TITLE(one)]
    return near[:_MOST_TITLES] or wide[:1] or elements[:1]


def _is_body_field(element: html.HtmlElement) -> bool:
    return "field--name-body" in (element.get("class") or "").split()


def _title_of(document: Document) -> Line | None:
    """The first heading of the first rank that names the series, else the first one."""
    titles = [_one_line(article_lines(markup_of(one))) for one in _TITLES(document.root)[:_MOST_TITLES]]
    named = [title for title in titles if title]
    return next((title for title in named if SERIES.search(title.text)), named[0] if named else None)


def _one_line(lines: Sequence[Line]) -> Line | None:
    """A title that `<br>` breaks, as one line."""
    return replace(lines[0], text=" – ".join(line.shown for line in lines), level=1, links=()) if lines else None


_OTHER_PART: Final = re.compile(
    r"\W*(?:(?:see also|related|other|similar|more|further|upcoming|next|previous|past|earlier|latest|recent|all|our)\b"
    r"[^.:]{0,60}\b(?:events?|editions?|workshops?|news|articles?|content)"
    r"|(?:you may|you might)\b.{0,40}|news(?: .{0,30})?"
    r"|share(?: .{0,20})?|tags?|follow us.{0,30}|newsletter.{0,30})\W*",
    re.I,
)
_LOWEST: Final = 9


def _own_lines(lines: Sequence[Line]) -> Iterator[Line]:
    """Without the title, without the parts under headings such as “Related events”, “Previous editions”, “Share”."""
    other: int | None = None
    for line in lines:
        if looks_like_heading(line) and line.level != 1:
            level = line.level or _LOWEST
            if _OTHER_PART.fullmatch(line.text[:_LONGEST_TEXT]):
                other = level if other is None else min(other, level)
            elif other is not None and level <= other:
                other = None
        if other is None and line.level != 1:
            yield line


def read_article(lines: Sequence[Line], title: Line | None, url: str, *, complete: bool = True) -> Snapshot:
    """What an article's lines say. `title` stands above them or among them."""
    if title is None:
        title = next((line for line in lines if SERIES.search(line.text[:_LONGEST_TEXT])), None)
    headings = [*([title] if title else []), *(one for one in lines if looks_like_heading(one) and one.level != 1)]
    names = tuple(heading.shown[:_LONGEST_HEADING] for heading in headings[:_MOST_HEADINGS])
    body = sentences_of([line for line in _own_lines(lines) if line is not title])
    place, venue = place_of(title.text[:_LONGEST_TEXT] if title else "", body)
    if place is None or title is None:
        return Snapshot("edition", outline=Outline(complete, (), headings=names))
    page = _Page(title, body, Home(place), url, venue)
    edition, found = page.edition()
    warnings = tuple(ReadingWarning(code, edition.text) for code in _doubts(edition, found, page))
    dated = edition.date_precision != "unknown"
    outline = Outline(complete, (), int(dated), int(found is not None and not dated), names)
    return Snapshot("edition", (edition,), (), warnings, outline)


# ── when ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_RANKS: Final = {"day": 0, "unknown": 1, "month": 2, "season": 3, "year": 4}
_MARKED: Final = re.compile(
    r"\W*(?:📅|🗓|📆|📍|⏰|(?:save the date|new dates?"
    r"|(?:event |workshop )?dates?(?: (?:and|&) (?:venue|place|location))?|when)\b)",
    re.I,
)
_DATE_HEADING: Final = re.compile(r"\W*(?:(?:event |save the |workshop )?dates?|when)\b.{0,30}", re.I)
_OF_THE_EVENT: Final = re.compile(
    r"\b(?:workshop|event|edition|meet|meeting|gather\w*|join us|took place|take[s]? place|taking place|held"
    r"|save the date|invit\w+|welcom\w+|brought|clusters meet regions|see you)\b",
    re.I,
)
_NOT_THE_EVENT: Final = re.compile(
    r"^\W*(?:submitted|posted|published|created|updated|last (?:updated|modified)|deadlines?|registrations?)\b"
    r"|\b(?:hotels?|accommodation|flights?|rooms?|info(?:rmation)? session|webinar)\b",
    re.I,
)
_ON_THE_EVENT: Final = re.compile(
    r"\b(?:workshop|event|edition|meeting|regions)\b[^.;,]{0,60}?(?:\bon|\bof|,|from|[\u2013-])\W*(?:the\W+)?$", re.I
)
_OTHER_HEADING: Final = re.compile(r"\b(?:regist\w+|deadlines?|contacts?|accommodation|hotels?)\b", re.I)
_AGENDA_DAY: Final = re.compile(
    r"\W*(?:day\s(?:\d|one|two|three)\b|(?:first|second|third) day\b|(?:mon|tues|wednes|thurs|fri|satur|sun)day\b)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class _When:
    """A date that may be the edition's; `rank`: the lower the likelier."""

    date: Found
    sentence: Sentence
    rank: int

    @property
    def key(self) -> tuple[int, int]:
        return _RANKS[self.date.precision], self.rank

    @property
    def words(self) -> str:
        return self.sentence.text[self.date.start : self.date.end].replace("\t", " ")


def _dates_of(title: Line, body: Sequence[Sentence], home: Home, *, held: bool) -> Iterator[_When]:
    """All dates that may be the edition's: the title's, then those of the text's sentences."""
    year = year_of(title.text)
    head = Sentence(title.text[:_LONGEST_TEXT], title)
    chosen = choose(head.text, find_dates(head.text))
    if chosen and chosen.precision != "year":
        yield _When(chosen, head, 0)
    for sentence in body:
        if _may_tell_days(sentence, home, held=held):
            yield from _dates_in(sentence, year, home)


def _may_tell_days(sentence: Sentence, home: Home, *, held: bool) -> bool:
    text = sentence.text
    if home.is_another(text) or mentions_call(text) or _OTHER_HEADING.search(sentence.under):
        return False
    return not (held and NEXT.search(text) and not home.is_named(text))


def _dates_in(sentence: Sentence, year: int | None, home: Home) -> Iterator[_When]:
    text = _DAY_NUMBER.sub(lambda number: " " * len(number[0]), sentence.text)
    dates = find_dates(text, year)
    own = tuple(date for date in dates if not home.is_elsewhere(text, date.start, date.end))
    chosen = choose(text, own) if own else None
    rank = _rank(sentence, chosen) if chosen else None
    if chosen and rank is not None:
        yield _When(chosen, sentence, rank)


def _rank(sentence: Sentence, date: Found) -> int | None:
    """1 a line marked as the date's, 2 nothing but it, 3 prose of the event, 4 of the next, 5 an agenda's, 6 others."""
    text, lead = sentence.text, sentence.text[: date.start]
    if _NOT_THE_EVENT.search(text) and re.search(r"\w", lead) and not _ON_THE_EVENT.search(lead[-80:]):
        return None
    if _MARKED.match(text) or _DATE_HEADING.fullmatch(sentence.under):
        return 1
    if _AGENDA_DAY.match(text) and not _is_period(date):
        return 5
    if _OF_THE_EVENT.search(text):
        return 3 + bool(NEXT.search(text))
    if date.precision == "year" or (date.yearless and len(text.split()) > _SHORT):
        return None
    return _rank_of_a_short_line(text, lead, date)


_SHORT: Final = 12
_DAY_NUMBER: Final = re.compile(r"(?<=\bday)\s\d\b(?!\s?(?:st|nd|rd|th)\b)", re.I)
"""“Day 1 – 27 November”: the number is no day of a month."""


def _rank_of_a_short_line(text: str, lead: str, date: Found) -> int | None:
    if len(text.split()) <= _SHORT and not re.search(r"\w", lead):
        return 5 if text.strip(" .:") != text[date.start : date.end] and not _is_period(date) else 2
    is_name = date.precision == "day" and len(text.split()) <= _SHORT and not re.search(r"(?<!\w)[a-z]", lead)
    return 6 if _is_period(date) or is_name else None


def _is_period(date: Found) -> bool:
    return date.starts_on != date.ends_on


_LONGEST_EVENT: Final = 5


def _with_last_day(first: _When, all_dates: Sequence[_When]) -> Found:
    """The days of an agenda, one above each part of it, are one event."""
    start = first.date.starts_on
    if first.rank != _AGENDA_RANK or start is None:
        return first.date
    days = [one.date.ends_on for one in all_dates if one.rank == _AGENDA_RANK and one.date.ends_on]
    near = [day for day in days if 0 <= (day - start).days <= _LONGEST_EVENT]
    return replace(first.date, ends_on=max(near, default=first.date.ends_on))


_AGENDA_RANK: Final = 5

# ── before or after ──────────────────────────────────────────────────────────────────────────────────────────────

_PAST: Final = re.compile(
    r"\btook place\b|\b(?:was|were) (?:successfully |jointly )?(?:held|attended|hosted|organi[sz]ed)\b|\bgathered\b"
    r"|\bbrought (?:\w+ ){0,8}?together\b|\bthank(?:s|ing)? (?:you )?(?:\w+ ){0,5}?(?:for|to)\b[^.]{0,40}?"
    r"\b(?:participat|attend|join|com|being|host|contribut|speakers|participants|who)\w*"
    r"|\b(?:workshop|event|edition|meeting)\b[^.;]{0,120}?"
    r"\b(?:brought|attracted|welcomed|concluded|drew|united|convened)\b"
    r"|\bparticipants (?:\w+ )?(?:discussed|explored|visited|met|exchanged|learned|learnt|shared|had)\b"
    r"|\b(?:has|have) (?:now )?(?:ended|come to an end|been held|taken place)\b",
    re.I,
)
_NOT_YET: Final = re.compile(r"\b(?:will|if|once|after the event|regist\w+|in advance)\b", re.I)
_AFTER_KINDS: Final = frozenset({"summary", "proceedings", "photos", "recording", "slides"})
_UNSURE: Final = re.compile(
    r"\b(?:if|in case|unless|may|can|could|might|registrations?|hotels?|flights?|rooms?|deadlines?|who"
    r"|sessions?|visits?)\b",
    re.I,
)
_LONGEST_STATE: Final = 250


def _is_held(body: Sequence[Sentence], home: Home, materials: Sequence[Material]) -> bool:
    """Whether the page speaks of the edition in the past tense, or offers what only comes after it."""
    return any(one.kind in _AFTER_KINDS for one in materials) or any(_tells_the_past(one, home) for one in body)


def _tells_the_past(sentence: Sentence, home: Home) -> bool:
    found = _PAST.search(sentence.text)
    if found is None or _NOT_YET.search(sentence.text[: found.start()]):
        return False
    return not home.is_another(sentence.text) and not mentions_call(sentence.text)


def _state(title: Line, body: Sequence[Sentence], home: Home) -> EditionStatus | None:
    """Cancelled or postponed where said of this edition, else save the date where said."""
    own = [title.text] + [one.text for one in body if len(one.text) <= _LONGEST_STATE and not home.is_another(one.text)]
    sure = [text for text in own if not _UNSURE.search(text)]
    if any(words.CANCELLED.search(text) for text in sure):
        return "cancelled"
    if any(words.POSTPONED.search(text) for text in sure):
        return "postponed"
    return "save_the_date" if any(words.SAVE_THE_DATE.search(text) for text in own) else None


# ── the edition ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Page:
    """An article, cut into sentences, with its place."""

    title: Line
    body: tuple[Sentence, ...]
    home: Home
    url: str
    venue: str | None

    def edition(self) -> tuple[Edition, _When | None]:
        """The edition, and the date that was taken for it."""
        anchors = tuple(anchors_of(self.body, self.url))
        materials = materials_of(anchors)
        held = _is_held(self.body, self.home, materials)
        dates = tuple(_dates_of(self.title, self.body, self.home, held=held))
        found = min(dates, key=lambda one: one.key, default=None)
        form = registration_url(anchors, self.body, self.home)
        edition = replace(
            _dated(self.home.place, found, dates),
            section="past" if held else "upcoming",
            status=self._status(form, held=held),
            url=self.url if self.url != URL else None,
            summary_url=next((one.url for one in materials if one.kind == "summary"), None),
            text=self._text(found),
            venue=self.venue,
            registration_url=form,
            theme=_theme(self.title, self.body, self.home.place),
            materials=materials,
        )
        closes_on = registration_closes_on(self.body, self.home, edition.starts_on)
        return replace(edition, registration_closes_on=closes_on), found

    def _status(self, form: str | None, *, held: bool) -> EditionStatus:
        state = _state(self.title, self.body, self.home)
        if state in ("cancelled", "postponed"):
            return state
        if held:
            return "held"
        return "save_the_date" if state and form is None else "scheduled"

    def _text(self, found: _When | None) -> str:
        """The line that names place and date, else the title."""
        line = found.sentence.line if found and self.home.is_named(found.sentence.text) else self.title
        return line.shown[:_LONGEST_TEXT]


def _dated(place: Place, found: _When | None, dates: Sequence[_When]) -> Edition:
    edition = Edition(place.city, place.region, place.country, place.country_code)
    if found is None:
        return edition
    date = _with_last_day(found, dates)
    return replace(
        edition,
        starts_on=date.starts_on,
        ends_on=date.ends_on,
        date_precision=date.precision,
        period=date.period,
        date_text=found.words,
    )


_THEME: Final = re.compile(
    r"\W*(?:(?:main |workshop |event )?(?:theme|topic|subject|focus))\s?[:\t–-]\s?(?P<theme>.{3,200})", re.I
)
_THEME_HEADING: Final = re.compile(r"\W*(?:the |main |workshop |event )*(?:theme|topic)\W*", re.I)


def _theme(title: Line, body: Sequence[Sentence], place: Place) -> str | None:
    """A line “Theme: …”, the first one under such a heading, or the title's subtitle that is no place."""
    for sentence in body:
        labelled = _THEME.match(sentence.text)
        if labelled:
            return labelled["theme"].strip(' \t.“”"‘’')
        if _THEME_HEADING.fullmatch(sentence.under):
            return sentence.text[:200].strip(' \t.“”"‘’')
    return theme_of_title(title.text, place)


def _doubts(edition: Edition, found: _When | None, page: _Page) -> list[str]:
    doubts = []
    if edition.date_precision == "unknown":
        doubts.append("date-impossible" if found and found.date.impossible else "date-unknown")
    elif edition.date_precision == "day" and found and _is_tentative(found):
        doubts.append("date-tentative")
    if edition.country_code is None and not is_online(edition.city):
        doubts.append("country-unknown" if page.home.place.country else "country-missing")
    return doubts


_OF_ELSE: Final = re.compile(r"\b(?:agenda|programme|venue|speakers?)\b", re.I)


def _is_tentative(found: _When) -> bool:
    date, text = found.date, found.sentence.text
    around = f"{text[max(0, date.start - 30) : date.start]} {text[date.end : date.end + 30]}"
    return bool(words.TENTATIVE.search(around)) and not _OF_ELSE.search(around)
