"""R1 and R2: rounds of check, enqueue and deliver, killed at marked points; every due message arrives all the same.

Each run is one small installation, made from its seed: people with intervals of their own, a page that gains an edition
now and then, a mail server that refuses, or drops the line before or after its 250.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from cmr_watch.exceptions import ChannelDown, DeliveryError
from cmr_watch.models import Body, Contents, Message, PageRef, Schedule, SubscriptionRequest
from cmr_watch.monitor.check import check_page
from cmr_watch.notify.message_composer import MessageComposer
from cmr_watch.notify.outbox import compose, deliver, enqueue, message_ids
from cmr_watch.render.sentences import place
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.installation import Installation
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.subscriptions import Subscriptions
from tests.fakes.fetcher import FakeFetcher
from tests.monitor.small import html
from tests.prove.kill_points import POINTS, Killed, Life, MortalDatabase, MortalSender

URL: Final = "https://clustercollaboration.eu/clusters-meet-regions"
CITIES: Final = ("Oslo, Norway", "Graz, Austria", "Brno, Czechia", "Turin, Italy", "Porto, Portugal", "Split, Croatia")
PAST: Final = " ;; ".join(f"< Bonn, Germany – {day} May 20{year}" for year, day in ((22, 5), (21, 6), (20, 7)))
FREQUENCIES: Final = ("immediately", "immediately", "daily", "weekly")


@dataclass
class Figures:
    """What was counted. `doubled` arrived more than once, `unexplained` had no right to."""

    runs: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    due: int = 0
    lost: int = 0
    doubled: int = 0
    unexplained: int = 0
    bad_seeds: list[int] = field(default_factory=list)

    def add(self, other: Figures) -> None:
        self.runs += other.runs
        self.kills.update(other.kills)
        self.due += other.due
        self.lost += other.lost
        self.doubled += other.doubled
        self.unexplained += other.unexplained
        self.bad_seeds += other.bad_seeds


class Sink:
    """Takes messages as a mail server does, and misbehaves by chance. It outlives the programs that send to it."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.taken: list[Message] = []
        self.unknowable: Counter[str] = Counter()
        self.behaves = False

    def send(self, message: Message) -> None:
        fate = "good" if self.behaves else self._chance.choice(("good",) * 8 + ("451", "down", "before", "after"))
        if fate == "451":
            raise DeliveryError("451 later")
        if fate == "down":
            raise ChannelDown("nobody answers")
        if fate == "before":
            raise DeliveryError("the line broke before the last dot")
        self.taken.append(message)
        if fate == "after":
            self.unknowable[message.message_id] += 1
            raise DeliveryError("the line broke before the 250", uncertain=True)

    def close(self) -> None:
        """Nothing is held open."""


def run(seed: int, database: Database) -> Figures:
    """One run on an empty database."""
    return _Run(seed, database).figures()


class _Run:
    def __init__(self, seed: int, database: Database) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.database = database
        self.now = datetime(2099, 3, 2, 9, tzinfo=UTC) + timedelta(minutes=self.chance.randrange(60 * 24 * 14))
        self.sink = Sink(self.chance)
        self.counted = Figures(runs=1)
        self.fetcher = FakeFetcher(lambda: self.now, html(PAST))
        self.people = [f"p{number}@example.org" for number in range(self.chance.randint(1, 3))]

    def figures(self) -> Figures:
        self._subscribe()
        self._round(Life())
        for cities in range(1, self.chance.randint(2, 4)):
            self.fetcher.body = self._page(cities)
            for _ in range(self.chance.randint(1, 2)):
                life = Life(self.chance.choice(POINTS), self.chance.randint(1, 3))
                self._round(life)
                self.now += timedelta(minutes=self.chance.choice((1, 7, 45, 60 * 11)))
        self.sink.behaves = True
        for _ in range(12):  # each longer than any lease or pause; twice a weekly digest comes by
            self.now += timedelta(hours=31)
            self._round(Life())
        self._count(cities)
        return self.counted

    def _subscribe(self) -> None:
        store = Subscriptions(self.database)
        for address in self.people:
            for _ in range(self.chance.randint(1, 2)):
                schedule = Schedule(
                    self.chance.choice(FREQUENCIES), self.chance.randrange(24), self.chance.randrange(7)
                )
                store.add(SubscriptionRequest(address, schedule=schedule), self.now)

    def _page(self, cities: int) -> str:
        lines = [f"> {city} – {day} June 2099" for day, city in enumerate(CITIES[:cities], 1)]
        return html(" ;; ".join([*lines, PAST]))

    def _round(self, life: Life) -> None:
        try:
            self._program(life)
        except Killed:
            self.counted.kills[life.passed[-1]] += 1
            if life.passed[-1] == "after the 250":
                self.sink.unknowable[self.sink.taken[-1].message_id] += 1

    def _program(self, life: Life) -> None:
        database = MortalDatabase(self.database, life)
        check_page(PageRef(URL, "initiative"), self.fetcher, Checks(database), self._clock)
        database.phase = "enqueue"
        enqueue(MatchQueue(database), self.now)
        database.phase = "deliver"
        writer = MessageComposer(
            _render, message_ids("a@example.org"), Installation(database).key(), Incidents(database)
        )
        compose(MatchQueue(database), writer, self._clock)
        ways = {"mail": MortalSender(self.sink, life)}
        deliver(Deliveries(database), ways, self._clock, self.chance.random)

    def _clock(self) -> datetime:
        return self.now

    def _count(self, cities: int) -> None:
        told: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for message in self.sink.taken:
            for city in CITIES:
                if city in message.text:
                    told[message.address, city].add(message.message_id)
        wanted = [(address, city) for address in self.people for city in CITIES[:cities]]
        times = Counter(message.message_id for message in self.sink.taken)
        extra = {name: count - 1 for name, count in times.items() if count > 1}
        self.counted.due = len(wanted)
        self.counted.lost = sum(not told[key] for key in wanted)
        self.counted.doubled = sum(extra.values())
        beyond = sum(max(0, count - self.sink.unknowable[name]) for name, count in extra.items())
        self.counted.unexplained = beyond + sum(len(told[key]) > 1 for key in wanted)
        if self.counted.lost or self.counted.unexplained:
            self.counted.bad_seeds.append(self.seed)


def _render(contents: Contents, chat: bool, zone: object) -> Body:
    """Only which places are announced: what the words look like is not what is counted here."""
    places = [place(one.change.after) for one in contents.news if one.change.after]  # type: ignore[arg-type]
    if contents.welcome:
        places += [place(one.edition) for one in contents.welcome.editions]
    return Body("News", " · ".join(places), "")
