"""Call notices of the list: which lines make one, how many calls it tells of, their states and years (READING C, O4).

A notice is a paragraph that names a call and hosting, and says something of its state or links to apply.
Pure, linear; no errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from cmr_watch.models import CallStatus
from cmr_watch.reading.apply_link import says_apply
from cmr_watch.reading.call_state import said_state
from cmr_watch.reading.clauses import Span, sentences_of
from cmr_watch.reading.cutoffs import read_cutoffs
from cmr_watch.reading.dates import ANY_YEAR, find_dates, find_days
from cmr_watch.reading.lexicon import Concept, words_of
from cmr_watch.reading.lines import Line, joined
from cmr_watch.reading.tokens import CELL, Cue, Text, outside, scan

_MOST_LINES: Final = 26
LONGEST: Final = 4_000
_NO_CALL: Final = words_of("not to on us please")
"""Words before or behind “call” that make it a verb."""
_BEFORE_CALL: Final = words_of(
    "new open next this the our previous current first second third latest eccp a another last"
)
_AFTER_CALL: Final = words_of("is are was were will has have closed opens open now remains remain for of to")


# ── what a text names ────────────────────────────────────────────────────────────────────────────────────────────────


def mentions_call(text: Text) -> bool:
    """Whether it names a call, without the events."""
    return any(_is_noun(text, cue) for cue in text.cues_of("call for", "call", "another call"))


def _is_noun(text: Text, cue: Cue) -> bool:
    if "call" not in cue.concepts:
        return "call for" not in cue.concepts or _is_for_hosts(text, cue)
    before = text.tokens[cue.first - 1] if cue.first else None
    after = text.tokens[cue.last + 1] if cue.last + 1 < len(text.tokens) else None
    if (before and before.word in _NO_CALL) or (after and after.word in _NO_CALL - {"to", "not"}):
        return False
    return (
        before is None
        or before.word in _BEFORE_CALL
        or before.letter in "y'x"
        or bool(after and after.word in _AFTER_CALL)
    )


def _is_for_hosts(text: Text, cue: Cue) -> bool:
    """Whether a “call for …” is one for hosts or their applications (C1), not one for papers or small firms."""
    words = [token for token in text.tokens[cue.last + 1 :] if token.word or token.letter == "y"][:_REACH]
    if not words or words[0].letter == "y" or any(token.word in _OURS for token in words):
        return True
    return text.has("hosting", "event", "series", "interest", start=words[0].start, end=words[-1].end)


_REACH: Final = 6
_OURS: Final = words_of("proposals applications regions candidates")


def names_call(text: Text) -> bool:
    """Whether a text names a call and hosting, or the events to be hosted; thanks for an earlier one is none (C1)."""
    return names_call_itself(text) and names_hosting(text)


def names_call_itself(text: Text) -> bool:
    """Whether a sentence names a call that is no thanks for an earlier one, nor how hosts were selected."""
    nouns = [cue for cue in text.cues_of("call for", "call", "another call") if _is_noun(text, cue)]
    if not nouns or not text.has("thanks"):
        return bool(nouns)
    own = [
        sentence for sentence in sentences_of(text) if not text.has("thanks", start=sentence.start, end=sentence.end)
    ]
    return any(sentence.start <= noun.start < sentence.end for sentence in own for noun in nouns)


def names_hosting(text: Text) -> bool:
    """Whether it speaks of hosting, or of the series' events."""
    if text.has("hosting"):
        return True
    events = [cue.first for cue in text.cues_of("event")]
    return any(0 < first - cue.last <= 4 for cue in text.cues_of("series") for first in events)


# ── which lines ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Notice(NamedTuple):
    """The lines of a notice, and where they stand."""

    lines: tuple[Line, ...]
    start: int
    end: int


def find_notices(lines: Sequence[Line], is_other: Callable[[int], bool]) -> Iterator[Notice]:
    """All notices, top to bottom. `is_other` tells a line, by index, that is a section's heading or an edition."""
    position = 0
    while position < len(lines):
        end = _notice_end(lines, position, is_other)
        if end > position:
            yield Notice(tuple(lines[position:end]), position, end)
        position = max(end, position + 1)


