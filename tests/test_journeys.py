"""End-to-end tests from the page to the mailbox, with a site and a mail server on loopback and a real database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import dropwhile, takewhile
from pathlib import Path

import pytest

from cmr_watch.app import App
from cmr_watch.config import FetchSection, MailSection, PageSection, Settings
from cmr_watch.models.recipients import SubscriptionRequest
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite, Response
from tests.monitor.small import html
from tests.shapes.states import CALL_PATH

PATH = "/clusters-meet-regions"
FIXTURES = Path(__file__).parent / "fixtures" / "initiative"
LYON = "> Lyon, France – 12-13 October 2023"
PRAGUE = "> Prague, Czechia – 23-24 October 2023"
PAST = [
    f"< {city} – {day} 2022"
    for city, day in (("Bonn, Germany", "5 May"), ("Graz, Austria", "4 April"), ("Brno, Czechia", "3 March"))
]


class Journey:
    """An installation with one subscriber, Anna, who subscribes to everything."""

    def __init__(self, database: Database, site: FakeSite, mailbox: Mailbox) -> None:
        self.now = datetime(2023, 10, 1, 9, tzinfo=UTC)
        self.site, self.mailbox = site, mailbox
        self.settings = Settings(
            page=PageSection(site.url(PATH), (site.host,), True),
            fetch=FetchSection("me@example.org", 10, 0, robots=False, pause=0),
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
        """Run a check, advance the clock, and return `new_mails`."""
        self.app.check()
        self.now += timedelta(minutes=minutes)
        return self.new_mails()

    def check_lines(
        self, *lines: str, minutes: float = 30, cut: int | None = None, etag: str | None = None
    ) -> list[list[str]]:
        """Serve a page with these lines, truncated at `cut`, and check it."""
        self.serve_lines(*lines, cut=cut, etag=etag)
        return self.check(minutes)

    def serve_lines(self, *lines: str, cut: int | None = None, etag: str | None = None) -> None:
        """Serve a page with these lines, truncated at `cut`."""
        self._token += 1
        page = html(" ;; ".join(lines)).replace("<body>", f"<body><!-- {self._token} -->")
        self.serve(page[:cut].encode(), etag)

    def new_mails(self) -> list[list[str]]:
        """Return the sentences of each mail since the last call. Welcome messages go to `welcomes` instead."""
        new, self._read = self.mailbox.mails[self._read :], len(self.mailbox.mails)
        self.welcomes += [mail.part("plain") for mail in new if mail.subject.startswith("Welcome")]
        return [sentences_of(mail.part("plain")) for mail in new if not mail.subject.startswith("Welcome")]

    @property
    def outcome(self) -> str:
        row = Checks(self.database).last_check(self.settings.page.url)
        assert row is not None
        return row.outcome


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a mail: one for each change of an edition or call. Details are indented, and a
    digest has a line about its days at the top."""
    blocks = (dropwhile(lambda line: not _is_sentence(line), part.splitlines()) for part in text.split("· · ·"))
    return [line for block in blocks for line in takewhile(_is_sentence, block)]


def _is_sentence(line: str) -> bool:
    return bool(line.strip()) and not line.isupper() and not line.startswith((" ", "Weekly digest: ", "Daily digest: "))


@pytest.fixture
def journey(database: Database) -> Iterator[Journey]:
    with FakeSite() as site, Mailbox() as mailbox:
        journey = Journey(database, site, mailbox)
        with journey.app:
            yield journey


ANNOUNCED = ["New edition: Prague, Czechia (23–24 October 2023)"]
WITHDRAWN = ["Removed from the page: Prague, Czechia (23–24 October 2023)"]


def test_the_three_recorded_states(journey: Journey) -> None:
    journey.site.page(CALL_PATH, (FIXTURES.parent / "call" / "2024-05-list" / "page.html").read_bytes())
    mails = []
    for state in ("2023-09", "2023-12", "2024-04", "2024-04"):
        journey.serve((FIXTURES / f"{state}-list" / "page.html").read_bytes())
        mails.append(journey.check(minutes=60 * 24 * 8))
    mails.append(journey.check())
    assert [len(new) for new in mails] == [0, 1, 1, 1, 0]
    assert mails[1] == [["Call for hosts 2024–2025: now open"]], "the further years are part of it"
    autumn, spring = mails[2][0], mails[3][0]
    assert "Iași, Romania (21–23 November 2023) has taken place" in autumn
    assert len(autumn) == 9, "the summary of Iași, published in the meantime, is included"
    assert sorted(spring) == [
        "Added to past editions: Milan, Italy (26–27 March 2024) – summary published",
        "Kraków, Poland (11–12 December 2023) has taken place",
        "Summary published: Kraków, Poland (11–12 December 2023)",
    ]


def test_a_line_that_is_missing_for_less_than_an_hour_causes_no_change(journey: Journey) -> None:
    journey.check_lines(LYON, PRAGUE, *PAST)
    assert journey.check_lines(LYON, *PAST, minutes=25) == []
    assert journey.check_lines(LYON, PRAGUE, *PAST) == []
    assert journey.check_lines(LYON, *PAST) == []
    assert journey.check_lines(LYON, *PAST) == [WITHDRAWN]


