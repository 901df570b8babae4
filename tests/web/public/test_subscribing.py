"""Subscribing on the site: the form, its answer, and the link that confirms it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from cmr_watch.config import DatabaseSection, MailSection, Settings, WebSection
from cmr_watch.models.recipients import QuietHours, Schedule
from cmr_watch.models.signups import VALID_FOR
from cmr_watch.notify.message_settings import write_requested_mails
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.schema import signups
from cmr_watch.store.subscriptions import BOUNCED, UNSUBSCRIBED_ONLINE, Subscriptions
from cmr_watch.web.public.signup_form import CONSENT_TEXT, MAX_ADDRESS, Choices, countries, faults, read, request
from cmr_watch.web.public.site import site_application
from tests.factories import wanted
from tests.web.public.client import Client
from tests.web.public.html_checks import checked
from tests.web.public.test_leaving import statements

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
HERE = "https://watch.example.eu"
OWN = {"content-type": "application/x-www-form-urlencoded", "origin": HERE}
CHOICES = {"address": "new@example.org", "topic-calls": "1", "frequency": "immediately", "reminders": "1"}

TEXTS = {
    "1": "By asking for e-mails you agree that this service stores your address and your choices, and sends you what"
    " you chose. Nothing else is sent before you confirm. Every e-mail has a link that ends them.",
}
"""What a reader agrees to, by its version: never change one that was used."""


class Place:
    """The site of an installation at which readers can subscribe; each request comes from another network."""

    def __init__(self, database: Database, journal: Path, **web: object) -> None:
        self.now = NOW
        self.database = database
        self.settings = Settings(
            database=DatabaseSection(journal=journal),
            mail=MailSection("smtp.example.eu", sender="watch@example.eu"),
            web=replace(WebSection(url=HERE, contact="watch@example.eu"), **web),  # type: ignore[arg-type]
        )
        self.subscriptions = Subscriptions(database)
        self.application = site_application(self.settings, database, lambda: self.now)
        self._visitors = iter(range(1, 250))

    @property
    def client(self) -> Client:
        return Client(self.application, f"192.0.{next(self._visitors)}.7")

    def ask(self, address: str, **fields: str) -> httpx.Response:
        form = {**CHOICES, "address": address, **fields}
        return self.client.post("/subscribe", urlencode(form).encode(), OWN)

    def rows(self) -> int:
        with self.database.read() as connection:
            return len(connection.execute(signups.select()).all())

    def links(self) -> list[str]:
        """The paths of the links in the mails that wait to be sent, after those that are due were written."""
        write_requested_mails(self.settings, self.database, self.now)
        texts = [entry.message.text for entry in Deliveries(self.database).list("pending") if entry.purpose == "opt-in"]
        return [re.findall(r"https://watch\.example\.eu(/confirm/\S+)", text)[0] for text in texts]


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    return Place(database, tmp_path / "ended")


def heading(response: httpx.Response) -> str:
    return checked(response.text).headings[0][1].replace("‑", "-")


# ── the answer ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_answer_is_the_same_for_every_address(place: Place) -> None:
    """In content and in database queries: a person who enters an address learns nothing about it."""
    for address in ("active@x.org", "left@x.org", "dead@x.org", "erased@x.org"):
        place.subscriptions.add(wanted(address), NOW)
    place.subscriptions.end("left@x.org", UNSUBSCRIBED_ONLINE, NOW)
    place.subscriptions.end("dead@x.org", BOUNCED, NOW)
    place.subscriptions.erase("erased@x.org", NOW)
    answers, asked = [], []
    kinds = ("new", "active", "ACTIVE", "left", "dead", "erased", "new")
    for address in (*(f"{kind}@x.org" for kind in kinds), "x@no-such-domain.invalid"):
        with statements(place.database) as executed:
            response = place.ask(address)
        answers.append((response.status_code, response.content, sorted(response.headers.items())))
        asked.append(executed)
    assert answers == [answers[0]] * 8
    assert asked == [asked[0]] * 8
    assert [statement.split()[0] for statement in asked[0] if statement.split()[0] != "BEGIN"] == ["INSERT"]
    assert heading(response) == "Check your e-mail"
    assert b"x.org" not in answers[0][1]


def test_a_hundred_requests_for_one_address_send_one_mail(place: Place) -> None:
    for _ in range(100):
        assert place.ask("victim@example.org").status_code == 200
    assert len(place.links()) == 1
    assert place.links() == place.links()


def test_the_mail_has_no_news_and_nothing_that_was_typed(place: Place) -> None:
    place.ask("http-evil.example-BUY.NOW@example.org", frequency="BUY", website="")
    write_requested_mails(place.settings, place.database, NOW)
    [entry] = Deliveries(place.database).list("pending")
    body = entry.message.body
    assert body.subject == "Confirm your subscription"
    for part in (body.text, body.html):
        assert "BUY" not in part
        assert "unsubscribe/" not in part
        assert "/confirm/" in part


def test_programs_that_fill_in_every_field_are_not_served(place: Place) -> None:
    trapped, normal = place.ask("a@x.org", website="https://spam.example"), place.ask("b@x.org")
    assert trapped.content == normal.content
    assert place.rows() == 1


def test_one_network_may_ask_a_few_times_only(place: Place) -> None:
    client = place.client
    body = urlencode(CHOICES).encode()
    statuses = [client.post("/subscribe", body, OWN).status_code for _ in range(25)]
    assert statuses == [200] * 20 + [429] * 5
    assert client.get("/subscribe").status_code == 200
    assert place.ask("other@example.org").status_code == 200


@pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_another_site_cannot_ask(place: Place, headers: dict[str, str]) -> None:
    form = {"content-type": OWN["content-type"], **headers}
    assert place.client.post("/subscribe", urlencode(CHOICES).encode(), form).status_code == 403
    assert place.rows() == 0


# ── the form ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_address_that_only_looks_like_that_of_a_recipient_is_the_recipients(place: Place) -> None:
    place.subscriptions.add(wanted("kim@example.org"), NOW)
    for address in ("\N{KELVIN SIGN}im@example.org", "jose\N{COMBINING ACUTE ACCENT}@example.org"):
        assert place.ask(address).status_code == 200
    place.links()
    assert [entry.message.address for entry in Deliveries(place.database).list("pending")] == [
        "Kim@example.org",
        "jos\N{LATIN SMALL LETTER E WITH ACUTE}@example.org",
    ]
    assert place.ask("a\N{GREEK QUESTION MARK}b@example.org").status_code == 422, "a semicolon"


def test_the_form_shows_every_choice(place: Place) -> None:
    page = checked(place.client.get("/subscribe").text)
    assert page.headings[0][1] == "Get an e‑mail when something changes", "it does not break within e-mail"
    for words in ("I want to host", "I want to attend", "I want to read", "several e-mails a day", "Poland", "Quiet"):
        assert words in page.text


@pytest.mark.parametrize(
    "address",
    [
        *("", "x", "x@", "@x.org", "x@localhost", "a b@x.org", "x@x..org", "slack://a/b/c", "mailto://u:p@x.org"),
        *("<x@x.org>", "x@x.org,y@x.org", "x@x.org\r\nBcc: y@x.org", "a@" + "b" * 300 + ".org", "=?utf-8?q?a?=@x.org"),
    ],
)
def test_what_is_no_mail_address_is_said_in_plain_words(place: Place, address: str) -> None:
    response = place.ask(address, frequency="weekly", **{"country-PL": "1"})
    assert response.status_code == 422
    page = checked(response.text)
    assert page.title.startswith("Error: ")
    wrong = "Enter an e-mail address in the correct format, like name@example.com."
    assert ("#address", wrong) in page.links
    assert 'value="weekly" checked' in response.text, "the other choices are kept"
    assert 'name="country-PL" value="1" checked' in response.text
    assert place.rows() == 0


def test_a_hostile_address_is_shown_as_text(place: Place) -> None:
    response = place.ask('"><script>alert(1)</script>')
    assert checked(response.text)
    assert "<script" not in response.text


def test_each_fault_is_named_once() -> None:
    choices = Choices(address="x", topics=(), quiet_from="22")
    assert [fault.field for fault in faults(choices)] == ["address", "topic-calls", "quiet-from"]
    assert faults(Choices(address="x@x.org", quiet_from="7", quiet_until="7"))[0].field == "quiet-from"
    assert faults(Choices(address="x@x.org", quiet_from="22", quiet_until="7")) == ()
    assert faults(Choices(address="x" * 60 + "@" + ".".join(["y" * 60] * 4)))[0].field == "address"


def test_each_fault_stands_at_its_field(place: Place) -> None:
    page = place.client.post("/subscribe", b"address=nobody&quiet-from=22", OWN).text
    for field in ("address", "topic-calls", "quiet-from"):
        assert page.count(f'id="{field}-fault"') == page.count(f'aria-describedby="{field}-fault"') == 1


def test_what_the_form_does_not_offer_is_left_out() -> None:
    form = {"topic-x": "1", "country-XX": "1", "frequency": "hourly", "quiet-from": "25", "quiet-until": "٣"}
    assert read(form) == Choices(topics=(), reminders=False)
    assert len(read({"address": "x" * 9_999}).address) == MAX_ADDRESS + 1


def test_what_the_form_asks_for() -> None:
    form = {**CHOICES, "topic-materials": "1", "country-PL": "1", "quiet-from": "22", "quiet-until": "7"}
    made = request(read({**form, "frequency": "daily", "still-watching": "1"}))
    assert made.topics == ("calls", "materials")
    assert made.countries == ("PL",)
    assert made.schedule == Schedule("daily", quiet=QuietHours(hour(22), hour(7)))
    assert (made.reminders, made.still_watching) == ((30, 14, 7, 2, 1), True)
    assert request(read({"address": "x@x.org"})).reminders == ()


def test_countries_are_named_and_in_order() -> None:
    names = [name for _code, name in countries()]
    assert names == sorted(names, key=str.casefold)
    assert "Poland" in names
    assert not any(len(name) == 2 for name in names)


def test_only_addresses_of_some_domains(database: Database, tmp_path: Path) -> None:
    place = Place(database, tmp_path / "ended", subscribe_domains=("region.example",))
    assert place.ask("x@elsewhere.example").status_code == 422
    assert place.ask("x@sub.region.example").status_code == 422
    assert place.ask("x@Region.Example").status_code == 200
    assert place.rows() == 1


@pytest.mark.parametrize("web", [{"subscribe": False}, {"url": "http://watch.example.eu"}, {"listen": ""}])
def test_readers_cannot_subscribe_where_it_is_closed(
    database: Database, tmp_path: Path, web: dict[str, object]
) -> None:
    place = Place(database, tmp_path / "ended", **web)
    form = {**OWN, "sec-fetch-site": "same-origin"}
    for response in (place.client.get("/subscribe"), place.client.post("/subscribe", b"address=x@x.org", form)):
        assert (response.status_code, heading(response)) == (404, "You cannot subscribe here")
    assert place.rows() == 0
    assert "/subscribe" not in place.client.get("/").text


def test_the_first_page_has_the_form_where_it_is_open(place: Place) -> None:
    page = place.client.get("/")
    assert '<form method="post" action="/subscribe"' in page.text
    assert ("/subscribe", "E-mail") in checked(page.text).links


# ── confirming ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_confirming_needs_the_form(place: Place) -> None:
    fields = {"country-PL": "1", "quiet-from": "22", "quiet-until": "7", "still-watching": "1"}
    place.ask("new@example.org", frequency="weekly", **fields)
    [path] = place.links()
    for method in ("GET", "HEAD", "GET"):
        response = place.client.request(method, path)
    assert heading(response) == "Confirm your subscription"
    for words in ("calls for hosts", "On Mondays", "Poland", "22:00–07:00", "reminded before cut-offs", "Once a month"):
        assert words in response.text
    assert place.subscriptions.active() == ()
    assert heading(place.client.post(path, b"", OWN)) == "You are subscribed"
    [entry] = place.subscriptions.active()
    assert (entry.address, entry.schedule.frequency) == ("new@example.org", "weekly")
    assert "from 192.0.1.0/24" in entry.consent
    assert heading(place.client.get(path)) == "You are subscribed"


def test_the_version_of_the_text_that_is_agreed_to_is_raised_with_it(place: Place) -> None:
    page = unescape(place.client.get("/subscribe").text)
    assert f"{TEXTS[CONSENT_TEXT]} <a" in page, "raise CONSENT_TEXT, and add the new text here: records name it so"


def test_another_site_cannot_confirm(place: Place) -> None:
    place.ask("new@example.org")
    [path] = place.links()
    assert place.client.post(path, b"", {**OWN, "origin": "https://evil.example"}).status_code == 403
    assert place.subscriptions.active() == ()


def test_an_old_link_leads_to_the_form(place: Place) -> None:
    place.ask("new@example.org")
    [path] = place.links()
    place.now += VALID_FOR + timedelta(seconds=1)
    for response in (place.client.get(path), place.client.post(path, b"", OWN), place.client.get("/confirm/")):
        assert (response.status_code, heading(response)) == (404, "This link does not work any more")
        assert ("/subscribe", "Ask for a new one") in checked(response.text).links


def test_links_that_are_not_valid_are_all_alike(place: Place) -> None:
    place.ask("new@example.org")
    [path] = place.links()
    others = (
        "/confirm/x",
        path[:-1],
        path + "a",
        path.upper().replace("/CONFIRM", "/confirm"),
        "/confirm/" + "a" * 9_000,
    )
    answers, asked = set(), []
    for other in others:
        with statements(place.database) as executed:
            answers.add(place.client.get(other).content)
        asked.append(executed)
    with statements(place.database) as executed:
        place.client.get(path)
    assert len(answers) == 1
    assert asked == [executed] * len(others)


def test_a_token_to_confirm_with_unsubscribes_nobody_and_the_other_way_round(place: Place) -> None:
    place.ask("new@example.org")
    [path] = place.links()
    place.client.post(path, b"", OWN)
    token = path.rpartition("/")[2]
    assert place.client.post(f"/unsubscribe/{token}").status_code == 404
    assert place.client.get(f"/confirm/{'0' * 43}").status_code == 404
    assert len(place.subscriptions.active()) == 1


def test_pages_to_confirm_with_are_kept_nowhere(place: Place) -> None:
    place.ask("new@example.org")
    [path] = place.links()
    for response in (place.client.get(path), place.client.post(path, b"", OWN)):
        assert (response.headers["cache-control"], response.headers["x-robots-tag"]) == ("no-store", "noindex")
        assert path.rpartition("/")[2] not in response.text
        assert "example.org" not in response.text, "the page does not show the address"


# ── the language ─────────────────────────────────────────────────────────────────────────────────────────────────


def ask_in(place: Place, path: str, **fields: str) -> httpx.Response:
    return place.client.post(path, urlencode({**CHOICES, **fields}).encode(), OWN)


def test_the_form_offers_the_language_of_its_page(place: Place) -> None:
    assert '<option value="en" lang="en" selected>English</option>' in place.client.get("/subscribe").text
    page = place.client.get("/de/subscribe").text
    assert '<option value="de" lang="de" selected>Deutsch</option>' in page
    assert 'action="/de/subscribe"' in page


@pytest.mark.parametrize(
    ("path", "fields", "language"),
    [
        ("/subscribe", {}, "en"),
        ("/de/subscribe", {}, "de"),
        ("/de/subscribe", {"language": "pl"}, "pl"),
        ("/subscribe", {"language": "xx"}, "en"),
    ],
)
def test_the_mail_and_its_link_are_in_the_chosen_language(
    place: Place, path: str, fields: dict[str, str], language: str
):
    assert ask_in(place, path, **fields).status_code == 200
    write_requested_mails(place.settings, place.database, place.now)
    (entry,) = Deliveries(place.database).list("pending")
    prefix = "" if language == "en" else f"/{language}"
    assert entry.message.body.language == language
    link = re.search(rf"{HERE}{prefix}(/confirm/\S+)", entry.message.text)
    assert link
    page = place.client.get(prefix + link[1])
    assert page.headers["content-language"] == language
    assert f'<html lang="{language}">' in page.text
    assert place.client.post(prefix + link[1], b"", OWN).status_code == 200
    (subscription,) = place.subscriptions.active()
    assert subscription.language == language
    assert f"text 1 ({path[1:3] if path.startswith('/de/') else 'en'})" in subscription.consent


def test_a_fault_is_shown_in_the_language_of_the_page(place: Place) -> None:
    reply = ask_in(place, "/de/subscribe", address="nonsense", language="pl")
    assert reply.status_code == 422
    assert "Enter an e-mail address" not in reply.text
    assert '<option value="pl" lang="pl" selected>' in reply.text
