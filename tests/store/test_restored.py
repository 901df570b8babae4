"""R7: a database that comes back from a copy tells nothing a second time, and forgets nobody who said no."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Text, select

from cmr_watch.exceptions import RefusedAddress, StoreUnavailable
from cmr_watch.models import mailbox_of
from cmr_watch.store import restore_quarantine
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.installation import Installation
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.restore_quarantine import RestoreQuarantine
from cmr_watch.store.schema import metadata, subscriptions
from cmr_watch.store.subscriptions import UNSUBSCRIBED, Subscriptions
from cmr_watch.store.suppression_journal import Journal
from tests.factories import MINUTE, NOW, URL, change, wanted
from tests.store.test_checks import record
from tests.store.test_match_queue import commit_changes, spread, tell

ADA, BOB = "ada@example.org", "bob@example.org"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "ended")


@pytest.fixture
def people(database: Database, journal: Journal) -> Subscriptions:
    return Subscriptions(database, journal)


def revive(database: Database, address: str) -> None:
    """What a copy that was made before the end says."""
    with database.write() as connection:
        values = {"status": "active", "ended_at": None, "end_reason": None, "address": address}
        connection.execute(subscriptions.update().values(**values, mailbox=mailbox_of(address)))
        connection.execute(metadata.tables["erased_addresses"].delete())
        connection.execute(
            metadata.tables["installation"].delete().where(metadata.tables["installation"].c.name != "key")
        )


def active(people: Subscriptions) -> list[str]:
    return [entry.address for entry in people.active()]


# ── the journal ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_ended_comes_back_as_ended(database: Database, people: Subscriptions, journal: Journal) -> None:
    people.add(wanted(ADA), NOW)
    people.end(ADA, UNSUBSCRIBED, NOW + MINUTE)
    assert journal.replay(database, NOW) == 0, "this database knows it all"
    revive(database, ADA)
    assert journal.replay(database, NOW + 2 * MINUTE) == 1
    assert active(people) == []
    assert journal.replay(database, NOW + 3 * MINUTE) == 0, "read once"


def test_who_was_erased_comes_back_as_erased(database: Database, people: Subscriptions, journal: Journal) -> None:
    people.add(wanted(ADA), NOW)
    people.erase(ADA, NOW + MINUTE)
    revive(database, ADA)
    journal.replay(database, NOW + 2 * MINUTE)
    assert active(people) == []
    assert ADA not in everything(database)
    with pytest.raises(RefusedAddress):
        people.add(wanted(ADA), NOW + 3 * MINUTE)


def test_who_subscribed_again_stays(database: Database, people: Subscriptions, journal: Journal) -> None:
    people.add(wanted(ADA), NOW)
    people.end(ADA, UNSUBSCRIBED, NOW + MINUTE)
    people.add(wanted(ADA), NOW + 2 * MINUTE, anew=True)
    with database.write() as connection:
        connection.execute(
            metadata.tables["installation"].delete().where(metadata.tables["installation"].c.name == "journal")
        )
    journal.replay(database, NOW + 3 * MINUTE)
    assert active(people) == [ADA]


def test_the_file_names_nobody_and_is_ours_alone(people: Subscriptions, tmp_path: Path) -> None:
    people.add(wanted(ADA), NOW)
    people.erase(ADA, NOW)
    text = (tmp_path / "ended").read_text(encoding="utf-8")
    # not “ada”: a mark is hexadecimal, and may hold that by chance
    assert "@" not in text
    assert "example" not in text
    ended, erased = (json.loads(line) for line in text.splitlines())
    assert {"at", "ended", "mark"} <= set(ended)
    assert {"at", "erased"} <= set(erased)
    assert os.stat(tmp_path / "ended").st_mode & 0o777 == 0o600


def test_a_line_that_was_cut_off_is_passed_over(
    database: Database, people: Subscriptions, journal: Journal, tmp_path: Path
) -> None:
    people.add(wanted(ADA), NOW)
    people.end(ADA, UNSUBSCRIBED, NOW)
    revive(database, ADA)
    with (tmp_path / "ended").open("a", encoding="utf-8") as file:
        file.write('{"at": "2024-0')
    assert journal.replay(database, NOW) == 1
    assert active(people) == []


def _blocked(folder: Path) -> Path:
    """A place where no file can be: a file stands where its folder would."""
    (folder / "file").write_text("")
    return folder / "file" / "ended"


def test_an_end_that_cannot_be_remembered_is_not_made(database: Database, tmp_path: Path) -> None:
    people = Subscriptions(database, Journal(_blocked(tmp_path)))
    people.add(wanted(ADA), NOW)
    with pytest.raises(StoreUnavailable, match="journal"):
        people.end(ADA, UNSUBSCRIBED, NOW)
    assert active(people) == [ADA]


# ── erasing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def everything(database: Database) -> str:
    """Every text in every row."""
    with database.read() as connection:
        return " ".join(
            str(value)
            for table in metadata.tables.values()
            for column in table.c
            if isinstance(column.type, Text)
            or "Json" in type(column.type).__name__
            or "Words" in type(column.type).__name__
            for value in connection.execute(select(column)).scalars()
        )


def test_an_erased_address_stands_nowhere(database: Database, people: Subscriptions) -> None:
    people.sync([wanted(ADA, name="ada"), wanted(BOB, name="bob")], NOW)
    commit_changes(database, 2)
    spread(MatchQueue(database))
    tell(MatchQueue(database))
    outbox = Deliveries(database)
    first = next(one for one in outbox.claim(NOW) if one.message.address == ADA)
    outbox.finish(first, "failed", NOW, f"550 {ADA} is unknown")
    assert people.erase(ADA, NOW) > 0
    assert ADA not in everything(database)
    assert active(people) == [BOB]
    people.sync([wanted(ADA, name="ada"), wanted(BOB, name="bob")], NOW + MINUTE)
    assert active(people) == [BOB], "the configuration does not bring it back"
    people.add(wanted(ADA), NOW + MINUTE, anew=True)
    assert active(people) == [BOB, ADA]
    assert people.erase(ADA, NOW + 2 * MINUTE) > 0, "and once more"


# ── the hold ─────────────────────────────────────────────────────────────────────────────────────────────────────


def restored(database: Database) -> RestoreQuarantine:
    """Everything waits: one message, one match, one change that was not spread; then it is a copy."""
    Subscriptions(database).add(wanted(ADA), NOW)
    commit_changes(database, 1)
    spread(MatchQueue(database))
    tell(MatchQueue(database))
    commit_changes(database, 1)
    spread(MatchQueue(database))
    commit_changes(database, 1)
    with database.write() as connection:
        restore_quarantine.mark_restored(connection)
    found = RestoreQuarantine(database)
    assert found.begin(NOW + MINUTE)
    assert not found.begin(NOW + MINUTE), "once"
    return found


def test_nothing_of_a_copy_is_sent_by_itself(database: Database) -> None:
    held = restored(database)
    later = NOW + timedelta(days=9)
    assert MatchQueue(database).pending() == ()
    tell(MatchQueue(database), later)
    assert len(Deliveries(database).list()) == 1, "nothing new is written"
    assert Deliveries(database).claim(later) == ()
    assert [(one.kind, one.id) for one in held.list()] == [("message", 1), ("change", 2), ("change", 3)]


def test_the_first_reading_is_held_and_the_second_is_not(database: Database) -> None:
    held = restored(database)
    checks = Checks(database)
    for number in (1, 2):
        baseline = checks.baseline(URL)
        told = (change(key=f"edition-{number}"),)
        checks.commit(record(outcome="changed", revision=baseline.revision if baseline else None, changes=told))
    assert "edition-1" in [one.change.key for one in held.list() if one.change]
    assert [one.change.key for one in MatchQueue(database).pending()] == ["edition-2"]


def test_what_is_released_is_sent_and_what_is_dropped_is_not(database: Database) -> None:
    held = restored(database)
    assert held.release("message", [1], NOW + MINUTE, send=True) == 1
    assert held.release("change", [2], NOW + MINUTE, send=False) == 1
    assert held.release("change", [3], NOW + MINUTE, send=True) == 1
    assert held.list() == ()
    (first,) = Deliveries(database).claim(NOW + MINUTE)
    Deliveries(database).finish(first, "sent", NOW + MINUTE)
    spread(MatchQueue(database))
    tell(MatchQueue(database), NOW + 2 * MINUTE)
    assert [one.message.change_ids for one in Deliveries(database).list("pending")] == [(3,)]


def test_the_key_travels_with_the_copy(database: Database) -> None:
    assert Installation(database).key() == Installation(database).key()
    assert len(Installation(database).key()) == 32
