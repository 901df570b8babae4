"""An edition page's sentences, and which are about another edition (READING E1, E2). Pure, linear; no errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cmr_watch.places import city_names, fold, is_same_city
from cmr_watch.reading.article import Article
from cmr_watch.reading.clauses import sentences_of
from cmr_watch.reading.dates import DateSpan, find_dates
from cmr_watch.reading.lines import Line
from cmr_watch.reading.outline import is_day
from cmr_watch.reading.places import Place, find_places
from cmr_watch.reading.tables import with_labels
from cmr_watch.reading.tokens import Text

_LONGEST_LABEL: Final = 60
_MOST_WORDS_OF_LABEL: Final = 5
_BESIDE_BEFORE: Final = 25
_BESIDE_AFTER: Final = 8
MOST_BETWEEN: Final = 6


@dataclass(frozen=True)
class Sentence:
    """A sentence of a line, with its own links.

    - `whole`: its line, `start` where it begins there.
    - `labels`: what is above or in front of it as its name, the nearest first: a label, the heads of its row and
      column, headings; `heads`: how many of them are not headings.
    """

    line: Line
    whole: Line
    labels: tuple[Text, ...] = ()
    start: int = 0
    heads: int = 0

    @property
    def is_first(self) -> bool:
        return self.start == 0

    @property
    def text(self) -> Text:
        return self.line.scan

    @cached_property
    def dates(self) -> tuple[DateSpan, ...]:
        return find_dates(self.text)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        return find_places(self.text, self.dates)

    def is_under(self, *concepts: str) -> bool:
        """Whether its nearest label is about one of them."""
        return bool(self.labels) and self.labels[0].has(*concepts)


def sentences_in(article: Article) -> tuple[Sentence, ...]:
    """All sentences of an article, top to bottom; a heading counts as one of its own."""
    found: list[Sentence] = []
    aside: list[Text] = []
    for line, own in _labelled(article.lines):
        if line.is_heading:
            aside = [line.scan] if _heads_another(line) else []
        found += _sentences_of(line, own, (*aside, *line.headings))
    return tuple(found)


def _labelled(lines: Sequence[Line]) -> Iterator[tuple[Line, tuple[Text, ...]]]:
    """Each line with the label above it, which also names the lines of its block, and its own labels."""
    label: Text | None = None
    block: int | None = None
    for line, labels in with_labels(lines):
        if block not in (None, line.block) or line.gap:
            label = block = None
        yield line, (label, *labels) if label else labels
        if _is_label(line):
            label, block = line.scan, None
        elif label:
            block = line.block


def _sentences_of(line: Line, own: tuple[Text, ...], above: tuple[Text, ...]) -> Iterator[Sentence]:
    for span in sentences_of(line.scan):
        piece = line if span == (0, len(line.text)) else line.piece(*span)
        yield Sentence(piece, line, (*own, *above), line.text.find(piece.text, span.start), len(own))
        if piece.text.endswith("?") and _names_label(piece.scan):
            own = (piece.scan, *own)  # “When? 12-13 March 2027”


def _heads_another(line: Line) -> bool:
    """“Side event on 11 March 2027: Lab” in bold: it heads the lines below, though it contains a day."""
    return is_day(line) and line.level == 0 and line.scan.begins_with("other event")


def _is_label(line: Line) -> bool:
    """“Registration deadline” on a line of its own is the heading of the line below, and of those in its block."""
    return not line.is_heading and line.row is None and not line.links and _names_label(line.scan)


def _names_label(text: Text) -> bool:
    letters = [token.letter for token in text.tokens]
    is_short = len(text.words(0, len(text.text))) <= _MOST_WORDS_OF_LABEL and len(text.text) <= _LONGEST_LABEL
    names = text.has("date label", "place label", "venue label", "register", "cutoff")
    return is_short and names and ":" not in letters[:-1] and frozenset("dyni").isdisjoint(letters)


# ── home and elsewhere ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Home:
    """The page's own place, to distinguish its sentences and days from those of another edition."""

    place: Place

    @cached_property
    def _names(self) -> frozenset[str]:
        regions = (self.place.region or "").split(",")
        return frozenset({*city_names(self.place.city), fold(self.place.city), *map(fold, regions)} - {""})

    def is_named(self, text: str) -> bool:
        """Whether a text names the page's town or region, by any of its names."""
        folded = f" {fold(text)} "
        return any(f" {name} " in folded for name in self._names)

    def is_near(self, text: str) -> bool:
        """Whether a text names the page's place, or its country."""
        return self.is_named(text) or (self.place.country is not None and fold(self.place.country) in fold(text))

    def is_another(self, sentence: Sentence) -> bool:
        """Whether a sentence is about another edition."""
        return not self.is_named(sentence.text.text) and names_edition_after(sentence.text, "other edition")

    def is_under_another(self, sentence: Sentence) -> bool:
        """Whether a heading above it opens another event: “Side event: Lab, Lübeck, Germany”."""
        return any(label.begins_with("other event") for label in sentence.labels)

    def is_of_another_place(self, sentence: Sentence) -> bool:
        """Whether a sentence names a town with its country, and not the page's own."""
        text = sentence.text
        places = (place for place in sentence.places if place.is_known and not _is_of_time(text, place))
        return not self.is_named(text.text) and any(True for _ in places)

    def own_dates(self, sentence: Sentence, dates: Sequence[DateSpan]) -> tuple[DateSpan, ...]:
        """The dates of a sentence that are not another place's: “after Milan, Italy (26-27 March) we meet on …”."""
        beside = {date: [place for place in sentence.places if _is_beside(place, date, dates)] for date in dates}
        elsewhere = {date for date, places in beside.items() if any(map(self._is_elsewhere, places))}
        here = {date for date, places in beside.items() if not all(map(self._is_elsewhere, places))}
        if not names_edition_after(sentence.text, "other edition"):
            elsewhere = elsewhere - here if here else set()
        return tuple(date for date in dates if date not in elsewhere)

    def _is_elsewhere(self, place: Place) -> bool:
        return not (self.is_named(place.city) or is_same_city(self.place.city, place.city))


def _is_of_time(text: Text, place: Place) -> bool:
    """“18:00 (Brussels, Belgium)” is a time there (C4)."""
    before = (token for token in reversed(text.tokens) if token.end <= place.start and token.letter not in "(,")
    return next((token.letter == "T" for token in before), False)


def names_edition_after(text: Text, *concepts: str) -> bool:
    """“The previous workshop”, “next Clusters meet Regions event”: few words between the two."""
    nouns = list(text.cues_of("event", "series"))
    return any(0 < noun.first - cue.last <= MOST_BETWEEN for cue in text.cues_of(*concepts) for noun in nouns)


def _is_beside(place: Place, date: DateSpan, dates: Sequence[DateSpan]) -> bool:
    if place.end <= date.start:
        return date.start - place.end <= _BESIDE_BEFORE and not any(
            place.end <= one.start < date.start for one in dates
        )
    return 0 <= place.start - date.end <= _BESIDE_AFTER
