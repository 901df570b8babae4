"""The options of `subscriptions add`, the details of a subscription, and erasing an address."""

from __future__ import annotations

import pytest

from tests.cli.test_subscription_io import BEA, CHAT, fill, requests


@pytest.fixture
def watch(watch):
    watch.configure(subscriptions=False)
    return watch


WEEKLY = ("--frequency", "weekly", "--weekday", "fri", "--hour", "6", "--quiet", "22:00-07:00")
MORE = ("--time-zone", "Europe/Lisbon", "--no-reminders", "--still-watching")


def test_add_with_all_options(watch):
    added = watch.run("subscriptions", "add", "bea@example.org", *WEEKLY, *MORE)
    assert added.out == (
        "Subscription 1: bea@example.org is subscribed to calls, editions, materials; weekly on Friday at 6:00;"
        " quiet hours 22:00-07:00.\n"
    )
    assert requests(watch) == [BEA]


@pytest.mark.parametrize(("days", "kept"), [((), (30, 14, 7, 2, 1)), (("1", "60", "1"), (60, 1))])
def test_reminder_days(watch, days, kept):
    watch.run("subscriptions", "add", "a@b.org", *(argument for day in days for argument in ("--remind", day)))
    assert [request.reminders for request in requests(watch)] == [kept]


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--frequency", "hourly", "'hourly' is not one of 'immediately', 'daily', 'weekly'"),
        ("--weekday", "someday", 'found "someday", expected a day of the week such as "monday"'),
        ("--hour", "24", 'found "24", expected a whole number from 0 to 23'),
        ("--hour", "abc", 'found "abc", expected a whole number from 0 to 23'),
        ("--quiet", "00:00-23:59", "(that leaves less than an hour a day for messages)"),
        ("--quiet", "07:30-7:00", "(that leaves less than an hour a day for messages)"),
        ("--quiet", "night", 'found "night", expected a time range such as "22:00-07:00"'),
        ("--quiet", "22:00-24:30", 'found "22:00-24:30", expected a time range'),
        ("--quiet", "07:00-7:00", 'such as "22:00-07:00" (both times are the same)'),
        ("--remind", "soon", 'found "soon", expected a number of days from 1 to 365'),
        ("--remind", "366", 'found "366", expected a number of days from 1 to 365'),
        ("--remind", "0", "0 days before a cut-off is too late for a reminder; for none, use --no-reminders"),
        ("--time-zone", "Mars/Base", 'found "Mars/Base", expected a time zone'),
    ],
)
def test_an_invalid_option_is_a_one_line_error(watch, option, value, sentence):
    result = watch.run("subscriptions", "add", "a@b.org", option, value)
    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert sentence in result.err


def test_show_prints_all_details(watch):
    fill(watch, BEA)
    shown = watch.run("subscriptions", "show", "1").out
    assert shown == watch.run("subscriptions", "show", "Bea@Example.org").out
    for text in ("weekly; digests on Friday at 6:00, Europe/Lisbon", "22:00-07:00", "none", "consent", "operator"):
        assert text in shown
    (row,) = watch.run("subscriptions", "show", "1", "--json").json
    assert (row["quiet"], row["weekday"], row["still_watching"]) == ("22:00-07:00", "friday", True)


def test_show_hides_the_secrets_of_apprise_urls(watch):
    fill(watch, CHAT)
    assert "Token" not in watch.run("subscriptions", "show", "1").out + watch.run("subscriptions", "list").out
    result = watch.run("subscriptions", "show", "9")
    assert (result.code, result.err) == (2, "cmr-watch: no subscription found for 9\n")


def test_erase_and_resubscribe(watch):
    fill(watch, BEA)
    assert watch.run("subscriptions", "erase", "bea@example.org").out == (
        "Erased from 1 record. No more mail will be sent to this address.\n"
    )
    assert "bea@" not in watch.run("subscriptions", "list", "--all").out
    result = watch.run("subscriptions", "add", "bea@example.org")
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert "if the recipient asks to be subscribed again, use --resubscribe" in result.err
    assert watch.run("subscriptions", "add", "bea@example.org", "--resubscribe").code == 0


def test_erase_of_an_address_that_no_record_names(watch):
    fill(watch, BEA)
    ran = watch.run("subscriptions", "erase", "nobody@example.org")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert "no record contains nobody@example.org, so nothing was erased; check the spelling." in ran.err
    assert len(requests(watch)) == 1


@pytest.mark.parametrize("text", ["4", "bea"])
def test_erase_of_what_is_no_address(watch, text):
    fill(watch, BEA)
    ran = watch.run("subscriptions", "erase", text)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert f"{text!r} is neither an e-mail address nor an Apprise URL, so nothing was erased" in ran.err


def test_erase_of_an_address_in_the_configuration_file(watch):
    watch.configure()
    watch.check("2023-09")
    ran = watch.run("subscriptions", "erase", "anna@example.org")
    assert ran.code == 0
    assert ran.err == (
        f'cmr-watch: anna@example.org is still in {watch.config}, as "anna": remove it there;'
        " it is not started unless the recipient is subscribed again\n"
    )


def test_erase_twice(watch):
    fill(watch, BEA)
    assert watch.run("subscriptions", "erase", "bea@example.org").code == 0
    ran = watch.run("subscriptions", "erase", "bea@example.org")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "This address has already been erased, and no record contains it. No mail will be sent to it.\n"


def test_an_erased_subscription_that_had_ended_cannot_be_resumed(watch):
    watch.run("subscriptions", "add", "bob@example.org")
    watch.run("subscriptions", "end", "bob@example.org")
    watch.run("subscriptions", "erase", "bob@example.org")
    out = watch.run("subscriptions", "show", "1").out
    assert "erased" in out.partition("\n")[2].replace("erased:", "")
    assert "resume" not in out
