"""The page of a change, with its evidence, as data, and the stored page to download."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import delete

from cmr_watch.models.evidence import Evidence, Fact, LineUse
from cmr_watch.models.readings import ChangeKind, Known, Snapshot
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.newly_read import record_newly_read
from cmr_watch.store.public import Sources
from cmr_watch.store.schema import pages, snapshots
from cmr_watch.web.public.change import Around, change_page, misread_url
from tests.factories import MINUTE, NOW, change, edition, page, snapshot
from tests.store.test_checks import record
from tests.web.public.make import (
    HOSTILE,
    LONG_LINE,
    NO_SOURCES,
    SITE,
    Parsed,
    browse,
    every_kind,
    recorded,
    stored_snapshot,
)

K = ChangeKind
BEFORE, AFTER = edition(status="save_the_date", text="Lyon: save the date"), edition(text="Lyon: 12-13 October 2024")
SOURCE = b"<html><script>alert(1)</script><p>Lyon: 12-13 October 2024\x00\xff</html>"
EVIDENCE = Evidence(
    "found",
    (Fact("editions[0]", "status", 1, 0, 4, "D6"), Fact("editions[0]", "city", 1, 0, 4, "P2")),
    (LineUse(0, "Upcoming editions", "heading", "S1"), LineUse(1, "Lyon: 12-13 October 2024", "entry", "P1")),
)


def commit(
    database: Database,
    *pending,
    evidence: Evidence | None = EVIDENCE,
    reading: Snapshot | None = None,
    before: Evidence | None = None,
):
    """Store a first reading, and another one with these changes; return their IDs."""
    checks = Checks(database)
    checks.commit(record(snapshot=snapshot(BEFORE), evidence=before or evidence))
    baseline = checks.baseline(page().url)
    assert baseline is not None
    made = record(
        outcome="changed",
        revision=baseline.revision,
        changes=pending,
        snapshot=reading or snapshot(AFTER),
        fetched=page(SOURCE, fetched_at=NOW + MINUTE, charset="windows-1252"),
        evidence=evidence,
    )
    return [entry.id for entry in checks.commit(made) or ()]


UPDATED = change(K.EDITION_UPDATED, AFTER, before=BEFORE)


def test_the_page_of_a_change(database: Database) -> None:
    [change_id] = commit(database, UPDATED)
    html = browse(database, f"/changes/{change_id}").text
    assert "<h1>Details updated: Lyon, France (12–13 October 2024)</h1>" in html
    assert '<tr><th scope="row">Status</th><td>save the date</td><td>scheduled</td></tr>' in html
    assert "<dd>Lyon: <del>save the date</del></dd>" in html
    assert "<dd>Lyon: <ins>12-13 October 2024</ins></dd>" in html
    assert re.findall(r'<li id="line-(\d+)"><mark>(.*?)</mark>', html) == [("2", "Lyon: 12-13 October 2024")]
    assert '<a href="#line-2">Jump to the line</a>' in html
    assert "All 2 lines of the article." in html
    assert '<a href="/editions/lyon-fr-2024-10">Everything about this edition</a>' in html
    assert re.search(r"<code>[0-9a-f]{64}</code>", html)


def test_the_digest_is_that_of_the_bytes_that_are_downloaded(database: Database) -> None:
    [change_id] = commit(database, UPDATED)
    response = browse(database, f"/changes/{change_id}/page")
    assert response.content == SOURCE
    assert sha256(response.content).hexdigest() in browse(database, f"/changes/{change_id}").text


def test_the_page_before_can_be_checked_too(database: Database) -> None:
    before = Evidence(
        "found",
        (Fact("editions[0]", "status", 1, 0, 4, "D6"),),
        (LineUse(0, "Upcoming editions", "heading", "S1"), LineUse(1, "Lyon: save the date", "entry", "P1")),
    )
    [change_id] = commit(database, UPDATED, before=before)
    html = browse(database, f"/changes/{change_id}").text
    assert re.findall(r'<li id="before-(\d+)" value="2"><mark>(.*?)</mark>', html) == [("2", "Lyon: save the date")]
    response = browse(database, f"/changes/{change_id}/before")
    assert response.content == b"<html></html>"
    assert sha256(response.content).hexdigest() in html
    source = browse(database, f"/changes/{change_id}.json").json()["source_before"]
    assert source["lines"] == [{"number": 2, "text": "Lyon: save the date", "facts": ["Status"]}]
    assert source["download"] == f"https://watch.example.org/changes/{change_id}/before"


def test_the_page_before_something_new_shows_no_line_and_can_be_downloaded(database: Database) -> None:
    [change_id] = commit(database, change(K.EDITION_ANNOUNCED, AFTER))
    html = browse(database, f"/changes/{change_id}").text
    assert f'<a href="/changes/{change_id}/before">' in html
    assert 'id="before-' not in html


def test_of_the_first_reading_there_is_no_page_before(database: Database) -> None:
    [change_id] = [entry.id for entry in Checks(database).commit(record(changes=(UPDATED,))) or ()]
    assert "The page before" not in browse(database, f"/changes/{change_id}").text
    assert browse(database, f"/changes/{change_id}/before").status_code == 404
    assert browse(database, f"/changes/{change_id}.json").json()["source_before"] is None


@pytest.mark.parametrize(("rest", "suffix"), [("page", ""), ("before", "-before")])
def test_nothing_executes_a_downloaded_page(database: Database, rest: str, suffix: str) -> None:
    [change_id] = commit(database, UPDATED)
    headers = browse(database, f"/changes/{change_id}/{rest}").headers
    assert headers["content-type"].startswith("text/plain; charset=")
    assert headers["content-disposition"] == f'attachment; filename="cmr-watch-change-{change_id}{suffix}.html.txt"'
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize("charset", [None, "", "utf-8\r\nSet-Cookie: a=b", "x; boundary=y", "ü"])
def test_a_charset_that_is_none_is_left_out(database: Database, charset: str | None) -> None:
    checks = Checks(database)
    fetched = page(SOURCE, charset=charset)
    [change_id] = [entry.id for entry in checks.commit(record(changes=(UPDATED,), fetched=fetched)) or ()]
    assert browse(database, f"/changes/{change_id}/page").headers["content-type"] == "text/plain"


def test_of_a_change_older_than_evidence_the_quote_and_the_reason(database: Database) -> None:
    [change_id] = commit(database, UPDATED, evidence=None)
    html = browse(database, f"/changes/{change_id}").text
    assert "<dd>Lyon: <ins>12-13 October 2024</ins></dd>" in html
    assert "the service did not yet note where each fact stands" in html
    assert "<mark>" not in html
    assert f'href="/changes/{change_id}/page"' in html


def test_of_a_page_that_was_removed_the_quote_and_the_reason(database: Database) -> None:
    [change_id] = commit(database, UPDATED)
    with database.write() as connection:
        connection.execute(pages.update().values(baseline_id=None, revision=0))
        connection.execute(delete(snapshots))
    html = browse(database, f"/changes/{change_id}").text
    assert "<dd>Lyon: <ins>12-13 October 2024</ins></dd>" in html
    assert "is no longer stored" in html
    assert "SHA-256" not in html
    response = browse(database, f"/changes/{change_id}/page")
    assert (response.status_code, "This page is no longer stored." in response.text) == (404, True)


def test_of_what_is_gone_the_page_before_is_shown_and_downloaded(database: Database) -> None:
    gone = replace(change(K.EDITION_WITHDRAWN, AFTER), before=BEFORE, after=None)
    [change_id] = commit(database, gone, reading=snapshot(edition("Rome")))
    html = browse(database, f"/changes/{change_id}").text
    assert "It is no longer on the page, so this is the page as it was before." in html
    assert "<mark>" in html
    assert browse(database, f"/changes/{change_id}/page").content == b"<html></html>"


def test_what_was_found_when_a_stored_page_was_read_again_is_shown_by_that_page(database: Database) -> None:
    commit(database)
    with database.write() as connection:
        record_newly_read(database, connection, page().url, [UPDATED], NOW + 60 * MINUTE)
    html = browse(database, "/changes/1").text
    assert re.findall(r'<li id="line-(\d+)"><mark>(.*?)</mark>', html) == [("2", "Lyon: 12-13 October 2024")]
    assert browse(database, "/changes/1/page").content == SOURCE


def test_earlier_and_later_changes(database: Database) -> None:
    first, second, third = commit(database, UPDATED, UPDATED, UPDATED)
    html = browse(database, f"/changes/{second}").text
    assert f'<a href="/changes/{first}" rel="prev">Earlier change, of any kind</a>' in html
    assert f'<a href="/changes/{third}" rel="next">Later change, of any kind</a>' in html
    assert "Earlier change, of any kind" not in browse(database, f"/changes/{first}").text
    assert "Later change, of any kind" not in browse(database, f"/changes/{third}").text


def test_earlier_and_later_changes_of_the_same_edition_are_named(database: Database) -> None:
    announced = change(K.EDITION_ANNOUNCED, BEFORE)
    other = change(K.EDITION_ANNOUNCED, edition("Rome", country="Italy", country_code="IT"), key="rome")
    first, between, last = commit(database, announced, other, UPDATED)
    html = browse(database, f"/changes/{last}").text
    link = f'<a href="/changes/{first}">New edition'
    assert re.search(f"Earlier change of this edition: {link}", html)
    assert "Later" not in html
    html = browse(database, f"/changes/{first}").text
    assert f'<strong>Later:</strong> <a href="/changes/{last}">Details updated: Lyon' in html
    assert "of this edition:" not in browse(database, f"/changes/{between}").text


@pytest.mark.parametrize("kind", ChangeKind)
def test_every_kind_of_change_has_a_page_and_data(database: Database, kind: ChangeKind) -> None:
    [change_id] = commit(database, every_kind()[kind])
    html = browse(database, f"/changes/{change_id}").text
    document = Parsed(html)
    assert document.tags.count("h1") == 1
    assert {"dl", "ol"} <= set(document.tags)
    assert ("table" in document.tags) == (every_kind()[kind].before is not None)
    assert "None" not in document.text
    assert not re.search(r"\{\w*\}", document.text)
    data = browse(database, f"/changes/{change_id}.json").json()
    assert (data["id"], data["kind"]) == (change_id, kind.value)
    assert data["facts"]


def test_a_change_as_data(database: Database) -> None:
    [change_id] = commit(database, UPDATED)
    response = browse(database, f"/changes/{change_id}.json")
    assert response.headers["content-type"] == "application/json"
    assert response.headers["access-control-allow-origin"] == "*"
    data = response.json()
    assert data["sentence"] == "Details updated: Lyon, France (12–13 October 2024)"
    assert data["url"] == f"https://watch.example.org/changes/{change_id}"
    assert data["read_at"] == "2024-04-02T09:13:00Z"
    assert data["facts"] == [{"fact": "Status", "before": "save the date", "after": "scheduled"}]
    assert data["source"]["lines"] == [{"number": 2, "text": "Lyon: 12-13 October 2024", "facts": ["Status"]}]
    assert data["source"]["download"] == f"https://watch.example.org/changes/{change_id}/page"


@pytest.mark.parametrize(
    "number", ["0", "999", "999999999", "9999999999", "x", "-1", "1%0A", "%D9%A1", "9" * 5000, "1.5", "%00", ".json"]
)
@pytest.mark.parametrize("rest", ["", ".json", "/page", "/before"])
def test_a_number_that_is_no_change_is_a_plain_error(database: Database, number: str, rest: str) -> None:
    response = browse(database, f"/changes/{number}{rest}")
    assert response.status_code == 404
    if rest == ".json":
        assert response.json()["error"]
    else:
        assert 'href="/changes"' in response.text


def test_hostile_text_is_harmless(database: Database) -> None:
    text = HOSTILE.replace("\ud83d", "").replace("\x00", "")  # no reading has them
    bad = edition(
        text, venue="<img src=x onerror=alert(1)>", text=f"{text} {LONG_LINE}", registration_url="javascript:a"
    )
    evidence = Evidence(
        text, (Fact("editions[0]", "venue", 0, 0, 4, "E2"),), (LineUse(0, f"{HOSTILE} {LONG_LINE}", "entry", "P1"),) * 3
    )
    [change_id] = commit(
        database,
        change(K.EDITION_UPDATED, bad, before=BEFORE, key='"><script>'),
        evidence=evidence,
        reading=snapshot(bad),
    )
    response = browse(database, f"/changes/{change_id}")
    document = Parsed(response.text)
    assert not {"script", "img"} & set(document.tags)
    assert not [value for value in document.values("a", "href") if value.startswith("javascript")]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f]", response.text)
    assert not [name for _tag, name, _value in document.attributes if name.startswith("on") or name == "style"]
    assert len(response.content) < 20_000
    assert "mark" in document.tags
    raw = browse(database, f"/changes/{change_id}.json").content
    assert raw.isascii()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", raw)


# ── we misread this ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_mail_to_the_operator_names_the_change_and_its_sentence() -> None:
    made = misread_url(SITE, 412, "Cancelled: Lyon, France & more?\n=")
    parts = urlsplit(made)
    assert (parts.scheme, parts.path) == ("mailto", "ada@example.org")
    fields = parse_qs(parts.query)
    assert fields["subject"] == ["We misread change 412"]
    assert "Cancelled: Lyon, France & more?" in fields["body"][0]
    assert "https://watch.example.org/changes/412" in fields["body"][0]
    assert set(fields) == {"subject", "body"}


@pytest.mark.parametrize("contact", ["", "Ada", "ada@example.org?bcc=eve@example.org", "a@b.eu\r\nBcc: e@e.eu"])
def test_without_a_plain_address_there_is_no_such_link(contact: str) -> None:
    site = replace(SITE, contact=contact)
    assert misread_url(site, 1, "sentence") == ""
    made = change_page(recorded(UPDATED), NO_SOURCES, Around(), Known(), site)
    assert made.misread_url == ""


def test_an_address_that_is_not_safe_is_no_link() -> None:
    made = change_page(recorded(UPDATED, page_url="javascript:alert(1)"), NO_SOURCES, Around(), Known(), SITE)
    assert made.page_url == ""


def test_the_evidence_of_the_page_is_used() -> None:
    sources = Sources(None, stored_snapshot(snapshot(AFTER), EVIDENCE))
    made = change_page(recorded(UPDATED), sources, Around(1, 3), Known(), SITE)
    assert [line.text for line in made.stored.marked] == ["Lyon: 12-13 October 2024"]
    assert (made.around.earlier, made.around.later) == (1, 3)
