from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.cli.conftest import FIXTURES, Installation
from tests.fakes.archive import FakeArchive, copy_path

SEPTEMBER = datetime(2023, 9, 20, 8, 30, tzinfo=UTC)
DECEMBER = datetime(2023, 12, 4, 10, tzinfo=UTC)
APRIL = datetime(2024, 4, 1, 7, 15, tzinfo=UTC)
STATES = {SEPTEMBER: "2023-09", DECEMBER: "2023-12", APRIL: "2024-04"}


def copy(at: datetime) -> tuple[datetime, bytes]:
    return at, (FIXTURES / f"{STATES[at]}-list" / "page.html").read_bytes()


@pytest.fixture(params=[True, False], ids=["raw", "with boilerplate"])
def archive(watch: Installation, request: pytest.FixtureRequest) -> Iterator[FakeArchive]:
    with FakeArchive(raw=request.param) as archive:
        archive.set_copies(watch.page_url, *(copy(at) for at in STATES))
        watch.configure(f'[archive]\ntimemap = "{archive.timemap_url}"\npause = 0\n')
        yield archive


def changes(watch: Installation) -> list[tuple[str, str]]:
    return [(row["kind"], row["key"]) for row in watch.run("changes", "--json").json]


def test_every_edition_gets_the_date_of_the_first_copy_that_lists_it(watch: Installation, archive: FakeArchive) -> None:
    watch.check("2024-04")
    mails, posts = len(watch.mailbox.mails), len(watch.hook.received)
    result = watch.run("backfill")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"{watch.page_url}: 3 copies, 3 newly fetched; ")
    seen = {row["city"]: row["first_seen_at"] for row in watch.run("editions", "--json").json}
    assert seen["Lyon"] == seen["Vilnius"] == "2023-09-20T08:30:00Z"
    assert seen["Milan"] == "2024-04-01T07:15:00Z"
    assert set(seen.values()) == {"2023-09-20T08:30:00Z", "2024-04-01T07:15:00Z"}
    watch.check()
    assert (len(watch.mailbox.mails), len(watch.hook.received)) == (mails, posts)


def test_changes_get_the_dates_of_the_copies(watch: Installation, archive: FakeArchive) -> None:
    watch.check("2024-04")
    assert changes(watch) == []
    watch.run("backfill")
    rows = watch.run("changes", "--json").json
    assert [row["read_at"] for row in rows] == sorted(row["read_at"] for row in rows)
    recorded = [(row["kind"], row["city"], row["read_at"][:10]) for row in rows]
    assert ("edition.announced", "Lyon", "2023-09-20") in recorded
    assert ("edition.held", "Lyon", "2023-12-04") in recorded
    assert ("call.opened", None, "2023-12-04") in recorded
    assert ("edition.listed", "Milan", "2024-04-01") in recorded


def test_a_second_run_adds_nothing(watch: Installation, archive: FakeArchive) -> None:
    watch.check("2024-04")
    watch.run("backfill")
    before, editions = changes(watch), watch.run("editions", "--json").out
    requests = len(archive.paths())
    result = watch.run("backfill", "--json")
    assert result.json == [
        {"page_url": watch.page_url, "copies": 3, "fetched": 0, "failed": 0, "added": 0, "editions": 15}
    ]
    assert all("timemap" in path or "robots" in path for path in archive.paths()[requests:])
    assert (changes(watch), watch.run("editions", "--json").out) == (before, editions)


def test_a_second_run_fetches_the_copies_that_failed(watch: Installation, archive: FakeArchive) -> None:
    archive.fail(watch.page_url, DECEMBER, times=None)
    watch.check("2024-04")
    result = watch.run("backfill")
    assert result.code == 1
    assert "3 copies, 2 newly fetched, 1 failed (run backfill again); " in result.out
    archive.stop_failing(watch.page_url, DECEMBER)
    again = watch.run("backfill")
    assert again.code == 0
    assert "3 copies, 1 newly fetched; " in again.out
    recorded = {(row["kind"], row["city"], row["read_at"][:10]) for row in watch.run("changes", "--json").json}
    assert ("edition.held", "Lyon", "2023-12-04") in recorded
    assert ("edition.held", "Lyon", "2024-04-01") not in recorded, "the December copy shows that it was held earlier"


def test_a_redirect_to_another_page_is_not_used(watch: Installation, archive: FakeArchive) -> None:
    """In December, the page led to another list of editions, of which the archive has a copy, too."""
    other = watch.page_url.replace("/list", "/other-list")
    archive.set_copies(other, (DECEMBER, copy(DECEMBER)[1].replace(b"Lyon", b"Linz")))
    archive.set_copies(watch.page_url, *(copy(at) for at in STATES))
    for flag in ("", "id_"):
        archive.site.redirect(copy_path(watch.page_url, DECEMBER, flag), copy_path(other, DECEMBER, flag))
    watch.check("2024-04")
    result = watch.run("backfill")
    assert (result.code, f"a copy of {other} instead" in result.err) == (0, True)
    assert "Linz" not in watch.run("changes").out + watch.run("editions").out
    requests = len(archive.paths())
    assert watch.run("backfill").code == 0
    assert all("timemap" in path for path in archive.paths()[requests:])


def test_after_a_429_the_archive_is_left_alone(watch: Installation, archive: FakeArchive) -> None:
    archive.fail(watch.page_url, SEPTEMBER, times=None, status=429)
    watch.check("2024-04")
    result = watch.run("backfill")
    assert result.code == 1
    assert "3 copies, 0 newly fetched, 3 failed (run backfill again); " in result.out
    assert "run backfill again later" in result.err
    assert len([path for path in archive.paths() if "timemap" not in path]) == 1
    archive.stop_failing(watch.page_url, SEPTEMBER)
    assert "3 copies, 3 newly fetched; " in watch.run("backfill").out


def test_the_next_check_is_unaffected_by_the_backfill(watch: Installation, archive: FakeArchive) -> None:
    archive.set_copies(watch.page_url, copy(SEPTEMBER), copy(DECEMBER))
    watch.check("2023-12")
    watch.run("backfill")
    keys = {row["city"]: row["key"] for row in watch.run("editions", "--json").json}
    result = watch.check("2024-04", "--json")
    assert {(change["kind"], change["city"]) for change in result.json[0]["changes"]} == {
        ("edition.held", "Kraków"),
        ("edition.summary_published", "Kraków"),
        ("edition.summary_published", "Iași"),
        ("edition.listed", "Milan"),
    }
    after = {row["city"]: row["key"] for row in watch.run("editions", "--json").json}
    assert {city: after[city] for city in keys} == keys


def test_before_the_first_check_backfill_is_refused(watch: Installation, archive: FakeArchive) -> None:
    result = watch.run("backfill")
    assert (result.code, result.out) == (1, "")
    assert "cmr-watch check first" in result.err


def test_an_unreachable_archive(watch: Installation, archive: FakeArchive) -> None:
    watch.check("2024-04")
    archive.site.close()
    result = watch.run("backfill")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert changes(watch) == []


def test_truncated_copies_are_ignored(watch: Installation, archive: FakeArchive) -> None:
    truncated = copy(DECEMBER)[1][:3000]
    archive.set_copies(watch.page_url, copy(SEPTEMBER), (DECEMBER, truncated), copy(APRIL))
    watch.check("2024-04")
    assert watch.run("backfill").code == 0
    assert {row["read_at"][:10] for row in watch.run("changes", "--json").json} == {"2023-09-20", "2024-04-01"}
