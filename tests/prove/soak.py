"""The daemon for three years of hourly checks in compressed time, with its real scheduler, store, fetcher and mail.

The site and the mail server are on loopback. The clock advances by half an hour at a time, with occasional pauses, and
across daylight-saving changes. The page follows a script: each month an edition is announced, which is later
rescheduled, takes place and gets a summary; twice a year a call opens. Beside two subscribers of the configuration,
some people subscribe on the site, in their languages, and pause, mute, leave and return as a script says.
"""

from __future__ import annotations

import random
import resource
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import time_machine
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.base import BaseScheduler

from cmr_watch.config import (
    BackupSection,
    DaemonSection,
    DatabaseSection,
    FetchSection,
    MailSection,
    PageSection,
    Settings,
    WebSection,
)
from cmr_watch.daemon import Daemon
from cmr_watch.models.readings import ChangeKind
from cmr_watch.models.recipients import Schedule, SubscriptionRequest
from cmr_watch.render.sentences import sentence
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.suppression_journal import SuppressionJournal
from cmr_watch.web.public.desk import Desk
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.monitor.small import html
from tests.prove.self_service import Reader, Readers
from tests.test_journeys import sentences_of

BEGIN: Final = datetime(2025, 1, 6, 7, 10, tzinfo=UTC)
PATH: Final = "/clusters-meet-regions"
STEP: Final = timedelta(minutes=30)
MONTH: Final = 30
TOWNS: Final = ("Oslo, Norway", "Graz, Austria", "Brno, Czechia", "Turin, Italy", "Porto, Portugal", "Split, Croatia")
ADDRESSES: Final = ("anna@example.org", "bo@example.org")
READERS: Final = (("gina@example.org", "en"), ("hugo@example.org", "de"), ("ines@example.org", "es"))
ACTS: Final = {
    "gina@example.org": ((1, "sign up"), (2, "confirm"), (35, "ask"), (36, "pause"), (70, "mute"), (71, "export")),
    "hugo@example.org": (
        (2, "sign up"),
        (3, "confirm"),
        (40, "leave"),
        (55, "sign up"),
        (56, "confirm"),
        (95, "leave"),
    ),
    "ines@example.org": ((3, "sign up"), (4, "confirm"), (64, "ask"), (65, "erase")),
}
"""The days on which each of them acts. The script begins again every 150 days, except for who was erased."""
CYCLE: Final = 150
PAUSE: Final = 12
NO_CALL_PAGE: Final = "We cannot read the call page at the moment"
"""Said again whenever another call opens, as this site has no call page."""
UNNOTIFIED: Final = frozenset({ChangeKind.EDITION_UPDATED, ChangeKind.EDITION_DELISTED})


@dataclass
class SoakCounts:
    """What was counted; `duplicates`, `lost` and `extra_digests` must be 0. Sizes are in bytes."""

    days: int = 0
    checks: int = 0
    changes: int = 0
    mails: int = 0
    duplicates: int = 0
    lost: int = 0
    extra_digests: int = 0
    faults: list[str] = field(default_factory=list)
    """Mails to readers who subscribed on the site that should not have arrived, or that did not arrive."""
    memory: list[int] = field(default_factory=list)
    database: list[int] = field(default_factory=list)

    @property
    def failures(self) -> int:
        return self.duplicates + self.lost + self.extra_digests + len(self.faults)


class ManualScheduler(BaseScheduler):  # type: ignore[misc]
    """The scheduling rules of APScheduler, but jobs run only inside `run_due_jobs`."""

    def shutdown(self, wait: bool = True) -> None:
        """Accept no more jobs."""
        super().shutdown(wait)

    def wakeup(self) -> None:
        """Do nothing: `run_due_jobs` is called anyway."""

    def run_due_jobs(self) -> None:
        """Run the jobs that are due now."""
        self._process_jobs()


def run(seed: int, database: Database, folder: Path, days: int = 3 * 365 + 1) -> SoakCounts:
    """Simulate `days` days."""
    with FakeSite() as site, Mailbox() as mailbox:
        return _Soak(seed, database, folder, site, mailbox).run(days)


