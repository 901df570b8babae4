"""The calls that lines describe: which lines belong to which call, and the calls of a notice (READING C1–C5, O2, O4).

    calls_apart(lines)      the lines of each call
    read_notice(notice)     its calls, each with what its fields were read from

Pure, linear; no errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from cmr_watch.models.readings import CallNotice, CallStatus, Cutoff, ReadingWarning
from cmr_watch.reading.apply_link import apply_link, links_in
from cmr_watch.reading.call_state import find_state
from cmr_watch.reading.clauses import Span, sentences_of
from cmr_watch.reading.cutoffs import CutoffSpan, read_cutoffs
from cmr_watch.reading.dates import ANY_YEAR, find_dates, find_days, has_stray_number
from cmr_watch.reading.evidence import Source, numbered
from cmr_watch.reading.hosting_years import find_hosting_years, years_in
from cmr_watch.reading.lines import Line, Where, joined
from cmr_watch.reading.notices import Notice, mentions_call, names_call, text_of, whole_sentences
from cmr_watch.reading.tokens import Text, scan

# ── which lines belong to which call ─────────────────────────────────────────────────────────────────────────────────


def calls_apart(lines: Sequence[Line], *, is_page: bool = False) -> list[list[Line]]:
    """The lines of each call, a line that describes several is split; on a call page only by their years (C2, O1)."""
    groups: list[list[Line]] = [[]]
    call = _Call(is_page=is_page)
    for line in lines:
        starts = []
        for sentence in sentences_of(line.scan):
            if call.is_left_by(line, sentence):
                starts.append(sentence.start)
                call = _Call(is_page=is_page)
            call.take(line, sentence)
        pieces = [line.piece(*bounds) for bounds in pairwise([0, *starts, len(line.text)])] if starts else [line]
        groups[-1] += [piece for piece in pieces[:1] if piece.text or not starts]
        groups += [[piece] for piece in pieces[1:]]
    return groups


@dataclass(slots=True)
class _Call:
    """What the sentences of a call have said so far."""

    is_page: bool
    years: set[int] = field(default_factory=set)
    has_state: bool = False

    def is_left_by(self, line: Line, sentence: Span) -> bool:
        """Whether another call begins: one for other years or, on the list, a new or next one with a state."""
        own = _years_of_call(line, sentence)
        if own and self.years and self.years.isdisjoint(own):
            return True
        is_new = line.scan.has("another call", start=sentence.start, end=sentence.end)
        return (
            self.has_state
            and not self.is_page
            and is_new
            and _has_state(line.scan, sentence)
            and not _is_vague(line.scan, sentence)
        )

    def take(self, line: Line, sentence: Span) -> None:
        self.years |= _years_of_call(line, sentence)
        self.has_state = self.has_state or _has_state(line.scan, sentence)


def _years_of_call(line: Line, sentence: Span) -> set[int]:
    """The hosting years of a heading or sentence that names a call (not an earlier one); a sentence also its state."""
    text = line.scan
    is_earlier = text.has("thanks", start=sentence.start, end=sentence.end)
    if is_earlier or not mentions_call(text, sentence) or not (line.is_heading or _has_state(text, sentence)):
        return set()
    return set(years_in(text, sentence))


def _is_vague(text: Text, sentence: Span) -> bool:
    """“The next one will be announced here”: not a call, as long as nothing else is said about it."""
    found = find_state(text, [sentence])
    says_when = any(sentence.start <= date.start < sentence.end for date in find_dates(text, ANY_YEAR))
    return found is not None and found[0] == "announced" and not says_when


def _has_state(text: Text, sentence: Span) -> bool:
    """Whether a sentence gives a state by more than “stay tuned”."""
    return text.words(*sentence)[:2] != ["stay", "tuned"] and find_state(text, [sentence]) is not None


# ── the calls of a notice ────────────────────────────────────────────────────────────────────────────────────────────


class CallRead(NamedTuple):
    """A call, and what its fields were read from."""

    call: CallNotice
    sources: tuple[Source, ...]


def read_notice(notice: Notice, year: int | None, base: str) -> tuple[list[CallRead], list[ReadingWarning]]:
    """The calls that a notice describes, with warnings. `year` is the heading's, `base` resolves relative links."""
    calls, warnings = [], []
    for lines in calls_apart(whole_sentences(_without_heading(notice.lines))):
        line, text = joined(lines), text_of(lines)
        cutoffs = read_cutoffs(text, year)
        calls.append(_call(line, text, cutoffs, lines, base))
        warnings += [ReadingWarning("cutoff-zone", one.cutoff.text) for one in cutoffs if not one.zone_is_right]
        if _has_remainder(text, cutoffs, year):
            warnings.append(ReadingWarning("date-remainder", line.shown))
    return calls, warnings


def _without_heading(lines: Sequence[Line]) -> Sequence[Line]:
    """The paragraph alone, where it names the call without its heading."""
    return lines[1:] if lines[0].is_heading and lines[1:] and names_call(text_of(lines[1:])) else lines


def _has_remainder(text: Text, found: Sequence[CutoffSpan], year: int | None) -> bool:
    """Whether a sentence with a cut-off contains a number that no rule explains: “until 28 28 May” (D5)."""
    return any(
        _has_stray_number(scan(sentence.of(text)), year)
        for sentence in sentences_of(text)
        if any(sentence.start <= one.start < sentence.end for one in found)
    )


def _has_stray_number(sentence: Text, year: int | None) -> bool:
    days = find_days(sentence, year or ANY_YEAR)
    return has_stray_number(sentence, days) or any(day.has_remainder for day in days)


def _call(line: Line, text: Text, found: Sequence[CutoffSpan], lines: Sequence[Line], base: str) -> CallRead:
    """A call, from its lines and from all of them joined."""
    link = apply_link(list(links_in(lines, base)))
    years = find_hosting_years(text, is_headed=line.is_heading)
    cutoffs: dict[Cutoff, Where] = {}
    for one in found:
        cutoffs.setdefault(one.cutoff, Where(line, one.start, one.end))
    link_at = link.address.where if link else None
    status, said_at = _state(line, text) or _state_by_what_it_offers(line, link_at, cutoffs.values())
    call = CallNotice(
        status=status,
        hosting_years=tuple(sorted(years)),
        cutoffs=tuple(cutoffs),
        apply_url=link.address.url if link else None,
        text=line.shown,
    )
    sources = [
        Source("status", said_at, "C2"),
        *(Source("hosting_years", Where(line, *words)) for words in sorted({*years.values()})),
        *numbered("cutoffs", cutoffs.values(), "C4"),
        *([Source("apply_url", link_at)] if link_at else []),
        Source("text", Where(line, 0, len(line.text))),
    ]
    return CallRead(call, tuple(sources))


def _state(line: Line, text: Text) -> tuple[CallStatus, Where] | None:
    found = find_state(text)
    return (found[0], Where(line, found[1].start, found[1].end)) if found else None


def _state_by_what_it_offers(line: Line, link: Where | None, cutoffs: Iterable[Where]) -> tuple[CallStatus, Where]:
    """Without a word of state it is open where there is a way to apply or a cut-off (C2)."""
    offer = link or next(iter(cutoffs), None)
    return ("open", offer) if offer else ("announced", Where(line, 0, len(line.text)))
