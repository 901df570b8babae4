"""Decides which changes and open items concern a subscription, and their order in a message. Pure.

`planning` decides when to deliver them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.muting import ItemRef, Mute
from cmr_watch.models.readings import (
    TOPICS,
    CallNotice,
    Change,
    ChangeKind,
    Edition,
    Known,
    KnownCall,
    RecordedChange,
    Topic,
)
from cmr_watch.models.recipients import OpenItems, Subscription

K = ChangeKind

TOPIC_BY_KIND: Final[dict[ChangeKind, Topic]] = {
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

NON_URGENT: Final = frozenset(
    {
        K.EDITION_LISTED,
        K.EDITION_HELD,
        K.EDITION_SUMMARY_PUBLISHED,
        K.EDITION_MATERIALS_PUBLISHED,
        K.CALL_UPDATED,
    }
)
"""Delivered in a digest even if the schedule is `immediately`."""


def topic_of(kind: ChangeKind) -> Topic | None:
    """Return the topic of a change kind; None if it is never notified."""
    return TOPIC_BY_KIND.get(kind)


def open_items(known: Known, now: datetime) -> OpenItems:
    """Return the open and announced calls and the upcoming editions, the soonest edition first."""
    today = now.astimezone(BRUSSELS).date()
    not_closed = [entry for entry in known.calls if not entry.gone and entry.call.status != "closed"]
    calls = tuple(_with_open_cutoffs(entry, now) for entry in not_closed)
    upcoming = [entry for entry in known.editions if not entry.gone and _is_upcoming(entry.edition, today)]
    return OpenItems(calls, tuple(sorted(upcoming, key=lambda entry: entry.edition.starts_on or date.max)))


def _with_open_cutoffs(known: KnownCall, now: datetime) -> KnownCall:
    """Return the call with only the cut-offs that can still be met."""
    cutoffs = tuple(cutoff for cutoff in known.call.cutoffs if cutoff.at > now and not cutoff.closed)
    return replace(known, call=replace(known.call, cutoffs=cutoffs))


def _is_upcoming(edition: Edition, today: date) -> bool:
    is_over = edition.ends_on is not None and edition.ends_on < today
    return edition.section == "upcoming" and not is_over and edition.status not in ("cancelled", "held")


def relevant_items(subscriptions: Iterable[Subscription], items: OpenItems) -> OpenItems:
    """Return the items that match the topics and countries of any of the subscriptions."""
    entries = list(subscriptions)
    topics = tuple(topic for topic in TOPICS if any(topic in entry.topics for entry in entries))
    calls = items.calls if "calls" in topics else ()
    attending = [entry for entry in entries if "editions" in entry.topics]
    editions = tuple(
        known for known in items.editions if any(_has_country_of(known.edition, entry) for entry in attending)
    )
    return OpenItems(calls, editions, topics, bool(attending) and all(entry.countries for entry in attending))


def unmuted_items(items: OpenItems, mutes: Iterable[Mute]) -> OpenItems:
    """Return the items without those that the recipient has muted."""
    muted = {mute.item for mute in mutes if mute.is_active}
    calls = tuple(known for known in items.calls if ItemRef("call", known.key) not in muted)
    editions = tuple(known for known in items.editions if ItemRef("edition", known.key) not in muted)
    has_muted = (len(calls), len(editions)) != (len(items.calls), len(items.editions))
    return items._replace(calls=calls, editions=editions, has_muted=has_muted)


def _has_country_of(edition: Edition, subscription: Subscription) -> bool:
    code = edition.country_code
    return not subscription.countries or code is None or code in subscription.countries


def should_notify(subscription: Subscription, recorded: RecordedChange) -> bool:
    """Whether a change is due to a subscription.

    - The subscription is active, and the change was recorded after its activation.
    - The change's topic is one of the subscription's.
    - The change concerns one of the subscription's countries. A call concerns all countries; an edition does if, before
      or after the change, it is in one of them or its country is unknown.
    """
    if subscription.status != "active" or recorded.id <= subscription.after_change_id:
        return False
    if topic_of(recorded.change.kind) not in subscription.topics:
        return False
    return not subscription.countries or _concerns_countries(recorded.change, subscription.countries)


def _concerns_countries(change: Change, countries: tuple[str, ...]) -> bool:
    # Both states: a subscriber to France is also notified of an edition that moves to or from another country.
    states = [state for state in (change.before, change.after) if state is not None]
    return any(
        isinstance(state, CallNotice) or state.country_code is None or state.country_code in countries
        for state in states
    )


def message_order(recorded: RecordedChange) -> tuple[int, bool, date, int]:
    """Sort key: calls, editions by date, materials; in each, urgent changes first, as the first gives the subject."""
    change = recorded.change
    topic = topic_of(change.kind)
    item = change.after or change.before
    starts_on = item.starts_on if isinstance(item, Edition) else None
    rank = TOPICS.index(topic) if topic else len(TOPICS)
    return rank, change.kind in NON_URGENT, starts_on or date.max, recorded.id
