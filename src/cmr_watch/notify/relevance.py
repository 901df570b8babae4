"""Who hears of what, and in which order: pure. When, is decided in planning.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from cmr_watch.models import (
    TOPICS,
    CallNotice,
    Change,
    ChangeKind,
    Edition,
    Known,
    KnownCall,
    OpenItems,
    RecordedChange,
    Subscription,
    Topic,
)
from cmr_watch.render.sentences import BRUSSELS

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

NEVER_NOTIFIED: Final = frozenset({K.EDITION_UPDATED, K.EDITION_DELISTED})
"""History and feeds only."""

CAN_WAIT: Final = frozenset(
    {
        K.EDITION_LISTED,
        K.EDITION_HELD,
        K.EDITION_SUMMARY_PUBLISHED,
        K.EDITION_MATERIALS_PUBLISHED,
        K.CALL_UPDATED,
    }
)
"""What is told in a digest, also to those who want to hear of things immediately."""


def topic_of(kind: ChangeKind) -> Topic | None:
    """The topic that a kind belongs to; None for what is never told."""
    return TOPIC.get(kind)


def standing(known: Known, now: datetime) -> OpenItems:
    """What is open or announced, and what is still to come, the soonest first."""
    today = now.astimezone(BRUSSELS).date()
    calls = [_ahead(entry, now) for entry in known.calls if not entry.gone and entry.call.status != "closed"]
    coming = [entry for entry in known.editions if not entry.gone and _is_to_come(entry.edition, today)]
    return OpenItems(tuple(calls), tuple(sorted(coming, key=lambda entry: entry.edition.starts_on or date.max)))


def _ahead(known: KnownCall, now: datetime) -> KnownCall:
    """The call with the cut-offs that can still be met."""
    ahead = tuple(cutoff for cutoff in known.call.cutoffs if cutoff.at > now and not cutoff.closed)
    return replace(known, call=replace(known.call, cutoffs=ahead))


def _is_to_come(edition: Edition, today: date) -> bool:
    over = edition.ends_on is not None and edition.ends_on < today
    return edition.section == "upcoming" and not over and edition.status not in ("cancelled", "held")


def shown_to(subscriptions: Iterable[Subscription], now: OpenItems) -> OpenItems:
    """What of that concerns these subscriptions, by their topics and countries."""
    entries = list(subscriptions)
    calls = now.calls if any("calls" in entry.topics for entry in entries) else ()
    attending = [entry for entry in entries if "editions" in entry.topics]
    editions = tuple(known for known in now.editions if any(_concerns(entry, known.edition) for entry in attending))
    return OpenItems(calls, editions)


def _concerns(subscription: Subscription, edition: Edition) -> bool:
    code = edition.country_code
    return not subscription.countries or code is None or code in subscription.countries


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


def reading_order(recorded: RecordedChange) -> tuple[int, bool, date, int]:
    """Calls, editions by date, materials; in each the news before the history, as the first one gives the subject."""
    change = recorded.change
    topic = topic_of(change.kind)
    noun = change.after or change.before
    starts_on = noun.starts_on if isinstance(noun, Edition) else None
    rank = TOPICS.index(topic) if topic else len(TOPICS)
    return rank, change.kind in CAN_WAIT, starts_on or date.max, recorded.id
