from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, datetime

import pytest

from cmr_watch.store.database import open_database
from cmr_watch.store.subscriptions import Subscriptions


def test_add_list_and_end(watch):
    watch.configure(subscriptions=False)
    assert watch.run("subscriptions", "list").out == (
        "No subscriptions yet. To add one, see: cmr-watch subscriptions add --help\n"
    )
    added = watch.run("subscriptions", "add", "bea@example.org", "--topic", "calls", "--country", "Czechia")
    assert (added.code, added.out) == (
        0,
        "Subscription 1: bea@example.org is subscribed to calls (of all countries).\n",
    )
    assert watch.run("subscriptions", "list").lines[1] == "1   bea@example.org  –     calls (of all countries)"
    ended = watch.run("subscriptions", "end", "bea@example.org")
    assert ended.out == "Subscription 1 ended: bea@example.org is unsubscribed from calls (of all countries).\n"
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
        (["add", "x@y"], 'found "x@y", expected an e-mail address'),
        (["add", "a@b.org", "--remind", "7", "--no-reminders"], "--remind and --no-reminders contradict each other"),
        (["edit", "7", "--hour", "9"], "no active subscription found for 7"),
        (["end", "7"], "no active subscription found for 7"),
        (["end", "b@e.org"], "no active subscription found for b@e.org"),
    ],
)
def test_invalid_arguments(watch, arguments, sentence):
    result = watch.run("subscriptions", *arguments)
    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert sentence in result.err
    assert "Secret" not in result.err


# ── edit ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def bea(watch):
    """An installation with one subscription: bea@example.org, calls in France, weekly on Friday, no reminders."""
    watch.configure(subscriptions=False)
    options = ("--topic", "calls", "--country", "FR", "--frequency", "weekly", "--weekday", "fri", "--no-reminders")
    assert watch.run("subscriptions", "add", "bea@example.org", *options, "--quiet", "22:00-07:00").code == 0
    return watch


def shown(watch, number="1"):
    (row,) = watch.run("subscriptions", "show", number, "--json").json
    return row


def test_edit_changes_only_what_is_given(bea):
    before = shown(bea)
    result = bea.run("subscriptions", "edit", "Bea@example.org", "--hour", "6", "--country", "ES", "--remind", "7")
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "Subscription 1: bea@example.org is now subscribed to calls (of all countries); weekly on Friday at 6:00;"
        " quiet hours 22:00-07:00.\n"
    )
    assert shown(bea) == {**before, "hour": 6, "countries": ["ES"], "reminders": [7]}


def test_edit_removes_limits(bea):
    before = shown(bea)
    arguments = ("--all-countries", "--no-quiet", "--still-watching", "--topic", "editions", "--topic", "calls")
    assert bea.run("subscriptions", "edit", "1", *arguments).code == 0
    expected = {"countries": [], "quiet": None, "still_watching": True, "topics": ["calls", "editions"]}
    assert shown(bea) == {**before, **expected}
    assert bea.run("subscriptions", "edit", "1", "--no-still-watching").code == 0
    assert shown(bea)["still_watching"] is False


def test_edit_without_a_change_is_refused(bea):
    for arguments in ((), ("--frequency", "weekly")):
        result = bea.run("subscriptions", "edit", "1", *arguments)
        assert (result.code, result.out) == (2, "")
        assert "nothing to change" in result.err


def test_an_edited_subscription_misses_nothing_and_repeats_nothing(watch):
    watch.configure(subscriptions=False)
    watch.check("2023-09")
    watch.run("subscriptions", "add", "bea@example.org", "--topic", "materials")
    watch.check()
    watch.check("2023-12", "--no-notify")
    watch.run("subscriptions", "edit", "bea@example.org", "--topic", "calls")
    watch.check()
    assert watch.mailbox.subjects == ["Call for hosts 2024–2025 now open"], "found before the edit, sent after it"
    watch.run("subscriptions", "edit", "bea@example.org", "--topic", "calls", "--topic", "editions")
    watch.check()
    assert len(watch.mailbox.mails) == 1


def test_adding_a_subscribed_address_names_the_edit_command(bea):
    result = bea.run("subscriptions", "add", "BEA@example.org", "--topic", "editions")
    assert (result.code, result.out) == (1, "")
    assert result.err.endswith("to change it, run: cmr-watch subscriptions edit bea@example.org\n")
    assert len(bea.run("subscriptions", "list", "--json").json) == 1


