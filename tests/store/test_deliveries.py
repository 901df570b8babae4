"""The outbox: leases, outcomes, retries, and incidents of failed deliveries."""

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

from cmr_watch.models.recipients import Message, mailbox_of
from cmr_watch.store import plan_writer, row_mapping
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.deliveries import LEASE, Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.schema import bodies, subscriptions
from cmr_watch.store.subscriptions import Subscriptions
from tests import postgres
from tests.factories import MINUTE, NOW, message, wanted

ROOT = Path(__file__).parents[2]
SLACK = "slack://token/a/b"


@pytest.fixture
def deliveries(database: Database) -> Deliveries:
    return Deliveries(database)


def insert_messages(database: Database, *messages: Message) -> None:
    """Insert messages into the outbox, in this order, for subscribed recipients."""
    with database.write() as connection:
        for address in {entry.address for entry in messages}:
            subscribe(connection, address)
        for entry in messages:
            plan_writer.insert_message(database, connection, entry, "subscriber", NOW)


def subscribe(connection: Connection, address: str) -> None:
    row = {"address": address, "mailbox": mailbox_of(address), "status": "active", "consent": "operator"}
    request = {**row_mapping.request_row(wanted(address)), "after_change_id": 0, "created_at": NOW, "activated_at": NOW}
    has_mailbox = subscriptions.c.mailbox == mailbox_of(address)
    if connection.execute(select(subscriptions.c.id).where(has_mailbox)).first() is None:
        connection.execute(subscriptions.insert(), {**row, **request, "welcomed_at": NOW})


def insert_for(deliveries: Deliveries, *addresses: str) -> None:
    """Insert one message for each address, in this order."""
    insert_messages(deliveries._database, *(message(address) for address in addresses))


def test_characters_that_cannot_be_stored_are_replaced(database: Database, deliveries: Deliveries) -> None:
    hostile = "a\0b\ud800c"
    insert_messages(
        database, message("ada@example.org", subject=hostile, text=hostile, html=hostile), message("bob@example.org")
    )
    stored = deliveries.list()[0].message
    assert (stored.subject, stored.text, stored.html) == ("a\ufffdb\ufffdc",) * 3


def test_equal_bodies_are_stored_once(database: Database, deliveries: Deliveries) -> None:
    insert_messages(
        database, *(message(f"{number}@example.org") for number in range(3)), message("x@example.org", text="other")
    )
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(bodies)).scalar_one() == 2
    first, second, *_ = deliveries.list()
    assert first.message.body is second.message.body


# ── claiming and marking ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_claim_leases_due_deliveries(deliveries: Deliveries) -> None:
    insert_for(deliveries, "ada@example.org", "bob@example.org", "eve@example.org")
    first = deliveries.claim(NOW, limit=2)
    assert [entry.message.address for entry in first] == ["ada@example.org", "bob@example.org"]
    assert all(entry.claim for entry in first)
    assert [entry.message.address for entry in deliveries.claim(NOW)] == ["eve@example.org"]
    assert deliveries.claim(NOW) == ()


def test_an_expired_lease_can_be_claimed_again(deliveries: Deliveries) -> None:
    insert_for(deliveries, "ada@example.org")
    (first,) = deliveries.claim(NOW)
    assert deliveries.claim(NOW + LEASE) == ()
    (second,) = deliveries.claim(NOW + LEASE + timedelta(seconds=1))
    assert (second.id, second.claim != first.claim) == (first.id, True)
    assert (first.uncertain, second.uncertain) == (False, True), (
        "the first holder may have sent it without recording it"
    )
    assert not deliveries.renew(first, NOW)
    assert deliveries.finish(first, "sent", NOW) == (False, False)
    assert not deliveries.postpone(first, NOW, "late")
    deliveries.release(first)
    assert deliveries.renew(second, NOW)
    assert deliveries.finish(second, "sent", NOW) == (True, False)


def test_a_lease_can_be_renewed(deliveries: Deliveries) -> None:
    insert_for(deliveries, "ada@example.org")
    (delivery,) = deliveries.claim(NOW)
    assert deliveries.renew(delivery, NOW + 4 * MINUTE)
    assert deliveries.claim(NOW + 8 * MINUTE) == ()
    assert len(deliveries.claim(NOW + 10 * MINUTE)) == 1


def test_a_released_delivery_can_be_claimed_and_has_no_attempt(deliveries: Deliveries) -> None:
    insert_for(deliveries, "ada@example.org")
    (delivery,) = deliveries.claim(NOW)
    deliveries.release(delivery)
    (again,) = deliveries.claim(NOW)
    assert again.attempts == 0


