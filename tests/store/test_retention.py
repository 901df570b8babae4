"""What is kept how long, and what must never go."""

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
from cmr_watch.models import Plan, Planned, mailbox_of
from cmr_watch.store import plan_writer
from cmr_watch.store.archive_history import ArchiveHistory, HistoricalChange
from cmr_watch.store.bounce_pauses import Bounces
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.restore_quarantine import RestoreQuarantine
from cmr_watch.store.retention import ADDRESSES, HISTORY, SUSPECTS, TEXTS, Retention, RetentionReport
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
    pages,
    reminders,
    snapshots,
    subscriptions,
)
from cmr_watch.store.subscriptions import BOUNCED, REMOVED, UNSUBSCRIBED, Subscriptions
from cmr_watch.store.suppression_journal import Journal
from tests.factories import MINUTE, NOW, URL, change, edition, known, message, page, snapshot, wanted
from tests.store.test_checks import OTHER, READING, count, later, record, suspect
from tests.store.test_deliveries import put
from tests.store.test_match_queue import commit_changes, spread, tell
from tests.store.test_restore_quarantine import restore, waits, words
from tests.store.test_restored import everything

DAY = timedelta(days=1)
ADA, BOB = "ada@example.org", "bob@example.org"


@pytest.fixture
def retain(database: Database) -> Callable[[datetime], RetentionReport]:
    """Runs it twice: the second time there is nothing left to do."""

    def run(now: datetime) -> RetentionReport:
        retention = Retention(database, piece=2)
        removed = retention.run(now)
        assert retention.run(now) == RetentionReport()
        return removed

    return run


Retain = Callable[[datetime], RetentionReport]


def rows(database: Database, table: Any) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)).all())


def told(database: Database, *addresses: str) -> None:
    """A change was told to these, with a reminder and a digest, and everything has arrived."""
    for address in addresses:
        Subscriptions(database).add(wanted(address), NOW)
    commit_changes(database, 1)
    spread(MatchQueue(database))

    def plan(recipient: Any) -> Planned:
        ids = tuple(match.recorded.id for match in recipient.matches)
        if not ids:
            return Planned(recipient, Plan())
        due = (("call-1", NOW + 30 * DAY, 30),)
        plan = Plan(supersedes=True, notified=ids, reminders=due, periods=("weekly 2024-04-01",))
        return Planned(recipient, plan, message(recipient.subscriptions[0].address, *ids, text=recipient.mailbox))

    while MatchQueue(database).plan(lambda known, moves: plan, NOW):
        pass
    outbox = Deliveries(database)
    for entry in outbox.claim(NOW):
        outbox.finish(entry, "sent", NOW)


# ── texts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_texts_stay_seven_days(database: Database, retain: Retain) -> None:
    told(database, ADA, BOB)
    assert retain(NOW + TEXTS).total == 0
    assert retain(NOW + TEXTS + MINUTE) == RetentionReport(texts=2, bodies=2)
    assert count(database, bodies) == 0
    assert [(one.message.address, one.outcome, one.message.text) for one in Deliveries(database).list()] == [
        (ADA, "sent", ""),
        (BOB, "sent", ""),
    ]


def test_words_stay_while_somebody_else_waits_for_them(database: Database, retain: Retain) -> None:
    put(database, message(ADA), message(BOB))
    outbox = Deliveries(database)
    first, _ = outbox.claim(NOW)
    outbox.finish(first, "sent", NOW)
    assert retain(NOW + 300 * DAY) == RetentionReport(texts=1)
    assert [bool(one.message.text) for one in outbox.list()] == [False, True]


