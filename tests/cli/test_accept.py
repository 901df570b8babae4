from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys

import pytest

from tests.cli.conftest import Installation, page
from tests.cli.site_pages import CALL, call_page, html, list_page, serve


def shortened() -> bytes:
    """April 2024 without the nine newest editions: more than half of the known ones are missing."""
    return re.sub(rb"<li>(?:(?!</li>).)*202[34].*?</li>", b"", page("2024-04"), count=9, flags=re.DOTALL)


def truncated(state: str = "2024-04") -> bytes:
    """The page of a month without its end, so that it is suspect, although it lists everything."""
    return page(state).replace(b"</html>", b"")


def test_without_a_suspect_reading_accept_fails(checked):
    result = checked.run("accept", "--yes")
    assert (result.code, result.out, len(result.err.splitlines())) == (1, "", 1)


def test_an_accepted_reading_becomes_the_baseline(checked):
    assert checked.check("2024-04").code == 0
    assert checked.check(shortened()).code == 1
    assert checked.check().code == 1
    result = checked.run("accept", "--yes")
    assert result.code == 0
    assert result.lines[-1].startswith("7 editions, 1 call: nothing new")
    assert checked.check().code == 0


def test_it_shows_what_would_change_and_who_would_be_notified(watch):
    watch.check("2023-09")
    watch.run("subscriptions", "add", "bea@example.org", "--topic", "calls")
    watch.run("subscriptions", "add", "carl@example.org", "--country", "ES")
    watch.check(truncated("2023-12"))
    before = watch.run("snapshots", "list").out
    result = watch.run("accept")
    assert result.code == 2
    assert result.err == "cmr-watch: nothing was accepted; to accept this reading without being asked, use --yes\n"
    assert result.lines[0] == f"Reading 2 of {watch.page_url} (list of editions)"
    assert result.lines[2:4] == ["  reading: 14 editions, 1 call", "  baseline: 14 editions, 1 call"]
    shown = dict(line.strip().rsplit(" – ", 1) for line in result.lines[5:-1])
    assert result.lines[4] == f"{len(shown)} changes would be recorded and sent:"
    calls = {text: count for text, count in shown.items() if text.startswith("Call ")}
    assert set(calls.values()) == {"4 subscribers"}, "anna and the chat follow everything, bea calls, carl Spain"
    assert set(shown.values()) == {"4 subscribers", "2 subscribers"}
    assert watch.run("snapshots", "list").out == before, "nothing was stored"
    assert watch.run("accept", "--yes").code == 0
    assert list(shown) == [row["sentence"] for row in watch.run("changes", "--json").json]


def test_it_names_what_the_reading_lacks(checked):
    checked.check("2024-04")
    checked.check(shortened())
    lines = checked.run("accept").lines
    assert lines[4] == "It would change nothing at once."
    head = "8 entries of the baseline are missing from this reading. If the next check does not find them either:"
    assert lines[5] == head
    assert len(lines[6:-1]) == 8
    assert lines[-1] == "In total, no subscriber would be notified."


def test_it_counts_who_is_notified_of_what_is_missing_with_the_next_check(watch):
    watch.check(list_page(watch, "Lyon", "Nantes", "Metz"))
    watch.run("subscriptions", "add", "carl@example.org", "--country", "ES")
    watch.check(list_page(watch, "Lyon"))
    lines = watch.run("accept").lines
    assert lines[4] == "It would change nothing at once."
    assert lines[6] == "  Removed from the page: Nantes, France (12–13 October 2099) – 2 subscribers"
    assert lines[7] == "  Removed from the page: Metz, France (12–13 October 2099) – 2 subscribers"
    assert lines[8:] == ["In total, 2 subscribers would be notified."]


def test_one_more_entry_is_shown_rather_than_counted(watch):
    def past(years):
        lines = "".join(f"<li>Lyon, France – 3 March {year}</li>" for year in years)
        headings = "<h2>Upcoming editions</h2><ul></ul><h2>Previous editions</h2>"
        return html(f"<h1>Clusters meet Regions</h1>{headings}<ul>{lines}</ul>")

    for lost, more in ((11, 0), (12, 2)):
        watch.check(past(range(2000, 2020)))
        watch.check(past(range(2000, 2020 - lost)))
        lines = watch.run("accept").lines
        assert len(lines) == 6 + (11 if not more else 10 + 1) + 1
        assert (f"  and {more} more – no subscriber" in lines) == bool(more)


