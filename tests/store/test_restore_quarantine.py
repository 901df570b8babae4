"""Quarantine after a restore: pending items are held until the operator reviews them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from cmr_watch.models.recipients import mailbox_of
from cmr_watch.notify import tokens
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.installation import Installation
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.recipients import replan
from cmr_watch.store.restore_quarantine import RestoreQuarantine, is_first_reading, mark_restored
from cmr_watch.store.schema import deliveries, matches, subscriptions
from cmr_watch.store.subscriptions import UNSUBSCRIBED_ONLINE, Subscriptions
from tests.factories import MINUTE, NOW, URL, change, message, wanted
from tests.store.test_checks import failed, suspect
from tests.store.test_checks import record as reading
from tests.store.test_deliveries import SLACK, insert_messages
from tests.store.test_match_queue import (
    commit_changes,
    fan_out,
    fan_out_all,
    pending_changes,
    plan_all,
)

LATER = NOW + MINUTE
_BACK_TO_ONE = {
    "sqlite": "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'subscriptions'",
    "postgresql": "SELECT setval(pg_get_serial_sequence('subscriptions', 'id'), 1)",
}


@pytest.fixture
def quarantine(database: Database) -> RestoreQuarantine:
    return RestoreQuarantine(database)


def restore(database: Database, at: datetime = NOW) -> bool:
    """Mark the database as restored, and start the quarantine."""
    with database.write() as connection:
        mark_restored(connection)
    return RestoreQuarantine(database).quarantine_if_restored(at)


def insert_pending(database: Database) -> None:
    """Store a pending message, a match to be planned, and a change to be fanned out."""
    Subscriptions(database).add(wanted(SLACK), NOW)
    commit_changes(database, 1)
    fan_out_all(MatchQueue(database))
    plan_all(MatchQueue(database))
    commit_changes(database, 1)
    fan_out_all(MatchQueue(database))
    commit_changes(database, 1)


def held_items(quarantine: RestoreQuarantine) -> list[tuple[str, int, str]]:
    return [
        (entry.kind, entry.id, entry.recorded.change.key if entry.recorded else f"{entry.address}: {entry.subject}")
        for entry in quarantine.list()
    ]


SUBJECT = "slack://…: Lyon, France: 12–13 October 2024 announced"
HELD = [("message", 1, SUBJECT), ("change", 2, "edition-0"), ("change", 3, "edition-0")]


def test_without_a_restore_nothing_is_held(database: Database, quarantine: RestoreQuarantine) -> None:
    insert_pending(database)
    assert not quarantine.quarantine_if_restored(NOW)
    assert quarantine.list() == ()
    assert len(Deliveries(database).claim(NOW)) == 1


def test_pending_items_are_held_and_listed_without_secrets(database: Database, quarantine: RestoreQuarantine) -> None:
    insert_pending(database)
    assert restore(database)
    assert held_items(quarantine) == HELD
    assert [entry.recipients for entry in quarantine.list()] == [1, 1, 0]
    assert quarantine.count() == len(HELD)


def test_items_are_held_since_the_restore(database: Database, quarantine: RestoreQuarantine) -> None:
    insert_pending(database)
    with database.write() as connection:
        mark_restored(connection, NOW)
    assert quarantine.quarantine_if_restored(LATER + MINUTE)
    assert {entry.held_at for entry in quarantine.list()} == {NOW}


def test_an_erased_recipient_is_not_counted(database: Database, quarantine: RestoreQuarantine) -> None:
    insert_pending(database)
    restore(database)
    Subscriptions(database).erase(SLACK, LATER)
    assert [entry.recipients for entry in quarantine.list() if entry.kind == "change"] == [0, 0]


def test_what_was_due_before_the_restore_was_probably_sent(database: Database, quarantine: RestoreQuarantine) -> None:
    insert_pending(database)
    restore(database, LATER)
    Checks(database).commit(
        reading(outcome="changed", revision=3, changes=(change(key="new"),), checked_at=2 * MINUTE + NOW)
    )
    items = quarantine.list()
    assert [entry.was_due for entry in items] == [True, True, True, None]
    assert [entry.held_at for entry in items] == [LATER, LATER, LATER, NOW + 2 * MINUTE]


def test_a_message_that_was_not_due_yet_was_not_sent(database: Database, quarantine: RestoreQuarantine) -> None:
    insert_pending(database)
    with database.write() as connection:
        connection.execute(deliveries.update().values(due_at=LATER + MINUTE))
        connection.execute(matches.update().values(due_at=LATER + MINUTE))
    restore(database, LATER)
    assert [entry.was_due for entry in quarantine.list()] == [False, False, True]


def test_held_items_are_not_processed(database: Database) -> None:
    insert_pending(database)
    restore(database)
    queue = MatchQueue(database)
    assert fan_out(queue, LATER) is None
    assert [recipient.matches for recipient in plan_all(queue, LATER)] == [()]
    assert Deliveries(database).claim(LATER + timedelta(days=1)) == ()
    assert queue.overdue_digest_since(LATER + timedelta(days=9)) is None


def test_the_quarantine_starts_once(database: Database, quarantine: RestoreQuarantine) -> None:
    insert_pending(database)
    restore(database)
    quarantine.release("message", [1], LATER, send=True)
    assert not quarantine.quarantine_if_restored(LATER)
    assert held_items(quarantine) == HELD[1:]


def test_a_link_in_a_mail_from_after_the_backup_is_nobody_elses_link(database: Database) -> None:
    store = Subscriptions(database)
    store.add(wanted("ada@example.org"), NOW)
    after_backup = store.add(wanted("ben@example.org"), NOW)
    with database.write() as connection:  # as in the backup, which was made before
        connection.execute(subscriptions.delete().where(subscriptions.c.id == after_backup.id))
        connection.execute(text(_BACK_TO_ONE[connection.dialect.name]))
    restore(database)
    key = Installation(database).key()
    old_link = tokens.make(key, after_backup.id)
    newcomer = store.add(wanted("cleo@example.org"), LATER)
    assert tokens.verify(key, old_link) == after_backup.id
    assert newcomer.id != after_backup.id
    assert store.end_recipient(after_backup.id, UNSUBSCRIBED_ONLINE, LATER) == ()
    assert [entry.address for entry in store.active()] == ["ada@example.org", "cleo@example.org"]


def test_messages_that_were_leased_in_the_backup_are_held(database: Database, quarantine: RestoreQuarantine) -> None:
    insert_pending(database)
    (claimed,) = Deliveries(database).claim(NOW)
    restore(database)
    assert Deliveries(database).finish(claimed, "sent", LATER) == (False, False)
    assert held_items(quarantine)[0] == HELD[0]


def test_changes_of_the_first_plausible_reading_are_held(database: Database, quarantine: RestoreQuarantine) -> None:
    commit_changes(database, 0)
    restore(database)
    checks = Checks(database)
    for result in (failed(), suspect(revision=1)):
        checks.commit(result)
    (held,) = commit_changes(database, 1)
    later = commit_changes(database, 1)
    assert held_items(quarantine) == [("change", held, "edition-0")]
    assert [entry.id for entry in pending_changes(database)] == later


def test_the_first_reading_may_have_no_changes(database: Database, quarantine: RestoreQuarantine) -> None:
    commit_changes(database, 0)
    restore(database)
    Checks(database).commit(reading(outcome="unchanged", revision=1))
    with database.read() as connection:
        assert not is_first_reading(connection, URL)
    commit_changes(database, 1)
    assert quarantine.list() == ()


@pytest.mark.parametrize("send", [True, False])
def test_a_held_message_is_sent_or_discarded(database: Database, quarantine: RestoreQuarantine, send: bool) -> None:
    insert_pending(database)
    restore(database)
    assert quarantine.release("message", [1, 99], LATER, send=send) == 1
    assert held_items(quarantine) == HELD[1:]
    assert len(Deliveries(database).claim(LATER)) == send
    assert [entry.outcome for entry in Deliveries(database).list()] == [None if send else "discarded"]
    assert quarantine.release("message", [1], LATER, send=send) == 0


@pytest.mark.parametrize("send", [True, False])
def test_held_changes_are_announced_or_discarded(database: Database, quarantine: RestoreQuarantine, send: bool) -> None:
    insert_pending(database)
    restore(database)
    assert [quarantine.release("change", [number], LATER, send=send) for number in (2, 3, 99)] == [1, 1, 0]
    assert held_items(quarantine) == HELD[:1]
    fan_out_all(MatchQueue(database))
    recipients = plan_all(MatchQueue(database), LATER)
    assert [match.recorded.id for recipient in recipients for match in recipient.matches] == ([2, 3] if send else [])
    with database.read() as connection:
        assert connection.execute(select(matches).where(matches.c.settled_at.is_(None))).all() == []


def test_discarded_items_are_not_processed_later(database: Database, quarantine: RestoreQuarantine) -> None:
    insert_pending(database)
    restore(database)
    for kind, number in (("message", 1), ("change", 2), ("change", 3)):
        quarantine.release(kind, [number], LATER, send=False)  # type: ignore[arg-type]
    with database.write() as connection:
        replan(connection, [mailbox_of(SLACK)], LATER)
    fan_out_all(MatchQueue(database))
    assert [recipient.matches for recipient in plan_all(MatchQueue(database), LATER)] == [()]
    assert Deliveries(database).claim(LATER) == ()


def test_released_items_are_not_sent_after_the_subscription_has_ended(
    database: Database, quarantine: RestoreQuarantine
) -> None:
    insert_pending(database)
    restore(database)
    Subscriptions(database).end(SLACK, "on request", LATER)
    for entry in quarantine.list():
        quarantine.release(entry.kind, [entry.id], LATER, send=True)
    fan_out_all(MatchQueue(database))
    assert [recipient.subscriptions for recipient in plan_all(MatchQueue(database), LATER)] == [()]
    assert Deliveries(database).claim(LATER) == ()


def test_held_messages_are_not_retried(database: Database) -> None:
    insert_messages(database, message("ada@example.org"))
    restore(database)
    assert Deliveries(database).retry(None, LATER) == 0


def test_welcomes_reminders_and_reports_of_the_past_are_not_sent(database: Database) -> None:
    Subscriptions(database).add(wanted("ada@example.org"), NOW)
    incidents = Incidents(database)
    incidents.open("fetch-failing", "x", "503", NOW)
    incidents.open("reading-suspect", "x", "half a page", NOW)
    incidents.resolve("reading-suspect", "x", NOW)
    restore(database, LATER)
    with database.read() as connection:
        row = connection.execute(select(subscriptions)).one()
    assert (row.activated_at, row.welcomed_at, row.next_action_at) == (LATER, LATER, LATER)
    assert incidents.unnotified() == ()


def test_a_change_with_an_incomplete_fan_out_is_held(database: Database, quarantine: RestoreQuarantine) -> None:
    for address in ("a@b.org", "c@d.org"):
        Subscriptions(database).add(wanted(address), NOW)
    commit_changes(database, 1)
    fan_out(MatchQueue(database), NOW, 1)
    restore(database)
    (item,) = quarantine.list()
    assert (item.kind, item.id, item.recipients) == ("change", 1, 1)
    quarantine.release("change", [1], LATER, send=True)
    fan_out_all(MatchQueue(database))
    plan_all(MatchQueue(database), LATER)
    assert [entry.message.address for entry in Deliveries(database).list()] == ["a@b.org", "c@d.org"]
