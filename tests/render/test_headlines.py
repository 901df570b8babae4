"""Subjects and headings: the newest value comes first. Pages are in the notation of tests/monitor/small.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import CallNotice, Change, Cutoff, KnownCall, RecordedChange
from cmr_watch.models.recipients import ChangeGroup
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.render.headlines import Headline, headline, lead_and_others, subject_with_others
from cmr_watch.render.sentences import sentence
from tests.monitor.small import read
from tests.notify.make import PAGE, K, call, recorded

READ_AT = datetime(2023, 6, 1, 9, tzinfo=UTC)
LYON = "Lyon, France – 12-13 October 2023"
CALL = "! The call for hosts of events in 2024 - 2025 is open."
FEBRUARY, MARCH = (Cutoff(datetime(2027, month, day, 17, tzinfo=UTC)) for month, day in ((2, 28), (3, 15)))


def headed(change: Change, current: object = None, read_at: datetime = READ_AT) -> Headline:
    return headline(RecordedChange(1, change, PAGE, read_at), current, BRUSSELS)


PAGES = [
    ("", f"> {LYON}", "New edition: Lyon, France, 12–13 October 2023", "new edition in Lyon"),
    ("", f"> {LYON} SAVE THE DATE", "New edition: Lyon, France, 12–13 October 2023 – save the date", None),
    ("", "> Lyon, France – autumn 2023", "New edition: Lyon, France, autumn 2023", None),
    ("", f"< {LYON}", "Added to past editions: Lyon, France, 12–13 October 2023", "Lyon added to past editions"),
    ("> Lyon, France – autumn 2023", f"> {LYON}", "Dates confirmed: Lyon, 12–13 October 2023", "Lyon dates confirmed"),
    (f"> {LYON}", "> Lyon, France – 7-8 November 2023", "Lyon rescheduled to 7–8 November 2023 (was 12–13 October)",
     "Lyon rescheduled"),
    (f"> {LYON}", "> Lyon, France – spring 2024", "Lyon rescheduled to spring 2024 (was 12–13 October 2023)", None),
    (f"> {LYON}", "> Lyon, France – date tbc", "Postponed, new date to be announced: Lyon, 12–13 October 2023", None),
    (f"> {LYON}", "> Lyon, France – postponed to spring 2024",
     "Lyon rescheduled to spring 2024 (was 12–13 October 2023)", "Lyon rescheduled"),
    (f"> {LYON}", f"> {LYON} – postponed", "Postponed: Lyon, 12–13 October 2023", "Lyon postponed"),
    (f"> {LYON}", f"> {LYON} CANCELLED", "Cancelled: Lyon, 12–13 October 2023", "Lyon cancelled"),
    (f"> {LYON} CANCELLED", f"> {LYON}", "No longer cancelled: Lyon, 12–13 October 2023", "Lyon reinstated"),
    (f"> {LYON}", "", "Removed from the page: Lyon, 12–13 October 2023", "Lyon removed from the page"),
    (f"> {LYON}", f"< {LYON}", "Lyon has taken place (12–13 October 2023)", "Lyon has taken place"),
    ("> Skåne, Sweden – 15 June 2023", "> Malmö, Sweden – 15 June 2023",
     "Moved to Malmö, Sweden (was Skåne), 15 June 2023", "edition moved to Malmö"),
    ("", CALL, "Call for hosts 2024–2025 now open", "call for hosts 2024–2025 open"),
    ("", "! A call for hosts of events in 2024 will open soon.", "Call for hosts 2024 announced", None),
    (CALL, CALL.replace("open", "closed"), "Call for hosts 2024–2025 closed", "call for hosts 2024–2025 closed"),
    (CALL, "", "Call for hosts 2024–2025 removed from the page", None),
    (CALL, CALL.replace("2025", "2026"), "Call for hosts now covers 2024–2026", "call for hosts 2024–2026 updated"),
    (CALL, f"{CALL} Deadline: 31 May 2024, 18:00.", "New cut-off 31 May 2024 · call for hosts 2024–2025",
     "call for hosts 2024–2025: new cut-off 31 May 2024"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "subject", "brief"), PAGES)
def test_subject_and_brief(old: str, new: str, subject: str, brief: str | None) -> None:
    (change,) = compare_pages(read(old), read(new))
    head = headed(change)
    assert head.subject == subject
    assert head.brief == (brief or head.brief)


def opened(*cutoffs: Cutoff, years: tuple[int, ...] = (2027, 2028)) -> Headline:
    known = KnownCall("key", CallNotice("open", (2027, 2028), cutoffs))
    return headed(Change(K.CALL_OPENED, "key", None, CallNotice("open", years)), known, READ_AT.replace(year=2026))


def test_an_opened_call_says_until_when_to_apply() -> None:
    december, january = Cutoff(datetime(2026, 12, 5, 17, tzinfo=UTC)), Cutoff(datetime(2027, 1, 31, 17, tzinfo=UTC))
    over = Cutoff(datetime(2026, 5, 31, 16, tzinfo=UTC))
    assert opened(january, december, over).subject == "Call for hosts 2027–2028 open: apply by 5 December"
    assert opened(replace(december, closed=True), january).subject.endswith("open: apply by 31 January 2027")
    assert opened(over).subject == "Call for hosts 2027–2028 now open"


def test_the_years_of_a_call_may_come_from_another_page() -> None:
    head = opened(MARCH, years=())
    assert head.title == "Apply to host an edition in 2027–2028"
    assert head.sentence == "Call for hosts 2027–2028: now open"


MOVES = [
    (90, "", "New cut-off 15 March 2027 (was 28 February)"),
    (15, "", "New cut-off 15 March 2027 (was 28 February)"),
    (13, "", "Cut-off extended to 15 March 2027 (was 28 February)"),
    (90, "The deadline was extended to 15 March.", "Cut-off extended to 15 March 2027 (was 28 February)"),
]


def moved(old: Cutoff, new: Cutoff, line: str = "", notice: str = "") -> Change:
    return Change(K.CALL_CUTOFF_MOVED, "key", call(), call(text=notice), old, replace(new, text=line))


@pytest.mark.parametrize(("days_away", "text", "subject"), MOVES)
def test_a_cutoff_that_moved_or_was_extended(days_away: int, text: str, subject: str) -> None:
    head = headed(moved(FEBRUARY, MARCH, text), read_at=FEBRUARY.at - timedelta(days=days_away))
    assert (head.subject, head.title) == (f"{subject} · call for hosts 2024–2025", subject)


def test_that_another_cutoff_was_extended_does_not_count() -> None:
    change = moved(FEBRUARY, MARCH, "15 March 2027", notice="The first cut-off was extended.")
    head = headed(change, read_at=FEBRUARY.at - timedelta(days=90))
    assert head.title == "New cut-off 15 March 2027 (was 28 February)"


def test_an_extension_in_a_sentence() -> None:
    read_at = FEBRUARY.at - timedelta(days=13)
    assert sentence(moved(FEBRUARY, MARCH), BRUSSELS, read_at) == (
        "Call for hosts 2024–2025: cut-off extended from 28 February to 15 March 2027"
    )
    assert "cut-off moved from 28 February 2027, 18:00" in sentence(moved(FEBRUARY, MARCH))


def test_an_earlier_date_is_never_an_extension() -> None:
    head = headed(moved(MARCH, FEBRUARY, "The deadline was extended."), read_at=FEBRUARY.at - timedelta(days=3))
    assert head.title == "Cut-off now earlier: 28 February 2027 (was 15 March)"


def test_a_cutoff_that_moved_within_its_day() -> None:
    earlier = Cutoff(MARCH.at - timedelta(hours=6))
    assert headed(moved(MARCH, earlier)).title == "Cut-off now earlier: 15 March 2027, 12:00 (was 18:00)"
    assert headed(moved(earlier, MARCH, "extended")).sentence == (
        "Call for hosts 2024–2025: cut-off extended from 12:00 to 15 March 2027, 18:00 (Brussels time)"
    )


def test_a_subject_with_other_changes() -> None:
    subject = "New cut-off 15 March 2027 (was 28 February)"
    assert subject_with_others(subject, []) == subject
    assert subject_with_others(subject, ["Turku rescheduled"]) == f"{subject} · and Turku rescheduled"
    two = subject_with_others(subject, ["Turku rescheduled", "Porto cancelled"])
    assert two == f"{subject} · Turku rescheduled · and Porto cancelled"


def test_a_subject_counts_what_does_not_fit() -> None:
    subject = subject_with_others("Cancelled: Lyon, 12–13 October 2023", [f"City{n} has taken place" for n in range(9)])
    assert subject.endswith(" · and 6 more changes")
    assert len(subject) <= 140
    long = subject_with_others("Castell d'Aro " * 30, ["Turku rescheduled"])
    assert long.endswith("Castell… · and 1 more change")
    assert len(long) <= 140


def test_what_an_opened_call_says_is_one_event() -> None:
    changes = tuple(
        recorded(kind) for kind in (K.CALL_UPDATED, K.CALL_OPENED, K.CALL_CUTOFF_ADDED, K.CALL_CUTOFF_MOVED)
    )
    assert lead_and_others(ChangeGroup(changes)) == (changes[1], ())
    assert lead_and_others(ChangeGroup(changes[2:])) == (changes[2], changes[3:])
