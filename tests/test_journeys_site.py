"""Journeys over several pages: the list, the call page, the editions' own pages. The mailbox is read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from cmr_watch.app import App
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.test_journeys import PAST, Journey

CALL = "/content/call-expression-interest"
LYON = "/content/clusters-meet-regions-lyon-france"
PRAGUE = "/content/clusters-meet-regions-prague"
LISTED = f"> [Lyon, France]({LYON}) – 12-13 October 2023"
NOTICE = f"! The call to host events in 2024 is open. [Read the call]({CALL})"
DAY = 60 * 24


def own(title: str, *said: str) -> bytes:
    body = "".join(f"<p>{text}</p>" for text in said)
    return f"<!DOCTYPE html><html><body><article><h1>{title}</h1>{body}</article></body></html>".encode()


def link(words: str, address: str) -> str:
    return f'<a href="{address}">{words}</a>'


def lyon(*said: str) -> bytes:
    days = "The workshop takes place on 12-13 October 2023 in Lyon, France."
    return own("Clusters meet Regions – Lyon, France", days, *said)


def call_page(*cutoffs: str, status: str = "The call to host Clusters meet Regions events in 2024 is open.") -> bytes:
    return own("Call for expression of interest", status, "Cut-off dates:", *cutoffs, link("Apply here", "/form/apply"))


class Tour(Journey):
    """Several pages; nobody waits between them."""

    def __init__(self, database: Database, site: FakeSite, mailbox: Mailbox) -> None:
        super().__init__(database, site, mailbox)
        self.app.__exit__(None, None, None)
        self.slept: list[float] = []
        self.app = App(self.settings, database, lambda: self.now, self.slept.append)

    def reads(
        self, *lines: str, minutes: float = 30, cut: int | None = None, etag: str | None = None
    ) -> list[list[str]]:
        """The list, with its links on this site: relative ones lead to the real one."""
        here = [line.replace("](/", f"]({self.site.url()}") for line in lines]
        return super().reads(*here, minutes=minutes, cut=cut, etag=etag)

    def told(self) -> list[str]:
        """All that is recorded, as kind and key."""
        return [f"{one.change.kind.value} {one.change.key}" for one in Checks(self.database).changes()]

    def asked(self) -> list[str]:
        """Which pages were asked for since the last look."""
        paths = [path for path in self.site.paths()[self._seen :] if path != "/robots.txt"]
        self._seen = len(self.site.paths())
        return paths

    _seen = 0


@pytest.fixture
def tour(database: Database) -> Iterator[Tour]:
    with FakeSite() as site, Mailbox() as mailbox:
        tour = Tour(database, site, mailbox)
        with tour.app:
            yield tour


# ── the call page ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cutoff_of_the_call_page_is_told_and_shown(tour: Tour) -> None:
    tour.site.page(CALL, call_page("31 May 2024 – 18:00 CET (Brussels time)"))
    assert tour.reads(NOTICE, LISTED, *PAST) == []
    tour.site.page(CALL, call_page("31 May 2024 – 18:00 (Brussels time)", "30 September 2024 – 18:00 (Brussels time)"))
    (mail,) = tour.check()
    assert len(mail) == 1
    assert "30 September 2024" in mail[0]
    (call,) = Checks(tour.database).known().calls
    assert (call.key, len(call.call.cutoffs), call.conflicting_notice) == ("call-2024", 2, None)


def test_what_both_pages_say_is_told_once(tour: Tour) -> None:
    closed = "The call to host Clusters meet Regions events in 2024 is closed."
    tour.site.page(CALL, call_page())
    tour.reads(NOTICE, LISTED, *PAST)
    (mail,) = tour.reads(NOTICE.replace("is open", "is closed"), LISTED, *PAST)
    assert mail == ["Call for hosts 2024: now closed"]
    tour.site.page(CALL, call_page(status=closed))
    assert tour.reads(NOTICE.replace("is open", "is closed"), LISTED, *PAST) == []
    assert tour.told() == ["call.closed call-2024"]


def test_the_call_page_first_and_the_notice_after_it(tour: Tour) -> None:
    tour.site.page(CALL, call_page("31 May 2024 – 18:00 (Brussels time)"))
    tour.reads(NOTICE, LISTED, *PAST)
    tour.site.page(CALL, call_page("7 June 2024 – 18:00 (Brussels time)"))
    (mail,) = tour.check()
    assert "7 June 2024" in mail[0]
    later = NOTICE.replace("is open.", "is open until 7 June 2024, 18:00.")
    assert tour.reads(later, LISTED, *PAST) == []


def test_what_the_pages_disagree_about_is_kept_beside_it(tour: Tour) -> None:
    tour.site.page(CALL, call_page(status="The call to host Clusters meet Regions events in 2024 is closed."))
    tour.reads(NOTICE, LISTED, *PAST)
    (call,) = Checks(tour.database).known().calls
    assert call.call.status == "closed"
    assert call.conflicting_notice is not None
    assert call.conflicting_notice.status == "open"


def test_a_call_that_closes_and_opens_again(tour: Tour) -> None:
    tour.reads(NOTICE, LISTED, *PAST)
    assert tour.reads(NOTICE.replace("is open", "is closed"), LISTED, *PAST) == [["Call for hosts 2024: now closed"]]
    assert tour.reads(NOTICE, LISTED, *PAST) == [["Call for hosts 2024: now open"]]


def test_two_calls_at_once(tour: Tour) -> None:
    tour.reads(NOTICE, LISTED, *PAST)
    other = "! The call to host events in 2026 is open. [Apply](/form)"
    assert tour.reads(NOTICE, other, LISTED, *PAST) == [["Call for hosts 2026: now open"]]
    assert [one.key for one in Checks(tour.database).known().calls] == ["call-2024", "call-2026"]
    assert tour.reads(NOTICE, other, LISTED, *PAST) == []


# ── editions' own pages ──────────────────────────────────────────────────────────────────────────────────────────


def test_registration_opens_on_the_page_of_the_edition(tour: Tour) -> None:
    tour.site.page(LYON, lyon("Registration will open soon."))
    tour.reads(LISTED, *PAST, minutes=DAY)
    tour.site.page(LYON, lyon(link("Register here", "/register/lyon")))
    assert tour.check(minutes=DAY) == [["Registration open: Lyon, France (12–13 October 2023)"]]
    assert tour.check(minutes=DAY) == []
    edition = Checks(tour.database).known().editions[0].edition
    assert edition.registration_url == tour.site.url("/register/lyon")


def test_materials_are_told_in_the_digest(tour: Tour) -> None:
    tour.site.page(LYON, lyon())
    tour.reads(LISTED, *PAST, minutes=DAY)
    tour.site.page(LYON, lyon(link("🗓️ Agenda", "/files/agenda.pdf")))
    mails = [mail for _ in range(8) for mail in tour.check(minutes=DAY)]
    assert [mail for mail in mails if "materials" in mail[0]] == [["New materials: Lyon, France (12–13 October 2023)"]]


def test_a_summary_on_both_pages_is_told_once(tour: Tour) -> None:
    held = f"< [Lyon, France]({LYON}) – 12-13 October 2023"
    tour.site.page(LYON, lyon("The workshop took place in Lyon."))
    tour.reads(held, *PAST, minutes=8 * DAY)
    tour.site.page(
        LYON, lyon("The workshop took place in Lyon.", link("📑 Read the event summary", "/files/summary.pdf"))
    )
    tour.check(minutes=8 * DAY)
    tour.reads(f"{held} [Read the event summary](/files/summary.pdf)", *PAST, minutes=8 * DAY)
    assert tour.told() == ["edition.summary_published lyon-fr-2023-10"]


def test_a_line_that_links_to_the_page_of_another_edition(tour: Tour) -> None:
    prague = f"> [Prague, Czechia]({LYON}) – 23-24 October 2023"
    tour.site.page(LYON, lyon())
    tour.reads(LISTED, prague, *PAST, minutes=DAY)
    tour.site.page(LYON, lyon(link("Register here", "/register/lyon")))
    assert tour.check(minutes=DAY) == [["Registration open: Lyon, France (12–13 October 2023)"]]
    tour.reads(prague, *PAST, minutes=DAY)
    tour.site.page(LYON, lyon(link("Register here", "/register/other"), link("Agenda", "/files/agenda.pdf")))
    tour.check(minutes=DAY)
    assert not [told for told in tour.told() if told.endswith("prague-cz-2023-10")]


def test_a_page_that_tells_of_another_edition_is_not_believed(tour: Tour) -> None:
    tour.site.page(LYON, lyon(link("Register here", "/register/lyon")))
    tour.reads(LISTED, *PAST, minutes=DAY)
    other = "The workshop takes place on 3-4 March 2025 in Gdańsk, Poland."
    tour.site.page(LYON, own("Clusters meet Regions – Gdańsk, Poland", other))
    assert tour.check(minutes=DAY) == []
    rows = Checks(tour.database).snapshots(tour.site.url(LYON))
    assert [(row.assessment, row.reason) for row in rows][1:] == [
        ("suspect", "the page describes Gdańsk instead of Lyon, on other dates")
    ]


# ── politely, and each page by itself ────────────────────────────────────────────────────────────────────────────


def test_each_page_has_its_own_rhythm(tour: Tour) -> None:
    past = f"< [Bonn, Germany]({PRAGUE}) – 5 May 2022"
    tour.site.page(CALL, call_page())
    tour.site.page(LYON, lyon())
    tour.site.page(
        PRAGUE, own("Clusters meet Regions – Bonn, Germany", "It took place on 5 May 2022 in Bonn, Germany.")
    )
    listed = (NOTICE, LISTED, past, *PAST[1:])
    tour.reads(*listed, minutes=60)
    assert tour.asked() == ["/clusters-meet-regions", CALL, LYON, PRAGUE]
    assert tour.slept == [1, 1, 1]
    tour.reads(*listed, minutes=DAY)
    assert tour.asked() == ["/clusters-meet-regions", CALL]
    tour.reads(*listed, minutes=30 * DAY)
    assert tour.asked() == ["/clusters-meet-regions", CALL, LYON]
    tour.reads(*listed)
    assert PRAGUE in tour.asked()


def test_a_page_that_fails_stops_no_other(tour: Tour) -> None:
    tour.site.fail(LYON, 404)
    prague = f"> [Prague, Czechia]({PRAGUE}) – 23-24 October 2023"
    about = "The workshop takes place on 23-24 October 2023 in Prague, Czechia."
    tour.site.page(PRAGUE, own("Clusters meet Regions – Prague, Czechia", about))
    tour.site.page("/clusters-meet-regions", b"")
    tour.reads(LISTED, prague, *PAST)
    outcomes = {last.page.url: last.has_failed for last in Checks(tour.database).last_fetches()}
    assert outcomes[tour.site.url(LYON)] is True
    assert outcomes[tour.site.url(PRAGUE)] is False


def test_links_to_elsewhere_are_never_followed(tour: Tour) -> None:
    with FakeSite() as elsewhere:
        abroad = LISTED.replace(LYON, elsewhere.url("/lyon"))
        notice = NOTICE.replace(CALL, elsewhere.url("/call"))
        tour.reads(notice, abroad, "> [Oslo, Norway](/files/oslo.pdf) – 3 March 2024", *PAST)
        assert elsewhere.paths() == []
    assert tour.asked() == ["/clusters-meet-regions"]


def test_a_suspect_page_tells_the_operator_what_came(tour: Tour) -> None:
    tour.site.page(CALL, call_page("31 May 2024 – 18:00 (Brussels time)"))
    tour.reads(NOTICE, LISTED, *PAST)
    tour.site.page(CALL, own("Page not found", "We are sorry."))
    assert tour.check() == []
    from cmr_watch.store.incidents import Incidents

    (incident,) = Incidents(tour.database).unresolved()
    assert incident.subject == tour.site.url(CALL)
    assert incident.detail.startswith("the page describes no call. Expected 0 editions, 1 call; ")
    assert "Found 0 editions, 0 calls; " in incident.detail
    assert "“Page not found”" in incident.detail
    tour.site.page(CALL, call_page("31 May 2024 – 18:00 (Brussels time)"))
    tour.check()
    assert Incidents(tour.database).unresolved() == ()


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_edition_that_moves_to_the_past_after_its_days(tour: Tour) -> None:
    tour.reads(LISTED, *PAST)
    tour.now += timedelta(days=20)
    tour.reads(*PAST)
    tour.reads(LISTED.replace(">", "<"), *PAST, minutes=8 * DAY)
    tour.check()
    assert tour.told() == ["edition.held lyon-fr-2023-10"]


def test_a_city_that_hosts_twice(tour: Tour) -> None:
    tour.reads(f"< [Lyon, France]({LYON}) – 12-13 October 2022", *PAST)
    (mail,) = tour.reads(LISTED, f"< [Lyon, France]({LYON}-2022) – 12-13 October 2022", *PAST)
    assert mail == ["New edition: Lyon, France (12–13 October 2023)"]
    assert "edition.announced lyon-fr-2023-10" in tour.told()


def test_a_list_that_is_trimmed_to_its_last_ten(tour: Tour) -> None:
    long = [f"< City{n}, Spain – {n} May 20{n}" for n in range(24, 10, -1)]
    tour.now += timedelta(days=400)
    tour.reads(*long, "> Oslo, Norway – 3 March 2026", minutes=60)
    tour.reads(*long[:10], "> Oslo, Norway – 3 March 2026", minutes=60)
    assert tour.outcome == "unchanged"
    assert tour.reads(*long[:10], "> Oslo, Norway – 3 March 2026", minutes=60) == []
    assert {told.split()[0] for told in tour.told()} == {"edition.delisted"}


def test_a_suspect_page_that_contains_a_real_new_edition(tour: Tour) -> None:
    tour.reads(LISTED, *PAST)
    new = "> Oslo, Norway – 3 March 2024"
    assert tour.reads(LISTED, new) == [["New edition: Oslo, Norway (3 March 2024)"]]
    assert tour.outcome == "suspect"
    assert tour.reads(LISTED, new, *PAST) == []
    assert tour.told() == ["edition.announced oslo-no-2024-03"]


def test_a_suspect_first_page_is_no_baseline(tour: Tour) -> None:
    assert tour.reads(LISTED, *PAST, cut=-30) == []
    assert tour.outcome == "suspect"
    assert tour.reads(LISTED, *PAST) == []
    assert tour.outcome == "baseline"
    assert tour.told() == []


def test_there_and_back_again(tour: Tour) -> None:
    moved = LISTED.replace("12-13", "19-20")
    tour.reads(LISTED, *PAST)
    assert tour.reads(moved, *PAST) == [["Rescheduled: Lyon, France, from 12–13 October 2023 to 19–20 October 2023"]]
    assert tour.reads(LISTED, *PAST) == [["Rescheduled: Lyon, France, from 19–20 October 2023 to 12–13 October 2023"]]
    tour.reads(*PAST, minutes=10)
    assert tour.reads(LISTED, *PAST) == []
    assert len(tour.told()) == 2
