"""Now, in its four states."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cmr_watch.models.readings import (
    CallNotice,
    Change,
    ChangeKind,
    Cutoff,
    Edition,
    Known,
    KnownCall,
    KnownEdition,
    RecordedChange,
)
from cmr_watch.store.public import Overview
from cmr_watch.web.public.moves import Move
from cmr_watch.web.public.now import NowPage, by_weight, now_page

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
    return now_page(Overview(Known(tuple(editions), tuple(calls)), now - timedelta(minutes=18)), now)


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
        (datetime(2026, 12, 21, 23, 0, tzinfo=UTC), "Today, 18:00", "is the next cut-off", "Last day: "),
        (datetime(2026, 12, 22, 16, 59, tzinfo=UTC), "Today, 18:00", "is the next cut-off", "Last day: "),
        (datetime(2026, 12, 22, 17, 0, tzinfo=UTC), "160", "days left", "160 days left: "),  # the next one counts
    ],
)
def test_the_days_are_those_of_the_calendar_in_brussels(now, figure, words, title):
    lead = shown(OPEN, now=now).lead
    assert (lead.count.figure, lead.count.words) == (figure, words)
    assert lead.title.startswith(title)


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (datetime(2026, 12, 22, 8, 30, tzinfo=UTC), "8 hours left"),
        (datetime(2026, 12, 22, 15, 30, tzinfo=UTC), "90 minutes left"),
        (datetime(2026, 12, 22, 16, 59, 30, tzinfo=UTC), "1 minute left"),
    ],
)
def test_on_the_last_day_the_hours_count(now, left):
    assert shown(OPEN, now=now).lead.count.until == left


def test_on_the_last_day_without_an_hour_nothing_is_said_of_hours():
    whole_day = replace(OPEN, cutoffs=(Cutoff(datetime(2026, 12, 22, 22, 59, tzinfo=UTC)),))
    count = shown(whole_day, now=datetime(2026, 12, 22, 8, 30, tzinfo=UTC)).lead.count
    assert (count.figure, count.words, count.until) == ("Today", "", "is the next cut-off")


def test_in_the_last_week_a_letter_is_planned_for_the_cutoff_after_it():
    advice = shown(OPEN, now=datetime(2026, 12, 16, 8, 30, tzinfo=UTC)).call.advice
    assert advice.action == "No letter yet? Plan for Monday 31 May 2027."
    assert shown(OPEN, now=datetime(2026, 12, 1, tzinfo=UTC)).call.advice.action.endswith("so request it now.")


@pytest.mark.parametrize(
    ("need", "fact"),
    [
        (
            "Attach a letter of support from their regional authority.",
            "letter of support from your regional authority.",
        ),
        (
            "A letter of support signed by the regional or national authority.",
            "letter of support from your regional or national authority.",
        ),
        ("A letter of support.", "letter of support."),
        ("A letter from a partner, and a form for regional authorities.", "letter of support."),
    ],
)
def test_the_letter_is_from_whom_the_page_says(need, fact):
    assert shown(replace(OPEN, needs=(need,))).call.advice.fact == f"You need a {fact}"


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
    assert "all cut-offs of “Call for hosts 2027–2028” have passed" in page.lead.notes[0]


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


# ── what was read long ago ───────────────────────────────────────────────────────────────────────────────────────


def aged(days: float, *calls: CallNotice) -> NowPage:
    known = Known((), tuple(KnownCall(f"call-{i}", call) for i, call in enumerate(calls)))
    return now_page(Overview(known, NOW), NOW + timedelta(days=days))


def test_after_some_hours_the_title_says_that_it_is_out_of_date():
    lead = aged(0.5, OPEN).lead
    assert lead.title == "Out of date: 24 days left: Regions can apply to host an edition in 2027–2028."
    assert lead.headline.startswith("Regions can apply")


def test_after_a_day_the_headline_has_the_day_of_the_reading():
    lead = aged(3, OPEN).lead
    assert lead.headline == "As of 28 November 2026: Regions can apply to host an edition in 2027–2028."
    assert lead.title == f"Out of date: {lead.headline}"


@pytest.mark.parametrize(("calls", "note"), [((OPEN,), "“Call for hosts 2027–2028” was open."), ((), "no call")])
def test_after_a_week_nobody_knows_what_is_open(calls, note):
    page = aged(25, *calls)
    assert page.lead.state == "unknown"
    assert page.lead.headline == "This service does not know what is open now."
    assert page.lead.count is None
    assert note in page.lead.notes[0]
    assert "on 28 November 2026" in page.lead.notes[0]


# ── what moved, and the latest changes ───────────────────────────────────────────────────────────────────────────


def recorded(kind: ChangeKind, number: int, read_at: datetime = NOW, **cutoffs: Cutoff) -> RecordedChange:
    is_call = kind.value.startswith("call")
    side = OPEN if is_call else KRAKOW
    before = None if kind is ChangeKind.EDITION_ANNOUNCED else side
    change = Change(kind, "call-0" if is_call else "e-0", before, side, **cutoffs)
    return RecordedChange(number, change, "https://example.eu/", read_at)


def test_a_cutoff_that_moved_lately_says_from_when():
    old = Cutoff(datetime(2026, 12, 18, 17, 0, tzinfo=UTC))
    move = recorded(ChangeKind.CALL_CUTOFF_MOVED, 5, cutoff_before=old, cutoff_after=CUTOFF)
    page = now_page(Overview(Known((), (KnownCall("call-0", OPEN),)), NOW), NOW, moves=(move,))
    assert page.call.next.move == Move("Friday 18 December", "28 November 2026", "/changes/5")
    assert page.call.steps[1].move is None
    other = now_page(Overview(Known((), (KnownCall("call-1", OPEN),)), NOW), NOW, moves=(move,))
    assert other.call.next.move is None


def test_an_edition_that_moved_lately_says_from_when():
    old = replace(KRAKOW, starts_on=date(2026, 12, 4), ends_on=date(2026, 12, 5))
    change = Change(ChangeKind.EDITION_RESCHEDULED, "e-0", old, KRAKOW)
    known = Known((KnownEdition("e-0", KRAKOW),))
    moves = (RecordedChange(6, change, "https://example.eu/", NOW),)
    page = now_page(Overview(known, NOW), NOW, moves=moves)
    assert page.editions[0].move == Move("4–5 December", "28 November 2026", "/changes/6")
    moved_again = Known((KnownEdition("e-0", replace(KRAKOW, starts_on=date(2026, 12, 10))),))
    assert now_page(Overview(moved_again, NOW), NOW, moves=moves).editions[0].move is None


def test_within_a_reading_what_matters_most_comes_first():
    earlier = NOW - timedelta(days=1)
    kinds = (
        ChangeKind.EDITION_SUMMARY_PUBLISHED,
        ChangeKind.EDITION_ANNOUNCED,
        ChangeKind.EDITION_RESCHEDULED,
        ChangeKind.CALL_CUTOFF_MOVED,
        ChangeKind.EDITION_CANCELLED,
    )
    changes = [recorded(kind, number) for number, kind in enumerate(kinds)]
    ordered = by_weight([*changes, recorded(ChangeKind.CALL_CLOSED, 9, earlier)])
    assert [one.id for one in ordered] == [3, 4, 2, 1, 0, 9]


@pytest.mark.parametrize(
    ("number", "more"), [(5, ""), (6, "1 more change from this reading"), (8, "3 more changes from this reading")]
)
def test_it_is_said_how_many_changes_of_a_reading_are_left_out(number, more):
    changes = [recorded(ChangeKind.EDITION_SUMMARY_PUBLISHED, one) for one in range(number)]
    older = recorded(ChangeKind.EDITION_SUMMARY_PUBLISHED, 99, NOW - timedelta(days=1))
    page = now_page(Overview(Known(), NOW), NOW, [*changes, older])
    assert (len(page.changes), page.more) == (5, more)


# ── nothing has been read ────────────────────────────────────────────────────────────────────────────────────────


def test_before_the_first_reading_the_page_says_so():
    page = now_page(Overview(), NOW)
    assert page.lead.state == "unread"
    assert page.lead.headline == "The platform’s page has not been read yet."


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_of_the_sample(reader):
    page = reader.page("/")
    assert page.title.startswith("24 days left: Regions can apply")
    assert ("/calendar#subscribe", "Add cut-offs to calendar") in page.links
    assert (
        "/calendar/editions/krakow-pl-2026-12.ics",
        "Add to calendar: Kraków, Poland, 11–12 December 2026",
    ) in page.links
    assert "You need a letter of support from your regional authority." in page.text
    assert "to be confirmed" in page.text
    assert "Moved on 28 November 2026 from Friday 18 December" in page.text
    assert "moved from 27–28 January" in page.text
    assert any("Rescheduled: Charleroi" in words for _, words in page.links)
    assert "and 1 more change from this reading" in page.text
    assert "register by 4 December" in page.text
    assert "It says now 22 December 2026 at 18:00 (Brussels time)" in page.text


def test_the_page_before_the_first_reading(first_reader):
    page = first_reader.page("/")
    assert page.headings[0] == (1, "The platform’s page has not been read yet.")
    assert "Next editions" not in page.text


def test_a_page_that_was_not_read_for_years_says_so(reader):
    reader.now = datetime(2029, 1, 1, tzinfo=UTC)
    page = reader.page("/")
    assert page.headings[0] == (1, "This service does not know what is open now.")
    assert page.title.startswith("Out of date: ")
    assert "is open, and" not in page.text
    assert "What you see may be out of date." in page.text
