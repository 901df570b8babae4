from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from cmr_watch.models import Message, Plan, Planned, Recipient, RecordedChange, Subscription, mailbox_of
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.match_queue import Found, MatchQueue
from cmr_watch.store.schema import changes, matches
from cmr_watch.store.subscriptions import Subscriptions
from tests.factories import MINUTE, NOW, URL, change, message, wanted
from tests.store.test_checks import record


@pytest.fixture
def news(database: Database) -> MatchQueue:
    return MatchQueue(database)


def commit_changes(database: Database, number: int) -> list[int]:
    """Changes that nobody was told of yet; their ids."""
    checks = Checks(database)
    baseline = checks.baseline(URL)
    revision = baseline.revision if baseline else None
    told = tuple(change(key=f"edition-{index}") for index in range(number))
    return [entry.id for entry in checks.commit(record(outcome="changed", revision=revision, changes=told)) or ()]


def everything(subscriptions: Sequence[Subscription], pending: Sequence[RecordedChange]) -> Iterator[Found]:
    """Everybody hears of everything, at once."""
    for entry in subscriptions:
        for one in pending:
            yield mailbox_of(entry.address), one.id, NOW, None


def spread(news: MatchQueue, size: int = 1000) -> list[int]:
    counts = []
    while (found := news.fan_out(everything, NOW, size)) is not None:
        counts.append(found)
    return counts


def tell(news: MatchQueue, now: datetime = NOW, text: str = "words") -> list[Recipient]:
    """Everybody is told all of it; whom there was to decide for."""
    met: list[Recipient] = []

    def plan(recipient: Recipient) -> Planned:
        met.append(recipient)
        ids = tuple(match.recorded.id for match in recipient.matches)
        if not (ids and recipient.subscriptions):
            return Planned(recipient, Plan(discarded=ids))
        address = recipient.subscriptions[0].address
        return Planned(recipient, Plan(supersedes=True, notified=ids), message(address, *ids, text=text))

    while news.plan(lambda known, moves: plan, now):
        pass
    return met


def subscribed(database: Database, *addresses: str) -> list[Subscription]:
    store = Subscriptions(database)
    return [store.add(wanted(address), NOW) for address in addresses]


# ── spreading ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_pending_changes_come_oldest_first(database: Database, news: MatchQueue) -> None:
    commit_changes(database, 3)
    assert [entry.change.key for entry in news.pending()] == ["edition-0", "edition-1", "edition-2"]
    assert [entry.id for entry in news.pending(limit=2)] == [1, 2]


def test_changes_that_nobody_wants_are_marked_too(database: Database, news: MatchQueue) -> None:
    commit_changes(database, 2)
    assert not news.is_idle(NOW)
    assert spread(news) == [0]
    assert news.pending() == ()
    assert news.is_idle(NOW)


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_pieces_of_any_size_find_everybody_once(database: Database, news: MatchQueue, size: int) -> None:
    subscribed(database, "a@b.org", "A@b.org", "c@b.org", "d@b.org", "slack://x/y/z")
    commit_changes(database, 2)
    spread(news, size)
    with database.read() as connection:
        found = connection.execute(select(matches.c.mailbox, matches.c.change_id)).all()
    assert Counter(found) == {
        (box, one): 1 for box in ("a@b.org", "c@b.org", "d@b.org", "slack://x/y/z") for one in (1, 2)
    }


def test_a_spread_that_was_broken_off_goes_on_from_there(database: Database, news: MatchQueue) -> None:
    subscribed(database, *(f"{letter}@b.org" for letter in "abcd"))
    commit_changes(database, 1)
    assert news.fan_out(everything, NOW, 2) == 2
    commit_changes(database, 1)
    assert [entry.id for entry in news.pending()] == [1], "the newer one begins with everybody, after the older one"
    spread(news, 2)
    with database.read() as connection:
        counted = Counter(connection.execute(select(matches.c.change_id)).scalars())
    assert counted == {1: 4, 2: 4}


