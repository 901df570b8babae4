"""`preview_accept` computes what `accept` does, and commits nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from cmr_watch.models.readings import PageRef
from cmr_watch.monitor.accept import AcceptPreview, NothingToAccept, accept, preview_accept
from cmr_watch.store.database import Database
from cmr_watch.store.schema import metadata
from tests.monitor.small import describe
from tests.monitor.test_check import BURGAS, CALL, LYON, OSLO, PRAGUE, URL, Watch

PAGE = PageRef(URL, "initiative")


@pytest.fixture
def watch(database: Database) -> Watch:
    return Watch(database)


def preview(watch: Watch) -> AcceptPreview:
    return preview_accept(PAGE, watch.checks, lambda: watch.now)


def rows(database: Database) -> dict[str, int]:
    """The number of rows of each table."""
    with database.read() as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)) for table in metadata.sorted_tables
        }
        return {name: count.scalar_one() for name, count in counts.items()}


def test_it_names_the_changes_that_accept_records(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE, BURGAS, CALL)
    changed = (f"{LYON} CANCELLED", PRAGUE, OSLO, BURGAS, CALL.replace("open", "closed"))
    assert watch.reads(*changed, cut=True).startswith("suspect")
    before = rows(watch.database)
    shown = preview(watch)
    assert rows(watch.database) == before
    assert (shown.row.reason, shown.missing) == ("the page is incomplete: it ends before its closing </html> tag", ())
    accepted = accept(PAGE, watch.checks, lambda: watch.now)
    assert shown.changes == tuple(recorded.change for recorded in accepted.changes)
    assert shown.snapshot == accepted.snapshot
    assert len(shown.changes) >= 2


def test_it_names_what_the_reading_lacks(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE, BURGAS)
    assert watch.reads(BURGAS) == "suspect"
    shown = preview(watch)
    assert shown.changes == ()
    assert [entry.key for entry in shown.missing] == ["lyon-fr-2023-10", "prague-cz-2023-10"]


def test_it_names_the_changes_of_the_next_check(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE, BURGAS, CALL)
    assert watch.reads(BURGAS) == "suspect"
    later = preview(watch).later
    accept(PAGE, watch.checks, lambda: watch.now)
    assert watch.reads(BURGAS) == f"changed: {describe(later)}"
    assert len(later) == 3


def test_the_first_baseline_has_no_changes(watch: Watch) -> None:
    watch.reads(LYON, cut=True)
    shown = preview(watch)
    assert (shown.baseline, shown.changes, shown.missing) == (None, (), ())


def test_there_is_nothing_to_accept(watch: Watch) -> None:
    watch.reads(LYON, BURGAS)
    with pytest.raises(NothingToAccept, match="There is no suspect reading"):
        preview(watch)


def test_a_reading_without_content_cannot_be_accepted(watch: Watch) -> None:
    watch.reads(LYON, BURGAS)
    watch.fetcher.body = "<html><body><p>Down for maintenance</p></body></html>"
    assert watch.check() == "suspect"
    for attempt in (lambda: preview(watch), watch.accept):
        with pytest.raises(NothingToAccept, match="has no section heading, no edition and no call"):
            attempt()
