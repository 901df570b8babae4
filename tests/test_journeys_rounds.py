"""End-to-end tests of rounds: what one check of all pages finds about one call or edition is one complete item."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cmr_watch.app import App
from cmr_watch.store.checks import Checks
from cmr_watch.store.rounds import LEASE
from tests.fakes.site import Response
from tests.test_journeys import PAST
from tests.test_journeys_site import CALL, DAY, LISTED, LYON, NOTICE, SiteJourney, call_page, journey, link, lyon_page

__all__ = ["journey"]

ANNOUNCED = "! A new call to host events in 2024 will open soon. Stay tuned!"
CLOSED = f"! The call to host events in 2024 is closed. [Read the call]({CALL})"
MAY, SEPTEMBER = "31 May 2024 – 18:00 (Brussels time)", "30 September 2024 – 18:00 (Brussels time)"


class ProcessKilled(BaseException):
    """Stands for SIGKILL: nothing after it runs in this process."""


def last_mail(journey: SiteJourney) -> str:
    return journey.mailbox.mails[-1].part("plain")


def test_an_opened_call_is_one_change_with_the_cut_offs_of_the_call_page(journey: SiteJourney) -> None:
    journey.check_lines(ANNOUNCED, LISTED, *PAST)
    journey.site.page(CALL, call_page(MAY, SEPTEMBER))
    (mail,) = journey.check_lines(NOTICE, LISTED, *PAST)
    assert len(mail) == 1
    assert journey.changes() == ["call.opened call-2024"]
    assert "31 May 2024" in last_mail(journey)
    assert "30 September 2024" in last_mail(journey)
    assert journey.check() == []


def test_years_that_come_with_a_new_status_are_part_of_it(journey: SiteJourney) -> None:
    journey.check_lines(ANNOUNCED, LISTED, *PAST)
    journey.check_lines(NOTICE.replace("2024", "2024–2025"), LISTED, *PAST)
    assert journey.changes() == ["call.opened call-2024"]
    assert "2024–2025" in last_mail(journey)


def test_cut_offs_that_change_on_the_call_page_while_the_call_opens_are_part_of_it(journey: SiteJourney) -> None:
    journey.site.page(CALL, call_page(MAY))
    journey.check_lines(CLOSED, LISTED, *PAST)
    journey.site.page(CALL, call_page(MAY, SEPTEMBER))
    journey.check_lines(NOTICE, LISTED, *PAST)
    assert journey.changes() == ["call.opened call-2024"]
    assert "30 September 2024" in last_mail(journey)


def test_cut_offs_that_could_not_be_read_in_that_round_are_reported_once_together(journey: SiteJourney) -> None:
    journey.check_lines(ANNOUNCED, LISTED, *PAST)
    journey.site.script(CALL, Response(503))
    journey.check_lines(NOTICE, LISTED, *PAST)
    journey.site.page(CALL, call_page(MAY, SEPTEMBER))
    (mail,) = journey.check(minutes=60)
    assert len(mail) == 1
    assert journey.changes() == ["call.opened call-2024", "call.cutoff_added call-2024"]
    assert "31 May 2024" in last_mail(journey)
    assert "30 September 2024" in last_mail(journey)
    assert journey.check() == []


def test_a_call_page_that_the_first_reading_names_is_silent_whenever_it_is_read(journey: SiteJourney) -> None:
    journey.site.script(CALL, Response(503))
    journey.check_lines(NOTICE, LISTED, *PAST)
    journey.site.page(CALL, call_page(MAY, SEPTEMBER))
    assert journey.check(minutes=60) == []
    assert journey.changes() == []


def test_killed_between_the_list_and_the_call_page(journey: SiteJourney) -> None:
    """The changes of the list wait for the lease of the round, and then any other process sends them."""

    def killed(_: float) -> None:
        raise ProcessKilled

    journey.check_lines(ANNOUNCED, LISTED, *PAST)
    journey.site.page(CALL, call_page(MAY, SEPTEMBER))
    journey.serve_lines(NOTICE, LISTED, *PAST)
    victim = App(journey.settings, journey.database, lambda: journey.now, killed)
    with victim, pytest.raises(ProcessKilled):
        victim.check()

    journey.app.enqueue()
    journey.app.deliver()
    assert journey.new_mails() == [], "the round may still be going on"

    journey.now += LEASE + timedelta(seconds=1)
    journey.app.enqueue()
    journey.app.deliver()
    (mail,) = journey.new_mails()
    assert mail == ["Call for hosts 2024: now open"]

    (mail,) = journey.check()
    assert len(mail) == 1
    assert "30 September 2024" in last_mail(journey)
    assert journey.changes() == ["call.opened call-2024", "call.cutoff_added call-2024"]


def test_another_process_delivers_nothing_of_a_round_that_is_going_on(journey: SiteJourney) -> None:
    seen: list[int] = []

    def another_process(_: float) -> None:
        journey.app.enqueue()
        journey.app.deliver()
        seen.append(len(journey.new_mails()))

    journey.check_lines(ANNOUNCED, LISTED, *PAST)
    journey.site.page(CALL, call_page(MAY, SEPTEMBER))
    journey.serve_lines(NOTICE, LISTED, *PAST)
    with App(journey.settings, journey.database, lambda: journey.now, another_process) as checking:
        checking.check()
    assert seen
    assert not any(seen)
    assert len(journey.new_mails()) == 1
    assert "30 September 2024" in last_mail(journey)


@pytest.mark.parametrize("word", ["CANCELLED", "postponed"])
def test_registration_for_an_edition_that_is_off_is_never_notified(journey: SiteJourney, word: str) -> None:
    journey.site.page(LYON, lyon_page("Registration will open soon."))
    journey.check_lines(LISTED, *PAST, minutes=DAY)
    journey.check_lines(f"{LISTED} – {word}", *PAST, minutes=DAY)
    journey.site.page(LYON, lyon_page(link("Register here", "/register/lyon"), link("Agenda", "/files/agenda.pdf")))
    journey.check(minutes=DAY)
    journey.check(minutes=DAY)
    assert "edition.registration_opened lyon-fr-2023-10" not in journey.changes()


def test_nothing_on_the_page_of_a_cancelled_edition_is_notified_but_its_reinstatement(journey: SiteJourney) -> None:
    journey.site.page(LYON, lyon_page("Registration will open soon."))
    journey.check_lines(LISTED, *PAST, minutes=DAY)
    journey.check_lines(f"{LISTED} – CANCELLED", *PAST, minutes=DAY)
    journey.site.page(LYON, lyon_page(link("🗓️ Agenda", "/files/agenda.pdf"), link("Slides", "/files/slides.pdf")))
    assert journey.check(minutes=DAY) == []
    assert {change.partition(" ")[0] for change in journey.changes()} <= {"edition.cancelled", "edition.updated"}
    assert Checks(journey.database).known().editions[0].edition.status == "cancelled"
