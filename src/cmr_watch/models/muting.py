"""Editions and calls that a recipient wants no more messages about, and the links by which they are muted.

The body of a mail is shared by its recipients. It has the links in full, except that MUTE_SLOT is in place of what only
one recipient has: what is muted stands before the slot, in plain sight, so that nothing else has to be stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Final, Literal, NamedTuple, get_args
from urllib.parse import quote, unquote

from cmr_watch.models.readings import Change, RecordedChange

ItemKind = Literal["edition", "call"]
ITEM_KINDS: tuple[ItemKind, ...] = get_args(ItemKind)
MUTE_SLOT: Final = "mute0token0goes0here0with0its0whole0length00"
"""Placeholder in a body for the part of a mute link that is the recipient's (`notify.tokens.sign_mute`), as long."""
MUTE_LINK: Final = rf"/mute/(edition|call)-([0-9A-Za-z_.~%-]+)-{MUTE_SLOT}"
"""A regular expression for the path of a mute link in a body, with the kind and the key."""
_LINK: Final = re.compile(MUTE_LINK)


class ItemRef(NamedTuple):
    """An edition or a call. Its key never changes, whatever becomes of its name and days; both kinds may share one."""

    kind: ItemKind
    key: str


class Mute(NamedTuple):
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


def mute_path(item: ItemRef) -> str:
    """The path of the link that mutes something, for a body."""
    return f"/mute/{item.kind}-{quote(item.key, safe='')}-{MUTE_SLOT}"


def linked_item(match: re.Match[str]) -> ItemRef:
    """What a match of MUTE_LINK mutes."""
    return ItemRef("call" if match[1] == "call" else "edition", unquote(match[2]))


def linked_items(text: str) -> Iterator[ItemRef]:
    """What the links of a body mute, in their order."""
    return map(linked_item, _LINK.finditer(text))


def with_mute_tokens(text: str, tokens: Mapping[ItemRef, str]) -> str:
    """A body with a recipient's tokens in its links."""
    return _LINK.sub(partial(_filled, tokens), text) if tokens else text


def _filled(tokens: Mapping[ItemRef, str], match: re.Match[str]) -> str:
    return match[0].replace(MUTE_SLOT, tokens.get(linked_item(match), MUTE_SLOT))