def test_subscriptions_in_the_configuration_are_changed_there(watch):
    watch.check("2023-09")
    for arguments, code in ((("edit", "anna@example.org", "--hour", "9"), 2), (("add", "anna@example.org"), 1)):
        result = watch.run("subscriptions", *arguments)
        assert (result.code, result.out, len(result.err.splitlines())) == (code, "", 1)
        assert f'is declared in {watch.config} as "anna"; change it there' in result.err


# ── what the next check does ─────────────────────────────────────────────────────────────────────────────────────


def states(watch, *options):
    rows = watch.run("subscriptions", "list", "--json", *options).json
    return [(row["name"], row["status"], row["next_check"]) for row in rows]


def test_the_list_says_what_the_next_check_does(watch):
    declared = '[[subscriptions]]\nname = "{}"\nto = "{}@example.org"\n'
    watch.configure(declared.format("a", "a") + declared.format("b", "b"), subscriptions=False)
    assert states(watch) == [("a", "declared", "starts"), ("b", "declared", "starts")]
    watch.check("2023-09")
    assert states(watch) == [("a", "active", None), ("b", "active", None)]
    watch.configure(declared.format("a", "a") + "hour = 9\n" + declared.format("c", "c"), subscriptions=False)
    assert states(watch) == [("a", "active", "changes"), ("b", "active", "ends"), ("c", "declared", "starts")]
    out = " ".join(watch.run("subscriptions", "list").out.split())
    for note in ("changes with the next check, as configured", "ends with the next check: removed from", "starts with"):
        assert note in out
    watch.check()
    assert states(watch) == [("a", "active", None), ("c", "active", None)]


def test_an_ended_subscription_in_the_configuration_is_listed_as_ended(watch):
    watch.check("2023-09")
    watch.run("subscriptions", "end", "anna@example.org")
    assert states(watch) == [("chat", "active", None)]
    assert states(watch, "--all") == [("anna", "ended", None), ("chat", "active", None)]
    out = " ".join(watch.run("subscriptions", "list", "--all").out.split())
    assert "(ended by the operator)" in out
    assert "next check" not in out + watch.run("subscriptions", "list").out


def test_a_subscription_that_the_configuration_declares_again_starts_again(watch):
    watch.check("2023-09")
    watch.configure(subscriptions=False)
    watch.check()
    watch.configure()
    assert states(watch) == [("anna", "ended", "starts"), ("chat", "ended", "starts")]
    out = " ".join(watch.run("subscriptions", "list").out.split())
    assert "(ended: removed from the configuration; starts with the next check)" in out


def test_an_erased_subscription_in_the_configuration_does_not_start(watch):
    watch.check("2023-09")
    watch.run("subscriptions", "erase", "anna@example.org")
    assert states(watch) == [("chat", "active", None)]
    assert states(watch, "--all")[1:] == [("chat", "active", None), ("anna", "declared", None)]
    assert "not started: this address was erased" in " ".join(watch.run("subscriptions", "list", "--all").out.split())


# ── ended subscriptions ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def bounced(watch):
    """The mail server has said that anna@example.org does not exist, which ended her subscription."""
    watch.check("2023-09")
    watch.mailbox.refuse("anna@example.org")
    assert watch.check("2023-12").code == 1
    return watch


def test_a_rejected_address_is_explained(bounced):
    text = "ended: mail to it bounces (550 5.1.1 no such user)"
    lines = bounced.run("subscriptions", "list", "--all").lines
    assert text in " ".join(" ".join(lines).split())
    assert lines[-1] == "To find out how to resume an ended subscription, run: cmr-watch subscriptions show ID"
    shown = " ".join(bounced.run("subscriptions", "show", "1").out.split())
    assert text in shown
    (row,) = bounced.run("subscriptions", "show", "1", "--json").json
    assert (row["end_reason"], row["end_reply"]) == ("mail to it bounces", "550 5.1.1 no such user")


def test_the_command_that_brings_it_back_works(bounced):
    shown = bounced.run("subscriptions", "show", "1").out
    (command,) = re.findall(r"^To resume it: cmr-watch (.+)$", shown, re.MULTILINE)
    assert bounced.run(*command.split()).code == 0
    bounced.mailbox.refuse("anna@example.org", times=0)
    assert bounced.run("check").code == 0
    assert bounced.mailbox.recipients == ["anna@example.org"]


