"""R7: after a restore, nothing is announced twice, and suppressed addresses remain suppressed."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Text, select

from cmr_watch.exceptions import RefusedAddress, StoreUnavailable
from cmr_watch.models.recipients import mailbox_of
from cmr_watch.store import restore_quarantine
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.installation import Installation
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.restore_quarantine import RestoreQuarantine
from cmr_watch.store.schema import metadata, subscriptions
from cmr_watch.store.subscriptions import UNSUBSCRIBED, Subscriptions
from cmr_watch.store.suppression_journal import SuppressionJournal
from tests.factories import MINUTE, NOW, URL, change, wanted
from tests.store.test_checks import record
from tests.store.test_match_queue import commit_changes, fan_out_all, pending_changes, plan_all

ADA, BOB = "ada@example.org", "bob@example.org"


@pytest.fixture
def journal(tmp_path: Path) -> SuppressionJournal:
    return SuppressionJournal(tmp_path / "ended")


@pytest.fixture
def store(database: Database, journal: SuppressionJournal) -> Subscriptions:
    return Subscriptions(database, journal)


def restore_active(database: Database, address: str) -> None:
    """Make the database as it was in a backup made before the subscription ended."""
    with database.write() as connection:
        values = {"status": "active", "ended_at": None, "end_reason": None, "address": address}
        connection.execute(subscriptions.update().values(**values, mailbox=mailbox_of(address)))
        connection.execute(metadata.tables["erased_addresses"].delete())
        connection.execute(
            metadata.tables["installation"].delete().where(metadata.tables["installation"].c.name != "key")
        )


def active(store: Subscriptions) -> list[str]:
    return [entry.address for entry in store.active()]


# ── the journal ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_ended_subscription_is_ended_again(
    database: Database, store: Subscriptions, journal: SuppressionJournal
) -> None:
    store.add(wanted(ADA), NOW)
    store.end(ADA, UNSUBSCRIBED, NOW + MINUTE)
    assert journal.replay(database, NOW) == 0, "the database contains all entries"
    restore_active(database, ADA)
    assert journal.replay(database, NOW + 2 * MINUTE) == 1
    assert active(store) == []
    assert journal.replay(database, NOW + 3 * MINUTE) == 0, "entries are read once"


def test_an_erased_address_is_erased_again(
    database: Database, store: Subscriptions, journal: SuppressionJournal
) -> None:
    store.add(wanted(ADA), NOW)
    store.erase(ADA, NOW + MINUTE)
    restore_active(database, ADA)
    journal.replay(database, NOW + 2 * MINUTE)
    assert active(store) == []
    assert ADA not in all_text(database)
    with pytest.raises(RefusedAddress):
        store.add(wanted(ADA), NOW + 3 * MINUTE)


def test_a_later_subscription_is_kept(database: Database, store: Subscriptions, journal: SuppressionJournal) -> None:
    store.add(wanted(ADA), NOW)
    store.end(ADA, UNSUBSCRIBED, NOW + MINUTE)
    store.add(wanted(ADA), NOW + 2 * MINUTE, resubscribe=True)
    with database.write() as connection:
        connection.execute(
            metadata.tables["installation"].delete().where(metadata.tables["installation"].c.name == "journal")
        )
    journal.replay(database, NOW + 3 * MINUTE)
    assert active(store) == [ADA]


def test_the_file_contains_no_addresses_and_is_private(store: Subscriptions, tmp_path: Path) -> None:
    store.add(wanted(ADA), NOW)
    store.erase(ADA, NOW)
    text = (tmp_path / "ended").read_text(encoding="utf-8")
    # not “ada”, which a hexadecimal hash may contain by chance
    assert "@" not in text
    assert "example" not in text
    ended, erased = (json.loads(line) for line in text.splitlines())
    assert {"at", "ended", "mark"} <= set(ended)
    assert {"at", "erased"} <= set(erased)
    assert os.stat(tmp_path / "ended").st_mode & 0o777 == 0o600


def test_an_incomplete_line_is_ignored(
    database: Database, store: Subscriptions, journal: SuppressionJournal, tmp_path: Path
) -> None:
    store.add(wanted(ADA), NOW)
    store.end(ADA, UNSUBSCRIBED, NOW)
    restore_active(database, ADA)
    with (tmp_path / "ended").open("a", encoding="utf-8") as file:
        file.write('{"at": "2024-0')
    assert journal.replay(database, NOW) == 1
    assert active(store) == []


def _invalid_path(folder: Path) -> Path:
    """Return a path that cannot be written, as its parent is a file."""
    (folder / "file").write_text("")
    return folder / "file" / "ended"


def test_a_subscription_is_not_ended_if_the_journal_cannot_be_written(database: Database, tmp_path: Path) -> None:
    store = Subscriptions(database, SuppressionJournal(_invalid_path(tmp_path)))
    store.add(wanted(ADA), NOW)
    with pytest.raises(StoreUnavailable, match="journal"):
        store.end(ADA, UNSUBSCRIBED, NOW)
    assert active(store) == [ADA]


# ── erasure ──────────────────────────────────────────────────────────────────────────────────────────────────────


def all_text(database: Database) -> str:
    """Return the text of all columns of all rows."""
    with database.read() as connection:
        return " ".join(
            str(value)
            for table in metadata.tables.values()
            for column in table.c
            if isinstance(column.type, Text)
            or "Json" in type(column.type).__name__
            or "ExternalText" in type(column.type).__name__
            for value in connection.execute(select(column)).scalars()
        )


def test_an_erased_address_is_in_no_row(database: Database, store: Subscriptions) -> None:
    store.sync([wanted(ADA, name="ada"), wanted(BOB, name="bob")], NOW)
    commit_changes(database, 2)
    fan_out_all(MatchQueue(database))
    plan_all(MatchQueue(database))
    outbox = Deliveries(database)
    first = next(entry for entry in outbox.claim(NOW) if entry.message.address == ADA)
    outbox.finish(first, "failed", NOW, f"550 {ADA} is unknown")
    assert store.erase(ADA, NOW) > 0
    assert ADA not in all_text(database)
    assert active(store) == [BOB]
    store.sync([wanted(ADA, name="ada"), wanted(BOB, name="bob")], NOW + MINUTE)
    assert active(store) == [BOB], "the configuration does not restore it"
    store.add(wanted(ADA), NOW + MINUTE, resubscribe=True)
    assert active(store) == [BOB, ADA]
    assert store.erase(ADA, NOW + 2 * MINUTE) > 0, "it can be erased again"


# ── quarantine ───────────────────────────────────────────────────────────────────────────────────────────────────


def restored(database: Database) -> RestoreQuarantine:
    """Store a pending message, match and change, and mark the database as restored."""
    Subscriptions(database).add(wanted(ADA), NOW)
    commit_changes(database, 1)
    fan_out_all(MatchQueue(database))
    plan_all(MatchQueue(database))
    commit_changes(database, 1)
    fan_out_all(MatchQueue(database))
    commit_changes(database, 1)
    with database.write() as connection:
        restore_quarantine.mark_restored(connection)
    quarantine = RestoreQuarantine(database)
    assert quarantine.quarantine_if_restored(NOW + MINUTE)
    assert not quarantine.quarantine_if_restored(NOW + MINUTE), "only once"
    return quarantine


def test_nothing_pending_is_sent_after_a_restore(database: Database) -> None:
    quarantine = restored(database)
    later = NOW + timedelta(days=9)
    assert pending_changes(database) == []
    plan_all(MatchQueue(database), later)
    assert len(Deliveries(database).list()) == 1, "no new message is composed"
    assert Deliveries(database).claim(later) == ()
    assert [(item.kind, item.id) for item in quarantine.list()] == [("message", 1), ("change", 2), ("change", 3)]


def test_changes_of_the_first_reading_are_held(database: Database) -> None:
    quarantine = restored(database)
    checks = Checks(database)
    for number in (1, 2):
        baseline = checks.baseline(URL)
        found = (change(key=f"edition-{number}"),)
        checks.commit(record(outcome="changed", revision=baseline.revision if baseline else None, changes=found))
    assert "edition-1" in [item.recorded.change.key for item in quarantine.list() if item.recorded]
    assert [recorded.change.key for recorded in pending_changes(database)] == ["edition-2"]


def test_released_items_are_sent_and_discarded_ones_are_not(database: Database) -> None:
    quarantine = restored(database)
    assert quarantine.release("message", [1], NOW + MINUTE, send=True) == 1
    assert quarantine.release("change", [2], NOW + MINUTE, send=False) == 1
    assert quarantine.release("change", [3], NOW + MINUTE, send=True) == 1
    assert quarantine.list() == ()
    (first,) = Deliveries(database).claim(NOW + MINUTE)
    Deliveries(database).finish(first, "sent", NOW + MINUTE)
    fan_out_all(MatchQueue(database))
    plan_all(MatchQueue(database), NOW + 2 * MINUTE)
    assert [entry.message.change_ids for entry in Deliveries(database).list("pending")] == [(3,)]


def test_the_key_is_stored_in_the_database(database: Database) -> None:
    assert Installation(database).key() == Installation(database).key()
    assert len(Installation(database).key()) == 32
