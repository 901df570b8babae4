"""What a page looked like, and what it looks like now, in words for the operator. Pure."""

from __future__ import annotations

from cmr_watch.models import Snapshot
from cmr_watch.render.plural import counted

_MOST_HEADINGS = 6
_LONGEST = 60


def drift(expected: Snapshot | None, came: Snapshot) -> str:
    """“Expected: 15 editions, …. Came: no editions, …” ; before a baseline there is nothing to expect."""
    before = f"Expected: {fingerprint(expected)}. " if expected else ""
    return f"{before}Came: {fingerprint(came)}"


def fingerprint(snapshot: Snapshot) -> str:
    """The outline of a page: what was found, the share of lines read, sections and headings in their order."""
    outline = snapshot.outline
    dated = outline.dated_lines
    parts = [counted(len(snapshot.editions), "edition"), counted(len(snapshot.calls), "call")]
    parts.append(f"{dated - outline.unread_lines} of {counted(dated, 'line')} with a date read")
    if outline.sections:
        parts.append(f"sections {', '.join(outline.sections)}")
    shown = [f"“{heading[:_LONGEST]}”" for heading in outline.headings[:_MOST_HEADINGS]]
    parts.append(f"headings {' '.join(shown)}" if shown else "no headings")
    return ", ".join(parts)