def test_what_was_set_aside_keeps_its_words_for_another_try(database: Database, retain: Retain) -> None:
    put(database, message(ADA))
    outbox = Deliveries(database)
    outbox.finish(outbox.claim(NOW)[0], "failed", NOW, "550 no")
    assert retain(NOW + 300 * DAY).total == 0
    outbox.retry(None, NOW + 300 * DAY)
    assert outbox.claim(NOW + 300 * DAY)[0].message.text


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_ended_address_is_forgotten_after_four_weeks(database: Database, retain: Retain) -> None:
    told(database, ADA, BOB)
    Subscriptions(database).end(ADA, UNSUBSCRIBED, NOW)
    assert retain(NOW + ADDRESSES).addresses == 0
    assert ADA in everything(database)
    assert retain(NOW + ADDRESSES + MINUTE).addresses == 1
    assert ADA not in everything(database)
    assert BOB in everything(database)
    assert count(database, matches) == 2, "the change is told to nobody again"
    with pytest.raises(RefusedAddress):
        Subscriptions(database).add(wanted("Ada@Example.org"), NOW + 30 * DAY)
    Subscriptions(database).add(wanted(ADA), NOW + 30 * DAY, anew=True)
    assert retain(NOW + 300 * DAY).addresses == 0


@pytest.mark.parametrize(
    ("reason", "named", "comes_back"),
    [
        (UNSUBSCRIBED, True, False),
        (BOUNCED, True, False),
        ("ended by the operator", True, False),
        (UNSUBSCRIBED, False, False),
        ("ended by the operator", False, True),
    ],
)
def test_who_comes_back_is_the_same_as_before(
    database: Database, retain: Retain, reason: str, named: bool, comes_back: bool
) -> None:
    """By an import, or because the configuration still names it."""
    people = Subscriptions(database)

    def ask(at: datetime) -> None:
        if named:
            people.sync([wanted(ADA, name="ada")], at)
            return
        try:
            people.add(wanted(ADA), at)
        except RefusedAddress:
            assert not comes_back

    ask(NOW)
    people.end(ADA, reason, NOW)
    assert retain(NOW + 29 * DAY).addresses == 1
    ask(NOW + 30 * DAY)
    assert [entry.address for entry in people.active()] == ([ADA] if comes_back else [])


def test_a_name_that_comes_back_into_the_configuration(database: Database, retain: Retain) -> None:
    people = Subscriptions(database)
    people.sync([wanted(ADA, name="ada")], NOW)
    people.sync([], NOW)
    assert [entry.end_reason for entry in people.all()] == [REMOVED]
    assert retain(NOW + 29 * DAY).addresses == 1
    assert ADA not in everything(database)
    people.sync([wanted(ADA, name="ada")], NOW + 30 * DAY)
    assert [entry.address for entry in people.active()] == [ADA]


def test_whoever_has_another_subscription_is_known(database: Database, retain: Retain) -> None:
    people = Subscriptions(database)
    first = people.add(wanted(ADA), NOW)
    people.add(wanted(ADA, topics=("calls",)), NOW)
    people.end(first.id, UNSUBSCRIBED, NOW)
    assert retain(NOW + 300 * DAY).addresses == 0


def test_an_erased_address_stays_erased(database: Database, retain: Retain) -> None:
    Subscriptions(database).add(wanted(ADA), NOW)
    Subscriptions(database).erase(ADA, NOW)
    before = rows(database, subscriptions)
    assert retain(NOW + 300 * DAY).total == 0
    assert rows(database, subscriptions) == before


def test_the_journal_ends_whom_an_older_copy_still_knows(database: Database, retain: Retain, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "ended")
    people = Subscriptions(database, journal)
    people.add(wanted(ADA), NOW)
    people.add(wanted(BOB), NOW)
    copied = {entry.id: entry.address for entry in people.all()}
    people.end(ADA, UNSUBSCRIBED, NOW + MINUTE)
    retain(NOW + 29 * DAY)
    with database.write() as connection:  # what the copy says
        for number, address in copied.items():
            values = {"address": address, "mailbox": mailbox_of(address), "status": "active", "ended_at": None}
            connection.execute(update(subscriptions).where(subscriptions.c.id == number).values(**values))
        for name in ("erased_addresses", "installation"):
            table = metadata.tables[name]
            connection.execute(table.delete().where(table.c[next(iter(table.c)).name] != "key"))
    assert journal.replay(database, NOW + 30 * DAY) == 1
    assert [entry.address for entry in people.active()] == [BOB]
    assert retain(NOW + 30 * DAY).addresses == 1
    with pytest.raises(RefusedAddress):
        people.add(wanted(ADA), NOW + 30 * DAY)


