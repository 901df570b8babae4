"""The commands `editions`, `calls` and `changes`."""

from __future__ import annotations

import pytest

from cmr_watch.cli.output import width


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("editions", "No editions known yet. To fetch them, run: cmr-watch check\n"),
        ("calls", "No calls known yet. To fetch them, run: cmr-watch check\n"),
        ("changes", "No changes recorded yet.\n"),
    ],
)
def test_before_the_first_check(watch, command, sentence):
    result = watch.run(command)
    assert (result.code, result.out) == (0, sentence)
    assert watch.run(command, "--json").out == ""


@pytest.mark.parametrize("command", ["editions", "calls", "changes"])
def test_tables_fit_into_eighty_columns(checked, command):
    result = checked.run(command)
    assert (result.code, result.err) == (0, "")
    assert all(width(line) <= 80 for line in result.lines if "://" not in line)


def test_editions_table(checked):
    lines = checked.run("editions").lines
    assert lines[0].split() == ["DATE", "PLACE", "STATUS"]
    assert " ".join(lines[1].split()) == "11–12 December 2023 Kraków, Poland scheduled"
    assert " ".join(lines[2].split()) == "21–23 November 2023 Iași, Romania took place"


def test_upcoming_editions_soonest_first_then_past_ones_latest_first(watch):
    watch.check("2023-09")
    rows = watch.run("editions", "--json").json
    upcoming = [row["starts_on"] for row in rows if row["section"] == "upcoming" and row["starts_on"]]
    past = [row["starts_on"] for row in rows if row["section"] == "past" and row["starts_on"]]
    assert len(upcoming) > 1
    assert upcoming == sorted(upcoming)
    assert past == sorted(past, reverse=True)
    assert [row["section"] for row in rows] == sorted((row["section"] for row in rows), reverse=True)


def test_editions_json(checked):
    first = checked.run("editions", "--json").json[0]
    assert (first["key"], first["city"], first["removal"]) == ("krakow-pl-2023-12", "Kraków", None)
    assert first["first_seen_at"].endswith("Z")


def test_calls(checked):
    assert checked.run("calls").lines[1].startswith("open    2024–2025   ")
    (call,) = checked.run("calls", "--json").json
    assert (call["status"], call["hosting_years"]) == ("open", [2024, 2025])


def test_changes_since(checked):
    everything = checked.run("changes", "--json").json
    assert [row["id"] for row in everything] == list(range(1, 10))
    assert [row["id"] for row in checked.run("changes", "--since", "7", "--json").json] == [8, 9]
    assert checked.run("changes", "--since", "2020-01-01", "--json").json == everything
    assert checked.run("changes", "--since", "2999-01-01").out == "No changes recorded since then.\n"
    result = checked.run("changes", "--since", "soon")
    assert result.code == 2
    assert "found 'soon', expected the ID of a change or a date such as 2024-01-31" in result.err
