"""The events of the calendar follow what is known, in the transaction that changes it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, text, update

from cmr_watch.calendar_diff import cutoff_of
from cmr_watch.models.calendar import CalendarEvent
from cmr_watch.models.evidence import Evidence
from cmr_watch.models.readings import CallNotice, Cutoff, Edition, Known, KnownCall, KnownEdition, PageKind, PageRef
from cmr_watch.store import known_entries
from cmr_watch.store.archive_history import ArchiveHistory
from cmr_watch.store.calendar_events import load_events, replace_known
from cmr_watch.store.check_records import CheckRecord, KnownAfterwards
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.schema import calendar_events
from tests.factories import MINUTE, NOW, URL, call, edition, page, snapshot

CALL_URL = "https://clustercollaboration.eu/call"
LYON = "lyon-fr-2024-10"
MAY = datetime(2024, 5, 31, 16, tzinfo=UTC)
MAY_MIDNIGHT = datetime(2024, 5, 31, 21, 59, tzinfo=UTC)
JUNE = datetime(2024, 6, 28, 16, tzinfo=UTC)
NOTHING = Known()


@pytest.fixture
def checks(database: Database) -> Checks:
    return Checks(database)


def lyon(**values: Any) -> KnownEdition:
    return KnownEdition(LYON, edition(**values), NOW)


def hosts(*times: datetime) -> KnownCall:
    return KnownCall("call-2024", call(cutoffs=tuple(map(Cutoff, times))), NOW)


def commit(checks: Checks, known: Known, minutes: int, url: str = URL, **values: Any) -> None:
    """Commit a plausible reading of a page after which this is known of it."""
    kind: PageKind = "call" if url == CALL_URL else "initiative"
    before = checks.baseline(url)
    fetched = page(f"<p>{url} {minutes}".encode(), url=url, fetched_at=NOW + minutes * MINUTE)
    record = CheckRecord(
        PageRef(url, kind),
        fetched.fetched_at,
        "changed" if before else "baseline",
        revision=before.revision if before else None,
        fetched=fetched,
        snapshot=snapshot(),
        known=known,
    )
    assert checks.commit(record, **values) is not None


def events(database: Database) -> dict[str, CalendarEvent]:
    with database.read() as connection:
        found = load_events(connection, known_entries.load_all(connection))
    assert len({event.uid for event in found}) == len(found)
    return {event.uid: event for event in found}


def stored(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(calendar_events.c.uid).order_by(calendar_events.c.uid)).scalars())


def time_of(event: CalendarEvent) -> datetime:
    cutoff = cutoff_of(event)
    assert cutoff is not None
    return cutoff.at


def test_what_was_never_changed_has_no_row(database: Database, checks: Checks) -> None:
    commit(checks, Known((lyon(),), (hosts(MAY),)), 0)
    assert {event.sequence for event in events(database).values()} == {0}
    assert stored(database) == []


def test_a_change_is_stored_in_the_commit_that_changed_it(database: Database, checks: Checks) -> None:
    commit(checks, Known((lyon(),), (hosts(MAY),)), 0)
    commit(checks, Known((lyon(status="cancelled"),), (hosts(JUNE),)), 5)
    found = events(database)
    assert (found[LYON].state, found[LYON].sequence, found[LYON].changed_at) == ("cancelled", 1, NOW + 5 * MINUTE)
    moved = found["call-2024-20240531T1600Z"]
    assert (time_of(moved), moved.sequence, moved.changed_at) == (JUNE, 1, NOW + 5 * MINUTE)
    assert isinstance(found[LYON].subject, Edition)
    assert isinstance(moved.subject, CallNotice)
    assert len(found) == 2


def test_an_unchanged_reading_changes_no_event(database: Database, checks: Checks) -> None:
    commit(checks, Known((lyon(),)), 0)
    commit(checks, Known((lyon(status="cancelled"),)), 5)
    before = events(database)
    commit(checks, Known((lyon(status="cancelled"),)), 10)
    assert events(database) == before


def test_a_commit_that_is_refused_changes_no_event(database: Database, checks: Checks) -> None:
    commit(checks, Known((lyon(),)), 0)
    stale = CheckRecord(
        PageRef(URL, "initiative"), NOW, "changed", revision=7, fetched=page(), snapshot=snapshot(), known=NOTHING
    )
    assert checks.commit(stale) is None
    assert stored(database) == []


def test_an_event_shows_what_all_pages_say(database: Database, checks: Checks) -> None:
    """The call's own page adds the hour: the cut-off is the same, and moves."""
    commit(checks, Known((), (hosts(MAY_MIDNIGHT),)), 0)
    commit(checks, Known((), (hosts(MAY),)), 5, CALL_URL)
    (event,) = events(database).values()
    assert (event.uid, time_of(event), event.sequence) == ("call-2024-20240531T2159Z", MAY, 1)