def pending(database: Database, address: str) -> None:
    """Somebody asked for it and did not confirm yet."""
    added = Subscriptions(database).add(wanted(address), NOW)
    with database.write() as connection:
        values = {"status": "pending", "next_action_at": None, "activated_at": None}
        connection.execute(update(subscriptions).where(subscriptions.c.id == added.id).values(**values))


def opt_in(database: Database, address: str, outcome: str | None) -> None:
    with database.write() as connection:
        plan_writer.insert_message(database, connection, message(address), "operator", NOW)
        there = deliveries.c.mailbox == address
        connection.execute(
            update(deliveries).where(there).values(outcome=outcome, done_at=NOW if outcome else None, purpose="optin")
        )


def test_whoever_never_confirmed_is_forgotten(database: Database, retain: Retain) -> None:
    pending(database, ADA)
    opt_in(database, ADA, "sent")
    assert retain(NOW + ADDRESSES).unconfirmed == 0
    assert retain(NOW + ADDRESSES + MINUTE).unconfirmed == 1
    assert count(database, subscriptions) == 0
    assert ADA not in everything(database)
    assert Subscriptions(database).add(wanted(ADA), NOW).status == "active", "nobody has said no"


def test_unconfirmed_beside_one_that_was(database: Database, retain: Retain) -> None:
    pending(database, ADA)
    Subscriptions(database).add(wanted(ADA, topics=("calls",)), NOW)
    assert retain(NOW + 29 * DAY).unconfirmed == 1
    assert [entry.address for entry in Subscriptions(database).all()] == [ADA]


def test_pauses_that_count_no_more(database: Database, retain: Retain) -> None:
    Bounces(database).pause(ADA, NOW)
    assert retain(NOW + 30 * DAY).pauses == 0
    assert retain(NOW + 31 * DAY) == RetentionReport(pauses=1)
    assert count(database, delivery_pauses) == 0


# ── history ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_told_a_year_ago_is_forgotten(database: Database, retain: Retain) -> None:
    told(database, ADA, BOB)
    retain(NOW + HISTORY)
    assert [count(database, table) for table in (matches, reminders, digests, deliveries)] == [2, 2, 2, 2]
    removed = retain(NOW + HISTORY + 31 * DAY)
    assert (removed.matches, removed.reminders, removed.digests) == (2, 2, 2)
    assert removed.deliveries == 0, "the last one that each got says since when it has been quiet"
    assert count(database, changes) == 1
    MatchQueue(database).find_again([ADA, BOB], NOW + HISTORY + 31 * DAY)
    assert [person.matches for person in tell(MatchQueue(database), NOW + HISTORY + 31 * DAY)] == [(), ()]
    assert len(Deliveries(database).list()) == 2, "nothing is told again"


def test_deliveries_of_a_year_ago_but_the_last_one(database: Database, retain: Retain) -> None:
    told(database, ADA)
    Subscriptions(database).end(ADA, UNSUBSCRIBED, NOW)
    assert retain(NOW + HISTORY + 31 * DAY).deliveries == 1
    assert count(database, deliveries) == 0


def test_a_match_stays_while_its_change_is_spread(database: Database, retain: Retain) -> None:
    told(database, ADA)
    with database.write() as connection:
        connection.execute(update(changes).values(enqueued_at=None))
    retain(NOW + 2 * HISTORY)
    assert spread(MatchQueue(database)) == [1]
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(matches)).scalar_one() == 1
    assert [person.matches for person in tell(MatchQueue(database), NOW + 2 * HISTORY)] in ([], [()])


def test_a_reminder_stays_until_its_cut_off_is_long_past(database: Database, retain: Retain) -> None:
    told(database, ADA)
    with database.write() as connection:
        connection.execute(update(reminders).values(cutoff_at=NOW + 2 * HISTORY))
    assert retain(NOW + 2 * HISTORY).reminders == 0


