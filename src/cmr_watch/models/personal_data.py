"""Everything that is stored about an address, for whoever receives mail there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cmr_watch.models.mail_requests import MailRequest
from cmr_watch.models.muting import Mute
from cmr_watch.models.recipients import Subscription
from cmr_watch.models.signups import Signup


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message. `subject`: empty once its text was removed. `outcome`: None while it waits."""

    created_at: datetime
    subject: str
    purpose: str
    outcome: str | None
    done_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class MatchRecord:
    """A change that concerns the recipient, of the edition or call with this key. `settled_at`: None while it waits."""

    matched_at: datetime
    kind: str
    key: str
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReminderRecord:
    """A reminder that was sent, or is not to be sent any more."""

    settled_at: datetime
    call_key: str
    cutoff_at: datetime
    days_before: int


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """A notice that a page could not be read, or that it can be read again (`phase`)."""

    settled_at: datetime
    page_url: str
    phase: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Something else that was noted about the address: when, of which kind, and in which words."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class PersonalData:
    """The rows about one mailbox, oldest first. `requests`: mails asked for on the site. `digests`: their days."""

    subscriptions: tuple[Subscription, ...] = ()
    signups: tuple[Signup, ...] = ()
    requests: tuple[MailRequest, ...] = ()
    messages: tuple[SentMessage, ...] = ()
    matches: tuple[MatchRecord, ...] = ()
    reminders: tuple[ReminderRecord, ...] = ()
    notices: tuple[NoticeRecord, ...] = ()
    digests: tuple[str, ...] = ()
    mutes: tuple[Mute, ...] = ()
    remarks: tuple[Remark, ...] = ()