def test_a_postponed_delivery_is_pending_with_its_error(deliveries: Deliveries) -> None:
    insert_for(deliveries, "ada@example.org")
    (delivery,) = deliveries.claim(NOW)
    assert deliveries.postpone(delivery, NOW + MINUTE, "451 later")
    assert deliveries.claim(NOW) == ()
    (again,) = deliveries.claim(NOW + MINUTE)
    assert (again.attempts, again.last_error) == (1, "451 later")
    assert deliveries.failing() == (again,)
    assert deliveries.finish(delivery, "sent", NOW) == (False, False)


@pytest.mark.parametrize(("outcome", "attempts"), [("sent", 1), ("failed", 1), ("logged", 0)])
def test_an_outcome_is_final(deliveries: Deliveries, outcome: str, attempts: int) -> None:
    insert_for(deliveries, "ada@example.org")
    (delivery,) = deliveries.claim(NOW)
    assert deliveries.finish(delivery, outcome, NOW + MINUTE, "550 no") == (True, False)  # type: ignore[arg-type]
    assert deliveries.finish(delivery, "sent", NOW) == (False, False)
    assert deliveries.claim(NOW + timedelta(days=1)) == ()
    (done,) = deliveries.list(outcome)  # type: ignore[arg-type]
    assert (done.outcome, done.done_at, done.attempts) == (outcome, NOW + MINUTE, attempts)
    assert (done.last_error, done.claim) == ("550 no", None)


def test_messages_to_one_address_are_sent_in_order(deliveries: Deliveries) -> None:
    insert_for(deliveries, "ada@example.org", "ada@example.org", "bob@example.org")
    first, bob = deliveries.claim(NOW)
    assert (first.id, bob.message.address) == (1, "bob@example.org")
    deliveries.postpone(first, NOW + MINUTE, "451")
    assert deliveries.claim(NOW) == ()
    (first,) = deliveries.claim(NOW + MINUTE)
    deliveries.finish(first, "failed", NOW)
    assert [entry.id for entry in deliveries.claim(NOW)] == [2]


def test_the_delivery_due_first_is_claimed_first(deliveries: Deliveries) -> None:
    insert_for(deliveries, "ada@example.org", "bob@example.org")
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
            assert deliveries.finish(delivery, "sent", NOW) == (True, False)
            done.append(delivery.id)


def test_threads_share_deliveries(database: Database, deliveries: Deliveries) -> None:
    insert_for(deliveries, *(f"{number}@example.org" for number in range(60)))
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


def test_processes_share_deliveries(database_url: str) -> None:
    with closing(open_database(database_url)) as database:
        deliveries = Deliveries(database)
        insert_for(deliveries, *(f"{number}@example.org" for number in range(60)))
        command = [sys.executable, "-c", WORKER, database_url]
        workers = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
            for _ in range(2)
        ]
        done = [int(line) for worker in workers for line in worker.communicate("go\n", timeout=60)[0].split()]
        assert sorted(done) == list(range(1, 61))
        assert deliveries.counts()["sent"] == 60


def test_a_claim_skips_rows_locked_by_another_process(postgres_server: postgres.Server, postgres_template: str) -> None:
    """On PostgreSQL; write transactions of SQLite never overlap."""
    url = postgres_server.create(template=postgres_template)
    with closing(open_database(url)) as database:
        deliveries = Deliveries(database)
        insert_for(deliveries, "ada@example.org", "bob@example.org")
        with database.write() as connection:
            connection.exec_driver_sql("SELECT id FROM deliveries WHERE id = 1 FOR UPDATE")
            assert [entry.id for entry in deliveries.claim(NOW)] == [2]
    postgres_server.drop(url)


# ── failures and retries ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_failure_opens_an_incident_for_the_address(
    database: Database, deliveries: Deliveries, caplog: pytest.LogCaptureFixture
) -> None:
    insert_for(deliveries, SLACK, SLACK)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            deliveries.finish(deliveries.claim(NOW)[0], "failed", NOW, "404 no such hook")
    (incident,) = Incidents(database).unresolved()
    assert (incident.kind, incident.subject) == ("delivery-failed", SLACK)
    assert incident.detail == "message 1, “Lyon, France: 12–13 October 2024 announced”: 404 no such hook"
    assert caplog.messages == ["delivery 1 failed and will not be retried; see: cmr-watch deliveries list"]


