"""Imports dominate the run time of a one-off command, so each command loads only the libraries that it needs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.cli.conftest import FIXTURES, Installation
from tests.cli.test_run import free_port, is_healthy
from tests.cli.test_worker import TIMEOUT, wait_until

HEAVY = (
    *("httpx", "sqlalchemy", "bs4", "lxml", "apprise", "jinja2", "alembic", "smtplib", "aiosmtpd", "psycopg"),
    *("apscheduler", "prometheus_client", "starlette", "uvicorn"),
)
CODE = (
    "import sys; from cmr_watch.cli import main; code = main(sys.argv[1:]); print(*sorted(sys.modules)); sys.exit(code)"
)


def loaded(*arguments: str) -> set[str]:
    """The heavy libraries that a command loads, run in a separate process."""
    command = [sys.executable, "-c", CODE, *arguments]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return set(HEAVY) & set(out.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["completion", "fish"]])
def test_help_loads_no_heavy_library(arguments):
    assert loaded(*arguments) == set()


def test_parsing_saved_pages_loads_only_the_parser():
    page = str(FIXTURES / "2023-09-list" / "page.html")
    assert loaded("parse", page) <= {"bs4", "lxml"}
    assert loaded("diff", page, page) <= {"bs4", "lxml"}


def test_a_check_without_changes_loads_only_store_and_fetch(checked):
    config = ["--config", str(checked.config)]
    assert loaded("check", *config) == {"httpx", "sqlalchemy"}
    for command in ("editions", "calls", "changes"):
        assert loaded(command, *config) == {"sqlalchemy"}


def test_a_daemon_with_nothing_to_send_loads_neither_what_sends_nor_the_pages_of_its_site(checked: Installation):
    checked.configure(f'[daemon]\nlisten = "127.0.0.1:{free_port()}"\n')
    command = [sys.executable, "-c", CODE, "--config", str(checked.config), "run"]
    env = {**os.environ, "CMR_WATCH_WEB_LISTEN": "127.0.0.1:0"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env) as process:
        wait_until(lambda: is_healthy(checked))
        process.terminate()
        modules = set(process.communicate(timeout=TIMEOUT)[0].split())
    assert "cmr_watch.web.public.server" in modules
    assert modules & {"jinja2", "icalendar", "apprise", "smtplib", "cmr_watch.notify.outbox"} == set()
