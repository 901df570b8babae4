"""Export and import of subscriptions."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, time
from typing import Any

import pytest

from cmr_watch.cli.subscription_io import COLUMNS
from cmr_watch.models.recipients import QuietHours, Schedule, SubscriptionRequest
from cmr_watch.store.database import open_database
from cmr_watch.store.subscriptions import BOUNCED, UNSUBSCRIBED, Subscriptions

ANNA = SubscriptionRequest("anna@example.org")
CHAT = SubscriptionRequest("slack://TokenA/TokenB/TokenC", ("calls", "materials"), ("CZ", "FR"))
NIGHT = QuietHours(time(22), time(7))
WEEKLY_AT_SIX = Schedule("weekly", 6, 4, "Europe/Lisbon", NIGHT)
BEA = SubscriptionRequest("bea@example.org", schedule=WEEKLY_AT_SIX, reminders=(), still_watching=True)
CARL = SubscriptionRequest("carl@example.org", schedule=Schedule("daily", 0, 6), reminders=(60, 1))
REQUESTS = (ANNA, CHAT, BEA, CARL)
FORMULAS = ("=1+1@b.org", "+a@b.org", "-a@b.org", "'=a@b.org", "'a@b.org", "''+a@b.org")


def store_of(watch):
    return closing(open_database(f"sqlite:///{watch.database}"))


def fill(watch, *subscriptions):
    with store_of(watch) as database:
        for request in subscriptions:
            Subscriptions(database).add(request, datetime.now(UTC))


def requests(watch):
    """The active subscriptions, as requests."""
    with store_of(watch) as database:
        return [
            SubscriptionRequest(
                row.address, row.topics, row.countries, None, row.schedule, row.reminders, row.still_watching
            )
            for row in Subscriptions(database).active()
        ]


def other_installation(watch: Any) -> None:
    """Switch to a second, empty installation."""
    watch.database = watch.folder / "other.db"
    watch.configure(subscriptions=False)


def import_file(watch: Any, content: Any, name: str = "subscriptions.csv") -> Any:
    """Import a file with this content."""
    file = watch.folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return watch.run("subscriptions", "import", str(file))


@pytest.fixture
def watch(watch):
    watch.configure(subscriptions=False)
    return watch


# ── export and import ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_export_is_imported_into_another_installation(watch, form):
    fill(watch, *REQUESTS)
    file = str(watch.folder / f"subscriptions.{form}")
    assert watch.run("subscriptions", "export", "--format", form, file).code == 0
    other_installation(watch)
    first, second = (watch.run("subscriptions", "import", file) for _ in range(2))
    assert (first.code, first.out) == (0, "4 added, 0 already present, 0 rejected.\n")
    assert (second.code, second.out) == (0, "0 added, 4 already present, 0 rejected.\n")
    assert requests(watch) == list(REQUESTS)


def test_export_writes_to_standard_output_by_default(watch):
    fill(watch, BEA)
    head, row = watch.run("subscriptions", "export").lines
    options = "topics,countries,frequency,hour,weekday,time_zone,quiet,reminders,still_watching,language"
    assert head == f"address,{options},paused_until"
    assert row == (
        'bea@example.org,"calls, editions, materials",,weekly,6,friday,Europe/Lisbon,22:00-07:00,none,true,en,'
    )


def test_formulas_are_escaped(watch):
    fill(watch, *map(SubscriptionRequest, FORMULAS))
    file = watch.folder / "subscriptions.csv"
    watch.run("subscriptions", "export", str(file))
    cells = [line.partition(",")[0] for line in file.read_text().splitlines()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    other_installation(watch)
    assert watch.run("subscriptions", "import", str(file)).code == 0
    assert [request.address for request in requests(watch)] == list(FORMULAS)


def test_a_cell_that_starts_with_a_tab(watch):
    assert import_file(watch, "address,countries\na@b.org,'\tFrance\nc@d.org,\tFrance\n").code == 0
    assert [request.countries for request in requests(watch)] == [("FR",), ("FR",)]


def test_subscriptions_in_the_configuration_are_exported(watch):
    watch.configure()
    watch.check("2023-09")
    rows = watch.run("subscriptions", "export", "--format", "json").json
    assert [row["address"] for row in rows] == ["anna@example.org", watch.hook.address()]


# ── valid files ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "content",
    [
        "address\na@b.org\n",
        b"\xef\xbb\xbfaddress\r\na@b.org\r\n",
        "address,topics,hour,quiet\na@b.org,,,\n",
        'address,reminders,still_watching,weekday\n a@b.org ,"30, 14,7,2,1",No,Mon\n',
        "address,topics,hour\na@b.org\n",
        "address;topics;hour\na@b.org;calls, editions, materials;8\n",
        b"\xef\xbb\xbfAddress;Countries;Hour\r\na@b.org;;\r\n;;\r\n",
        "sep=;\naddress;reminders;quiet\na@b.org;30,14,7,2,1;\n",
        "address\tstill_watching\na@b.org\tno\n",
        "\naddress,hour\na@b.org,8,,\n",
        "To,topics\na@b.org,\n",
        'address,topics,frequency,still_watching\na@b.org,"Calls, EDITIONS,materials",Immediately,False\n',
    ],
)
def test_csv_variants(watch, content):
    assert import_file(watch, content).out == "1 added, 0 already present, 0 rejected.\n"
    assert requests(watch) == [SubscriptionRequest("a@b.org")]


@pytest.mark.parametrize(
    "content",
    [
        '{"address": "a@b.org"}\n',
        '\n{"address": "a@b.org", "quiet": null, "hour": 8}\n\n',
        '{"to": "a@b.org"}',
        '[{"address": "a@b.org", "topics": ["calls", "editions", "materials"]}]',
        '{"address": "a@b.org", "hour": "8", "topics": "calls, editions,materials", "still_watching": "no"}',
    ],
)
def test_json_variants(watch, content):
    assert import_file(watch, content, "subscriptions.json").out == "1 added, 0 already present, 0 rejected.\n"
    assert requests(watch) == [SubscriptionRequest("a@b.org")]


@pytest.mark.parametrize("name", ["subscriptions.csv", "subscriptions.json"])
def test_an_empty_file(watch, name):
    result = import_file(watch, "", name)
    assert (result.code, result.out) == (0, "0 added, 0 already present, 0 rejected.\n")


def test_duplicates_in_a_file_are_added_once(watch):
    assert import_file(watch, "address\na@b.org\na@B.org\n").out == "1 added, 1 already present, 0 rejected.\n"


def test_rows_of_one_new_address_are_several_subscriptions(watch):
    content = "address,topics\na@b.org,calls\na@b.org,editions\n"
    assert import_file(watch, content).out == "2 added, 0 already present, 0 rejected.\n"
    assert import_file(watch, content).out == "0 added, 2 already present, 0 rejected.\n"


def test_a_subscribed_address_gets_no_second_subscription(watch):
    fill(watch, ANNA)
    result = import_file(watch, "address,topics\nAnna@example.org,calls\nnew@b.org,calls\n")
    assert (result.code, result.out) == (1, "1 added, 0 already present, 1 rejected.\n")
    assert result.err == (
        "cmr-watch: line 2: anna@example.org is already subscribed to calls, editions, materials (subscription 1);"
        " to change it, run: cmr-watch subscriptions edit anna@example.org\n"
    )
    assert [request.address for request in requests(watch)] == ["anna@example.org", "new@b.org"]


def test_an_address_in_the_configuration_file_gets_no_second_subscription(watch):
    watch.configure()
    result = import_file(watch, "address,topics\nanna@example.org,calls\n")
    assert (result.code, result.out) == (1, "0 added, 0 already present, 1 rejected.\n")
    assert f'is declared in {watch.config} as "anna", and starts with the next check' in result.err


def test_the_help_describes_every_column(watch):
    text = watch.run("subscriptions", "import", "--help").out
    assert [column for column in COLUMNS if f"  {column} " not in text] == []


# ── rejected rows ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("nobody,", "line 3: address: found 'nobody', expected an e-mail address"),
        (",8", "line 3: the address is missing"),
        ("a@b.org,25", "line 3: hour: found '25', expected a whole number from 0 to 23"),
        ("a@b.org,8,9", "line 3: more cells than the header line"),
        ("bogus://Secret/key,", "line 3: bogus://… is not a valid Apprise URL"),
        ("slack://To ken/x,", "line 3: address: found 'slack://…', expected"),
        (
            "x@y,",
            "line 3: address: found 'x@y', expected an e-mail address, or an Apprise URL such as \"slack://…\" (the",
        ),
    ],
)
def test_an_invalid_row_is_reported_and_the_others_are_added(watch, row, reason):
    result = import_file(watch, f"address,hour\nfirst@b.org,8\n{row}\nlast@b.org,8\n")
    assert (result.code, result.out) == (1, "2 added, 0 already present, 1 rejected.\n")
    assert reason in result.err
    assert len(result.err.splitlines()) == 1
    assert "Secret" not in result.err
    assert [request.address for request in requests(watch)] == ["first@b.org", "last@b.org"]


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("topics", "call", '"calls", "editions", "materials"'),
        ("countries", "Atlantis", "a list of country names"),
        ("frequency", "hourly", '"immediately", "daily", "weekly"'),
        ("weekday", "someday", 'a day of the week such as "monday"'),
        ("time_zone", "Mars/Base", "a time zone"),
        ("quiet", "25:00-07:00", 'a time range such as "22:00-07:00"'),
        ("reminders", "400", "a list of days from 1 to 365"),
        ("still_watching", "perhaps", "true or false"),
    ],
)
def test_an_invalid_value(watch, column, cell, expected):
    for name, text in (
        ("p.csv", f"address,{column}\na@b.org,{cell}\n"),
        ("p.json", json.dumps({"address": "a@b.org", column: cell})),
    ):
        result = import_file(watch, text, name)
        assert (result.code, len(result.err.splitlines())) == (1, 1)
        assert f"{column}: found {cell!r}, expected" in result.err
        assert expected in result.err


def _is_about_the_header(content: str) -> bool:
    return content.startswith(("address,colour", "a@b.org", "topics;hour", "address,hour,hour", "address,to\n"))


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (
            "address,colour\na@b.org,red\n",
            "p.csv",
            "line 1: 'colour' is not a known column; known columns: address (or to), topics",
        ),
        ("a@b.org\nc@d.org\n", "p.csv", "line 1: the header line is missing"),
        ("topics;hour\ncalls;8\n", "p.csv", "line 1: the column 'address' is missing"),
        ("address,hour,hour\na@b.org,8,9\n", "p.csv", "line 1: a column appears twice"),
        ("address,to\na@b.org,c@d.org\n", "p.csv", "a column appears twice (“to” is another name of “address”)"),
        ('{"address": "a@b.org", "to": "a@b.org"}', "p.json", "entry 1: “to” is another name of “address”; keep one"),
        ("address,still_watching\na@b.org,FALSCH\n", "p.csv", "found 'FALSCH', expected true or false"),
        ('address,countries\na@b.org,"France, Frnace"\n', "p.csv", 'such as ["France", "PL"] (not \'Frnace\')'),
        ("sep=;\naddress;hour\na@b.org;25\n", "p.csv", "line 3: hour: found '25'"),
        ('address,topics\n\n"a@b.org","calls,\nfood"\n', "p.csv", "line 3: topics: found"),
        (f"address\n{'x' * 200_000}\n", "p.csv", "after line 1: cannot be read: field larger than field limit"),
        ('{"address": "a@b.org", "colour": 1}', "p.json", "entry 1: 'colour' is not a known column"),
        ('{"address": 5}', "p.json", "entry 1: address: found '5', expected an e-mail address"),
        ('{"address": "a@b.org", "hour": true}', "p.json", "entry 1: hour: found 'True', expected a whole number"),
        ('{"address": "a@b.org", "topics": {"a": []}}', "p.json", "entry 1: topics: found"),
        ('{"address": "a@b.org", "countries": [["FR"]]}', "p.json", "entry 1: countries: found"),
        ("{", "p.json", "entry 1: not valid JSON"),
        ("7", "p.json", "entry 1: not a JSON object"),
        ("[" * 100_000, "p.json", "entry 1: not valid JSON"),
        ('[{"address": "a@b.org"', "p.json", "entry 1: not valid JSON"),
    ],
)
def test_an_invalid_file(watch, content, name, reason):
    result = import_file(watch, content, name)
    rejected = 0 if reason in result.err and _is_about_the_header(content) else 1
    assert (result.code, result.out) == (1, f"0 added, 0 already present, {rejected} rejected.\n")
    assert reason in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (
            "address\n\xe4@b.org".encode("cp1252"),
            "p.csv",
            "is not UTF-8 text (line 2); save it as UTF-8 (in Excel: “CSV",
        ),
        ("address\na@b.org\n".encode("utf-16"), "p.csv", "is not UTF-8 text (line 1)"),
        ("address\na@b.org\n".encode("utf-16-le"), "p.csv", "is not UTF-8 text (line 1)"),
        ('{"address": "\xe4@b.org"}'.encode("cp1252"), "p.json", "is not UTF-8 text (line 1)"),
        (b"PK\x03\x04\x14\x00", "p.xlsx", "is a spreadsheet workbook; save it as “CSV UTF-8”"),
    ],
)
def test_a_file_that_is_no_text(watch, content, name, reason):
    result = import_file(watch, content, name)
    assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
    assert f"{name} {reason}" in result.err


def test_unsubscribed_bounced_and_erased_addresses_are_rejected(watch):
    with store_of(watch) as database:
        store, now = Subscriptions(database), datetime.now(UTC)
        for address in ("no@b.org", "bounced@b.org", "erased@b.org", "ended@b.org"):
            store.add(SubscriptionRequest(address), now)
        store.end("no@b.org", UNSUBSCRIBED, now)
        store.end("bounced@b.org", BOUNCED, now)
        store.end("ended@b.org", "ended by the operator", now)
        store.erase("erased@b.org", now)
    result = import_file(watch, "address\nNo@b.org\nbounced@b.org\nerased@b.org\nended@b.org\n")
    assert (result.code, result.out) == (1, "1 added, 0 already present, 3 rejected.\n")
    assert result.err.splitlines() == [
        "cmr-watch: line 2: No@b.org: this address no longer receives mail: unsubscribed by mail",
        "cmr-watch: line 3: bounced@b.org: this address no longer receives mail: mail to it bounces",
        "cmr-watch: line 4: erased@b.org: "
        "this address was erased at the recipient's request and no longer receives mail",
    ]
