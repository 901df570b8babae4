"""R6: three years on a host that is often suspended: each digest and each reminder is sent once, and in time.

Editions and calls are added to the page, cut-offs move, calls close. The host is suspended for 1 to 60 hours at a time,
also across daylight-saving changes in several time zones. Each message lists its contents, and is checked on arrival.
Two recipients pause now and then, for days or weeks, and mute the call and undo that.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models.muting import ItemRef
from cmr_watch.models.readings import PageRef
from cmr_watch.models.recipients import Body, Contents, Message, Schedule, SubscriptionRequest
from cmr_watch.monitor.check import check_page
from cmr_watch.notify.message_composer import MessageComposer
from cmr_watch.notify.outbox import compose, deliver, enqueue, message_ids
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.installation import Installation
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.mutes import Mutes
from cmr_watch.store.pauses import Pauses
from cmr_watch.store.subscriptions import Subscriptions
from tests.fakes.fetcher import FakeFetcher
from tests.monitor.small import html
from tests.prove.kills import PAST, URL

ZONES: Final = ("Europe/Brussels", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Chatham")
TOWNS: Final = ("Oslo, Norway", "Graz, Austria", "Brno, Czechia", "Turin, Italy", "Porto, Portugal", "Split, Croatia")
SELF_SUBSCRIBED: Final = {"pause@example.org": "pl", "mute@example.org": "es"}
"""Recipients who pause, and mute the call, with their languages."""
CALL: Final = "call-2030"
BEGIN: Final = datetime(2024, 1, 3, 9, tzinfo=UTC)


@dataclass
class Counts:
    """What was counted. `duplicates`, `lost`, `untrue`, `unwanted` and `extra_digests` must be 0.

    `unwanted` are messages in a pause, or about what is muted. `untrue` are
    reminders that were late or had the wrong number of days; `faults` describes all of these errors.
    """

    rounds: int = 0
    messages: int = 0
    reminders: int = 0
    duplicates: int = 0
    lost: int = 0
    untrue: int = 0
    extra_digests: int = 0
    unwanted: int = 0
    pauses: int = 0
    mutes: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def failures(self) -> int:
        return self.duplicates + self.lost + self.untrue + self.unwanted + self.extra_digests


def run(seed: int, database: Database, days: int = 3 * 365 + 1) -> Counts:
    """One simulated installation. The seed determines everything."""
    return _Simulation(seed, database).run(BEGIN + timedelta(days=days))


class _Simulation:
    def __init__(self, seed: int, database: Database) -> None:
        self.chance = random.Random(seed)
        self.database = database
        self.now = BEGIN
        self.fetcher = FakeFetcher(lambda: self.now, html(PAST))
        self.counts = Counts()
        self.paused_until: dict[str, datetime] = {}
        self.muted: set[str] = set()
        """The recipients who have muted the call."""
        self.schedules = self._subscribe()
        self.seen: Counter[tuple[str, str]] = Counter()
        self.digests: Counter[tuple[str, str]] = Counter()
        self.editions: list[str] = []
        self.deadline: datetime | None = None
        self.composer = MessageComposer(
            self._render, message_ids("a@example.org"), Installation(database).key(), Incidents(database)
        )

    def _subscribe(self) -> dict[str, Schedule]:
        store, schedules = Subscriptions(self.database), {}
        for number, zone in enumerate(ZONES):
            frequency = ("daily", "weekly", "immediately")[number % 3]
            schedule = Schedule(frequency, self.chance.choice((2, 3, 8, 23)), self.chance.randrange(7), zone)  # type: ignore[arg-type]
            schedules[f"p{number}@example.org"] = schedule
            store.add(SubscriptionRequest(f"p{number}@example.org", schedule=schedule), self.now)
        for address, language in SELF_SUBSCRIBED.items():
            schedules[address] = Schedule("immediately", 9, 2, "Europe/Warsaw")
            store.add(SubscriptionRequest(address, schedule=schedules[address], language=language), self.now)
        return schedules

    def run(self, end: datetime) -> Counts:
        while self.now < end:
            self._change_page()
            self._round()
            self._pause_or_mute()
            self.now += timedelta(hours=self.chance.randint(1, 60), minutes=self.chance.randrange(60))
        for _ in range(18):  # for the last digests, and the end of the last pause
            self.now += timedelta(hours=60)
            self._round()
        self._count_lost()
        return self.counts

    def _pause_or_mute(self) -> None:
        for address in SELF_SUBSCRIBED:
            (entry,) = Subscriptions(self.database).find(address)
            if self.chance.random() < 0.03:
                self.counts.pauses += 1
                until = self.now + timedelta(hours=self.chance.choice((0, 5, 80, 700)))
                Pauses(self.database).pause(entry.id, until, self.now)
                self.paused_until[address] = until
            if address.startswith("mute") and self.chance.random() < 0.05:
                self.counts.mutes += 1
                change = Mutes(self.database).remove if address in self.muted else Mutes(self.database).add
                assert change(entry.id, ItemRef("call", CALL), self.now)
                self.muted ^= {address}

    def _change_page(self) -> None:
        if self.chance.random() < 0.05:
            day = (self.now + timedelta(days=self.chance.randint(400, 900))).date()
            self.editions.append(f"> {self.chance.choice(TOWNS)} – {day.day} {day:%B} {day.year}")
        if self.deadline is not None and self.deadline < self.now:
            self.deadline = None
        if self.chance.random() < 0.04:  # a new cut-off, another date, or a closed call
            self.deadline = (
                self.now + timedelta(days=self.chance.randint(3, 60)) if self.chance.random() < 0.8 else None
            )
        lines = list(dict.fromkeys(self.editions))[-6:]
        self.fetcher.body = html(" ;; ".join([*lines, PAST, self._call()]))

    def _call(self) -> str:
        if self.deadline is None:
            return "! The call for hosts of events in 2030 is closed."
        day = self.deadline
        return f"! The call for hosts of events in 2030 is open. Deadline: {day.day} {day:%B} {day.year}, 18:00."

    def _round(self) -> None:
        self.counts.rounds += 1
        check_page(PageRef(URL, "initiative"), self.fetcher, Checks(self.database), lambda: self.now)
        enqueue(MatchQueue(self.database), self.now)
        compose(MatchQueue(self.database), self.composer, lambda: self.now)
        deliver(Deliveries(self.database), {"mail": self}, lambda: self.now)

    # ── received messages ────────────────────────────────────────────────────────────────────────────────────────

    def send(self, message: Message, is_ours: Callable[[], bool]) -> None:
        self.counts.messages += 1
        if self.now < self.paused_until.get(message.address, self.now):
            self._count_unwanted(message.address, "in a pause")
        for change in message.change_ids:
            self._count_duplicate(message.address, f"change {change}")
        for line in message.text.splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "reminder":
                self._check_reminder(message.address, rest)
            elif kind == "about" and rest == CALL and message.address in self.muted:
                self._count_unwanted(message.address, "muted")
            elif kind == "digest" and message.address not in SELF_SUBSCRIBED:  # what waited for the end of a pause
                self._count_digest(message.address, self._digest_period(message.address))

    def close(self) -> None:
        """There is nothing to close."""

    def _check_reminder(self, address: str, line: str) -> None:
        self.counts.reminders += 1
        call, instant, offset, left = line.split()
        at, zone = datetime.fromisoformat(instant), ZoneInfo(self.schedules[address].time_zone)
        self._count_duplicate(address, f"reminder {call} {at} {offset}")
        days_left = (at.astimezone(zone).date() - self.now.astimezone(zone).date()).days
        if int(left) != days_left or at <= self.now:
            self.counts.untrue += 1
            self.counts.faults.append(f"{self.now} {address}: {line}, actually {days_left}")

    def _digest_period(self, address: str) -> str:
        """The day of the last digest hour that has passed. A late digest and the next one may come on the same day."""
        schedule = self.schedules[address]
        day = (self.now.astimezone(ZoneInfo(schedule.time_zone)) - timedelta(hours=schedule.hour)).date()
        back = (day.weekday() - schedule.weekday) % 7 if schedule.frequency == "weekly" else 0
        return str(day - timedelta(days=back))

    def _count_digest(self, address: str, period: str) -> None:
        self.digests[address, period] += 1
        if self.digests[address, period] > 1:
            self.counts.extra_digests += 1
            self.counts.faults.append(f"{self.now} {address}: second digest for {period}")

    def _count_duplicate(self, address: str, what: str) -> None:
        self.seen[address, what] += 1
        if self.seen[address, what] > 1:
            self.counts.duplicates += 1
            self.counts.faults.append(f"{self.now} {address}: {what} again")

    def _count_unwanted(self, address: str, why: str) -> None:
        self.counts.unwanted += 1
        self.counts.faults.append(f"{self.now} {address}: {why}")

    def _render(self, contents: Contents, chat: bool, zone: ZoneInfo, *_: object) -> Body:
        lines = [
            f"reminder {due.open.call_key} {due.open.cutoff.at.isoformat()} {due.offset} {due.days_left}"
            for due in contents.reminders
        ]
        reminded = {due.open.call_key for due in contents.reminders}  # what waited comes with a reminder of its call
        early = [recorded for recorded in contents.changes if recorded.change.key not in reminded]
        waited = [recorded for recorded in early if recorded.read_at < self.now]
        lines += [f"about {key}" for key in (*reminded, *(recorded.change.key for recorded in contents.changes))]
        lines += [f"digest {self.now.astimezone(zone).date()}"] if waited else []
        return Body("Changes", "\n".join(lines), "")

    def _count_lost(self) -> None:
        """Every match must be settled: sent, or reverted before it was sent."""
        with self.database.read() as connection:
            unresolved = connection.exec_driver_sql(
                "SELECT count(*) FROM matches WHERE settled_at IS NULL"
            ).scalar_one()
        waiting = Deliveries(self.database).counts()["pending"]
        self.counts.lost = int(unresolved) + waiting
