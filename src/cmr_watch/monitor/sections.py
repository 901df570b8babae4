"""Decides in which section a line belongs if no heading says it, or none that can be relied on (READING S5). Pure.

Such a line takes the section known for its edition. The line of a new edition is upcoming while its days are not over,
and past afterwards. So an edition never passes from one section to the other by the clock alone.

A heading cannot be relied on for a line if the other section's heading is missing and the line's days contradict it:
the line probably stood under the heading that is gone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from cmr_watch.models.readings import Edition, Known, Section, Snapshot
from cmr_watch.monitor.upcoming import date_range, is_over


def with_sections(known: Known, reading: Snapshot, now: datetime | None) -> tuple[tuple[Edition, ...], frozenset[int]]:
    """The lines of a list, all with a section, and the IDs of those whose section no heading says."""
    found = reading.outline.sections
    doubtful = [_is_doubtful(line, found, now) for line in reading.editions]
    if not any(doubtful):
        return reading.editions, frozenset()
    sections = {_facts(entry.edition): entry.edition.section for entry in known.editions}
    lines = tuple(
        _settled(line, sections.get(_facts(line)), now) if doubt else line
        for line, doubt in zip(reading.editions, doubtful, strict=True)
    )
    return lines, frozenset(id(line) for line, doubt in zip(lines, doubtful, strict=True) if doubt)


def _settled(line: Edition, known: Section | None, now: datetime | None) -> Edition:
    return as_known(line, known or ("past" if is_over(line, now) else "upcoming"))


def as_known(line: Edition, section: Section | None) -> Edition:
    """The line in the section that is known. In the past section, an edition that was not called off was held."""
    if section == "past" and line.status in ("scheduled", "save_the_date"):
        return replace(line, section=section, status="held")
    is_future = section == "upcoming" and line.section == "past" and line.status == "held"
    return replace(line, section=section, status="scheduled") if is_future else replace(line, section=section)


def _is_doubtful(line: Edition, found: Collection[Section], now: datetime | None) -> bool:
    if line.section is None:
        return True
    if len(found) != 1 or now is None or date_range(line) is None:
        return False
    return is_over(line, now) == (line.section == "upcoming")


def _facts(edition: Edition) -> Edition:
    """The facts without those that depend on the section."""
    return replace(edition, section=None, status="scheduled" if edition.status == "held" else edition.status)