def test_of_many_threads_each_match_is_made_once(database: Database) -> None:
    subscribed(database, *(f"{number}@b.org" for number in range(40)))
    commit_changes(database, 5)
    barrier = threading.Barrier(3)

    def enqueue() -> None:
        barrier.wait()
        spread(MatchQueue(database), 7)

    threads = [threading.Thread(target=enqueue) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spread(MatchQueue(database))
    with database.read() as connection:
        assert len(connection.execute(select(matches)).all()) == 200


# ── planning ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_told_stands_in_the_outbox(database: Database, news: MatchQueue) -> None:
    subscribed(database, "a@b.org", "c@b.org")
    commit_changes(database, 2)
    spread(news)
    assert {person.mailbox for person in tell(news)} == {"a@b.org", "c@b.org"}
    found = Deliveries(database).list()
    assert [(entry.message.address, entry.message.change_ids) for entry in found] == [
        ("a@b.org", (1, 2)),
        ("c@b.org", (1, 2)),
    ]
    assert tell(news) == [], "nobody is decided for twice"


def test_a_later_message_absorbs_an_unsent_earlier_one(database: Database, news: MatchQueue) -> None:
    subscribed(database, "a@b.org")
    commit_changes(database, 1)
    spread(news)
    tell(news)
    outbox = Deliveries(database)
    (first,) = outbox.claim(NOW)
    outbox.postpone(first, NOW + MINUTE, "451 later")
    commit_changes(database, 1)
    spread(news)
    tell(news, NOW + MINUTE)
    old, new = outbox.list()
    assert (old.outcome, new.message.change_ids) == ("superseded", (1, 2))
    assert (new.created_at, new.attempts) == (old.created_at, 1), "it takes over age and tries"


@pytest.mark.parametrize("state", ["claimed", "uncertain"])
def test_what_may_have_arrived_is_not_absorbed(database: Database, news: MatchQueue, state: str) -> None:
    subscribed(database, "a@b.org")
    commit_changes(database, 1)
    spread(news)
    tell(news)
    outbox = Deliveries(database)
    (first,) = outbox.claim(NOW)
    if state == "uncertain":
        outbox.postpone(first, NOW + MINUTE, "the line broke after the last dot", uncertain=True)
    commit_changes(database, 1)
    spread(news)
    tell(news)
    assert [(entry.message.change_ids, entry.outcome) for entry in outbox.list()] == [((1,), None), ((2,), None)]
    assert outbox.claim(NOW) == (), "and the later one waits for it"


def test_who_ended_gets_nothing_more(database: Database, news: MatchQueue) -> None:
    (entry,) = subscribed(database, "a@b.org")
    commit_changes(database, 2)
    spread(news)
    tell(news)
    Subscriptions(database).end(entry.id, "asked to", NOW)
    outbox = Deliveries(database)
    assert outbox.claim(NOW + MINUTE) == ()
    assert [entry.outcome for entry in outbox.list()] == ["superseded"]
    tell(news, NOW + MINUTE)
    assert outbox.counts()["pending"] == 0
    assert news.is_idle(NOW + MINUTE)


def test_one_that_is_claimed_when_its_reader_ends_is_not_renewed(database: Database, news: MatchQueue) -> None:
    (entry,) = subscribed(database, "a@b.org")
    commit_changes(database, 1)
    spread(news)
    tell(news)
    outbox = Deliveries(database)
    (claimed,) = outbox.claim(NOW)
    Subscriptions(database).end(entry.id, "asked to", NOW)
    assert not outbox.renew(claimed, NOW)
    assert outbox.cancel_unwanted(NOW + timedelta(minutes=6)) == 1


def test_without_a_subscription_matches_are_dropped(database: Database, news: MatchQueue) -> None:
    (entry,) = subscribed(database, "a@b.org")
    commit_changes(database, 1)
    spread(news)
    Subscriptions(database).end(entry.id, "asked to", NOW)
    (person,) = tell(news)
    assert (person.subscriptions, len(person.matches)) == ((), 1)
    assert Deliveries(database).list() == ()


def test_other_wishes_are_looked_at_anew(database: Database, news: MatchQueue) -> None:
    store = Subscriptions(database)
    store.sync([wanted(name="ada")], NOW)
    commit_changes(database, 1)
    spread(news)
    with database.write() as connection:
        connection.execute(update(matches).values(due_at=NOW + timedelta(days=5)))
        connection.execute(update(changes).values(enqueued_at=NOW))
    tell(news)
    store.sync([wanted(name="ada", still_watching=True)], NOW)
    (person,) = tell(news)
    assert [match.due_at for match in person.matches] == [NOW]


def test_many_messages_of_the_same_words(database: Database, news: MatchQueue) -> None:
    subscribed(database, *(f"{number:04}@b.org" for number in range(1200)))
    commit_changes(database, 1)
    assert spread(news, 500) == [500, 500, 200]
    tell(news)
    outbox = Deliveries(database)
    assert outbox.counts()["pending"] == 1200
    first: Message = outbox.claim(NOW)[0].message
    assert (first.address, first.text) == ("0000@b.org", "words")
