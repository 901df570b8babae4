from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from cmr_watch.models.recipients import DeliveryOutcome
from cmr_watch.store.database import open_database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.restore_quarantine import mark_restored


def test_an_empty_outbox(watch):
    assert watch.run("deliveries", "list").out == "The outbox is empty.\n"
    assert watch.run("deliveries", "list", "--state", "pending").out == "No pending messages.\n"
    assert watch.run("deliveries", "retry").out == "No messages to retry.\n"


@pytest.mark.parametrize("state", [*get_args(DeliveryOutcome), "Pending"])
def test_each_delivery_state_can_be_listed(watch, state):
    result = watch.run("deliveries", "list", "--state", state)
    assert (result.code, result.out) == (0, f"No {state.lower()} messages.\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["retry", "abc"], 'found "abc", expected a whole number from 1;'),
        (["retry", "0"], 'found "0", expected a whole number from 1;'),
        (["list", "--limit", "1.5"], 'found "1.5", expected a whole number from 1;'),
    ],
)
def test_an_invalid_number(watch, arguments, sentence):
    result = watch.run("deliveries", *arguments)
    assert (result.code, result.out) == (2, "")
    assert sentence in result.err


def test_sent_and_failed_messages(watch):
    watch.check("2023-09")
    watch.mailbox.refuse("anna@example.org")
    watch.check("2023-12")
    out = watch.run("deliveries", "list").out
    assert "sent: Call for hosts 2024–2025" in out
    assert "failed: Call for" in out
    assert "550" in " ".join(out.split())
    (row,) = watch.run("deliveries", "list", "--state", "failed", "--json").json
    assert (row["address"], row["state"], row["attempts"]) == ("anna@example.org", "failed", 1)
    assert row["message_id"].startswith("<")
    assert len(row["change_ids"]) == 1


def test_retry_keeps_the_message_id(watch):
    watch.check("2023-09")
    watch.mailbox.refuse("anna@example.org", "554 5.7.1 not now", times=1)
    watch.check("2023-12")
    (row,) = watch.run("deliveries", "list", "--state", "failed", "--json").json
    assert watch.run("deliveries", "retry", str(row["id"])).out == (
        "1 message will be sent by the next check, or replaced by a newer one with the same news.\n"
    )
    assert watch.check().code == 0
    assert [mail.message_id for mail in watch.mailbox.mails] == [row["message_id"]]


def test_retry_mentions_messages_leased_by_another_process(watch):
    watch.check("2023-09")
    watch.mailbox.refuse("anna@example.org", "451 later", times=1)
    watch.check("2023-12")
    with closing(open_database(f"sqlite:///{watch.database}")) as database:
        Deliveries(database).claim(datetime.now(UTC) + timedelta(days=1))
    assert watch.run("deliveries", "retry").out == (
        "1 message will be sent by the next check, or replaced by a newer one with the same news,"
        " but 1 of them may be claimed by another process for up to 5 minutes.\n"
    )


def test_retry_of_a_sent_message(checked):
    result = checked.run("deliveries", "retry", "1")
    assert result.code == 2
    assert "none of these messages is pending or failed" in result.err


def test_webhook_secrets_are_not_shown(checked):
    assert "/hook" not in checked.run("deliveries", "list").out + checked.run("deliveries", "list", "--json").out


# ── a restored database ────────────────────────────────────────────────────────────────────────


@pytest.fixture
def restored(watch):
    """A database restored from a backup that was made while a message was waiting for a retry."""
    watch.check("2023-09")
    watch.mailbox.refuse("anna@example.org", "451 later", times=1)
    watch.check("2023-12")
    watch.hook.received.clear()
    with closing(open_database(f"sqlite:///{watch.database}")) as database, database.write() as connection:
        mark_restored(connection)
    return watch


def held(watch):
    return [row["id"] for row in watch.run("deliveries", "release", "--json").json]


def test_nothing_is_on_hold(watch):
    assert watch.run("deliveries", "release").out == "Nothing is on hold.\n"
    for option in ("--send", "--discard"):
        assert watch.run("deliveries", "release", option, "all").out == "Nothing is on hold.\n"
    assert watch.run("deliveries", "release", "--json").out == ""


