"""The calls that a notice of the list tells of (READING C1–C5, O2, O4). Pure, linear; no errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cmr_watch.models import CallNotice, CallStatus, Cutoff, ReadingWarning
from cmr_watch.reading.apply_link import apply_link, links_in
from cmr_watch.reading.call_state import find_state
from cmr_watch.reading.clauses import Span, sentences_of
from cmr_watch.reading.cutoffs import CutoffSpan, read_cutoffs
from cmr_watch.reading.dates import ANY_YEAR, find_days, has_stray_number
from cmr_watch.reading.evidence import Source
from cmr_watch.reading.lines import Where, joined
from cmr_watch.reading.links import Address
from cmr_watch.reading.notices import (
    Notice,
    calls_apart,
    find_hosting_years,
    names_call,
    text_of,
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
    text = text_of(notice.lines)
    groups = calls_apart(text)
    is_only = len(groups) == 1
    calls, warnings = [], []
    for span in groups:
        own = text if is_only else scan(text.text[span.start : span.end])
        found = read_cutoffs(own, year)
        warnings += [ReadingWarning("cutoff-zone", one.cutoff.text) for one in found if not one.zone_is_right]
        sited = [(one.cutoff, Where(whole, span.start + one.start, span.start + one.end)) for one in found]
        cutoffs = _each_once(sited)
        link = _link_in(notice, None if is_only else span, base)
        shown = whole.shown if is_only else own.text.strip()
        calls.append(_call(own, Where(whole, span.start, span.end), cutoffs, link, shown))
        if _has_remainder(own, found, year):
            warnings.append(ReadingWarning("date-remainder", shown))
    return calls, warnings


def _has_remainder(text: Text, found: Sequence[CutoffSpan], year: int | None) -> bool:
    """Whether a sentence with a cut-off holds a number that no rule explains: “until 28 28 May” (D5)."""
    for sentence in sentences_of(text):
        if any(sentence.start <= one.start < sentence.end for one in found):
            part = scan(sentence.of(text))
            days = find_days(part, year or ANY_YEAR)
            if has_stray_number(part, days) or any(day.has_remainder for day in days):
                return True
    return False


def _each_once(cutoffs: Iterable[tuple[Cutoff, Where]]) -> dict[Cutoff, Where]:
    """Equal cut-offs once, each where it stands first."""
    found: dict[Cutoff, Where] = {}
    for cutoff, where in cutoffs:
        found.setdefault(cutoff, where)
    return found


def _call(text: Text, where: Where, cutoffs: dict[Cutoff, Where], link: Address | None, shown: str) -> CallRead:
    """The call of one part of a notice: `text`, which stands at `where`."""
    status, said_at = _state(text, where) or _state_by_what_it_offers(where, cutoffs, link)
    years = find_hosting_years(text, is_headed=where.line.is_heading)
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


def _state(text: Text, where: Where) -> tuple[CallStatus, Where] | None:
    found = find_state(text)
    return (found[0], Where(where.line, where.start + found[1].start, where.start + found[1].end)) if found else None


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
    if first.is_heading and rest and names_call(text_of(rest)):
        return notice._replace(lines=tuple(rest))
    return notice


def _link_in(notice: Notice, span: Span | None, base: str) -> Address | None:
    """The way to apply for a call; of several calls the one in the words of this one."""
    found: list[Address] = []
    offset = 0
    for line in notice.lines:
        found += [one for one in links_in([line], base) if not span or span.start <= offset + one.start < span.end]
        offset += len(line.text) + 1
    link = apply_link(found)
    return link.address if link else None
