"""An edition's own page: where and when it meets, how to register, what it offers to read afterwards (READING E, O3).

Pure, linear. Errors: ParseError.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cmr_watch.models import Edition, EditionStatus, Material, Outline, ReadingWarning, Snapshot
from cmr_watch.reading.article import Article, articles, base_of
from cmr_watch.reading.clauses import subject_of
from cmr_watch.reading.document import Document
from cmr_watch.reading.edition_days import Rank, When, dates_of, is_tentative, with_last_day
from cmr_watch.reading.edition_place import place_of, place_of_title
from cmr_watch.reading.entries import said_status
from cmr_watch.reading.evidence import Evidence, EvidenceLog
from cmr_watch.reading.home import Home, Sentence, sentences_in
from cmr_watch.reading.lines import Line
from cmr_watch.reading.materials import anchors_of, materials_of
from cmr_watch.reading.notices import mentions_call
from cmr_watch.reading.places import Place
from cmr_watch.reading.registration import registration_closes_on, registration_link
from cmr_watch.reading.tokens import Text
from cmr_watch.reading.venue import Spot

URL: Final = "https://clustercollaboration.eu/content/"
"""Where editions' pages stand: relative links of a page without an address are resolved against it (O2)."""
_LONGEST: Final = 500

Result = tuple[Snapshot, Evidence]


def read_edition(document: Document, url: str | None = None) -> Result:
    """What an edition's page says, and where. `url` is the page's own address.

    A page that names no place, such as an error, holds no edition (`edition-missing`).
    """
    best: Result | None = None
    for article in articles(document, _names_series):
        found = _read(article, document, url)
        if found[0].outline.dated_lines:
            return found
        best = found if best is None or (found[0].editions and not best[0].editions) else best
    return best or (_without_edition(Outline(document.is_complete, ()), ""), Evidence())


def _names_series(text: Text) -> bool:
    return text.has("series")


def _without_edition(outline: Outline, title: str) -> Snapshot:
    return Snapshot("edition", (), (), (ReadingWarning("edition-missing", title),), outline)


def _read(article: Article, document: Document, url: str | None) -> Result:
    log = EvidenceLog()
    article.note_lines(log, "E1")
    sentences = sentences_in(article)
    title = _title(article)
    place, spot = place_of(title.scan, sentences) if title else (None, None)
    outline = Outline(document.is_complete, (), headings=article.headings)
    if place is None or title is None:
        shown = title.shown[:_LONGEST] if title else ""
        return _without_edition(outline, shown), log.finish(article.why)
    body = tuple(one for one in sentences if one.whole.number != title.number)
    page = _Page(title, body, Home(place), url)
    edition, found = page.read(spot, log)
    warnings = tuple(ReadingWarning(code, edition.text) for code in _doubts(edition, found, place))
    is_dated = edition.date_precision != "unknown"
    outline = replace(outline, dated_lines=int(is_dated), unread_lines=int(found is not None and not is_dated))
    return Snapshot("edition", (edition,), (), warnings, outline), log.finish(article.why)


def _title(article: Article) -> Line | None:
    """The title; where it is the site's and not the edition's, the first line that names the series."""
    title = article.title
    if title and (title.scan.has("series") or place_of_title(title.scan)):
        return title
    return next((line for line in article.lines if line.scan.has("series")), title)


