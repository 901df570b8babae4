"""The data of the site: records, tables, and the API, held against its own description."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator, meta

from cmr_watch.config import Settings, WebSection
from cmr_watch.cursors import PATTERN, cursor_of, place_of
from cmr_watch.store.database import Database, open_database
from cmr_watch.web.public import tables
from cmr_watch.web.public.openapi import description
from cmr_watch.web.public.records import cleaned
from cmr_watch.web.public.site import site_application
from tests.web.public.client import Client
from tests.web.public.sample import NOW

COUNT = 16
"""The editions of the sample."""


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", **description("")})


# ── the API ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_that_the_api_answers_is_as_it_describes(client: Client) -> None:
    for path, name in (("editions", "Edition"), ("calls", "Call"), ("changes", "Change")):
        items = client.get(f"/api/v1/{path}").json()["items"]
        assert items
        for item in items:
            schema(name).validate(item)
            single = client.get(f"/api/v1/{path}/{item.get('key') if name != 'Change' else item['id']}")
            assert single.json() == item
    schema("ChangePage").validate(client.get("/api/v1/changes").json())
    schema("Status").validate(client.get("/api/v1/status").json())


def test_the_description_is_itself_valid(client: Client) -> None:
    response = client.get("/api/v1/openapi.json")
    assert response.json() == description("")
    assert meta.is_valid(response.json()["components"]["schemas"]["Change"])
    assert set(response.json()["paths"]) == {
        *("/api/v1/editions", "/api/v1/editions/{key}", "/api/v1/calls", "/api/v1/calls/{key}"),
        *("/api/v1/changes", "/api/v1/changes/{id}", "/api/v1/status"),
    }


def test_a_cursor_leads_through_all_changes_once_and_then_waits(client: Client) -> None:
    seen, cursor = [], cursor_of(0)
    while True:
        answer = client.get(f"/api/v1/changes?since={cursor}").json()
        seen += [item["id"] for item in answer["items"]]
        cursor = answer["next"]
        if not answer["has_more"]:
            break
    assert seen == sorted(set(seen))
    assert len(seen) == 23
    assert client.get(f"/api/v1/changes?since={cursor}").json() == {"items": [], "next": cursor, "has_more": False}
    assert client.get("/api/v1/status").json()["latest_change"] == cursor


@given(st.from_regex(PATTERN, fullmatch=True))
def test_every_text_that_looks_like_a_cursor_is_one(text: str) -> None:
    assert place_of(text) is not None


@pytest.mark.parametrize("cursor", ["c", "x1", "1", "c-1", "c1 ", "c" + "9" * 16, "c१"])
def test_other_texts_are_refused_as_cursors(client: Client, cursor: str) -> None:
    response = client.get(f"/api/v1/changes?since={cursor.strip() or 'c'}x")
    assert (response.status_code, set(response.json())) == (400, {"error"})


def test_errors_are_data_that_other_sites_may_read(client: Client) -> None:
    for path, status in (("editions/none", 404), ("calls/none", 404), ("changes/0", 404), ("editions?year=x", 400)):
        response = client.get(f"/api/v1/{path}")
        assert response.status_code == status
        schema("Error").validate(response.json())
        assert response.headers["access-control-allow-origin"] == "*"


@pytest.fixture(scope="module")
def described(told: tuple[Path, Settings]) -> Iterator[Any]:
    with closing(open_database(f"sqlite:///{told[0]}")) as database:
        application = site_application(told[1], database, lambda: NOW)
        yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", application)


@pytest.mark.parametrize("path", description("")["paths"])
def test_schemathesis_finds_nothing(described: Any, path: str) -> None:
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(described[path]["GET"].as_strategy())
    def answers_as_described(case: Any) -> None:
        case.call_and_validate()

    answers_as_described()


# ── lists as files ───────────────────────────────────────────────────────────────────────────────────────────────


def rows(client: Client, path: str) -> list[dict[str, str]]:
    """A table as a spreadsheet reads it."""
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"].startswith("attachment; filename=")
    assert response.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def test_tables_have_the_same_entries_as_the_json(client: Client) -> None:
    for name, key in (("editions", "key"), ("calls", "key"), ("changes", "id")):
        items = client.get(f"/{name}.json").json()["items"]
        assert {row[key] for row in rows(client, f"/{name}.csv")} == {str(item[key]) for item in items}
    assert len(rows(client, "/editions.csv")) == COUNT


def test_the_table_of_editions_is_by_date_and_says_what_is_not_certain(client: Client) -> None:
    found = rows(client, "/editions.csv")
    assert [row["city"] for row in (found[0], *found[-5:])] == [
        *("Malaga", "Graz", "Kraków", "Charleroi", "Chișinău", "Heilbronn"),
    ]
    assert [row["city"] for row in found if row["tentative"] == "true"] == ["Chișinău", "Heilbronn"]
    assert {row["tentative"] for row in found} == {"true", "false"}


def test_the_table_of_calls_has_a_row_for_each_cutoff_in_brussels_time(client: Client) -> None:
    found = rows(client, "/calls.csv")
    assert [(row["cutoff"], row["cutoff_brussels_time"], row["tentative"]) for row in found] == [
        ("2026-12-22", "18:00", "false"),
        ("2027-05-31", "18:00", "false"),
        ("2027-09-30", "18:00", "false"),
        ("2027-12-20", "18:00", "false"),
        ("2028-01-31", "18:00", "true"),
    ]
    assert {row["closed"] for row in found} == {"false"}


def test_the_status_has_the_next_cutoff(client: Client) -> None:
    found = client.get("/api/v1/status").json()["next_cutoff"]
    assert (found["call"], found["at"], found["tentative"]) == ("call-2027-2028", "2026-12-22T17:00:00Z", False)


def test_without_an_open_call_there_is_no_next_cutoff(sample: Database, told: tuple[Path, Settings]) -> None:
    late = Client(site_application(told[1], sample, lambda: NOW.replace(year=2029)))
    answer = late.get("/api/v1/status").json()
    schema("Status").validate(answer)
    assert answer["next_cutoff"] is None


def test_filters_of_lists(client: Client) -> None:
    poland = client.get("/editions.json?country=pl").json()["items"]
    assert {item["city"] for item in poland} == {"Kraków", "Katowice"}
    assert [item["city"] for item in client.get("/editions.json?year=2027").json()["items"]] == [
        *("Charleroi", "Chișinău", "Heilbronn"),
    ]
    calls = client.get("/changes.json?topic=calls").json()["items"]
    assert {item["kind"].partition(".")[0] for item in calls} == {"call"}
    for path in ("/editions.json?country=X1", "/editions.csv?year=20", "/changes.json?topic=x", "/changes.csv?since=1"):
        assert client.get(path).status_code == 400


@given(st.text())
def test_no_cell_is_a_formula(text: str) -> None:
    written = tables.cell(text)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert written in (text, f"'{text}")


def test_hostile_text_is_cleaned_in_all_of_it() -> None:
    bad = "a\x00\x1b[31m\u202e\u2028b" + "x" * 10_000
    record = cleaned({"text": bad, "url": "javascript:alert(1)", "materials": [{"url": "data:x", "title": bad}]})
    assert record["url"] is None
    assert record["materials"][0]["url"] is None
    for text in (record["text"], record["materials"][0]["title"]):
        assert text.isprintable()
        assert len(text) <= 2_000


def test_addresses_are_absolute_once_the_public_address_is_known(sample: Database, told: tuple[Path, Settings]) -> None:
    named = replace(told[1], web=WebSection(url="https://watch.example.eu/"))
    client = Client(site_application(named, sample, lambda: NOW))
    item = client.get("/api/v1/editions").json()["items"][0]
    assert item["page"] == f"https://watch.example.eu/editions/{item['key']}"
    assert client.get("/api/v1/openapi.json").json()["servers"] == [{"url": "https://watch.example.eu"}]


def test_data_is_ascii_so_that_no_program_shows_it_raw(client: Client) -> None:
    body = client.get("/editions.json").content
    body.decode("ascii")
    assert json.loads(body)["items"]
