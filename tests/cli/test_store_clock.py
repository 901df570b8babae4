"""The clock of a process that uses a database: that of the server, whatever happens to the local one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cmr_watch.cli.context import StoreClock
from cmr_watch.cli.options import config_option
from cmr_watch.store.database import Database

SECOND = timedelta(seconds=1)


@given(st.lists(st.floats(-1e6, 1e6), max_size=5))
@example([-10_800, 10_800])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_setting_the_local_clock_does_not_change_the_time_of_the_server(database: Database, steps: list[float]) -> None:
    off = timedelta(0)
    clock = StoreClock(database, lambda: datetime.now(UTC) + off)
    for seconds in steps:
        off += timedelta(seconds=seconds)
        expected = datetime.now(UTC) if database.path is None else datetime.now(UTC) + off
        assert abs(clock() - expected) < 3 * SECOND


def test_a_clock_that_drifts_is_measured_again_every_minute(database: Database) -> None:
    off, passed = timedelta(0), 0.0
    clock = StoreClock(database, lambda: datetime.now(UTC) + off, lambda: passed)
    for minute in range(20):
        off, passed = -minute * SECOND / 2, minute * 60.0
        if database.path is None:
            assert abs(clock() - datetime.now(UTC)) < SECOND


def test_the_time_that_a_command_was_given_counts_in_all_of_its_threads(database: Database) -> None:
    if database.path is None:
        pytest.skip("the time of the server counts")

    @click.command()
    @config_option
    def command() -> None:
        with ThreadPoolExecutor(1) as thread:
            click.echo(thread.submit(StoreClock(database)).result().isoformat())

    assert CliRunner().invoke(command, ["--at", "2024-04-20T10:00"]).output.startswith("2024-04-20T1")
