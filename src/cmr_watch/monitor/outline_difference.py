"""What a page looked like at its baseline and what it looks like now, for the operator. Pure."""

from __future__ import annotations

from typing import Final

from cmr_watch.models.readings import Snapshot
from cmr_watch.plural import counted

_MAX_HEADINGS: Final = 6
_MAX_HEADING_LENGTH: Final = 60


def describe_difference(expected: Snapshot | None, found: Snapshot) -> str:
    """`Expected 15 editions, … Found 0 editions, …`; only what was found if there is no baseline."""
    before = f"Expected {fingerprint(expected)}. " if expected else ""
    return f"{before}Found {fingerprint(found)}."


def fingerprint(snapshot: Snapshot) -> str:
    """`15 editions, 1 call; 15 of 15 dated lines understood; sections: upcoming, past; headings: “Past editions”`."""
    outline = snapshot.outline
    dated = outline.dated_lines
    parts = [f"{counted(len(snapshot.editions), 'edition')}, {counted(len(snapshot.calls), 'call')}"]
    parts.append(f"{dated - outline.unread_lines} of {counted(dated, 'dated line')} understood")
    if outline.sections:
        parts.append(f"sections: {', '.join(outline.sections)}")
    shown = [f"“{heading[:_MAX_HEADING_LENGTH]}”" for heading in outline.headings[:_MAX_HEADINGS]]
    parts.append(f"headings: {', '.join(shown)}" if shown else "no headings")
    return "; ".join(parts)
