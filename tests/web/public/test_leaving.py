"""Unsubscribing on the site: by the form, by one click, years later, and by no one else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from cmr_watch.config import DatabaseSection, Settings, WebSection
from cmr_watch.notify import tokens
from cmr_watch.store.database import Database
from cmr_watch.store.installation import Installation
from cmr_watch.store.subscriptions import BOUNCED, UNSUBSCRIBED_ONLINE, Subscriptions
from cmr_watch.store.suppression_journal import SuppressionJournal
from cmr_watch.web.public.site import site_application
from tests.factories import wanted
from tests.web.public.client import Client
from tests.web.public.html_checks import Page, checked

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
YEARS = timedelta(days=5 * 365)
ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
    {"content-type": "multipart/form-data; boundary=b"},
)


class Place:
    """The site of an installation with two subscribers, the first of whom has two subscriptions."""

    def __init__(self, database: Database, journal: Path) -> None:
        self.now = NOW
        self.database = database
        self.file = journal
        self.subscriptions = Subscriptions(database, SuppressionJournal(journal))
        self.ada = self.subscriptions.add(wanted("Ada@example.org"), NOW)
        self.bob = self.subscriptions.add(wanted("bob@example.org"), NOW)
        self.subscriptions.add(wanted("ada@example.org", topics=("calls",)), NOW)
        settings = Settings(database=DatabaseSection(journal=journal), web=WebSection(contact="watch@example.eu"))
        self.client = Client(site_application(settings, database, lambda: self.now))

    def path(self, subscription_id: int) -> str:
        return f"/unsubscribe/{tokens.make(Installation(self.database).key(), subscription_id)}"

    @property
    def active(self) -> list[str]:
        return [entry.address for entry in self.subscriptions.active()]


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    return Place(database, tmp_path / "ended")


def heading(text: str) -> str:
    page: Page = checked(text)
    return page.headings[0][1]


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The statements that are executed, without their values."""
    executed: list[str] = []

    def note(*call: object) -> None:
        executed.append(str(call[2]))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


# ── leaving ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_get_shows_a_form_and_changes_nothing(place: Place) -> None:
    path = place.path(place.ada.id)
    for method in ("GET", "HEAD", "GET"):
        response = place.client.request(method, path)
        assert response.status_code == 200
    assert heading(response.text) == "Unsubscribe from all messages?"
    assert '<form method="post">' in response.text
    assert len(place.active) == 3


def test_the_form_ends_all_subscriptions_of_the_recipient_and_no_others(place: Place) -> None:
    headers = {**FORM, "sec-fetch-site": "same-origin", "origin": "https://watch.example.eu"}
    response = place.client.post(place.path(place.ada.id), b"", headers)
    assert (response.status_code, heading(response.text)) == (200, "You have unsubscribed")
    assert place.active == ["bob@example.org"]
    ended = place.subscriptions.find(place.ada.id)[0]
    assert (ended.end_reason, ended.ended_at) == (UNSUBSCRIBED_ONLINE, NOW)


@pytest.mark.parametrize(
    ("body", "headers"), [(ONE_CLICK, FORM), MULTIPART, (b"", {}), (ONE_CLICK, {**FORM, "origin": "null"})]
)
def test_one_click_needs_nothing_but_the_link(place: Place, body: bytes, headers: dict[str, str]) -> None:
    response = place.client.post(place.path(place.bob.id), body, headers)
    assert response.status_code == 200
    assert place.active == ["Ada@example.org", "ada@example.org"]


def test_the_link_works_for_years_and_says_that_it_was_used(place: Place) -> None:
    place.now += YEARS
    path = place.path(place.ada.id)
    assert heading(place.client.post(path, ONE_CLICK, FORM).text) == "You have unsubscribed"
    place.now += YEARS
    for response in (place.client.get(path), place.client.post(path, ONE_CLICK, FORM)):
        assert (response.status_code, heading(response.text)) == (200, "You have already unsubscribed")


def test_an_old_link_ends_a_newer_subscription_of_the_same_address(place: Place) -> None:
    place.client.post(place.path(place.bob.id))
    place.subscriptions.add(wanted("Bob@example.org"), NOW, resubscribe=True)
    assert heading(place.client.get(place.path(place.bob.id)).text) == "Unsubscribe from all messages?"
    place.client.post(place.path(place.bob.id))
    assert "Bob@example.org" not in place.active


def test_nobody_is_said_to_have_left_who_has_not(place: Place) -> None:
    place.subscriptions.end("bob@example.org", BOUNCED, NOW)
    for response in (place.client.get(place.path(place.bob.id)), place.client.post(place.path(place.bob.id))):
        assert heading(response.text) == "This subscription has already ended"


def test_who_was_erased_has_nothing_to_end(place: Place) -> None:
    place.subscriptions.erase("bob@example.org", NOW)
    assert heading(place.client.post(place.path(place.bob.id)).text) == "This subscription has already ended"
    assert len(place.active) == 2


