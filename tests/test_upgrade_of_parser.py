"""B7: a better parser reads the stored pages again, and what it reads differently is not a change (ADR 5)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from cmr_watch.exceptions import FetchError
from cmr_watch.models.readings import CheckResult, FetchedPage, KnownEdition, Validators
from cmr_watch.monitor.check_site import check_site
from cmr_watch.monitor.newly_read import still_news
from cmr_watch.monitor.replay import replay_pages
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database, upgrade
from cmr_watch.store.newly_read import NewlyRead
from cmr_watch.store.schema import changes, incidents
from tests.monitor.small import describe

FOLDER = Path(__file__).parent / "fixtures" / "upgrade"
SITE = "https://clustercollaboration.eu"
LIST = f"{SITE}/events/organised-by-eccp/clusters-meet-regions"
MISREAD = {  # by the parser of version 2
    "s-hertogenbosch-nl-2024-03": "’s-Hertogenbosch, the Netherlands 2024-03-12 scheduled",
    "ghent-be-2024-06": "Ghent, Belgium 2024-06-05 postponed",
    "gorizia-nova-gorica-2024-10": "Gorizia/Nova Gorica, Italy/Slovenia 2024-10-24 scheduled",
    "kaunas-lt-2024-09": "Kaunas, Lithuania 2024-09-09 scheduled",
    "malmo-se-2023-06": "Malmö, Sweden 2023-06-15 held",
    "lyon-fr-2023-10": "Lyon, France 2023-10-12 held",
    "malaga-es-2022-02": "Malaga, Spain 2022-02-16 held",
}
READ = {
    **MISREAD,
    "charleroi-be-2024-11": "Charleroi, Belgium 2024-11-27 scheduled",
    "s-hertogenbosch-nl-2024-03": "’s-Hertogenbosch, Netherlands 2024-03-12 scheduled",
    "ghent-be-2024-06": "Ghent, Belgium 2024-06-05 scheduled",
    "gorizia-nova-gorica-2024-10": "Gorizia/Nova Gorica, Italy 2024-10-23 scheduled",
    "kaunas-lt-2024-09": "Kaunas, Lithuania None scheduled",
}


class Upgraded:
    """The installation. `replaced` is put in place of texts of the pages."""

    def __init__(self, database: Database) -> None:
        self.database, self.checks = database, Checks(database)
        self.now = datetime(2024, 2, 3, 12, tzinfo=UTC)
        self.replaced: dict[str, str] = {}
        self.is_down = False

    def fetch(self, url: str, _: Validators | None) -> FetchedPage:
        name = "list" if url == LIST else url.removeprefix(f"{SITE}/content/")
        file = FOLDER / f"{name}.html"
        if self.is_down or not file.exists():
            raise FetchError("The server responded with 404.")
        text = file.read_text(encoding="utf-8")
        for old, new in self.replaced.items():
            text = text.replace(old, new)
        return FetchedPage(url, url, text.encode(), "utf-8", Validators(), self.now)

    def check(self) -> tuple[CheckResult, ...]:
        self.now += timedelta(hours=25)
        return check_site(LIST, self, self.checks, lambda: self.now, lambda: None)

    def listed(self) -> list[tuple[str, str]]:
        """Return the page and the detail of each note on what today's parser is the first to read."""
        which = select(incidents.c.subject, incidents.c.detail).where(incidents.c.kind == "newly-read")
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(which.order_by(incidents.c.id))]

    def changes(self) -> str:
        return describe(tuple(recorded.change for result in self.check() for recorded in result.changes))

    def known(self) -> dict[str, str]:
        return {entry.key: shown(entry) for entry in self.checks.known(LIST).editions}


def shown(entry: KnownEdition) -> str:
    edition = entry.edition
    return f"{edition.city}, {edition.country} {edition.starts_on} {edition.status}"


@pytest.fixture
def upgraded(tmp_path: Path) -> Iterator[Upgraded]:
    file = tmp_path / "old.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((FOLDER / "parser-2.sql").read_text(encoding="utf-8"))
    upgrade(f"sqlite:///{file}")
    with closing(open_database(f"sqlite:///{file}")) as database:
        yield Upgraded(database)


def test_the_same_pages_are_no_news(upgraded: Upgraded) -> None:
    assert upgraded.known() == MISREAD
    results = upgraded.check()
    assert {result.page.url.rpartition("/")[2]: (result.outcome, result.changes) for result in results} == {
        "clusters-meet-regions": ("unchanged", ()),
        "call": ("unchanged", ()),
        "ghent": ("unchanged", ()),
        "hertogenbosch": ("failed", ()),
    }
    assert [upgraded.changes() for _ in range(3)] == [""] * 3


