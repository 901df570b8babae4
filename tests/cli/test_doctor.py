from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest


def test_no_problems(watch):
    watch.serve("2024-04")
    result = watch.run("doctor")
    assert (result.code, result.lines[-1], result.err) == (0, "No problems found.", "")
    for text in (
        f"✓ configuration: {watch.config} is valid",
        "is up to date",
        "✓ network: 127.0.0.1 accepts connections on port",
        "✓ page: was fetched and read (15 editions, 1 call)",
        f"✓ mail: connected to 127.0.0.1:{watch.mailbox.port} (plain); nothing was sent",
        "✓ channel: json://127.0.0.1:",
        "✓ subscriptions: 2 recipients",
    ):
        assert text in result.out
    assert watch.mailbox.mails == []
    assert "/hook" not in result.out


def test_without_a_mail_server(watch):
    watch.serve("2024-04")
    watch.configure(mail=False)
    result = watch.run("doctor")
    assert result.code == 0
    assert "· mail: no mail server is configured, so mail to 1 recipient is only logged\n  → To send mail" in result.out


def test_each_problem_comes_with_advice(watch):
    watch.configure('[[subscriptions]]\nname = "odd"\nto = "nosuchservice://x"\n')
    watch.mailbox.stop()
    result = watch.run("doctor")
    assert (result.code, result.lines[-1]) == (1, "3 problems to fix.")
    for text in ("✗ page: ", "✗ mail: ", "✗ channel: nosuchservice://… is not a valid Apprise URL"):
        assert text in result.out
    assert result.out.count("\n  → ") >= 3
    watch.mailbox.start()


def test_a_page_disallowed_by_robots_txt(watch):
    watch.serve("2024-04")
    watch.site.robots("User-agent: *\nDisallow: /")
    result = watch.run("doctor")
    assert result.code == 1
    assert "robots.txt" in result.out


def test_the_wrong_page(watch):
    watch.serve(b"<html><body><h1>Welcome</h1></body></html>")
    assert "✗ page: the headings of its two sections were not found (0 editions, 0 calls)" in watch.run("doctor").out


def test_an_invalid_configuration(watch):
    watch.config.write_text("[mail]\nprot = 1\n")
    result = watch.run("doctor")
    assert result.code == 1
    assert "✗ configuration: " in result.out
    assert '[mail] prot: unknown; did you mean "port"?' in result.out


def test_unresolved_incidents_are_reported(watch):
    watch.check("2023-09")
    watch.check(b"<html></html>")
    watch.serve("2023-09")
    result = watch.run("doctor")
    assert result.code == 1
    assert "✗ incident: suspect reading since " in result.out


def test_messages_waiting_for_a_retry_are_reported(watch):
    watch.check("2023-09")
    watch.mailbox.stop()
    assert watch.check("2023-12").code == 1
    watch.mailbox.start()
    result = watch.run("doctor")
    assert (result.code, result.lines[-1]) == (1, "1 problem to fix.")
    assert re.search(
        r"✗ outbox: 1 message has been waiting since [-0-9]+ [:0-9]+: .+; will be retried at [-0-9]+ [:0-9]+",
        result.out,
    )
    assert "  → See: cmr-watch deliveries list --state pending\n" in result.out
    watch.run("deliveries", "retry")
    assert "; will be retried by the next check\n" in watch.run("doctor").out
    watch.check()
    assert watch.run("doctor").lines[-1] == "No problems found."


def test_all_messages_that_wait_behind_a_failed_one_are_counted(watch):
    watch.configure('[[subscriptions]]\nname = "bo"\nto = "bo@example.org"\n')
    watch.check("2023-09")
    watch.mailbox.stop()
    assert watch.check("2023-12").code == 1
    watch.mailbox.start()
    assert len(watch.run("deliveries", "list", "--state", "pending", "--json").json) == 2
    assert "✗ outbox: 2 messages have been waiting since " in watch.run("doctor").out


def test_recipients_are_the_mailboxes_that_are_subscribed(watch):
    watch.configure('[[subscriptions]]\nname = "anna 2"\nto = "Anna@Example.org"\ntopics = ["calls"]\n')
    watch.check("2023-09")
    assert "✓ subscriptions: 2 recipients" in watch.run("doctor").out, "anna twice, and a chat"
    watch.run("subscriptions", "end", "anna@example.org")
    out = watch.run("doctor").out
    assert "✓ subscriptions: 1 recipient\n" in out, "still declared, but ended"


def test_an_erased_address_in_the_configuration_is_pointed_out(watch):
    watch.check("2023-09")
    watch.run("subscriptions", "erase", "anna@example.org")
    assert (
        f'· subscriptions: anna@example.org was erased, but {watch.config} still contains it, as "anna"; it is not'
        " started\n  → Remove the entry from the file.\n"
    ) in watch.run("doctor").out


@pytest.mark.parametrize(
    ("sql", "pattern", "advice"),
    [
        (
            "UPDATE alembic_version SET version_num = '9999'",
            "a newer version",
            "Install the newer version of cmr-watch, or restore",
        ),
        ("DELETE FROM alembic_version", "an older schema", "Run: cmr-watch db upgrade"),
        ("DROP TABLE alembic_version", "tables of another program", "Choose another file"),
    ],
)
def test_a_database_that_this_version_cannot_read(watch, sql, pattern, advice):
    watch.check("2023-09")
    with closing(sqlite3.connect(watch.database)) as connection, connection:
        connection.execute(sql)
    result = watch.run("doctor")
    assert result.code == 1
    assert re.search(rf"✗ database: .*{pattern}.*\n  → {advice}", result.out)
