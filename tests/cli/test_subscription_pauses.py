"""Pauses on the command line: begun and ended by `edit`, shown by `list` and `show`, in exports and imports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cmr_watch.cli.subscription_pauses import end_at
from cmr_watch.models.recipients import Schedule
from tests.cli.test_subscription_io import import_file, other_installation

DAY = (datetime.now(UTC) + timedelta(days=40)).date()
ISO = DAY.isoformat()


@pytest.fixture
def bea(watch: Any) -> Any:
    """An installation with one subscription, in Lisbon, with digests at 6."""
    watch.configure(subscriptions=False)
    arguments = ("bea@example.org", "--topic", "calls", "--hour", "6", "--time-zone", "Europe/Lisbon")
    assert watch.run("subscriptions", "add", *arguments).code == 0
    return watch


def shown(watch: Any, number: str = "1") -> dict[str, Any]:
    [row] = watch.run("subscriptions", "show", number, "--json").json
    return dict(row)


def test_edit_begins_and_ends_a_pause(bea: Any) -> None:
    assert shown(bea)["paused_until"] is None
    paused = bea.run("subscriptions", "edit", "bea@example.org", "--pause-until", ISO)
    assert (paused.code, paused.err) == (0, "")
    assert paused.out.startswith("Subscription 1: bea@example.org is paused until ")
    assert paused.out.endswith(f" {DAY.year}, 06:00 (Lisbon time).\n")
    until = shown(bea)["paused_until"]
    assert datetime.fromisoformat(until) == end_at(Schedule(hour=6, time_zone="Europe/Lisbon"), DAY, datetime.now(UTC))
    assert "(paused until " in bea.run("subscriptions", "list").lines[1]
    [listed] = bea.run("subscriptions", "list", "--json").json
    assert listed["paused_until"] == until
    assert any(line.startswith("paused until") for line in bea.run("subscriptions", "show", "1").lines)
    ended = bea.run("subscriptions", "edit", "1", "--pause-until", "none")
    assert ended.out == "Subscription 1: bea@example.org is not paused any more.\n"
    assert shown(bea)["paused_until"] is None
    assert "paused" not in bea.run("subscriptions", "list").out


def test_edit_changes_and_pauses_at_once(bea: Any) -> None:
    result = bea.run("subscriptions", "edit", "1", "--frequency", "weekly", "--pause-until", ISO)
    assert [line.partition(" is ")[2][:6] for line in result.lines] == ["now su", "paused"]
    assert (shown(bea)["frequency"], shown(bea)["paused_until"] is None) == ("weekly", False)


@pytest.mark.parametrize("day", ["2020-01-01", "9999-12-31", "tomorrow", "20990101", "", "2027-02-30"])
def test_other_days_are_refused(bea: Any, day: str) -> None:
    result = bea.run("subscriptions", "edit", "1", "--pause-until", day)
    assert (result.code, result.out) == (2, "")
    assert "the day must be after today" in result.err or "expected a day such as 2027-01-15, or none" in result.err
    assert shown(bea)["paused_until"] is None


def test_what_the_configuration_declares_can_be_paused(watch: Any) -> None:
    watch.configure()
    watch.run("check")
    [first, *_] = watch.run("subscriptions", "list", "--json").json
    assert watch.run("subscriptions", "edit", str(first["id"]), "--pause-until", ISO).code == 0
    refused = watch.run("subscriptions", "edit", str(first["id"]), "--frequency", "weekly", "--pause-until", ISO)
    assert refused.code == 2
    watch.run("check")
    assert shown(watch, str(first["id"]))["paused_until"] is not None


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_export_can_be_imported_with_its_pauses(bea: Any, form: str) -> None:
    bea.run("subscriptions", "add", "carl@example.org")
    bea.run("subscriptions", "edit", "1", "--pause-until", ISO)
    until = shown(bea)["paused_until"]
    text = bea.run("subscriptions", "export", "--format", form).out
    assert ISO in text
    other_installation(bea)
    imported = import_file(bea, text, f"subscriptions.{form}")
    assert imported.out == "2 added, 0 already present, 0 rejected.\n"
    assert [shown(bea, number)["paused_until"] for number in ("1", "2")] == [until, None]


def test_a_pause_that_is_over_is_imported_as_none_and_nonsense_is_refused(watch: Any) -> None:
    watch.configure(subscriptions=False)
    rows = "address,paused_until\na@example.org,2020-01-01\nb@example.org,soon\nc@example.org,\n"
    result = import_file(watch, rows)
    assert "line 3: paused_until: found 'soon', expected a day such as 2027-01-15" in result.err
    assert result.out == "2 added, 0 already present, 1 rejected.\n"
    assert [row["paused_until"] for row in watch.run("subscriptions", "list", "--json").json] == [None, None]
