"""End-to-end tests with several pages: the list, the call page and edition pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from cmr_watch.app import App
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import Incidents
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.test_journeys import PAST, Journey

CALL = "/content/call-expression-interest"
LYON = "/content/clusters-meet-regions-lyon-france"
PRAGUE = "/content/clusters-meet-regions-prague"
LISTED = f"> [Lyon, France]({LYON}) – 12-13 October 2023"
NOTICE = f"! The call to host events in 2024 is open. [Read the call]({CALL})"
DAY = 60 * 24


def document(title: str, *paragraphs: str) -> bytes:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return f"<!DOCTYPE html><html><body><article><h1>{title}</h1>{body}</article></body></html>".encode()


def link(text: str, url: str) -> str:
    return f'<a href="{url}">{text}</a>'


def lyon_page(*paragraphs: str) -> bytes:
    dates = "The workshop takes place on 12-13 October 2023 in Lyon, France."
    return document("Clusters meet Regions – Lyon, France", dates, *paragraphs)


def call_page(*cutoffs: str, status: str = "The call to host Clusters meet Regions events in 2024 is open.") -> bytes:
    apply = link("Apply here", "/form/apply")
    return document("Call for expression of interest", status, "Cut-off dates:", *cutoffs, apply)


class SiteJourney(Journey):
    """A journey with several pages. Pauses between requests are recorded in `pauses` instead of being made."""

    _seen = 0

    def __init__(self, database: Database, site: FakeSite, mailbox: Mailbox) -> None:
        super().__init__(database, site, mailbox)
        self.app.__exit__(None, None, None)
        self.settings = replace(self.settings, fetch=replace(self.settings.fetch, robots=True, pause=1))
        self.pauses: list[float] = []
        self.app = App(self.settings, database, lambda: self.now, self.pauses.append)

    def serve_lines(self, *lines: str, cut: int | None = None, etag: str | None = None) -> None:
        """Serve a list with these lines. Relative links lead to the fake site, not to the real one."""
        local_lines = [line.replace("](/", f"]({self.site.url()}") for line in lines]
        super().serve_lines(*local_lines, cut=cut, etag=etag)

    def changes(self) -> list[str]:
        """Return the kind and the key of each recorded change."""
        return [f"{recorded.change.kind.value} {recorded.change.key}" for recorded in Checks(self.database).changes()]

    def new_requests(self) -> list[str]:
        """Return the paths requested since the last call, without robots.txt."""
        paths = self.site.paths()[self._seen :]
        self._seen = len(self.site.paths())
        return paths


@pytest.fixture
def journey(database: Database) -> Iterator[SiteJourney]:
    with FakeSite() as site, Mailbox() as mailbox:
        journey = SiteJourney(database, site, mailbox)
        with journey.app:
            yield journey


# ── the call page ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_cutoff_on_the_call_page_is_notified(journey: SiteJourney) -> None:
    journey.site.page(CALL, call_page("31 May 2024 – 18:00 CET (Brussels time)"))
    assert journey.check_lines(NOTICE, LISTED, *PAST) == []
    journey.site.page(
        CALL, call_page("31 May 2024 – 18:00 (Brussels time)", "30 September 2024 – 18:00 (Brussels time)")
    )
    (mail,) = journey.check()
    assert len(mail) == 1
    assert "30 September 2024" in mail[0]
    (call,) = Checks(journey.database).known().calls
    assert (call.key, len(call.call.cutoffs), call.conflicting_notice) == ("call-2024", 2, None)


def test_a_change_on_both_pages_is_notified_once(journey: SiteJourney) -> None:
    closed = "The call to host Clusters meet Regions events in 2024 is closed."
    journey.site.page(CALL, call_page())
    journey.check_lines(NOTICE, LISTED, *PAST)
    (mail,) = journey.check_lines(NOTICE.replace("is open", "is closed"), LISTED, *PAST)
    assert mail == ["Call for hosts 2024: now closed"]
    journey.site.page(CALL, call_page(status=closed))
    assert journey.check_lines(NOTICE.replace("is open", "is closed"), LISTED, *PAST) == []
    assert journey.changes() == ["call.closed call-2024"]


def test_a_cutoff_that_moves_on_the_call_page_first_and_on_the_list_later(journey: SiteJourney) -> None:
    journey.site.page(CALL, call_page("31 May 2024 – 18:00 (Brussels time)"))
    journey.check_lines(NOTICE, LISTED, *PAST)
    journey.site.page(CALL, call_page("7 June 2024 – 18:00 (Brussels time)"))
    (mail,) = journey.check()
    assert "7 June 2024" in mail[0]
    updated_notice = NOTICE.replace("is open.", "is open until 7 June 2024, 18:00.")
    assert journey.check_lines(updated_notice, LISTED, *PAST) == []


def test_a_notice_that_contradicts_the_call_page_is_kept_as_conflicting(journey: SiteJourney) -> None:
    journey.site.page(CALL, call_page(status="The call to host Clusters meet Regions events in 2024 is closed."))
    journey.check_lines(NOTICE, LISTED, *PAST)
    (call,) = Checks(journey.database).known().calls
    assert call.call.status == "closed"
    assert call.conflicting_notice is not None
    assert call.conflicting_notice.status == "open"


def test_a_call_that_closes_and_opens_again(journey: SiteJourney) -> None:
    journey.check_lines(NOTICE, LISTED, *PAST)
    assert journey.check_lines(NOTICE.replace("is open", "is closed"), LISTED, *PAST) == [
        ["Call for hosts 2024: now closed"]
    ]
    assert journey.check_lines(NOTICE, LISTED, *PAST) == [["Call for hosts 2024: now open"]]


def test_two_calls_on_one_page(journey: SiteJourney) -> None:
    journey.check_lines(NOTICE, LISTED, *PAST)
    other = "! The call to host events in 2026 is open. [Apply](/form)"
    assert journey.check_lines(NOTICE, other, LISTED, *PAST) == [["Call for hosts 2026: now open"]]
    assert [one.key for one in Checks(journey.database).known().calls] == ["call-2024", "call-2026"]
    assert journey.check_lines(NOTICE, other, LISTED, *PAST) == []


# ── edition pages ────────────────────────────────────────────────────────────────────────────────────────────────


def test_registration_opens_on_the_edition_page(journey: SiteJourney) -> None:
    journey.site.page(LYON, lyon_page("Registration will open soon."))
    journey.check_lines(LISTED, *PAST, minutes=DAY)
    journey.site.page(LYON, lyon_page(link("Register here", "/register/lyon")))
    assert journey.check(minutes=DAY) == [["Registration open: Lyon, France (12–13 October 2023)"]]
    assert journey.check(minutes=DAY) == []
    edition = Checks(journey.database).known().editions[0].edition
    assert edition.registration_url == journey.site.url("/register/lyon")


def test_materials_are_notified_in_the_digest(journey: SiteJourney) -> None:
    journey.site.page(LYON, lyon_page())
    journey.check_lines(LISTED, *PAST, minutes=DAY)
    journey.site.page(LYON, lyon_page(link("🗓️ Agenda", "/files/agenda.pdf")))
    mails = [mail for _ in range(8) for mail in journey.check(minutes=DAY)]
    assert [mail for mail in mails if "materials" in mail[0]] == [["New materials: Lyon, France (12–13 October 2023)"]]


def test_a_summary_on_both_pages_is_one_change(journey: SiteJourney) -> None:
    held = f"< [Lyon, France]({LYON}) – 12-13 October 2023"
    journey.site.page(LYON, lyon_page("The workshop took place in Lyon."))
    journey.check_lines(held, *PAST, minutes=8 * DAY)
    journey.site.page(
        LYON, lyon_page("The workshop took place in Lyon.", link("📑 Read the event summary", "/files/summary.pdf"))
    )
    journey.check(minutes=8 * DAY)
    journey.check_lines(f"{held} [Read the event summary](/files/summary.pdf)", *PAST, minutes=8 * DAY)
    assert journey.changes() == ["edition.summary_published lyon-fr-2023-10"]


def test_a_line_that_links_to_the_page_of_another_edition(journey: SiteJourney) -> None:
    prague = f"> [Prague, Czechia]({LYON}) – 23-24 October 2023"
    journey.site.page(LYON, lyon_page())
    journey.check_lines(LISTED, prague, *PAST, minutes=DAY)
    journey.site.page(LYON, lyon_page(link("Register here", "/register/lyon")))
    assert journey.check(minutes=DAY) == [["Registration open: Lyon, France (12–13 October 2023)"]]
    journey.check_lines(prague, *PAST, minutes=DAY)
    journey.site.page(LYON, lyon_page(link("Register here", "/register/other"), link("Agenda", "/files/agenda.pdf")))
    journey.check(minutes=DAY)
    assert not [change for change in journey.changes() if change.endswith("prague-cz-2023-10")]


def test_a_page_about_another_edition_is_suspect(journey: SiteJourney) -> None:
    journey.site.page(LYON, lyon_page(link("Register here", "/register/lyon")))
    journey.check_lines(LISTED, *PAST, minutes=DAY)
    other = "The workshop takes place on 3-4 March 2025 in Gdańsk, Poland."
    journey.site.page(LYON, document("Clusters meet Regions – Gdańsk, Poland", other))
    assert journey.check(minutes=DAY) == []
    rows = Checks(journey.database).snapshots(journey.site.url(LYON))
    assert [(row.assessment, row.reason) for row in rows][1:] == [
        ("suspect", "the page describes Gdańsk instead of Lyon, on other dates")
    ]


# ── the crawl schedule, and isolated failures ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("delay", "pause"), [("10", 10), ("900", 60), ("0.5", 1), ("x", 1)])
def test_the_pause_between_pages_is_at_least_the_crawl_delay(journey: SiteJourney, delay: str, pause: float) -> None:
    journey.site.robots(f"User-agent: *\nCrawl-delay: {delay}")
    journey.site.page(CALL, call_page())
    journey.site.page(LYON, lyon_page())
    journey.check_lines(NOTICE, LISTED, *PAST, minutes=60)
    assert journey.pauses == [pause, pause]


def test_each_page_is_fetched_at_its_own_interval(journey: SiteJourney) -> None:
    past = f"< [Bonn, Germany]({PRAGUE}) – 5 May 2022"
    journey.site.page(CALL, call_page())
    journey.site.page(LYON, lyon_page())
    journey.site.page(
        PRAGUE, document("Clusters meet Regions – Bonn, Germany", "It took place on 5 May 2022 in Bonn, Germany.")
    )
    listed = (NOTICE, LISTED, past, *PAST[1:])
    journey.check_lines(*listed, minutes=60)
    assert journey.new_requests() == ["/clusters-meet-regions", CALL, LYON, PRAGUE]
    assert journey.pauses == [1, 1, 1]
    journey.check_lines(*listed, minutes=DAY)
    assert journey.new_requests() == ["/clusters-meet-regions", CALL]
    journey.check_lines(*listed, minutes=30 * DAY)
    assert journey.new_requests() == ["/clusters-meet-regions", CALL, LYON]
    journey.check_lines(*listed)
    assert PRAGUE in journey.new_requests()


def test_a_failed_page_does_not_affect_the_others(journey: SiteJourney) -> None:
    journey.site.fail(LYON, 404)
    prague = f"> [Prague, Czechia]({PRAGUE}) – 23-24 October 2023"
    dates = "The workshop takes place on 23-24 October 2023 in Prague, Czechia."
    journey.site.page(PRAGUE, document("Clusters meet Regions – Prague, Czechia", dates))
    journey.site.page("/clusters-meet-regions", b"")
    journey.check_lines(LISTED, prague, *PAST)
    outcomes = {last.page.url: last.has_failed for last in Checks(journey.database).last_fetches()}
    assert outcomes[journey.site.url(LYON)] is True
    assert outcomes[journey.site.url(PRAGUE)] is False


def test_links_to_other_sites_are_never_followed(journey: SiteJourney) -> None:
    with FakeSite() as other_site:
        line = LISTED.replace(LYON, other_site.url("/lyon"))
        notice = NOTICE.replace(CALL, other_site.url("/call"))
        journey.check_lines(notice, line, "> [Oslo, Norway](/files/oslo.pdf) – 3 March 2024", *PAST)
        assert other_site.paths() == []
    assert journey.new_requests() == ["/clusters-meet-regions"]


def test_the_incident_of_a_suspect_page_has_expected_and_found_content(journey: SiteJourney) -> None:
    journey.site.page(CALL, call_page("31 May 2024 – 18:00 (Brussels time)"))
    journey.check_lines(NOTICE, LISTED, *PAST)
    journey.site.page(CALL, document("Page not found", "We are sorry."))
    assert journey.check() == []
    (incident,) = Incidents(journey.database).unresolved()
    assert incident.subject == journey.site.url(CALL)
    assert incident.detail.startswith("the page describes no call. Expected 0 editions, 1 call; ")
    assert "Found 0 editions, 0 calls; " in incident.detail
    assert "“Page not found”" in incident.detail
    journey.site.page(CALL, call_page("31 May 2024 – 18:00 (Brussels time)"))
    journey.check()
    assert Incidents(journey.database).unresolved() == ()


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_edition_that_moves_to_the_past_section_after_its_dates(journey: SiteJourney) -> None:
    journey.check_lines(LISTED, *PAST)
    journey.now += timedelta(days=20)
    journey.check_lines(*PAST)
    journey.check_lines(LISTED.replace(">", "<"), *PAST, minutes=8 * DAY)
    journey.check()
    assert journey.changes() == ["edition.held lyon-fr-2023-10"]


def test_a_city_that_hosts_twice(journey: SiteJourney) -> None:
    journey.check_lines(f"< [Lyon, France]({LYON}) – 12-13 October 2022", *PAST)
    (mail,) = journey.check_lines(LISTED, f"< [Lyon, France]({LYON}-2022) – 12-13 October 2022", *PAST)
    assert mail == ["New edition: Lyon, France (12–13 October 2023)"]
    assert "edition.announced lyon-fr-2023-10" in journey.changes()


def test_a_list_that_is_trimmed_to_its_last_ten(journey: SiteJourney) -> None:
    long = [f"< City{n}, Spain – {n} May 20{n}" for n in range(24, 10, -1)]
    journey.now += timedelta(days=400)
    journey.check_lines(*long, "> Oslo, Norway – 3 March 2026", minutes=60)
    journey.check_lines(*long[:10], "> Oslo, Norway – 3 March 2026", minutes=60)
    assert journey.outcome == "unchanged"
    assert journey.check_lines(*long[:10], "> Oslo, Norway – 3 March 2026", minutes=60) == []
    assert {change.split()[0] for change in journey.changes()} == {"edition.delisted"}


def test_a_suspect_page_that_contains_a_real_new_edition(journey: SiteJourney) -> None:
    journey.check_lines(LISTED, *PAST)
    new = "> Oslo, Norway – 3 March 2024"
    assert journey.check_lines(LISTED, new, PAST[2]) == [["New edition: Oslo, Norway (3 March 2024)"]]
    assert journey.outcome == "suspect"
    assert journey.check_lines(LISTED, new, *PAST) == []
    assert journey.changes() == ["edition.announced oslo-no-2024-03"]


def test_a_suspect_first_page_does_not_become_the_baseline(journey: SiteJourney) -> None:
    assert journey.check_lines(LISTED, *PAST, cut=-30) == []
    assert journey.outcome == "suspect"
    assert journey.check_lines(LISTED, *PAST) == []
    assert journey.outcome == "baseline"
    assert journey.changes() == []


def test_dates_that_change_and_change_back(journey: SiteJourney) -> None:
    moved = LISTED.replace("12-13", "19-20")
    journey.check_lines(LISTED, *PAST)
    assert journey.check_lines(moved, *PAST) == [
        ["Rescheduled: Lyon, France, from 12–13 October 2023 to 19–20 October 2023"]
    ]
    assert journey.check_lines(LISTED, *PAST) == [
        ["Rescheduled: Lyon, France, from 19–20 October 2023 to 12–13 October 2023"]
    ]
    journey.check_lines(*PAST, minutes=10)
    assert journey.check_lines(LISTED, *PAST) == []
    assert len(journey.changes()) == 2
