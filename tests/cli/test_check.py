from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.cli.conftest import PATH, Installation, page
from tests.cli.site_pages import CALL, edition_path, list_page, serve
from tests.fakes.site import Drop, Hang, Response


def test_the_first_reading_becomes_the_baseline_without_notifications(watch):
    result = watch.check("2023-09")
    assert result.summary == "14 editions, 1 call: first reading, stored as the baseline, 2 messages sent"
    assert (result.code, watch.mailbox.mails, watch.hook.received) == (0, [], []), "except welcome messages"
    # a copy of the page, whose links still lead to the original site
    assert result.err == (
        "cmr-watch: the links of the list lead only to pages on clustercollaboration.eu, which are not read, because"
        " [page] url is on 127.0.0.1 (relative links are resolved against the canonical address of the list)\n"
    )


def test_changes_are_sent_once(watch):
    watch.check("2023-09")
    result = watch.check("2023-12")
    assert (result.code, result.summary) == (0, "14 editions, 1 call: 9 changes, 2 messages sent")
    assert watch.mailbox.subjects == ["Call for hosts 2024–2025 now open"]
    assert [post.subject for post in watch.hook.received] == watch.mailbox.subjects
    again = watch.check()
    assert again.summary == "14 editions, 1 call: nothing new"
    assert (len(watch.mailbox.mails), len(watch.hook.received)) == (1, 1)


@pytest.mark.parametrize("option", [(), ("--quiet",)])
def test_the_changes_are_named(watch, option):
    serve(watch, "Lyon")
    watch.check()
    serve(watch, "Lyon", "Nantes")
    result = watch.check(None, *option)
    assert result.lines == [
        "3 editions, 1 call: 1 change, 2 messages sent",
        "  New edition: Nantes, France (12–13 October 2099)",
    ]
    cities = [f"City{letter}" for letter in "ABCDEFGHIJKL"]
    serve(watch, "Lyon", "Nantes", *cities)
    lines = watch.check(None, *option).lines
    assert len(lines) == 12
    assert lines[-1] == "  and 2 more; see: cmr-watch changes --since 11"
    assert len(watch.run("changes", "--since", "11").lines) == 3


def test_subscriptions_that_the_configuration_starts_and_ends_are_counted(watch):
    watch.run("subscriptions", "add", "bob@example.org")
    assert watch.check("2023-09").lines[1:] == [f"2 subscriptions started: declared in {watch.config}"]
    watch.configure('[[subscriptions]]\nname = "bob"\nto = "bob@example.org"\n', subscriptions=False)
    assert watch.check().lines[1:] == [
        f"1 subscription added by command taken over: the address is declared in {watch.config} now",
        f"2 subscriptions ended: removed from {watch.config}",
    ]
    assert watch.check().lines[1:] == []


def test_exit_code_3_if_something_changed(watch):
    assert watch.check("2023-09", "--exit-code").code == 0
    assert watch.check("2023-12", "--exit-code").code == 3
    assert watch.check(None, "--exit-code").code == 0


def test_no_notify_leaves_notifications_to_the_next_check(watch):
    watch.check("2023-09")
    result = watch.check("2023-12", "--no-notify")
    assert (result.summary, watch.mailbox.mails) == ("14 editions, 1 call: 9 changes", [])
    assert watch.check().summary.endswith(", 2 messages sent")
    assert len(watch.mailbox.mails) == 1


def test_json_is_one_object(watch):
    watch.check("2023-09")
    (report,) = watch.check("2023-12", "--json").json
    assert (report["outcome"], report["editions"], report["sent"]) == ("changed", 14, 2)
    assert [change["kind"] for change in report["changes"]][:2] == ["call.opened", "edition.held"]
    assert report["sentence"] == "14 editions, 1 call: 9 changes, 2 messages sent"


