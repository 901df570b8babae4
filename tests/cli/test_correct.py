from __future__ import annotations

import pytest

from tests.cli.site_pages import serve


def line_of(watch, city: str) -> str:
    """Return the text of the line of an edition in the baseline."""
    (shown,) = watch.run("snapshots", "show", "--json").json
    return next(edition["text"] for edition in shown["editions"] if edition["city"] == city)


def add(watch, *arguments: str, line: str | None = None):
    return watch.run("correct", "add", "--line", line or line_of(watch, "Kraków"), *arguments)


def test_add_shows_what_changes_and_notifies_nobody(checked):
    mails = len(checked.mailbox.mails)
    result = add(checked, "starts_on=2023-12-12", "ends_on=2023-12-13")
    assert (result.code, result.err) == (0, "")
    assert result.lines == [
        f"List of editions {checked.page_url}",
        "  Kraków: starts_on 2023-12-11 → 2023-12-12",
        "  Kraków: ends_on 2023-12-12 → 2023-12-13",
        "Subscribers are not notified.",
    ]
    (edition,) = [one for one in checked.run("editions", "--json").json if one["city"] == "Kraków"]
    assert edition["starts_on"] == "2023-12-12"
    assert checked.check("2023-12").code == 0
    assert len(checked.mailbox.mails) == mails


def test_a_dry_run_stores_nothing(checked):
    result = add(checked, "status=cancelled", "--dry-run", "--notify")
    assert result.lines[1:] == [
        "  Kraków: status scheduled → cancelled",
        "  would be reported: Cancelled: Kraków, Poland (11–12 December 2023) – 2 subscribers",
    ]
    assert add(checked, "status=cancelled", "--dry-run").lines[-1] == "Subscribers would not be notified."
    assert checked.run("correct", "list").out == "No corrections.\n"


def test_notify_sends_what_changes(checked):
    result = add(checked, "status=cancelled", "--notify")
    assert result.code == 0
    assert "  reported: Cancelled: Kraków, Poland (11–12 December 2023) – 2 subscribers" in result.lines
    assert checked.mailbox.mails[-1].subject.startswith("Cancelled: Kraków")


def test_list_and_drop(checked):
    add(checked, "status=cancelled")
    add(checked, "--not-an-entry", line=line_of(checked, "Lyon"))
    rows = checked.run("correct", "list", "--json").json
    assert [(row["id"], row["values"], row["end_reason"]) for row in rows] == [
        (1, {"status": "cancelled"}, None),
        (2, None, None),
    ]
    text = " ".join(checked.run("correct", "list").out.split())
    assert f"{line_of(checked, 'Kraków')} → status=cancelled ({checked.page_url})" in text
    assert "→ not an entry" in text
    result = checked.run("correct", "drop", "1")
    assert (result.code, result.lines[1]) == (0, "  Kraków: status cancelled → scheduled")
    assert [row["id"] for row in checked.run("correct", "list", "--json").json] == [2]
    assert [row["end_reason"] for row in checked.run("correct", "list", "--all", "--json").json] == ["dropped", None]
    assert checked.run("correct", "drop", "1").err == (
        "cmr-watch: correction 1 has ended already (dropped); see: cmr-watch correct list --all\n"
    )
    assert checked.run("correct", "drop", "9").err == (
        "cmr-watch: correction 9 does not exist; see: cmr-watch correct list --all\n"
    )


def test_the_correction_is_visible_in_the_evidence(checked):
    add(checked, "starts_on=2023-12-12")
    lines = checked.run("snapshots", "show", "--explain").lines
    assert any(line.split()[1:3] == ["correction", "entry:"] and "Kraków" in line for line in lines)
    assert any("correction editions[0].starts_on = 2023-12-12" in " ".join(line.split()) for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing to correct; give at least one FIELD=VALUE, or --not-an-entry"),
        (("starts_on",), 'found "starts_on", expected FIELD=VALUE such as city=Ghent'),
        (("--not-an-entry", "city=Ghent"), "--not-an-entry takes no values"),
        (("starts_on=soon",), 'found starts_on="soon", expected a day such as 2026-03-12'),
        (("days=2",), '"days" cannot be corrected here; expected one of: status, hosting_years,'),
        (("city=Porto", "country=Portugal", "starts_on=2025-05-05"), "this would make another edition of it: Porto, "),
        (("country=Slovakia", "url=", "--notify"), "the place was misread, so subscribers would"),
        (("--page", "https://x.org/", "city=Porto"), "0 pages of this name are known: https://x.org/"),
        (("--page", "call", "status=open"), "0 pages of this name are known: call"),
    ],
)
def test_what_cannot_be_corrected(checked, arguments, message):
    result = add(checked, *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"cmr-watch: {message}")


def test_a_line_that_is_not_on_the_page(checked):
    result = add(checked, "city=Ghent", line="Ghent, Belgium, 3 May 2027")
    assert (result.code, result.err) == (2, "cmr-watch: the page has no such line\n")


def test_before_the_first_check(watch):
    result = add(watch, "city=Ghent", line="Ghent")
    assert (result.code, result.err) == (
        2,
        f"cmr-watch: there is no reading of {watch.page_url} yet; to make one, run: cmr-watch check\n",
    )


def test_a_cutoff_of_the_call_page(watch):
    serve(watch)
    watch.check()
    (call,) = watch.run("snapshots", "show", "2", "--json").json[0]["calls"]
    text = call["cutoffs"][0]["text"]
    (row,) = watch.run("snapshots", "show", "2", "--explain", "--json").json
    line = next(use["text"] for use in row["evidence"]["lines"] if text in use["text"])
    result = add(watch, "--page", "call", "at=2099-05-31T12:00", line=line)
    assert (result.code, result.err) == (0, "")
    (call,) = watch.run("snapshots", "show", "2", "--json").json[0]["calls"]
    assert call["cutoffs"][0]["at"] == "2099-05-31T10:00:00Z"
