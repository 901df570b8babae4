"""R1 to R4 and R6 of docs/promises.md on a small scale; `make prove` runs the full simulations."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmr_watch.store.database import Database
from tests import postgres
from tests.prove import long_run, mutations, soak
from tests.prove.__main__ import in_process, run_neutral_edits, run_share, run_templates
from tests.prove.processes import run

SHARE = 25


@pytest.mark.parametrize("first", range(0, 500, SHARE))
def test_kills_at_any_point_lose_nothing_and_cause_no_unexplained_duplicates(
    first: int, postgres_template: str
) -> None:
    figures = run_share(range(first, first + SHARE), postgres_template)
    assert figures.faults == []
    assert (figures.runs, figures.lost, figures.unexplained, figures.bad_seeds) == (SHARE, 0, 0, [])
    assert figures.kills.total() > 0


@pytest.mark.parametrize("seed", [969, 1041])
def test_seeds_that_once_failed(seed: int, postgres_template: str) -> None:
    figures = run_share(range(seed, seed + 1), postgres_template)
    assert (figures.lost, figures.unexplained) == (0, 0)


@pytest.mark.parametrize("first", [0, 5])
def test_killed_processes_lose_nothing_and_cause_no_unexplained_duplicates(
    tmp_path: Path, database_url: str, first: int
) -> None:
    figures = run(tmp_path, database_url, 3, first)
    assert (figures.lost, figures.unexplained, figures.faults) == (0, 0, [])
    assert figures.kills.total() == 4, "and a confirmation"


def test_runs_are_distributed_over_processes(postgres_server: postgres.Server) -> None:
    assert in_process(4, 90_000, postgres_server).runs == 4


def test_three_years_of_suspensions_and_clock_changes(database: Database) -> None:
    counts = long_run.run(1, database)
    assert counts.faults == []
    assert counts.failures == 0
    assert counts.rounds > 800
    assert counts.reminders > 50
    assert min(counts.pauses, counts.mutes) > 20


def test_neutral_edits_cause_no_change() -> None:
    counts = mutations.run(range(300))
    assert not counts.faults
    assert (counts.runs, counts.alarms, counts.rejections) == (300, 0, 0)


def test_a_changed_template_is_reported_to_the_operator_only(tmp_path: Path) -> None:
    counts = mutations.run_drifts(mutations.cases()[::31], tmp_path)
    assert (counts.missed, counts.leaked) == (0, 0), counts.faults
    assert counts.suspect + counts.told >= 45


def test_a_call_page_without_its_dates_or_headings_is_suspect(tmp_path: Path) -> None:
    drifts = ("dates_by_script", "headings_removed")
    cases = [case for case in mutations.cases() if case.drift.__name__ in drifts]
    counts = mutations.run_drifts([case for case in cases if case.path.parent.name.startswith("2024-05-")], tmp_path)
    assert (counts.suspect, counts.runs, counts.leaked) == (12, 12, 0), counts.faults


def test_edits_are_distributed_over_processes() -> None:
    assert run_neutral_edits(8, 0).runs == 8
    assert run_templates(8).runs == 8


def test_a_month_of_the_daemon_in_compressed_time(tmp_path: Path, database: Database) -> None:
    counts = soak.run(3, database, tmp_path, 33)
    assert counts.faults == []
    assert (counts.lost, counts.duplicates, counts.extra_digests) == (0, 0, 0)
    assert counts.checks > 700
    assert counts.mails > 4
