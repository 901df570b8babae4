"""Fan-out of changes to recipients, and planning."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from cmr_watch.models.planning import Plan, Planned, Recipient
from cmr_watch.models.readings import Known, RecordedChange
from cmr_watch.models.recipients import Message, Subscription, mailbox_of
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.match_queue import MatchQueue, NewMatch
from cmr_watch.store.schema import changes, matches, subscriptions
from cmr_watch.store.subscriptions import Subscriptions
from cmr_watch.store.waiting import is_idle
from tests.factories import MINUTE, NOW, URL, change, message, wanted
from tests.store.test_checks import record


@pytest.fixture
def queue(database: Database) -> MatchQueue:
    return MatchQueue(database)


def commit_changes(database: Database, number: int) -> list[int]:
    """Commit changes that are pending for the fan-out; return their IDs."""
    checks = Checks(database)
    baseline = checks.baseline(URL)
    revision = baseline.revision if baseline else None
    pending = tuple(change(key=f"edition-{index}") for index in range(number))
    return [entry.id for entry in checks.commit(record(outcome="changed", revision=revision, changes=pending)) or ()]


def match_everything(subscriptions: Sequence[Subscription], pending: Sequence[RecordedChange]) -> Iterator[NewMatch]:
    """Match every change to every subscription, due at once."""
    for entry in subscriptions:
        for recorded in pending:
            yield mailbox_of(entry.address), recorded.id, NOW, None


def pending_changes(database: Database) -> list[RecordedChange]:
    """Return the changes that the next fan-out would match."""
    with MatchQueue(database).fan_out_batch(NOW) as batch:
        return list(batch.changes) if batch else []


def fan_out(queue: MatchQueue, now: datetime = NOW, size: int = 1000) -> int | None:
    """Match every change to one batch of subscriptions; return the number of matches, None if nothing is pending."""
    with queue.fan_out_batch(now, size) as batch:
        return batch.save(match_everything(batch.subscriptions, batch.changes)) if batch else None


def fan_out_all(queue: MatchQueue, size: int = 1000) -> list[int]:
    """Complete the fan-out; return the number of matches of each batch."""
    counts = []
    while (count := fan_out(queue, NOW, size)) is not None:
        counts.append(count)
    return counts


def plan_all(queue: MatchQueue, now: datetime = NOW, text: str = "text") -> list[Recipient]:
    """Notify every recipient of all matches; return the recipients that were planned for."""
    planned: list[Recipient] = []

    def plan(recipient: Recipient) -> Planned:
        planned.append(recipient)
        ids = tuple(match.recorded.id for match in recipient.matches)
        if not (ids and recipient.subscriptions):
            return Planned(recipient, Plan(discarded=ids))
        address = recipient.subscriptions[0].address
        return Planned(recipient, Plan(supersedes=True, notified=ids), message(address, *ids, text=text))

    save_plans(queue, plan, now)
    return planned


def save_plans(queue: MatchQueue, plan: Callable[[Recipient], Planned], now: datetime = NOW) -> None:
    """Save this plan for each recipient for whom something is due, batch after batch."""
    while True:
        with queue.batch(now) as batch:
            if batch is None:
                return
            batch.save(plan(recipient) for recipient in batch.recipients)


def subscribe(database: Database, *addresses: str) -> list[Subscription]:
    store = Subscriptions(database)
    return [store.add(wanted(address), NOW) for address in addresses]


# ── fan-out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_pending_changes_are_matched_oldest_first(database: Database, queue: MatchQueue) -> None:
    commit_changes(database, 3)
    assert [entry.change.key for entry in pending_changes(database)] == ["edition-0", "edition-1", "edition-2"]


def test_changes_without_recipients_are_completed_too(database: Database, queue: MatchQueue) -> None:
    commit_changes(database, 2)
    assert not is_idle(database, NOW)
    assert fan_out_all(queue) == [0]
    assert pending_changes(database) == []
    assert is_idle(database, NOW)


def test_an_incident_is_no_work_without_an_operator(database: Database, queue: MatchQueue) -> None:
    Incidents(database).open("fetch-failing", "https://example.org/", "the server answered 503", NOW)
    assert not is_idle(database, NOW)
    assert is_idle(database, NOW, has_operators=False)


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_batches_of_any_size_match_each_recipient_once(database: Database, queue: MatchQueue, size: int) -> None:
    subscribe(database, "a@b.org", "A@b.org", "c@b.org", "d@b.org", "slack://x/y/z")
    commit_changes(database, 2)
    fan_out_all(queue, size)
    with database.read() as connection:
        matched = connection.execute(select(matches.c.mailbox, matches.c.change_id)).all()
    assert Counter(matched) == {
        (mailbox, change_id): 1
        for mailbox in ("a@b.org", "c@b.org", "d@b.org", "slack://x/y/z")
        for change_id in (1, 2)
    }


def test_an_interrupted_fan_out_resumes_at_its_cursor(database: Database, queue: MatchQueue) -> None:
    subscribe(database, *(f"{letter}@b.org" for letter in "abcd"))
    commit_changes(database, 1)
    assert fan_out(queue, NOW, 2) == 2
    commit_changes(database, 1)
    assert [entry.id for entry in pending_changes(database)] == [1], (
        "the newer change waits, to start from the beginning"
    )
    fan_out_all(queue, 2)
    with database.read() as connection:
        counted = Counter(connection.execute(select(matches.c.change_id)).scalars())
    assert counted == {1: 4, 2: 4}


def test_concurrent_fan_outs_create_each_match_once(database: Database) -> None:
    subscribe(database, *(f"{number}@b.org" for number in range(40)))
    commit_changes(database, 5)
    barrier = threading.Barrier(3)

    def enqueue() -> None:
        barrier.wait()
        fan_out_all(MatchQueue(database), 7)

    threads = [threading.Thread(target=enqueue) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fan_out_all(MatchQueue(database))
    with database.read() as connection:
        assert len(connection.execute(select(matches)).all()) == 200


# ── planning ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_planned_messages_are_in_the_outbox(database: Database, queue: MatchQueue) -> None:
    subscribe(database, "a@b.org", "c@b.org")
    commit_changes(database, 2)
    fan_out_all(queue)
    assert {recipient.mailbox for recipient in plan_all(queue)} == {"a@b.org", "c@b.org"}
    messages = [entry.message for entry in Deliveries(database).list()]
    assert [(message.address, message.change_ids) for message in messages] == [
        ("a@b.org", (1, 2)),
        ("c@b.org", (1, 2)),
    ]
    assert plan_all(queue) == [], "nothing is left to plan"


def test_a_message_supersedes_an_unsent_earlier_one(database: Database, queue: MatchQueue) -> None:
    subscribe(database, "a@b.org")
    commit_changes(database, 1)
    fan_out_all(queue)
    plan_all(queue)
    outbox = Deliveries(database)
    (first,) = outbox.claim(NOW)
    outbox.postpone(first, NOW + MINUTE, "451 later")
    commit_changes(database, 1)
    fan_out_all(queue)
    plan_all(queue, NOW + MINUTE)
    old, new = outbox.list()
    assert (old.outcome, new.message.change_ids) == ("superseded", (1, 2))
    assert (new.created_at, new.attempts) == (old.created_at, 1), "it takes over the age and the attempts"


@pytest.mark.parametrize("state", ["claimed", "uncertain"])
def test_a_message_that_may_have_been_sent_is_not_superseded(database: Database, queue: MatchQueue, state: str) -> None:
    subscribe(database, "a@b.org")
    commit_changes(database, 1)
    fan_out_all(queue)
    plan_all(queue)
    outbox = Deliveries(database)
    (first,) = outbox.claim(NOW)
    if state == "uncertain":
        outbox.postpone(first, NOW + MINUTE, "connection lost after the end of the message", uncertain=True)
    commit_changes(database, 1)
    fan_out_all(queue)
    plan_all(queue)
    assert [(entry.message.change_ids, entry.outcome) for entry in outbox.list()] == [((1,), None), ((2,), None)]
    assert outbox.claim(NOW) == (), "the later message waits for it"


def test_ending_a_subscription_withdraws_unsent_messages(database: Database, queue: MatchQueue) -> None:
    (entry,) = subscribe(database, "a@b.org")
    commit_changes(database, 2)
    fan_out_all(queue)
    plan_all(queue)
    Subscriptions(database).end(entry.id, "on request", NOW)
    outbox = Deliveries(database)
    assert outbox.claim(NOW + MINUTE) == ()
    assert [entry.outcome for entry in outbox.list()] == ["superseded"]
    plan_all(queue, NOW + MINUTE)
    assert outbox.counts()["pending"] == 0
    assert is_idle(database, NOW + MINUTE)


def test_a_lease_is_not_renewed_after_its_subscription_has_ended(database: Database, queue: MatchQueue) -> None:
    (entry,) = subscribe(database, "a@b.org")
    commit_changes(database, 1)
    fan_out_all(queue)
    plan_all(queue)
    outbox = Deliveries(database)
    (claimed,) = outbox.claim(NOW)
    Subscriptions(database).end(entry.id, "on request", NOW)
    assert not outbox.renew(claimed, NOW)
    assert outbox.cancel_unwanted(NOW + timedelta(minutes=6)) == 1


def test_matches_without_a_subscription_are_discarded(database: Database, queue: MatchQueue) -> None:
    (entry,) = subscribe(database, "a@b.org")
    commit_changes(database, 1)
    fan_out_all(queue)
    Subscriptions(database).end(entry.id, "on request", NOW)
    (recipient,) = plan_all(queue)
    assert (recipient.subscriptions, len(recipient.matches)) == ((), 1)
    assert Deliveries(database).list() == ()


def test_changed_options_are_planned_again(database: Database, queue: MatchQueue) -> None:
    store = Subscriptions(database)
    store.sync([wanted(name="ada")], NOW)
    commit_changes(database, 1)
    fan_out_all(queue)
    with database.write() as connection:
        connection.execute(update(matches).values(due_at=NOW + timedelta(days=5)))
        connection.execute(update(changes).values(enqueued_at=NOW))
    plan_all(queue)
    store.sync([wanted(name="ada", still_watching=True)], NOW)
    (recipient,) = plan_all(queue)
    assert [match.due_at for match in recipient.matches] == [NOW]


def test_many_messages_with_the_same_body(database: Database, queue: MatchQueue) -> None:
    subscribe(database, *(f"{number:04}@b.org" for number in range(1200)))
    commit_changes(database, 1)
    assert fan_out_all(queue, 500) == [500, 500, 200]
    plan_all(queue)
    outbox = Deliveries(database)
    assert outbox.counts()["pending"] == 1200
    first: Message = outbox.claim(NOW)[0].message
    assert (first.address, first.text) == ("0000@b.org", "text")


def test_planning_at_work_does_not_lose_that_recipients_are_due_again(database: Database) -> None:
    """It has read what is known before the calls change, and stores its plan, without a next action, afterwards."""
    Subscriptions(database).add(wanted("ada@example.org"), NOW)
    checks = Checks(database)
    checks.commit(record())
    other_calls = record(outcome="changed", revision=1, known=Known(), checked_at=NOW + MINUTE)
    with ThreadPoolExecutor() as threads:
        with MatchQueue(database).batch(NOW) as batch:
            assert batch is not None
            check = threads.submit(checks.commit, other_calls)
            assert not wait([check], timeout=0.5).done, "it waits for the planning"
            batch.save([Planned(recipient, Plan()) for recipient in batch.recipients])
        check.result()
    with database.read() as connection:
        assert connection.execute(select(subscriptions.c.next_action_at)).scalar() == NOW + MINUTE
