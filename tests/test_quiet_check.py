"""A check in which nothing came: how often it asks the database, and what it imports. Counted, not timed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import event

from cmr_watch.store.database import Database
from tests.fakes.site import FakeSite
from tests.shapes.states import CALL_PATH
from tests.test_journeys import FIXTURES, LYON, PAST, PATH, Journey, journey

__all__ = ["journey"]  # a fixture

MOST_STATEMENTS = 19
MOST_TRANSACTIONS = 5
MOST_MODULES = 124
_IMPORTS = """
import gc, sys
from cmr_watch.__main__ import main
try:
    main()
finally:
    print(gc.get_stats()[2]["collections"], file=sys.stderr)
    print(*sorted(name for name in sys.modules if name.startswith("cmr_watch")), file=sys.stderr)
"""


class Counter:
    """Counts the statements and the transactions of a database."""

    def __init__(self, database: Database) -> None:
        self.statements: list[str] = []
        self.transactions = 0
        event.listen(database.engine, "before_cursor_execute", self._executed)
        event.listen(database.engine, "begin", self._began)

    def _executed(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            self.statements.append(statement)

    def _began(self, _connection: Any) -> None:
        self.transactions += 1


def test_a_quiet_check_asks_the_database_for_little(journey: Journey) -> None:
    journey.check_lines(LYON, *PAST)
    for _ in range(3):
        journey.check()
    counter = Counter(journey.database)

    assert journey.check() == []

    assert len(counter.statements) <= MOST_STATEMENTS, "\n".join(counter.statements)
    assert counter.transactions <= MOST_TRANSACTIONS


@pytest.mark.parametrize(
    "package",
    [
        "notify.channels",
        "notify.outbox",
        "notify.planning",
        "render",
        "reading",
        "web",
        "doctor",
        "demo",
        "monitor.archive",
        "monitor.garbled",
        "monitor.masthead",
        "monitor.corrections",
        "charsets",
    ],
)
def test_a_quiet_check_imports_nothing_that_sends_or_reads(quiet_modules: list[str], package: str) -> None:
    assert [name for name in quiet_modules if name.startswith(f"cmr_watch.{package}")] == []


def test_a_quiet_check_imports_few_modules(quiet_modules: list[str]) -> None:
    assert len(quiet_modules) <= MOST_MODULES, quiet_modules


def test_a_quiet_check_does_not_look_for_garbage_in_what_it_imports(quiet_check: list[str]) -> None:
    assert quiet_check[-2] == "0", "full collections"


@pytest.fixture(scope="module")
def quiet_modules(quiet_check: list[str]) -> list[str]:
    """The modules of a process that has checked a page in which nothing was new."""
    return quiet_check[-1].split()


@pytest.fixture(scope="module")
def quiet_check(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The lines that such a process writes at its end: how many full collections it made, and its modules."""
    folder = tmp_path_factory.mktemp("quiet")
    with FakeSite() as site:
        site.page(PATH, (FIXTURES / "2024-04-list" / "page.html").read_bytes())
        site.page(CALL_PATH, (FIXTURES.parent / "call" / "2024-05-list" / "page.html").read_bytes())
        config = folder / "cmr-watch.toml"
        config.write_text(
            f'[database]\nurl = "sqlite:///{folder}/cmr-watch.db"\n[page]\nurl = "{site.url(PATH)}"\n'
            'hosts = ["127.0.0.1"]\nprivate_addresses = true\n[fetch]\npause = 0\nrobots = false\n',
            encoding="utf-8",
        )
        command = [sys.executable, "-c", _IMPORTS, "--config", str(config), "check"]
        for _ in range(3):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "nothing new" in done.stdout, done.stderr
    return done.stderr.splitlines()