def test_the_summary_names_failed_edition_pages(watch):
    serve(watch, "Lyon", "Nantes")
    watch.site.remove(edition_path("Nantes"))
    result = watch.check()
    assert result.code == 0
    assert result.out.startswith("3 editions, 1 call: first reading, stored as the baseline")
    assert result.summary.endswith("; 1 of 2 edition pages failed (404)")
    assert len(result.err.splitlines()) == 1
    assert result.err.startswith(f"cmr-watch: {watch.site.url(edition_path('Nantes'))}: ")


# ── check --quiet ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_quiet_check_prints_nothing_if_nothing_changed(watch):
    for _ in range(2):
        result = watch.check("2023-09", "--quiet")
        assert (result.code, result.out, result.err) == (0, "", "")
    assert watch.check(None, "--quiet", "--json").out == ""


def test_a_quiet_check_prints_what_changed(watch):
    watch.check("2023-09")
    result = watch.check("2023-12", "--quiet")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("14 editions, 1 call: ")
    assert result.summary.endswith(" changes, 2 messages sent")


def test_a_quiet_check_reports_faults_on_stderr(watch):
    watch.check("2023-09")
    watch.site.script(PATH, Response(404))
    result = watch.check(None, "--quiet")
    assert (result.code, result.out, len(result.err.splitlines())) == (1, "", 1)
    assert result.err.startswith("cmr-watch: could not check the page: 127.0.0.1")
    result = watch.check(b"<html></html>", "--quiet")
    assert (result.code, result.out) == (1, "")
    assert "cmr-watch: the page looks wrong, so its content was not used: " in result.err
    watch.mailbox.stop()
    result = watch.check("2023-12", "--quiet")
    assert (result.code, result.out) == (1, "")
    assert "changes, 1 message sent, 1 message will be retried\n" in result.err
    watch.mailbox.start()


@pytest.mark.parametrize("options", [(), ("--quiet",), ("--no-notify",)])
def test_each_check_is_reported_to_the_dead_mans_switch(watch, options):
    watch.configure(f'[daemon]\nping = "{watch.site.url("/ping/uuid")}"\n')
    for path in ("/ping/uuid", "/ping/uuid/start", "/ping/uuid/fail"):
        watch.site.page(path, b"ok")
    assert watch.check("2023-09", *options).code == 0
    watch.site.script(PATH, Response(404))
    assert watch.check(None, *options).code == 1
    pings = [path.removeprefix("/ping/uuid") for path in watch.site.paths() if path.startswith("/ping")]
    assert pings == ["/start", "", "/start", "/fail"]


def test_the_dead_mans_switch_is_told_of_each_failure_for_which_check_exits_with_1(watch):
    watch.configure(f'[daemon]\nping = "{watch.site.url("/api/push/token?x=1")}"\n')
    watch.site.page("/api/push/token", b"ok")

    def last_ping() -> dict[str, str]:
        (query,) = [urlsplit(path).query for path in watch.site.paths() if path.startswith("/api/push")][-1:]
        return dict(parse_qsl(query, keep_blank_values=True))

    serve(watch, "Lyon")
    watch.mailbox.refuse("anna@example.org", "451 4.2.0 later", times=1)
    assert watch.check().code == 1
    assert last_ping() == {"x": "1", "status": "down", "msg": "1 message could not be delivered"}
    watch.site.fail(CALL, 404)
    assert watch.check().code == 1
    assert last_ping()["status"] == "down"
    assert "404" in last_ping()["msg"]
    serve(watch, "Lyon")
    assert watch.check().code == 0
    assert last_ping()["status"] == "up"


def test_a_dead_mans_switch_that_fails_changes_nothing(watch):
    watch.configure(f'[daemon]\nping = "{watch.site.url("/ping/uuid")}"\n')
    watch.site.fail("/ping/uuid", 500)
    result = watch.check("2023-09", "--quiet")
    assert (result.code, result.out) == (0, "")
    sentence = "cmr-watch: the dead man's switch at 127.0.0.1 returned 500 Internal Server Error\n"
    assert result.err == sentence, "a sentence, and no line of a log"


