"""The order in which readers find changes as new: nothing is lost, nothing old is new, and no number is used twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from cmr_watch.models.readings import PARSER_VERSION, ChangeKind
from cmr_watch.store.archive_history import ArchiveHistory
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.public import ChangeFilter, PublicStore
from cmr_watch.store.restore_quarantine import RestoreQuarantine
from cmr_watch.store.schema import changes
from tests.factories import NOW, URL, change
from tests.store.test_archive_history import known, past
from tests.store.test_checks import record
from tests.store.test_match_queue import commit_changes, fan_out_all, pending_changes
from tests.store.test_restore_quarantine import restore

LATER = NOW + timedelta(days=1)


@pytest.fixture
def store(database: Database) -> PublicStore:
    return PublicStore(database, URL)


def after(store: PublicStore, place: int) -> list[int]:
    """The IDs of what is new after a place."""
    return [recorded.id for recorded in store.changes_after(place, 100)]


def listed(store: PublicStore) -> set[int]:
    return {recorded.id for recorded in store.changes(ChangeFilter(), 100)}


def newest(store: PublicStore) -> int:
    """The place at which a client is that has read everything."""
    return max((recorded.place for recorded in store.changes_after(0, 100)), default=0)


def hold_and_go_on(database: Database, number: int = 1) -> tuple[list[int], list[int]]:
    """Changes that a restore holds, and changes of later checks; return their IDs."""
    commit_changes(database, 1)
    fan_out_all(MatchQueue(database))
    held = commit_changes(database, number)
    restore(database)
    read_again(database)
    return held, commit_changes(database, 2)


def read_again(database: Database) -> None:
    """Read the page without changes: what is found after that is not held."""
    baseline = Checks(database).baseline(URL)
    assert baseline is not None
    assert Checks(database).commit(record(outcome="unchanged", revision=baseline.revision)) is not None


def test_a_change_that_is_released_is_new_to_those_who_have_read_everything(
    database: Database, store: PublicStore
) -> None:
    held, later = hold_and_go_on(database, 2)
    seen = newest(store)
    assert after(store, 1) == later
    assert not listed(store) & set(held)
    before = store.state()
    RestoreQuarantine(database).release("change", held, LATER, send=True)
    assert after(store, seen) == held
    assert after(store, 0) == [1, *later, *held]
    assert listed(store) == {1, *later, *held}
    assert store.state() != before
    found = [recorded.place for recorded in pending_changes(database) if recorded.id in held]
    assert found == [recorded.place for recorded in store.changes_after(seen, 100)]
    fresh = commit_changes(database, 1)
    assert after(store, newest(store)) == []
    assert after(store, found[-1]) == fresh


def test_a_change_that_is_discarded_is_not_published(database: Database, store: PublicStore) -> None:
    held, later = hold_and_go_on(database)
    RestoreQuarantine(database).release("change", held, LATER, send=False)
    assert after(store, 0) == [1, *later]
    assert not listed(store) & set(held)
    assert store.change(held[0]) is None
    RestoreQuarantine(database).release("change", held, LATER, send=True)
    assert store.change(held[0]) is None


def test_releasing_the_messages_of_a_change_does_not_publish_it_again(database: Database, store: PublicStore) -> None:
    held, later = hold_and_go_on(database)
    for send in (True, False):
        RestoreQuarantine(database).release("change", [1, *later], LATER, send=send)
    assert after(store, 0) == [1, *later]
    assert held


def test_what_an_archive_shows_is_listed_but_never_new(database: Database, store: PublicStore) -> None:
    seen = commit_changes(database, 2)
    archive = ArchiveHistory(database, PARSER_VERSION)
    state = store.state()
    archive.replace_history(URL, known("lyon"), [past(0), past(9, kind=ChangeKind.EDITION_HELD)])
    assert after(store, 0) == seen
    assert len(listed(store)) == 4
    assert store.state() != state
    assert [recorded.id for recorded in store.newest_changes(ChangeFilter(), 100)] == seen[::-1]
    assert store.newest_place() == newest(store) == seen[-1]


def test_after_a_restore_no_number_is_used_again(database: Database, store: PublicStore) -> None:
    commit_changes(database, 1)
    held, later = hold_and_go_on(database)
    used, restored = {1, 2, *held}, min(later)
    assert restored > max(used) + 1_000_000
    place = newest(store)
    restore(database, LATER)  # the same backup, or another, is restored a day later
    read_again(database)
    assert min(commit_changes(database, 1)) >= restored + 86_400
    # clients that had read on after the backup was made miss nothing
    assert after(store, place + 1000) == after(store, place)


def test_a_clock_that_is_set_back_does_not_use_a_number_again(database: Database) -> None:
    _, later = hold_and_go_on(database)
    restore(database, NOW - timedelta(days=3000))
    read_again(database)
    assert min(commit_changes(database, 1)) > max(later)


def test_a_restore_before_the_first_change(database: Database, store: PublicStore) -> None:
    Checks(database).commit(record())
    restore(database)
    held = Checks(database).commit(record(outcome="changed", revision=1, changes=(change(),)))
    assert held is not None
    assert held[0].id > 1_000_000
    assert listed(store) == set()
    RestoreQuarantine(database).release("change", [held[0].id], LATER, send=True)
    assert after(store, held[0].id) == [held[0].id]


def test_a_filter_applies_to_what_is_new(database: Database, store: PublicStore) -> None:
    commit_changes(database, 3)
    wanted = ChangeFilter(keys=["edition-1"])
    assert [recorded.change.key for recorded in store.newest_changes(wanted, 10)] == ["edition-1"]
    assert len(store.newest_changes(ChangeFilter(), 2)) == 2


def test_every_way_to_store_a_change_decides_about_it(database: Database) -> None:
    Checks(database).commit(record())
    Checks(database).commit(record(outcome="changed", revision=1, changes=(change(),), newly_read=(change(),)))
    ArchiveHistory(database, PARSER_VERSION).replace_history(URL, known("lyon"), [past(0)])
    with database.read() as connection:
        rows = connection.execute(select(changes.c.id, changes.c.published).order_by(changes.c.id)).all()
    assert [published for _, published in rows][-1] == 0
    assert all(published == id_ for id_, published in rows[:-1])
    assert len(rows) == 3
