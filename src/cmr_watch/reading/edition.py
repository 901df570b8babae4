"""An edition's own page: where and when it meets, how to register, which materials it offers (READING E, O3).

Pure, linear. Errors: ParseError.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from cmr_watch.models.evidence import Evidence, Use
from cmr_watch.models.readings import Edition, EditionStatus, Outline, ReadingWarning, Snapshot
from cmr_watch.reading.article import Article, articles, base_of
from cmr_watch.reading.clauses import Relation, cue_before, relation_of
from cmr_watch.reading.dates import DateSpan, find_dates
from cmr_watch.reading.document import Document
from cmr_watch.reading.doubts import LONGEST_WARNING, doubts_of
from cmr_watch.reading.edition_days import Rank, When, dates_of, last_day_of
from cmr_watch.reading.edition_place import Sited, place_of, place_of_title
from cmr_watch.reading.entries import Entry, Said, is_of_edition, note_state, said_status, status_of
from cmr_watch.reading.evidence import RULE_OF_FIELD, EvidenceLog, Source
from cmr_watch.reading.home import MOST_BETWEEN, Home, Sentence, names_edition_after, sentences_in
from cmr_watch.reading.lines import Line, Where
from cmr_watch.reading.materials import Anchor, Offer, anchors_of, is_named_behind, materials_of
from cmr_watch.reading.notices import mentions_call
from cmr_watch.reading.registration import Closing, registration_closes_on, registration_link
from cmr_watch.reading.tokens import Cue, Text
from cmr_watch.reading.venue import Spot

URL: Final = "https://clustercollaboration.eu/content/"
"""Where editions' pages are located: relative links of a page without an address are resolved against it (O2)."""

Result = tuple[Snapshot, Evidence]


def read_edition(document: Document, url: str | None = None) -> Result:
    """What an edition's page says, and where. `url` is the page's own address.

    A page that names no place, such as an error page, contains no edition (`edition-missing`).
    """
    best: Result | None = None
    for article in articles(document, lambda title: title.has("series")):
        found = _read(article, document, url)
        if found[0].outline.dated_lines:
            return found
        best = found if best is None or (found[0].editions and not best[0].editions) else best
    return best or (_without_edition(Outline(document.is_complete, ()), ""), Evidence())


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
        return _without_edition(outline, title.shown[:LONGEST_WARNING] if title else ""), article.evidence(log)
    body = tuple(one for one in sentences if one.whole.number != title.number)
    page = _Page(title, body, sited, spot, url)
    page.note(log)
    edition, found = page.edition, page.days
    is_dated = edition.date_precision != "unknown"
    outline = replace(outline, dated_lines=int(is_dated), unread_lines=int(found is not None and not is_dated))
    return Snapshot("edition", (edition,), (), tuple(page.warnings()), outline), article.evidence(log)


def _title(article: Article) -> Line | None:
    """The title; if that is the site's and not the edition's, the first line that names the series."""
    title = article.title
    if title and (title.scan.has("series") or place_of_title(title.scan)):
        return title
    return next((line for line in article.lines if line.scan.has("series")), title)