class _Soak:
    def __init__(self, seed: int, database: Database, folder: Path, site: FakeSite, mailbox: Mailbox) -> None:
        self.chance = random.Random(seed)
        self.database, self.folder, self.site, self.mailbox = database, folder, site, mailbox
        self.now = BEGIN
        self.counts = SoakCounts()
        self.notified: Counter[tuple[str, str]] = Counter()
        self.digests_by_week: Counter[tuple[int, int]] = Counter()
        self.expected: list[str] = []
        self.last_change = 0
        self.found_at: dict[str, tuple[datetime, str]] = {}
        """When each change was found, and of what, by its sentence."""
        self.done: set[tuple[str, int, str]] = set()
        desk = Desk(database, SuppressionJournal(folder / "ended"))
        self.readers = Readers([Reader(*reader) for reader in READERS], desk, lambda: self.now)
        copies = folder / "copies"
        copies.mkdir(exist_ok=True)
        self.settings = Settings(
            database=DatabaseSection(str(database.url), folder / "ended"),
            page=PageSection(site.url(PATH), (site.host,), True),
            fetch=FetchSection("me@example.org", 10, 0, False, 0),
            mail=MailSection("127.0.0.1", mailbox.port, "plain", sender="watch@example.org"),
            daemon=DaemonSection(jitter=0),
            web=WebSection(url="https://watch.example.org"),
            backup=BackupSection(copies if database.path else None, 3),
            subscriptions=(
                SubscriptionRequest(ADDRESSES[0], name="anna"),
                SubscriptionRequest(ADDRESSES[1], name="bo", schedule=Schedule("weekly", 8, 2, "Europe/Brussels")),
            ),
        )

    def run(self, days: int) -> SoakCounts:
        scheduler = ManualScheduler(executors={"default": DebugExecutor()}, timezone=UTC)
        with time_machine.travel(self.now, tick=False) as traveller:
            daemon = Daemon(self.settings, self.database, lambda: self.now, scheduler, lambda: self.now)
            self._serve()
            daemon.start()
            while self.now < BEGIN + timedelta(days=days):
                traveller.move_to(self.now)
                self._serve()
                scheduler.run_due_jobs()
                self._collect()
                self._act()
                self.now += self._pause()
            daemon.stop(10)
        return self._summary(days)

    def _pause(self) -> timedelta:
        """Usually half an hour; occasionally the host sleeps for 1 to 60 hours."""
        return timedelta(hours=self.chance.randint(1, 60)) if self.chance.random() < 1 / 1000 else STEP

    # ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _serve(self) -> None:
        day = (self.now - BEGIN).days
        if day % 17 == 3 and self.now.hour < 5:
            self.site.fail(PATH, 503)
        else:
            self.site.page(PATH, html(" ;; ".join(_lines(day))).encode())
        if day % 23 == 5 and self.now.hour == 9 and self.now.minute < 30:
            self.mailbox.refuse(ADDRESSES[0], "451 4.3.0 later", 2)

    # ── the readers ──────────────────────────────────────────────────────────────────────────────────────────────

    def _act(self) -> None:
        """Do what the script says for today, and again at the next step if it could not be done yet."""
        cycle, day = divmod((self.now - BEGIN).days, CYCLE)
        for reader in self.readers.all.values():
            for at, act in ACTS[reader.address]:
                step = reader.address, cycle * CYCLE + at, act
                if at <= day and step not in self.done and self._try(reader, act, cycle):
                    self.done.add(step)
                    break

    def _try(self, reader: Reader, act: str, cycle: int) -> bool:
        """Whether an act was done, or is not to be done any more."""
        if cycle and reader.address == READERS[2][0]:
            return True  # was erased
        if act == "sign up":
            if reader.confirmed_at and reader.silent_since is None:
                return True
            self.readers.sign_up(reader)
        elif act in ("ask", "export"):
            self.readers.ask(reader, "link" if act == "ask" else "export")
        elif act == "confirm":
            is_subscribed = bool(reader.confirmed_at) and reader.silent_since is None
            return is_subscribed or self.readers.confirm(reader)
        elif act == "pause":
            return self.readers.pause(reader, PAUSE)
        else:
            return {"mute": self.readers.mute, "leave": self.readers.leave, "erase": self.readers.erase}[act](reader)
        return True

    def _gina_faults(self) -> Iterator[str]:
        """Gina reads English and never leaves, so that what is due to her is known sentence by sentence."""
        gina, sentences = self.readers.all[READERS[0][0]], self.notified
        if not gina.confirmed_at:
            return
        for said in self.expected:
            found, key = self.found_at[said]
            is_muted = key in gina.muted and gina.muted[key][0] <= found
            is_unclear = found < gina.confirmed_at[0] or any(
                since - timedelta(days=14) < found < until for since, until in gina.pauses
            )  # in a pause, several changes may become one
            came = sentences[gina.address, said]
            is_unclear = is_unclear or (key in gina.muted and not is_muted)
            if is_muted and came:
                yield f"Gina: “{said}”, which is muted"
            elif not (is_muted or is_unclear or came or said in self._recent()):
                yield f"Gina has not got “{said}”, found at {found}"

    # ── results ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _collect(self) -> None:
        for recorded in Checks(self.database).changes(self.last_change):
            self.last_change = max(self.last_change, recorded.id)
            self.counts.changes += 1
            if recorded.change.kind not in UNNOTIFIED:
                self.expected.append(sentence(recorded.change))
                self.found_at[sentence(recorded.change)] = recorded.read_at, recorded.change.key
        self.counts.checks += self.site.paths().count(PATH)
        self.site.requests.clear()  # so that the measured memory is mainly the daemon's
        mails, self.mailbox.mails[:] = list(self.mailbox.mails), []
        self.readers.take(mails)
        for mail in mails:
            self._record(mail)
        if (self.now - BEGIN) % timedelta(days=60) < STEP:
            self.counts.memory.append(_resident())
            self.counts.database.append(self.database.path.stat().st_size if self.database.path else 0)

    def _record(self, mail: Any) -> None:
        self.counts.mails += 1
        reader = self.readers.all.get(mail.recipient)
        is_news = reader is None or (reader.language == "en" and reader.kind(mail) == "news")
        if mail.subject.startswith("Welcome") or not is_news:
            return
        sentences = [said for said in sentences_of(mail.part("plain")) if said != NO_CALL_PAGE]
        self.notified.update((mail.recipient, sentence) for sentence in sentences)
        if mail.recipient == ADDRESSES[1] and any(sentence in self.expected for sentence in sentences):
            self.digests_by_week[self.now.isocalendar()[:2]] += 1

    def _summary(self, days: int) -> SoakCounts:
        counts = self.counts
        counts.days = days
        # changes of the last two weeks may still be pending for a digest
        recent = self._recent()
        settled = [
            sentence for sentence in self.expected if self.notified[ADDRESSES[1], sentence] or sentence not in recent
        ]
        counts.lost = sum(not self.notified[address, sentence] for address in ADDRESSES for sentence in settled)
        counts.duplicates = sum(times - 1 for times in self.notified.values())
        counts.faults = [*self.readers.faults(), *self._gina_faults()]
        counts.extra_digests = sum(times - 1 for times in self.digests_by_week.values())
        return counts

    def _recent(self) -> set[str]:
        since = self.now - timedelta(days=14)
        return {sentence(recorded.change) for recorded in Checks(self.database).changes(since=since)}


