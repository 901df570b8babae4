"""Editions and calls that a recipient wants no more messages about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from cmr_watch.models.readings import Change, RecordedChange

ItemKind = Literal["edition", "call"]
ITEM_KINDS: tuple[ItemKind, ...] = get_args(ItemKind)


@dataclass(frozen=True, slots=True)
class ItemRef:
    """An edition or a call. Its key never changes, whatever becomes of its name and days; both kinds may share one."""

    kind: ItemKind
    key: str


@dataclass(frozen=True, slots=True)
class Mute:
    """An edition or a call that a recipient has muted.

    `ended_at`: when the recipient undid that; None while it holds. What was read until then stays muted.
    """

    kind: ItemKind
    key: str
    muted_at: datetime
    ended_at: datetime | None = None

    @property
    def item(self) -> ItemRef:
        """What is muted."""
        return ItemRef(self.kind, self.key)

    @property
    def is_active(self) -> bool:
        """Whether it holds."""
        return self.ended_at is None

    def covers(self, recorded: RecordedChange) -> bool:
        """Whether a change is one that the recipient does not want."""
        is_earlier = self.ended_at is None or recorded.read_at <= self.ended_at
        return is_earlier and self.item == item_of(recorded.change)


def item_of(change: Change) -> ItemRef:
    """What a change is about."""
    return ItemRef("call" if change.kind.startswith("call.") else "edition", change.key)


def is_muted(mutes: Iterable[Mute], recorded: RecordedChange) -> bool:
    """Whether a change is about something that a recipient with these mutes does not want to be notified of."""
    return any(mute.covers(recorded) for mute in mutes)
