"""End-to-end tests of rounds: what one check of all pages finds about one call or edition is one complete item."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cmr_watch.app import App
from cmr_watch.store.checks import Checks
from cmr_watch.store.rounds import LEASE
from tests.fakes.site import Response
from tests.test_journeys import PAST
from tests.test_journeys_site import (
    CALL,
    DAY,
    LISTED,
    LYON,
    NOTICE,
    SiteJourney,
    call_page,
    document,
    journey,
    link,
    lyon_page,
)

__all__ = ["journey"]

ANNOUNCED = "! A new call to host events in 2024 will open soon. Stay tuned!"
CLOSED = f"! The call to host events in 2024 is closed. [Read the call]({CALL})"
MAY, SEPTEMBER = "31 May 2024 – 18:00 (Brussels time)", "30 September 2024 – 18:00 (Brussels time)"


class ProcessKilled(BaseException):
    """Simulates SIGKILL: nothing after it runs in this process."""


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


def test_registration_that_appears_after_an_edition_is_no_news(journey: SiteJourney) -> None:
    journey.site.page(LYON, lyon_page("Registration will open soon."))
    journey.check_lines(LISTED, *PAST, minutes=DAY)
    journey.site.page(LYON, lyon_page(link("Register for the matchmaking", "/register/lyon")))
    journey.check_lines(LISTED.replace("> ", "< "), *PAST, minutes=DAY)
    journey.check(minutes=DAY)
    assert REGISTRATION not in journey.changes()


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


# ── pages that appear later ──────────────────────────────────────────────────────────────────────────────────────────


REGISTER = link("Register here", "/register/lyon")
REGISTRATION = "edition.registration_opened lyon-fr-2023-10"


def test_registration_on_a_page_that_the_list_links_to_later_is_notified(journey: SiteJourney) -> None:
    journey.check_lines("> Lyon, France – 12-13 October 2023", *PAST, minutes=DAY)
    journey.site.page(LYON, lyon_page(REGISTER))
    (mail,) = journey.check_lines(LISTED, *PAST, minutes=DAY)
    assert mail == ["Registration open: Lyon, France (12–13 October 2023)"]
    assert journey.check(minutes=DAY) == []


def test_registration_on_the_page_of_a_new_edition_that_failed_at_first_is_notified(journey: SiteJourney) -> None:
    journey.check_lines(*PAST, minutes=DAY)
    journey.site.fail(LYON, 404)
    journey.check_lines(LISTED, *PAST, minutes=DAY)
    journey.site.page(LYON, lyon_page(REGISTER))
    journey.check(minutes=DAY)
    assert journey.changes() == ["edition.announced lyon-fr-2023-10", REGISTRATION]


def test_a_new_edition_whose_page_is_read_in_the_same_round_is_one_change(journey: SiteJourney) -> None:
    journey.check_lines(*PAST, minutes=DAY)
    journey.site.page(LYON, lyon_page(REGISTER))
    journey.check_lines(LISTED, *PAST, minutes=DAY)
    assert journey.changes() == ["edition.announced lyon-fr-2023-10"]
    assert "/register/lyon" in last_mail(journey)


def test_an_edition_page_that_the_first_reading_names_is_silent_whenever_it_is_read(journey: SiteJourney) -> None:
    journey.site.fail(LYON, 404)
    journey.check_lines(LISTED, *PAST, minutes=DAY)
    journey.site.page(LYON, lyon_page(REGISTER))
    assert journey.check(minutes=DAY) == []
    assert journey.changes() == []


@pytest.mark.parametrize("days_ago", [80, 100])
def test_a_page_of_an_edition_that_has_been_over_for_90_days_is_no_news(journey: SiteJourney, days_ago: int) -> None:
    last = (journey.now - timedelta(days=days_ago)).strftime("%-d %B %Y")
    line = f"[Lyon, France]({LYON}) – {last}"
    journey.check_lines(f"< Lyon, France – {last}", *PAST, minutes=DAY)
    journey.site.page(LYON, document("Clusters meet Regions – Lyon, France", last, link("Slides", "/lyon.pdf")))
    journey.check_lines(f"< {line}", *PAST, minutes=DAY)
    has_news = any(change.startswith("edition.materials_published") for change in journey.changes())
    assert has_news == (days_ago < 90)


def test_a_call_that_is_announced_on_the_list_and_open_on_its_new_page_is_open(journey: SiteJourney) -> None:
    journey.check_lines(LISTED, *PAST)
    journey.site.page(CALL, call_page(MAY, SEPTEMBER))
    (mail,) = journey.check_lines(f"{ANNOUNCED} [Read more]({CALL})", LISTED, *PAST)
    assert mail == ["Call for hosts 2024: now open"]
    assert "31 May 2024" in last_mail(journey)


def test_the_link_to_an_open_call_page_is_news_although_the_list_says_nothing_else(journey: SiteJourney) -> None:
    journey.check_lines(ANNOUNCED, LISTED, *PAST)
    journey.site.page(CALL, call_page(MAY, SEPTEMBER))
    (mail,) = journey.check_lines(f"{ANNOUNCED} [Read more]({CALL})", LISTED, *PAST)
    assert mail == ["Call for hosts 2024: now open"]


def test_the_new_page_of_a_call_that_was_open_from_the_beginning_adds_its_cut_offs(journey: SiteJourney) -> None:
    journey.check_lines("! The call to host events in 2024 is open.", LISTED, *PAST)
    journey.site.page(CALL, call_page(MAY, SEPTEMBER))
    (mail,) = journey.check_lines(NOTICE, LISTED, *PAST)
    assert mail == [
        "Call for hosts 2024: new cut-offs 31 May 2024, 18:00 (Brussels time); 30 September 2024, 18:00 (Brussels time)"
    ]
    assert journey.changes() == ["call.cutoff_added call-2024"]


# ── closing, moving and contradicting ────────────────────────────────────────────────────────────────────────────────


def test_a_call_that_closes_on_its_page_while_its_notice_disappears_is_one_event(journey: SiteJourney) -> None:
    journey.site.page(CALL, call_page(MAY))
    journey.check_lines(NOTICE, LISTED, *PAST)
    journey.site.page(CALL, call_page(f"{MAY} – CLOSED", status="The call to host events in 2024 is now closed."))
    (mail,) = journey.check_lines(LISTED, *PAST)
    assert mail == ["Call for hosts 2024: now closed"]
    assert "disagree" not in last_mail(journey)
    assert journey.check() == []
    assert journey.changes() == ["call.closed call-2024"]


def test_a_notice_that_says_closed_while_the_call_page_says_open(journey: SiteJourney) -> None:
    journey.site.page(CALL, call_page(MAY))
    journey.check_lines(NOTICE, LISTED, *PAST)
    journey.check_lines(CLOSED, LISTED, *PAST)
    warning = "The pages disagree: the call page says that the call is open, the list of editions says closed."
    assert warning in " ".join(last_mail(journey).split())
    (mail,) = journey.check_lines(NOTICE, LISTED, *PAST)
    assert mail == ["Call for hosts 2024: now open"]
    assert "open again" in journey.mailbox.mails[-1].subject


def test_an_extension_on_the_list_before_the_call_page_follows(journey: SiteJourney) -> None:
    """The new cut-off is announced with the contradiction; once the page follows, the old one is reported as moved."""
    journey.site.page(CALL, call_page(MAY))
    journey.check_lines(NOTICE, LISTED, *PAST)
    extended = NOTICE.replace("is open.", "is open. Deadline: 15 June 2024, 12:00.")
    (mail,) = journey.check_lines(extended, LISTED, *PAST)
    assert mail == ["Call for hosts 2024: new cut-off 15 June 2024, 12:00 (Brussels time)"]
    warning = "The pages disagree: the list of editions gives the cut-off 15 June 2024, 12:00 (Brussels time)"
    assert warning in " ".join(last_mail(journey).split())
    assert journey.mailbox.mails[-1].subject.endswith("· the pages disagree")
    journey.site.page(CALL, call_page("15 June 2024 – 12:00 (Brussels time)"))
    (mail,) = journey.check()
    assert mail == ["Call for hosts 2024: cut-off moved from 31 May 2024, 18:00 to 15 June 2024, 12:00 (Brussels time)"]


def test_an_extension_on_both_pages_in_one_round_is_one_move(journey: SiteJourney) -> None:
    journey.site.page(CALL, call_page(MAY))
    journey.check_lines(NOTICE, LISTED, *PAST)
    journey.site.page(CALL, call_page("15 June 2024 – 12:00 (Brussels time)"))
    (mail,) = journey.check_lines(NOTICE.replace("is open.", "is open. Deadline: 15 June 2024, 12:00."), LISTED, *PAST)
    assert mail == ["Call for hosts 2024: cut-off moved from 31 May 2024, 18:00 to 15 June 2024, 12:00 (Brussels time)"]


def test_a_cancellation_on_the_editions_own_page_offers_no_registration(journey: SiteJourney) -> None:
    journey.site.page(LYON, lyon_page(REGISTER))
    journey.check_lines(LISTED, *PAST, minutes=DAY)
    journey.site.page(LYON, lyon_page("This event has been cancelled.", REGISTER))
    (mail,) = journey.check(minutes=DAY)
    assert mail == ["Cancelled: Lyon, France (12–13 October 2023)"]
    assert "Register" not in last_mail(journey)
    assert "The list of editions does not say so yet." in last_mail(journey)


def test_new_days_on_the_editions_own_page_are_shown_as_its_days(journey: SiteJourney) -> None:
    journey.site.page(LYON, lyon_page())
    journey.check_lines(LISTED, *PAST, minutes=DAY)
    journey.site.page(LYON, document("Clusters meet Regions – Lyon, France", "19-20 October 2023, Lyon, France"))
    journey.check(minutes=DAY)
    assert "The list of editions still gives 12–13 October 2023." in last_mail(journey)
    assert "Dates: 12–13" not in last_mail(journey)


def test_a_cut_off_without_an_hour_is_that_of_the_other_page(journey: SiteJourney) -> None:
    """The list gives the day, the call page the hour: no contradiction, no second news, and no hour of ours."""
    journey.site.page(CALL, call_page(MAY))
    journey.check_lines(NOTICE, LISTED, *PAST)
    dated = NOTICE.replace("is open.", "is open until 31 May 2024.")
    assert journey.check_lines(dated, LISTED, *PAST) == []
    assert journey.check_lines(NOTICE, LISTED, *PAST) == []
    (call,) = Checks(journey.database).known().calls
    assert call.conflicting_notice is None
    journey.site.page(CALL, call_page(MAY, "15 June 2024"))
    (mail,) = journey.check()
    assert mail == ["Call for hosts 2024: new cut-off 15 June 2024"]
    assert "23:59" not in last_mail(journey)
