"""R9: a database with the schema of any release, kept as a fixture, is upgraded without losing rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, func, select, text

from cmr_watch.store import migrate
from cmr_watch.store.checks import Checks
from cmr_watch.store.column_types import Utc
from cmr_watch.store.database import Database, _parse_url, open_database, upgrade
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.outages import load_outages
from cmr_watch.store.rounds import Round
from cmr_watch.store.schema import REVISION, REVISIONS, metadata
from cmr_watch.store.subscriptions import Subscriptions
from tests.factories import NOW, URL
from tests.store.test_match_queue import pending_changes

FOLDER = Path(__file__).parents[1] / "fixtures" / "databases"

# what schema 0003 renamed, repeated here to find errors in the migration
RENAMED_TABLES = {"channels": "circuit_breakers", "pauses": "delivery_pauses", "erased": "erased_addresses"}
RENAMED_COLUMNS = {
    ("pages", "failures"): "consecutive_failures",
    ("snapshots", "verdict"): "assessment",
    ("changes", "reached"): "fan_out_cursor",
    ("subscriptions", "rhythm"): "schedule",
    ("subscriptions", "welcome_id"): "welcome_delivery_id",
    ("subscriptions", "wake_at"): "next_action_at",
    ("deliveries", "channel"): "route",
    ("deliveries", "unsubscribe"): "unsubscribe_token",
    ("deliveries", "quiet"): "quiet_hours",
    ("deliveries", "token"): "claim_token",
    ("matches", "found_at"): "matched_at",
    ("matches", "period"): "digest_period",
    ("reminders", "days"): "days_before",
    ("digests", "period"): "digest_period",
    ("incidents", "closed_at"): "resolved_at",
    ("incidents", "told_at"): "opened_notified_at",
    ("incidents", "end_told_at"): "resolved_notified_at",
    ("channels", "name"): "route",
    ("channels", "down_until"): "open_until",
    ("pauses", "bounces"): "soft_bounces",
    ("pauses", "until"): "paused_until",
    ("erased", "mark"): "address_hash",
}
DROPPED = {("changes", "sentence")}
RENAMED_VALUES = {
    ("snapshots", "assessment"): {"good": "plausible"},
    ("checks", "outcome"): {"dropped": "discarded"},
    ("deliveries", "purpose"): {"news": "subscriber"},
    ("deliveries", "outcome"): {
        "set_aside": "failed",
        "absorbed": "superseded",
        "ended": "cancelled",
        "dropped": "discarded",
    },
    ("incidents", "kind"): {
        "source-failing": "fetch-failing",
        "delivery-set-aside": "delivery-failed",
        "digest-late": "digest-overdue",
    },
}


def fixture_rows(revision: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the fixture, by table."""
    with closing(sqlite3.connect(":memory:")) as source:
        source.executescript((FOLDER / f"{revision}.sql").read_text(encoding="utf-8"))
        source.row_factory = sqlite3.Row
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        tables = [row[0] for row in source.execute(names)]
        return {name: [dict(row) for row in source.execute(f"SELECT * FROM {name}")] for name in tables}


def create_database(url: str, revision: str) -> dict[str, list[dict[str, Any]]]:
    """Create a database with an old schema and the rows of its fixture, which are returned."""
    rows = fixture_rows(revision)
    database = Database(_parse_url(url))
    with closing(database), database.write() as connection:
        command.upgrade(migrate.configuration(connection), revision)
        reflected = MetaData()
        reflected.reflect(connection)
        for table in reflected.sorted_tables:
            if table.name != "alembic_version" and rows.get(table.name):
                connection.execute(table.delete())  # migrations insert a key
                connection.execute(table.insert(), [_typed(table, row) for row in rows[table.name]])
    return rows


def _typed(table: Any, row: dict[str, Any]) -> dict[str, Any]:
    def typed(name: str, value: Any) -> Any:
        kind = table.c[name].type.python_type
        if value is None:
            return None
        return datetime.fromisoformat(value).replace(tzinfo=UTC) if kind is datetime else kind(value)

    return {name: typed(name, value) for name, value in row.items()}


