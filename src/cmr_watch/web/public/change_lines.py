"""Changes as the pages of the public site list them, with what the page said before and says now. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import ChangeKind, Known, KnownCall, KnownEdition, RecordedChange
from cmr_watch.notify.relevance import TOPIC_BY_KIND
from cmr_watch.render.change_items import quotable
from cmr_watch.render.headlines import headline
from cmr_watch.render.sanitize import clean

ANNOUNCED_KINDS: Final = frozenset(TOPIC_BY_KIND)
"""The kinds of change that subscribers are notified of; the others are corrections of details."""
MAX_QUOTE: Final = 280


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change in a list. `before` and `now`: the page's words, as far as they differ; empty if there are none."""

    id: int
    sentence: str
    read_at: datetime
    before: str = ""
    now: str = ""

    @property
    def path(self) -> str:
        """Its page."""
        return f"/changes/{self.id}"


def change_lines(changes: Iterable[RecordedChange], known: Known) -> tuple[ChangeLine, ...]:
    """The changes in a list, in their order."""
    current = _by_key(known)
    return tuple(_line(recorded, current.get(recorded.change.key)) for recorded in changes)


def _by_key(known: Known) -> dict[str, KnownEdition | KnownCall]:
    editions: dict[str, KnownEdition | KnownCall] = {entry.key: entry for entry in known.editions}
    return editions | {entry.key: entry for entry in known.calls}


def _line(recorded: RecordedChange, current: object) -> ChangeLine:
    change = recorded.change
    before, now = (clean(text, MAX_QUOTE) for text in quotable(change))
    if before == now:
        before = ""
    if change.kind is ChangeKind.EDITION_HELD:  # the line itself is the same: it moved to another section
        before = now = ""
    return ChangeLine(recorded.id, headline(recorded, current, BRUSSELS).sentence, recorded.read_at, before, now)
