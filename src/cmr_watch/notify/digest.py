"""Who hears of what, and in which order: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from cmr_watch.models import TOPICS, CallNotice, Change, ChangeKind, Edition, RecordedChange, Subscription, Topic

K = ChangeKind

TOPIC: Final[dict[ChangeKind, Topic]] = {
    K.EDITION_ANNOUNCED: "editions",
    K.EDITION_LISTED: "editions",
    K.EDITION_DATED: "editions",
    K.EDITION_RESCHEDULED: "editions",
    K.EDITION_RELOCATED: "editions",
    K.EDITION_POSTPONED: "editions",
    K.EDITION_CANCELLED: "editions",
    K.EDITION_REINSTATED: "editions",
    K.EDITION_WITHDRAWN: "editions",
    K.EDITION_REGISTRATION_OPENED: "editions",
    K.EDITION_HELD: "editions",
    K.EDITION_SUMMARY_PUBLISHED: "materials",
    K.EDITION_MATERIALS_PUBLISHED: "materials",
    K.CALL_ANNOUNCED: "calls",
    K.CALL_OPENED: "calls",
    K.CALL_CLOSED: "calls",
    K.CALL_CUTOFF_ADDED: "calls",
    K.CALL_CUTOFF_MOVED: "calls",
    K.CALL_UPDATED: "calls",
    K.CALL_WITHDRAWN: "calls",
}

NEVER_TOLD: Final = frozenset({K.EDITION_UPDATED, K.EDITION_DELISTED})
"""History and feeds only."""

_CAN_WAIT: Final = frozenset({K.EDITION_LISTED, K.EDITION_HELD, K.CALL_UPDATED})

Told = tuple[str, tuple[RecordedChange, ...]]


def topic_of(kind: ChangeKind) -> Topic | None:
    """The topic that a kind belongs to; None for what is never told."""
    return TOPIC.get(kind)


def recipients(changes: Sequence[RecordedChange], subscriptions: Iterable[Subscription]) -> tuple[Told, ...]:
    """(address, its changes in telling order) for each address that hears of something; every address stands once."""
    heard: dict[str, tuple[str, dict[int, RecordedChange]]] = {}
    for subscription in subscriptions:
        news = [change for change in changes if wants(subscription, change)]
        if news:
            _, own = heard.setdefault(_mailbox(subscription.address), (subscription.address, {}))
            own.update((change.id, change) for change in news)
    return tuple((address, tuple(sorted(own.values(), key=_telling_order))) for address, own in heard.values())


def wants(subscription: Subscription, recorded: RecordedChange) -> bool:
    """Whether a subscription hears of a change.

    - only while it is active, and only of what came after it was;
    - of its topics;
    - of its countries: calls pass, and so does an edition when one of its sides names a wanted country or none.
    """
    if subscription.status != "active" or recorded.id <= subscription.after_change_id:
        return False
    if topic_of(recorded.change.kind) not in subscription.topics:
        return False
    return not subscription.countries or _passes(recorded.change, subscription.countries)


def _passes(change: Change, countries: tuple[str, ...]) -> bool:
    # Both sides: whoever waits for France also hears that the edition goes elsewhere, or comes from elsewhere.
    sides = [side for side in (change.before, change.after) if side is not None]
    return any(
        isinstance(side, CallNotice) or side.country_code is None or side.country_code in countries for side in sides
    )


def _mailbox(address: str) -> str:
    # Providers that tell `Ann@` from `ann@` are not found any more; the domain's case never counted (RFC 5321 §2.4).
    return address if "://" in address else address.casefold()


def _telling_order(recorded: RecordedChange) -> tuple[int, bool, date, int]:
    """Calls, editions by date, materials; in each the news before the history, as the first one gives the subject."""
    change = recorded.change
    topic = topic_of(change.kind)
    noun = change.after or change.before
    starts_on = noun.starts_on if isinstance(noun, Edition) else None
    rank = TOPICS.index(topic) if topic else len(TOPICS)
    return rank, change.kind in _CAN_WAIT, starts_on or date.max, recorded.id
