from __future__ import annotations

import logging
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from cmr_watch.models import Message, mailbox_of
from cmr_watch.store import plan_writer, row_mapping
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.deliveries import LEASE, Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.schema import bodies, subscriptions
from cmr_watch.store.subscriptions import Subscriptions
from tests.factories import MINUTE, NOW, message, wanted

ROOT = Path(__file__).parents[2]
SLACK = "slack://token/a/b"


@pytest.fixture
def deliveries(database: Database) -> Deliveries:
    return Deliveries(database)


def put(database: Database, *messages: Message) -> None:
    """Messages in the outbox, in this order, and somebody who is subscribed at each address."""
    with database.write() as connection:
        for address in {entry.address for entry in messages}:
            subscribe(connection, address)
        for entry in messages:
            plan_writer.insert_message(database, connection, entry, "news", NOW)


def subscribe(connection: Connection, address: str) -> None:
    row = {"address": address, "mailbox": mailbox_of(address), "status": "active", "consent": "operator"}
    wishes = {**row_mapping.request_row(wanted(address)), "after_change_id": 0, "created_at": NOW, "activated_at": NOW}
    there = subscriptions.c.mailbox == mailbox_of(address)
    if connection.execute(select(subscriptions.c.id).where(there)).first() is None:
        connection.execute(subscriptions.insert(), {**row, **wishes, "welcomed_at": NOW})


def send_to(deliveries: Deliveries, *addresses: str) -> None:
    """One message to each address, in this order."""
    put(deliveries._database, *(message(address) for address in addresses))


def test_a_hostile_text_is_no_poison(database: Database, deliveries: Deliveries) -> None:
    hostile = "a\0b\ud800c"
    put(database, message("ada@example.org", subject=hostile, text=hostile, html=hostile), message("bob@example.org"))
    stored = deliveries.list()[0].message
    assert (stored.subject, stored.text, stored.html) == ("a\ufffdb\ufffdc",) * 3


def test_the_same_words_are_kept_once(database: Database, deliveries: Deliveries) -> None:
    put(database, *(message(f"{number}@example.org") for number in range(3)), message("x@example.org", text="other"))
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(bodies)).scalar_one() == 2
    first, second, *_ = deliveries.list()
    assert first.message.body is second.message.body


# ── messages are claimed and marked ──────────────────────────────────────────────────────────────────────────────


def test_a_claim_takes_what_is_due_and_holds_it(deliveries: Deliveries) -> None:
    send_to(deliveries, "ada@example.org", "bob@example.org", "eve@example.org")
    first = deliveries.claim(NOW, limit=2)
    assert [entry.message.address for entry in first] == ["ada@example.org", "bob@example.org"]
    assert all(entry.claim for entry in first)
    assert [entry.message.address for entry in deliveries.claim(NOW)] == ["eve@example.org"]
    assert deliveries.claim(NOW) == ()


def test_a_lease_that_ran_out_is_claimed_by_another(deliveries: Deliveries) -> None:
    send_to(deliveries, "ada@example.org")
    (first,) = deliveries.claim(NOW)
    assert deliveries.claim(NOW + LEASE) == ()
    (second,) = deliveries.claim(NOW + LEASE + timedelta(seconds=1))
    assert (second.id, second.claim != first.claim) == (first.id, True)
    assert (first.uncertain, second.uncertain) == (False, True), "the first may have sent it, and never came to say so"
    assert not deliveries.renew(first, NOW)
    assert not deliveries.finish(first, "sent", NOW)
    assert not deliveries.postpone(first, NOW, "late")
    deliveries.release(first)
    assert deliveries.renew(second, NOW)
    assert deliveries.finish(second, "sent", NOW)


def test_a_renewed_lease_holds_on(deliveries: Deliveries) -> None:
    send_to(deliveries, "ada@example.org")
    (delivery,) = deliveries.claim(NOW)
    assert deliveries.renew(delivery, NOW + 4 * MINUTE)
    assert deliveries.claim(NOW + 8 * MINUTE) == ()
    assert len(deliveries.claim(NOW + 10 * MINUTE)) == 1


def test_released_is_free_again_and_not_counted(deliveries: Deliveries) -> None:
    send_to(deliveries, "ada@example.org")
    (delivery,) = deliveries.claim(NOW)
    deliveries.release(delivery)
    (again,) = deliveries.claim(NOW)
    assert again.attempts == 0


def test_postponed_waits_with_its_reason(deliveries: Deliveries) -> None:
    send_to(deliveries, "ada@example.org")
    (delivery,) = deliveries.claim(NOW)
    assert deliveries.postpone(delivery, NOW + MINUTE, "451 later")
    assert deliveries.claim(NOW) == ()
    (again,) = deliveries.claim(NOW + MINUTE)
    assert (again.attempts, again.last_error) == (1, "451 later")
    assert deliveries.failing() == (again,)
    assert not deliveries.finish(delivery, "sent", NOW)


