"""People who subscribe on the site, and then pause, mute, change, leave and are erased; and what is due to them.

They act through `Desk`, as the forms of the site do, and know only what arrived in their mail. What they have done is
noted in `Person`, from which `people_due.py` says what should have arrived, independent of the code under test.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from cmr_watch.languages import LANGUAGES
from cmr_watch.models.mail_requests import MailRequest, Managed, RequestKind
from cmr_watch.models.muting import ItemRef
from cmr_watch.models.recipients import Message, Purpose, Schedule, SubscriptionRequest
from cmr_watch.models.signups import Signup
from cmr_watch.notify import tokens
from cmr_watch.store.database import Database
from cmr_watch.store.installation import Installation
from cmr_watch.store.schema import deliveries, subscriptions
from cmr_watch.store.suppression_journal import SuppressionJournal
from cmr_watch.web.public.desk import Desk
from tests.prove.kill_points import WEB_POINTS, KillableDatabase, Killed, KillSwitch
from tests.prove.people_due import Arrival, Asked, Due, Muted, Person, State, mails

LINK_WORKS: Final = timedelta(days=1)
CONFIRMABLE: Final = timedelta(days=7)
FREQUENCIES: Final = ("immediately", "immediately", "daily", "weekly")


class People:
    """Some people, who act now and then. `arrivals` are all mails that have arrived, in order."""

    def __init__(self, seed: str, number: int, database: Database, clock: Callable[[], datetime]) -> None:
        self.chance = random.Random(seed)
        self.people = [Person(f"s{one}@example.org") for one in range(number)]
        self.arrivals: list[Arrival] = []
        self.killed: Counter[str] = Counter()
        self._database, self._clock = database, clock
        self._key = Installation(database).key()
        self._rounds: list[tuple[datetime, bool]] = []
        self.keys: dict[str, str] = {}
        """The keys of the editions that can be muted, by city."""

    def receive(self, message: Message) -> None:
        """Note what the mail server has accepted."""
        self.arrivals.append(Arrival(self._clock(), message))

    def end_round(self, *, has_written: bool) -> None:
        """Note that the program has run. `has_written`: whether all mails that were asked for were written."""
        self._rounds.append((self._clock(), has_written))

    # ── acts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def act(self, times: int = 2) -> None:
        """Let everybody act."""
        for person in self.people:
            for _ in range(self.chance.randint(0, times)):
                self.act_once(person)

    def interrupt(self) -> None:
        """Let a person act while the program is at work: what is being sent at this moment may still arrive."""
        person = self.chance.choice(self.people)
        person.exempt |= self._in_flight(person)
        noted = len(person.asked)
        self.act_once(person, may_be_killed=False)
        # this round may have written its mails before
        person.asked[noted:] = [replace(one, number=one.number + 1) for one in person.asked[noted:]]

    def act_once(self, person: Person, *, may_be_killed: bool = True) -> None:
        act = self._choose(person)
        is_killed = may_be_killed and self.chance.random() < 0.25
        point, nth = self.chance.choice(WEB_POINTS), self.chance.randint(1, 2)
        switch = KillSwitch(point if is_killed else None, nth)
        try:
            act(person, self._desk(switch))
        except Killed:
            self.killed[switch.reached[-1]] += 1
            if act in (self._end, self._erase) and not self._is_active(person):  # it was committed
                self._move(person, "left" if act == self._end else "erased")
            elif not self._resume_later(person):
                act(person, self._desk(KillSwitch()))

    def _resume_later(self, person: Person) -> bool:
        """Whether a confirmation was killed: it is repeated after the next round."""
        if not person.unfinished:
            return False
        if person.state != "subscribed" and self._is_active(person):
            self._move(person, "subscribed")
        return True

    def _desk(self, switch: KillSwitch) -> Desk:
        database = KillableDatabase(self._database, switch)
        database.phase = "web"
        return Desk(database, SuppressionJournal(None))

    def _choose(self, person: Person) -> Callable[[Person, Desk], None]:
        if person.unfinished:
            return self._confirm
        has_token = self._newest(person, "opt-in") is not None
        if person.state == "subscribed":
            acts = [self._ask, self._ask, self._mute, self._mute, self._unmute, self._leave, self._sign_up]
            acts += [self._pause, self._pause, self._resume, self._change, self._end, self._confirm]
            acts += [self._erase] if self.chance.random() < 0.3 else []
        else:
            acts = [self._sign_up, self._sign_up, self._ask, *[self._confirm] * (4 * has_token)]
        return self.chance.choice(acts)

    def _sign_up(self, person: Person, desk: Desk) -> None:
        schedule = Schedule(self.chance.choice(FREQUENCIES), self.chance.randrange(24), self.chance.randrange(7))
        request = SubscriptionRequest(person.address, schedule=schedule, language=self.chance.choice(list(LANGUAGES)))
        desk.sign_up(Signup(request, "1 en", "192.0.2.0/24", self._clock()))
        self._note(person, "opt-in")

    def _ask(self, person: Person, desk: Desk) -> None:
        kind: RequestKind = self.chance.choice(("link", "link", "export"))
        desk.ask(MailRequest(kind, person.address, "de", "192.0.2.0/24", self._clock()))
        self._note(person, kind)

    def _note(self, person: Person, kind: Purpose) -> None:
        person.asked.append(Asked(kind, self._clock(), len(self._rounds)))

    def _confirm(self, person: Person, desk: Desk) -> None:
        mail = self._newest(person, "opt-in")
        if mail is None:
            return
        token, now = person.unfinished or mail.message.token, self._clock()
        is_due = token == mail.message.token and now < mail.written_at + CONFIRMABLE
        person.unfinished = token
        outcome = desk.confirm(token, now)
        person.unfinished = ""
        if outcome is None and is_due and person.state != "erased" and token not in person.used:
            person.faults.append(f"{now}: a link that should work confirmed nothing")
        if outcome is not None and token in person.used and person.state != "subscribed":
            person.faults.append(f"{now}: a used link started a subscription again")
        if outcome is None:
            return
        if person.state != "subscribed":
            self._move(person, "subscribed")
        elif token not in person.used:
            self._set_pause(person, now)
        person.used.add(token)

    def _leave(self, person: Person, desk: Desk) -> None:
        mail = self._newest(person, "News")
        if mail is not None and desk.leave(mail.message.token, self._clock()) is not None:
            self._move(person, "left")

    def _mute(self, person: Person, desk: Desk, *, undo: bool = False) -> None:
        mail = self._newest(person, "News")
        known = list(person.muted) if undo else list(self.keys)
        number = tokens.find(self._key, mail.message.token) if mail else None
        if number is None or not known:
            return
        city = self.chance.choice(known)
        token = tokens.make_mute(self._key, number, ItemRef("edition", self.keys[city]))
        in_flight = self._in_flight(person)
        try:
            found = desk.mute(token, self._clock(), undo=undo)
        except Killed:  # it may have been committed: the button is pressed again
            found = self._desk(KillSwitch()).mute(token, self._clock(), undo=undo)
        assert found is not None
        assert found.standing.is_subscribed
        if undo:
            person.unmuted.add(city)
        else:
            person.muted[city] = Muted(len(self.arrivals), in_flight)
            person.unmuted.discard(city)

    def _unmute(self, person: Person, desk: Desk) -> None:
        self._mute(person, desk, undo=True)

    # ── with the link ────────────────────────────────────────────────────────────────────────────────────────────

    def _managed(self, person: Person, desk: Desk) -> Managed | None:
        mail = self._newest(person, "link")
        if mail is None:
            return None
        managed = desk.managed(mail.message.token, self._clock())
        if managed is None and self._clock() < mail.written_at + LINK_WORKS and person.state != "erased":
            person.faults.append(f"{self._clock()}: a link that should work opened nothing")
        return managed if managed and managed.active else None

    def _pause(self, person: Person, desk: Desk) -> None:
        managed, until = self._managed(person, desk), self._clock() + timedelta(hours=self.chance.randint(1, 70))
        if managed:
            desk.pause(managed, until, self._clock())
            self._set_pause(person, until)

    def _resume(self, person: Person, desk: Desk) -> None:
        if managed := self._managed(person, desk):
            desk.pause(managed, None, self._clock())
            self._set_pause(person, self._clock())

    def _set_pause(self, person: Person, until: datetime) -> None:
        person.pauses.append((len(self.arrivals), until))

    def _change(self, person: Person, desk: Desk) -> None:
        schedule = Schedule(self.chance.choice(FREQUENCIES), self.chance.randrange(24))
        wanted = SubscriptionRequest(person.address, schedule=schedule, language=self.chance.choice(list(LANGUAGES)))
        if managed := self._managed(person, desk):
            assert desk.change(managed, wanted, self._clock())

    def _end(self, person: Person, desk: Desk) -> None:
        if managed := self._managed(person, desk):
            desk.end(managed, self._clock())
            self._move(person, "left")

    def _erase(self, person: Person, desk: Desk) -> None:
        if managed := self._managed(person, desk):
            desk.erase(managed, self._clock())
            self._move(person, "erased")

    def _move(self, person: Person, state: State) -> None:
        person.states.append((len(self.arrivals), len(self._rounds), state))
        person.state = state
        self._set_pause(person, self._clock())
        if state == "subscribed":  # what was being sent when they left may arrive now, or have arrived
            person.exempt |= self._in_flight(person)

    # ── the mail ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _newest(self, person: Person, kind: str) -> Arrival | None:
        # the links of earlier mails lead nowhere since the address was erased
        erased_at = max((position for position, _, state in person.states if state == "erased"), default=0)
        found = (
            mail
            for position, mail in mails(self.arrivals, person, kind)
            if kind != "News" or (position >= erased_at and mail.message.message_id not in person.exempt)
        )
        return max(found, key=lambda mail: (mail.written_at, mail.at), default=None)

    def _in_flight(self, person: Person) -> frozenset[str]:
        """Message-IDs that a process has claimed, or that may have been accepted."""
        is_theirs = (deliveries.c.mailbox == person.address, deliveries.c.outcome.is_(None))
        is_open = deliveries.c.claim_token.is_not(None) | deliveries.c.uncertain
        with self._database.read() as connection:
            return frozenset(connection.execute(select(deliveries.c.message_id).where(*is_theirs, is_open)).scalars())

    def _is_active(self, person: Person) -> bool:
        is_active = (subscriptions.c.mailbox == person.address, subscriptions.c.status == "active")
        with self._database.read() as connection:
            return connection.execute(select(func.count()).where(*is_active)).scalar_one() > 0

    def unwanted(self) -> list[str]:
        """What should not have been, in the mail and in the outbox."""
        return [*self.due.unwanted(), *self._stored_tokens()]

    @property
    def due(self) -> Due:
        """What was due to everybody."""
        return Due(self.people, self.arrivals, self._rounds)

    def _stored_tokens(self) -> list[str]:
        """Secrets that the outbox should have forgotten."""
        is_done = (deliveries.c.purpose.in_(("opt-in", "link", "export")), deliveries.c.outcome == "sent")
        with self._database.read() as connection:
            kept = select(deliveries.c.id).where(*is_done, deliveries.c.unsubscribe_token != "")
            return [f"the token of delivery {one} is kept" for one in connection.execute(kept).scalars()]