def test_leaving_is_in_the_journal_and_so_survives_a_restore(place: Place) -> None:
    place.client.post(place.path(place.bob.id))
    line = place.file.read_text()
    assert f'"reason":"{UNSUBSCRIBED_ONLINE}","ended":{place.bob.id},' in line
    assert "example.org" not in line


def test_if_the_journal_cannot_be_written_nothing_ends_and_the_mail_program_may_try_again(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "ended").mkdir()
    response = place.client.post(place.path(place.bob.id), ONE_CLICK, FORM)
    assert (response.status_code, response.headers["retry-after"]) == (503, "60")
    assert "bob@example.org" in place.active


# ── links that are not valid ─────────────────────────────────────────────────────────────────────────────────────


def forged(place: Place) -> list[str]:
    real = place.path(place.bob.id)
    other = place.path(place.ada.id)
    return [
        "/unsubscribe/",
        "/unsubscribe/x",
        real[:-1],
        real[:-1] + ("0" if real[-1] != "0" else "1"),
        other[: len("/unsubscribe/") + 11] + real[-32:],
        real.replace(real[-32:], "0" * 32),
        "/unsubscribe/" + "9" * 43,
        "/unsubscribe/" + "1" * 50_000,
        "/unsubscribe/%00%ff%0a",
        "/unsubscribe/\u0661" * 3,
    ]


@pytest.mark.parametrize("number", range(10))
def test_a_link_that_is_not_valid_ends_nothing_and_shows_a_way_on(place: Place, number: int) -> None:
    path = forged(place)[number]
    for response in (place.client.get(path), place.client.post(path, ONE_CLICK, FORM)):
        assert response.status_code == 404
        page = checked(response.text)
        assert page.headings[0][1] == "This link does not work"
        assert {target for target, _ in page.links} >= {"/", "mailto:watch@example.eu"}
    assert len(place.active) == 3


def test_a_token_of_another_installation_is_not_valid(place: Place) -> None:
    path = f"/unsubscribe/{tokens.make(b'another key', place.bob.id)}"
    assert place.client.post(path, ONE_CLICK, FORM).status_code == 404
    assert "bob@example.org" in place.active


@pytest.mark.parametrize("end", [".", ">", ")", "%3E.", "/", "%20"])
def test_what_a_mail_program_adds_to_a_link_does_no_harm(place: Place, end: str) -> None:
    assert heading(place.client.get(place.path(place.bob.id) + end).text) == "Unsubscribe from all messages?"


def test_the_database_is_asked_the_same_for_every_link(place: Place) -> None:
    """So the response time does not reveal whether a subscription exists or has ended."""
    place.subscriptions.end("ada@example.org", BOUNCED, NOW)
    paths = [place.path(place.bob.id), place.path(place.ada.id), place.path(10**9), *forged(place)]
    asked = []
    for path in paths:
        with statements(place.database) as executed:
            place.client.get(path)
        asked.append(executed)
    assert asked[0]
    assert asked == [asked[0]] * len(paths)


def test_links_that_are_not_valid_get_the_same_page(place: Place) -> None:
    pages = {place.client.get(path).text for path in forged(place)}
    assert len(pages) == 1


# ── what else must hold ──────────────────────────────────────────────────────────────────────────────────────────


def test_pages_with_a_secret_in_their_address_are_kept_nowhere(place: Place) -> None:
    path = place.path(place.bob.id)
    for response in (place.client.get(path), place.client.post(path), place.client.get("/unsubscribe/x")):
        headers = response.headers
        assert (headers["cache-control"], headers["x-robots-tag"]) == ("no-store", "noindex")
        assert headers["referrer-policy"] == "strict-origin"
        assert "etag" not in headers
        assert "form-action 'self'" in headers["content-security-policy"]
        assert path.rpartition("/")[2] not in response.text
        assert "example.org" not in response.text


def test_no_token_is_logged(place: Place, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    token = place.path(place.bob.id).rpartition("/")[2]
    (tmp_path / "ended").mkdir()
    with caplog.at_level(logging.DEBUG):
        place.client.post(place.path(place.bob.id))
        place.client.get(place.path(place.bob.id))
        place.client.request("PUT", place.path(place.bob.id))
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("cmr_watch")]
    assert len(logged) == 1
    assert "suppression journal" in logged[0]
    assert token not in logged[0]


def test_other_methods_are_refused(place: Place) -> None:
    assert place.client.request("DELETE", place.path(place.bob.id)).status_code == 405
    assert len(place.active) == 3


def test_what_links_lead_to_scanners_changes_nothing(place: Place) -> None:
    """A program that follows every link of a mail, and every link and form address of the pages behind them."""
    queue, seen = [place.path(place.ada.id), place.path(place.bob.id)], set()
    while queue:
        path = queue.pop()
        seen.add(path)
        response = place.client.get(path)
        if response.headers["content-type"].startswith("text/html"):
            links = [target for target, _ in checked(response.text).links]
            queue += [link for link in links if link.startswith("/") and link not in seen and len(seen) < 40]
    assert len(seen) > 5
    assert len(place.active) == 3
