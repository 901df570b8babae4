from __future__ import annotations

import pytest


def test_add_list_and_end(watch):
    watch.configure(subscriptions=False)
    assert watch.run("subscriptions", "list").out == (
        "No subscriptions yet. To add one, see: cmr-watch subscriptions add --help\n"
    )
    added = watch.run("subscriptions", "add", "bea@example.org", "--topic", "calls", "--country", "Czechia")
    assert (added.code, added.out) == (0, "Subscription 1: bea@example.org is subscribed to calls in CZ.\n")
    assert watch.run("subscriptions", "list").lines[1] == "1   bea@example.org  –     calls in CZ"
    ended = watch.run("subscriptions", "end", "bea@example.org")
    assert ended.out == "Subscription 1 ended: bea@example.org is unsubscribed from calls in CZ.\n"
    assert watch.run("subscriptions", "list", "--json").json == []
    (row,) = watch.run("subscriptions", "list", "--all", "--json").json
    assert (row["status"], row["end_reason"]) == ("ended", "ended by the operator")


def test_a_new_subscriber_is_not_sent_open_calls_twice(watch):
    watch.configure(subscriptions=False)
    watch.check("2023-09")
    watch.run("subscriptions", "add", "bea@example.org", "--topic", "calls")
    watch.check("2023-12")
    assert watch.mailbox.recipients == [], "the welcome message has announced the open call already"


def test_subscriptions_in_the_configuration_start_with_the_next_check(watch):
    rows = [line.split()[1:3] for line in watch.run("subscriptions", "list").lines if line.startswith("–")]
    assert rows == [["anna@example.org", "anna"], [f"json://127.0.0.1:{watch.hook.port}/…", "chat"]]
    watch.check("2023-09")
    assert [row["name"] for row in watch.run("subscriptions", "list", "--json").json] == ["anna", "chat"]
    assert "next check" not in watch.run("subscriptions", "list").out


def test_secrets_of_apprise_urls_are_not_shown(watch):
    added = watch.run("subscriptions", "add", "slack://TokenA/TokenB/TokenC")
    listed = watch.run("subscriptions", "list").out + watch.run("subscriptions", "list", "--json").out
    assert "slack://…" in added.out
    assert "Token" not in added.out + listed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["add", "bea"], 'found "bea", expected an e-mail address, or an Apprise URL'),
        (["add", "b@e.org", "--country", "Atlantis"], 'found "Atlantis", expected a country name or code'),
        (["add", "b@e.org", "--topic", "call"], "'call' is not one of 'calls', 'editions', 'materials'"),
        (["add", "bogus://Secret/key"], "bogus://… is not a valid Apprise URL"),
        (["end", "7"], "no active subscription found for 7"),
        (["end", "b@e.org"], "no active subscription found for b@e.org"),
    ],
)
def test_invalid_arguments(watch, arguments, sentence):
    result = watch.run("subscriptions", *arguments)
    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert sentence in result.err
    assert "Secret" not in result.err