def test_checks_of_a_year_ago_but_those_that_matter(database: Database, retain: Retain) -> None:
    store = Checks(database)
    store.commit(record())
    for minutes in range(1, 6):
        store.commit(record(outcome="unchanged", revision=minutes, fetched=later(minutes)))
    commit_changes(database, 1)
    store.commit(record(outcome="unchanged", revision=7, fetched=later(9)))
    store.commit(record(outcome="unchanged", revision=8, fetched=later(10)))
    assert retain(NOW + HISTORY).checks == 0
    assert retain(NOW + HISTORY + 20 * MINUTE).checks == 6
    assert [row.outcome for row in rows(database, checks)] == ["baseline", "changed", "unchanged"]
    assert store.first_read_at(URL) == NOW
    last = store.last_check(URL)
    assert last is not None
    assert last.checked_at == NOW + 10 * MINUTE


def test_troubles_that_are_over_and_told(database: Database, retain: Retain) -> None:
    store = Incidents(database)
    for subject in ("told", "unnotified", "open"):
        store.open("fetch-failing", subject, "503", NOW)
    for subject in ("told", "unnotified"):
        store.resolve("fetch-failing", subject, NOW)
    with database.write() as connection:
        told_of = incidents.c.subject != "unnotified"
        connection.execute(update(incidents).where(told_of).values(opened_notified_at=NOW, resolved_notified_at=NOW))
    assert retain(NOW + HISTORY).total == 0
    assert retain(NOW + HISTORY + DAY) == RetentionReport(incidents=1)
    assert [row.subject for row in rows(database, incidents)] == ["unnotified", "open"]


# ── readings ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_reading_a_change_of_reading(database: Database, retain: Retain) -> None:
    """A newer parser reads the same anew."""
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
    assert [store.content(row.id) for row in store.snapshots()] == [b"<p>3</p>", b"<p>5</p>", b"<p>6</p>"]


def test_a_suspect_reading_waits_until_a_good_one_has_come(database: Database, retain: Retain) -> None:
    store = Checks(database)
    store.commit(record())
    for minutes in (1, 2):
        store.commit(suspect(revision=1, detail=f"half a page {minutes}", fetched=later(minutes, b"<p>half</p>")))
    assert retain(NOW + SUSPECTS).total == 0
    assert retain(NOW + SUSPECTS + 10 * MINUTE) == RetentionReport(snapshots=1)
    waiting = store.newest_suspect(URL)
    assert waiting is not None
    assert waiting.fetched.content == b"<p>half</p>"
    store.commit(record(outcome="unchanged", revision=1, fetched=later(3)))
    assert retain(NOW + SUSPECTS + 10 * MINUTE) == RetentionReport(snapshots=1, contents=1)


def test_copies_from_an_archive_stay(database: Database, retain: Retain) -> None:
    archived = ArchiveHistory(database, 1)
    for days in (1, 2):
        copy = page(b"<p>old</p>", fetched_at=NOW - 900 * DAY + days * DAY)
        archived.keep(copy, "initiative", snapshot(), "https://archive.example.org/1")
    archived.write(URL, known(snapshot()), [HistoricalChange(NOW - 899 * DAY, change(after=edition("Lyon")))])
    assert retain(NOW + HISTORY).total == 0
    assert len(archived.copies(URL)) == 2


# ── in general ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_sum() -> None:
    assert RetentionReport(texts=2, contents=1).total == 3


def test_what_a_restore_holds_is_not_touched(database: Database, retain: Retain) -> None:
    waits(database)
    restore(database)
    before = words(RestoreQuarantine(database))
    retain(NOW + 3 * HISTORY)
    assert words(RestoreQuarantine(database)) == before


ENDS = st.sampled_from([None, UNSUBSCRIBED, BOUNCED, REMOVED, "ended by the operator"])
OUTCOMES = st.sampled_from([None, "sent", "logged", "failed", "superseded", "cancelled", "discarded"])
AGES = st.integers(0, 800)
PEOPLE = st.lists(st.tuples(ENDS, OUTCOMES, st.booleans(), AGES), max_size=8)
READINGS = st.lists(st.tuples(st.sampled_from(["good", "same", "suspect"]), AGES), max_size=8)


