"""Storing the results of checks: baselines, suspect readings, failures, and concurrency."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from cmr_watch.models.readings import (
    PARSER_VERSION,
    ChangeKind,
    Cutoff,
    FetchedPage,
    Known,
    Outline,
    PageRef,
    ReadingWarning,
    Snapshot,
    Validators,
)
from cmr_watch.store import schema
from cmr_watch.store.archive_history import ArchiveHistory
from cmr_watch.store.check_records import CheckRecord
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.readable import UnreadableRow
from cmr_watch.store.waiting import is_idle
from tests.factories import MINUTE, NOW, URL, call, change, edition, known, page, snapshot

READING = snapshot(edition("Lyon"), edition("Malmö", country="Sweden", country_code="SE"), calls=(call(),))
ROOT = Path(__file__).parents[2]
OTHER = snapshot(edition("Lyon"), edition("Kittilä", country="Finland", country_code="FI"))


@pytest.fixture
def checks(database: Database) -> Checks:
    return Checks(database)


def record(**values: Any) -> CheckRecord:
    reading = values.get("snapshot", READING)
    fetched = values.get("fetched", page())
    defaults: dict[str, Any] = {
        "checked_at": fetched.fetched_at if fetched else NOW,
        "outcome": "baseline",
        "fetched": fetched,
        "snapshot": reading,
        "known": known(reading),
    }
    return CheckRecord(PageRef(URL, "initiative"), **{**defaults, **values})


def failed(at: datetime = NOW) -> CheckRecord:
    return CheckRecord(PageRef(URL, "initiative"), at, "failed", detail="the server answered 503")


def suspect(**values: Any) -> CheckRecord:
    defaults: dict[str, Any] = {"outcome": "suspect", "detail": "half a page", "known": None, "snapshot": Snapshot()}
    return record(**{**defaults, **values})


def later(minutes: int, content: bytes = b"<html></html>", **values: Any) -> FetchedPage:
    return page(content, fetched_at=NOW + minutes * MINUTE, **values)


def count(database: Database, table: Any) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


# ── plausible readings ───────────────────────────────────────────────────────────────────────────────────────────


def test_before_the_first_reading_there_is_no_baseline(checks: Checks) -> None:
    assert checks.baseline(URL) is None
    assert checks.known(URL) == Known()
    assert checks.last_check(URL) is None
    assert checks.snapshots() == ()
    assert checks.changes() == ()


def test_the_first_reading_is_the_baseline(checks: Checks) -> None:
    assert checks.commit(record()) == ()
    baseline = checks.baseline(URL)
    assert baseline is not None
    assert (baseline.revision, baseline.fetched_at, baseline.read_at, baseline.full_read_at) == (1, NOW, NOW, NOW)
    assert baseline.validators == page().validators
    assert baseline.snapshot == READING
    assert baseline.known == known(READING) == checks.known(URL)
    assert checks.snapshot(baseline.snapshot_id).fetched.content == page().content


def test_fields_that_are_not_compared_are_stored_too(checks: Checks) -> None:
    cutoff = Cutoff(NOW, text="until then", tentative=True)
    reading = Snapshot(
        editions=(edition(date_text="12–13 October", text="Lyon, 12–13 October", period="2024-10"),),
        calls=(call(title="Hosts wanted", text="Be a host", cutoffs=(cutoff,)),),
        warnings=(ReadingWarning("line-unread", "Paris, some day"),),
        outline=Outline(complete=False, sections=("past",), dated_lines=3, unread_lines=1),
    )
    checks.commit(record(snapshot=reading))
    found = checks.baseline(URL)
    assert found is not None
    assert repr(found.snapshot) == repr(reading)
    assert repr(found.known) == repr(known(reading))


def test_an_unchanged_reading_updates_only_the_page(checks: Checks, database: Database) -> None:
    checks.commit(record())
    first = checks.baseline(URL)
    fetched = later(30, validators=Validators('"2"', None))
    assert checks.commit(record(outcome="unchanged", revision=1, fetched=fetched)) == ()
    second = checks.baseline(URL)
    assert first is not None
    moved = {"read_at": fetched.fetched_at, "full_read_at": fetched.fetched_at, "validators": Validators('"2"', None)}
    assert second == first._replace(revision=2, **moved)  # type: ignore[arg-type]
    assert [count(database, table) for table in (schema.snapshots, schema.contents, schema.checks)] == [1, 1, 2]


def test_a_304_keeps_content_and_validators(checks: Checks) -> None:
    checks.commit(record())
    first = checks.baseline(URL)
    assert first is not None
    at = NOW + 30 * MINUTE
    checks.commit(record(outcome="unchanged", revision=1, fetched=None, checked_at=at, conditional=True))
    assert checks.baseline(URL) == first._replace(revision=2, read_at=at)


def test_only_an_unconditional_get_is_a_full_reading(checks: Checks) -> None:
    checks.commit(record())
    checks.commit(record(outcome="unchanged", revision=1, fetched=later(30), conditional=True))
    baseline = checks.baseline(URL)
    assert baseline is not None
    assert (baseline.read_at, baseline.full_read_at) == (NOW + 30 * MINUTE, NOW)


def test_new_content_with_the_same_reading_replaces_the_old(checks: Checks, database: Database) -> None:
    checks.commit(record(fetched=page(b"token 1")))
    checks.commit(record(outcome="unchanged", revision=1, fetched=later(30, b"token 2", charset=None)))
    baseline = checks.baseline(URL)
    assert baseline is not None
    stored = checks.snapshot(baseline.snapshot_id)
    assert (stored.fetched.content, stored.fetched.charset) == (b"token 2", None)
    assert stored.row.fetched_at == NOW
    assert [count(database, table) for table in (schema.snapshots, schema.contents)] == [1, 1]


def test_content_referenced_by_another_reading_is_kept(checks: Checks, database: Database) -> None:
    checks.commit(record(fetched=page(b"A")))
    checks.commit(record(outcome="changed", revision=1, snapshot=OTHER, fetched=later(30, b"B")))
    checks.commit(record(outcome="changed", revision=2, snapshot=READING, fetched=later(60, b"A")))
    checks.commit(record(outcome="unchanged", revision=3, snapshot=READING, fetched=later(90, b"A2")))
    assert [checks.snapshot(row.id).fetched.content for row in checks.snapshots()] == [b"A", b"B", b"A2"]
    assert count(database, schema.contents) == 3


def test_a_changed_reading_is_the_next_baseline_with_its_changes(checks: Checks) -> None:
    checks.commit(record())
    announced = change(after=edition("Kittilä"), key="kittila-fi-2024-10")
    fetched = later(30, b"other")
    changed = record(outcome="changed", revision=1, snapshot=OTHER, fetched=fetched, changes=(announced,))
    recorded = checks.commit(changed)
    assert recorded is not None
    assert [(entry.id, entry.change) for entry in recorded] == [(1, announced)]
    assert [(entry.page_url, entry.read_at) for entry in recorded] == [(URL, fetched.fetched_at)]
    assert checks.changes() == recorded
    baseline = checks.baseline(URL)
    assert baseline is not None
    assert (baseline.snapshot, baseline.known, baseline.read_at) == (OTHER, known(OTHER), fetched.fetched_at)


@pytest.mark.parametrize("is_same_process", [True, False], ids=["same process", "other process"])
def test_every_check_updates_the_state(database: Database, is_same_process: bool) -> None:
    checks = Checks(database)
    states = [known(READING), known(OTHER), Known(), known(READING), Known(calls=known(READING).calls)]
    states.append(Known(editions=tuple(reversed(known(READING).editions))))
    states.append(Known(tuple(replace(e, missing_since=NOW, gone="delisted") for e in known(READING).editions)))
    for revision, state in enumerate(states):
        checks = checks if is_same_process else Checks(database)
        assert checks.commit(record(outcome="changed", revision=revision or None, known=state)) == ()
        baseline = checks.baseline(URL)
        assert baseline is not None
        assert baseline.known == state == checks.known(URL)


def test_a_newer_parser_stores_a_new_snapshot_of_the_same_content(database: Database) -> None:
    Checks(database, parser_version=1).commit(record())
    newer = Checks(database, parser_version=2)
    at = NOW + 30 * MINUTE
    newer.commit(record(outcome="unchanged", revision=1, fetched=None, checked_at=at, conditional=True))
    baseline = newer.baseline(URL)
    assert baseline is not None
    assert (baseline.snapshot_id, baseline.parser_version) == (2, 2)
    assert newer.snapshot(2).fetched.content == page().content


def test_changes_are_loaded_as_they_were_stored(checks: Checks) -> None:
    cutoff = Cutoff(NOW, closed=True)
    changes = [
        change(),
        change(ChangeKind.EDITION_WITHDRAWN, before=edition(), after=None),
        change(ChangeKind.CALL_OPENED, key="call-1", before=call(status="announced"), after=call()),
        change(ChangeKind.CALL_CUTOFF_MOVED, after=call(), cutoff_before=Cutoff(NOW), cutoff_after=cutoff),
    ]
    changes[1] = replace(changes[1], after=None)
    recorded = checks.commit(record(changes=tuple(changes)))
    assert [entry.change for entry in checks.changes()] == changes
    assert recorded == checks.changes()


def test_silent_changes_are_not_fanned_out(checks: Checks, database: Database) -> None:
    checks.commit(record(changes=(change(),), silent=True))
    assert len(checks.changes()) == 1
    assert is_idle(database, NOW)


def test_pages_are_stored_separately(checks: Checks) -> None:
    other = "https://clustercollaboration.eu/open-call"
    checks.commit(record())
    checks.commit(record(snapshot=OTHER)._replace(page=PageRef(other, "initiative")))
    first, second = checks.baseline(URL), checks.baseline(other)
    assert first is not None
    assert second is not None
    assert (first.snapshot, second.snapshot) == (READING, OTHER)
    assert len(checks.known().editions) == 4
    assert [row.page_url for row in checks.snapshots(other)] == [other]


# ── concurrency ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("outcome", ["baseline", "changed", "unchanged"])
@pytest.mark.parametrize("revision", [None, 1, 3])
def test_a_comparison_with_another_baseline_is_not_stored(
    checks: Checks, database: Database, outcome: Any, revision: int | None
) -> None:
    checks.commit(record())
    checks.commit(record(outcome="unchanged", revision=1))
    before = checks.baseline(URL)
    stale = record(outcome=outcome, revision=revision, snapshot=OTHER, changes=(change(),))
    assert checks.commit(stale) is None
    assert Checks(database).baseline(URL) == before
    assert [count(database, table) for table in (schema.checks, schema.changes, schema.snapshots)] == [2, 0, 1]


def test_a_comparison_without_a_baseline_is_not_stored(checks: Checks) -> None:
    assert checks.commit(record(outcome="unchanged", revision=1)) is None
    checks.commit(failed())
    assert checks.commit(record()) == ()


def test_one_of_several_threads_commits_each_revision(database: Database) -> None:
    Checks(database).commit(record())
    barrier = threading.Barrier(4)
    committed: list[int] = []

    def check() -> None:
        checks = Checks(database)
        barrier.wait()
        for _ in range(10):
            baseline = checks.baseline(URL)
            assert baseline is not None
            changed = record(outcome="changed", revision=baseline.revision, changes=(change(),))
            committed.extend(entry.id for entry in checks.commit(changed) or ())

    threads = [threading.Thread(target=check) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    baseline = Checks(database).baseline(URL)
    assert baseline is not None
    assert baseline.revision == 1 + len(committed) > 10
    assert sorted(committed) == [entry.id for entry in Checks(database).changes()]


WORKER = """
import sys
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import open_database
from tests.store.test_checks import URL, change, record

