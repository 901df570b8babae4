"""editions, calls, changes: what we know."""

from __future__ import annotations

import pytest

from cmr_watch.cli.output import width


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("editions", "No edition is known yet; cmr-watch check looks for them.\n"),
        ("calls", "No call is known yet; cmr-watch check looks for them.\n"),
        ("changes", "No change is recorded yet.\n"),
    ],
)
def test_before_the_first_check(watch, command, sentence):
    ran = watch.run(command)
    assert (ran.code, ran.out) == (0, sentence)
    assert watch.run(command, "--json").out == ""


@pytest.mark.parametrize("command", ["editions", "calls", "changes"])
def test_tables_fit_into_eighty_columns(seen, command):
    ran = seen.run(command)
    assert (ran.code, ran.err) == (0, "")
    assert all(width(line) <= 80 for line in ran.lines if "://" not in line)


def test_editions_next_ones_first(seen):
    lines = seen.run("editions").lines
    assert lines[0].split() == ["WHEN", "WHERE", "WHAT"]
    assert " ".join(lines[1].split()) == "11–12 December 2023 Kraków, Poland scheduled"
    assert "21–23 November 2023" in lines[2]


def test_editions_to_come_soonest_first_then_the_past_backwards(watch):
    watch.check("2023-09")
    rows = watch.run("editions", "--json").json
    to_come = [row["starts_on"] for row in rows if row["section"] == "upcoming" and row["starts_on"]]
    past = [row["starts_on"] for row in rows if row["section"] == "past" and row["starts_on"]]
    assert len(to_come) > 1
    assert to_come == sorted(to_come)
    assert past == sorted(past, reverse=True)
    assert [row["section"] for row in rows] == sorted((row["section"] for row in rows), reverse=True)


def test_editions_json(seen):
    first = seen.run("editions", "--json").json[0]
    assert (first["key"], first["city"], first["gone"]) == ("krakow-pl-2023-12", "Kraków", None)
    assert first["first_seen_at"].endswith("Z")


def test_calls(seen):
    assert seen.run("calls").lines[1].startswith("open    2024–2025   ")
    (call,) = seen.run("calls", "--json").json
    assert (call["status"], call["hosting_years"]) == ("open", [2024, 2025])


def test_changes_since(seen):
    everything = seen.run("changes", "--json").json
    assert [one["id"] for one in everything] == list(range(1, 11))
    assert [one["id"] for one in seen.run("changes", "--since", "8", "--json").json] == [9, 10]
    assert seen.run("changes", "--since", "2020-01-01", "--json").json == everything
    assert seen.run("changes", "--since", "2999-01-01").out == "No change is recorded since then.\n"
    ran = seen.run("changes", "--since", "soon")
    assert ran.code == 2
    assert "found 'soon', expected the number of a change, or a day such as 2024-01-31" in ran.err