def fill(database: Database, people: list[Any], readings: list[Any], spread_at: int | None) -> None:
    """Any mixture of what there can be: each age in days before NOW."""
    store = Checks(database)
    for number, (kind, days) in enumerate(sorted(readings, key=lambda one: -one[1])):
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
        at = None if spread_at is None else NOW - spread_at * DAY
        connection.execute(update(changes).values(enqueued_at=at))
        for number, person in enumerate(people):
            _person(database, connection, f"{number}@example.org", person)


def _person(database: Database, connection: Any, address: str, person: Any) -> None:
    end, outcome, settled, days = person
    at = NOW - days * DAY
    row = {"address": address, "mailbox": address, "status": "ended" if end else "active", "consent": "operator"}
    ended = {"ended_at": at if end else None, "end_reason": end, "created_at": at, "after_change_id": 0}
    connection.execute(insert(subscriptions), {**row, **ended, **request_row(wanted(address))})
    sent = message(address, text=address)
    plan_writer.insert_message(database, connection, sent, "news", at)
    mine = deliveries.c.message_id == sent.message_id
    done = {"outcome": outcome, "done_at": at if outcome else None}
    connection.execute(update(deliveries).where(mine).values(**done))
    number = connection.execute(select(deliveries.c.id).where(mine)).scalar_one()
    change_id = connection.execute(select(func.max(changes.c.id))).scalar_one()
    match = {"mailbox": address, "change_id": change_id, "matched_at": at, "due_at": at}
    match |= {"settled_at": at if settled else None, "delivery_id": number if settled else None}
    connection.execute(insert(matches), match)


def precious(database: Database) -> dict[str, list[Any]]:
    """Everything that waits, every baseline, every change; and what keeps a change from being told twice."""
    with database.read() as connection:

        def found(table: Any, *conditions: Any) -> list[Any]:
            chosen = select(table).where(*conditions).order_by(*table.primary_key)
            return [tuple(row) for row in connection.execute(chosen)]

        waiting = deliveries.c.outcome.is_(None)
        unspread = select(changes.c.id).where(changes.c.enqueued_at.is_(None))
        baseline = select(pages.c.baseline_id).where(pages.c.baseline_id.is_not(None))
        of_waiting = select(deliveries.c.id).where(waiting)
        return {
            "pending": found(deliveries, waiting),
            "their words": found(bodies, bodies.c.id.in_(select(deliveries.c.body_id).where(waiting))),
            "undecided": found(matches, matches.c.settled_at.is_(None)),
            "told": [row[1] for row in found(matches, matches.c.change_id.in_(unspread))],
            "of waiting": found(matches, matches.c.delivery_id.in_(of_waiting)),
            "changes": found(changes),
            "pages": found(pages),
            "baselines": found(snapshots, snapshots.c.id.in_(baseline)),
            "their bytes": found(
                contents, contents.c.sha256.in_(select(snapshots.c.content_sha256).where(snapshots.c.id.in_(baseline)))
            ),
            "active": found(subscriptions, subscriptions.c.status == "active"),
        }


@given(people=PEOPLE, readings=READINGS, spread_at=st.none() | AGES)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_waits_is_ever_touched(
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    people: list[Any],
    readings: list[Any],
    spread_at: int | None,
) -> None:
    path = tmp_path_factory.mktemp("retained") / "test.db"
    path.write_bytes(sqlite_template.read_bytes())
    with closing(open_database(f"sqlite:///{path}")) as database:
        fill(database, people, readings, spread_at)
        before, waited = precious(database), Checks(database).newest_suspect(URL)
        retention = Retention(database, piece=3)
        retention.run(NOW)
        assert precious(database) == before
        assert Checks(database).newest_suspect(URL) == waited
        assert retention.run(NOW) == RetentionReport()
