"""The list of changes, its filters and its pages, and what changed since a mail."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update

from cmr_watch.cursors import cursor_of
from cmr_watch.models.readings import Change, ChangeKind
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.schema import changes
from cmr_watch.web.public.changes import PER_PAGE
from tests.factories import MINUTE, NOW, call, change, edition, page
from tests.store.test_checks import record
from tests.web.public.make import HOSTILE, LONG_LINE, Parsed, browse, every_kind


def commit(database: Database, *pending: Change, minutes: int = 0) -> list[int]:
    """Store changes that were read at one time; return their IDs."""
    fetched = page(f"<p>{minutes}".encode(), fetched_at=NOW + minutes * MINUTE)
    checks = Checks(database)
    baseline = checks.baseline(fetched.url)
    made = record(outcome="changed", revision=baseline.revision if baseline else None, changes=pending, fetched=fetched)
    return [entry.id for entry in checks.commit(made) or ()]


def commit_many(database: Database, number: int) -> list[int]:
    """Store changes; every three of them were read at the same time."""
    ids: list[int] = []
    for start in range(0, number, 3):
        group = [change(key=f"key-{index}") for index in range(start, min(start + 3, number))]
        ids += commit(database, *group, minutes=start)
    return ids


def listed(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'<h3><a href="/changes/(\d+)">', html)]


def link(html: str, label: str) -> str:
    found = re.search(rf'<a href="([^"]*)"[^>]*>{label}</a>', html)
    return found[1].replace("&amp;", "&") if found else ""


def test_changes_of_one_reading_stand_under_its_time_which_is_said_once(database: Database) -> None:
    commit(database, change(key="a"), change(key="b"))
    commit(database, change(key="c"), minutes=5)
    html = browse(database, "/changes").text
    heads = re.findall(r"<h2><time[^>]*>([^<]*)</time></h2>|<h3>", html)
    assert heads == ["Tuesday 2 April 2024, 11:17", "", "Tuesday 2 April 2024, 11:12", "", ""]
    assert 'class="when"' not in html


def test_the_page_says_how_many_changes_there_are(database: Database) -> None:
    commit_many(database, PER_PAGE + 1)
    assert f"<strong>{PER_PAGE + 1} changes</strong>" in browse(database, "/changes").text
    since = browse(database, "/changes?since=2024-04-02&topic=editions").text
    assert f"<strong>{PER_PAGE + 1} changes since 2 April 2024</strong>" in since
    assert "<strong>0 changes since 1 May 2030</strong>" in browse(database, "/changes?since=2030-05-01").text


def test_the_last_days_are_a_link_that_keeps_the_filters(database: Database) -> None:
    commit(database, change())
    html = browse(database, "/changes?topic=editions&since=2024-03-26", now=NOW).text
    assert link(html, "the last 7 days") == "/changes?topic=editions&since=2024-03-26#list"
    assert link(html, "the last 30 days") == "/changes?topic=editions&since=2024-03-03#list"
    assert html.count('aria-current="true"') == 1


def test_the_filter_is_folded_while_nothing_is_chosen(database: Database) -> None:
    commit(database, change())
    assert '<details class="no-print">' in browse(database, "/changes").text
    assert '<details class="no-print" open>' in browse(database, "/changes?topic=calls").text


def test_why_calls_of_a_country_are_none(database: Database) -> None:
    commit(database, change(ChangeKind.CALL_OPENED, call(), key="call"))
    assert "Calls are for all countries" in browse(database, "/changes?topic=calls&country=PL").text


def test_before_the_first_reading_nothing_is_claimed(database: Database) -> None:
    html = browse(database, "/changes").text
    assert "Nothing has been read yet. Changes appear here after the first check." in html
    assert "<select" not in html


def test_without_changes_the_page_says_so(database: Database) -> None:
    commit(database)
    response = browse(database, "/changes")
    assert response.status_code == 200
    assert "Nothing has changed since this service began to read the page." in response.text


def test_the_newest_change_comes_first_and_every_change_is_on_one_page_only(database: Database) -> None:
    ids = commit_many(database, 2 * PER_PAGE + 4)
    pages, path = [], "/changes"
    while path:
        html = browse(database, path).text
        pages.append(listed(html))
        path = link(html, "Older changes")
    assert [len(found) for found in pages] == [PER_PAGE, PER_PAGE, 4]
    assert [number for found in pages for number in found] == sorted(ids, reverse=True)


def test_a_later_part_leads_back_to_the_newest_changes_and_keeps_the_filters(database: Database) -> None:
    commit_many(database, PER_PAGE + 1)
    first = browse(database, "/changes?topic=editions&since=2024-01-01").text
    assert link(first, "Newest changes") == ""
    older = link(first, "Older changes")
    assert set(parse_qs(urlsplit(older).query)) == {"topic", "since", "before"}
    assert link(browse(database, older).text, "Newest changes") == "/changes?topic=editions&since=2024-01-01"


def test_the_filters(database: Database) -> None:
    [lyon, malmoe, opened, summary] = commit(
        database,
        change(key="lyon"),
        change(key="malmö", after=edition("Malmö", country="Sweden", country_code="SE")),
        change(ChangeKind.CALL_OPENED, call(), key="call"),
        change(ChangeKind.EDITION_SUMMARY_PUBLISHED, edition(summary_url="https://a.eu/s"), key="malmö"),
        minutes=5,
    )
    [late] = commit(database, change(key="lyon"), minutes=48 * 60)
    expected = {
        "": [late, summary, opened, malmoe, lyon],
        "topic=calls": [opened],
        "topic=materials": [summary],
        "topic=editions": [late, malmoe, lyon],
        "country=SE": [summary, malmoe],
        "country=se&topic=editions": [malmoe],
        "since=2024-04-04": [late],
        "since=2024-04-05": [],
        "since=&topic=&country=": [late, summary, opened, malmoe, lyon],
        "unknown=1": [late, summary, opened, malmoe, lyon],
    }
    assert {query: listed(browse(database, f"/changes?{query}").text) for query in expected} == expected
    html = browse(database, "/changes?country=se&topic=calls&since=2024-01-01").text
    assert "No change matches." in html
    assert '<option value="SE" selected>Sweden</option>' in html
    assert '<option value="calls" selected>' in html
    assert 'value="2024-01-01"' in html


def test_a_date_begins_at_midnight_in_brussels(database: Database) -> None:
    [before, after] = [
        commit(database, change(key=key), minutes=int((at - NOW) / MINUTE))[0]
        for key, at in (
            ("a", datetime.fromisoformat("2024-04-03T23:58:00+02:00")),
            ("b", datetime.fromisoformat("2024-04-04T00:02:00+02:00")),
        )
    ]
    assert listed(browse(database, "/changes?since=2024-04-04").text) == [after]
    assert listed(browse(database, "/changes?since=2024-04-03").text) == [after, before]


@pytest.mark.parametrize(
    "query",
    [
        "topic=news",
        "topic=%00",
        "country=X1",
        "country=%F0%9F%87%AB%F0%9F%87%B7",
        "since=yesterday",
        "since=2024-13-01",
        "since=20240101",
        "since=2024-W01-1",
        "since=%D9%A2%D9%A0%D9%A2%D9%A4-01-01",
        "after=12",
        "after=c-1",
        "after=c9999999999",
        "after=%3Cscript%3E",
    ],
)
def test_a_parameter_that_is_not_valid_is_a_plain_error(database: Database, query: str) -> None:
    commit(database, change())
    response = browse(database, f"/changes?{query}")
    assert response.status_code == 400
    assert "This address cannot be read" in response.text
    assert "<script>" not in response.text


@pytest.mark.parametrize("before", ["0", "999", "999999999", "9999999999", "-1", "x", "9" * 300, "1e3", "%D9%A1"])
def test_a_position_that_is_none_leads_to_the_list(database: Database, before: str) -> None:
    commit(database, change())
    response = browse(database, f"/changes?before={before}")
    assert (response.status_code, link(response.text, "See all changes")) == (404, "/changes")


@pytest.mark.parametrize("since", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_are_dates(database: Database, since: str) -> None:
    [change_id] = commit(database, change())
    expected = [change_id] if since < "2024" else []
    assert listed(browse(database, f"/changes?since={since}").text) == expected


def test_an_entry_has_its_sentence_its_time_and_the_words_that_differ(database: Database) -> None:
    before = edition(text="Lyon, France – May 2024")
    commit(database, change(ChangeKind.EDITION_RESCHEDULED, edition(text="Lyon, France – June 2024"), before=before))
    html = browse(database, "/changes").text
    assert ">Rescheduled: Lyon, France (12–13 October 2024)</a></h3>" in html
    assert '<h2><time datetime="2024-04-02T09:12:00+00:00">Tuesday 2 April 2024, 11:12</time></h2>' in html
    assert "<dd>Lyon, France – <del>May</del> 2024</dd>" in html
    assert "<dd>Lyon, France – <ins>June</ins> 2024</dd>" in html


def test_held_changes_are_not_listed(database: Database) -> None:
    shown, held = commit(database, change(key="a"), change(key="b"))
    with database.write() as connection:
        connection.execute(
            update(changes).where(changes.c.id == held).values(held_at=NOW, enqueued_at=None, published=None)
        )
    assert listed(browse(database, "/changes").text) == [shown]
    assert browse(database, f"/changes/{held}").status_code == 404


def test_every_kind_of_change_is_listed(database: Database) -> None:
    ids = commit(database, *every_kind().values())
    assert listed(browse(database, "/changes").text) == sorted(ids, reverse=True)


def test_hostile_text_is_harmless(database: Database) -> None:
    text = HOSTILE.replace("\ud83d", "").replace("\x00", "")  # no reading has them
    bad = edition(text, country="<b>", text=f"{text} {LONG_LINE}")
    commit(database, change(ChangeKind.EDITION_UPDATED, bad, before=edition(text=text)))
    response = browse(database, "/changes")
    document = Parsed(response.text)
    assert not {"script", "b"} & set(document.tags)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f]", response.text)
    assert len(response.content) < 20_000


# ── what changed since a mail ────────────────────────────────────────────────────────────────────────────────────


def test_what_came_after_a_mail_comes_oldest_first(database: Database) -> None:
    ids = commit_many(database, 6)
    html = browse(database, f"/changes?after={cursor_of(ids[2])}").text
    assert listed(html) == ids[3:]
    assert "<h1>What changed since the mail</h1>" in html


def test_if_nothing_came_after_it_the_page_says_so(database: Database) -> None:
    ids = commit_many(database, 3)
    for cursor in (cursor_of(ids[-1]), cursor_of(10**9 - 1)):
        html = browse(database, f"/changes?after={cursor}").text
        assert listed(html) == []
        assert "Nothing has changed since then: what the mail says is the latest news." in html


def test_much_that_came_after_it_is_on_several_pages(database: Database) -> None:
    ids = commit_many(database, PER_PAGE + 5)
    html = browse(database, f"/changes?after={cursor_of(ids[0])}").text
    assert listed(html) == ids[1 : PER_PAGE + 1]
    assert listed(browse(database, link(html, "Later changes")).text) == ids[PER_PAGE + 1 :]
