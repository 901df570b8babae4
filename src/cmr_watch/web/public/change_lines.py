"""Changes as the pages of the public site list them, with what the page said before and with them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import ChangeKind, Known, KnownCall, KnownEdition, RecordedChange
from cmr_watch.notify.relevance import TOPIC_BY_KIND
from cmr_watch.render.headlines import headline
from cmr_watch.web.public.quotes import Quote, day_of, quotes, still_says

ANNOUNCED_KINDS: Final = frozenset(TOPIC_BY_KIND)
"""The kinds of change that subscribers are notified of; the others are corrections of details."""
MAX_QUOTE: Final = 280


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change in a list. `quotes`: the page's words, as far as they differ."""

    id: int
    sentence: str
    read_at: datetime
    quotes: tuple[Quote, ...] = ()

    @property
    def path(self) -> str:
        """Its page."""
        return f"/changes/{self.id}"


def change_lines(changes: Iterable[RecordedChange], known: Known, *, is_current: bool = True) -> tuple[ChangeLine, ...]:
    """The changes in a list, in their order. `is_current`: whether what is known was read lately."""
    current = known_by_key(known)
    return tuple(_line(recorded, current.get(recorded.change.key), is_current) for recorded in changes)


def known_by_key(known: Known) -> dict[str, KnownEdition | KnownCall]:
    """Everything that is known, by its key."""
    editions: dict[str, KnownEdition | KnownCall] = {entry.key: entry for entry in known.editions}
    return editions | {entry.key: entry for entry in known.calls}


def _line(recorded: RecordedChange, current: object, is_current: bool) -> ChangeLine:
    is_held = (
        recorded.change.kind is ChangeKind.EDITION_HELD
    )  # the line itself is the same: it moved to another section
    day = "" if is_current and still_says(recorded.change, current) else day_of(recorded)
    texts = () if is_held else quotes(recorded.change, MAX_QUOTE, day=day)
    return ChangeLine(recorded.id, headline(recorded, current, BRUSSELS).sentence, recorded.read_at, texts)
