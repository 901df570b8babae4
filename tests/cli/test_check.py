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

import pytest

from tests.cli.conftest import PATH, Installation, page
from tests.fakes.site import Drop, Hang, Response


def test_a_first_reading_is_the_baseline_and_tells_nobody(watch):
    ran = watch.check("2023-09")
    assert (
        ran.out == "read 14 editions, 1 call: the first reading, which later ones are compared with, 2 messages sent\n"
    )
    assert (ran.code, ran.err, watch.mailbox.mails, watch.hook.received) == (0, "", [], []), "but for the welcome"


def test_what_changed_is_told_once(watch):
    watch.check("2023-09")
    ran = watch.check("2023-12")
    assert (ran.code, ran.out) == (0, "read 14 editions, 1 call: 10 changes, 2 messages sent\n")
    assert watch.mailbox.subjects == ["Call for hosts 2024–2025: now open (+1)"]
    assert [post.subject for post in watch.hook.received] == watch.mailbox.subjects
    again = watch.check()
    assert re.fullmatch(r"read 14 editions, 1 call: nothing new since \d\d:\d\d\n", again.out)
    assert (len(watch.mailbox.mails), len(watch.hook.received)) == (1, 1)


def test_exit_code_says_that_something_changed(watch):
    assert watch.check("2023-09", "--exit-code").code == 0
    assert watch.check("2023-12", "--exit-code").code == 3
    assert watch.check(None, "--exit-code").code == 0


def test_no_notify_leaves_the_news_to_the_next_check(watch):
    watch.check("2023-09")
    ran = watch.check("2023-12", "--no-notify")
    assert (ran.out, watch.mailbox.mails) == ("read 14 editions, 1 call: 10 changes\n", [])
    assert watch.check().out.endswith(", 2 messages sent\n")
    assert len(watch.mailbox.mails) == 1


def test_json_is_one_object(watch):
    watch.check("2023-09")
    (report,) = watch.check("2023-12", "--json").json
    assert (report["outcome"], report["editions"], report["sent"]) == ("changed", 14, 2)
    assert [change["kind"] for change in report["changes"]][:2] == ["call.opened", "call.updated"]
    assert report["sentence"] == "read 14 editions, 1 call: 10 changes, 2 messages sent"


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────

FAULTS = {
    "403": Response(403),
    "404": Response(404),
    "429": Response(429),
    "500": Response(500),
    "PDF": Response(200, b"%PDF-1.7 ...", content_type="application/pdf"),
    "6 MiB": Response(200, b"x" * (6 * 2**20)),
    "elsewhere": Response(302, headers=(("Location", "https://example.org/"),)),
    "dropped": Drop(),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_page_that_cannot_be_fetched(watch, fault):
    watch.check("2023-09")
    watch.site.script(PATH, fault)
    ran = watch.check()
    assert ran.code == 1
    assert ran.out.startswith("could not check the page: 127.0.0.1")
    assert (len(ran.lines), ran.err) == (1, "")
    assert watch.check("2023-12").out == "read 14 editions, 1 call: 10 changes, 2 messages sent\n"


def test_nobody_at_home(watch):
    watch.serve("2023-09")
    watch.site.close()
    ran = watch.check()
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("could not check the page: 127.0.0.1")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body><h1>Down for maintenance</h1></body></html>",
        page("2023-12")[:5000],
        re.sub(rb"<(h[2-6])\b.*?</\1>", b"", page("2023-12"), flags=re.DOTALL),
    ],
    ids=["empty", "maintenance", "half", "no headings"],
)
def test_a_page_that_is_not_believed(watch, body):
    watch.check("2023-09")
    ran = watch.check(body)
    assert ran.code == 1
    assert ran.out.startswith("read a page that is not believed, and kept it aside: ")
    assert len(ran.lines) == 1
    assert watch.mailbox.mails == []
    assert watch.check("2023-09").out.startswith("read 14 editions, 1 call: nothing new since ")