def test_held_items_are_listed(restored):
    head, row, *_ = restored.run("deliveries", "release").lines
    assert head.split() == ["ID", "HELD", "SINCE", "(Brussels)", "TO", "SENT?", "DESCRIPTION"]
    assert row.split()[:5:3] == ["m3", "anna@example.org"]
    entry, *changes = restored.run("deliveries", "release", "--json").json
    assert (entry["id"], entry["kind"], entry["address"]) == ("m3", "message", "anna@example.org")
    assert {change["kind"] for change in changes} == {"change"}, "they were due in the weekly digest"
    assert {(change["recipients"], change["sent"]) for change in changes} == {(2, "unlikely")}
    assert all(item["held_at"] for item in (entry, *changes))
    assert restored.mailbox.mails == []


def test_the_outbox_shows_which_messages_are_held(restored):
    restored.check()
    assert "pending, on hold since the restore" in " ".join(restored.run("deliveries", "list").out.split())
    (row,) = restored.run("deliveries", "list", "--state", "pending", "--json").json
    assert row["held_at"]


@pytest.mark.parametrize("options", [(), ("--quiet",)])
def test_each_check_says_that_items_are_on_hold(restored, options):
    for _ in range(2):
        result = restored.check(None, *options)
        count = len(held(restored))
        assert f"cmr-watch: {count} items are on hold since the restore: cmr-watch deliveries release\n" in result.err
    assert restored.check(None, "--json").json[0]["held"] == count
    restored.run("deliveries", "release", "--discard", "all")
    assert "on hold" not in restored.check(None, *options).err


def test_a_change_that_was_not_matched_yet_has_a_number_of_recipients(restored):
    restored.check("2024-04")
    new = restored.run("deliveries", "release", "--json").json[-1]
    assert (new["kind"], new["recipients"], new["sent"]) == ("change", 2, "perhaps")


def test_changes_of_the_first_check_after_a_restore_are_held(restored):
    before = held(restored)
    restored.check("2024-04")
    assert (restored.mailbox.mails, restored.hook.received) == ([], [])
    changes = [item for item in held(restored) if item.startswith("c")]
    assert len(changes) > len(before) - 1
    result = restored.run("deliveries", "release", "--send", changes[0], "--discard", "m3")
    assert result.out == "Released 1 change.\nDiscarded 1 message.\n"
    assert held(restored) == changes[1:]


@pytest.mark.parametrize(("option", "verb", "mails"), [("--send", "Released", 1), ("--discard", "Discarded", 0)])
def test_all_items_are_sent_or_discarded(restored, option, verb, mails):
    changes = len(held(restored)) - 1
    out = restored.run("deliveries", "release", option, "all").out
    assert out == f"{verb} 1 message.\n{verb} {changes} changes.\n"
    assert held(restored) == []
    restored.check()
    assert len(restored.mailbox.mails) == mails


def test_some_items_are_sent_and_all_others_discarded(restored):
    restored.check("2024-04")
    changes = len(held(restored)) - 1
    result = restored.run("deliveries", "release", "--send", "m3", "--discard", "all")
    assert result.out.splitlines() == ["Released 1 message.", f"Discarded {changes} changes."]
    restored.check()
    assert len(restored.mailbox.mails) == 1


@pytest.mark.parametrize("item", ["m99", "c99", "x", "M3", ""])
def test_an_unknown_id(restored, item):
    result = restored.run("deliveries", "release", "--send", "m3", "--discard", item)
    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert f"no held item has the ID {item!r}; see: cmr-watch deliveries release" in result.err
    assert "m3" in held(restored), "nothing was released"


@pytest.mark.parametrize("item", ["m3", "all"])
def test_an_id_given_to_both_options(restored, item):
    result = restored.run("deliveries", "release", "--send", item, "--discard", item)
    assert (result.code, result.out) == (2, "")
    assert f"{item} is given to both --send and --discard" in result.err
    assert "m3" in held(restored)
