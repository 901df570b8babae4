"""Subscriptions as a file, and as options."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, time

import pytest

from cmr_watch.models import Quiet, Schedule, SubscriptionRequest
from cmr_watch.store.database import open_database
from cmr_watch.store.subscriptions import BOUNCED, UNSUBSCRIBED, Subscriptions

ANNA = SubscriptionRequest("anna@example.org")
CHAT = SubscriptionRequest("slack://TokenA/TokenB/TokenC", ("calls", "materials"), ("CZ", "FR"))
NIGHT = Quiet(time(22), time(7))
WEEKLY_AT_SIX = Schedule("weekly", 6, 4, "Europe/Lisbon", NIGHT)
BEA = SubscriptionRequest("bea@example.org", rhythm=WEEKLY_AT_SIX, reminders=(), still_watching=True)
CARL = SubscriptionRequest("carl@example.org", rhythm=Schedule("daily", 0, 6), reminders=(60, 1))
PEOPLE = (ANNA, CHAT, BEA, CARL)
FORMULAS = ("=1+1@b.org", "+a@b.org", "-a@b.org", "'=a@b.org", "'a@b.org", "''+a@b.org")


def store_of(watch):
    return closing(open_database(f"sqlite:///{watch.database}"))


def fill(watch, *people):
    with store_of(watch) as database:
        for wanted in people:
            Subscriptions(database).add(wanted, datetime.now(UTC))


def wishes(watch):
    with store_of(watch) as database:
        return [
            SubscriptionRequest(
                one.address, one.topics, one.countries, None, one.rhythm, one.reminders, one.still_watching
            )
            for one in Subscriptions(database).active()
        ]


def elsewhere(watch):
    """Another installation, beside the first."""
    watch.database = watch.folder / "other.db"
    watch.configure(people=False)


def bring(watch, content, name="people.csv"):
    """Import a file with this content."""
    file = watch.folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return watch.run("subscriptions", "import", str(file))


@pytest.fixture
def watch(watch):
    watch.configure(people=False)
    return watch


# ── out and in ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_was_exported_is_imported_elsewhere(watch, form):
    fill(watch, *PEOPLE)
    file = str(watch.folder / f"people.{form}")
    assert watch.run("subscriptions", "export", "--format", form, file).code == 0
    elsewhere(watch)
    first, second = (watch.run("subscriptions", "import", file) for _ in range(2))
    assert (first.code, first.out) == (0, "Added 4, there already 0, refused 0.\n")
    assert (second.code, second.out) == (0, "Added 0, there already 4, refused 0.\n")
    assert wishes(watch) == list(PEOPLE)


def test_the_standard_output_is_the_usual_file(watch):
    fill(watch, BEA)
    head, row = watch.run("subscriptions", "export").lines
    assert head == "address,topics,countries,frequency,hour,weekday,time_zone,quiet,reminders,still_watching"
    assert row == ('bea@example.org,"calls, editions, materials",,weekly,6,friday,Europe/Lisbon,22:00-07:00,0,true')


def test_cells_that_a_spreadsheet_would_take_for_a_formula(watch):
    fill(watch, *map(SubscriptionRequest, FORMULAS))
    file = watch.folder / "people.csv"
    watch.run("subscriptions", "export", str(file))
    cells = [line.partition(",")[0] for line in file.read_text().splitlines()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    elsewhere(watch)
    assert watch.run("subscriptions", "import", str(file)).code == 0
    assert [wanted.address for wanted in wishes(watch)] == list(FORMULAS)


def test_a_cell_that_begins_with_a_tab(watch):
    assert bring(watch, "address,countries\na@b.org,'\tFrance\nc@d.org,\tFrance\n").code == 0
    assert [wanted.countries for wanted in wishes(watch)] == [("FR",), ("FR",)]


def test_those_of_the_configuration_are_exported_too(watch):
    watch.configure()
    watch.check("2023-09")
    rows = watch.run("subscriptions", "export", "--format", "json").json
    assert [row["address"] for row in rows] == ["anna@example.org", watch.hook.address()]


# ── what a file may look like ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "content",
    [
        "address\na@b.org\n",
        b"\xef\xbb\xbfaddress\r\na@b.org\r\n",
        "address,topics,hour,quiet\na@b.org,,,\n",
        'address,reminders,still_watching,weekday\n a@b.org ,"30, 14,7,2,1",No,Mon\n',
        "address,topics,hour\na@b.org\n",
    ],
)
def test_csv_as_programs_write_it(watch, content):
    assert bring(watch, content).out == "Added 1, there already 0, refused 0.\n"
    assert wishes(watch) == [SubscriptionRequest("a@b.org")]


@pytest.mark.parametrize(
    "content",
    [
        '{"address": "a@b.org"}\n',
        '\n{"address": "a@b.org", "quiet": null, "hour": 8}\n\n',
        '[{"address": "a@b.org", "topics": ["calls", "editions", "materials"]}]',
        '{"address": "a@b.org", "hour": "8", "topics": "calls, editions,materials", "still_watching": "no"}',
    ],
)
def test_json_as_programs_write_it(watch, content):
    assert bring(watch, content, "people.json").out == "Added 1, there already 0, refused 0.\n"
    assert wishes(watch) == [SubscriptionRequest("a@b.org")]


@pytest.mark.parametrize("name", ["people.csv", "people.json"])
def test_an_empty_file(watch, name):
    ran = bring(watch, "", name)
    assert (ran.code, ran.out) == (0, "Added 0, there already 0, refused 0.\n")


def test_the_same_twice_in_a_file_is_added_once(watch):
    assert bring(watch, "address\na@b.org\na@B.org\n").out == "Added 1, there already 1, refused 0.\n"


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("nobody,", "line 3: address: found 'nobody', expected an e-mail address"),
        (",8", "line 3: the address is missing"),
        ("a@b.org,25", "line 3: hour: found '25', expected a whole number from 0 to 23"),
        ("a@b.org,8,9", "line 3: it has more cells than the first line"),
        ("bogus://Secret/key,", "line 3: bogus://… is not a valid Apprise URL"),
        ("slack://To ken/x,", "line 3: address: found 'slack://…', expected"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_is_added(watch, row, reason):
    ran = bring(watch, f"address,hour\nfirst@b.org,8\n{row}\nlast@b.org,8\n")
    assert (ran.code, ran.out) == (1, "Added 2, there already 0, refused 1.\n")
    assert reason in ran.err
    assert len(ran.err.splitlines()) == 1
    assert "Secret" not in ran.err
    assert [wanted.address for wanted in wishes(watch)] == ["first@b.org", "last@b.org"]


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("topics", "call", '"calls", "editions", "materials"'),
        ("countries", "Atlantis", "a list of countries"),
        ("frequency", "hourly", '"immediately", "daily", "weekly"'),
        ("weekday", "someday", 'a day such as "monday"'),
        ("time_zone", "Mars/Base", "a time zone"),
        ("quiet", "25:00-07:00", 'hours such as "22:00-07:00"'),
        ("reminders", "400", "a list of days from 1 to 365"),
        ("still_watching", "perhaps", "true or false"),
    ],
)
def test_a_wish_that_nobody_understands(watch, column, cell, expected):
    for name, text in (
        ("p.csv", f"address,{column}\na@b.org,{cell}\n"),
        ("p.json", json.dumps({"address": "a@b.org", column: cell})),
    ):
        ran = bring(watch, text, name)
        assert (ran.code, len(ran.err.splitlines())) == (1, 1)
        assert f"{column}: found {cell!r}, expected" in ran.err
        assert expected in ran.err


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        ("address,colour\na@b.org,red\n", "p.csv", "line 2: 'colour' is no column; known are address, topics"),
        ("address\n\xe4@b.org".encode("latin-1"), "p.csv", "cannot be read"),
        ('{"address": "a@b.org", "colour": 1}', "p.json", "entry 1: 'colour' is no column"),
        ('{"address": "\xe4@b.org"}'.encode("latin-1"), "p.json", "the file: cannot be read"),
        ('{"address": 5}', "p.json", "entry 1: address: found '5', expected an e-mail address"),
        ('{"address": "a@b.org", "hour": true}', "p.json", "entry 1: hour: found 'True', expected a whole number"),
        ('{"address": "a@b.org", "topics": {"a": []}}', "p.json", "entry 1: topics: found"),
        ('{"address": "a@b.org", "countries": [["FR"]]}', "p.json", "entry 1: countries: found"),
        ("{", "p.json", "entry 1: is no JSON"),
        ("7", "p.json", "entry 1: is no JSON object"),
        ("[" * 100_000, "p.json", "entry 1: is no JSON"),
        ('[{"address": "a@b.org"', "p.json", "entry 1: is no JSON"),
    ],
)
def test_a_file_that_is_something_else(watch, content, name, reason):
    ran = bring(watch, content, name)
    assert (ran.code, ran.out) == (1, "Added 0, there already 0, refused 1.\n")
    assert reason in ran.err
    assert len(ran.err.splitlines()) == 1


def test_who_said_no_is_not_brought_back(watch):
    with store_of(watch) as database:
        store, now = Subscriptions(database), datetime.now(UTC)
        for address in ("no@b.org", "bounced@b.org", "erased@b.org", "ended@b.org"):
            store.add(SubscriptionRequest(address), now)
        store.end("no@b.org", UNSUBSCRIBED, now)
        store.end("bounced@b.org", BOUNCED, now)
        store.end("ended@b.org", "ended by the operator", now)
        store.erase("erased@b.org", now)
    ran = bring(watch, "address\nNo@b.org\nbounced@b.org\nerased@b.org\nended@b.org\n")
    assert (ran.code, ran.out) == (1, "Added 1, there already 0, refused 3.\n")
    assert ran.err.splitlines() == [
        "cmr-watch: line 2: No@b.org: this address is not written to any more: unsubscribed by mail",
        "cmr-watch: line 3: bounced@b.org: this address is not written to any more: mail to it bounces",
        "cmr-watch: line 4: erased@b.org: this address was erased at its reader's wish, and is not written to",
    ]


# ── add, show, erase ─────────────────────────────────────────────────────────────────────────────────────────────

WEEKLY = ("--frequency", "weekly", "--weekday", "fri", "--hour", "6", "--quiet", "22:00-07:00")
MORE = ("--time-zone", "Europe/Lisbon", "--remind", "0", "--still-watching")


def test_added_with_every_wish(watch):
    added = watch.run("subscriptions", "add", "bea@example.org", *WEEKLY, *MORE)
    assert added.out == (
        "Subscription 1: bea@example.org hears of calls, editions, materials, weekly on Friday at 6:00,"
        " quiet 22:00-07:00.\n"
    )
    assert wishes(watch) == [BEA]


@pytest.mark.parametrize(
    ("days", "kept"), [((), (30, 14, 7, 2, 1)), (("0",), ()), (("1", "60", "1"), (60, 1)), (("0", "7"), (7,))]
)
def test_days_of_reminders(watch, days, kept):
    watch.run("subscriptions", "add", "a@b.org", *(word for day in days for word in ("--remind", day)))
    assert [wanted.reminders for wanted in wishes(watch)] == [kept]


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--frequency", "hourly", "'hourly' is not one of 'immediately', 'daily', 'weekly'"),
        ("--weekday", "someday", 'found "someday", expected a day such as "monday"'),
        ("--hour", "24", "24 is not in the range 0<=x<=23"),
        ("--quiet", "night", 'found "night", expected hours such as "22:00-07:00"'),
        ("--quiet", "22:00-24:30", 'found "22:00-24:30", expected hours'),
        ("--remind", "soon", "'soon' is not a valid integer range"),
        ("--remind", "366", "366 is not in the range 0<=x<=365"),
        ("--time-zone", "Mars/Base", 'found "Mars/Base", expected a time zone'),
    ],
)
def test_a_bad_wish_is_one_sentence(watch, option, value, sentence):
    ran = watch.run("subscriptions", "add", "a@b.org", option, value)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert sentence in ran.err


def test_show_says_all_of_it(watch):
    fill(watch, BEA)
    shown = watch.run("subscriptions", "show", "1").out
    assert shown == watch.run("subscriptions", "show", "Bea@Example.org").out
    for words in ("weekly; digests on Friday at 6:00, Europe/Lisbon", "22:00-07:00", "none", "consent", "operator"):
        assert words in shown
    (row,) = watch.run("subscriptions", "show", "1", "--json").json
    assert (row["quiet"], row["weekday"], row["still_watching"]) == ("22:00-07:00", "friday", True)


def test_show_keeps_the_secret_of_a_chat(watch):
    fill(watch, CHAT)
    assert "Token" not in watch.run("subscriptions", "show", "1").out + watch.run("subscriptions", "list").out
    ran = watch.run("subscriptions", "show", "9")
    assert (ran.code, ran.err) == (2, "cmr-watch: there is no subscription 9\n")


def test_erase_and_anew(watch):
    fill(watch, BEA)
    assert watch.run("subscriptions", "erase", "bea@example.org").out == (
        "Erased: 1 row named it. It will not be written to again.\n"
    )
    assert "bea@" not in watch.run("subscriptions", "list", "--all").out
    ran = watch.run("subscriptions", "add", "bea@example.org")
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert "if its reader asks for it again: --anew" in ran.err
    assert watch.run("subscriptions", "add", "bea@example.org", "--anew").code == 0