# ── the people ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_mail_server_that_is_down_holds_up_nobody_else(watch):
    watch.check("2023-09")
    with watch.mailbox.shut_for_now():
        ran = watch.check("2023-12")
    assert ran.code == 1
    assert ran.out == "read 14 editions, 1 call: 10 changes, 1 message sent, 1 message to be tried again\n"
    assert f"cmr-watch: the mail server 127.0.0.1:{watch.mailbox.port} cannot be reached" in ran.err
    assert (len(watch.hook.received), len(ran.err.splitlines())) == (1, 1)
    assert watch.run("deliveries", "retry").out == "Due now: 1 message; the next check sends them.\n"
    assert watch.check().code == 0
    assert len(watch.mailbox.mails) == 1


def test_a_refused_address_is_set_aside_and_the_others_are_told(watch):
    watch.check("2023-09")
    watch.mailbox.refuse("anna@example.org")
    ran = watch.check("2023-12")
    assert (ran.code, len(watch.hook.received)) == (1, 1)
    assert ran.out.endswith("10 changes, 1 message sent, 1 message set aside\n")
    assert "550 5.1.1 no such user" in ran.err


def test_without_a_mail_server_mail_is_logged_for_good(watch):
    watch.configure(mail=False)
    watch.check("2023-09")
    ran = watch.check("2023-12")
    assert ran.code == 0
    assert ran.out.endswith("1 message sent, 1 message only logged, for no mail server is configured\n")
    assert "no mail server is configured, not sent to anna@example.org: Call for hosts 2024–2025: now open" in ran.err
    watch.configure()
    watch.check()
    assert watch.mailbox.mails == []


# ── the database ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_database_that_is_none(watch):
    watch.database.write_bytes(b"this is no database, " * 100)
    ran = watch.check("2023-09")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert str(watch.database) in ran.err


def test_a_database_where_there_is_no_place(watch):
    (watch.folder / "file").write_text("")
    watch.database = watch.folder / "file" / "watch.db"
    watch.configure()
    ran = watch.check("2023-09")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)


def test_a_database_that_somebody_else_holds(watch):
    watch.check("2023-09")
    watch.serve("2023-12")
    with closing(sqlite3.connect(watch.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ran = watch.check()
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert watch.mailbox.mails == []
    assert watch.check().out.endswith("10 changes, 2 messages sent\n")


# ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────


def command(watch: Installation, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "cmr_watch", "--config", str(watch.config), *arguments]


def test_two_at_once_tell_once(watch):
    watch.check("2023-09")
    watch.serve("2023-12")
    both = [subprocess.Popen(command(watch, "check"), stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(one.communicate(timeout=60)[0] for one in both)
    assert [one.returncode for one in both] == [0, 0]
    assert len([line for line in said if "10 changes" in line]) == 1
    watch.check()
    assert (len(watch.mailbox.mails), len(watch.hook.received)) == (1, 1)


@pytest.mark.parametrize(("ending", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_end_from_outside_is_quiet(watch, ending, code):
    watch.site.script(PATH, Hang())
    one = subprocess.Popen(command(watch, "check"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 30
    while not watch.site.paths() and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(one.pid, ending)
    out, err = one.communicate(timeout=30)
    assert (one.returncode, out, err.strip()) == (code, "", "")


def test_what_was_claimed_is_given_back_at_sigterm(watch):
    watch.check("2023-09")
    watch.serve("2023-12")
    watch.mailbox.slow(2)
    one = subprocess.Popen(command(watch, "check"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 30
    while not held(watch) and time.monotonic() < until:
        time.sleep(0.02)
    assert held(watch)
    os.kill(one.pid, signal.SIGTERM)
    assert (*one.communicate(timeout=30), one.returncode) == ("", "", 143)
    assert not held(watch)
    watch.mailbox.slow(0)
    assert watch.check().code == 0
    assert len(watch.mailbox.mails) == 1


def held(watch: Installation) -> int:
    """How many messages some process has claimed."""
    with closing(sqlite3.connect(watch.database)) as database:
        (count,) = database.execute("SELECT count(*) FROM deliveries WHERE token IS NOT NULL").fetchone()
    return int(count)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_check_that_cannot_print(watch, options):
    watch.serve("2023-09")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command(watch, "check", *options), stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "cmr-watch: cannot write the output: No space left on device\n")