def test_a_call_page_that_names_no_call_cannot_be_accepted_while_the_list_shows_the_call(suspect_call):
    url = suspect_call.site.url(CALL)
    suspect_call.site.page(CALL, html("<h1>Maintenance</h1><p>We are back soon.</p>"))
    assert suspect_call.check().code == 1
    result = suspect_call.run("accept", url, "--yes")
    assert (result.code, result.out) == (1, "")
    assert "names no call, although the list of editions still shows the call as open" in result.err
    suspect_call.serve(list_page(suspect_call, "Lyon", call=False))
    assert suspect_call.run("accept", url, "--yes").code == 1, "the list has not been read again"


@pytest.mark.parametrize("content", [b"", b"<html><body><p>Down for maintenance</p></body></html>"])
def test_a_page_without_any_content_is_refused(checked, content):
    checked.check(content)
    for options in ((), ("--yes",), ("--yes", "--json")):
        result = checked.run("accept", *options)
        assert (result.code, result.out) == (1, "")
        assert "has no section heading, no edition and no call, so it cannot become the baseline" in result.err
    assert checked.check("2023-12").code == 0


def test_json_needs_yes(checked):
    checked.check(truncated())
    assert (checked.run("accept", "--json").code, checked.run("accept", "--json").out) == (2, "")
    (report,) = checked.run("accept", "--json", "--yes").json
    assert report["outcome"] == "changed"


def answer(watch: Installation, text: str) -> tuple[int, str]:
    """Run `accept` with a terminal as its input, and type this text."""
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "cmr_watch", "--config", str(watch.config), "accept"]
    process = subprocess.Popen(command, stdin=its, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    os.write(ours, text.encode())
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(its)
    return process.returncode, out


def test_on_a_terminal_it_asks(checked):
    checked.check(truncated())
    code, out = answer(checked, "n\n")
    assert code == 1
    assert "Accept it? [y/N]" in out
    assert out.endswith("Nothing was accepted.\n")
    code, out = answer(checked, "y\n")
    assert (code, checked.check().code) == (0, 0)


# ── the commands that messages name ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def suspect_call(watch):
    """The call page lost its cut-offs, so its reading is suspect."""
    watch.configure('[operator]\nto = ["op@example.org"]\n')
    serve(watch, "Lyon")
    assert watch.check().code == 0
    watch.site.page(CALL, call_page())
    assert watch.check().code == 1
    return watch


def run_printed(watch: Installation, text: str) -> list[str]:
    """Run the `accept` command in this text as a shell would split it; return the lines that it prints."""
    (command,) = set(re.findall(r"cmr-watch (accept http\S+)", text))
    result = watch.run(*shlex.split(command), "--yes")
    assert (result.code, result.err) == (0, "")
    return result.lines


def test_the_command_that_doctor_prints_works(suspect_call):
    out = suspect_call.run("doctor").out
    assert "sesame" not in out
    assert run_printed(suspect_call, out)[0].endswith(f"{suspect_call.site.url('/content/call')} (call page)")
    assert suspect_call.check().code == 0


def test_the_command_that_snapshots_show_prints_works(suspect_call):
    number = suspect_call.run("snapshots", "list", "--json").json[-1]["id"]
    out = suspect_call.run("snapshots", "show", str(number)).out
    assert run_printed(suspect_call, out)[0].startswith(f"Reading {number} of ")


def test_the_command_in_the_mail_to_the_operator_works(suspect_call):
    (mail,) = [mail for mail in suspect_call.mailbox.mails if mail.recipient == "op@example.org"]
    text = mail.parsed.get_body(("plain",)).get_content()
    (command,) = set(re.findall(r"cmr-watch (accept http\S+)", " ".join(text.split())))
    assert suspect_call.run(*command.split(), "--yes").code == 0


def test_a_page_of_another_kind_without_content(suspect_call):
    suspect_call.site.page(CALL, html())
    suspect_call.check()
    result = suspect_call.run("accept", suspect_call.site.url(CALL), "--yes")
    assert (result.code, result.out) == (1, "")
    assert "has no heading, no edition and no call" in result.err