checks = Checks(open_database(sys.argv[1]))
sys.stdin.readline()
for _ in range(25):
    baseline = checks.baseline(URL)
    revision = baseline.revision if baseline else None
    recorded = checks.commit(record(outcome="changed", revision=revision, changes=(change(),)))
    print("discarded" if recorded is None else recorded[0].id)
"""


def test_one_of_two_processes_commits_each_revision(database_url: str) -> None:
    command = [sys.executable, "-c", WORKER, database_url]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    with subprocess.Popen(command, **pipes) as one, subprocess.Popen(command, **pipes) as two:
        lines = [line for process in (one, two) for line in process.communicate("go\n", timeout=60)[0].split()]
    with closing(open_database(database_url)) as database:
        checks = Checks(database)
        baseline = checks.baseline(URL)
        assert baseline is not None
        committed = sorted(int(line) for line in lines if line != "discarded")
        assert len(lines) == 50
        assert baseline.revision == len(committed)
        assert committed == [entry.id for entry in checks.changes()]


KILLED = """
import os, sys
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database
from tests.store.test_checks import OTHER, change, record
from sqlalchemy import event

database = open_database(sys.argv[1])

@event.listens_for(database.engine, "after_cursor_execute")
def kill(connection, cursor, statement, *rest):
    if statement.startswith(sys.argv[2]):
        os.kill(os.getpid(), 9)