def _notice_end(lines: Sequence[Line], start: int, is_other: Callable[[int], bool]) -> int:
    """Where the notice that begins at a line ends; `start` itself if none does. It takes its whole paragraph."""
    first = lines[start]
    if not mentions_call(first.scan) or is_other(start):
        return start
    end = start + 1
    is_headed = first.is_heading and not _is_notice(lines[start:end])
    while end < min(len(lines), start + _MOST_LINES) and not is_other(end):
        if not _is_of_paragraph(lines[end], lines[end - 1]) and not (is_headed and end == start + 1):
            break
        end += 1
    return end if _is_notice(lines[start:end]) else start


def whole_sentences(lines: Sequence[Line]) -> list[Line]:
    """Lines, those joined in which a sentence goes on: “… to host a workshop / in 2028 is open”."""
    found: list[Line] = []
    for line in lines:
        if found and found[-1].block == line.block and not line.gap and line.row is None and _goes_on(found[-1], line):
            found[-1] = joined([found[-1], line], " ")
        else:
            found.append(line)
    return found


def _goes_on(line: Line, below: Line) -> bool:
    """Whether a sentence goes on in the line below: with a small letter, or behind “in” or “from”."""
    last = line.scan.tokens[-1] if line.scan.tokens else None
    if last is None or line.is_heading or below.is_heading or not below.text:
        return False
    return (below.text[0].islower() and last.letter not in ".:;,") or last.word in _HANGING


_HANGING: Final = words_of("in of for from to the and or between until by")


def text_of(lines: Sequence[Line]) -> Text:
    """The lines of a paragraph as one text: a sentence goes on in a line that begins with a small letter."""
    first, *others = (line.text for line in lines)
    text = "".join([first, *(f"{' ' if other[:1].islower() else CELL}{other}" for other in others)])
    return scan(text[:LONGEST])


def _is_of_paragraph(line: Line, above: Line) -> bool:
    is_in_row = line.row is not None and line.row == above.row
    return is_in_row or (line.block == above.block and not line.gap)


def _is_notice(lines: Sequence[Line]) -> bool:
    """Whether lines name a call and hosting, and say something of its state or link to an application."""
    text = text_of(lines)
    if not names_call(text):
        return False
    links = any(says_apply(line.scan, link.start, link.end) for line in lines for link in line.links)
    return links or said_state(text) is not None or bool(read_cutoffs(text, ANY_YEAR))


# ── of several calls ─────────────────────────────────────────────────────────────────────────────────────────────────


def calls_apart(text: Text) -> list[Span]:
    """One span for each call: a sentence about other years, or of a new or next call with a state, begins one (C2)."""
    spans: list[Span] = []
    years: set[int] = set()
    state: CallStatus | None = None
    for sentence in sentences_of(text):
        own, said = set(_years_in(text, sentence)), _own_state(text, sentence)
        is_new = text.has("another call", start=sentence.start, end=sentence.end)
        names = _names_call_in(text, sentence)
        is_other = said is not None and (
            (is_new and state is not None) or (names and own and years and own.isdisjoint(years))
        )
        if spans and not is_other:
            spans[-1] = Span(spans[-1].start, sentence.end)
        else:
            spans.append(sentence)
            years, state = set(), None
        years |= own
        state = state or said
    return spans


def _own_state(text: Text, sentence: Span) -> CallStatus | None:
    """The state that a sentence says by more than “stay tuned”."""
    if text.text[sentence.start : sentence.end].strip().lower().startswith("stay tuned"):
        return None
    return said_state(text, [sentence])


# ── hosting years ────────────────────────────────────────────────────────────────────────────────────────────────────

