"""R1 and R2: check, enqueue and deliver are killed at given points, and yet every message that is due arrives.

Each run is one small installation generated from its seed: subscribers with different schedules, a page to which
editions are added, and a mail server that refuses mails or closes the connection before or after its 250. In half of
the runs, people subscribe and leave by themselves (`people.py`), and their requests are killed as well.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select

from cmr_watch.exceptions import ChannelDown, DeliveryError
from cmr_watch.models.readings import PageRef
from cmr_watch.models.recipients import Body, Contents, Message, Schedule, SubscriptionRequest
from cmr_watch.monitor.check import check_page
from cmr_watch.notify.message_composer import MessageComposer
from cmr_watch.notify.outbox import compose, deliver, enqueue, message_ids
from cmr_watch.render.sentences import place
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.installation import Installation
from cmr_watch.store.mail_requests import MailRequests
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.schema import deliveries
from cmr_watch.store.signups import Signups
from cmr_watch.store.subscriptions import Subscriptions
from tests.fakes.fetcher import FakeFetcher
from tests.monitor.small import html
from tests.prove.kill_points import POINTS, REQUEST_POINTS, KillableDatabase, KillableSender, Killed, KillSwitch
from tests.prove.people import FREQUENCIES, People

URL: Final = "https://clustercollaboration.eu/clusters-meet-regions"
CITIES: Final = ("Oslo, Norway", "Graz, Austria", "Brno, Czechia", "Turin, Italy", "Porto, Portugal", "Split, Croatia")
PAST: Final = " ;; ".join(f"< Bonn, Germany – {day} May 20{year}" for year, day in ((22, 5), (21, 6), (20, 7)))
MEANWHILE: Final = (
    "after the commit",
    "after the enqueue",
    "mails written",
    "after the plan",
    "at connect",
    "after the 250",
)
"""Where people act while the program is at work."""


@dataclass
class Figures:
    """What was counted.

    `due` and `lost` count messages, `duplicates` those that arrived again. `unexplained` are duplicates without an
    event after which the sender cannot know whether the message was accepted. `unwanted` are messages that people have
    muted, or that came in a pause, after they had left, or too often; and links that do not work as they should.
    """

    runs: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    due: int = 0
    lost: int = 0
    duplicates: int = 0
    unexplained: int = 0
    unwanted: int = 0
    faults: list[str] = field(default_factory=list)
    bad_seeds: list[int] = field(default_factory=list)

    def add(self, other: Figures) -> None:
        self.runs += other.runs
        self.kills.update(other.kills)
        self.due += other.due
        self.lost += other.lost
        self.duplicates += other.duplicates
        self.unexplained += other.unexplained
        self.unwanted += other.unwanted
        self.faults += other.faults
        self.bad_seeds += other.bad_seeds


class Sink:
    """Receives messages like a mail server, with random failures. It keeps running when the program is killed.

    `uncertain` counts, for each Message-ID, the failures after which the sender cannot know whether it was accepted.
    """

    def __init__(self, chance: random.Random, receive: Callable[[Message], None]) -> None:
        self._chance, self._receive = chance, receive
        self.received: list[Message] = []
        self.uncertain: Counter[str] = Counter()
        self.is_reliable = False

    def send(self, message: Message, is_ours: Callable[[], bool]) -> None:
        outcome = "ok" if self.is_reliable else self._chance.choice(("ok",) * 8 + ("451", "down", "before", "after"))
        if outcome == "451":
            raise DeliveryError("451 try again later")
        if outcome == "down":
            raise ChannelDown("no reply")
        if outcome == "before":
            raise DeliveryError("connection lost before the end of DATA")
        self.received.append(message)
        self._receive(message)
        if outcome == "after":
            self.uncertain[message.message_id] += 1
            raise DeliveryError("connection lost before the 250", uncertain=True)

    def close(self) -> None:
        """There is nothing to close."""


def run(seed: int, database: Database) -> Figures:
    """One run on an empty database. The seed determines everything."""
    return _Run(seed, database).figures()


class _Run:
    def __init__(self, seed: int, database: Database) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.database = database
        self.now = datetime(2099, 3, 2, 9, tzinfo=UTC) + timedelta(minutes=self.chance.randrange(60 * 24 * 14))
        self.people = People(f"people {seed}", (0, 2, 0, 1)[seed % 4], database, self._clock)
        self.sink = Sink(self.chance, self.people.receive)
        self.counts = Figures(runs=1)
        self.fetcher = FakeFetcher(lambda: self.now, html(PAST))
        self.addresses = [f"p{number}@example.org" for number in range(self.chance.randint(1, 3))]

    def figures(self) -> Figures:
        self._subscribe()
        self._round(KillSwitch())
        for cities in range(1, self.chance.randint(2, 4)):
            self.fetcher.body = self._page(cities)
            for _ in range(self.chance.randint(1, 2)):
                self._round(self._switch())
                self._act()
                self.now += timedelta(minutes=self.chance.choice((1, 7, 45, 60 * 11)))
        self.sink.is_reliable = True
        for _ in range(12):  # each longer than any lease or pause; together long enough for two weekly digests
            self.now += timedelta(hours=31)
            self._round(KillSwitch())
        self._count(cities)
        return self.counts

    def _switch(self) -> KillSwitch:
        """Where the next round is killed, and where people act meanwhile."""
        switch, chance = KillSwitch(self.chance.choice(POINTS), self.chance.randint(1, 3)), self.people.chance
        if self.people.people and chance.random() < 0.6:
            switch = KillSwitch(chance.choice((*REQUEST_POINTS, *POINTS, None)), chance.randint(1, 3))
        if self.people.people and chance.random() < 0.5:
            switch.meanwhile[chance.choice(MEANWHILE)] = self.people.interrupt
        return switch

    def _act(self) -> None:
        """Let people act, and let what they asked for arrive, so that they can go on."""
        if not self.people.people:
            return
        known = Checks(self.database).known()
        self.people.keys = (
            {place(one.edition): one.key for one in known.editions if one.edition.section != "past"} if known else {}
        )
        for _ in range(self.people.chance.randint(1, 3)):
            self.people.act()
            self.now += timedelta(minutes=self.people.chance.choice((0, 1, 7, 90)))
            self._round(self._switch())

    def _subscribe(self) -> None:
        store = Subscriptions(self.database)
        for address in self.addresses:
            for _ in range(self.chance.randint(1, 2)):
                schedule = Schedule(
                    self.chance.choice(FREQUENCIES), self.chance.randrange(24), self.chance.randrange(7)
                )
                store.add(SubscriptionRequest(address, schedule=schedule), self.now)

    def _page(self, cities: int) -> str:
        """The page with the first `cities` editions."""
        lines = [f"> {city} – {day} June 2099" for day, city in enumerate(CITIES[:cities], 1)]
        return html(" ;; ".join([*lines, PAST]))

    def _round(self, switch: KillSwitch) -> None:
        self.has_written = False
        try:
            self._run_program(switch)
        except Killed:
            self.counts.kills[switch.reached[-1]] += 1
            if switch.reached[-1] in ("after the 250", "after the mark") and not self._is_marked():
                self.sink.uncertain[self.sink.received[-1].message_id] += 1
        self.people.end_round(has_written=self.has_written)

    def _is_marked(self) -> bool:
        """Whether the last message that was accepted is recorded as sent: a circuit may have been closed first."""
        has_id = deliveries.c.message_id == self.sink.received[-1].message_id
        with self.database.read() as connection:
            return connection.execute(select(deliveries.c.outcome).where(has_id)).scalar() == "sent"

    def _run_program(self, switch: KillSwitch) -> None:
        database = KillableDatabase(self.database, switch)
        check_page(PageRef(URL, "initiative"), self.fetcher, Checks(database), self._clock)
        database.phase = "enqueue"
        enqueue(MatchQueue(database), self.now)
        database.phase = "requests"
        self._write_requested(database)
        self.has_written = True
        database.phase = "plan"
        composer = MessageComposer(
            _render, message_ids("a@example.org"), Installation(database).key(), Incidents(database)
        )
        compose(MatchQueue(database), composer, self._clock)
        database.phase = "deliver"
        channels = {"mail": KillableSender(self.sink, switch)}
        deliver(Deliveries(database), channels, self._clock, self.chance.random)

    def _write_requested(self, database: Database) -> None:
        new_id, asked = message_ids("a@example.org"), MailRequests(database)

        def mail(address: str, kind: str, token: str = "") -> Message:
            return Message(address, Body(kind, self.now.isoformat(), ""), new_id(), token=token, unsubscribes=False)

        Signups(database).write_mails(lambda request, token: mail(request.address, "opt-in", token), self.now)
        asked.write_links(lambda request, token: mail(request.address, "link", token), self.now)
        asked.write_exports(lambda request, _: mail(request.address, "export"), self.now)

    def _clock(self) -> datetime:
        return self.now

    def _count(self, cities: int) -> None:
        notified: defaultdict[tuple[str, str], set[str]] = defaultdict(set)  # to the Message-IDs
        for message in self.sink.received:
            for city in CITIES:
                if city in message.text:
                    notified[message.address, city].add(message.message_id)
        due = [(address, city) for address in self.addresses for city in CITIES[:cities]]
        times = Counter(message.message_id for message in self.sink.received)
        repeated = {message_id: count - 1 for message_id, count in times.items() if count > 1}
        self.counts.due = len(due)
        self.counts.lost = sum(not notified[key] for key in due)
        self.counts.duplicates = sum(repeated.values())
        excess = sum(max(0, count - self.sink.uncertain[message_id]) for message_id, count in repeated.items())
        self.counts.unexplained = excess + sum(len(notified[key]) > 1 for key in due)
        self._count_people(list(CITIES[:cities]))
        if self.counts.lost or self.counts.unexplained or self.counts.unwanted:
            self.counts.bad_seeds.append(self.seed)

    def _count_people(self, cities: list[str]) -> None:
        lost, unwanted = self.people.due.lost(cities), self.people.unwanted()
        self.counts.due += self.people.due.count(cities)
        self.counts.lost += len(lost)
        self.counts.unwanted = len(unwanted)
        self.counts.faults += [f"seed {self.seed}: {fault}" for fault in (*(f"lost: {one}" for one in lost), *unwanted)]
        self.counts.kills.update(self.people.killed)


def _render(contents: Contents, chat: bool, zone: object, *_: object) -> Body:
    """The places that are announced, without the usual wording, which does not matter here."""
    places = [place(recorded.change.after) for recorded in contents.changes if recorded.change.after]  # type: ignore[arg-type]
    if contents.welcome:
        places += [place(known.edition) for known in contents.welcome.editions]
    return Body("News", f"{' · '.join(places)}\n2000-01-01", "")