def _lines(day: int) -> Iterator[str]:
    """The lines of the page on a day: calls, upcoming editions, past editions."""
    yield from _calls(day)
    for number in range(day // MONTH + 1):
        yield _edition(number, day)
    for number, town in enumerate(("Bonn, Germany", "Lyon, France", "Nice, France")):
        yield f"< {town} – {number + 3} May 2024"


def _edition(number: int, day: int) -> str:
    """Announced on its day, rescheduled after 10 days, past after 56, with a summary after 77."""
    age = day - number * MONTH
    first = date(2025, 1, 6) + timedelta(days=number * MONTH + 50 + 3 * (age >= 10 and number % 3 == 0))
    town = TOWNS[number % len(TOWNS)]
    line = f"{town} – {first.day} {first:%B %Y}"
    if age < 56:
        return f"> {line}"
    return f"< {line}" + (" [Read the event summary](/summary.pdf)" if age >= 77 else "")


def _calls(day: int) -> Iterator[str]:
    """Twice a year, a call for the year after next opens for 70 days, with one cut-off."""
    half, age = divmod(day, 182)
    year = 2026 + half
    cutoff = date(2025, 1, 6) + timedelta(days=half * 182 + 60)
    state = f"is open until {cutoff.day} {cutoff:%B %Y}, 18:00 (Brussels time)" if age < 70 else "is closed"
    yield f"! The call to host events in {year} {state}. [Apply here](/apply)"


def _resident() -> int:
    """Bytes of memory that the process uses now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/statm").exists() else 0
    return pages * resource.getpagesize()