Checks(database).commit(record(outcome="changed", revision=1, snapshot=OTHER, changes=(change(),)))
"""


@pytest.mark.parametrize("statement", ["INSERT INTO checks", "UPDATE pages", "INSERT INTO changes"])
def test_a_commit_that_is_killed_is_rolled_back(database_url: str, statement: str) -> None:
    with closing(open_database(database_url)) as database:
        Checks(database).commit(record())
        before = Checks(database).baseline(URL)
        killed = subprocess.run([sys.executable, "-c", KILLED, database_url, statement], cwd=ROOT)
        assert killed.returncode == -9
        checks = Checks(database)
        assert checks.baseline(URL) == before
        assert checks.changes() == ()
        assert len(checks.snapshots()) == 1
        again = record(outcome="changed", revision=1, snapshot=OTHER, changes=(change(),))
        assert len(checks.commit(again) or ()) == 1


def test_a_commit_that_fails_is_rolled_back(checks: Checks, database: Database) -> None:
    checks.commit(record())
    before = checks.baseline(URL)
    invalid = change(key=None)  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r"NOT NULL|null value"):
        checks.commit(record(outcome="changed", revision=1, snapshot=OTHER, changes=(invalid,)))
    assert checks.baseline(URL) == before == Checks(database).baseline(URL)
    assert checks.commit(record(outcome="changed", revision=1, snapshot=OTHER)) == ()


# ── suspect readings and failures ────────────────────────────────────────────────────────────────────────────────


def test_a_failed_check_is_only_counted(checks: Checks) -> None:
    checks.commit(record())
    before = checks.baseline(URL)
    assert checks.commit(failed(NOW + MINUTE)) == ()
    assert checks.baseline(URL) == before
    last = checks.last_check(URL)
    assert last is not None
    assert (last.outcome, last.detail, last.checked_at) == ("failed", "the server answered 503", NOW + MINUTE)


def test_three_consecutive_failures_open_an_incident_until_a_plausible_reading(
    checks: Checks, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    incidents = Incidents(database)
    for _ in range(2):
        checks.commit(failed())
    assert incidents.unresolved() == ()
    with caplog.at_level(logging.DEBUG, "cmr_watch.store.checks"):
        for _ in range(3):
            checks.commit(failed())
    assert [(entry.kind, entry.subject) for entry in incidents.unresolved()] == [("fetch-failing", URL)]
    assert caplog.messages == [f"fetch-failing: {URL}: the server answered 503"]
    checks.commit(record())
    assert incidents.unresolved() == ()
    for _ in range(2):
        checks.commit(failed())
    assert incidents.unresolved() == ()


def test_a_discarded_check_is_only_recorded(checks: Checks, database: Database) -> None:
    checks.commit(record())
    before = checks.baseline(URL)
    discarded = CheckRecord(PageRef(URL, "initiative"), NOW + MINUTE, "discarded", detail="a newer reading was first")
    assert checks.commit(discarded) == ()
    assert checks.baseline(URL) == before
    last = checks.last_check(URL)
    assert last is not None
    assert last.outcome == "discarded"
    assert [count(database, table) for table in (schema.checks, schema.snapshots)] == [2, 1]


def test_a_suspect_reading_is_quarantined_and_opens_an_incident(
    checks: Checks, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    checks.commit(record())
    before = checks.baseline(URL)
    with caplog.at_level(logging.DEBUG, "cmr_watch.store.checks"):
        assert checks.commit(suspect(fetched=later(30, b"half"))) == ()
    assert checks.baseline(URL) == before
    found = checks.newest_suspect(URL)
    assert found is not None
    assert (found.row.assessment, found.row.reason, found.row.is_baseline) == ("suspect", "half a page", False)
    assert (found.fetched.content, found.fetched.validators, found.snapshot) == (b"half", Validators(), Snapshot())
    assert [(entry.kind, entry.detail) for entry in Incidents(database).unresolved()] == [
        ("reading-suspect", "half a page")
    ]
    assert caplog.messages == [f"reading-suspect: {URL}: half a page"]


def test_a_suspect_first_reading_is_not_the_baseline(checks: Checks) -> None:
    checks.commit(suspect())
    assert checks.baseline(URL) is None
    assert checks.newest_suspect(URL) is not None
    assert checks.commit(record(fetched=later(30))) == ()


def test_the_same_suspect_reading_is_stored_once(checks: Checks, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "cmr_watch.store.checks")
    checks.commit(record())
    for minutes in (30, 60, 90):
        checks.commit(suspect(fetched=later(minutes, b"token %d" % minutes)))
    assert [row.assessment for row in checks.snapshots()] == ["plausible", "suspect"]
    checks.commit(suspect(fetched=later(120), detail="no headings"))
    assert [row.reason for row in checks.snapshots()] == ["", "half a page", "no headings"]
    assert len(caplog.messages) == 1


def test_a_plausible_reading_resolves_a_suspect_one(checks: Checks, database: Database) -> None:
    checks.commit(record())
    checks.commit(suspect(fetched=later(30)))
    checks.commit(record(outcome="unchanged", revision=1, fetched=later(60)))
    assert checks.newest_suspect(URL) is None
    assert Incidents(database).unresolved() == ()
    checks.commit(suspect(fetched=later(90)))
    found = checks.newest_suspect(URL)
    assert found is not None
    assert found.row.fetched_at == NOW + 90 * MINUTE


def test_additions_from_a_suspect_reading_become_known(checks: Checks) -> None:
    checks.commit(record())
    before = checks.baseline(URL)
    more = Known(editions=(*known(READING).editions, *known(snapshot(edition("Turku"))).editions))
    added = change(after=edition("Turku"))
    recorded = checks.commit(suspect(revision=1, fetched=later(30, b"half"), known=more, changes=(added,)))
    assert recorded is not None
    assert [entry.change for entry in recorded] == [added]
    assert before is not None
    assert checks.baseline(URL) == before._replace(revision=2, known=more)
    assert checks.commit(suspect(revision=1, known=more, changes=(added,))) is None


def test_a_suspect_reading_can_be_accepted(checks: Checks) -> None:
    checks.commit(record())
    checks.commit(suspect(fetched=later(30, b"trimmed"), snapshot=OTHER))
    found = checks.newest_suspect(URL)
    assert found is not None
    accepted = record(outcome="changed", revision=1, fetched=found.fetched, snapshot=found.snapshot)
    assert checks.commit(accepted) == ()
    baseline = checks.baseline(URL)
    assert baseline is not None
    assert (baseline.snapshot, baseline.validators) == (OTHER, Validators())
    assert checks.snapshot(baseline.snapshot_id).fetched.content == b"trimmed"
    assert checks.newest_suspect(URL) is None


def test_a_suspect_reading_resets_the_count_of_failures(checks: Checks, database: Database) -> None:
    for entry in (failed(), failed(), suspect(), failed(), failed()):
        checks.commit(entry)
    assert [entry.kind for entry in Incidents(database).unresolved()] == ["reading-suspect"]


def test_an_incident_begins_with_the_first_failure(checks: Checks, database: Database) -> None:
    checks.commit(failed(NOW))
    checks.commit(record(checked_at=NOW + MINUTE))
    for minutes in (2, 3, 4, 5):
        checks.commit(failed(NOW + minutes * MINUTE))
    (incident,) = Incidents(database).unresolved()
    assert (incident.opened_at, incident.page) == (NOW + 2 * MINUTE, "initiative")


def test_the_pages_that_could_not_be_read(checks: Checks) -> None:
    checks.commit(record())
    assert checks.failing_pages() == frozenset()
    for entry in (failed(), suspect(revision=1)):
        checks.commit(entry)
        assert checks.failing_pages() == {URL}
    checks.commit(record(outcome="discarded", revision=1))
    assert checks.failing_pages() == {URL}
    checks.commit(record(outcome="unchanged", revision=1))
    assert checks.failing_pages() == frozenset()


def test_a_suspect_reading_that_cannot_be_accepted_is_an_incident_of_its_own(
    checks: Checks, database: Database
) -> None:
    checks.commit(record())
    for acceptable in (False, False, True, False):
        checks.commit(suspect(acceptable=acceptable))
    assert [entry.kind for entry in Incidents(database).unresolved()] == ["reading-unusable", "reading-suspect"]
    checks.commit(record(outcome="unchanged", revision=1))
    checks.commit(suspect())
    checks.commit(suspect(acceptable=False))
    assert [entry.kind for entry in Incidents(database).unresolved()] == ["reading-suspect"]


def test_the_incident_says_how_many_editions_were_announced(checks: Checks, database: Database) -> None:
    checks.commit(record())
    checks.commit(suspect(revision=1, known=known(READING), changes=(change(after=edition("Turku")),)))
    assert [entry.detail for entry in Incidents(database).unresolved()] == [
        "half a page. 1 new edition announced from it"
    ]


# ── queries ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_changes_since(checks: Checks) -> None:
    for minutes in range(5):
        revision = minutes or None
        changes = (change(key=f"edition-{minutes}"),)
        checks.commit(record(outcome="changed", revision=revision, fetched=later(minutes), changes=changes))
    assert [entry.id for entry in checks.changes()] == [1, 2, 3, 4, 5]
    assert [entry.id for entry in checks.changes(since_id=3)] == [4, 5]
    assert [entry.id for entry in checks.changes(since=NOW + 2 * MINUTE)] == [3, 4, 5]
    assert [entry.id for entry in checks.changes(limit=2)] == [4, 5]


def test_the_newest_snapshots_are_listed(checks: Checks) -> None:
    warned = replace(OTHER, warnings=(ReadingWarning("line-unread", "x"),))
    checks.commit(record())
    checks.commit(record(outcome="changed", revision=1, snapshot=warned, fetched=later(30, b"B")))
    rows = checks.snapshots()
    assert [(row.id, row.is_baseline, row.editions, row.calls, row.warnings) for row in rows] == [
        (1, False, 2, 1, 0),
        (2, True, 2, 0, 1),
    ]
    assert [row.id for row in checks.snapshots(limit=1)] == [2]


def test_an_unknown_snapshot(checks: Checks) -> None:
    with pytest.raises(KeyError):
        checks.snapshot(7)


def test_content_is_compressed(checks: Checks, database: Database) -> None:
    checks.commit(record(fetched=page(b"<li>Lyon</li>" * 10_000)))
    with database.read() as connection:
        row = connection.execute(text("SELECT size, length(body) FROM contents")).one()
    assert row[0] == 130_000
    assert row[1] < 2_000


def test_a_reading_that_is_damaged_twice_is_left_out_and_its_page_can_be_read_again(
    tmp_path: Path, sqlite_template: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "test.db")
    with closing(open_database(f"sqlite:///{tmp_path / 'test.db'}")) as database:
        Checks(database).commit(record())
        with database.write() as connection:
            connection.execute(text("UPDATE snapshots SET charset = X'FF00', reading = X'FF00'"))
        baseline = Checks(database).baseline(URL)
        assert baseline is not None
        assert (baseline.has_reading, baseline.charset, baseline.known) == (False, None, known(READING))
        assert Checks(database).stored_page(baseline.snapshot_id).content == page().content
        with pytest.raises(UnreadableRow):
            Checks(database).snapshot(baseline.snapshot_id)
        assert list(database.unreadable.take()) == ["snapshots 1"]


# ── what is known of all pages ───────────────────────────────────────────────────────────────────────────────────────


def cities(checks: Checks) -> list[str]:
    return [entry.edition.city for page in checks.known_pages() for entry in page.known.editions]


def test_what_is_known_of_all_pages_is_kept_while_it_is_the_same(checks: Checks) -> None:
    checks.commit(record())
    before = checks.known_pages()
    assert checks.commit(record(outcome="unchanged", revision=1, fetched=later(1))) == ()
    assert checks.known_pages() is before


def test_what_another_process_has_read_is_known(checks: Checks, database: Database) -> None:
    checks.commit(record())
    assert cities(checks) == ["Lyon", "Malmö"]
    other = Checks(database)
    other.commit(record(outcome="changed", revision=1, fetched=later(1), snapshot=OTHER, known=known(OTHER)))
    assert cities(checks) == ["Lyon", "Kittilä"]


def test_what_this_process_has_read_is_known(checks: Checks) -> None:
    checks.commit(record())
    assert cities(checks) == ["Lyon", "Malmö"]
    checks.commit(record(outcome="changed", revision=1, fetched=later(1), snapshot=OTHER, known=known(OTHER)))
    assert cities(checks) == ["Lyon", "Kittilä"]
    checks.commit(failed(NOW + 2 * MINUTE))
    assert cities(checks) == ["Lyon", "Kittilä"]


def test_what_an_archive_has_added_is_known(checks: Checks, database: Database) -> None:
    checks.commit(record())
    assert cities(checks) == ["Lyon", "Malmö"]
    ArchiveHistory(database, PARSER_VERSION).replace_history(URL, known(OTHER), ())
    assert cities(checks) == ["Lyon", "Kittilä"]
