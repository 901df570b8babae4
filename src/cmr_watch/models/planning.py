"""What may be due to a recipient, and what was decided about it: Recipient → Plan → Planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from cmr_watch.models.muting import Mute
from cmr_watch.models.readings import KnownCall, KnownEdition, RecordedChange
from cmr_watch.models.recipients import (
    Contents,
    Message,
    OpenCutoff,
    OpenItems,
    OutagePhase,
    QuietHours,
    Subscription,
)

ReminderKey = tuple[str, datetime, int]
"""A call's key, the time of a cut-off, and the days before it. Each recipient gets each reminder once."""
OutageNoticeKey = tuple[int, OutagePhase]
"""The ID of an outage, and its beginning or its end. Each recipient gets each notice once."""


class Outage(NamedTuple):
    """A time in which the list or a call page cannot be read, for long enough to notify subscribers.

    - `page`: identifies the page, whatever its address. `is_list`: whether it is the list.
    - `since`: as in OutageNotice.
    - `announces_end`: whether those who were notified of the outage are notified when it is over.
    """

    id: int
    page: str
    page_url: str
    is_list: bool
    since: datetime
    is_open: bool
    announces_end: bool


class Match(NamedTuple):
    """A change that a recipient may be notified of (ADR 6).

    - `due_at`: when to decide. `digest_period`: the digest that it was postponed to.
    - `is_pending`: it is part of a message that was not sent yet.
    """

    recorded: RecordedChange
    matched_at: datetime
    due_at: datetime
    digest_period: str | None = None
    is_pending: bool = False


class Recipient(NamedTuple):
    """A mailbox, with everything that may be due to it.

    - `sent_reminders`: reminders that were sent or skipped. `pending_reminders`: those in a message not sent yet.
    - `sent_outage_notices`, `pending_outage_notices`: the same for outage notices.
    - `known_outages`: the IDs of the outages whose beginning the recipient was notified of, not merely settled.
    - `digests`: the periods whose digest was written.
    - `pending_welcomes`: the IDs of subscriptions whose welcome is in a message not sent yet.
    - `mutes`: what the recipient wants no messages about, also what was undone.
    - `is_stale`: whether the text of a pending message has become incorrect.
    - `last_message_at`: when the last message was written.
    """

    mailbox: str
    subscriptions: tuple[Subscription, ...] = ()
    matches: tuple[Match, ...] = ()
    sent_reminders: frozenset[ReminderKey] = frozenset()
    pending_reminders: frozenset[ReminderKey] = frozenset()
    sent_outage_notices: frozenset[OutageNoticeKey] = frozenset()
    pending_outage_notices: frozenset[OutageNoticeKey] = frozenset()
    known_outages: frozenset[int] = frozenset()
    digests: frozenset[str] = frozenset()
    pending_welcomes: frozenset[int] = frozenset()
    mutes: tuple[Mute, ...] = ()
    is_stale: bool = False
    last_message_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlanningContext:
    """What is the same for all recipients.

    - `open_items`: None before the first reading.
    - `calls` and `editions`: what all pages together say of each one now, by key.
    - `outages`: present and past ones, oldest first.
    """

    cutoffs: tuple[OpenCutoff, ...] = ()
    open_items: OpenItems | None = None
    calls: Mapping[str, KnownCall] = field(default_factory=dict)
    editions: Mapping[str, KnownEdition] = field(default_factory=dict)
    outages: tuple[Outage, ...] = ()


class Plan(NamedTuple):
    """The decisions for one recipient.

    - `contents`: what to send now; None for nothing.
    - `supersedes`: whether the recipient's pending messages are superseded: by this message, or by none if nothing in
      them is still true.
    - `notified`, `discarded`: the IDs of changes that are settled, with or without a message.
    - `postponed`: the changes to decide about later, each as (change ID, time, digest period).
    - `reminders`: settled, whether sent or not. `periods`: the digests that this message is.
    - `outage_notices`: those in this message.
    - `welcomed`: the IDs of subscriptions that this message welcomes.
    - `next_action_at`: when the next decision is due, even without new changes.
    - `quiet`, `stale_at`: as in Delivery.
    """

    contents: Contents | None = None
    supersedes: bool = False
    notified: tuple[int, ...] = ()
    discarded: tuple[int, ...] = ()
    postponed: tuple[tuple[int, datetime, str | None], ...] = ()
    reminders: tuple[ReminderKey, ...] = ()
    outage_notices: tuple[OutageNoticeKey, ...] = ()
    periods: tuple[str, ...] = ()
    welcomed: tuple[int, ...] = ()
    next_action_at: datetime | None = None
    quiet: tuple[QuietHours, str] | None = None
    stale_at: datetime | None = None


class Planned(NamedTuple):
    """A plan and its message; None if there is nothing to send."""

    recipient: Recipient
    plan: Plan
    message: Message | None = None
