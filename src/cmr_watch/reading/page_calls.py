"""Of several calls on a call page the one that counts, and its own lines (READING C2, O1). Pure, linear; no errors.

call_of(article)     the article with the lines of that call alone
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from cmr_watch.models import CallStatus
from cmr_watch.reading.article import Article
from cmr_watch.reading.call_state import find_state, read_state
from cmr_watch.reading.lines import Line
from cmr_watch.reading.notices import calls_apart, find_hosting_years, mentions_call, names_call_itself

_RANKS: Final[dict[CallStatus | None, int]] = {"open": 0, None: 0, "announced": 1, "closed": 2}


def call_of(article: Article) -> Article:
    """The article without the lines of other calls: the open one counts, else the announced one, else the last.

    The lines of a call begin with the heading or the sentence that names it, and end where another one is named.
    """
    numbered = list(_numbered(article.lines))
    groups = [tuple(line for _, line in group) for _, group in groupby(numbered, lambda one: one[0])]
    if len(groups) < 2:
        return article
    ranks = [_RANKS[_state_of(group)] for group in groups]
    number = len(groups) - 1 if min(ranks) == _RANKS["closed"] else ranks.index(min(ranks))
    return replace(article, lines=groups[number])


def _state_of(lines: Sequence[Line]) -> CallStatus | None:
    return read_state([line.scan for line in lines], (), has_form=False)


def _numbered(lines: Sequence[Line]) -> Iterator[tuple[int, Line]]:
    """Each line, or each part of one that speaks of several calls, with the number of its call."""
    number, years = 0, frozenset[int]()
    for line in lines:
        start = 0
        for span in calls_apart(line.scan):
            own = _years_of_call(line.piece(span.start, span.end))
            if own and years and own.isdisjoint(years):
                if span.start > start:
                    yield number, line.piece(start, span.start)
                number, start, years = number + 1, span.start, own
            years |= own
        yield number, line.piece(start) if start else line


def _years_of_call(line: Line) -> frozenset[int]:
    """The hosting years of a heading or sentence that names a call; a sentence also says its state."""
    text = line.scan
    if not mentions_call(text) or not names_call_itself(text) or not (line.is_heading or find_state(text)):
        return frozenset()
    return frozenset(find_hosting_years(text))