@pytest.mark.parametrize("revision", sorted(path.stem for path in FOLDER.glob("*.sql")))
def test_every_row_is_kept(empty_url: str, revision: str) -> None:
    rows = create_database(empty_url, revision)
    before, after = upgrade(empty_url)
    assert (before, after) == (revision, REVISION)
    with closing(open_database(empty_url)) as database, database.read() as connection:
        reflected = MetaData()
        reflected.reflect(connection)
        tables = {name: reflected.tables[RENAMED_TABLES.get(name, name)] for name in rows}
        counted = {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.items()
        }
    assert counted == {name: len(entries) for name, entries in rows.items()}


FIXTURES = sorted(path.stem for path in FOLDER.glob("*.sql"))


@pytest.mark.parametrize("revision", [revision for revision in FIXTURES if revision >= "0003"])
def test_every_value_is_kept(empty_url: str, revision: str) -> None:
    """Each row has the values that it had, in every column that is still there; none was dropped but those listed."""
    rows = create_database(empty_url, revision)
    upgrade(empty_url)
    faults = []
    with closing(open_database(empty_url)) as database, database.read() as connection:
        reflected = MetaData()
        reflected.reflect(connection)
        for name in rows.keys() - {"alembic_version"}:
            table = reflected.tables[name]
            kept = [column for column in rows[name][0] if (name, column) not in REPLACED_BY_0006 or revision > "0005"]
            stored = connection.execute(select(*(table.c[column] for column in kept))).mappings()
            expected = [_typed(table, {column: row[column] for column in kept}) for row in rows[name]]
            if sorted(map(_without_zone, stored), key=repr) != sorted(map(_without_zone, expected), key=repr):
                faults.append(name)
    assert not faults


REPLACED_BY_0006 = {("outage_notices", "page_url"), ("outage_notices", "last_read_at")}
"""The page and the time of an outage, which has had a row of its own since then."""


@pytest.mark.parametrize("revision", ["0013"])
def test_what_waited_before_people_could_subscribe_is_sent_once(empty_url: str, revision: str) -> None:
    rows = create_database(empty_url, revision)
    upgrade(empty_url)
    with closing(open_database(empty_url)) as database:
        entries = Subscriptions(database).list_all()
        assert {(entry.language, entry.paused_until) for entry in entries} == {("en", None)}
        assert len(entries) == len(rows["subscriptions"])
        now = NOW + timedelta(days=1)
        waiting = [row["message_id"] for row in rows["deliveries"] if row["outcome"] is None]
        claimed = Deliveries(database).claim(now)
        assert [entry.message.message_id for entry in claimed] == waiting
        assert [entry.message.unsubscribes for entry in claimed] == [True] * len(waiting)
        with database.read() as connection:
            bounces = connection.execute(text("SELECT mailbox, reason FROM hard_bounces")).all()
        assert [tuple(row) for row in bounces] == [(row["mailbox"], row["reason"]) for row in rows["hard_bounces"]]


@pytest.mark.parametrize("old_table", sorted(fixture_rows("0002").keys() - {"alembic_version"}))
def test_schema_0003_keeps_every_value_under_its_new_name(empty_url: str, old_table: str) -> None:
    rows = create_database(empty_url, "0002")[old_table]
    upgrade(empty_url)
    table = metadata.tables[RENAMED_TABLES.get(old_table, old_table)]
    names = {old: RENAMED_COLUMNS.get((old_table, old), old) for old in rows[0] if (old_table, old) not in DROPPED}
    with closing(open_database(empty_url)) as database, database.read() as connection:
        reflected = Table(table.name, MetaData(), autoload_with=connection)
        columns = [reflected.c[name] for name in names.values()]
        stored = [_without_zone(row) for row in connection.execute(select(*columns)).mappings()]
        expected = [
            _without_zone(
                _typed(reflected, {new: _renamed_value(old_table, new, row[old]) for old, new in names.items()})
            )
            for row in rows
        ]
    assert sorted(stored, key=repr) == sorted(expected, key=repr)