def test_a_call_opens_and_closes(journey: Journey) -> None:
    journey.check_lines(LYON, *PAST)
    call = "! The call for hosts of events in 2024 is open. Deadline: 31 May 2024."
    assert journey.check_lines(LYON, *PAST, call) == [["Call for hosts 2024: now open"]]
    assert journey.check_lines(LYON, *PAST, call.replace("The call", "Our call")) == []
    closed = "! The call for hosts of events in 2024 is closed."
    assert journey.check_lines(LYON, *PAST, closed) == [["Call for hosts 2024: now closed"]]
    assert [journey.check_lines(LYON, *PAST), journey.check_lines(LYON, *PAST)] == [[], []]


def test_suspect_and_failed_readings_in_between_cause_no_change(journey: Journey) -> None:
    journey.check_lines(LYON, PRAGUE, *PAST)
    maintenance = b"<!DOCTYPE html><html><body><h1>Maintenance</h1><p>We are back soon.</p></body></html>"
    for page in (maintenance, b"", html(LYON)[:-40].encode()):
        journey.serve(page)
        assert journey.check() == []
        assert journey.outcome in ("suspect", "failed")
    journey.site.script(PATH, Response(503), Response(503))
    assert [journey.check(), journey.check()] == [[], []]
    assert journey.check_lines(LYON, PRAGUE, *PAST) == []
    assert journey.check_lines("> Oslo, Norway – 5 June 2024", *PAST) == [["New edition: Oslo, Norway (5 June 2024)"]]
    assert journey.outcome == "suspect"
    assert journey.check_lines(LYON, PRAGUE, "> Oslo, Norway – 5 June 2024", *PAST) == []


def test_a_304_response_counts_as_a_reading(journey: Journey) -> None:
    journey.check_lines(LYON, PRAGUE, *PAST, etag='"1"')
    assert journey.check_lines(LYON, *PAST, etag='"2"') == []
    assert journey.check() == [WITHDRAWN]
    assert journey.site.requests[-1].headers["if-none-match"] == '"2"'


def test_a_page_with_the_content_of_an_earlier_one(journey: Journey) -> None:
    first, second = (html(" ;; ".join(lines)).encode() for lines in ((LYON, *PAST), (LYON, PRAGUE, *PAST)))
    mails = []
    for page in (first, second, first, first, first, second):
        journey.serve(page)
        mails.append(journey.check())
    back = ["Back on the page: Prague, Czechia (23–24 October 2023)"]
    assert mails == [[], [ANNOUNCED], [], [], [WITHDRAWN], [back]], "believed when it is there again 30 minutes later"


def test_a_city_hosts_twice_and_the_list_is_trimmed(journey: Journey) -> None:
    old = [f"< Bonn, Germany – {day} May 20{year}" for year, day in ((22, 5), (21, 6), (20, 7), (19, 8), (18, 9))]
    journey.check_lines(LYON, *old)
    again = "> Bonn, Germany – 5 May 2024"
    assert journey.check_lines(LYON, again, *old) == [["New edition: Bonn, Germany (5 May 2024)"]]
    assert [journey.check_lines(LYON, again, *old[:2]) for _ in range(3)] == [[], [], []]
    journey.now = datetime(2023, 10, 16, tzinfo=UTC)
    assert journey.check_lines(LYON.replace(">", "<"), again, *old[:2], minutes=60 * 24 * 7) == [], (
        "included in the next weekly digest"
    )
    assert journey.check_lines(LYON.replace(">", "<"), again, *old[:2]) == [
        ["Lyon, France (12–13 October 2023) has taken place"]
    ]


def test_while_the_mail_server_is_down_nothing_is_lost_or_sent_twice(journey: Journey) -> None:
    journey.check_lines(LYON, *PAST)
    with journey.mailbox.stopped():
        assert journey.check_lines(LYON, PRAGUE, *PAST) == []
    journey.now += timedelta(hours=12)
    assert journey.check() == [ANNOUNCED]
    assert journey.check() == []


def _check(app: App) -> None:
    with app:
        app.check()


def test_two_concurrent_checks_in_threads_notify_once(journey: Journey) -> None:
    journey.check_lines(*PAST)
    url = journey.database.engine.url.render_as_string(hide_password=False)
    others = [open_database(url) for _ in range(2)]
    for number in range(1, 6):
        lines = [f"> Oslo, Norway – {day} June 2024" for day in range(1, number * 4, 4)]
        journey.serve(html(" ;; ".join((*lines, *PAST))).encode())
        apps = [App(journey.settings, database, lambda: journey.now) for database in others]
        threads = [threading.Thread(target=_check, args=(app,)) for app in apps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        journey.now += timedelta(minutes=30)
    for database in others:
        database.close()
    sentences = [sentence for mail in journey.new_mails() for sentence in mail]
    assert sentences == [f"New edition: Oslo, Norway ({day} June 2024)" for day in range(1, 20, 4)]