@dataclass(frozen=True, slots=True)
class _Page:
    """An article's sentences, with the page's place and its address, where that is known."""

    title: Line
    sentences: tuple[Sentence, ...]
    home: Home
    url: str | None

    def read(self, spot: Spot | None, log: EvidenceLog) -> tuple[Edition, When | None]:
        """The edition, and the date that was taken for it."""
        anchors = tuple(anchors_of(self.sentences, base_of(self.url, URL)))
        materials, links = materials_of(anchors, self.home)
        held = _is_held(self.sentences, self.home, materials)
        dates = tuple(dates_of(self.title, self.sentences, self.home, is_held=held))
        found = _chosen(dates)
        form = registration_link(anchors, self.sentences, self.home)
        place = self.home.place
        edition = replace(
            _dated(Edition(place.city, place.region, place.country, place.country_code), found, dates),
            section="past" if held else "upcoming",
            status=self._status(held=held, has_form=form is not None),
            url=self.url,
            summary_url=next((one.url for one in materials if one.kind == "summary"), None),
            text=self._text(found),
            venue=spot.venue if spot else None,
            registration_url=form.url if form else None,
            materials=materials,
        )
        closes = registration_closes_on(self.sentences, self.home, edition.starts_on)
        self._note(log, place, found)
        for name, line, rule in (
            ("venue", spot.line if spot and spot.venue else None, "E2"),
            ("registration_url", form.sentence.whole if form else None, "O2"),
            ("registration_closes_on", closes[1].whole if closes else None, "O4"),
            *((f"materials[{number}]", one.sentence.whole, "O3") for number, one in enumerate(links)),
        ):
            if line:
                log.fact("editions[0]", name, line.number, 0, len(line.text), rule)
        return replace(edition, registration_closes_on=closes[0] if closes else None), found

    def _note(self, log: EvidenceLog, place: Place, found: When | None) -> None:
        log.fact("editions[0]", "city", self.title.number, place.start, place.end, "E1")
        if found:
            log.use(found.whole.number, found.whole.text, "entry" if found.rank is Rank.ENTRY else "date", "E1")
            for name in ("starts_on", "ends_on", "date_precision"):
                start, end = found.start + found.date.start, found.start + found.date.end
                log.fact("editions[0]", name, found.line.number, start, end)

    def _status(self, *, held: bool, has_form: bool) -> EditionStatus:
        state = _state_of(self.title.scan, self.sentences, self.home)
        if state in ("cancelled", "postponed"):
            return state
        if held:
            return "held"
        return "save_the_date" if state and not has_form else "scheduled"

    def _text(self, found: When | None) -> str:
        """The line that names place and date, else the title."""
        line = found.whole if found and self.home.is_named(found.whole.text) else self.title
        return line.shown[:_LONGEST]


def _chosen(dates: Sequence[When]) -> When | None:
    """The finest and surest date, the first of equals; an entry's days beat the title's (E1)."""
    return min(dates, key=lambda one: one.key, default=None)


def _dated(edition: Edition, found: When | None, dates: Sequence[When]) -> Edition:
    if found is None:
        return edition
    date = with_last_day(found, dates)
    return replace(
        edition,
        starts_on=date.starts_on,
        ends_on=date.ends_on,
        date_precision=date.precision,
        period=date.period,
        date_text=found.words,
    )


def _doubts(edition: Edition, found: When | None, place: Place) -> list[str]:
    doubts = []
    if edition.date_precision == "unknown":
        doubts.append("date-impossible" if found and found.date.is_impossible else "date-unknown")
    elif edition.date_precision == "day" and found and is_tentative(found):
        doubts.append("date-tentative")
    if found and found.date.has_remainder:
        doubts.append("date-remainder")
    if place.is_ambiguous:
        doubts.append("country-ambiguous")
    elif edition.country_code is None and not place.is_online:
        doubts.append("country-unknown" if place.country else "country-missing")
    return doubts


# ── its state ────────────────────────────────────────────────────────────────────────────────────────────────────────

_AFTER_KINDS: Final = frozenset({"summary", "proceedings", "photos", "recording", "slides"})
"""Materials that only come after the event."""
_LONGEST_STATE: Final = 250
_SUBJECTS: Final = ("event", "series", "register", "cutoff", "session", "stay", "visit", "call", "call for")
_OF_EVENT: Final = (None, "event", "series")


def _is_held(sentences: Iterable[Sentence], home: Home, materials: Iterable[Material]) -> bool:
    """Whether the page speaks of the edition in the past tense, or offers what only comes after it."""
    return any(one.kind in _AFTER_KINDS for one in materials) or any(_tells_past(one, home) for one in sentences)


def _tells_past(sentence: Sentence, home: Home) -> bool:
    text = sentence.text
    is_own = home.is_named(text.text)
    for cue in text.cues_of("was held", "was hosted"):
        if subject_of(text, cue.start, _SUBJECTS) not in _OF_EVENT:
            continue
        if "was held" in cue.concepts or (is_own and text.has("event", "series")):
            return not home.is_another(sentence) and not mentions_call(text)
    return False


def _state_of(title: Text, sentences: Sequence[Sentence], home: Home) -> EditionStatus | None:
    """Cancelled or postponed where said of this edition, else save the date where said."""
    own = [one.text for one in sentences if len(one.text.text) <= _LONGEST_STATE and not home.is_another(one)]
    said = [said_status(text) for text in (title, *own) if _is_of_event(text)]
    for status in ("cancelled", "postponed"):
        if status in said:
            return status
    return "save_the_date" if any(text.has("save the date") for text in (title, *own)) else None


def _is_of_event(text: Text) -> bool:
    """“The site visit is cancelled”, “registrations can be cancelled” say nothing of the event."""
    cue = next(text.cues_of("cancelled", "postponed"), None)
    if cue is None:
        return True
    return subject_of(text, cue.start, _SUBJECTS) in _OF_EVENT and not text.has("modal", end=cue.start)