@dataclass(frozen=True)
class _Page:
    """An edition's page: its title and sentences, its place and the line of its venue; and what is read from them."""

    title: Line
    sentences: tuple[Sentence, ...]
    sited: Sited
    spot: Spot | None
    url: str | None

    @cached_property
    def home(self) -> Home:
        return Home(self.sited.place)

    @cached_property
    def anchors(self) -> tuple[Anchor, ...]:
        return tuple(anchors_of(self.sentences, base_of(self.url, URL)))

    @cached_property
    def offers(self) -> Sequence[Offer]:
        return materials_of(self.anchors, self.home)

    @property
    def summary(self) -> Offer | None:
        return next((offer for offer in self.offers if offer.material.kind == "summary"), None)

    @cached_property
    def held(self) -> Line | None:
        """The first line that offers what exists only after the edition, or refers to it in the past tense (E4)."""
        after = (offer.anchor.sentence.line for offer in self.offers if offer.material.kind in _AFTER_KINDS)
        return next(after, None) or next((one.line for one in self.sentences if _tells_past(one, self.home)), None)

    @cached_property
    def dates(self) -> Sequence[When]:
        return tuple(dates_of(self.title, self.sentences, self.home, is_held=self.held is not None))

    @cached_property
    def days(self) -> When | None:
        """The finest and surest date, the first of equals; an entry's days beat the title's (E1)."""
        return min(self.dates, key=lambda one: one.key, default=None)

    @cached_property
    def last(self) -> When | None:
        """What its last day was read from."""
        return last_day_of(self.days, self.dates) if self.days else None

    @cached_property
    def form(self) -> Anchor | None:
        return registration_link(self.anchors, self.sentences, self.home)

    @cached_property
    def closes(self) -> Closing | None:
        return registration_closes_on(self.sentences, self.home, self.days.date.starts_on if self.days else None)

    @cached_property
    def said(self) -> Said | None:
        return _state_of(self.title, self.sentences, self.home, self.days)

    @property
    def status(self) -> EditionStatus:
        said = self.said.status if self.said else None
        is_settled = said == "save_the_date" and self.form is not None
        return status_of(None if is_settled else said, "past" if self.held else None)

    @property
    def line(self) -> Line:
        """The line that names place and date, else the title."""
        return self.days.whole if self.days and self.home.is_named(self.days.whole.text) else self.title

    @cached_property
    def edition(self) -> Edition:
        place, found = self.sited.place, self.days
        date = found.date if found else DateSpan(0, 0, "unknown")
        return Edition(
            *(place.city, place.region, place.country, place.country_code),
            starts_on=date.starts_on,
            ends_on=self.last.date.ends_on if self.last else None,
            date_precision=date.precision,
            period=date.period,
            date_text=found.words if found else None,
            section="past" if self.held else "upcoming",
            status=self.status,
            url=self.url,
            summary_url=self.summary.material.url if self.summary else None,
            text=self.line.shown[:LONGEST_WARNING],
            venue=self.spot.venue if self.spot else None,
            registration_url=self.form.url if self.form else None,
            registration_closes_on=self.closes.day if self.closes else None,
            materials=tuple(offer.material for offer in self.offers),
        )

    def warnings(self) -> list[ReadingWarning]:
        line = self.days.line if self.days else self.title
        date = self.days.date if self.days else None
        return doubts_of(self.edition, Entry("edition", line, self.sited.place, date, find_dates(line.scan)))

    def note(self, log: EvidenceLog) -> None:
        """Note where each field was read, and how its line was classified. The page's own `url` is not read from it."""
        sources = list(self._sources())
        log.note_all(_RECORD, sources)
        for name, (line, _, _), rule in sources:
            use = _USES.get(name.partition("[")[0])
            if use and line.number != self.title.number:
                log.use(line, use, rule or RULE_OF_FIELD[name])
        if self.said and self.said.status == self.status:
            note_state(log, _RECORD, self.said)

    def _sources(self) -> Iterator[Source]:
        sited, title, held = self.sited, _whole(self.title), _whole(self.held) if self.held else None
        fields = {"city": sited.city, "region": sited.region, "country": sited.country, "country_code": sited.country}
        yield from (Source(name, where, "E1") for name, where in fields.items())
        yield Source("text", _whole(self.line))
        yield from self._sources_of_days()
        yield Source("section", held or title, "E4")
        if not (self.said and self.said.status == self.status):
            yield Source("status", (held if self.status == "held" else None) or title, "E4")
        found: dict[str, Spot | Closing | Anchor | None] = {
            "venue": self.spot,
            "registration_closes_on": self.closes,
            "registration_url": self.form,
            "summary_url": self.summary.anchor if self.summary else None,
        }
        yield from (Source(name, one.where) for name, one in found.items() if one)
        yield from (Source(f"materials[{n}]", one.anchor.where, "O3") for n, one in enumerate(self.offers))

    def _sources_of_days(self) -> Iterator[Source]:
        if self.days is None or self.last is None:
            yield Source("date_precision", _whole(self.title))
            return
        yield from (Source(name, self.days.where) for name in ("date_precision", "period", "date_text"))
        for name, when in (("starts_on", self.days), ("ends_on", self.last)):
            yield Source(name, when.where, "E1" if when.rank is Rank.ENTRY else "D1")


