"""Who hears of what, and what becomes of it: Subscription → Message → Delivery; and the operator's trouble."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

from cmr_watch.models.readings import TOPICS, CallNotice, Cutoff, KnownCall, KnownEdition, RecordedChange, Topic

SubscriptionStatus = Literal["pending", "active", "ended"]
Frequency = Literal["immediately", "daily", "weekly"]
FREQUENCIES: tuple[Frequency, ...] = ("immediately", "daily", "weekly")
Channel = Literal["mail", "apprise"]
REMINDERS = (30, 14, 7, 2, 1)
"""Whole local days before a cut-off, unless somebody wishes otherwise."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours in which nothing is delivered, local to whoever they are for: from `start` on, until `end`.

    `start` after `end` is a night: 22:00 until 07:00 of the next day.
    """

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When somebody wants to hear. `hour` (0–23), `weekday` (0 is Monday) and `quiet` are local to `time_zone`.

    `hour` is that of digests and of reminders, `weekday` that of the weekly digest; `immediately` has both too, for
    what can wait.
    """

    frequency: Frequency = "immediately"
    hour: int = 8
    weekday: int = 0
    time_zone: str = "Europe/Brussels"
    quiet: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """A subscription as somebody asks for it. Empty `countries` means all; codes are ISO 3166 alpha-2, upper case.

    `reminders` are whole days before a cut-off, the largest first; `still_watching` asks for a line each month in
    which there was nothing to tell.
    """

    address: str
    topics: tuple[Topic, ...] = TOPICS
    countries: tuple[str, ...] = ()
    name: str | None = None
    schedule: Schedule = Schedule()
    reminders: tuple[int, ...] = REMINDERS
    still_watching: bool = False


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who hears of what. `name` is set for those declared in the configuration file.

    - `after_change_id`: it hears of changes with a greater id only; what came before it was active is no news.
    - `activated_at`: None while it is pending; what fell due before is no reminder for it.
    - `welcomed_at`: None until its welcome message was written.
    - `consent`: who said that this address may be written to; "operator" for those that the operator adds.
    """

    id: int
    address: str
    topics: tuple[Topic, ...]
    countries: tuple[str, ...]
    status: SubscriptionStatus
    after_change_id: int
    created_at: datetime
    name: str | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None
    schedule: Schedule = Schedule()
    reminders: tuple[int, ...] = REMINDERS
    still_watching: bool = False
    consent: str = "operator"
    activated_at: datetime | None = None
    welcomed_at: datetime | None = None


# ── what somebody is told ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class OpenCutoff:
    """A cut-off of an open call, that people may be reminded of.

    `since`: when it was first read; None when that was before anything was known. `moved_from`: where it stood
    before, if it moved.
    """

    call_key: str
    call: CallNotice
    cutoff: Cutoff
    since: datetime | None = None
    moved_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """`offset` days before a cut-off, somebody is reminded that `days_left` local days are left (0 is today).

    `later`: the open cut-offs of the same call after this one, the soonest first.
    """

    open: OpenCutoff
    offset: int
    days_left: int
    later: tuple[Cutoff, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenItems:
    """What is open and to come at a moment: what a welcome message shows."""

    calls: tuple[KnownCall, ...] = ()
    editions: tuple[KnownEdition, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """The net changes of one edition or call in a message, in message order; at least one.

    `current`: what all pages together say of the edition or call now; None if it is no longer known.
    """

    changes: tuple[RecordedChange, ...]
    current: KnownEdition | KnownCall | None = None

    @property
    def key(self) -> str:
        """The key of the edition or call."""
        return self.changes[0].change.key

    @property
    def is_call(self) -> bool:
        """Whether these are changes of a call, not of an edition."""
        return self.changes[0].change.kind.startswith("call.")


@dataclass(frozen=True, slots=True)
class Digest:
    """Marks a message as a digest of the changes found from `first_day` to `last_day`, both included."""

    frequency: Literal["daily", "weekly"]
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class OutageNotice:
    """A watched page could not be read for days, or can be read again.

    `last_read_at`: the last good reading before the outage.
    """

    phase: Literal["opened", "ended"]
    last_read_at: datetime
    page_url: str


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything in one message to one recipient, in message order.

    `welcome`: the open calls and upcoming editions, for a new subscriber. `monthly_status`: there was nothing new.
    """

    items: tuple[ChangeGroup, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    welcome: OpenItems | None = None
    monthly_status: bool = False
    digest: Digest | None = None
    outage: OutageNotice | None = None

    @property
    def changes(self) -> tuple[RecordedChange, ...]:
        """The changes of all groups."""
        return tuple(recorded for group in self.items for recorded in group.changes)


TOKEN_SLOT = "unsubscribe0token0goes0here0with0its0length"  # noqa: S105
"""Stands in a `Body` where each person's unsubscribe token goes; a token has as many letters and digits."""


@dataclass(frozen=True, slots=True)
class Body:
    """The words of a message, the same for all that it goes to, but for TOKEN_SLOT.

    `more_url`: where the rest can be read, for a channel that takes only short messages.
    """

    subject: str
    text: str
    html: str
    more_url: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """Words for one address. `message_id` is random, with angle brackets (RFC 5322 §3.6.4), made once.

    `token` ends the subscription (empty: there is nothing to end).
    """

    address: str
    body: Body
    message_id: str
    change_ids: tuple[int, ...] = ()
    token: str = ""

    @property
    def channel(self) -> Channel:
        """Which way it goes: an Apprise URL by its service, anything else by mail."""
        return "apprise" if "://" in self.address else "mail"

    @property
    def subject(self) -> str:
        """What it is about."""
        return self.body.subject

    @property
    def text(self) -> str:
        """Its plain words, for this address."""
        return self.body.text.replace(TOKEN_SLOT, self.token)

    @property
    def html(self) -> str:
        """Its HTML for this address; empty for a chat."""
        return self.body.html.replace(TOKEN_SLOT, self.token)


Purpose = Literal["subscriber", "operator"]
DeliveryOutcome = Literal["sent", "logged", "failed", "superseded", "cancelled", "discarded"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in the outbox. `outcome` is None until it is final; `claim` is the token that holds it.

    - `uncertain`: an earlier try broke off after the last dot, so it may have arrived: it is sent again as it is.
    - `quiet`: when it must not be sent, with the time zone; None when it may go at any hour.
    - `stale_at`: from then on its words are not true any more (days left), and it is to be written anew.
    """

    id: int
    message: Message
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    last_error: str | None = None
    outcome: DeliveryOutcome | None = None
    done_at: datetime | None = None
    claim: str | None = None
    purpose: Purpose = "subscriber"
    uncertain: bool = False
    quiet: tuple[QuietHours, str] | None = None
    stale_at: datetime | None = None


IncidentKind = Literal["fetch-failing", "reading-suspect", "delivery-failed", "digest-overdue"]


@dataclass(frozen=True, slots=True)
class Incident:
    """A problem reported to the operator; unique by (kind, subject) while open.

    `opened_notified_at` and `resolved_notified_at`: when the operator was notified of each; None until then.
    """

    id: int
    kind: IncidentKind
    subject: str
    detail: str
    opened_at: datetime
    resolved_at: datetime | None = None
    opened_notified_at: datetime | None = None
    resolved_notified_at: datetime | None = None


def mailbox_of(address: str) -> str:
    """The one spelling of an address that tells people apart.

    Providers that tell `Ann@` from `ann@` are not found any more; the domain's case never counted (RFC 5321 §2.4).
    """
    return address if "://" in address else address.casefold()
