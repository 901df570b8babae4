from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from cmr_watch.store.database import open_database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.restore_quarantine import write_hold


def test_an_empty_outbox(watch):
    assert watch.run("deliveries", "list").out == "The outbox is empty.\n"
    assert watch.run("deliveries", "list", "--state", "waiting").out == "No message is waiting.\n"
    assert watch.run("deliveries", "retry").out == "Due now: 0 messages; the next check sends them.\n"


def test_what_was_sent_and_what_was_set_aside(watch):
    watch.check("2023-09")
    watch.mailbox.refuse("anna@example.org")
    watch.check("2023-12")
    out = watch.run("deliveries", "list").out
    assert "sent: Call for hosts 2024–2025:" in out
    assert "set aside: Call for" in out
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


# ── a database that came back from a copy ────────────────────────────────────────────────────────────────────────


@pytest.fixture
def restored(watch):
    """A mail waited when the copy was made; the first reading after it found more."""
    watch.check("2023-09")
    watch.mailbox.refuse("anna@example.org", "451 later", times=1)
    watch.check("2023-12")
    watch.hook.received.clear()
    with closing(open_database(f"sqlite:///{watch.database}")) as database, database.write() as connection:
        write_hold(connection)
    return watch


def held(watch):
    return [row["what"] for row in watch.run("deliveries", "release", "--json").json]


def test_nothing_is_held_back(watch):
    assert watch.run("deliveries", "release").out == "Nothing is held back.\n"
    assert watch.run("deliveries", "release", "--send", "all").out == ""
    assert watch.run("deliveries", "release", "--json").out == ""


def test_what_is_held_back_is_listed(restored):
    head, row, *_ = restored.run("deliveries", "release").lines
    assert head.split() == ["WHAT", "SAYS"]
    assert row.split()[:2] == ["m3", "anna@example.org:"]
    entry, *changes = restored.run("deliveries", "release", "--json").json
    assert (entry["what"], entry["kind"]) == ("m3", "message")
    assert {change["kind"] for change in changes} == {"change"}, "they waited for the weekly message"
    assert restored.mailbox.mails == []


def test_the_first_reading_after_a_restore_is_held_back(restored):
    before = held(restored)
    restored.check("2024-04")
    assert (restored.mailbox.mails, restored.hook.received) == ([], [])
    changes = [what for what in held(restored) if what.startswith("c")]
    assert len(changes) > len(before) - 1
    ran = restored.run("deliveries", "release", "--send", changes[0], "--drop", "m3")
    assert ran.out == "Released: 1 change.\nDropped: 1 message.\n"
    assert held(restored) == changes[1:]


@pytest.mark.parametrize(("option", "said", "mails"), [("--send", "Released", 1), ("--drop", "Dropped", 0)])
def test_all_is_sent_or_dropped(restored, option, said, mails):
    changes = len(held(restored)) - 1
    out = restored.run("deliveries", "release", option, "all").out
    assert out == f"{said}: 1 message.\n{said}: {changes} changes.\n"
    assert held(restored) == []
    restored.check()
    assert len(restored.mailbox.mails) == mails


def test_some_are_sent_and_all_others_dropped(restored):
    restored.check("2024-04")
    changes = len(held(restored)) - 1
    ran = restored.run("deliveries", "release", "--send", "m3", "--drop", "all")
    assert ran.out.splitlines() == ["Released: 1 message.", f"Dropped: {changes} changes."]
    restored.check()
    assert len(restored.mailbox.mails) == 1


@pytest.mark.parametrize("name", ["m99", "c99", "x", "M3", ""])
def test_what_nothing_is_called(restored, name):
    ran = restored.run("deliveries", "release", "--send", "m3", "--drop", name)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert f"nothing that is held back is called {name}; see: cmr-watch deliveries release" in ran.err
    assert "m3" in held(restored), "and nothing was decided"


@pytest.mark.parametrize("name", ["m3", "all"])
def test_to_be_sent_and_dropped(restored, name):
    ran = restored.run("deliveries", "release", "--send", name, "--drop", name)
    assert (ran.code, ran.out) == (2, "")
    assert f"either --send or --drop {name}, not both" in ran.err
    assert "m3" in held(restored)
