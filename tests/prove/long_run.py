"""R6: three years of a program that sleeps as it likes: each digest once, each reminder once, what is stale expires.

The page gains editions and calls, cut-offs move, calls close; the host sleeps for 1 to 60 hours at a time; both changes
of the clock come by, in several time zones. Every message says what is in it, and is checked when it arrives.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models import Body, Contents, Message, PageRef, Schedule, SubscriptionRequest
from cmr_watch.monitor.check import check_page
from cmr_watch.notify.message_composer import MessageComposer
from cmr_watch.notify.outbox import compose, deliver, enqueue, message_ids
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.installation import Installation
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.subscriptions import Subscriptions
from tests.fakes.fetcher import FakeFetcher
from tests.monitor.small import html
from tests.prove.kills import PAST, URL

ZONES: Final = ("Europe/Brussels", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Chatham")
TOWNS: Final = ("Oslo, Norway", "Graz, Austria", "Brno, Czechia", "Turin, Italy", "Porto, Portugal", "Split, Croatia")
BEGIN: Final = datetime(2024, 1, 3, 9, tzinfo=UTC)


@dataclass
class Years:
    """What was counted. Each of the last four must stay at nought."""

    rounds: int = 0
    messages: int = 0
    reminders: int = 0
    doubled: int = 0
    lost: int = 0
    untrue: int = 0
    crowded: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def bad(self) -> int:
        return self.doubled + self.lost + self.untrue + self.crowded


def run(seed: int, database: Database, days: int = 3 * 365 + 1) -> Years:
    """One life."""
    return _Life(seed, database).lived(BEGIN + timedelta(days=days))


class _Life:
    def __init__(self, seed: int, database: Database) -> None:
        self.chance = random.Random(seed)
        self.database = database
        self.now = BEGIN
        self.fetcher = FakeFetcher(lambda: self.now, html(PAST))
        self.counted = Years()
        self.people = self._subscribed()
        self.told: Counter[tuple[str, str]] = Counter()
        self.days: Counter[tuple[str, str]] = Counter()
        self.editions: list[str] = []
        self.deadline: datetime | None = None
        self.writer = MessageComposer(
            self._render, message_ids("a@example.org"), Installation(database).key(), Incidents(database)
        )

    def _subscribed(self) -> dict[str, Schedule]:
        store, people = Subscriptions(self.database), {}
        for number, zone in enumerate(ZONES):
            frequency = ("daily", "weekly", "immediately")[number % 3]
            schedule = Schedule(frequency, self.chance.choice((2, 3, 8, 23)), self.chance.randrange(7), zone)  # type: ignore[arg-type]
            people[f"p{number}@example.org"] = schedule
            store.add(SubscriptionRequest(f"p{number}@example.org", schedule=schedule), self.now)
        return people

    def lived(self, end: datetime) -> Years:
        while self.now < end:
            self._page()
            self._round()
            self.now += timedelta(hours=self.chance.randint(1, 60), minutes=self.chance.randrange(60))
        for _ in range(5):  # the last digests
            self.now += timedelta(hours=60)
            self._round()
        self._count_lost()
        return self.counted

    def _page(self) -> None:
        if self.chance.random() < 0.05:
            day = (self.now + timedelta(days=self.chance.randint(400, 900))).date()
            self.editions.append(f"> {self.chance.choice(TOWNS)} – {day.day} {day:%B} {day.year}")
        if self.deadline is not None and self.deadline < self.now:
            self.deadline = None
        if self.chance.random() < 0.04:  # a new one, another date, or closed
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
        self.counted.rounds += 1
        check_page(PageRef(URL, "initiative"), self.fetcher, Checks(self.database), lambda: self.now)
        enqueue(MatchQueue(self.database), self.now)
        compose(MatchQueue(self.database), self.writer, lambda: self.now)
        deliver(Deliveries(self.database), {"mail": self}, lambda: self.now)

    # ── what arrives ─────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, message: Message) -> None:
        self.counted.messages += 1
        for change in message.change_ids:
            self._once(message.address, f"change {change}")
        for line in message.text.splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "reminder":
                self._reminded(message.address, rest)
            elif kind == "digest":
                self._digest(message.address, self._period(message.address))

    def close(self) -> None:
        """Nothing is held open."""

    def _reminded(self, address: str, line: str) -> None:
        self.counted.reminders += 1
        call, instant, offset, left = line.split()
        at, zone = datetime.fromisoformat(instant), ZoneInfo(self.people[address].time_zone)
        self._once(address, f"reminder {call} {at} {offset}")
        true = (at.astimezone(zone).date() - self.now.astimezone(zone).date()).days
        if int(left) != true or at <= self.now:
            self.counted.untrue += 1
            self.counted.faults.append(f"{self.now} {address}: {line}, in truth {true}")

    def _period(self, address: str) -> str:
        """The day of the last digest hour that has passed: a late digest and the next one may come on one day."""
        schedule = self.people[address]
        day = (self.now.astimezone(ZoneInfo(schedule.time_zone)) - timedelta(hours=schedule.hour)).date()
        back = (day.weekday() - schedule.weekday) % 7 if schedule.frequency == "weekly" else 0
        return str(day - timedelta(days=back))

    def _digest(self, address: str, period: str) -> None:
        self.days[address, period] += 1
        if self.days[address, period] > 1:
            self.counted.crowded += 1
            self.counted.faults.append(f"{self.now} {address}: a second digest of {period}")

    def _once(self, address: str, what: str) -> None:
        self.told[address, what] += 1
        if self.told[address, what] > 1:
            self.counted.doubled += 1
            self.counted.faults.append(f"{self.now} {address}: {what} again")

    def _render(self, contents: Contents, chat: bool, zone: ZoneInfo) -> Body:
        lines = [
            f"reminder {one.open.call_key} {one.open.cutoff.at.isoformat()} {one.offset} {one.days_left}"
            for one in contents.reminders
        ]
        waited = [one for one in contents.news if one.read_at < self.now]
        lines += [f"digest {self.now.astimezone(zone).date()}"] if waited else []
        return Body("News", "\n".join(lines), "")

    def _count_lost(self) -> None:
        """Every change that was spread to somebody is settled: told, or undone before it was."""
        with self.database.read() as connection:
            unresolved = connection.exec_driver_sql(
                "SELECT count(*) FROM matches WHERE settled_at IS NULL"
            ).scalar_one()
        waiting = Deliveries(self.database).counts()["pending"]
        self.counted.lost = int(unresolved) + waiting