@pytest.mark.parametrize(("outcome", "attempts"), [("sent", 1), ("failed", 1), ("logged", 0)])
def test_finished_is_final(deliveries: Deliveries, outcome: str, attempts: int) -> None:
    send_to(deliveries, "ada@example.org")
    (delivery,) = deliveries.claim(NOW)
    assert deliveries.finish(delivery, outcome, NOW + MINUTE, "550 no")  # type: ignore[arg-type]
    assert not deliveries.finish(delivery, "sent", NOW)
    assert deliveries.claim(NOW + timedelta(days=1)) == ()
    (done,) = deliveries.list(outcome)  # type: ignore[arg-type]
    assert (done.outcome, done.done_at, done.attempts) == (outcome, NOW + MINUTE, attempts)
    assert (done.last_error, done.claim) == ("550 no", None)


def test_to_one_address_in_order(deliveries: Deliveries) -> None:
    send_to(deliveries, "ada@example.org", "ada@example.org", "bob@example.org")
    first, bob = deliveries.claim(NOW)
    assert (first.id, bob.message.address) == (1, "bob@example.org")
    deliveries.postpone(first, NOW + MINUTE, "451")
    assert deliveries.claim(NOW) == ()
    (first,) = deliveries.claim(NOW + MINUTE)
    deliveries.finish(first, "failed", NOW)
    assert [entry.id for entry in deliveries.claim(NOW)] == [2]


def test_oldest_due_first(deliveries: Deliveries) -> None:
    send_to(deliveries, "ada@example.org", "bob@example.org")
    ada, bob = deliveries.claim(NOW)
    deliveries.postpone(ada, NOW + 2 * MINUTE, "451")
    deliveries.postpone(bob, NOW + MINUTE, "451")
    (first,) = deliveries.claim(NOW + 2 * MINUTE, limit=1)
    assert first.message.address == "bob@example.org"


def work(database: Database, done: list[int]) -> None:
    deliveries = Deliveries(database)
    while batch := deliveries.claim(NOW, limit=3):
        for delivery in batch:
            assert deliveries.renew(delivery, NOW)
            assert deliveries.finish(delivery, "sent", NOW)
            done.append(delivery.id)


def test_threads_share_the_work(database: Database, deliveries: Deliveries) -> None:
    send_to(deliveries, *(f"{number}@example.org" for number in range(60)))
    done: list[int] = []
    threads = [threading.Thread(target=work, args=(database, done)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(1, 61))
    assert deliveries.counts() == {"pending": 0, "sent": 60, "logged": 0, "failed": 0}


WORKER = """
import sys
from cmr_watch.store.database import open_database
from tests.store.test_deliveries import work

done = []
database = open_database(sys.argv[1])
sys.stdin.readline()
work(database, done)
print(*done)
"""


def test_two_processes_share_the_work(database_url: str) -> None:
    with closing(open_database(database_url)) as database:
        deliveries = Deliveries(database)
        send_to(deliveries, *(f"{number}@example.org" for number in range(60)))
        command = [sys.executable, "-c", WORKER, database_url]
        workers = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
            for _ in range(2)
        ]
        done = [int(line) for worker in workers for line in worker.communicate("go\n", timeout=60)[0].split()]
        assert sorted(done) == list(range(1, 61))
        assert deliveries.counts()["sent"] == 60


def test_a_claim_skips_what_another_process_is_claiming(database: Database, deliveries: Deliveries) -> None:
    if database.path is not None:
        return  # one writer at a time: nobody can look in the middle of a claim
    send_to(deliveries, "ada@example.org", "bob@example.org")
    with database.write() as connection:
        connection.exec_driver_sql("SELECT id FROM deliveries WHERE id = 1 FOR UPDATE")
        assert [entry.id for entry in deliveries.claim(NOW)] == [2]


# ── trouble ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_set_aside_is_an_incident_of_its_address(
    database: Database, deliveries: Deliveries, caplog: pytest.LogCaptureFixture
) -> None:
    send_to(deliveries, SLACK, SLACK)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            deliveries.finish(deliveries.claim(NOW)[0], "failed", NOW, "404 no such hook")
    (incident,) = Incidents(database).unresolved()
    assert (incident.kind, incident.subject) == ("delivery-failed", SLACK)
    assert incident.detail == "404 no such hook"
    assert caplog.messages == ["delivery 1 was set aside, nobody will try again: see cmr-watch deliveries list"]


def test_the_incident_ends_when_something_is_sent_there(database: Database, deliveries: Deliveries) -> None:
    send_to(deliveries, SLACK, SLACK)
    deliveries.finish(deliveries.claim(NOW)[0], "failed", NOW, "404")
    deliveries.finish(deliveries.claim(NOW)[0], "sent", NOW)
    assert Incidents(database).unresolved() == ()