def test_a_failed_page_and_its_messages_are_clauses_of_their_own(watch):
    serve(watch, "Lyon")
    watch.check(None)
    watch.site.script("/robots.txt", Response(503), Response(503))
    with closing(sqlite3.connect(watch.database)) as connection, connection:
        connection.execute("DELETE FROM robots")
    result = watch.check(None, "--quiet")
    assert result.err.splitlines()[0].count("so pages are not fetched") == 1
    assert result.err.splitlines()[0].endswith("; call page failed for the same reason")


def test_the_warnings_that_check_counts_can_be_shown(watch):
    watch.check(list_page(watch).replace(b"</ul>", b"<li>Nowhere, Atlantis - 12 October 2099</li></ul>", 1))
    result = watch.run("check")
    assert "1 warning (see: cmr-watch snapshots show)" in result.out
    shown = watch.run("snapshots", "show")
    assert (shown.code, "Nowhere" in shown.out) == (0, True)


def test_a_maintenance_page_is_not_to_be_accepted(watch):
    watch.check("2023-09")
    result = watch.check(b"<!DOCTYPE html><html><body><p>Down for maintenance</p></body></html>")
    assert (result.code, "accept" in result.out) == (1, False)
    assert "cmr-watch accept" in watch.check(page("2023-09").replace(b"</html>", b"")).out
    assert "Each check" not in watch.run("snapshots", "show", "3").out


def test_a_quiet_check_reports_failed_edition_pages(watch):
    serve(watch, "Lyon")
    watch.site.remove(edition_path("Lyon"))
    result = watch.check(None, "--quiet")
    assert (result.code, result.out, len(result.err.splitlines())) == (0, "", 1)


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────

FAULTS = {
    "403": Response(403),
    "404": Response(404),
    "429": Response(429),
    "500": Response(500),
    "PDF": Response(200, b"%PDF-1.7 ...", content_type="application/pdf"),
    "6 MiB": Response(200, b"x" * (6 * 2**20)),
    "elsewhere": Response(302, headers=(("Location", "https://example.org/"),)),
    "discarded": Drop(),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_page_that_cannot_be_fetched(watch, fault):
    watch.check("2023-09")
    watch.site.script(PATH, fault)
    result = watch.check()
    assert result.code == 1
    assert result.out.startswith("could not check the page: 127.0.0.1")
    assert (len(result.lines), result.err) == (1, "")
    assert watch.check("2023-12").summary == "14 editions, 1 call: 9 changes, 2 messages sent"


def test_an_unreachable_site(watch):
    watch.serve("2023-09")
    watch.site.close()
    result = watch.check()
    assert (result.code, result.err) == (1, "")
    assert result.out.startswith("could not check the page: 127.0.0.1")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body><h1>Down for maintenance</h1></body></html>",
        page("2023-12")[:5000],
    ],
    ids=["empty", "maintenance", "truncated"],
)
def test_a_suspect_page(watch, body):
    watch.check("2023-09")
    result = watch.check(body)
    assert result.code == 1
    assert result.out.startswith("the page looks wrong, so its content was not used: ")
    assert len(result.lines) == 1
    assert watch.mailbox.mails == []
    assert watch.check("2023-09").out.startswith("14 editions, 1 call: nothing new")


def test_a_page_without_headings_is_read_if_its_editions_are_known(watch):
    watch.check("2023-12")
    result = watch.check(re.sub(rb"<(h[2-6])\b.*?</\1>", b"", page("2023-12"), flags=re.DOTALL))
    assert result.code == 0
    assert result.out.startswith("14 editions, 1 call: nothing new")


