"""The calls that a notice of the list tells of (READING C1–C5, O2, O4). Pure, linear; no errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cmr_watch.models import CallNotice, CallStatus, Cutoff, ReadingWarning
from cmr_watch.reading.clauses import Span
from cmr_watch.reading.cutoffs import CutoffSpan, read_cutoffs
from cmr_watch.reading.entries import Address, address_of
from cmr_watch.reading.evidence import Source
from cmr_watch.reading.lexicon import Concept
from cmr_watch.reading.lines import Line, Where, joined
from cmr_watch.reading.notices import (
    LONGEST,
    Notice,
    calls_apart,
    find_hosting_years,
    find_state,
    heads_a_list,
    names_call,
)
from cmr_watch.reading.tokens import Text, scan


class CallRead(NamedTuple):
    """A call, and what its fields were read from."""

    call: CallNotice
    sources: tuple[Source, ...]


def read_notice(notice: Notice, year: int | None, base: str) -> tuple[list[CallRead], list[ReadingWarning]]:
    """The calls that a notice tells of, with warnings. `year` is the heading's, `base` resolves relative links."""
    notice = _without_heading(notice)
    whole = joined(notice.lines)
    text = scan(whole.shown[:LONGEST])
    groups = calls_apart(text)
    more, warnings = _cutoffs_of_lines(notice, year)
    calls = []
    for number, span in enumerate(groups):
        is_only, is_last = len(groups) == 1, number == len(groups) - 1
        own = text if is_only else scan(text.text[span.start : span.end])
        found, _ = read_cutoffs(own, year)
        warnings += _zone_warnings(found, whole.shown)
        sited = [(one.cutoff, Where(whole, span.start + one.start, span.start + one.end)) for one in found]
        cutoffs = _each_once([*sited, *(more if is_last else ())])
        link = _link_in(notice, None if is_only else span, base)
        shown = whole.shown if is_only else own.text.strip()
        calls.append(_call(own, Where(whole, span.start, span.end), cutoffs, link, notice.more, shown))
    return calls, warnings


def _each_once(cutoffs: Iterable[tuple[Cutoff, Where]]) -> dict[Cutoff, Where]:
    """Equal cut-offs once, each where it stands first."""
    found: dict[Cutoff, Where] = {}
    for cutoff, where in cutoffs:
        found.setdefault(cutoff, where)
    return found


def _call(
    text: Text, where: Where, cutoffs: dict[Cutoff, Where], link: Address | None, more: Sequence[Line], shown: str
) -> CallRead:
    """The call of one part of a notice: `text`, which stands at `where`."""
    status, said_at = _state(text, where, more) or _state_by_what_it_offers(where, cutoffs, link)
    years = find_hosting_years(text)
    call = CallNotice(
        status=status,
        hosting_years=tuple(sorted(years)),
        cutoffs=tuple(cutoffs),
        apply_url=link.url if link else None,
        text=shown,
    )
    named = [Where(where.line, where.start + one.start, where.start + one.end) for one in sorted({*years.values()})]
    sources = [
        Source("status", said_at, "C2"),
        *(Source("hosting_years", one) for one in named),
        *(Source(f"cutoffs[{number}]", one, "C4") for number, one in enumerate(cutoffs.values())),
        *([Source("apply_url", Where(link.line, link.start, link.end))] if link else []),
        Source("text", where),
    ]
    return CallRead(call, tuple(sources))


def _state(text: Text, where: Where, more: Sequence[Line]) -> tuple[CallStatus, Where] | None:
    """What the notice says, else what the lines behind it say."""
    if found := find_state(text):
        status, cue = found
        return status, Where(where.line, where.start + cue.start, where.start + cue.end)
    said = ((line, found) for line in more if (found := find_state(line.scan)))
    return next(((found[0], Where(line, found[1].start, found[1].end)) for line, found in said), None)


def _state_by_what_it_offers(
    where: Where, cutoffs: dict[Cutoff, Where], link: Address | None
) -> tuple[CallStatus, Where]:
    """Without a word of state it is open where there is a way to apply or a cut-off (C2)."""
    if link:
        return "open", Where(link.line, link.start, link.end)
    return next((("open", one) for one in cutoffs.values()), ("announced", where))


def _without_heading(notice: Notice) -> Notice:
    """The paragraph alone, where it names the call without its heading."""
    first, *rest = notice.lines
    if first.is_heading and rest and names_call(scan(" ".join(line.text for line in rest)[:LONGEST])):
        return notice._replace(lines=tuple(rest))
    return notice


def _cutoffs_of_lines(notice: Notice, year: int | None) -> tuple[list[tuple[Cutoff, Where]], list[ReadingWarning]]:
    """The cut-offs of the lines behind a notice, and where each stands."""
    cutoffs: list[tuple[Cutoff, Where]] = []
    warnings: list[ReadingWarning] = []
    heading: Concept | None = "cutoff" if heads_a_list(notice.lines[-1]) else None
    for line in notice.more:
        found, puts_off = read_cutoffs(line.scan, year, heading=heading)
        cutoffs = cutoffs[:-1] if puts_off and found else cutoffs
        cutoffs += [(one.cutoff, Where(line, one.start, one.end)) for one in found]
        warnings += _zone_warnings(found, line.shown)
        heading = "cutoff" if line.scan.has("cutoff") else heading
    return cutoffs, warnings


def _zone_warnings(found: Sequence[CutoffSpan], text: str) -> list[ReadingWarning]:
    return [ReadingWarning("cutoff-zone", one.cutoff.text) for one in found if not one.zone_is_right]


def _link_in(notice: Notice, span: Span | None, base: str) -> Address | None:
    """The link of a call that says apply, else names the call or says “here”, else the only one."""
    found: list[Address] = []
    offset = 0
    for line in (*notice.lines, *notice.more):
        own = [link for link in line.links if span is None or span.start <= offset + link.start < span.end]
        found += [address for link in own if (address := address_of(line, link, base))]
        offset += len(line.text) + 1
    for concepts in (("apply",), ("link here", "call for", "call")):
        for one in found:
            if one.line.scan.has(*concepts, start=one.start, end=one.end):
                return one
    return found[0] if found else None
