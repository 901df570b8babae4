"""The country and the year mean the same for all forms of all lists."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from cmr_watch.models.readings import ChangeKind, Edition, Known, KnownEdition
from cmr_watch.store import row_mapping
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.schema import changes
from cmr_watch.web.public.api import MAX_CHANGES
from tests.factories import NOW, URL, change, edition
from tests.store.test_checks import record
from tests.web.public.client import Client
from tests.web.public.make import browse

FILTERED = ("/editions", "/editions.json", "/editions.csv", "/api/v1/editions")
BY_COUNTRY = (
    *(*FILTERED, "/calendar", "/calendar/editions.ics", "/calendar/cutoffs.ics"),
    *("/changes", "/changes.json", "/changes.csv", "/changes.atom", "/changes.feed.json"),
)


@pytest.mark.parametrize("path", BY_COUNTRY)
def test_every_form_of_every_list_takes_the_same_countries(client: Client, path: str) -> None:
    for code in ("PL", "pl", "UK", "GB", "EL", "GR", "el", "%20PL"):
        assert client.get(f"{path}?country={code}").status_code == 200, code
    for code in ("XX", "ZZ", "X1", "POL", "Poland", "P"):
        assert client.get(f"{path}?country={code}").status_code == 400, code
    assert client.get(f"{path}?country=").content == client.get(path).content


@pytest.mark.parametrize("path", FILTERED)
def test_every_form_of_the_list_of_editions_takes_the_same_years(client: Client, path: str) -> None:
    for year in ("2026", "1999", "2999"):
        assert client.get(f"{path}?year={year}").status_code == 200, year
    for year in ("20", "0000", "3000", "20266", "२०२६", "x"):
        assert client.get(f"{path}?year={year}").status_code == 400, year


def keys(database: Database, query: str) -> set[tuple[str, ...]]:
    """The keys of the editions in each form of the list."""
    page = browse(database, f"/editions?{query}").text
    items = browse(database, f"/editions.json?{query}").json()["items"]
    rows = csv.DictReader(io.StringIO(browse(database, f"/editions.csv?{query}").content.decode("utf-8-sig")))
    return {
        tuple(sorted(set(re.findall(r'href="/editions/([^"?]+)"', page)))),
        tuple(sorted(item["key"] for item in items)),
        tuple(sorted(row["key"] for row in rows)),
    }


def know(database: Database, **listed: Edition) -> None:
    """Store editions by their keys."""
    known = Known(tuple(KnownEdition(key, one, NOW) for key, one in listed.items()))
    Checks(database).commit(record(known=known))


WINTER = replace(
    edition(),
    starts_on=None,
    ends_on=None,
    date_text="Winter 2026/2027",
    text="Lyon, Winter 2026/2027",
    date_precision="season",
    period="2026 winter",
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_year_is_that_in_which_an_edition_begins(database: Database) -> None:
    know(database, winter=WINTER, kifisia=edition("Kifisia", country="Greece", country_code="GR"))
    assert keys(database, "year=2026") == {("winter",)}
    assert keys(database, "year=2027") == {()}
    assert keys(database, "country=EL") == keys(database, "country=gr") == {("kifisia",)}


# ── many changes ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_list_of_more_changes_than_a_file_has_names_the_next_one(database: Database) -> None:
    Checks(database).commit(record())
    made = change(ChangeKind.EDITION_ANNOUNCED, edition())
    rows = [
        {**row_mapping.change_row(URL, NOW - timedelta(minutes=number), made), "check_id": 1, "published": number}
        for number in range(1, MAX_CHANGES + 3)
    ]
    with database.write() as connection:
        connection.execute(insert(changes), rows)
        connection.execute(update(changes).values(enqueued_at=NOW))
    first = browse(database, "/changes.json?topic=editions").json()
    assert len(first["items"]) == MAX_CHANGES
    assert first["next"] == f"https://watch.example.org/changes.json?topic=editions&before={first['items'][-1]['id']}"
    last = browse(database, first["next"].removeprefix("https://watch.example.org")).json()
    assert (len(last["items"]), last["next"]) == (2, None)
    table = browse(database, "/changes.csv")
    assert table.headers["link"] == f'</changes.csv?before={first["items"][-1]["id"]}>; rel="next"'
    assert "link" not in browse(database, table.headers["link"].split(">")[0][1:]).headers
    assert browse(database, "/changes.json?before=999999").status_code == 404


def test_a_client_that_has_any_copy_is_not_sent_another(client: Client) -> None:
    assert client.get("/changes", headers={"If-None-Match": "*"}).status_code == 304
    assert client.get("/changes/999999", headers={"If-None-Match": "*"}).status_code == 404
