"""B7: a better parser reads the stored pages again, and what it reads differently is no change (ADR 5)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cmr_watch.exceptions import FetchError
from cmr_watch.models import CheckResult, FetchedPage, KnownEdition, Validators
from cmr_watch.monitor.check_site import check_site
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import open_database, upgrade
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

    def __init__(self, checks: Checks) -> None:
        self.checks = checks
        self.now = datetime(2024, 2, 3, 12, tzinfo=UTC)
        self.replaced: dict[str, str] = {}

    def fetch(self, url: str, _: Validators | None) -> FetchedPage:
        name = "list" if url == LIST else url.removeprefix(f"{SITE}/content/")
        file = FOLDER / f"{name}.html"
        if not file.exists():
            raise FetchError("The server responded with 404.")
        text = file.read_text(encoding="utf-8")
        for old, new in self.replaced.items():
            text = text.replace(old, new)
        return FetchedPage(url, url, text.encode(), "utf-8", Validators(), self.now)

    def check(self) -> tuple[CheckResult, ...]:
        self.now += timedelta(hours=25)
        return check_site(LIST, self, self.checks, lambda: self.now, lambda: None)

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
        yield Upgraded(Checks(database))


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