def test_other_bytes_with_the_same_content_are_no_news(upgraded: Upgraded) -> None:
    upgraded.replaced = {"<main>": "<main><!-- from another server -->"}
    assert [upgraded.changes() for _ in range(8)] == [""] * 8
    assert upgraded.known() == READ


def test_what_has_changed_since_is_news_and_nothing_else(upgraded: Upgraded) -> None:
    upgraded.replaced = {
        "20-21 March 2024, postponed to 5-6 June 2024": "20-21 March 2024, postponed to 12-13 June 2024",
        "<h2>Previous": "<p>Brno, Czechia – 1-2 October 2024</p><h2>Previous",
        "31 May 2024, 18:00 UTC": "28 June 2024, 18:00 UTC",
    }
    assert upgraded.changes() == (
        "call.cutoff_moved call-2025, rescheduled ghent-be-2024-06, announced brno-cz-2024-10"
    )
    assert upgraded.changes() == ""


AHEAD = {
    LIST: [
        "call.cutoff_moved: 2024-05-31 18:00 UTC",
        "edition.reinstated: “Ghent, Belgium – 20-21 March 2024, postponed to 5-6 June 2024”",
        "edition.rescheduled: “Gorizia/Nova Gorica, Italy/Slovenia – 23 → 24 October 2024”",
        "edition.rescheduled: “Kaunas, Lithuania – week of 9 September 2024”",
        "edition.announced: “Charleroi, Belgium – 27-28 November 2024”",
    ],
    f"{SITE}/content/call": [
        "call.opened: “The call for hosts had closed before the summer. It has been reopened for events in 2025.”"
    ],
    f"{SITE}/content/ghent": ["edition.reinstated: “Clusters meet Regions – Ghent, Belgium”"],
}


def test_the_operator_is_told_once_what_is_ahead_and_was_not_read_before(upgraded: Upgraded) -> None:
    for _ in range(3):
        upgraded.check()
    assert {page: detail.split("; ") for page, detail in upgraded.listed()} == AHEAD
    assert len(upgraded.listed()) == len(AHEAD)
    assert not upgraded.checks.failing_pages() & AHEAD.keys()


def test_a_failed_check_reports_nothing_yet(upgraded: Upgraded) -> None:
    upgraded.is_down = True
    upgraded.check()
    assert upgraded.listed() == []
    upgraded.is_down = False
    upgraded.check()
    assert {page for page, _ in upgraded.listed()} == AHEAD.keys()


def test_a_suspect_reading_loses_nothing_of_it(upgraded: Upgraded) -> None:
    upgraded.replaced = {"</html>": ""}
    assert upgraded.check()[0].outcome == "suspect"
    upgraded.replaced = {}
    upgraded.check()
    assert [page for page, _ in upgraded.listed()].count(LIST) == 1


def test_replay_reports_the_same(upgraded: Upgraded) -> None:
    assert list(replay_pages(upgraded.checks, lambda: upgraded.now, apply=True))
    assert {page: detail.split("; ")[-1] for page, detail in upgraded.listed()}[LIST] == AHEAD[LIST][-1]
    listed = upgraded.listed()
    upgraded.check()
    assert upgraded.listed() == listed


def test_what_is_released_is_handed_over_once_and_what_is_over_never(upgraded: Upgraded) -> None:
    upgraded.check()
    store = NewlyRead(upgraded.database)
    waiting = store.waiting()
    assert [recorded.change.kind.value for recorded in waiting if recorded.change.key == "ghent-be-2024-06"] == [
        "edition.reinstated",
        "edition.reinstated",
    ]
    ahead = still_news(waiting, datetime(2024, 11, 1, tzinfo=UTC))
    assert [recorded.change.key for recorded in ahead] == ["charleroi-be-2024-11"]
    news = still_news(waiting, upgraded.now)
    assert len(news) == len(waiting) - 1, "what both pages say of Ghent is one fact"
    assert store.release(waiting, ahead)
    assert not store.release(waiting, ahead)
    assert store.waiting() == ()
    with upgraded.database.read() as connection:
        pending = connection.execute(select(changes.c.id).where(changes.c.enqueued_at.is_(None))).scalars().all()
    assert pending == [recorded.id for recorded in ahead]