def test_retry_says_that_nothing_is_sent_to_an_ended_subscription(bounced):
    (row,) = bounced.run("deliveries", "list", "--state", "failed", "--json").json
    for arguments, code in (((str(row["id"]),), 1), ((), 1)):
        result = bounced.run("deliveries", "retry", *arguments)
        assert (result.code, result.out) == (code, "")
        assert result.err == (
            f"cmr-watch: message {row['id']} will not be sent: anna@example.org is no longer subscribed (mail to"
            " it bounces (550 5.1.1 no such user)); to subscribe it again:"
            " cmr-watch subscriptions add anna@example.org --resubscribe\n"
        )
    assert bounced.run("deliveries", "list", "--state", "failed", "--json").json == [row], "it was not touched"


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("unsubscribed online", "at the recipient's request only: cmr-watch subscriptions add b@e.org --resubscribe"),
        ("unsubscribed by mail", "at the recipient's request only: cmr-watch subscriptions add b@e.org --resubscribe"),
        ("mail to it bounces", "cmr-watch subscriptions add b@e.org --resubscribe"),
        ("ended by the operator", "cmr-watch subscriptions add b@e.org --resubscribe"),
        ("removed from the configuration", "declare it in the configuration file again"),
    ],
)
def test_how_to_bring_back_each_subscription(watch, reason, advice):
    watch.configure(subscriptions=False)
    watch.run("subscriptions", "add", "b@e.org")
    with closing(open_database(f"sqlite:///{watch.database}")) as database:
        Subscriptions(database).end(1, reason, datetime.now(UTC))
    assert watch.run("subscriptions", "show", "1").lines[-1] == f"To resume it: {advice}"


def test_an_erased_subscription_is_shown_without_a_command(watch):
    watch.configure(subscriptions=False)
    watch.run("subscriptions", "add", "b@e.org")
    watch.run("subscriptions", "erase", "b@e.org")
    assert "To resume" not in watch.run("subscriptions", "show", "1").out
    assert "To find out how to resume" not in watch.run("subscriptions", "list", "--all").out


def test_the_list_says_that_all_have_ended(bea):
    bea.run("subscriptions", "end", "1")
    assert bea.run("subscriptions", "list").out == (
        "No active subscriptions, 1 ended. To list them, run: cmr-watch subscriptions list --all\n"
    )


# ── subscribing again ────────────────────────────────────────────────────────────────────────────────────────────

OPTIONS = ("topics", "countries", "frequency", "hour", "weekday", "time_zone", "quiet", "reminders", "still_watching")


def options(row):
    return {name: row[name] for name in OPTIONS}


def test_subscribing_again_restores_the_last_choices(bea):
    bea.run("subscriptions", "edit", "1", "--time-zone", "Europe/Lisbon", "--topic", "editions")
    before = shown(bea)
    bea.run("subscriptions", "end", "1")
    result = bea.run("subscriptions", "add", "bea@example.org", "--resubscribe")
    assert (result.code, result.err) == (0, "")
    assert options(shown(bea, "2")) == options(before)
    assert result.lines[0] == (
        "Subscription 2: bea@example.org is subscribed to editions in FR; weekly on Friday at 8:00;"
        " quiet hours 22:00-07:00."
    )
    assert [" ".join(line.split()) for line in result.lines[1:]] == [
        "RESTORED from subscription 1",
        "topics editions",
        "countries FR",
        "schedule weekly; digests on Friday at 8:00, Europe/Lisbon",
        "quiet hours 22:00-07:00",
        "reminders none",
        "status message none",
        "language English (en)",
    ]


def test_options_take_precedence_over_the_last_choices(bea):
    before = shown(bea)
    bea.run("subscriptions", "end", "1")
    result = bea.run("subscriptions", "add", "bea@example.org", "--resubscribe", "--topic", "materials", "--hour", "5")
    assert options(shown(bea, "2")) == {**options(before), "topics": ["materials"], "hour": 5}
    assert not [line for line in result.lines if line.startswith(("topics", "schedule"))], "not restored"


def test_an_erased_address_starts_with_the_defaults(bea):
    bea.run("subscriptions", "erase", "bea@example.org")
    result = bea.run("subscriptions", "add", "bea@example.org", "--resubscribe")
    assert result.out == "Subscription 2: bea@example.org is subscribed to calls, editions, materials.\n"