def _renamed_value(table: str, column: str, value: Any) -> Any:
    return RENAMED_VALUES.get((table, column), {}).get(value, value)


def test_each_released_schema_has_a_fixture_with_rows_in_every_table() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.sql")) == list(REVISIONS)
    rows = fixture_rows(REVISION)
    assert set(rows) == {*metadata.tables, "alembic_version"}
    assert not [name for name, entries in rows.items() if not entries]


def test_rows_of_the_current_schema_are_unchanged(empty_url: str) -> None:
    rows = create_database(empty_url, REVISION)
    assert upgrade(empty_url) == (REVISION, REVISION)
    with closing(open_database(empty_url)) as database, database.read() as connection:
        for name, table in metadata.tables.items():
            reflected = MetaData()
            reflected.reflect(connection, only=[name])
            stored = [_without_zone(row) for row in connection.execute(select(reflected.tables[name])).mappings()]
            expected = [_without_zone(_typed(reflected.tables[name], row)) for row in rows[name]]
            assert sorted(stored, key=repr) == sorted(expected, key=repr), table.name


def _without_zone(row: Any) -> dict[str, Any]:
    """Remove time zones, which only PostgreSQL stores."""
    aware = {name: value for name, value in row.items() if isinstance(value, datetime)}
    return {**row, **{name: value.replace(tzinfo=None) for name, value in aware.items()}}


def test_pending_items_of_the_current_schema_are_processed(empty_url: str) -> None:
    create_database(empty_url, REVISION)
    with closing(open_database(empty_url)) as database:
        assert [change.id for change in pending_changes(database)] == [4]
        assert [(entry.id, entry.outcome) for entry in Deliveries(database).list()] == [
            (1, "sent"),
            (2, "failed"),
            (3, None),
        ]
        assert [entry.address for entry in Subscriptions(database).active()] == [
            "Anna@example.org",
            "json://127.0.0.1:1/hook",
            "bob@example.org",
        ]


# ── outages, which schema 0005 did not store ─────────────────────────────────────────────────────────────────────

DAY = timedelta(days=1)
ANNA = "anna@example.org"


def upgrade_notices(url: str, *notices: tuple[datetime, str]) -> None:
    """Upgrade a database of schema 0005 in which the list has failed since NOW and Anna was sent these notices."""
    create_database(url, "0005")
    old = Database(_parse_url(url))
    with closing(old), old.write() as connection:
        connection.execute(text("DELETE FROM outage_notices"))
        connection.execute(text("UPDATE subscriptions SET next_action_at = NULL"))
        for day in range(1, 6):
            insert_check(connection, day, "failed")
        row = {"mailbox": ANNA, "page_url": URL, "settled_at": NOW + 3 * DAY, "delivery_id": 1}
        for last_read_at, phase in notices:
            connection.execute(OLD_NOTICES.insert(), {**row, "last_read_at": last_read_at, "phase": phase})
    upgrade(url)


def insert_check(connection: Connection, day: int, outcome: str) -> None:
    row = {"id": 100 + day, "page_url": URL, "checked_at": NOW + day * DAY, "outcome": outcome}
    connection.execute(metadata.tables["checks"].insert(), {**row, "detail": "", "revision": 3})


OLD_NOTICES = Table(
    "outage_notices",
    MetaData(),
    Column("mailbox", Text),
    Column("page_url", Text),
    Column("last_read_at", Utc),
    Column("phase", Text),
    Column("settled_at", Utc),
    Column("delivery_id", Integer),
)


def notified(database: Database, now: datetime) -> tuple[dict[int, bool], dict[str, set[tuple[int, str]]]]:
    """Return whether each outage is open, and the notices of the recipients who are due."""
    with MatchQueue(database).batch(now) as batch:
        assert batch is not None
        outages = {outage.id: outage.is_open for outage in batch.outages}
        return outages, {one.mailbox: set(one.sent_outage_notices) for one in batch.recipients}


