"""An edition's own page: where and when it meets, how to register, what it offers to read afterwards (READING E, O3).

Pure, linear. Errors: ParseError.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cmr_watch.models import Edition, EditionStatus, Evidence, Material, Outline, ReadingWarning, Snapshot
from cmr_watch.reading.article import Article, articles, base_of
from cmr_watch.reading.clauses import Relation, cue_before, relation_of, subject_of
from cmr_watch.reading.dates import find_dates, has_stray_number
from cmr_watch.reading.document import Document
from cmr_watch.reading.edition_days import When, dates_of, is_tentative, last_day_of
from cmr_watch.reading.edition_evidence import EditionRead, note
from cmr_watch.reading.edition_place import place_of, place_of_title
from cmr_watch.reading.entries import Said, said_status
from cmr_watch.reading.evidence import EvidenceLog
from cmr_watch.reading.home import MOST_BETWEEN, Home, Sentence, names_edition_after, sentences_in
from cmr_watch.reading.lines import Line
from cmr_watch.reading.materials import Anchor, anchors_of, is_named_behind, materials_of
from cmr_watch.reading.notices import mentions_call
from cmr_watch.reading.places import Place
from cmr_watch.reading.registration import registration_closes_on, registration_link
from cmr_watch.reading.tokens import Cue, Text
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
    sited, spot = place_of(title, sentences) if title else (None, None)
    outline = Outline(document.is_complete, (), headings=article.headings)
    if sited is None or title is None:
        shown = title.shown[:_LONGEST] if title else ""
        return _without_edition(outline, shown), article.evidence(log)
    body = tuple(one for one in sentences if one.whole.number != title.number)
    place = sited.place
    page = _Page(title, body, Home(place), url)
    read = page.read(spot)
    edition, found = read.edition, read.days
    note(log, title, sited, spot, read)
    warnings = tuple(ReadingWarning(code, edition.text) for code in _doubts(edition, found, place))
    is_dated = edition.date_precision != "unknown"
    outline = replace(outline, dated_lines=int(is_dated), unread_lines=int(found is not None and not is_dated))
    return Snapshot("edition", (edition,), (), warnings, outline), article.evidence(log)


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

    def read(self, spot: Spot | None) -> EditionRead:
        """The edition, and what each of its fields was read from."""
        anchors = tuple(anchors_of(self.sentences, base_of(self.url, URL)))
        materials, links = materials_of(anchors, self.home)
        held = _first_past(self.sentences, self.home, materials, links)
        dates = tuple(dates_of(self.title, self.sentences, self.home, is_held=held is not None))
        found = _chosen(dates)
        last = last_day_of(found, dates) if found else None
        form = registration_link(anchors, self.sentences, self.home)
        place = self.home.place
        said = _state_of(self.title, self.sentences, self.home, found)
        line = self._line(found)
        edition = replace(
            _dated(Edition(place.city, place.region, place.country, place.country_code), found, last),
            section="past" if held else "upcoming",
            status=_status(said.status if said else None, held=held is not None, has_form=form is not None),
            url=self.url,
            summary_url=next((one.url for one in materials if one.kind == "summary"), None),
            text=line.shown[:_LONGEST],
            venue=spot.venue if spot else None,
            registration_url=form.url if form else None,
            materials=materials,
        )
        closes = registration_closes_on(self.sentences, self.home, edition.starts_on)
        edition = replace(edition, registration_closes_on=closes.day if closes else None)
        return EditionRead(edition, line, found, last, said, held, form, closes, links)

    def _line(self, found: When | None) -> Line:
        """The line that names place and date, else the title."""
        return found.whole if found and self.home.is_named(found.whole.text) else self.title


def _status(said: EditionStatus | None, *, held: bool, has_form: bool) -> EditionStatus:
    if said in ("cancelled", "postponed"):
        return said
    if held:
        return "held"
    return "save_the_date" if said and not has_form else "scheduled"


def _chosen(dates: Sequence[When]) -> When | None:
    """The finest and surest date, the first of equals; an entry's days beat the title's (E1)."""
    return min(dates, key=lambda one: one.key, default=None)


def _dated(edition: Edition, found: When | None, last: When | None) -> Edition:
    if found is None or last is None:
        return edition
    date = found.date
    return replace(
        edition,
        starts_on=date.starts_on,
        ends_on=last.date.ends_on,
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
    if found and _has_remainder(found):
        doubts.append("date-remainder")
    if place.is_ambiguous:
        doubts.append("country-ambiguous")
    elif edition.country_code is None and not place.is_online:
        doubts.append("country-unknown" if place.country else "country-missing")
    return doubts


def _has_remainder(found: When) -> bool:
    """Whether the line that gave the days holds a number that no rule explains (D5)."""
    text = found.line.scan
    is_left_over = found.date.has_remainder or has_stray_number(text, find_dates(text))
    return is_left_over and not found.date.is_impossible


# ── its state ────────────────────────────────────────────────────────────────────────────────────────────────────────

_AFTER_KINDS: Final = frozenset({"summary", "proceedings", "photos", "recording", "slides"})
"""Materials that only come after the event."""
_LONGEST_STATE: Final = 250
_SUBJECTS: Final = (
    *("event", "series", "register", "cutoff", "session", "programme item", "stay", "visit", "call", "call for"),
)
_OF_EVENT: Final = (None, "event", "series")


def _first_past(
    sentences: Iterable[Sentence], home: Home, materials: Sequence[Material], links: Sequence[Anchor]
) -> Line | None:
    """The first line that offers what only comes after the edition, or speaks of it in the past tense; None if none."""
    for material, anchor in zip(materials, links, strict=True):
        if material.kind in _AFTER_KINDS:
            return anchor.sentence.line
    return next((one.line for one in sentences if _tells_past(one, home)), None)


def _tells_past(sentence: Sentence, home: Home) -> bool:
    text = sentence.text
    is_own = home.is_named(text.text)
    for cue in text.cues_of("was held", "was hosted"):
        if subject_of(text, cue.start, _SUBJECTS) not in _OF_EVENT:
            continue
        if _is_of_other(text, cue.start, home):
            continue
        if "was held" in cue.concepts or (is_own and _has_edition(text, cue)):
            return not home.is_another(sentence) and not mentions_call(text)
    return False


def _has_edition(text: Text, hosted: Cue) -> bool:
    """“Ghent hosted the workshop”; “the next workshop, organised together with Ghent” is still to come."""
    is_next = names_edition_after(text, "next edition")
    return text.has("event", "series", start=hosted.end) or (not is_next and text.has("event", "series"))


def _is_of_other(text: Text, position: int, home: Home) -> bool:
    """“Following up the workshop in Linz, which gathered 140 people, we meet in Ghent”: of what comes first (E4)."""
    noun = cue_before(text, position, ("event",))
    if noun and is_named_behind(text, noun) and not home.is_near(text.text[noun.end : position]):
        return True
    cue = cue_before(text, position, ("other edition", "follow up"))
    if cue is None or home.is_named(text.text[cue.start : position]):
        return False
    return any(0 < noun.first - cue.last <= MOST_BETWEEN for noun in text.cues_of("event", "series", end=position))


def _state_of(title: Line, sentences: Sequence[Sentence], home: Home, found: When | None) -> Said | None:
    """Cancelled or postponed where said of this edition, else save the date where said."""
    own = [one.line for one in sentences if len(one.text.text) <= _LONGEST_STATE and not home.is_another(one)]
    lines = (title, *own)
    said = {
        said_status(line.scan, has_date=_has_other_days(line.scan, found)): line
        for line in reversed(lines)
        if _is_of_event(line.scan)
    }
    for status in _OFF:
        if status in said:
            return Said(status, said[status])
    return next((Said("save_the_date", line) for line in lines if line.scan.has("save the date")), None)


def _has_other_days(text: Text, found: When | None) -> bool:
    """Whether the page has days, and not only those from which a text says that the edition was moved."""
    former = [one for one in find_dates(text) if relation_of(text, one.start) is Relation.FORMER]
    return found is not None and found.date.starts_on not in [one.starts_on for one in former]


_OFF: Final[tuple[EditionStatus, ...]] = ("cancelled", "postponed")


def _is_of_event(text: Text) -> bool:
    """“The site visit is cancelled”, “registrations can be cancelled” say nothing of the event."""
    cue = next(text.cues_of("cancelled", "postponed"), None)
    if cue is None:
        return True
    return subject_of(text, cue.start, _SUBJECTS) in _OF_EVENT and not text.has("modal", end=cue.start)