def test_retry_makes_due_what_waits_or_was_set_aside(database: Database, deliveries: Deliveries) -> None:
    send_to(deliveries, "a@b.org", "b@b.org", "c@b.org", "d@b.org")
    sent, logged, aside, waiting = deliveries.claim(NOW)
    deliveries.finish(sent, "sent", NOW)
    deliveries.finish(logged, "logged", NOW)
    deliveries.finish(aside, "failed", NOW, "550 no")
    deliveries.postpone(waiting, NOW + timedelta(days=1), "451 later")
    assert deliveries.retry(None, NOW + MINUTE) == 2
    assert Incidents(database).unresolved() == ()
    found = deliveries.claim(NOW + MINUTE)
    assert [(entry.id, entry.attempts, entry.outcome, entry.done_at) for entry in found] == [
        (3, 0, None, None),
        (4, 0, None, None),
    ]


def test_retry_by_id_leaves_the_others(deliveries: Deliveries) -> None:
    send_to(deliveries, "a@b.org", "b@b.org", "c@b.org")
    first, second, third = deliveries.claim(NOW)
    deliveries.finish(first, "failed", NOW)
    deliveries.finish(second, "failed", NOW)
    deliveries.finish(third, "sent", NOW)
    assert deliveries.retry([first.id, third.id, 99], NOW) == 1
    assert deliveries.counts() == {"pending": 1, "sent": 1, "logged": 0, "failed": 1}


def test_retry_does_not_take_a_delivery_out_of_a_hand(deliveries: Deliveries) -> None:
    send_to(deliveries, "a@b.org")
    (delivery,) = deliveries.claim(NOW)
    deliveries.retry(None, NOW)
    assert [deliveries.held(ids, NOW) for ids in (None, [delivery.id], [99])] == [1, 1, 0]
    assert deliveries.held(None, NOW + timedelta(minutes=6)) == 0
    assert deliveries.claim(NOW) == ()
    assert deliveries.finish(delivery, "sent", NOW)


# ── looking at it ────────────────────────────────────────────────────────────────────────────────────────────────


def test_listed_by_state(deliveries: Deliveries) -> None:
    send_to(deliveries, "a@b.org", "b@b.org", "c@b.org", "d@b.org")
    first, second, third, _ = deliveries.claim(NOW)
    deliveries.finish(first, "sent", NOW)
    deliveries.finish(second, "logged", NOW)
    deliveries.finish(third, "failed", NOW)
    states = ("all", "sent", "logged", "failed", "pending")
    assert [[entry.id for entry in deliveries.list(state)] for state in states] == [[1, 2, 3, 4], [1], [2], [3], [4]]
    assert [entry.id for entry in deliveries.list("all", limit=2)] == [3, 4]


def test_when_there_is_something_to_claim(deliveries: Deliveries) -> None:
    assert deliveries.next_due(NOW) is None
    send_to(deliveries, "a@b.org")
    assert deliveries.next_due(NOW + MINUTE) == NOW + MINUTE
    (delivery,) = deliveries.claim(NOW)
    assert deliveries.next_due(NOW) == NOW + LEASE
    deliveries.postpone(delivery, NOW + 60 * MINUTE, "451")
    assert deliveries.next_due(NOW) == NOW + 60 * MINUTE


def test_failing_is_what_waits_after_a_try(deliveries: Deliveries) -> None:
    send_to(deliveries, "a@b.org", "b@b.org", "c@b.org")
    first, second, _ = deliveries.claim(NOW)
    deliveries.postpone(first, NOW + MINUTE, "451")
    deliveries.finish(second, "failed", NOW, "550")
    assert [entry.id for entry in deliveries.failing()] == [first.id]


# ── recipients that are no longer subscribed ─────────────────────────────────────────────────────────────────────


def test_retry_leaves_messages_to_ended_subscriptions(database: Database, deliveries: Deliveries) -> None:
    send_to(deliveries, "Ada@b.org", "bob@b.org")
    ada, bob = deliveries.claim(NOW)
    deliveries.finish(ada, "failed", NOW, "550 5.1.1 no such user")
    deliveries.finish(bob, "failed", NOW, "554 no")
    Subscriptions(database).end("ada@b.org", "mail to it bounces", NOW)
    assert deliveries.retry(None, NOW + MINUTE) == 1
    assert [entry.id for entry in deliveries.without_subscriber(None)] == [ada.id]
    assert deliveries.without_subscriber([bob.id]) == ()
    assert deliveries.retry([ada.id], NOW + MINUTE) == 0
    assert deliveries.rejections(["ada@b.org", "bob@b.org"]) == {"ada@b.org": (NOW, "550 5.1.1 no such user")}
