"""The years in which events are to be hosted, by the words of a call (READING O4). Pure, linear; no errors."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Final

from cmr_watch.reading.clauses import Span, sentences_of
from cmr_watch.reading.dates import ANY_YEAR, find_dates, find_days
from cmr_watch.reading.lexicon import Concept, words_of
from cmr_watch.reading.notices import CALLS, mentions_call
from cmr_watch.reading.tokens import Text, outside

_OF_HOSTING: Final = ("event", "hosting", "series")
_OF_TIME: Final = ("to come", "open", "closed", "until", "cutoff", "of the page", "since", "apply", "regulation")
_JOINING: Final = frozenset({"between", "from", "after", "extended"})
"""Cues that say nothing of the year behind them: “events between 2026 and 2027”, “a call extended to 2027”."""


def hosting_years(text: Text) -> tuple[int, ...]:
    """The years in which the events are to be hosted, not those of a cut-off or a publication (O4)."""
    return tuple(sorted(find_hosting_years(text)))


def find_hosting_years(text: Text, *, is_headed: bool = False) -> dict[int, Span]:
    """The hosting years of a text, each with the words that name it.

    The clause that names the call counts, else its sentence; where no sentence names it, or where the call is named
    above it all (`is_headed`, as on a call page), else all others.
    """
    sentences = sentences_of(text)
    naming = [span for span in sentences if mentions_call(text, span)]
    of_call = [clause for span in naming for clause in _clauses(text, span) if mentions_call(text, clause)]
    others = [span for span in sentences if speaks_of_hosting(text, span)] if is_headed or not naming else []
    found = (_years_in_all(text, spans) for spans in (of_call, naming, others))
    return next((years for years in found if years), {})


def _years_in_all(text: Text, spans: Sequence[Span]) -> dict[int, Span]:
    return {year: words for span in reversed(spans) for year, words in years_in(text, span).items()}


_HELD_ALREADY: Final = words_of("was were had took taken already attended brought joined visited met far")
"""Words that tell of events already held: “More than 30 events were held in 2024”."""


def speaks_of_hosting(text: Text, span: Span | None = None) -> bool:
    """Whether a sentence names hosting, or events that are not over: “Workshops are held in 2027”."""
    if span is None:
        return any(speaks_of_hosting(text, one) for one in sentences_of(text))
    start, end = span
    if text.has("hosting", "series", start=start, end=end):
        return True
    event = next(text.cues_of("event", start=start, end=end), None)
    words = text.words(start, end)
    is_over = not _HELD_ALREADY.isdisjoint(words) or text.has("long ago", start=start, end=end)
    is_of_day = any(start <= day.start < end for day in find_days(text, ANY_YEAR))  # “by 31 May for events in 2027”
    return event is not None and not is_over and not is_of_day


def _clauses(text: Text, sentence: Span) -> Iterator[Span]:
    """What commas part: “…, while the workshops of 2026 are planned”; those of a list of years part nothing."""
    start = sentence.start
    for comma, after in pairwise(text.tokens):
        if comma.letter == "," and start < comma.start < sentence.end and after.letter not in "y&d":
            yield Span(start, comma.start)
            start = comma.end
    yield Span(start, sentence.end)


def years_in(text: Text, sentence: Span) -> dict[int, Span]:
    """The years of a sentence that belong to hosting; those that stand at the call's name where there are none."""
    days = [date for date in find_dates(text) if date.precision in ("day", "unknown")]
    years = [one for one in outside(text.within(*sentence), days) if one.letter == "y"][::-1]
    indexes = [bisect_left(text.tokens, year.start, key=attrgetter("start")) for year in years]
    named = [(at, _followed_by(text, at) or _introduced_by(text, at, sentence)) for at in indexes]
    for group in (_OF_HOSTING, CALLS):
        ranges = [_range_at(text, at) for at, concepts in named if not concepts.isdisjoint(group)]
        if ranges:
            return {year: words for one in ranges for year, words in one.items()}
    return {}


def _followed_by(text: Text, index: int) -> frozenset[Concept]:
    """“The 2026 call”, “the 2027 and 2028 editions”: the concepts of what stands right behind a year."""
    after = next((at for at in range(index + 1, len(text.tokens)) if text.tokens[at].letter not in "yd&-/,"), None)
    is_list = text.tokens[(after or 1) - 1].letter in "yd"
    cue = next((one for one in text.cues_of(*_OF_HOSTING, *CALLS) if one.first == after and is_list), None)
    return cue.concepts if cue else frozenset()


def _introduced_by(text: Text, index: int, sentence: Span) -> frozenset[Concept]:
    """The concepts of the nearest cue to the left that says what a year is of.

    “Workshops are planned for 2027” names that of the workshops, “the call for workshops will open in 2027” none.
    """
    passed = {"interest"} if mentions_call(text, sentence) else {"interest", "to come"}
    cues = [
        cue
        for cue in text.cues_of(*_OF_HOSTING, *CALLS, *_OF_TIME, start=sentence.start, end=text.tokens[index].start)
        if cue.concepts.isdisjoint(passed) and text.text[cue.start : cue.end].lower() not in _JOINING
    ]
    return cues[-1].concepts if cues else frozenset()


def _range_at(text: Text, index: int) -> dict[int, Span]:
    """A year, or all years of the range that it begins: “2026–2028”, “2026/27”."""
    first, sign, last = (*text.tokens[index : index + 3], None, None)[:3]
    assert first is not None
    if sign and last and sign.letter in "-/t" and (last.letter == "y" or last.end - last.start == len("27")):
        end = last.value if last.letter == "y" else first.value // 100 * 100 + last.value
        if 0 <= end - first.value <= _MOST_YEARS:
            return dict.fromkeys(range(first.value, end + 1), Span(first.start, last.end))
    return {first.value: Span(first.start, first.end)}


_MOST_YEARS: Final = 10
