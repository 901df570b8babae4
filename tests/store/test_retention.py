"""Retention: what is removed when, and what must never be removed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, update

from cmr_watch.exceptions import RefusedAddress
from cmr_watch.models.planning import Plan, Planned
from cmr_watch.models.recipients import mailbox_of
from cmr_watch.store import plan_writer
from cmr_watch.store.archive_history import ArchiveHistory, HistoricalChange
from cmr_watch.store.bounce_pauses import BouncePauses
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.recipients import replan
from cmr_watch.store.restore_quarantine import RestoreQuarantine
from cmr_watch.store.retention import (
    KEEP_ADDRESSES,
    KEEP_HISTORY,
    KEEP_SUSPECTS,
    KEEP_TEXTS,
    Retention,
    RetentionReport,
)
from cmr_watch.store.row_mapping import request_row
from cmr_watch.store.schema import (
    bodies,
    changes,
    checks,
    contents,
    deliveries,
    delivery_pauses,
    digests,
    incidents,
    matches,
    metadata,
    outage_notices,
    pages,
    reminders,
    snapshots,
    subscriptions,
)
from cmr_watch.store.subscription_requests import REMOVED
from cmr_watch.store.subscriptions import BOUNCED, UNSUBSCRIBED, Subscriptions
from cmr_watch.store.suppression_journal import SuppressionJournal
from tests.factories import MINUTE, NOW, URL, change, edition, known, message, page, snapshot, wanted
from tests.store.test_checks import OTHER, READING, count, later, record, suspect
from tests.store.test_deliveries import insert_messages
from tests.store.test_match_queue import commit_changes, fan_out_all, plan_all, save_plans
from tests.store.test_outages import insert_outage
from tests.store.test_restore_quarantine import held_items, insert_pending, restore
from tests.store.test_restored import all_text

DAY = timedelta(days=1)
ADA, BOB = "ada@example.org", "bob@example.org"


@pytest.fixture
def retain(database: Database) -> Callable[[datetime], RetentionReport]:
    """Return a function that runs the retention twice: the second run must remove nothing."""

    def run(now: datetime) -> RetentionReport:
        retention = Retention(database, batch_size=2)
        removed = retention.run(now)
        assert retention.run(now) == RetentionReport()
        return removed

    return run


Retain = Callable[[datetime], RetentionReport]


def rows(database: Database, table: Any) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)).all())


def notify(database: Database, *addresses: str) -> None:
    """Send the recipients a digest with a change, a reminder and an outage notice."""
    for address in addresses:
        Subscriptions(database).add(wanted(address), NOW)
    commit_changes(database, 1)
    fan_out_all(MatchQueue(database))
    with database.write() as connection:
        outage_id = insert_outage(connection, ended_at=NOW)

    def plan(recipient: Any) -> Planned:
        ids = tuple(match.recorded.id for match in recipient.matches)
        if not ids:
            return Planned(recipient, Plan())
        reminders = (("call-1", NOW + 30 * DAY, 30),)
        plan = Plan(
            supersedes=True,
            notified=ids,
            reminders=reminders,
            outage_notices=((outage_id, "opened"),),
            periods=("weekly 2024-04-01",),
        )
        return Planned(recipient, plan, message(recipient.subscriptions[0].address, *ids, text=recipient.mailbox))

    save_plans(MatchQueue(database), plan, NOW)
    outbox = Deliveries(database)
    for entry in outbox.claim(NOW):
        outbox.finish(entry, "sent", NOW)


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_texts_are_kept_for_seven_days(database: Database, retain: Retain) -> None:
    notify(database, ADA, BOB)
    assert retain(NOW + KEEP_TEXTS) == RetentionReport()
    assert retain(NOW + KEEP_TEXTS + MINUTE) == RetentionReport(texts=2, bodies=2)
    assert count(database, bodies) == 0
    assert [(entry.message.address, entry.outcome, entry.message.text) for entry in Deliveries(database).list()] == [
        (ADA, "sent", ""),
        (BOB, "sent", ""),
    ]


def test_a_body_is_kept_while_a_pending_message_uses_it(database: Database, retain: Retain) -> None:
    insert_messages(database, message(ADA), message(BOB))
    outbox = Deliveries(database)
    first, _ = outbox.claim(NOW)
    outbox.finish(first, "sent", NOW)
    assert retain(NOW + 300 * DAY) == RetentionReport(texts=1)
    assert [bool(entry.message.text) for entry in outbox.list()] == [False, True]


def test_a_failed_message_keeps_its_text_for_a_retry(database: Database, retain: Retain) -> None:
    insert_messages(database, message(ADA))
    outbox = Deliveries(database)
    outbox.finish(outbox.claim(NOW)[0], "failed", NOW, "550 no")
    assert retain(NOW + 300 * DAY) == RetentionReport()
    outbox.retry(None, NOW + 300 * DAY)
    assert outbox.claim(NOW + 300 * DAY)[0].message.text


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_address_of_an_ended_subscription_is_erased_after_four_weeks(database: Database, retain: Retain) -> None:
    notify(database, ADA, BOB)
    Subscriptions(database).end(ADA, UNSUBSCRIBED, NOW)
    assert retain(NOW + KEEP_ADDRESSES).addresses == 0
    assert ADA in all_text(database)
    assert retain(NOW + KEEP_ADDRESSES + MINUTE).addresses == 1
    assert ADA not in all_text(database)
    assert BOB in all_text(database)
    assert count(database, matches) == 2, "the change is not announced again"
    with pytest.raises(RefusedAddress):
        Subscriptions(database).add(wanted("Ada@Example.org"), NOW + 30 * DAY)
    Subscriptions(database).add(wanted(ADA), NOW + 30 * DAY, resubscribe=True)
    assert retain(NOW + 300 * DAY).addresses == 0


@pytest.mark.parametrize(
    ("reason", "is_declared", "is_added_again"),
    [
        (UNSUBSCRIBED, True, False),
        (BOUNCED, True, False),
        ("ended by the operator", True, False),
        (UNSUBSCRIBED, False, False),
        ("ended by the operator", False, True),
    ],
)
def test_suppressed_addresses_are_not_added_again(
    database: Database, retain: Retain, reason: str, is_declared: bool, is_added_again: bool
) -> None:
    """By the configuration, or by a command."""
    store = Subscriptions(database)

    def request(at: datetime) -> None:
        if is_declared:
            store.sync([wanted(ADA, name="ada")], at)
            return
        try:
            store.add(wanted(ADA), at)
        except RefusedAddress:
            assert not is_added_again

    request(NOW)
    store.end(ADA, reason, NOW)
    assert retain(NOW + 29 * DAY).addresses == 1
    request(NOW + 30 * DAY)
    assert [entry.address for entry in store.active()] == ([ADA] if is_added_again else [])


def test_a_name_can_be_declared_again(database: Database, retain: Retain) -> None:
    store = Subscriptions(database)
    store.sync([wanted(ADA, name="ada")], NOW)
    store.sync([], NOW)
    assert [entry.end_reason for entry in store.list_all()] == [REMOVED]
    assert retain(NOW + 29 * DAY).addresses == 1
    assert ADA not in all_text(database)
    store.sync([wanted(ADA, name="ada")], NOW + 30 * DAY)
    assert [entry.address for entry in store.active()] == [ADA]


def test_an_address_with_another_subscription_is_kept(database: Database, retain: Retain) -> None:
    store = Subscriptions(database)
    first = store.add(wanted(ADA), NOW)
    store.add(wanted(ADA, topics=("calls",)), NOW)
    store.end(first.id, UNSUBSCRIBED, NOW)
    assert retain(NOW + 300 * DAY).addresses == 0


def test_an_erased_address_stays_erased(database: Database, retain: Retain) -> None:
    Subscriptions(database).add(wanted(ADA), NOW)
    Subscriptions(database).erase(ADA, NOW)
    before = rows(database, subscriptions)
    assert retain(NOW + 300 * DAY) == RetentionReport()
    assert rows(database, subscriptions) == before


def test_the_journal_ends_subscriptions_restored_from_a_backup(
    database: Database, retain: Retain, tmp_path: Path
) -> None:
    journal = SuppressionJournal(tmp_path / "ended")
    store = Subscriptions(database, journal)
    store.add(wanted(ADA), NOW)
    store.add(wanted(BOB), NOW)
    backed_up = {entry.id: entry.address for entry in store.list_all()}
    store.end(ADA, UNSUBSCRIBED, NOW + MINUTE)
    retain(NOW + 29 * DAY)
    with database.write() as connection:  # restore the backup
        for number, address in backed_up.items():
            values = {"address": address, "mailbox": mailbox_of(address), "status": "active", "ended_at": None}
            connection.execute(update(subscriptions).where(subscriptions.c.id == number).values(**values))
        for name in ("erased_addresses", "installation"):
            table = metadata.tables[name]
            connection.execute(table.delete().where(table.c[next(iter(table.c)).name] != "key"))
    assert journal.replay(database, NOW + 30 * DAY) == 1
    assert [entry.address for entry in store.active()] == [BOB]
    assert retain(NOW + 30 * DAY).addresses == 1
    with pytest.raises(RefusedAddress):
        store.add(wanted(ADA), NOW + 30 * DAY)


def insert_unconfirmed(database: Database, address: str) -> None:
    """Store a subscription that is not confirmed."""
    added = Subscriptions(database).add(wanted(address), NOW)
    with database.write() as connection:
        values = {"status": "pending", "next_action_at": None, "activated_at": None}
        connection.execute(update(subscriptions).where(subscriptions.c.id == added.id).values(**values))


def insert_confirmation_request(database: Database, address: str, outcome: str | None) -> None:
    with database.write() as connection:
        plan_writer.insert_message(database, connection, message(address), "operator", NOW)
        is_recipient = deliveries.c.mailbox == address
        connection.execute(
            update(deliveries)
            .where(is_recipient)
            .values(outcome=outcome, done_at=NOW if outcome else None, purpose="optin")
        )


def test_an_unconfirmed_address_is_erased(database: Database, retain: Retain) -> None:
    insert_unconfirmed(database, ADA)
    insert_confirmation_request(database, ADA, "sent")
    assert retain(NOW + KEEP_ADDRESSES).unconfirmed == 0
    assert retain(NOW + KEEP_ADDRESSES + MINUTE).unconfirmed == 1
    assert count(database, subscriptions) == 0
    assert ADA not in all_text(database)
    assert Subscriptions(database).add(wanted(ADA), NOW).status == "active", "the address is not suppressed"


def test_an_unconfirmed_subscription_next_to_an_active_one(database: Database, retain: Retain) -> None:
    insert_unconfirmed(database, ADA)
    Subscriptions(database).add(wanted(ADA, topics=("calls",)), NOW)
    assert retain(NOW + 29 * DAY).unconfirmed == 1
    assert [entry.address for entry in Subscriptions(database).list_all()] == [ADA]


def test_expired_delivery_pauses_are_removed(database: Database, retain: Retain) -> None:
    BouncePauses(database).pause(ADA, NOW)
    assert retain(NOW + 30 * DAY).pauses == 0
    assert retain(NOW + 31 * DAY) == RetentionReport(pauses=1)
    assert count(database, delivery_pauses) == 0


# ── history ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_old_matches_reminders_notices_and_digests_are_removed(database: Database, retain: Retain) -> None:
    notify(database, ADA, BOB)
    retain(NOW + KEEP_HISTORY)
    tables = (matches, reminders, outage_notices, digests, deliveries)
    assert [count(database, table) for table in tables] == [2] * len(tables)
    removed = retain(NOW + KEEP_HISTORY + 31 * DAY)
    assert (removed.matches, removed.reminders, removed.outage_notices, removed.digests) == (2, 2, 2, 2)
    assert removed.deliveries == 0, "the last message to each subscriber is kept"
    assert count(database, changes) == 1
    with database.write() as connection:
        replan(connection, [ADA, BOB], NOW + KEEP_HISTORY + 31 * DAY)
    assert [recipient.matches for recipient in plan_all(MatchQueue(database), NOW + KEEP_HISTORY + 31 * DAY)] == [
        (),
        (),
    ]
    assert len(Deliveries(database).list()) == 2, "nothing is announced again"


def test_old_deliveries_are_removed_after_the_subscription_has_ended(database: Database, retain: Retain) -> None:
    notify(database, ADA)
    Subscriptions(database).end(ADA, UNSUBSCRIBED, NOW)
    assert retain(NOW + KEEP_HISTORY + 31 * DAY).deliveries == 1
    assert count(database, deliveries) == 0


def test_a_match_is_kept_until_the_fan_out_of_its_change_is_complete(database: Database, retain: Retain) -> None:
    notify(database, ADA)
    with database.write() as connection:
        connection.execute(update(changes).values(enqueued_at=None))
    retain(NOW + 2 * KEEP_HISTORY)
    assert fan_out_all(MatchQueue(database)) == [1]
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(matches)).scalar_one() == 1
    assert [recipient.matches for recipient in plan_all(MatchQueue(database), NOW + 2 * KEEP_HISTORY)] in ([], [()])


def test_a_reminder_is_kept_for_a_year_after_its_cut_off(database: Database, retain: Retain) -> None:
    notify(database, ADA)
    with database.write() as connection:
        connection.execute(update(reminders).values(cutoff_at=NOW + 2 * KEEP_HISTORY))
    assert retain(NOW + 2 * KEEP_HISTORY).reminders == 0


def test_old_checks_are_removed_except_those_still_needed(database: Database, retain: Retain) -> None:
    store = Checks(database)
    store.commit(record())
    for minutes in range(1, 6):
        store.commit(record(outcome="unchanged", revision=minutes, fetched=later(minutes)))
    commit_changes(database, 1)
    store.commit(record(outcome="unchanged", revision=7, fetched=later(9)))
    store.commit(record(outcome="unchanged", revision=8, fetched=later(10)))
    assert retain(NOW + KEEP_HISTORY).checks == 0
    assert retain(NOW + KEEP_HISTORY + 20 * MINUTE).checks == 6
    assert [row.outcome for row in rows(database, checks)] == ["baseline", "changed", "unchanged"]
    assert store.first_read_at(URL) == NOW
    last = store.last_check(URL)
    assert last is not None
    assert last.checked_at == NOW + 10 * MINUTE


def test_old_incidents_are_removed_once_resolved_and_notified(database: Database, retain: Retain) -> None:
    store = Incidents(database)
    for subject in ("notified", "unnotified", "open"):
        store.open("fetch-failing", subject, "503", NOW)
    for subject in ("notified", "unnotified"):
        store.resolve("fetch-failing", subject, NOW)
    with database.write() as connection:
        is_notified = incidents.c.subject != "unnotified"
        connection.execute(
            update(incidents).where(is_notified).values(opened_notified_at=NOW, resolved_notified_at=NOW)
        )
    assert retain(NOW + KEEP_HISTORY) == RetentionReport()
    assert retain(NOW + KEEP_HISTORY + DAY) == RetentionReport(incidents=1)
    assert [row.subject for row in rows(database, incidents)] == ["unnotified", "open"]


# ── readings ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_equal_readings_of_newer_parsers_are_merged(database: Database, retain: Retain) -> None:
    for revision, version in enumerate((1, 2, 3)):
        content = later(revision, f"<p>{version}</p>".encode())
        Checks(database, parser_version=version).commit(record(revision=revision or None, fetched=content))
    Checks(database, parser_version=3).commit(
        record(outcome="changed", revision=3, snapshot=OTHER, fetched=later(5, b"<p>5</p>"))
    )
    Checks(database, parser_version=3).commit(record(outcome="changed", revision=4, fetched=later(6, b"<p>6</p>")))
    assert retain(NOW) == RetentionReport(snapshots=2, contents=2)
    store = Checks(database, parser_version=3)
    assert [row.fetched_at for row in store.snapshots()] == [NOW + minutes * MINUTE for minutes in (2, 5, 6)]
    assert [store.snapshot(row.id).fetched.content for row in store.snapshots()] == [
        b"<p>3</p>",
        b"<p>5</p>",
        b"<p>6</p>",
    ]


def test_the_newest_suspect_reading_is_kept_until_a_plausible_one_follows(database: Database, retain: Retain) -> None:
    store = Checks(database)
    store.commit(record())
    for minutes in (1, 2):
        store.commit(suspect(revision=1, detail=f"half a page {minutes}", fetched=later(minutes, b"<p>half</p>")))
    assert retain(NOW + KEEP_SUSPECTS) == RetentionReport()
    assert retain(NOW + KEEP_SUSPECTS + 10 * MINUTE) == RetentionReport(snapshots=1)
    newest = store.newest_suspect(URL)
    assert newest is not None
    assert newest.fetched.content == b"<p>half</p>"
    store.commit(record(outcome="unchanged", revision=1, fetched=later(3)))
    assert retain(NOW + KEEP_SUSPECTS + 10 * MINUTE) == RetentionReport(snapshots=1, contents=1)


def test_archived_copies_are_kept(database: Database, retain: Retain) -> None:
    archived = ArchiveHistory(database, 1)
    for days in (1, 2):
        copy = page(b"<p>old</p>", fetched_at=NOW - 900 * DAY + days * DAY)
        archived.store_copy(copy, "initiative", snapshot(), "https://archive.example.org/1")
    archived.replace_history(URL, known(snapshot()), [HistoricalChange(NOW - 899 * DAY, change(after=edition("Lyon")))])
    assert retain(NOW + KEEP_HISTORY) == RetentionReport()
    assert len(archived.load_copies(URL)) == 2


# ── everything ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_items_held_after_a_restore_are_kept(database: Database, retain: Retain) -> None:
    insert_pending(database)
    restore(database)
    before = held_items(RestoreQuarantine(database))
    retain(NOW + 3 * KEEP_HISTORY)
    assert held_items(RestoreQuarantine(database)) == before


ENDS = st.sampled_from([None, UNSUBSCRIBED, BOUNCED, REMOVED, "ended by the operator"])
OUTCOMES = st.sampled_from([None, "sent", "logged", "failed", "superseded", "cancelled", "discarded"])
AGES = st.integers(0, 800)
RECIPIENTS = st.lists(st.tuples(ENDS, OUTCOMES, st.booleans(), AGES), max_size=8)
READINGS = st.lists(st.tuples(st.sampled_from(["different", "same", "suspect"]), AGES), max_size=8)


def fill(database: Database, recipients: list[Any], readings: list[Any], fanned_out_days: int | None) -> None:
    """Store any mixture of rows. Ages are in days before NOW."""
    store = Checks(database)
    for number, (kind, days) in enumerate(sorted(readings, key=lambda entry: -entry[1])):
        baseline = store.baseline(URL)
        values: dict[str, Any] = {"revision": baseline.revision if baseline else None}
        values["fetched"] = page(f"<p>{number}</p>".encode(), fetched_at=NOW - days * DAY)
        if kind == "suspect":
            store.commit(suspect(detail=f"half {number}", **values))
        else:
            reading = READING if kind == "same" else snapshot(edition(f"Town {number}"))
            version = number if kind == "same" else 1
            Checks(database, parser_version=version).commit(record(outcome="changed", snapshot=reading, **values))
    commit_changes(database, 1)
    with database.write() as connection:
        at = None if fanned_out_days is None else NOW - fanned_out_days * DAY
        connection.execute(update(changes).values(enqueued_at=at))
        for number, recipient in enumerate(recipients):
            _insert_recipient(database, connection, f"{number}@example.org", recipient)


def _insert_recipient(database: Database, connection: Any, address: str, recipient: Any) -> None:
    end, outcome, is_settled, days = recipient
    at = NOW - days * DAY
    row = {"address": address, "mailbox": address, "status": "ended" if end else "active", "consent": "operator"}
    ended = {"ended_at": at if end else None, "end_reason": end, "created_at": at, "after_change_id": 0}
    connection.execute(insert(subscriptions), {**row, **ended, **request_row(wanted(address))})
    sent = message(address, text=address)
    plan_writer.insert_message(database, connection, sent, "subscriber", at)
    is_message = deliveries.c.message_id == sent.message_id
    done = {"outcome": outcome, "done_at": at if outcome else None}
    connection.execute(update(deliveries).where(is_message).values(**done))
    delivery_id = connection.execute(select(deliveries.c.id).where(is_message)).scalar_one()
    change_id = connection.execute(select(func.max(changes.c.id))).scalar_one()
    match = {"mailbox": address, "change_id": change_id, "matched_at": at, "due_at": at}
    match |= {"settled_at": at if is_settled else None, "delivery_id": delivery_id if is_settled else None}
    connection.execute(insert(matches), match)


def protected_rows(database: Database) -> dict[str, list[Any]]:
    """Return the rows that must be kept: pending ones, baselines, changes, and those that prevent duplicates."""
    with database.read() as connection:

        def load(table: Any, *conditions: Any) -> list[Any]:
            statement = select(table).where(*conditions).order_by(*table.primary_key)
            return [tuple(row) for row in connection.execute(statement)]

        is_pending = deliveries.c.outcome.is_(None)
        incomplete = select(changes.c.id).where(changes.c.enqueued_at.is_(None))
        baseline = select(pages.c.baseline_id).where(pages.c.baseline_id.is_not(None))
        pending = select(deliveries.c.id).where(is_pending)
        return {
            "pending": load(deliveries, is_pending),
            "pending bodies": load(bodies, bodies.c.id.in_(select(deliveries.c.body_id).where(is_pending))),
            "unsettled matches": load(matches, matches.c.settled_at.is_(None)),
            "matches of incomplete fan-outs": [row[1] for row in load(matches, matches.c.change_id.in_(incomplete))],
            "matches of pending messages": load(matches, matches.c.delivery_id.in_(pending)),
            "changes": load(changes),
            "pages": load(pages),
            "baselines": load(snapshots, snapshots.c.id.in_(baseline)),
            "content of baselines": load(
                contents, contents.c.sha256.in_(select(snapshots.c.content_sha256).where(snapshots.c.id.in_(baseline)))
            ),
            "active": load(subscriptions, subscriptions.c.status == "active"),
        }


@given(recipients=RECIPIENTS, readings=READINGS, fanned_out_days=st.none() | AGES)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pending_and_protected_rows_are_never_removed(
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    recipients: list[Any],
    readings: list[Any],
    fanned_out_days: int | None,
) -> None:
    path = tmp_path_factory.mktemp("retained") / "test.db"
    path.write_bytes(sqlite_template.read_bytes())
    with closing(open_database(f"sqlite:///{path}")) as database:
        fill(database, recipients, readings, fanned_out_days)
        before, newest_suspect = protected_rows(database), Checks(database).newest_suspect(URL)
        retention = Retention(database, batch_size=3)
        retention.run(NOW)
        assert protected_rows(database) == before
        assert Checks(database).newest_suspect(URL) == newest_suspect
        assert retention.run(NOW) == RetentionReport()
