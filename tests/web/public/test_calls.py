"""The list of calls, and the page of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cmr_watch.models.readings import CallNotice, Change, ChangeKind, Cutoff, Known, KnownCall, RecordedChange
from cmr_watch.store.public import Overview
from cmr_watch.web.public.calls import call_page, calls_page
from cmr_watch.web.public.moves import Move

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
OLD = Cutoff(datetime(2026, 12, 18, 17, 0, tzinfo=UTC))
NEW = Cutoff(datetime(2026, 12, 22, 17, 0, tzinfo=UTC))
OPEN = CallNotice("open", (2027, 2028), (NEW,), needs=("A letter of support.",), contact="info@example.eu")


def overview(*calls: CallNotice | KnownCall) -> Overview:
    known = [one if isinstance(one, KnownCall) else KnownCall(f"call-{i}", one) for i, one in enumerate(calls)]
    return Overview(Known((), tuple(known)), NOW)


def shown(call: CallNotice, changes: tuple[RecordedChange, ...] = (), **more: object):
    known = KnownCall("call", call, **more)
    return call_page(overview(known), known, NOW, changes, "https://example.eu/list")


def moved(old: Cutoff, new: Cutoff, number: int = 1) -> RecordedChange:
    change = Change(ChangeKind.CALL_CUTOFF_MOVED, "call", OPEN, OPEN, old, new)
    return RecordedChange(number, change, "https://example.eu/", NOW)


def test_current_calls_come_before_earlier_ones_the_newest_first():
    calls = (CallNotice("closed", (2023,)), CallNotice("closed", (2025,)), OPEN, CallNotice("announced", (2029,)))
    page = calls_page(overview(*calls), NOW)
    assert [card.name for card in page.current] == ["Call for hosts 2027–2028", "Call for hosts 2029"]
    assert [card.name for card in page.earlier] == ["Call for hosts 2025", "Call for hosts 2023"]


def test_a_cutoff_says_from_where_it_was_moved():
    first = Cutoff(datetime(2026, 12, 11, 17, 0, tzinfo=UTC))
    page = shown(OPEN, (moved(OLD, NEW, 2), moved(first, OLD, 1)))  # newest first
    assert page.card.steps[0].move == Move("Friday 18 December", "28 November 2026", "/changes/2")
    assert page.move == page.card.steps[0].move
    assert [line.path for line in page.changes] == ["/changes/2", "/changes/1"]


def test_what_to_submit_and_whom_to_ask():
    page = shown(OPEN)
    assert page.needs == ("A letter of support.",)
    assert [(fact.label, fact.value, fact.url) for fact in page.facts][-1] == (
        "Questions to",
        "info@example.eu",
        "mailto:info@example.eu",
    )


def test_a_contradiction_between_two_pages_is_stated_with_both_texts():
    notice = replace(OPEN, cutoffs=(OLD,), text="until 18 December")
    page = shown(replace(OPEN, text="until 22 December"), conflicting_notice=notice)
    assert "the list of editions gives the cut-off 18 December 2026, 18:00 (Brussels time)" in page.notices[0]
    assert [quote.value for quote in page.quotes] == ["until 22 December", "until 18 December"]
    assert page.links[0].url == "https://example.eu/list"


def test_a_closed_call_asks_for_nothing():
    page = shown(replace(OPEN, status="closed"))
    assert (page.needs, page.card.advice, page.card.steps[0].is_next) == ((), None, False)


def test_a_call_that_is_gone_says_so():
    page = shown(OPEN, gone="withdrawn")
    assert page.card.status_words == "removed from the page"
    assert page.card.is_open is False
    assert page.notices == ("The platform removed this call from its pages.",)


def test_a_call_whose_cutoffs_have_passed_says_so():
    page = shown(replace(OPEN, cutoffs=(Cutoff(NOW - timedelta(hours=1)),)))
    assert page.notices[0].startswith("All cut-offs of this call have passed")


def test_the_page_of_the_list(reader):
    page = reader.page("/calls")
    assert ("/calls/call-2027-2028", "Call for hosts 2027–2028") in page.links


def test_the_page_of_a_call(reader):
    page = reader.page("/calls/call-2027-2028")
    assert page.title.startswith("In 24 days: Call for hosts 2027–2028")
    assert "moved from Friday 18 December" in page.text
    assert "Next cut-off: Tuesday 22 December 2026, 18:00 Brussels time in 24 days" in page.text
    assert "attach a letter of support" in page.text


@pytest.mark.parametrize("key", ["call", "call-2027", "2027"])
def test_an_unknown_call_leads_to_similar_ones_or_the_list(reader, key):
    page = reader.page(f"/calls/{key}", 404)
    assert ("/calls", "See the list of all calls") in page.links
    assert (("/calls/call-2027-2028", "Call for hosts 2027–2028") in page.links) is key.startswith("call")


def test_the_list_before_the_first_reading(first_reader):
    page = first_reader.page("/calls")
    assert "Nothing has been read yet. It appears here after the first check." in page.text
    assert ".csv" not in str(page.links)


def test_an_old_list_does_not_say_what_is_open_now():
    assert calls_page(overview(), NOW).none == "No call is open or announced at the moment."
    later = NOW + timedelta(days=9)
    assert "was open or announced when the page was last read, on 28" in calls_page(overview(), later).none


def test_the_hour_of_a_cutoff_is_named_if_only_that_moved():
    page = shown(OPEN, (moved(Cutoff(NEW.at - timedelta(hours=1)), NEW),))
    assert page.card.steps[0].move.old == "17:00"