# ── deliveries ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_mail_server_that_is_down_does_not_delay_other_channels(watch):
    watch.check("2023-09")
    with watch.mailbox.stopped():
        result = watch.check("2023-12")
    assert result.code == 1
    assert result.summary == "14 editions, 1 call: 9 changes, 1 message sent, 1 message will be retried"
    assert f"cmr-watch: the mail server 127.0.0.1:{watch.mailbox.port} refused the connection" in result.err
    assert (len(watch.hook.received), len(result.err.splitlines())) == (1, 2)
    retried = "1 message will be sent by the next check, or replaced by a newer one with the same news.\n"
    assert watch.run("deliveries", "retry").out == retried
    assert watch.check().code == 0
    assert len(watch.mailbox.mails) == 1


def test_a_rejected_recipient_does_not_affect_the_others(watch):
    watch.check("2023-09")
    watch.mailbox.refuse("anna@example.org")
    result = watch.check("2023-12")
    assert (result.code, len(watch.hook.received)) == (1, 1)
    assert result.summary.endswith("9 changes, 1 message sent, 1 message failed permanently")
    assert "550 5.1.1 no such user" in result.err


def test_without_a_mail_server_mail_is_logged_and_never_sent(watch):
    watch.configure(mail=False)
    watch.check("2023-09")
    result = watch.check("2023-12")
    assert result.code == 0
    assert result.summary.endswith("1 message sent, 1 message only logged because no mail server is configured")
    assert "no mail server is configured; not sent to anna@example.org: Call for hosts 2024–2025 now open" in result.err
    watch.configure()
    watch.check()
    assert watch.mailbox.mails == []


# ── the database ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_that_is_not_a_database(watch):
    watch.database.write_bytes(b"this is not a database, " * 100)
    result = watch.check("2023-09")
    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert str(watch.database) in result.err


def test_a_database_path_that_cannot_exist(watch):
    (watch.folder / "file").write_text("")
    watch.database = watch.folder / "file" / "watch.db"
    watch.configure()
    result = watch.check("2023-09")
    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)


def test_a_database_locked_by_another_process(watch):
    watch.check("2023-09")
    watch.serve("2023-12")
    with closing(sqlite3.connect(watch.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        result = watch.check()
    assert (result.code, result.out, len(result.err.splitlines())) == (1, "", 1)
    assert watch.mailbox.mails == []
    assert watch.check().summary.endswith("9 changes, 2 messages sent")


# ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────


def command(watch: Installation, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "cmr_watch", "--config", str(watch.config), *arguments]


def test_two_concurrent_checks_notify_once(watch):
    watch.check("2023-09")
    watch.serve("2023-12")
    processes = [subprocess.Popen(command(watch, "check"), stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert len([output for output in outputs if "9 changes" in output]) == 1
    watch.check()
    assert (len(watch.mailbox.mails), len(watch.hook.received)) == (1, 1)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_check_without_output(watch, number, code):
    watch.site.script(PATH, Hang())
    process = subprocess.Popen(command(watch, "check"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 30
    while not watch.site.paths() and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err.strip()) == (code, "", "")


def test_sigterm_releases_claimed_messages(watch):
    watch.check("2023-09")
    watch.serve("2023-12")
    watch.mailbox.slow(2)
    process = subprocess.Popen(command(watch, "check"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 30
    while not claimed(watch) and time.monotonic() < until:
        time.sleep(0.02)
    assert claimed(watch)
    os.kill(process.pid, signal.SIGTERM)
    assert (*process.communicate(timeout=30), process.returncode) == ("", "", 143)
    assert not claimed(watch)
    watch.mailbox.slow(0)
    assert watch.check().code == 0
    assert len(watch.mailbox.mails) == 1


def claimed(watch: Installation) -> int:
    """The number of messages that are claimed by a process."""
    with closing(sqlite3.connect(watch.database)) as database:
        (count,) = database.execute("SELECT count(*) FROM deliveries WHERE claim_token IS NOT NULL").fetchone()
    return int(count)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_check_that_cannot_print(watch, options):
    watch.serve("2023-09")
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(command(watch, "check", *options), stdout=full, stderr=subprocess.PIPE, text=True)
    assert (result.returncode, result.stderr) == (1, "cmr-watch: cannot write the output: No space left on device\n")
