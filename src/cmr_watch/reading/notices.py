"""What names a call, and which lines of the list make a notice of one (READING C1).

A notice is a paragraph that names a call and hosting, and says something about its state or links to an application.
Pure, linear; no errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from cmr_watch.reading.apply_link import says_apply
from cmr_watch.reading.call_state import said_state
from cmr_watch.reading.clauses import Span, sentences_of
from cmr_watch.reading.cutoffs import read_cutoffs
from cmr_watch.reading.dates import ANY_YEAR
from cmr_watch.reading.lexicon import words_of
from cmr_watch.reading.lines import Line, joined
from cmr_watch.reading.tokens import Cue, Text, scan

_MOST_LINES: Final = 26
_LONGEST: Final = 4_000
_NO_CALL: Final = words_of("not to on us please")
_VERBS_AFTER: Final = words_of("on us please")
"""Words before and after “call” that make it a verb."""
_BEFORE_CALL: Final = words_of(
    "new open next this the our previous current first second third latest eccp a another last"
)
_AFTER_CALL: Final = words_of("is are was were will has have closed opens open now remains remain for of to")


# ── what a text names ────────────────────────────────────────────────────────────────────────────────────────────────


CALLS: Final = ("call for", "call", "another call")


def mentions_call(text: Text, span: Span | None = None) -> bool:
    """Whether it, or a part of it, names a call, without the events."""
    start, end = span or (0, None)
    return any(_is_noun(text, cue) for cue in text.cues_of(*CALLS, start=start, end=end))


def _is_noun(text: Text, cue: Cue) -> bool:
    if "call" not in cue.concepts:
        return "call for" not in cue.concepts or _is_for_hosts(text, cue)
    before = next(iter(text.tokens[: cue.first][-1:]), None)
    after = next((token.word for token in text.tokens[cue.last + 1 :][:1]), "")
    if after in _VERBS_AFTER or (before and before.word in _NO_CALL):
        return False
    return before is None or before.word in _BEFORE_CALL or before.letter in "y'x" or after in _AFTER_CALL


def _is_for_hosts(text: Text, cue: Cue) -> bool:
    """Whether a “call for …” is one for hosts or their applications (C1), not one for papers or small firms."""
    words = [token for token in text.tokens[cue.last + 1 :] if token.word or token.letter == "y"][:_REACH]
    if not words or words[0].letter == "y" or any(token.word in _OURS for token in words):
        return True
    return text.has("hosting", "event", "series", "interest", start=words[0].start, end=words[-1].end)


_REACH: Final = 6
_OURS: Final = words_of("proposals applications regions candidates")


def names_call(text: Text) -> bool:
    """Whether a text names a call and hosting, or the events to be hosted; not thanks for an earlier one (C1)."""
    return names_call_itself(text) and names_hosting(text)


def names_call_itself(text: Text) -> bool:
    """Whether a sentence names a call, other than to thank for an earlier one or to say how hosts were selected."""
    return any(
        mentions_call(text, one) and not text.has("thanks", start=one.start, end=one.end) for one in sentences_of(text)
    )


def names_hosting(text: Text) -> bool:
    """Whether it mentions hosting, or the series' events."""
    if text.has("hosting"):
        return True
    events = [cue.first for cue in text.cues_of("event")]
    return any(0 < first - cue.last <= 4 for cue in text.cues_of("series") for first in events)


# ── which lines ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Notice(NamedTuple):
    """The lines of a notice, and their position."""

    lines: tuple[Line, ...]
    start: int
    end: int


def find_notices(lines: Sequence[Line], is_other: Callable[[int], bool]) -> Iterator[Notice]:
    """All notices, top to bottom. `is_other` says, by index, whether a line is a section's heading or an edition."""
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
    end, last = start + 1, min(len(lines), start + _MOST_LINES)
    if first.is_heading and end < last and not is_other(end) and not _is_notice([first]):
        end += 1
    while end < last and not is_other(end) and _is_of_paragraph(lines[end], lines[end - 1]):
        end += 1
    return end if _is_notice(lines[start:end]) else start


def _is_of_paragraph(line: Line, above: Line) -> bool:
    is_in_row = line.row is not None and line.row == above.row
    return is_in_row or (line.block == above.block and not line.gap)


def _is_notice(lines: Sequence[Line]) -> bool:
    """Whether lines name a call and hosting, and say something about its state or link to an application."""
    text = text_of(lines)
    if not names_call(text):
        return False
    links = any(says_apply(line.scan, link.start, link.end) for line in lines for link in line.links)
    return links or said_state(text) is not None or bool(read_cutoffs(text, ANY_YEAR))


# ── sentences over several lines ─────────────────────────────────────────────────────────────────────────────────────


def text_of(lines: Sequence[Line]) -> Text:
    """Lines as one text, each sentence of them whole."""
    whole = joined(whole_sentences(lines))
    return scan(whole.text[:_LONGEST], whole.edges)


def whole_sentences(lines: Sequence[Line]) -> list[Line]:
    """Lines, joined where a sentence continues: “… to host a workshop / in 2028 is open”."""
    found: list[Line] = []
    for line in lines:
        if found and line.row is None and _is_of_paragraph(line, found[-1]) and _goes_on(found[-1], line):
            found[-1] = joined([found[-1], line], " ")
        else:
            found.append(line)
    return found


def _goes_on(line: Line, below: Line) -> bool:
    """Whether a sentence continues in the line below: with a lower-case letter, or after “in” or “from”."""
    last = line.scan.tokens[-1] if line.scan.tokens else None
    if last is None or line.is_heading or below.is_heading:
        return False
    return (below.text[:1].islower() and last.letter not in ".:;,") or last.word in _HANGING


_HANGING: Final = words_of("in of for from to the and or between until by")