def test_an_outage_that_was_never_notified_begins_at_the_next_check(empty_url: str) -> None:
    upgrade_notices(empty_url)
    with closing(open_database(empty_url)) as database:
        Checks(database).finish_round(Round(), URL, NOW + 6 * DAY)
        outages, sent = notified(database, NOW + 6 * DAY)
        assert outages == {1: True}
        assert sent == {ANNA: set(), "json://127.0.0.1:1/hook": set(), "bob@example.org": set()}


def test_an_outage_that_was_notified_is_not_notified_again(empty_url: str) -> None:
    earlier = NOW - 30 * DAY
    upgrade_notices(empty_url, (NOW, "opened"), (earlier, "opened"), (earlier, "ended"))
    with closing(open_database(empty_url)) as database:
        checks = Checks(database)
        checks.finish_round(Round(), URL, NOW + 6 * DAY)
        with database.read() as connection:
            assert [(one.since, one.is_open) for one in load_outages(connection)] == [(earlier, False), (NOW, True)]
        with database.write() as connection:
            insert_check(connection, 7, "unchanged")
        checks.finish_round(Round(), URL, NOW + 7 * DAY)
        outages, sent = notified(database, NOW + 7 * DAY)
        assert outages == {1: False, 2: False}
        assert sent[ANNA] == {(1, "opened"), (1, "ended"), (2, "opened")}


def test_models_of_the_first_schema_are_unchanged(empty_url: str) -> None:
    rows = create_database(empty_url, "0001")
    upgrade(empty_url)
    with closing(open_database(empty_url)) as database:
        sent = Deliveries(database).list()
        assert [(entry.message.subject, entry.message.text, entry.message.html) for entry in sent] == [
            (row["subject"], row["text"], row["html"]) for row in rows["deliveries"]
        ]
        assert [(entry.id, entry.outcome, entry.attempts, entry.message.message_id) for entry in sent] == [
            (row["id"], _renamed_value("deliveries", "outcome", row["outcome"]), row["attempts"], row["message_id"])
            for row in rows["deliveries"]
        ]
        assert sorted(ids for entry in sent for ids in entry.message.change_ids) == sorted(
            row["change_id"] for row in rows["matches"]
        )
        assert [change.change.key for change in Checks(database).changes()] == [row["key"] for row in rows["changes"]]
        subscriptions = Subscriptions(database).list_all()
        assert [(entry.address, entry.status, entry.schedule.frequency) for entry in subscriptions] == [
            (row["address"], row["status"], "immediately") for row in rows["subscriptions"]
        ]
        assert all(entry.welcomed_at for entry in subscriptions), "no second welcome"
        assert [change.id for change in pending_changes(database)] == [4]
        assert [entry.message.address for entry in Deliveries(database).claim(sent[1].due_at)] == [
            "json://127.0.0.1:1/hook",
            "Anna@example.org",
        ]


def test_the_database_is_backed_up_first(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    create_database(url, "0001")
    upgrade(url)
    (backup,) = tmp_path.glob("*.bak")
    with closing(sqlite3.connect(backup)) as old:
        assert old.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert old.execute("SELECT count(*) FROM deliveries").fetchone() == (4,)


def test_held_changes_are_not_published_and_archived_ones_are_history(empty_url: str) -> None:
    create_database(empty_url, "0011")
    with closing(Database(_parse_url(empty_url))) as old, old.write() as connection:
        connection.execute(text("UPDATE changes SET held_at = read_at, enqueued_at = NULL WHERE id = 4"))
        connection.execute(text("UPDATE changes SET held_at = read_at WHERE id = 2"))
        connection.execute(text("UPDATE checks SET outcome = 'archived' WHERE id = 2"))
    upgrade(empty_url)
    with closing(open_database(empty_url)) as database, database.read() as connection:
        published = connection.execute(text("SELECT published FROM changes ORDER BY id")).scalars().all()
    assert published == [1, 2, 0, None]
