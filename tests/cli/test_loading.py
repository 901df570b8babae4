"""Imports are the cost of a one-off command: each loads what it needs, and no more."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.conftest import FIXTURES

HEAVY = ("httpx", "sqlalchemy", "bs4", "lxml", "apprise", "jinja2", "alembic", "smtplib", "aiosmtpd", "psycopg")
CODE = (
    "import sys; from cmr_watch.cli import run; code = run(sys.argv[1:]); print(*sorted(sys.modules)); sys.exit(code)"
)


def loaded(*arguments: str) -> set[str]:
    """The heavy libraries that a command loads, in a process of its own."""
    command = [sys.executable, "-c", CODE, *arguments]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return set(HEAVY) & set(out.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["completion", "fish"]])
def test_help_loads_nothing(arguments):
    assert loaded(*arguments) == set()


def test_reading_saved_pages_loads_the_parser_only():
    page = str(FIXTURES / "2023-09-list" / "page.html")
    assert loaded("parse", page) <= {"bs4", "lxml"}
    assert loaded("diff", page, page) <= {"bs4", "lxml"}


def test_a_check_with_nothing_new_loads_store_and_fetch_only(seen):
    config = ["--config", str(seen.config)]
    assert loaded("check", *config) == {"httpx", "sqlalchemy"}
    for command in ("editions", "calls", "changes"):
        assert loaded(command, *config) == {"sqlalchemy"}