def test_the_incident_is_resolved_when_a_message_is_sent_there(database: Database, deliveries: Deliveries) -> None:
    insert_for(deliveries, SLACK, SLACK)
    deliveries.finish(deliveries.claim(NOW)[0], "failed", NOW, "404")
    deliveries.finish(deliveries.claim(NOW)[0], "sent", NOW)
    assert Incidents(database).unresolved() == ()


def test_retry_makes_pending_and_failed_messages_due(database: Database, deliveries: Deliveries) -> None:
    insert_for(deliveries, "a@b.org", "b@b.org", "c@b.org", "d@b.org")
    sent, logged, failed, pending = deliveries.claim(NOW)
    deliveries.finish(sent, "sent", NOW)
    deliveries.finish(logged, "logged", NOW)
    deliveries.finish(failed, "failed", NOW, "550 no")
    deliveries.postpone(pending, NOW + timedelta(days=1), "451 later")
    assert deliveries.retry(None, NOW + MINUTE) == 2
    assert len(Incidents(database).unresolved()) == 1, "until a message is sent"
    claimed = deliveries.claim(NOW + MINUTE)
    assert [(entry.id, entry.attempts, entry.outcome, entry.done_at) for entry in claimed] == [
        (3, 0, None, None),
        (4, 0, None, None),
    ]


def test_retry_by_id(deliveries: Deliveries) -> None:
    insert_for(deliveries, "a@b.org", "b@b.org", "c@b.org")
    first, second, third = deliveries.claim(NOW)
    deliveries.finish(first, "failed", NOW)
    deliveries.finish(second, "failed", NOW)
    deliveries.finish(third, "sent", NOW)
    assert deliveries.retry([first.id, third.id, 99], NOW) == 1
    assert deliveries.counts() == {"pending": 1, "sent": 1, "logged": 0, "failed": 1}


def test_retry_does_not_end_a_lease(deliveries: Deliveries) -> None:
    insert_for(deliveries, "a@b.org")
    (delivery,) = deliveries.claim(NOW)
    deliveries.retry(None, NOW)
    assert [deliveries.count_leased(ids, NOW) for ids in (None, [delivery.id], [99])] == [1, 1, 0]
    assert deliveries.count_leased(None, NOW + timedelta(minutes=6)) == 0
    assert deliveries.claim(NOW) == ()
    assert deliveries.finish(delivery, "sent", NOW) == (True, False)


# ── queries ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_deliveries_are_listed_by_state(deliveries: Deliveries) -> None:
    insert_for(deliveries, "a@b.org", "b@b.org", "c@b.org", "d@b.org")
    first, second, third, _ = deliveries.claim(NOW)
    deliveries.finish(first, "sent", NOW)
    deliveries.finish(second, "logged", NOW)
    deliveries.finish(third, "failed", NOW)
    states = ("all", "sent", "logged", "failed", "pending")
    assert [[entry.id for entry in deliveries.list(state)] for state in states] == [[1, 2, 3, 4], [1], [2], [3], [4]]
    assert [entry.id for entry in deliveries.list("all", limit=2)] == [3, 4]


def test_failing_deliveries_are_pending_after_a_failed_attempt(deliveries: Deliveries) -> None:
    insert_for(deliveries, "a@b.org", "b@b.org", "c@b.org")
    first, second, _ = deliveries.claim(NOW)
    deliveries.postpone(first, NOW + MINUTE, "451")
    deliveries.finish(second, "failed", NOW, "550")
    assert [entry.id for entry in deliveries.failing()] == [first.id]


# ── recipients that are no longer subscribed ─────────────────────────────────────────────────────────────────────


def test_retry_leaves_messages_to_ended_subscriptions(database: Database, deliveries: Deliveries) -> None:
    insert_for(deliveries, "Ada@b.org", "bob@b.org")
    ada, bob = deliveries.claim(NOW)
    deliveries.finish(ada, "failed", NOW, "550 5.1.1 no such user")
    deliveries.finish(bob, "failed", NOW, "554 no")
    Subscriptions(database).end("ada@b.org", "mail to it bounces", NOW)
    assert deliveries.retry(None, NOW + MINUTE) == 1
    assert [entry.id for entry in deliveries.without_subscriber(None)] == [ada.id]
    assert deliveries.without_subscriber([bob.id]) == ()
    assert deliveries.retry([ada.id], NOW + MINUTE) == 0
    assert deliveries.rejections(["ada@b.org", "bob@b.org"]) == {"ada@b.org": (NOW, "550 5.1.1 no such user")}
