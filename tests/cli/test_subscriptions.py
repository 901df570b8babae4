from __future__ import annotations

import pytest


def test_add_list_and_end(watch):
    watch.configure(people=False)
    assert watch.run("subscriptions", "list").out == "Nobody is subscribed; see: cmr-watch subscriptions add --help\n"
    added = watch.run("subscriptions", "add", "bea@example.org", "--topic", "calls", "--country", "Czechia")
    assert (added.code, added.out) == (0, "Subscription 1: bea@example.org hears of calls in CZ.\n")
    assert watch.run("subscriptions", "list").lines[1] == "1   bea@example.org  –     calls in CZ"
    ended = watch.run("subscriptions", "end", "bea@example.org")
    assert ended.out == "Ended subscription 1: bea@example.org hears nothing more of calls in CZ.\n"
    assert watch.run("subscriptions", "list", "--json").json == []
    (row,) = watch.run("subscriptions", "list", "--all", "--json").json
    assert (row["status"], row["end_reason"]) == ("ended", "ended by the operator")


def test_who_was_added_hears_of_what_comes_after(watch):
    watch.configure(people=False)
    watch.check("2023-09")
    watch.run("subscriptions", "add", "bea@example.org", "--topic", "calls")
    watch.check("2023-12")
    assert watch.mailbox.recipients == [], "the welcome says what is open now, and it is told once"


def test_those_of_the_configuration_begin_with_the_next_check(watch):
    rows = [line.split()[1:3] for line in watch.run("subscriptions", "list").lines if line.startswith("–")]
    assert rows == [["anna@example.org", "anna"], [f"json://127.0.0.1:{watch.hook.port}/…", "chat"]]
    watch.check("2023-09")
    assert [row["name"] for row in watch.run("subscriptions", "list", "--json").json] == ["anna", "chat"]
    assert "next check" not in watch.run("subscriptions", "list").out


def test_an_apprise_url_is_a_secret(watch):
    added = watch.run("subscriptions", "add", "slack://TokenA/TokenB/TokenC")
    listed = watch.run("subscriptions", "list").out + watch.run("subscriptions", "list", "--json").out
    assert "slack://…" in added.out
    assert "Token" not in added.out + listed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["add", "bea"], 'found "bea", expected an e-mail address, or an Apprise URL'),
        (["add", "b@e.org", "--country", "Atlantis"], 'found "Atlantis", expected a country by name or code'),
        (["add", "b@e.org", "--topic", "call"], "'call' is not one of 'calls', 'editions', 'materials'"),
        (["add", "bogus://Secret/key"], "bogus://… is not a valid Apprise URL"),
        (["end", "7"], "there is no active subscription 7"),
        (["end", "b@e.org"], "there is no active subscription b@e.org"),
    ],
)
def test_what_is_wrong(watch, arguments, sentence):
    ran = watch.run("subscriptions", *arguments)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert sentence in ran.err
    assert "Secret" not in ran.err
