"""The status page, on a database."""

from __future__ import annotations

from datetime import timedelta

from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import Incidents
from tests.factories import NOW, URL
from tests.store.test_checks import failed, record
from tests.web.public.make import Parsed, browse

SECRET = "10.0.0.7 refused the connection: password=hunter2"


def test_the_status_of_a_new_installation(database: Database) -> None:
    html = browse(database, "/status").text
    assert "<h1>Nothing has been read yet</h1>" in html
    assert "Not started yet." in html
    assert "No day has a gap." not in html


def test_that_nobody_has_tried_is_not_said_to_be_the_page(database: Database) -> None:
    Checks(database).commit(record())
    html = browse(database, "/status", NOW + timedelta(hours=30)).text
    assert "<h1>The page has not been checked since 2 April 2024, 11:12</h1>" in html
    assert "This service is not running as it should." in html
    assert "The page is checked every" not in html
    html = browse(database, "/status", NOW + timedelta(days=200)).text
    assert "<h1>The page has not been checked since 2 April 2024, 11:12</h1>" in html, "the last check is long ago"


def test_all_is_working(database: Database) -> None:
    Checks(database).commit(record())
    html = browse(database, "/status", NOW + timedelta(minutes=30)).text
    assert "<h1>All is working</h1>" in html
    assert "The page is checked every hour." in html
    assert "No day has a gap." in html


def test_every_gap_is_explained_and_no_detail_is_shown(database: Database) -> None:
    checks = Checks(database)
    checks.commit(record())
    for hours in (24, 48):
        checks.commit(failed(NOW + timedelta(hours=hours)))
    Incidents(database).open("fetch-failing", URL, SECRET, NOW + timedelta(hours=24))
    now = NOW + timedelta(hours=49)
    html = browse(database, "/status", now).text
    document = Parsed(html)
    assert "<h1>The page cannot be read at the moment</h1>" in html
    assert "<dt>3–4 April 2024</dt><dd>Not read. The platform’s page could not be fetched.</dd>" in html
    assert html.count("The platform’s page could not be fetched.") >= 2
    assert document.tags.count("rect") == 90
    assert "style" not in {name for _tag, name, _value in document.attributes}
    data = browse(database, "/status.json", now)
    for text in (html, data.text):
        assert "hunter2" not in text
        assert "503" not in text
    last = data.json()["days"][-1]
    assert last == {
        "day": "2024-04-04",
        "state": "gap",
        "checks": 1,
        "readings": 0,
        "reasons": ["The platform’s page could not be fetched."],
    }
    assert len(data.json()["days"]) == 90
    assert data.json()["check_interval_minutes"] == 60
