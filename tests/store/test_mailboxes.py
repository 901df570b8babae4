"""Recipients under several spellings of their address, in the database and across the upgrade to schema 0013."""

from __future__ import annotations

import hmac
import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, select, text

from cmr_watch.exceptions import RefusedAddress
from cmr_watch.store import erasure, installation
from cmr_watch.store.database import Database, _parse_url, open_database, upgrade
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.schema import (
    changes,
    delivery_pauses,
    erased_addresses,
    hard_bounces,
    matches,
    metadata,
    reminders,
    subscriptions,
)
from cmr_watch.store.subscription_import import importing
from cmr_watch.store.subscriptions import UNSUBSCRIBED, Subscriptions
from cmr_watch.store.suppression_journal import SuppressionJournal
from tests.factories import MINUTE, NOW, wanted
from tests.store.test_upgrade import create_database

UNICODE, ASCII = "joe@bücher.example", "joe@xn--bcher-kva.example"
SHARP, DOUBLE = "weiß@example.org", "weiss@example.org"
LATER = NOW + MINUTE


# ── adding and erasing ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("first", "second"), [(UNICODE, ASCII), (ASCII, UNICODE)])
def test_an_erased_address_is_refused_in_both_forms(database: Database, first: str, second: str) -> None:
    store = Subscriptions(database)
    store.add(wanted(first), NOW)
    store.erase(second, LATER)
    assert [entry.status for entry in store.list_all()] == ["ended"]
    for address in (first, second, second.upper().replace("SS", "ss")):
        assert store.is_erased(address)
        with pytest.raises(RefusedAddress):
            store.add(wanted(address), LATER)
        with importing(database, LATER) as batch:
            assert batch.refusal(address)
    store.sync([wanted(second, name="from the file")], LATER)
    assert store.active() == ()
    store.add(wanted(second), LATER, resubscribe=True)
    assert not store.is_erased(first)


def test_erasing_an_address_leaves_that_with_ss(database: Database) -> None:
    store = Subscriptions(database)
    for address in (SHARP, DOUBLE):
        store.add(wanted(address), NOW)
    store.erase(DOUBLE, LATER)
    assert [entry.address for entry in store.active()] == [SHARP]
    assert store.is_erased(DOUBLE)
    assert not store.is_erased(SHARP)
    store.add(wanted(SHARP), LATER, resubscribe=True)
    assert store.is_erased(DOUBLE)


def former_hash(connection: Connection, spelling: str) -> str:
    """The hash that earlier versions made of an address, which they case-folded."""
    return hmac.digest(installation.key(connection), b"address:" + spelling.casefold().encode(), "sha256").hex()


@pytest.mark.parametrize("erased", [UNICODE, ASCII, "Joe@Bücher.example", "eva@straße.example", SHARP, "ada@b.org"])
def test_an_address_erased_by_an_earlier_version_is_refused(database: Database, erased: str) -> None:
    store = Subscriptions(database)
    with database.write() as connection:
        row = {"address_hash": former_hash(connection, erased), "erased_at": NOW}
        connection.execute(erased_addresses.insert(), row)
    for address in (erased, ASCII if "cher" in erased else erased):
        with pytest.raises(RefusedAddress):
            store.add(wanted(address), LATER)
        with importing(database, LATER) as batch:
            assert batch.refusal(address)
    store.add(wanted(erased), LATER, resubscribe=True)
    with database.read() as connection:
        assert not erasure.is_erased(connection, erased)


def test_a_journal_of_an_earlier_version_is_replayed(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "watch.db")
    journal = SuppressionJournal(tmp_path / "watch.db.ended")
    with closing(open_database(f"sqlite:///{tmp_path / 'watch.db'}")) as database:
        store = Subscriptions(database, journal)
        for address in (ASCII, SHARP, DOUBLE, "ada@b.org"):
            store.add(wanted(address), NOW)
        with database.write() as connection:
            lines: list[dict[str, Any]] = [
                {"at": LATER.isoformat(), "erased": former_hash(connection, UNICODE)},
                {"at": LATER.isoformat(), "erased": former_hash(connection, SHARP)},
                {
                    "at": LATER.isoformat(),
                    "reason": UNSUBSCRIBED,
                    "ended": 4,
                    "mark": former_hash(connection, "ada@b.org"),
                },
            ]
        (tmp_path / "watch.db.ended").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        assert journal.replay(database, LATER) == 3
        assert store.active() == ()
        assert all(store.is_erased(address) for address in (UNICODE, ASCII, SHARP, DOUBLE))
        with pytest.raises(RefusedAddress):
            store.add(wanted("ada@b.org"), LATER)


