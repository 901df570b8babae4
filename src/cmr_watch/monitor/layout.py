"""Recognises that the section headings of the list have changed, and which lines are then held (READING B4). Pure.

A reading is judged by its content, not by its headings: if the known editions are there, their changes are announced,
whatever the headings. But where the headings have changed, a line that is not a known edition may be anything. It is
announced only if it names the series or links to a page whose address or title does; otherwise it is held until the
operator accepts the layout.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

from cmr_watch.models.readings import Edition, Known, Outline, Section, Snapshot
from cmr_watch.monitor.match import Matching, match_reading
from cmr_watch.places import fold

_SERIES: Final = re.compile(r"clusters?\W{0,3}meet\W{0,3}regions?", re.I)
_MAX_LINES: Final = 10
_MAX_LINE: Final = 120

TitleOf = Callable[[str], str]
"""Returns the title of the page with a URL; empty if it has none, or cannot be fetched."""
Layout = tuple[str, ...]
"""The sections in page order, each with the word of its heading: `("upcoming: next", "past: previous")`."""


class LayoutReview(NamedTuple):
    """What a plausible reading's section headings mean.

    - `expected`: the layout that the operator knows, if this one differs; None if it is the same.
    - `waiting`: the lines that are not announced.
    - `notice`: for the operator; empty if there is nothing that the operator does not know.
    - `has_all_headings`: whether no section heading is gone.
    """

    expected: Layout | None = None
    waiting: tuple[Edition, ...] = ()
    notice: str = ""
    has_all_headings: bool = True

    def applied_to(self, matching: Matching) -> Matching:
        """The matching without the lines that wait."""
        return matching.without(self.waiting)._replace(has_all_headings=self.has_all_headings)


def no_title(_url: str) -> str:
    return ""


def review_layout(
    known: Known, last: Snapshot, matching: Matching, now: datetime, title_of: TitleOf = no_title
) -> LayoutReview:
    """Compare the section headings of a plausible reading with those of the last good one.

    `title_of` is called once for each page that an unknown line links to, when the line is first seen.
    """
    outline = matching.reading.outline
    has_known_headings = last.outline.expected_layout is None and outline.headings == last.outline.headings
    if matching.reading.kind != "initiative" or has_known_headings:
        return LayoutReview()
    expected = _known_layout(last.outline)
    if _is_same(expected, layout_of(outline)):
        return LayoutReview()
    reported = {_identity(line) for line in match_reading(known, last, now).new_lines}
    waiting = tuple(_waiting(matching.new_lines, reported, title_of))
    is_new = last.outline.expected_layout is None or any(_identity(line) not in reported for line in waiting)
    notice = _notice(expected, outline, waiting) if is_new else ""
    return LayoutReview(expected, waiting, notice, _sections(expected) <= {*outline.sections})


def _waiting(
    lines: Iterable[Edition], reported: Collection[tuple[object, ...]], title_of: TitleOf
) -> Iterator[Edition]:
    """The lines that wait. One that was reported before goes on waiting: its page is not fetched again."""
    for line in lines:
        if not _names_series(line) and (_identity(line) in reported or not _is_of_series(line, title_of)):
            yield line


def with_expected_layout(snapshot: Snapshot, expected: Layout | None) -> Snapshot:
    """The snapshot with the layout that the operator knows; the same object if it has that already."""
    if snapshot.outline.expected_layout == expected:
        return snapshot
    return replace(snapshot, outline=replace(snapshot.outline, expected_layout=expected))


def layout_of(outline: Outline) -> Layout:
    """The layout of a list. A new year in a heading does not change it."""
    return tuple(f"{section}: {_word_of(section, outline.headings)}" for section in outline.sections)


def _sections(layout: Layout) -> set[str]:
    return {section.partition(": ")[0] for section in layout}


def _word_of(section: Section, headings: Iterable[str]) -> str:
    """The first word of a section in the headings; imported here, as the engine is loaded only to read a page."""
    from cmr_watch.reading.headings import SECTION_WORDS

    words = (word for heading in headings for word in fold(heading).split())
    return next((word for word in words if word in SECTION_WORDS[section]), "")


def _known_layout(outline: Outline) -> Layout:
    return layout_of(outline) if outline.expected_layout is None else outline.expected_layout


def _is_same(one: Layout, other: Layout) -> bool:
    return len(one) == len(other) and all(map(_is_same_heading, one, other))


def _is_same_heading(one: str, other: str) -> bool:
    """Whether the section is the same, and the word if both are known."""
    (section, _, word), (other_section, _, other_word) = one.partition(": "), other.partition(": ")
    return section == other_section and (word == other_word or not (word and other_word))


def _names_series(line: Edition) -> bool:
    return bool(_SERIES.search(line.text) or _SERIES.search(line.url or ""))


def _is_of_series(line: Edition, title_of: TitleOf) -> bool:
    """Whether the line links to a page whose title names the series."""
    return bool(line.url and _SERIES.search(title_of(line.url)))


def _identity(line: Edition) -> tuple[object, ...]:
    return fold(line.city), line.country_code, line.starts_on, line.period


# ── for the operator ─────────────────────────────────────────────────────────────────────────────────────────────────


def _notice(expected: Layout, outline: Outline, waiting: Sequence[Edition]) -> str:
    """`Section headings before: upcoming (next), past (previous); now: none. Waiting: “Oslo, Norway – 3 May 2024”`."""
    headings = f"Section headings before: {_described(expected)}; now: {_described(layout_of(outline))}"
    lines = [f"“{line.text[:_MAX_LINE]}”" for line in waiting[:_MAX_LINES]]
    if len(waiting) > _MAX_LINES:
        lines.append(f"and {len(waiting) - _MAX_LINES} more")
    return f"{headings}. Waiting: {', '.join(lines)}" if lines else headings


def _described(layout: Layout) -> str:
    parts = (section.partition(": ") for section in layout)
    return ", ".join(f"{section} ({word})" if word else section for section, _, word in parts) or "none"
