"""Journeys from the page to the mailbox: a site and a mail server on loopback, a real database, a travelling clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import dropwhile, takewhile
from pathlib import Path

import pytest

from cmr_watch.app import App
from cmr_watch.config import FetchSection, MailSection, PageSection, Settings
from cmr_watch.models import SubscriptionRequest
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite, Response
from tests.monitor.small import html

PATH = "/clusters-meet-regions"
FIXTURES = Path(__file__).parent / "fixtures" / "initiative"
LYON = "> Lyon, France – 12-13 October 2023"
PRAGUE = "> Prague, Czechia – 23-24 October 2023"
PAST = [
    f"< {city} – {day} 2022"
    for city, day in (("Bonn, Germany", "5 May"), ("Graz, Austria", "4 April"), ("Brno, Czechia", "3 March"))
]


class Journey:
    """Anna subscribes to everything; `mails` is what came to her since she looked last: a list of sentences each."""

    def __init__(self, database: Database, site: FakeSite, mailbox: Mailbox) -> None:
        self.now = datetime(2023, 10, 1, 9, tzinfo=UTC)
        self.site, self.mailbox = site, mailbox
        self.settings = Settings(
            page=PageSection(site.url(PATH), (site.host,), True),
            fetch=FetchSection("me@example.org", 10, 0, False),
            mail=MailSection("127.0.0.1", mailbox.port, "plain", sender="watch@example.org"),
            subscriptions=(SubscriptionRequest("anna@example.org", name="anna"),),
        )
        self.database = database
        self.app = App(self.settings, database, lambda: self.now)
        self._read = 0
        self._token = 0
        self.welcomes: list[str] = []

    def serve(self, page: bytes, etag: str | None = None) -> None:
        self.site.page(PATH, page, etag=etag)

    def check(self, minutes: float = 30) -> list[list[str]]:
        """Check, and read the mail; then time passes."""
        self.app.check()
        self.now += timedelta(minutes=minutes)
        return self.mails()

    def reads(
        self, *lines: str, minutes: float = 30, cut: int | None = None, etag: str | None = None
    ) -> list[list[str]]:
        self._token += 1
        page = html(" ;; ".join(lines)).replace("<body>", f"<body><!-- {self._token} -->")
        self.serve(page[:cut].encode(), etag)
        return self.check(minutes)

    def mails(self) -> list[list[str]]:
        """What is news; welcomes are kept apart."""
        new, self._read = self.mailbox.mails[self._read :], len(self.mailbox.mails)
        self.welcomes += [mail.part("plain") for mail in new if mail.subject.startswith("Welcome")]
        return [_sentences(mail.part("plain")) for mail in new if not mail.subject.startswith("Welcome")]

    @property
    def outcome(self) -> str:
        row = Checks(self.database).last_check(self.settings.page.url)
        assert row is not None
        return row.outcome


def _sentences(text: str) -> list[str]:
    """The lines at the head of each item: one for each change of its edition or call. Details are indented."""
    heads = (dropwhile(lambda line: not _is_sentence(line), part.splitlines()) for part in text.split("· · ·"))
    return [line for head in heads for line in takewhile(_is_sentence, head)]


def _is_sentence(line: str) -> bool:
    return bool(line.strip()) and not line.isupper() and not line.startswith(" ")


@pytest.fixture
def journey(database: Database) -> Iterator[Journey]:
    with FakeSite() as site, Mailbox() as mailbox:
        journey = Journey(database, site, mailbox)
        with journey.app:
            yield journey


ANNOUNCED = ["New edition: Prague, Czechia (23–24 October 2023)"]
WITHDRAWN = ["Removed from the page: Prague, Czechia (23–24 October 2023)"]


def test_the_three_recorded_states(journey: Journey) -> None:
    told = []
    for state in ("2023-09", "2023-12", "2024-04", "2024-04"):
        journey.serve((FIXTURES / f"{state}-list" / "page.html").read_bytes())
        told.append(journey.check(minutes=60 * 24 * 8))
    told.append(journey.check())
    assert [len(mails) for mails in told] == [0, 1, 1, 1, 0]
    assert told[1] == [["Call for hosts 2024–2025: now open"]], "the further years are part of it"
    autumn, spring = told[2][0], told[3][0]
    assert "Iași, Romania (21–23 November 2023) has taken place" in autumn
    assert len(autumn) == 9, "the newest of Iași is told along"
    assert sorted(spring) == [
        "Added to past editions: Milan, Italy (26–27 March 2024) – summary published",
        "Kraków, Poland (11–12 December 2023) has taken place",
        "Summary published: Kraków, Poland (11–12 December 2023)",
    ]


def test_a_line_is_cut_and_pasted_back_within_the_hour(journey: Journey) -> None:
    journey.reads(LYON, PRAGUE, *PAST)
    assert journey.reads(LYON, *PAST, minutes=25) == []
    assert journey.reads(LYON, PRAGUE, *PAST) == []
    assert journey.reads(LYON, *PAST) == []
    assert journey.reads(LYON, *PAST) == [WITHDRAWN]


def test_a_call_opens_and_closes(journey: Journey) -> None:
    journey.reads(LYON, *PAST)
    call = "! The call for hosts of events in 2024 is open. Deadline: 31 May 2024."
    assert journey.reads(LYON, *PAST, call) == [["Call for hosts 2024: now open"]]
    assert journey.reads(LYON, *PAST, call.replace("The call", "Our call")) == []
    closed = "! The call for hosts of events in 2024 is closed."
    assert journey.reads(LYON, *PAST, closed) == [["Call for hosts 2024: now closed"]]
    assert [journey.reads(LYON, *PAST), journey.reads(LYON, *PAST)] == [[], []]


def test_pages_that_are_not_believed_between(journey: Journey) -> None:
    journey.reads(LYON, PRAGUE, *PAST)
    maintenance = b"<!DOCTYPE html><html><body><h1>Maintenance</h1><p>We are back soon.</p></body></html>"
    for page in (maintenance, b"", html(LYON)[:-40].encode()):
        journey.serve(page)
        assert journey.check() == []
        assert journey.outcome in ("suspect", "failed")
    journey.site.script(PATH, Response(503), Response(503))
    assert [journey.check(), journey.check()] == [[], []]
    assert journey.reads(LYON, PRAGUE, *PAST) == []
    assert journey.reads("> Oslo, Norway – 5 June 2024", *PAST) == [["New edition: Oslo, Norway (5 June 2024)"]]
    assert journey.outcome == "suspect"
    assert journey.reads(LYON, PRAGUE, "> Oslo, Norway – 5 June 2024", *PAST) == []


def test_not_modified_is_a_reading(journey: Journey) -> None:
    journey.reads(LYON, PRAGUE, *PAST, etag='"1"')
    assert journey.reads(LYON, *PAST, etag='"2"') == []
    assert journey.check() == [WITHDRAWN]
    assert journey.site.requests[-1].headers["if-none-match"] == '"2"'


def test_bytes_that_were_there_before(journey: Journey) -> None:
    first, second = (html(" ;; ".join(lines)).encode() for lines in ((LYON, *PAST), (LYON, PRAGUE, *PAST)))
    told = []
    for page in (first, second, first, first, second):
        journey.serve(page)
        told.append(journey.check())
    back = ["Back on the page: Prague, Czechia (23–24 October 2023)"]
    assert told == [[], [ANNOUNCED], [], [WITHDRAWN], [back]]


def test_a_city_hosts_twice_and_the_list_is_trimmed(journey: Journey) -> None:
    old = [f"< Bonn, Germany – {day} May 20{year}" for year, day in ((22, 5), (21, 6), (20, 7), (19, 8), (18, 9))]
    journey.reads(LYON, *old)
    again = "> Bonn, Germany – 5 May 2024"
    assert journey.reads(LYON, again, *old) == [["New edition: Bonn, Germany (5 May 2024)"]]
    assert [journey.reads(LYON, again, *old[:2]) for _ in range(3)] == [[], [], []]
    journey.now = datetime(2023, 10, 16, tzinfo=UTC)
    assert journey.reads(LYON.replace(">", "<"), again, *old[:2], minutes=60 * 24 * 7) == [], (
        "that can wait until Monday"
    )
    assert journey.reads(LYON.replace(">", "<"), again, *old[:2]) == [
        ["Lyon, France (12–13 October 2023) has taken place"]
    ]


def test_a_mail_server_that_is_down_loses_and_doubles_nothing(journey: Journey) -> None:
    journey.reads(LYON, *PAST)
    with journey.mailbox.shut_for_now():
        assert journey.reads(LYON, PRAGUE, *PAST) == []
    journey.now += timedelta(hours=12)
    assert journey.check() == [ANNOUNCED]
    assert journey.check() == []


def _check(app: App) -> None:
    with app:
        app.check()


def test_two_checks_at_once_in_two_threads(journey: Journey) -> None:
    journey.reads(*PAST)
    url = journey.database.engine.url.render_as_string(hide_password=False)
    others = [open_database(url) for _ in range(2)]
    for number in range(1, 6):
        lines = [f"> Oslo, Norway – {day} June 2024" for day in range(1, number * 4, 4)]
        journey.serve(html(" ;; ".join((*lines, *PAST))).encode())
        apps = [App(journey.settings, database, lambda: journey.now) for database in others]
        both = [threading.Thread(target=_check, args=(app,)) for app in apps]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join(30)
        journey.now += timedelta(minutes=30)
    for database in others:
        database.close()
    told = [sentence for mail in journey.mails() for sentence in mail]
    assert told == [f"New edition: Oslo, Norway ({day} June 2024)" for day in range(1, 20, 4)]
