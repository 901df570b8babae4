"""Archived copies of pages and the history derived from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cmr_watch.models.readings import PARSER_VERSION, ChangeKind, Known, KnownEdition
from cmr_watch.store.archive_history import ArchiveHistory, HistoricalChange
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.match_queue import MatchQueue
from tests.factories import NOW, URL, change, edition, page, snapshot
from tests.store.test_checks import record
from tests.store.test_match_queue import fan_out

YEAR = timedelta(days=365)
THEN = NOW - YEAR


@pytest.fixture
def archived(database: Database) -> ArchiveHistory:
    return ArchiveHistory(database, PARSER_VERSION)


def copy(days: int, content: bytes = b"<html>then</html>"):
    return page(content, url=URL, fetched_at=THEN + timedelta(days=days))


def past(days: int = 0, key: str = "lyon", **values) -> HistoricalChange:
    return HistoricalChange(THEN + timedelta(days=days), replace(change(**values), key=key))


def known(*keys: str) -> Known:
    return Known(tuple(KnownEdition(key, edition(), THEN) for key in keys))


def test_copies_are_stored_by_time(archived: ArchiveHistory) -> None:
    for days in (5, 1):
        archived.store_copy(copy(days), "initiative", snapshot(edition()), f"https://archive.example/{days}")
    assert archived.stored_times(URL) == {THEN + timedelta(days=1), THEN + timedelta(days=5)}
    assert [at for at, _ in archived.load_copies(URL)] == [THEN + timedelta(days=1), THEN + timedelta(days=5)]
    assert archived.load_copies(URL)[0][1].editions == (edition(),)
    assert archived.stored_times("https://example.org/other") == frozenset()


def test_a_copy_is_neither_a_baseline_nor_a_suspect_reading(database: Database, archived: ArchiveHistory) -> None:
    archived.store_copy(copy(1), "initiative", snapshot(edition()), "https://archive.example/1")
    checks = Checks(database)
    assert checks.baseline(URL) is None
    assert checks.newest_suspect(URL) is None
    assert checks.last_check(URL) is None
    (row,) = checks.snapshots()
    assert (row.assessment, row.reason, row.is_baseline) == ("archived", "https://archive.example/1", False)


def test_historical_changes_are_stored_and_not_fanned_out(database: Database, archived: ArchiveHistory) -> None:
    checks = Checks(database)
    checks.commit(record(outcome="baseline"))
    assert archived.replace_history(URL, known("lyon"), [past(0), past(9, kind=ChangeKind.EDITION_HELD)]) == 2
    assert [entry.read_at for entry in checks.changes()] == [THEN, THEN + timedelta(days=9)]
    assert fan_out(MatchQueue(database)) is None
    assert checks.known(URL) == known("lyon")
    assert [last.fetched_at for last in checks.last_fetches()] == [checks.last_check(URL).checked_at]
    assert checks.changes_on_other_pages("https://example.org/other", {"lyon"}) == ()


def test_the_same_history_adds_nothing_and_a_different_one_replaces_it(
    database: Database, archived: ArchiveHistory
) -> None:
    checks = Checks(database)
    checks.commit(record(outcome="baseline"))
    archived.replace_history(URL, known("lyon"), [past(9)])
    before = checks.changes()
    assert archived.replace_history(URL, known("lyon"), [past(9)]) == 0
    assert checks.changes() == before
    assert archived.replace_history(URL, known("lyon"), [past(3)]) == 1
    assert [entry.read_at for entry in checks.changes()] == [THEN + timedelta(days=3)]


def test_changes_found_by_checks_are_kept(database: Database, archived: ArchiveHistory) -> None:
    checks = Checks(database)
    checks.commit(record(outcome="baseline"))
    checks.commit(record(outcome="changed", revision=1, changes=(change(),)))
    archived.replace_history(URL, known("lyon"), [past(0)])
    archived.replace_history(URL, known("lyon"), [])
    assert [entry.read_at for entry in checks.changes()] == [checks.last_check(URL).checked_at]
