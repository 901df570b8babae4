from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

from cmr_watch.store.database import open_database
from cmr_watch.store.deliveries import Deliveries


def test_an_empty_outbox(watch):
    assert watch.run("deliveries", "list").out == "The outbox is empty.\n"
    assert watch.run("deliveries", "list", "--state", "waiting").out == "No message is waiting.\n"
    assert watch.run("deliveries", "retry").out == "Due now: 0 messages; the next check sends them.\n"


def test_what_was_sent_and_what_was_set_aside(watch):
    watch.check("2023-09")
    watch.mailbox.refuse("anna@example.org")
    watch.check("2023-12")
    out = watch.run("deliveries", "list").out
    assert "sent: Call open" in out
    assert "set aside: Call open" in out
    assert "550" in " ".join(out.split())
    (row,) = watch.run("deliveries", "list", "--state", "set-aside", "--json").json
    assert (row["address"], row["outcome"], row["attempts"]) == ("anna@example.org", "set_aside", 1)
    assert row["message_id"].startswith("<")
    assert len(row["change_ids"]) == 2


def test_retry_sends_the_same_words_under_the_same_id(watch):
    watch.check("2023-09")
    watch.mailbox.refuse("anna@example.org", "554 5.7.1 not now", times=1)
    watch.check("2023-12")
    (row,) = watch.run("deliveries", "list", "--state", "set-aside", "--json").json
    assert watch.run("deliveries", "retry", str(row["id"])).out == "Due now: 1 message; the next check sends them.\n"
    assert watch.check().code == 0
    assert [mail.message_id for mail in watch.mailbox.mails] == [row["message_id"]]


def test_retry_does_not_promise_what_another_process_holds(watch):
    watch.check("2023-09")
    watch.mailbox.refuse("anna@example.org", "451 later", times=1)
    watch.check("2023-12")
    with closing(open_database(f"sqlite:///{watch.database}")) as database:
        Deliveries(database).claim(datetime.now(UTC) + timedelta(days=1))
    assert watch.run("deliveries", "retry").out == (
        "Due now: 1 message; the next check sends them,"
        " but for 1 that another process has begun and holds for up to 5 minutes.\n"
    )


def test_retry_of_one_that_was_sent(seen):
    ran = seen.run("deliveries", "retry", "1")
    assert ran.code == 2
    assert "none of these messages waits or was set aside" in ran.err


def test_the_web_hook_is_a_secret(seen):
    assert "/hook" not in seen.run("deliveries", "list").out + seen.run("deliveries", "list", "--json").out