_RECORD: Final = "editions[0]"
_USES: Final[dict[str, Use]] = {
    "starts_on": "entry",
    "ends_on": "entry",
    "venue": "venue",
    "registration_closes_on": "registration",
    "registration_url": "registration",
    "materials": "material",
}
"""The class of a line from which a field was read; others stay prose or a heading."""


def _whole(line: Line) -> Where:
    return Where(line, 0, len(line.text))


# ── its state ────────────────────────────────────────────────────────────────────────────────────────────────────────

_AFTER_KINDS: Final = frozenset({"summary", "proceedings", "photos", "recording", "slides"})
"""Materials that exist only after the event."""
_LONGEST_STATE: Final = 250


def _tells_past(sentence: Sentence, home: Home) -> bool:
    text = sentence.text
    is_own = home.is_named(text.text)
    for cue in text.cues_of("was held", "was hosted"):
        if not is_of_edition(text, cue) or _is_of_other(text, cue.start, home):
            continue
        if "was held" in cue.concepts or (is_own and _has_edition(text, cue)):
            return not home.is_another(sentence) and not mentions_call(text)
    return False


def _has_edition(text: Text, hosted: Cue) -> bool:
    """“Ghent hosted the workshop”; “the next workshop, organised together with Ghent” is still to come."""
    is_next = names_edition_after(text, "next edition")
    return text.has("event", "series", start=hosted.end) or (not is_next and text.has("event", "series"))


def _is_of_other(text: Text, position: int, home: Home) -> bool:
    """“Following up the workshop in Linz, which gathered 140 people, we meet in Ghent”: about the former (E4)."""
    noun = cue_before(text, position, ("event",))
    if noun and is_named_behind(text, noun) and not home.is_near(text.text[noun.end : position]):
        return True
    cue = cue_before(text, position, ("other edition", "follow up"))
    if cue is None or home.is_named(text.text[cue.start : position]):
        return False
    return any(0 < noun.first - cue.last <= MOST_BETWEEN for noun in text.cues_of("event", "series", end=position))


def _state_of(title: Line, sentences: Sequence[Sentence], home: Home, found: When | None) -> Said | None:
    """Cancelled or postponed if said of this edition, else save the date if the page says so."""
    own = [one.line for one in sentences if len(one.text.text) <= _LONGEST_STATE and not home.is_another(one)]
    lines = [line for line in (title, *own) if not _is_supposed(line.scan)]
    states = {said_status(one.scan, has_date=_has_other_days(one.scan, found)): one for one in reversed(lines)}
    return next((Said(status, states[status]) for status in _STATES if status in states), None)


_STATES: Final[tuple[EditionStatus, ...]] = ("cancelled", "postponed", "save_the_date")
"""The first of them that is said counts (D6)."""


def _is_supposed(text: Text) -> bool:
    """“If the event is cancelled, you will be informed”."""
    state = next(text.cues_of("cancelled", "postponed"), None)
    return state is not None and text.has("modal", end=state.start)


def _has_other_days(text: Text, found: When | None) -> bool:
    """Whether the page has days, other than those from which a text says the edition was moved."""
    former = [one for one in find_dates(text) if relation_of(text, one.start) is Relation.FORMER]
    return found is not None and found.date.starts_on not in [one.starts_on for one in former]
