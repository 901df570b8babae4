"""People who subscribe on the site, beside real processes with a real mail server: what they do, and what is due.

They know only what is in their mails, in their own languages. The same script serves the processes that are killed
(`processes.py`) and the daemon in compressed time (`soak.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cmr_watch.models.mail_requests import MailRequest, Managed, RequestKind
from cmr_watch.models.recipients import SubscriptionRequest
from cmr_watch.models.signups import Signup
from cmr_watch.web.public.desk import Desk
from tests.fakes.mailbox import Mail

_CONFIRM: Final = re.compile(r"/confirm/([0-9a-z]+)")
_MANAGE: Final = re.compile(r"/manage/([0-9a-z]+)")
_LEAVE: Final = re.compile(r"/unsubscribe/([0-9a-z]+)")
_MUTE: Final = re.compile(r"/mute/(\S+)")
DAY: Final = timedelta(days=1)


@dataclass
class Reader:
    """A person with an address, and the mails that arrived there, with their times."""

    address: str
    language: str
    mails: list[tuple[datetime, Mail]] = field(default_factory=list)
    confirmed_at: list[datetime] = field(default_factory=list)
    silent_since: datetime | None = None
    """Since when nothing more may come: they have left, or were erased."""
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    muted: dict[str, tuple[datetime, datetime | None]] = field(default_factory=dict)
    """When the mute of a link began and ended."""

    def kind(self, mail: Mail) -> str:
        """What a mail is, by its links; those that were not asked for have one to unsubscribe."""
        text = mail.part("plain")
        found = [
            name for name, link in (("opt-in", _CONFIRM), ("link", _MANAGE), ("news", _LEAVE)) if link.search(text)
        ]
        return found[-1] if "news" in found else (found[0] if found else "export")

    def of_kind(self, kind: str) -> list[tuple[datetime, Mail]]:
        return [(at, mail) for at, mail in self.mails if self.kind(mail) == kind]


class Readers:
    """The acts of readers through the forms of the site. `desk` opens them; `now` is their clock."""

    def __init__(self, readers: Iterable[Reader], desk: Desk, now: Callable[[], datetime]) -> None:
        self.all = {reader.address: reader for reader in readers}
        self._desk, self._now = desk, now
        self.asked: Counter[tuple[str, str]] = Counter()

    def take(self, mails: Iterable[Mail]) -> None:
        """Take mails to their readers."""
        for mail in mails:
            if mail.recipient in self.all:
                self.all[mail.recipient].mails.append((self._now(), mail))

    def join(self, reader: Reader) -> None:
        """Let another reader sign up."""
        self.all[reader.address] = reader
        self.sign_up(reader)

    def sign_up(self, reader: Reader) -> None:
        """Fill in the form, twice, as people do."""
        request = SubscriptionRequest(reader.address, language=reader.language)
        for _ in range(2):
            self._desk.sign_up(Signup(request, f"1 {reader.language}", "192.0.2.0/24", self._now()))
        self.asked[reader.address, "opt-in"] += 1

    def ask(self, reader: Reader, kind: RequestKind) -> None:
        """Ask for a link or one's data, twice."""
        for _ in range(2):
            self._desk.ask(MailRequest(kind, reader.address, reader.language, "192.0.2.0/24", self._now()))
        self.asked[reader.address, kind] += 1

    def confirmation(self, reader: Reader) -> str:
        """The token of the newest mail that asks to confirm; nothing if none has come."""
        return self._token(reader, "opt-in", _CONFIRM)

    def confirm(self, reader: Reader) -> bool:
        """Confirm; return whether that did something."""
        token = self.confirmation(reader)
        if not token or self._desk.confirm(token, self._now()) is None:
            return False
        reader.confirmed_at.append(self._now())
        reader.silent_since = None
        return True

    def leave(self, reader: Reader) -> bool:
        """One-click, as a mail program does it; return whether there was a mail with the link."""
        token = self._token(reader, "news", _LEAVE)
        if not token or self._desk.leave(token, self._now()) is None:
            return False
        reader.silent_since = self._now()
        return True

    def pause(self, reader: Reader, days: int) -> bool:
        """Pause by the link."""
        managed = self._managed(reader)
        if managed is None:
            return False
        self._desk.pause(managed, self._now() + days * DAY, self._now())
        reader.pauses.append((self._now(), self._now() + days * DAY))
        return True

    def erase(self, reader: Reader) -> bool:
        """Be erased by the link."""
        managed = self._managed(reader)
        if managed is None:
            return False
        self._desk.erase(managed, self._now())
        reader.silent_since = self._now()
        return True

    def mute(self, reader: Reader) -> bool:
        """Mute the first thing in the newest mail with such a link; return whether there was one."""
        path = self._token(reader, "news", _MUTE)
        found = self._desk.mute(path, self._now()) if path else None
        if found is None or not found.standing.is_subscribed:
            return False
        reader.muted[found.item.key] = self._now(), None
        return True

    def faults(self) -> Iterator[str]:
        """What is lost, came twice, or should not have come."""
        for reader in self.all.values():
            yield from self._faults(reader)

    def _faults(self, reader: Reader) -> Iterator[str]:
        for kind in ("opt-in", "link", "export"):
            came = len({mail.message_id for _, mail in reader.of_kind(kind)})
            if came != self.asked[reader.address, kind]:
                yield f"{reader.address}: {came} mails of kind {kind}, asked {self.asked[reader.address, kind]} times"
        for at, mail in reader.mails:
            if reader.silent_since and at > reader.silent_since:
                yield f"{reader.address}: “{mail.subject}” at {at}, after leaving at {reader.silent_since}"
            if reader.kind(mail) == "news" and any(since < at < until for since, until in reader.pauses):
                yield f"{reader.address}: “{mail.subject}” at {at}, in a pause"

    def _managed(self, reader: Reader) -> Managed | None:
        managed = self._desk.managed(self._token(reader, "link", _MANAGE), self._now())
        return managed if managed and managed.active else None

    def _token(self, reader: Reader, kind: str, link: re.Pattern[str]) -> str:
        found = (link.search(mail.part("plain")) for _, mail in reversed(reader.of_kind(kind)))
        return next((match[1] for match in found if match), "")