def test_a_correction_of_the_stored_reading_moves_the_event(database: Database, checks: Checks) -> None:
    commit(checks, Known((lyon(),), (hosts(MAY),)), 0)
    baseline = checks.baseline(URL)
    assert baseline is not None
    after = KnownAfterwards(Known((lyon(),), (hosts(JUNE),)), (), NOW + 5 * MINUTE)
    checks.replace_reading(baseline.snapshot_id, snapshot(), Evidence(""), after)
    event = events(database)["call-2024-20240531T1600Z"]
    assert (time_of(event), event.sequence, event.changed_at) == (JUNE, 1, NOW + 5 * MINUTE)


def test_a_misread_entry_is_withdrawn_when_the_stored_page_is_read_again(database: Database, checks: Checks) -> None:
    commit(checks, Known((lyon(),), (hosts(NOW - 100 * MINUTE, JUNE),)), 0)
    baseline = checks.baseline(URL)
    assert baseline is not None
    after = KnownAfterwards(Known((), (hosts(JUNE),)), (), NOW + 5 * MINUTE)
    checks.replace_reading(baseline.snapshot_id, snapshot(), Evidence(""), after)
    assert sorted((event.state, event.listed) for event in events(database).values()) == [
        ("planned", True),
        ("withdrawn", False),
        ("withdrawn", False),
    ]


def test_the_history_from_an_archive_adds_events_and_changes_none(database: Database, checks: Checks) -> None:
    commit(checks, Known((lyon(),)), 0)
    oslo = KnownEdition("oslo-no-2023-11", edition("Oslo"), None)
    ArchiveHistory(database, 4).replace_history(URL, Known((lyon(), oslo)), [])
    assert {uid: event.sequence for uid, event in events(database).items()} == {LYON: 0, "oslo-no-2023-11": 0}
    ArchiveHistory(database, 4).replace_history(URL, Known((lyon(status="cancelled"), oslo)), [])
    assert (events(database)[LYON].sequence, events(database)[LYON].changed_at) == (1, NOW)


@pytest.mark.parametrize(
    "damage",
    [
        {"body": "garbage"},
        {"body": '{"status":"open","hosting_years":[],"cutoffs":[]}'},
        {"body": '{"city":"Lyon"}'},
        {"state": "garbage"},
        {"sequence": -1},
    ],
)
def test_a_row_that_cannot_be_read_is_left_out_and_written_again(
    database: Database, checks: Checks, damage: dict[str, Any]
) -> None:
    commit(checks, Known((lyon(), KnownEdition("oslo", edition("Oslo"), NOW))), 0)
    commit(checks, Known((lyon(status="cancelled"), KnownEdition("oslo", edition("Oslo", venue="x"), NOW))), 5)
    assert stored(database) == [LYON, "oslo"]
    (column, value), *_ = damage.items()
    with database.write() as connection:
        statement = text(f"UPDATE calendar_events SET {column} = :value WHERE uid = :uid")
        connection.execute(statement, {"value": value, "uid": LYON})
    found = events(database)
    assert (found[LYON].state, found[LYON].sequence, found["oslo"].sequence) == ("cancelled", 0, 1)
    assert list(database.unreadable.take()) == [f"calendar_events {LYON}"]
    commit(checks, Known((lyon(), KnownEdition("oslo", edition("Oslo"), NOW))), 10)
    assert list(database.unreadable.take()) == [f"calendar_events {LYON}"], "it was still there"
    assert {uid: event.sequence for uid, event in events(database).items()} == {LYON: 1, "oslo": 2}
    assert not database.unreadable.take()


def test_a_commit_that_overlaps_another_sees_its_events(database: Database, database_url: str, checks: Checks) -> None:
    """The time is that of the call's page, the link that of the list; both change at the same moment."""
    commit(checks, Known((), (hosts(MAY),)), 0)
    commit(checks, Known((), (replace(hosts(MAY), call=call(apply_url=None, cutoffs=(Cutoff(MAY),))),)), 0, CALL_URL)
    moved = Known((), (replace(hosts(MAY), call=call(apply_url=None, cutoffs=(Cutoff(JUNE),))),))
    linked = Known((), (replace(hosts(MAY), call=call(apply_url="https://example.org/new", cutoffs=(Cutoff(MAY),))),))

    def commit_link() -> None:
        with closing(open_database(database_url)) as other:
            commit(Checks(other), linked, 5)

    with ThreadPoolExecutor() as pool:
        with database.write() as connection:
            state = known_entries.load(connection, CALL_URL)
            assert replace_known(database, connection, CALL_URL, state, moved, NOW + 5 * MINUTE)
            done = pool.submit(commit_link)
            time.sleep(0.5)  # until it waits
        done.result(30)
    (event,) = events(database).values()
    assert isinstance(event.subject, CallNotice)
    assert (event.sequence, time_of(event), event.subject.apply_url) == (2, JUNE, "https://example.org/new")


def test_the_rows_can_be_edited_by_hand(database: Database, checks: Checks) -> None:
    """A sequence that was set higher counts on from there."""
    commit(checks, Known((lyon(),)), 0)
    commit(checks, Known((lyon(venue="x"),)), 5)
    with database.write() as connection:
        connection.execute(update(calendar_events).values(sequence=40))
    commit(checks, Known((lyon(),)), 10)
    assert events(database)[LYON].sequence == 41
