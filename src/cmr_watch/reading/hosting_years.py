"""The years in which events are to be hosted, from the text of a call (READING O4). Pure, linear; no errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile
from typing import Final

from cmr_watch.reading.clauses import Span, sentences_of
from cmr_watch.reading.dates import ANY_YEAR, find_dates, find_days
from cmr_watch.reading.lexicon import Concept, words_of
from cmr_watch.reading.notices import CALLS, mentions_call
from cmr_watch.reading.tokens import Text, outside

_OF_HOSTING: Final = ("event", "hosting", "series")
_OF_TIME: Final = ("to come", "open", "closed", "until", "cutoff", "of the page", "since", "apply", "regulation")
_LONGEST_LIST: Final = 20
_JOINING: Final = frozenset({"between", "from", "after", "extended"})
"""Cues that say nothing about the year after them: “events between 2026 and 2027”, “a call extended to 2027”."""


def hosting_years(text: Text) -> tuple[int, ...]:
    """The years in which the events are to be hosted, not those of a cut-off or a publication (O4)."""
    return tuple(sorted(find_hosting_years(text)))


def find_hosting_years(text: Text, *, is_headed: bool = False) -> dict[int, Span]:
    """The hosting years of a text, each with the words that name it.

    The clause that names the call counts, else its sentence; where no sentence names it, or where the call is named
    above it all (`is_headed`, as on a call page), else all others.
    """
    naming = [one for one in sentences_of(text) if mentions_call(text, one)]
    clauses = [clause for one in naming for clause in _clauses(text, one)]
    years = _years_in_all(text, [one for one in clauses if mentions_call(text, one)]) or _years_in_all(text, naming)
    if years or (naming and not is_headed):
        return years
    return _years_in_all(text, [one for one in sentences_of(text) if _speaks_of_hosting(text, one)])


def _years_in_all(text: Text, spans: Sequence[Span]) -> dict[int, Span]:
    return {year: words for span in reversed(spans) for year, words in years_in(text, span).items()}


_HELD_ALREADY: Final = words_of("was were had took taken already attended brought joined visited met far")
"""Words about events already held: “More than 30 events were held in 2024”."""


def _speaks_of_hosting(text: Text, sentence: Span) -> bool:
    """Whether a sentence names hosting, or events that are not over: “Workshops are held in 2027”."""
    start, end = sentence
    if text.has("hosting", "series", start=start, end=end):
        return True
    is_over = not _HELD_ALREADY.isdisjoint(text.words(start, end)) or text.has("long ago", start=start, end=end)
    is_of_day = any(start <= day.start < end for day in find_days(text, ANY_YEAR))  # “by 31 May for events in 2027”
    return text.has("event", start=start, end=end) and not is_over and not is_of_day


def _clauses(text: Text, sentence: Span) -> Iterator[Span]:
    """The clauses between commas: “…, while the workshops of 2026 are planned”; not those in a list of years."""
    start = sentence.start
    for comma, after in pairwise(text.tokens):
        if comma.letter == "," and start < comma.start < sentence.end and after.letter not in "y&d":
            yield Span(start, comma.start)
            start = comma.end
    yield Span(start, sentence.end)


def years_in(text: Text, sentence: Span) -> dict[int, Span]:
    """The years of a sentence that belong to hosting; those at the call's name where there are none."""
    days = [date for date in find_dates(text) if date.precision in ("day", "unknown")]
    first = len(text.within(0, sentence.start))
    own = range(first, first + len(text.within(*sentence)))
    indexes = [at for at in own if text.tokens[at].letter == "y" and outside(text.tokens[at : at + 1], days)]
    named = {
        at: _followed_by(text, at) or _led_by(text, at, sentence) or _introduced_by(text, at, sentence)
        for at in reversed(indexes)
    }
    of_hosting = [at for at, concepts in named.items() if not concepts.isdisjoint(_OF_HOSTING)]
    of_call = [at for at, concepts in named.items() if not concepts.isdisjoint(CALLS)]
    return {year: words for at in of_hosting or of_call for year, words in _range_at(text, at).items()}


def _followed_by(text: Text, index: int) -> frozenset[Concept]:
    """“The 2026 call”, “the 2027 and 2028 editions”: the concepts of the words right after a year."""
    behind = text.tokens[index + 1 : index + _LONGEST_LIST]
    listed = list(takewhile(lambda token: token.letter in "yd&-/,", behind))
    if listed and listed[-1].letter not in "yd":
        return frozenset()
    after = index + 1 + len(listed)
    return next((cue.concepts for cue in text.cues_of(*_OF_HOSTING, *CALLS) if cue.first == after), frozenset())


def _led_by(text: Text, index: int, sentence: Span) -> frozenset[Concept]:
    """“For 2027, the call is being prepared”: a sentence that begins with the year of its call."""
    is_led = text.words(sentence.start, text.tokens[index].start) == ["for"]
    return frozenset({"call"}) if is_led and mentions_call(text, sentence) else frozenset()


def _introduced_by(text: Text, index: int, sentence: Span) -> frozenset[Concept]:
    """The concepts of the nearest cue to the left that says what a year belongs to.

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