@pytest.mark.parametrize("how", ["end", "erase"])
def test_a_subscription_of_the_configuration_file_is_brought_back_under_its_name(watch, how):
    watch.configure('[[subscriptions]]\nname = "bo"\nto = "bo@example.org"\ntopics = ["calls"]\n')
    watch.check("2023-09")
    watch.run("subscriptions", how, "bo@example.org")
    result = watch.run("subscriptions", "add", "Bo@example.org", "--resubscribe")
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        f'Subscription 4: bo@example.org is subscribed to calls, as declared in {watch.config} as "bo".\n'
    )
    watch.check()
    assert states(watch) == [("anna", "active", None), ("chat", "active", None), ("bo", "active", None)]


def test_a_declared_address_is_not_added_a_second_time(watch):
    before = watch.run("subscriptions", "add", "anna@example.org")
    assert (before.code, before.out) == (1, "")
    declared = f'cmr-watch: anna@example.org is declared in {watch.config} as "anna"'
    assert before.err == f"{declared}, and starts with the next check\n"
    watch.check("2023-09")
    watch.run("subscriptions", "end", "anna@example.org")
    result = watch.run("subscriptions", "add", "anna@example.org")
    assert (result.code, result.err) == (
        1,
        f"{declared}, but has ended; to bring it back, run:"
        " cmr-watch subscriptions add anna@example.org --resubscribe\n",
    )
    changed = watch.run("subscriptions", "add", "anna@example.org", "--resubscribe", "--hour", "5")
    assert (changed.code, changed.err) == (2, f"{declared}; change its options there\n")
    assert states(watch) == [("chat", "active", None)]


def test_a_declared_subscription_is_not_brought_back_without_its_file(watch, monkeypatch):
    watch.check("2023-09")
    watch.run("subscriptions", "end", "anna@example.org")
    monkeypatch.chdir(watch.folder)
    monkeypatch.setenv("CMR_WATCH_DATABASE_URL", f"sqlite:///{watch.database}")
    result = watch.run("subscriptions", "add", "anna@example.org", "--resubscribe", config=False)
    assert (result.code, result.out) == (2, "")
    assert 'was declared in a configuration file as "anna", but none was found; name it with --config' in result.err


# ── a second database ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_database_created_beside_the_configured_one_is_pointed_out(watch, monkeypatch):
    monkeypatch.chdir(watch.folder)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    default = watch.folder / ".local" / "state" / "cmr-watch" / "cmr-watch.db"
    result = watch.run("subscriptions", "add", "bea@example.org", config=False)
    assert (result.code, default.exists()) == (0, True)
    assert result.err.startswith(
        f"cmr-watch: created a new, empty database, {default}: no configuration file was found;"
    )
    assert watch.run("subscriptions", "list", config=False).err == "", "only when it is created"


def test_a_variable_that_names_another_database_is_pointed_out(watch, monkeypatch):
    other = watch.folder / "other.db"
    monkeypatch.setenv("CMR_WATCH_DATABASE_URL", f"sqlite:///{other}")
    result = watch.run("subscriptions", "add", "bea@example.org")
    assert result.code == 0
    assert result.err == (
        f"cmr-watch: created a new, empty database, {other}: {watch.config} names another one,"
        f" sqlite:///{watch.database}; to use that: unset CMR_WATCH_DATABASE_URL\n"
    )
    assert not watch.database.exists()


def test_the_configured_database_is_created_without_a_remark(watch):
    assert watch.run("subscriptions", "add", "bea@example.org").err == ""


def test_the_language_is_set_changed_and_shown(watch):
    added = watch.run("subscriptions", "add", "carla@example.org", "--language", "it")
    assert (added.code, added.err) == (0, "")
    assert "; in Italiano." in added.out
    assert shown(watch, "1")["language"] == "it"
    assert "language" in watch.run("subscriptions", "show", "1").out
    watch.run("subscriptions", "edit", "1", "--language", "pl")
    assert shown(watch, "1")["language"] == "pl"
    assert watch.run("subscriptions", "edit", "1", "--frequency", "daily").code == 0
    assert shown(watch, "1")["language"] == "pl", "other changes leave it"
    refused = watch.run("subscriptions", "add", "dora@example.org", "--language", "nl")
    assert refused.code == 2