# ── the upgrade ──────────────────────────────────────────────────────────────────────────────────────────────────────


class OldDatabase:
    """A database of schema 0012, with the rows of its fixture and more."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._tables = MetaData()
        self._tables.reflect(connection)
        self._subscription = self._row("subscriptions", 3)
        self._delivery = self._row("deliveries", 1)

    def _row(self, table: str, number: int) -> dict[str, Any]:
        found = select(self._tables.tables[table]).where(self._tables.tables[table].c.id == number)
        return dict(self.connection.execute(found).mappings().one())

    def insert(self, table: str, **row: Any) -> None:
        self.connection.execute(self._tables.tables[table].insert(), row)

    def subscribe(self, number: int, address: str, **values: Any) -> None:
        row = {**self._subscription, "id": number, "address": address, "mailbox": address.casefold()}
        self.insert("subscriptions", **{**row, "next_action_at": None, "welcomed_at": row["created_at"], **values})

    def deliver(self, number: int, address: str, **values: Any) -> None:
        row = {**self._delivery, "id": number, "address": address, "mailbox": address.casefold()}
        self.insert("deliveries", **{**row, "message_id": f"<{number}@new>", **values})

    def match(self, mailbox: str, change_id: int, *, settled: bool = False, delivery_id: int | None = None) -> None:
        row = {"mailbox": mailbox, "change_id": change_id, "matched_at": NOW, "due_at": NOW}
        settled_at = NOW if settled else None
        self.insert("matches", **row, settled_at=settled_at, delivery_id=delivery_id)


@contextmanager
def old_database(url: str) -> Iterator[OldDatabase]:
    create_database(url, "0012")
    with closing(Database(_parse_url(url))) as database, database.write() as connection:
        yield OldDatabase(connection)


@contextmanager
def upgraded(url: str) -> Iterator[tuple[Database, Connection]]:
    upgrade(url)
    with closing(open_database(url)) as database, database.read() as connection:
        yield database, connection


def matches_of(connection: Connection, mailbox: str) -> list[tuple[int, bool, int | None]]:
    statement = select(matches).where(matches.c.mailbox == mailbox).order_by(matches.c.change_id)
    return [(row.change_id, row.settled_at is not None, row.delivery_id) for row in connection.execute(statement)]


def test_two_forms_of_a_domain_become_one_mailbox(empty_url: str) -> None:
    with old_database(empty_url) as old:
        old.subscribe(10, UNICODE, name="file")
        old.subscribe(11, ASCII)
        old.deliver(10, UNICODE)
        old.match(UNICODE, 1, settled=True, delivery_id=10)  # sent to one, pending for the other
        old.match(ASCII, 1)
        old.match(UNICODE, 2, settled=True)  # unwanted by one, pending for the other
        old.match(ASCII, 2)
        old.match(UNICODE, 3)
        for mailbox, until in ((UNICODE, NOW + MINUTE), (ASCII, NOW)):
            old.insert("delivery_pauses", mailbox=mailbox, soft_bounces=1, paused_until=until)
            old.insert("hard_bounces", mailbox=mailbox, reason="550", noted_at=until, confirmed_at=None)
            row = {"mailbox": mailbox, "call_key": "call-1", "cutoff_at": NOW, "days_before": 7}
            old.insert("reminders", **row, settled_at=NOW, delivery_id=None)
        old.connection.execute(text("UPDATE changes SET fan_out_cursor = 'json://127.0.0.1:1/hook' WHERE id = 4"))
    with upgraded(empty_url) as (database, connection):
        assert matches_of(connection, ASCII) == [(1, True, 10), (2, False, None), (3, False, None)]
        assert [entry.address for entry in Subscriptions(database).find(UNICODE)] == [UNICODE, ASCII]
        for table in (delivery_pauses, hard_bounces, reminders):
            of_mailbox = select(table).where(table.c.mailbox == ASCII)
            assert len(connection.execute(of_mailbox).all()) == 1, table.name
        pause = select(delivery_pauses.c.paused_until).where(delivery_pauses.c.mailbox == ASCII)
        assert connection.execute(pause).scalar_one() == NOW + MINUTE
        assert connection.execute(select(changes.c.fan_out_cursor).where(changes.c.id == 4)).scalar_one() is None
        for table in metadata.tables.values():
            if "mailbox" in table.c:
                assert UNICODE not in connection.execute(select(table.c.mailbox)).scalars().all()
    with closing(open_database(empty_url)) as database, MatchQueue(database).batch(NOW) as batch:
        assert batch is not None
        (joe,) = (entry for entry in batch.recipients if entry.mailbox == ASCII)
        assert [entry.id for entry in joe.subscriptions] == [10, 11]


def test_addresses_with_sharp_s_and_ss_become_two_mailboxes(empty_url: str) -> None:
    with old_database(empty_url) as old:
        old.subscribe(10, SHARP)
        old.subscribe(11, DOUBLE)
        old.deliver(10, SHARP)
        pending = {"outcome": None, "done_at": None}
        old.deliver(11, SHARP, **pending)
        old.match(DOUBLE, 1, settled=True, delivery_id=10)
        old.match(DOUBLE, 2, settled=True, delivery_id=11)
        old.match(DOUBLE, 3)
    with upgraded(empty_url) as (database, connection):
        assert matches_of(connection, SHARP) == [(1, True, 10), (2, True, 11), (3, False, None)]
        assert matches_of(connection, DOUBLE) == [(1, True, None), (2, False, None), (3, False, None)]
        (first,) = Subscriptions(database).find(SHARP)
        (second,) = Subscriptions(database).find(DOUBLE)
        assert (first.welcomed_at is None, second.welcomed_at is None) == (False, True), "nothing was ever sent to it"
    with closing(open_database(empty_url)) as database, MatchQueue(database).batch(NOW) as batch:
        assert batch is not None
        assert {SHARP, DOUBLE} <= {entry.mailbox for entry in batch.recipients}


def test_an_ended_recipient_stays_ended_under_both_spellings(empty_url: str) -> None:
    ended = {"status": "ended", "ended_at": NOW + timedelta(days=1), "end_reason": UNSUBSCRIBED}
    with old_database(empty_url) as old:
        old.subscribe(10, UNICODE, **ended)
        old.subscribe(11, ASCII, topics='["calls"]')
        old.subscribe(12, "eva@bücher.example", **ended)
        old.subscribe(13, "eva@xn--bcher-kva.example", created_at=NOW + timedelta(days=2))
    with upgraded(empty_url) as (database, _):
        store = Subscriptions(database)
        assert {(entry.status, entry.end_reason) for entry in store.find(ASCII)} == {("ended", UNSUBSCRIBED)}
        assert [entry.status for entry in store.find("eva@bücher.example")] == ["ended", "active"], "added afterwards"


def test_an_erased_recipient_is_not_written_to_under_another_spelling(empty_url: str) -> None:
    with old_database(empty_url) as old:
        row = {"address_hash": former_hash(old.connection, UNICODE), "erased_at": NOW}
        old.insert("erased_addresses", **row)
        old.subscribe(10, ASCII)
        old.deliver(10, ASCII, outcome=None, done_at=None)
        old.subscribe(11, "ada@xn--bcher-kva.example")
    with upgraded(empty_url) as (database, _):
        store = Subscriptions(database)
        assert [(entry.status, entry.end_reason) for entry in store.find(UNICODE)] == [("ended", "erased")]
        assert [entry.status for entry in store.find("ada@bücher.example")] == ["active"]


def test_other_rows_are_unchanged(empty_url: str) -> None:
    with old_database(empty_url) as old:
        old.subscribe(10, "ü@example.org", mailbox="anna@example.org")
    with upgraded(empty_url) as (_, connection):
        stored = connection.execute(select(subscriptions.c.mailbox).order_by(subscriptions.c.id)).scalars().all()
        assert stored[0] == stored[-1] == "anna@example.org"
        cursors = connection.execute(select(changes.c.fan_out_cursor)).scalars().all()
        assert len(cursors) == 4