_OF_HOSTING: Final = ("event", "hosting", "series")
_OF_CALL: Final = ("call for", "call", "another call")
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
    spans = [one for one in sentences_of(text) if text.has(*_OF_HOSTING, *_OF_CALL, start=one.start, end=one.end)]
    naming = [span for span in spans if _names_call_in(text, span)]
    of_call = [clause for span in naming for clause in _clauses(text, span) if _names_call_in(text, clause)]
    others = [span for span in spans if speaks_of_hosting(text, span)]
    for group in (of_call, naming, others if is_headed or not naming else ()):
        years = {year: words for span in reversed(group) for year, words in _years_in(text, span).items()}
        if years:
            return years
    return {}


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


def _names_call_in(text: Text, span: Span) -> bool:
    return any(_is_noun(text, cue) for cue in text.cues_of(*_OF_CALL, start=span.start, end=span.end))


def _clauses(text: Text, sentence: Span) -> Iterator[Span]:
    """What commas part: “…, while the workshops of 2026 are planned”; those of a list of years part nothing."""
    start = sentence.start
    for comma, after in pairwise(text.tokens):
        if comma.letter == "," and start < comma.start < sentence.end and after.letter not in "y&d":
            yield Span(start, comma.start)
            start = comma.end
    yield Span(start, sentence.end)


def _years_in(text: Text, sentence: Span) -> dict[int, Span]:
    """The years of a sentence that belong to hosting; those that stand at the call's name where there are none."""
    near: dict[int, Span] = {}
    far: dict[int, Span] = {}
    days = [date for date in find_dates(text) if date.precision in ("day", "unknown")]
    for token in outside(text.within(sentence.start, sentence.end), days):
        if token.letter != "y":
            continue
        index = text.tokens.index(token)
        concepts = _followed_by(text, index) or _introduced_by(text, token.start, sentence)
        if not concepts.isdisjoint(_OF_HOSTING):
            near = {**_range_at(text, index), **near}
        elif not concepts.isdisjoint(_OF_CALL):
            far = {**_range_at(text, index), **far}
    return near or far


def _followed_by(text: Text, index: int) -> frozenset[Concept]:
    """“The 2026 call”, “the 2027 and 2028 editions”: the concepts of what stands right behind a year."""
    after = next((at for at in range(index + 1, len(text.tokens)) if text.tokens[at].letter not in "yd&-/,"), None)
    is_list = text.tokens[(after or 1) - 1].letter in "yd"
    cue = next((one for one in text.cues_of(*_OF_HOSTING, *_OF_CALL) if one.first == after and is_list), None)
    return cue.concepts if cue else frozenset()


def _introduced_by(text: Text, position: int, sentence: Span) -> frozenset[Concept]:
    """The concepts of the nearest cue to the left that says what a year is of.

    “Workshops are planned for 2027” names that of the workshops, “the call for workshops will open in 2027” none.
    """
    names_call = _names_call_in(text, sentence)
    known = {*_OF_HOSTING, *_OF_CALL, *_OF_TIME}
    for cue in reversed(text.cues):
        is_left = sentence.start <= cue.start and cue.end <= position
        if is_left and "to come" in cue.concepts and not names_call:
            continue
        is_of_interest = "interest" in cue.concepts  # “call for expressions of interest 2028”
        if (
            is_left
            and not is_of_interest
            and not cue.concepts.isdisjoint(known)
            and text.text[cue.start : cue.end].lower() not in _JOINING
        ):
            return cue.concepts
    return frozenset()


def _range_at(text: Text, index: int) -> dict[int, Span]:
    """A year, or all years of the range that it begins: “2026–2028”, “2026/27”."""
    token = text.tokens[index]
    first = token.value
    rest = text.tokens[index + 1 : index + 3]
    if len(rest) == 2 and rest[0].letter in "-/t" and rest[1].letter in "yd":
        last = rest[1].value if rest[1].letter == "y" else first // 100 * 100 + rest[1].value
        if 0 <= last - first <= 10 and (rest[1].letter == "y" or rest[1].end - rest[1].start == 2):
            return dict.fromkeys(range(first, last + 1), Span(token.start, rest[1].end))
    return {first: Span(token.start, token.end)}
