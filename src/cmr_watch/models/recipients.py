"""Subscriptions, messages and deliveries, and the incidents reported to the operator."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, Literal, NamedTuple

from cmr_watch.clock import BRUSSELS
from cmr_watch.domain_names import to_ascii
from cmr_watch.languages import ENGLISH
from cmr_watch.models.muting import ItemRef, with_mute_tokens
from cmr_watch.models.readings import (
    TOPICS,
    CallNotice,
    Cutoff,
    KnownCall,
    KnownEdition,
    PageKind,
    RecordedChange,
    Topic,
)

SubscriptionStatus = Literal["pending", "active", "ended"]
Frequency = Literal["immediately", "daily", "weekly"]
FREQUENCIES: tuple[Frequency, ...] = ("immediately", "daily", "weekly")
Channel = Literal["mail", "apprise"]
REMINDERS = (30, 14, 7, 2, 1)
"""When to remind by default, in whole local days before a cut-off."""


class QuietHours(NamedTuple):
    """A time of day in which nothing is delivered, from `start` until before `end`, in the recipient's time zone.

    It may include midnight: with `start` 22:00 and `end` 07:00, it ends the next morning.
    """

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a recipient is notified. All fields are in `time_zone`.

    - `hour` (0–23): of digests and reminders. `weekday` (0 is Monday): of the weekly digest.
    - With `immediately`, changes that are not urgent still wait for a digest, so both are used as well.
    """

    frequency: Frequency = "immediately"
    hour: int = 8
    weekday: int = 0
    time_zone: str = BRUSSELS.key
    quiet: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """A requested subscription.

    - `countries`: ISO 3166-1 alpha-2 codes in upper case; empty for all countries.
    - `name`: set for a subscription from the configuration file.
    - `reminders`: in whole days before a cut-off, the largest first.
    - `still_watching`: whether to send a status message after each month without any other message.
    - `language`: in which the recipient is written to (`languages.py`).
    """

    address: str
    topics: tuple[Topic, ...] = TOPICS
    countries: tuple[str, ...] = ()
    name: str | None = None
    schedule: Schedule = Schedule()
    reminders: tuple[int, ...] = REMINDERS
    still_watching: bool = False
    language: str = ENGLISH


class Subscription(NamedTuple):
    """A stored subscription. For the other fields, see SubscriptionRequest.

    - `after_change_id`: it covers only changes with a greater ID.
    - `activated_at`: None while it is pending. Reminders that were due earlier are not sent.
    - `welcomed_at`: when its welcome message was written; None until then.
    - `paused_until`: nothing is sent before then but what the recipient asks for; None, or past, without a pause.
    - `consent`: who confirmed that mail may be sent to this address; "operator" if the operator added it.
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
    language: str = ENGLISH
    consent: str = "operator"
    activated_at: datetime | None = None
    welcomed_at: datetime | None = None
    paused_until: datetime | None = None

    def pause_end(self, now: datetime) -> datetime | None:
        """When the pause ends that it is in; None if it is in none."""
        return self.paused_until if self.paused_until and self.paused_until > now else None


# ── contents of messages ─────────────────────────────────────────────────────────────────────────────────────────────


class OpenCutoff(NamedTuple):
    """A cut-off of an open call, for which reminders may be due.

    - `since`: when it was first read; None if it was part of the baseline.
    - `moved_from`: its previous time, if it moved. `conflicting_notice`: as in KnownCall.
    """

    call_key: str
    call: CallNotice
    cutoff: Cutoff
    since: datetime | None = None
    moved_from: datetime | None = None
    conflicting_notice: CallNotice | None = None


class Reminder(NamedTuple):
    """A reminder, due `offset` days before a cut-off. `days_left`: the local days that are left now; 0 is today.

    `later`: the open cut-offs of the same call after this one, the soonest first.
    """

    open: OpenCutoff
    offset: int
    days_left: int
    later: tuple[Cutoff, ...] = ()


class OpenItems(NamedTuple):
    """The calls that are open and the editions that are upcoming, for a welcome message.

    - `topics`: those that the recipient follows; what belongs to others is left out.
    - `has_countries`: the recipient follows the editions of certain countries only.
    - `has_muted`: something is left out that the recipient has muted.
    """

    calls: tuple[KnownCall, ...] = ()
    editions: tuple[KnownEdition, ...] = ()
    topics: tuple[Topic, ...] = TOPICS
    has_countries: bool = False
    has_muted: bool = False


class ChangeGroup(NamedTuple):
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


class Digest(NamedTuple):
    """Marks a message as a digest of the changes found from `first_day` to `last_day`, both included."""

    frequency: Literal["daily", "weekly"]
    first_day: date
    last_day: date


OutagePhase = Literal["opened", "ended"]


class OutageNotice(NamedTuple):
    """A notice that a watched page could not be read for days, or that it can be read again. Each is sent once.

    `since`: the last good reading before the outage; the first failed check if there was none.
    """

    phase: OutagePhase
    since: datetime
    page_url: str


class Contents(NamedTuple):
    """Everything in one message to one recipient, in message order.

    `welcome`: the open calls and upcoming editions, for a new subscriber. `monthly_status`: there was nothing new.
    """

    items: tuple[ChangeGroup, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    welcome: OpenItems | None = None
    monthly_status: bool = False
    digest: Digest | None = None
    outages: tuple[OutageNotice, ...] = ()

    @property
    def changes(self) -> tuple[RecordedChange, ...]:
        """The changes of all groups."""
        return tuple(recorded for group in self.items for recorded in group.changes)


TOKEN_SLOT = "unsubscribe0token0goes0here0with0its0length"  # noqa: S105
"""Placeholder in a `Body` for the recipient's unsubscribe token, which is as long."""


