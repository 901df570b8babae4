"""“No more about this one”: by the link of a mail, years later, for nothing else, and by no one else."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import Connection, text

from cmr_watch.config import DatabaseSection, Settings, WebSection
from cmr_watch.models.muting import ItemRef
from cmr_watch.models.readings import CallNotice, Edition, KnownCall, KnownEdition
from cmr_watch.notify import tokens
from cmr_watch.store import row_mapping
from cmr_watch.store.database import Database
from cmr_watch.store.installation import Installation
from cmr_watch.store.mutes import Mutes
from cmr_watch.store.schema import calls, editions, pages
from cmr_watch.store.subscriptions import Subscriptions
from cmr_watch.store.suppression_journal import SuppressionJournal
from cmr_watch.web.public.routes import ACT_ROUTES
from cmr_watch.web.public.site import site_application
from tests.factories import URL, wanted
from tests.web.public.client import Client
from tests.web.public.html_checks import checked
from tests.web.public.test_leaving import FORM, heading, statements

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
YEARS = timedelta(days=5 * 365)
LYON, CALL = ItemRef("edition", "lyon-fr-2027-10"), ItemRef("call", "call-2027-2028")
ATHENS = ItemRef("edition", "\u03b1\u03b8\u03b7\u03bd\u03b1-gr-2027")
HEADERS = {**FORM, "sec-fetch-site": "same-origin", "origin": "https://watch.example.eu"}
ASK, DONE, UNDONE = (
    "No more about this one?",
    "You get no more about this one",
    "You get e-mails about this one again",
)
UNDO = b"undo=1"


def edition(city: str, code: str) -> Edition:
    return Edition(city, None, "France", code, date(2027, 10, 12), date(2027, 10, 13), "day")


def insert_known(connection: Connection) -> None:
    page = {"url": URL, "kind": "initiative", "revision": 1, "read_at": NOW, "consecutive_failures": 0}
    connection.execute(pages.insert(), page)
    cities = {LYON: "Lyon <script>", ATHENS: "Athens"}
    known = [KnownEdition(item.key, edition(city, "FR"), NOW) for item, city in cities.items()]
    call = KnownCall(CALL.key, CallNotice("open", (2027, 2028), text="open"), NOW)
    connection.execute(editions.insert(), list(row_mapping.known_rows(URL, known).values()))
    connection.execute(calls.insert(), list(row_mapping.known_rows(URL, [call]).values()))


class Place:
    """The site of an installation with two subscribers."""

    def __init__(self, database: Database, journal: Path) -> None:
        self.now = NOW
        self.database = database
        self.mutes = Mutes(database)
        self.subscriptions = Subscriptions(database, SuppressionJournal(journal))
        self.ada = self.subscriptions.add(wanted("Ada@example.org"), NOW).id
        self.bob = self.subscriptions.add(wanted("bob@example.org"), NOW).id
        with database.write() as connection:
            insert_known(connection)
        settings = Settings(
            database=DatabaseSection(journal=journal),
            web=WebSection(url="https://watch.example.eu", contact="watch@example.eu"),
        )
        self.client = Client(site_application(settings, database, lambda: self.now))

    def token(self, number: int, item: ItemRef = LYON) -> str:
        return tokens.make_mute(Installation(self.database).key(), number, item)

    def path(self, number: int, item: ItemRef = LYON) -> str:
        return f"/mute/{quote(self.token(number, item))}"

    def muted(self, number: int) -> list[ItemRef]:
        return [mute.item for mute in self.mutes.of_recipient(number)]


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    return Place(database, tmp_path / "ended")


# ── muting and undoing ───────────────────────────────────────────────────────────────────────────────────────────


def test_get_shows_a_form_that_says_what_it_means_and_changes_nothing(place: Place) -> None:
    for method in ("GET", "HEAD", "GET"):
        response = place.client.request(method, place.path(place.ada))
        assert response.status_code == 200
    assert heading(response.text) == ASK
    shown = " ".join(response.text.split())
    assert "Lyon &lt;script&gt;, France, 12–13 October 2027" in shown
    assert "not even if its days or its place change, or if it is cancelled" in shown
    assert '<form method="post">' in shown
    assert place.muted(place.ada) == []


def test_the_form_of_a_call_names_it_and_its_reminders(place: Place) -> None:
    shown = place.client.get(place.path(place.ada, CALL)).text
    assert "2027–2028" in shown
    assert "no reminders" in shown


def test_the_form_mutes_for_this_recipient_and_shows_how_to_undo_it(place: Place) -> None:
    response = place.client.post(place.path(place.ada), b"", HEADERS)
    assert (response.status_code, heading(response.text)) == (200, DONE)
    assert (place.muted(place.ada), place.muted(place.bob)) == ([LYON], [])
    assert heading(place.client.get(place.path(place.ada)).text) == DONE
    response = place.client.post(place.path(place.ada), UNDO, HEADERS)
    assert (response.status_code, heading(response.text)) == (200, UNDONE)
    assert place.muted(place.ada) == []
    assert heading(place.client.post(place.path(place.ada), b"", HEADERS).text) == DONE
    assert place.muted(place.ada) == [LYON]


def test_the_link_of_a_mail_in_another_language_works_and_undoes(place: Place) -> None:
    path = f"/de{place.path(place.ada, CALL)}"
    response = place.client.get(path)
    assert (response.status_code, response.headers["content-language"]) == (200, "de")
    for body, expected in ((b"", [CALL]), (UNDO, [])):
        assert place.client.post(path, body, HEADERS).status_code == 200
        assert place.muted(place.ada) == expected


def test_an_edition_and_a_call_are_muted_each_by_its_own_link(place: Place) -> None:
    for item in (LYON, ATHENS, CALL):
        assert heading(place.client.post(place.path(place.ada, item), b"", HEADERS).text) == DONE
    assert set(place.muted(place.ada)) == {LYON, ATHENS, CALL}


def test_the_link_works_for_years_and_twice(place: Place) -> None:
    place.now += YEARS
    for _ in range(2):
        assert heading(place.client.post(place.path(place.ada), b"", HEADERS).text) == DONE
    assert len(place.mutes.of_recipient(place.ada)) == 1


@pytest.mark.parametrize("erased", [False, True])
def test_after_the_subscription_has_ended_it_does_nothing(place: Place, erased: bool) -> None:
    if erased:
        place.subscriptions.erase("Ada@example.org", NOW)
    else:
        place.subscriptions.end(place.ada, "ended", NOW)
    for response in (
        place.client.get(place.path(place.ada)),
        place.client.post(place.path(place.ada), b"", HEADERS),
        place.client.post(place.path(place.ada), UNDO, HEADERS),
    ):
        assert (response.status_code, heading(response.text)) == (200, "You get no e-mails any more anyway")
    assert place.mutes.by_mailbox() == {}


def test_what_is_no_longer_known_can_still_be_muted(place: Place) -> None:
    path = place.path(place.ada, ItemRef("call", "gone"))
    assert "A call that is no longer known" in place.client.get(path).text
    assert heading(place.client.post(path, b"", HEADERS).text) == DONE


# ── links that are not valid ─────────────────────────────────────────────────────────────────────────────────────


def forged(place: Place) -> list[str]:
    real, call = place.path(place.bob), place.path(place.bob, CALL)
    unsubscribe = tokens.make(Installation(place.database).key(), place.bob)
    return [
        "/mute/",
        "/mute/x",
        f"/mute/{unsubscribe}",
        f"/mute/{LYON.kind}-{LYON.key}-m{unsubscribe}",
        real[:-1],
        real[:-1] + ("0" if real[-1] != "0" else "1"),
        call[:-44] + real[-44:],
        real.replace("edition-", "call-"),
        real.replace("lyon", "nice"),
        real[:-43] + place.path(place.ada)[-43:-32] + real[-32:],
        real[:-32] + "0" * 32,
        real.replace("/mute/", "/mute/undo/"),
        "/mute/" + "edition-" * 5_000,
        "/mute/%00%ff%0a",
        "/mute/edition-%ff-" + real[-44:],
    ]


@pytest.mark.parametrize("number", range(15))
def test_a_link_that_is_not_valid_mutes_nothing_and_shows_a_way_on(place: Place, number: int) -> None:
    path = forged(place)[number]
    for response in (place.client.get(path), place.client.post(path, b"", HEADERS)):
        assert response.status_code == 404
        page = checked(response.text)
        assert page.headings[0][1] == "This link does not work"
        assert {target for target, _ in page.links} >= {"/", "mailto:watch@example.eu"}
    assert place.mutes.by_mailbox() == {}


def test_a_mute_link_unsubscribes_nobody(place: Place) -> None:
    token = place.token(place.bob)
    for path in (f"/unsubscribe/{token}", f"/unsubscribe/{token[-43:]}", f"/unsubscribe/{token[-44:]}"):
        assert place.client.post(path, b"List-Unsubscribe=One-Click", FORM).status_code == 404
    assert len(place.subscriptions.active()) == 2


def test_a_token_of_another_installation_is_not_valid(place: Place) -> None:
    path = f"/mute/{tokens.make_mute(b'another key', place.bob, LYON)}"
    assert place.client.post(path, b"", HEADERS).status_code == 404
    assert place.mutes.by_mailbox() == {}


@pytest.mark.parametrize("end", [".", ">", ")", "%3E.", "/", "%20"])
def test_what_a_mail_program_adds_to_a_link_does_no_harm(place: Place, end: str) -> None:
    assert heading(place.client.get(place.path(place.ada) + end).text) == ASK


def test_the_database_is_asked_the_same_for_every_link(place: Place) -> None:
    place.subscriptions.end("bob@example.org", "ended", NOW)
    place.mutes.add(place.ada, CALL, NOW)
    good = [place.path(place.ada), place.path(place.ada, CALL), place.path(place.bob), place.path(10**9)]
    asked = []
    for path in (*good, *forged(place)):
        with statements(place.database) as executed:
            place.client.get(path)
        asked.append(executed)
    assert asked[0]
    assert asked == [asked[0]] * len(asked)


def test_links_that_are_not_valid_get_the_same_page(place: Place) -> None:
    assert len({place.client.get(path).text for path in forged(place)}) == 1


# ── what else must hold ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "headers",
    [
        FORM,
        {},
        {**FORM, "origin": "null"},
        {**FORM, "origin": "https://evil.example"},
        {**HEADERS, "sec-fetch-site": "cross-site"},
        {**HEADERS, "sec-fetch-site": "same-site"},
        {**HEADERS, "content-type": "text/plain"},
    ],
)
@pytest.mark.parametrize("body", [b"", UNDO])
def test_only_the_form_of_this_site_acts(place: Place, headers: dict[str, str], body: bytes) -> None:
    place.mutes.add(place.ada, CALL, NOW)
    item = CALL if body else LYON
    assert place.client.post(place.path(place.ada, item), body, headers).status_code == 403
    assert place.muted(place.ada) == [CALL]


def test_only_leaving_is_exempt() -> None:
    assert [route.path for route in ACT_ROUTES if route.is_exempt] == ["/unsubscribe/{token:path}"]


def test_pages_with_a_secret_in_their_address_are_kept_nowhere(place: Place) -> None:
    path = place.path(place.bob)
    for response in (place.client.get(path), place.client.post(path, b"", HEADERS), place.client.get("/mute/x")):
        headers = response.headers
        assert (headers["cache-control"], headers["x-robots-tag"]) == ("no-store", "noindex")
        assert "etag" not in headers
        assert path[-44:] not in response.text
        assert "example.org" not in response.text


def test_no_token_is_logged(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    with place.database.write() as connection:
        connection.execute(text("DROP TABLE mutes"))
    with caplog.at_level(logging.DEBUG):
        assert place.client.post(place.path(place.bob), b"", HEADERS).status_code == 503
        assert place.client.get(place.path(place.bob)).status_code == 503
        place.client.request("PUT", place.path(place.bob))
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("cmr_watch")]
    assert [line.startswith("web: /mute/{token:path}: ") for line in logged] == [True, True]
    assert place.path(place.bob)[-32:] not in "".join(logged)


def test_programs_that_follow_every_link_mute_nothing(place: Place) -> None:
    queue, seen = [place.path(place.ada), place.path(place.bob, CALL)], set()
    while queue:
        path = queue.pop()
        seen.add(path)
        response = place.client.get(path)
        if response.headers["content-type"].startswith("text/html"):
            links = [target for target, _ in checked(response.text).links]
            queue += [link for link in links if link.startswith("/") and link not in seen and len(seen) < 40]
    assert len(seen) > 5
    assert place.mutes.by_mailbox() == {}
