"""Now, in its four states."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cmr_watch.models.readings import CallNotice, Cutoff, Edition, Known, KnownCall, KnownEdition
from cmr_watch.store.public import Overview
from cmr_watch.web.public.now import NowPage, now_page

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
CUTOFF = Cutoff(datetime(2026, 12, 22, 17, 0, tzinfo=UTC))
LATER = Cutoff(datetime(2027, 5, 31, 16, 0, tzinfo=UTC))
OPEN = CallNotice("open", (2027, 2028), (CUTOFF, LATER), apply_url="https://example.eu/apply")
KRAKOW = Edition(
    "Kraków", country="Poland", country_code="PL", starts_on=date(2026, 12, 11), ends_on=date(2026, 12, 12)
)
NEXT_YEAR = Edition("Graz", country="Austria", starts_on=date(2027, 3, 1), ends_on=date(2027, 3, 1))


def shown(*entries: CallNotice | Edition, now: datetime = NOW) -> NowPage:
    calls = [KnownCall(f"call-{i}", entry) for i, entry in enumerate(entries) if isinstance(entry, CallNotice)]
    editions = [KnownEdition(f"e-{i}", entry) for i, entry in enumerate(entries) if isinstance(entry, Edition)]
    return now_page(Overview(Known(tuple(editions), tuple(calls)), NOW - timedelta(minutes=18)), now)


# ── a call is open ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_open_call_leads_with_the_days_until_its_next_cutoff():
    page = shown(OPEN, KRAKOW)
    assert page.lead.state == "open"
    assert page.lead.headline == "Regions can apply to host an edition in 2027–2028."
    assert (page.lead.count.figure, page.lead.count.words) == ("24", "days left")
    assert (page.lead.count.moment, page.lead.count.zone) == ("Tuesday 22 December 2026, 18:00", "(Brussels time)")
    assert page.lead.title == "24 days left: Regions can apply to host an edition in 2027–2028."
    assert page.edition is None
    assert [card.place for card in page.editions] == ["Kraków, Poland"]


@pytest.mark.parametrize(
    ("now", "figure", "words", "title"),
    [
        (datetime(2026, 12, 20, 22, 59, tzinfo=UTC), "2", "days left", "2 days left: "),
        (datetime(2026, 12, 20, 23, 0, tzinfo=UTC), "1", "day left", "1 day left: "),  # midnight in Brussels
        (datetime(2026, 12, 21, 23, 0, tzinfo=UTC), "Today", "", "Last day: "),
        (datetime(2026, 12, 22, 16, 59, tzinfo=UTC), "Today", "", "Last day: "),
        (datetime(2026, 12, 22, 17, 0, tzinfo=UTC), "160", "days left", "160 days left: "),  # the next one counts
    ],
)
def test_the_days_are_those_of_the_calendar_in_brussels(now, figure, words, title):
    lead = shown(OPEN, now=now).lead
    assert (lead.count.figure, lead.count.words) == (figure, words)
    assert lead.title.startswith(title)


def test_a_cutoff_without_an_hour_is_a_day():
    lead = shown(replace(OPEN, cutoffs=(Cutoff(datetime(2026, 12, 22, 22, 59, tzinfo=UTC)),))).lead
    assert (lead.count.moment, lead.count.zone) == ("Tuesday 22 December 2026", "")


def test_an_open_call_without_dates_can_be_applied_to():
    lead = shown(replace(OPEN, cutoffs=())).lead
    assert (lead.state, lead.count) == ("open", None)
    assert lead.notes == ("The platform gives no cut-off date.",)


def test_of_two_open_calls_the_one_with_the_sooner_cutoff_leads():
    other = replace(OPEN, hosting_years=(2026,), cutoffs=(Cutoff(NOW + timedelta(days=3)),))
    page = shown(OPEN, other)
    assert page.lead.headline == "Regions can apply to host an edition in 2026."
    assert [call.years for call in page.other_calls] == ["2027–2028"]


def test_the_steps_show_which_cutoff_is_next_and_which_have_passed():
    passed = Cutoff(NOW - timedelta(days=1))
    steps = shown(replace(OPEN, cutoffs=(LATER, CUTOFF, passed))).call.steps
    assert [(step.is_over, step.is_next) for step in steps] == [(True, False), (False, True), (False, False)]
    assert [step.countdown for step in steps] == ["yesterday", "in 24 days", "in 184 days"]


# ── a call is announced ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_announced_call_leads_and_says_that_it_is_not_open():
    page = shown(CallNotice("announced", (2027,)), KRAKOW)
    assert page.lead.state == "announced"
    assert page.lead.headline == "A call to host an edition in 2027 has been announced."
    assert "not open yet" in page.lead.notes[0]


def test_an_open_call_comes_before_an_announced_one():
    assert shown(CallNotice("announced", (2029,)), OPEN).lead.state == "open"


# ── none is open ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_call_the_next_edition_leads():
    page = shown(CallNotice("closed", (2025,)), NEXT_YEAR, KRAKOW)
    assert page.lead.state == "none"
    assert page.lead.headline == "The next edition takes place in Kraków, Poland."
    assert (page.lead.count.figure, page.lead.count.words) == ("13", "days")
    assert page.lead.title == "Kraków, Poland, in 13 days: the next edition"
    assert page.lead.notes == ("No call for hosts is open. The last one, “Call for hosts 2025”, is closed.",)
    assert page.edition.key == "e-2"


def test_a_call_whose_cutoffs_have_all_passed_is_not_called_open():
    page = shown(OPEN, KRAKOW, now=datetime(2027, 6, 1, tzinfo=UTC))
    assert page.lead.state == "none"
    assert "all its cut-offs have passed" in page.lead.notes[0]


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_an_edition_that_will_not_take_place_then_does_not_lead(status):
    page = shown(replace(KRAKOW, status=status), NEXT_YEAR)
    assert page.edition.place == "Graz, Austria"
    assert [card.place for card in page.editions] == ["Kraków, Poland", "Graz, Austria"]


def test_an_edition_that_is_gone_is_not_next():
    gone = KnownEdition("krakow", KRAKOW, gone="withdrawn")
    page = now_page(Overview(Known((gone,)), NOW), NOW)
    assert page.editions == ()
    assert page.lead.headline == "No call for hosts is open, and no edition is announced."


def test_an_edition_that_has_begun_is_taking_place():
    lead = shown(KRAKOW, now=datetime(2026, 12, 12, 10, 0, tzinfo=UTC)).lead
    assert lead.headline == "An edition is taking place in Kraków, Poland."


def test_an_edition_on_its_first_day_begins_today():
    lead = shown(KRAKOW, now=datetime(2026, 12, 10, 23, 0, tzinfo=UTC)).lead
    assert lead.count.figure == "Today"


# ── nothing has been read ────────────────────────────────────────────────────────────────────────────────────────


def test_before_the_first_reading_the_page_says_so():
    page = now_page(Overview(), NOW)
    assert page.lead.state == "unread"
    assert page.lead.headline == "The platform’s page has not been read yet."


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_of_the_sample(reader):
    page = reader.page("/")
    assert page.title.startswith("24 days left: Regions can apply")
    assert ("/calendar/cutoffs.ics", "Add cut-offs to calendar") in page.links
    assert (
        "/calendar/editions/krakow-pl-2026-12.ics",
        "Add to calendar: Kraków, Poland, 11–12 December 2026",
    ) in page.links
    assert "You need a letter of support." in page.text
    assert "to be confirmed" in page.text
    assert "It says now 22 December 2026 at 18:00 (Brussels time)" in page.text


def test_the_page_before_the_first_reading(first_reader):
    page = first_reader.page("/")
    assert page.headings[0] == (1, "The platform’s page has not been read yet.")
    assert "Next editions" not in page.text


def test_a_page_that_was_not_read_for_years_says_so(reader):
    reader.now = datetime(2029, 1, 1, tzinfo=UTC)
    page = reader.page("/")
    assert page.headings[0] == (1, "No call for hosts is open, and no edition is announced.")
    assert "What you see may be out of date." in page.text
