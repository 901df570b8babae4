"""What is to be told to one person, and what was decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cmr_watch.models.readings import RecordedChange
from cmr_watch.models.recipients import Contents, Message, OpenCutoff, OpenItems, QuietHours, Subscription

ReminderKey = tuple[str, datetime, int]
"""A call's key, the instant of one of its cut-offs, and the days before it: each is told to a person once."""


@dataclass(frozen=True, slots=True)
class Match:
    """A change that a person may hear of. `waiting`: it stands in a message that was not sent yet."""

    recorded: RecordedChange
    matched_at: datetime
    due_at: datetime
    digest_period: str | None = None
    is_pending: bool = False


@dataclass(frozen=True, slots=True)
class Recipient:
    """A mailbox with all that may have to be told there.

    - `sent_reminders` and `pending_reminders`: the reminders that are settled, and those in a message not sent yet.
    - `digests`: the periods whose digest was written. `is_stale`: the words of a waiting message are no longer true.
    - `pending_welcomes`: subscriptions whose welcome stands in a message not sent yet.
    - `last_message_at`: when the last message was written.
    """

    mailbox: str
    subscriptions: tuple[Subscription, ...] = ()
    matches: tuple[Match, ...] = ()
    sent_reminders: frozenset[ReminderKey] = frozenset()
    pending_reminders: frozenset[ReminderKey] = frozenset()
    digests: frozenset[str] = frozenset()
    pending_welcomes: frozenset[int] = frozenset()
    is_stale: bool = False
    last_message_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlanningContext:
    """What is the same for everybody: the open cut-offs, and what is open and to come. None: nothing was read yet."""

    cutoffs: tuple[OpenCutoff, ...] = ()
    open_items: OpenItems | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of all that.

    - `contents`: what to send now; None for nothing. `supersedes`: pending messages are replaced by this one, or by
      none when nothing in them still holds; otherwise they stay as they are.
    - `told` and `dropped`: changes that are settled, with a message or without. `postponed`: those to decide again
      later, and the digest they belong to.
    - `reminders` are settled, sent or not; `periods` are the digests that this message is.
    - `next_action_at`: when there is something to decide beside new changes.
    - `quiet`: when it must not be sent. `stale_at`: from when on its words are not true any more.
    """

    contents: Contents | None = None
    supersedes: bool = False
    notified: tuple[int, ...] = ()
    discarded: tuple[int, ...] = ()
    postponed: tuple[tuple[int, datetime, str | None], ...] = ()
    reminders: tuple[ReminderKey, ...] = ()
    periods: tuple[str, ...] = ()
    welcomed: tuple[int, ...] = ()
    next_action_at: datetime | None = None
    quiet: tuple[QuietHours, str] | None = None
    stale_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the message for it."""

    recipient: Recipient
    plan: Plan
    message: Message | None = None
