"""What is due to people who subscribe on the site (`people.py`), from what they have done and what has arrived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Literal

from cmr_watch.models.recipients import Message, Purpose

State = Literal["stranger", "subscribed", "left", "erased"]
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail that the mail server accepted. Its body says what it is, and when it was written."""

    at: datetime
    message: Message

    @property
    def kind(self) -> str:
        return self.message.subject

    @property
    def written_at(self) -> datetime:
        return datetime.fromisoformat(self.message.text.splitlines()[-1])


@dataclass(frozen=True, slots=True)
class Asked:
    """A mail that was asked for, and the round of the program before which it was."""

    kind: Purpose
    at: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Muted:
    """`position`: the number of arrivals before. `in_flight`: the mails that were being sent."""

    position: int
    in_flight: frozenset[str]


@dataclass
class Person:
    """A person, and what they did. Positions are numbers of arrivals, so that they order acts and mails."""

    address: str
    state: State = "stranger"
    asked: list[Asked] = field(default_factory=list)
    states: list[tuple[int, int, State]] = field(default_factory=list)
    """The position, the round and the new state."""
    pauses: list[tuple[int, datetime]] = field(default_factory=list)
    """The position and the end; the last one counts."""
    muted: dict[str, Muted] = field(default_factory=dict)
    """What was muted last, by city; kept when it is undone, as nothing comes back."""
    unmuted: set[str] = field(default_factory=set)
    exempt: set[str] = field(default_factory=set)
    """Message-IDs of mails that were being sent at the moment of an act."""
    used: set[str] = field(default_factory=set)
    """Tokens that confirmed."""
    unfinished: str = ""
    """A token whose confirmation was killed, and is to be confirmed again."""
    faults: list[str] = field(default_factory=list)


def mails(arrivals: Sequence[Arrival], person: Person, kind: str = "") -> Iterator[tuple[int, Arrival]]:
    """What has arrived for a person, with the positions."""
    for position, mail in enumerate(arrivals):
        if mail.message.address == person.address and kind in ("", mail.kind):
            yield position, mail


@dataclass(frozen=True, slots=True)
class Due:
    """What was due. `rounds`: when the program ran, and whether it wrote the mails that were asked for."""

    people: Sequence[Person]
    arrivals: Sequence[Arrival]
    rounds: Sequence[tuple[datetime, bool]]

    def count(self, cities: list[str]) -> int:
        """How many messages, of those that must have arrived."""
        return sum(len(list(self._due_requests(one))) + len(self._due_cities(one, cities)) for one in self.people)

    def lost(self, cities: list[str]) -> list[str]:
        """What was due and has not arrived."""
        return [fault for person in self.people for fault in self._lost(person, cities)]

    def unwanted(self) -> list[str]:
        """What has arrived and should not have, or twice."""
        return [fault for person in self.people for fault in (*person.faults, *self._unwanted(person))]

    def _lost(self, person: Person, cities: list[str]) -> Iterator[str]:
        for asked, until in self._due_requests(person):
            written = [mail.written_at for _, mail in mails(self.arrivals, person, asked.kind)]
            if not any(asked.at - DAY < at <= until for at in written):
                yield f"{person.address}: {asked.kind} of {asked.at}"
        since = person.states[-1][0] if person.states else 0
        for city in self._due_cities(person, cities):
            ids = {
                mail.message.message_id
                for at, mail in mails(self.arrivals, person, "News")
                if city in mail.message.text and at >= since
            }
            if not ids:
                yield f"{person.address}: {city}"

    def _due_requests(self, person: Person) -> Iterator[tuple[Asked, datetime]]:
        """The requests whose mail must have come, with the time by which it was written."""
        for asked in person.asked:
            done = next((n for n in range(asked.number, len(self.rounds)) if self.rounds[n][1]), None)
            if done is not None and person.state != "erased" and self._may_have(person, asked, done):
                yield asked, self.rounds[done][0]

    def _may_have(self, person: Person, asked: Asked, done: int) -> bool:
        """Whether the mail is for a person in any state that this one was in, from the request to the round."""
        before: State = next(
            (state for _, number, state in reversed(person.states) if number < asked.number), "stranger"
        )
        during = [state for _, number, state in person.states if asked.number <= number <= done]
        wanted = {"link": {"subscribed"}, "export": {"subscribed", "left"}}.get(asked.kind)
        return wanted is None or {before, *during} <= wanted

    def _due_cities(self, person: Person, cities: list[str]) -> list[str]:
        return [city for city in cities if city not in person.muted] if person.state == "subscribed" else []

    def _unwanted(self, person: Person) -> Iterator[str]:
        told: dict[tuple[int, str], set[str]] = {}
        for position, mail in mails(self.arrivals, person):
            where = f"{person.address}, {mail.at}: {mail.kind}"
            life, state = self._state(person, position)
            if state == "erased" and mail.message.message_id not in person.exempt:
                yield f"{where} after the erasure"
            if mail.kind != "News" or mail.message.message_id in person.exempt:
                continue
            if state != "subscribed":
                yield f"{where} although {state}"
            if mail.at < self._paused_until(person, position, mail.at):
                yield f"{where} in a pause"
            for city in mail.message.text.splitlines()[0].split(" · "):
                told.setdefault((life, city), set()).add(mail.message.message_id)
                yield from self._muted(person, city, position, mail)
        yield from (
            f"{person.address}: {key} in {len(ids)} mails" for key, ids in told.items() if key[1] and len(ids) > 1
        )
        yield from self._too_often(person)

    def _muted(self, person: Person, city: str, position: int, mail: Arrival) -> Iterator[str]:
        muted = person.muted.get(city)
        if muted is None or position < muted.position or mail.message.message_id in muted.in_flight:
            return
        if city not in person.unmuted:  # when it is undone, a welcome shows it again
            yield f"{person.address}, {mail.at}: {city}, which is muted"

    def _too_often(self, person: Person) -> Iterator[str]:
        for kind in ("opt-in", "link", "export"):
            written = {mail.message.message_id: mail.written_at for _, mail in mails(self.arrivals, person, kind)}
            times = sorted(written.values())
            for first, second in pairwise(times):
                if second - first < DAY:
                    yield f"{person.address}: {kind} at {first} and at {second}"

    def _state(self, person: Person, position: int) -> tuple[int, State]:
        """The number of the change of state before a position, and the state."""
        past = [(number, state) for number, (at, _, state) in enumerate(person.states, 1) if at <= position]
        return past[-1] if past else (0, "stranger")

    def _paused_until(self, person: Person, position: int, at: datetime) -> datetime:
        return next((until for start, until in reversed(person.pauses) if start <= position), at)
