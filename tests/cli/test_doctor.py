from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest


def test_all_is_well(watch):
    watch.serve("2024-04")
    ran = watch.run("doctor")
    assert (ran.code, ran.lines[-1], ran.err) == (0, "All is well.", "")
    for words in (
        f"✓ configuration: {watch.config} is right",
        "✓ database: ",
        "✓ network: 127.0.0.1 answers on port",
        "✓ page: it may be fetched and was read: 15 editions, 1 call",
        f"✓ mail: 127.0.0.1:{watch.mailbox.port} answers (plain); nothing was sent",
        "✓ channel: json://127.0.0.1:",
        "✓ subscriptions: 2 addresses to tell",
    ):
        assert words in ran.out
    assert watch.mailbox.mails == []
    assert "/hook" not in ran.out


def test_without_a_mail_server_it_says_so(watch):
    watch.serve("2024-04")
    watch.configure(mail=False)
    ran = watch.run("doctor")
    assert ran.code == 0
    assert "· mail: no mail server is configured: mail to 1 address is only logged\n  → Set [mail] host" in ran.out


def test_each_fault_with_what_to_do(watch):
    watch.configure('[[subscriptions]]\nname = "odd"\nto = "nosuchservice://x"\n')
    watch.mailbox.shut()
    ran = watch.run("doctor")
    assert (ran.code, ran.lines[-1]) == (1, "3 to mend.")
    for words in ("✗ page: ", "✗ mail: ", "✗ channel: nosuchservice://… is not a valid Apprise URL"):
        assert words in ran.out
    assert ran.out.count("\n  → ") >= 3
    watch.mailbox.open()


def test_robots_that_forbid_the_page(watch):
    watch.serve("2024-04")
    watch.site.robots("User-agent: *\nDisallow: /")
    ran = watch.run("doctor")
    assert ran.code == 1
    assert "robots.txt" in ran.out


def test_a_page_that_is_another(watch):
    watch.serve(b"<html><body><h1>Welcome</h1></body></html>")
    assert "✗ page: its two headings were not found (0 editions, 0 calls)" in watch.run("doctor").out


def test_a_broken_configuration(watch):
    watch.config.write_text("[mail]\nprot = 1\n")
    ran = watch.run("doctor")
    assert ran.code == 1
    assert "✗ configuration: " in ran.out
    assert '[mail] prot: unknown; did you mean "port"?' in ran.out


def test_open_trouble_is_told(watch):
    watch.check("2023-09")
    watch.check(b"<html></html>")
    watch.serve("2023-09")
    ran = watch.run("doctor")
    assert ran.code == 1
    assert "✗ trouble: reading suspect since " in ran.out


def test_mail_that_waits_is_told_although_the_server_answers_again(watch):
    watch.check("2023-09")
    watch.mailbox.shut()
    assert watch.check("2023-12").code == 1
    watch.mailbox.open()
    ran = watch.run("doctor")
    assert (ran.code, ran.lines[-1]) == (1, "1 to mend.")
    assert re.search(
        r"✗ outbox: 1 message waits since [-0-9]+ [:0-9]+: .+; it is tried again at [-0-9]+ [:0-9]+", ran.out
    )
    assert "  → See: cmr-watch deliveries list\n" in ran.out
    watch.run("deliveries", "retry")
    assert "; it is tried again by the next check\n" in watch.run("doctor").out
    watch.check()
    assert watch.run("doctor").lines[-1] == "All is well."


@pytest.mark.parametrize(
    ("sql", "words", "advice"),
    [
        (
            "UPDATE alembic_version SET version_num = '9999'",
            "a newer version",
            "Install the newer cmr-watch, or restore",
        ),
        ("DELETE FROM alembic_version", "an older schema", "Run: cmr-watch db upgrade"),
        ("DROP TABLE alembic_version", "tables of another program", "Choose another file"),
    ],
)
def test_a_database_that_this_version_cannot_read(watch, sql, words, advice):
    watch.check("2023-09")
    with closing(sqlite3.connect(watch.database)) as connection, connection:
        connection.execute(sql)
    ran = watch.run("doctor")
    assert ran.code == 1
    assert re.search(rf"✗ database: .*{words}.*\n  → {advice}", ran.out)