_LANGUAGE: Final = re.compile(r'<html lang="([a-z]{2})"')
_MAX_START: Final = 200
"""Characters within which an HTML document begins."""


@dataclass(frozen=True, slots=True)
class Body:
    """The text of a message. It is the same for all its recipients, except for TOKEN_SLOT and MUTE_SLOT.

    `more_url`: a link to the rest, for channels that truncate long messages. `html`: empty for a chat.
    """

    subject: str
    text: str
    html: str
    more_url: str = ""

    @property
    def language(self) -> str:
        """The language of its HTML, which says so itself; English for a chat."""
        found = _LANGUAGE.search(self.html[:_MAX_START])
        return found[1] if found else ENGLISH


@dataclass(frozen=True, slots=True)
class Message:
    """A message to one address.

    - `message_id`: a random Message-ID with angle brackets (RFC 5322 §3.6.4), the same in all attempts.
    - `token`: the unsubscribe token; empty if there is no subscription to end. Unless it `unsubscribes`, it confirms
      a request instead.
    - `mute_tokens`: what goes into MUTE_SLOT after each edition or call; empty until the message is about to be sent.
    """

    address: str
    body: Body
    message_id: str
    change_ids: tuple[int, ...] = ()
    token: str = ""
    unsubscribes: bool = True
    mute_tokens: tuple[tuple[ItemRef, str], ...] = ()

    @property
    def channel(self) -> Channel:
        """The channel that delivers it: Apprise for a URL, otherwise mail."""
        return "apprise" if "://" in self.address else "mail"

    @property
    def subject(self) -> str:
        """The subject."""
        return self.body.subject

    @property
    def text(self) -> str:
        """The plain text, with the recipient's tokens."""
        return self._filled(self.body.text)

    @property
    def html(self) -> str:
        """The HTML, with the recipient's tokens; empty for a chat."""
        return self._filled(self.body.html)

    def _filled(self, text: str) -> str:
        return with_mute_tokens(text.replace(TOKEN_SLOT, self.token), dict(self.mute_tokens))


Purpose = Literal["subscriber", "operator", "opt-in", "link", "export"]
"""Whom it is for; `opt-in` asks for confirmation, `link` opens a subscription, `export` says what is stored."""
REQUESTED: tuple[Purpose, ...] = ("opt-in", "link", "export")  # on the site, in the name of the address
DeliveryOutcome = Literal["sent", "logged", "failed", "superseded", "cancelled", "discarded"]


class Delivery(NamedTuple):
    """A message in the outbox.

    - `outcome`: None while it is pending. `done_at`: when it got an outcome.
    - `claim`: the token of the process that has leased it; None if it is not leased.
    - `uncertain`: an attempt ended without a response after the final dot of DATA, so the message may have arrived. It
      is sent again unchanged.
    - `quiet`: the quiet hours and their time zone; None if it can be sent at any time.
    - `stale_at`: when its text becomes incorrect, because it counts the days left. It is then written again.
    - `held_at`: since when it has been held after a restore; None if it is not.
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
    held_at: datetime | None = None


IncidentKind = Literal[
    "fetch-failing",
    "reading-suspect",
    "reading-unusable",
    "delivery-failed",
    "subscription-ended",
    "endings-held",
    "complaint",
    "unsubscribe-request",
    "mailbox-unreadable",
    "part-unrenderable",
    "digest-overdue",
    "reading-still-suspect",
    "layout-changed",
    "newly-read",
    "correction-lapsed",
    "row-unreadable",
    "site-failed",
]


@dataclass(frozen=True, slots=True)
class Incident:
    """A problem reported to the operator; unique by (kind, subject) while open.

    `page`: the kind of the page that `subject` is the URL of; None if it is no page.
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
    page: PageKind | None = None


def mailbox_of(address: str) -> str:
    """The normalised spelling of an address, which identifies a recipient. An Apprise URL is left unchanged.

    - The domain in its ASCII form: `bücher.example` is `xn--bcher-kva.example`. Unchanged if it has none.
    - The local part in lower case: in practice its case does not matter, although RFC 5321 §2.4 lets servers decide.
      Not case-folded: that is for searching (Unicode §5.18), and would make one mailbox of `weiß` and `weiss`.
    - In Unicode's form NFC, as mail programs send it (RFC 6532 §3.1): an accent has two spellings.
    """
    if "://" in address or address.isascii():
        return address if "://" in address else address.lower()
    local, at, domain = address.rpartition("@")
    return f"{unicodedata.normalize('NFC', local.lower())}{at}{to_ascii(domain) or domain.lower()}"
