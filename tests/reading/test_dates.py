"""Dates in every form that an editor may type."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.reading.dates import DateSpan, find_dates, find_days
from cmr_watch.reading.tokens import scan

DAYS = [  # newest bugs on top; the year of the heading is 2025
    ("12.-13.10.25", "2025-10-12", "2025-10-13"),
    ("12-13/10/25", "2025-10-12", "2025-10-13"),
    ("30.9.-1.10.25", "2025-09-30", "2025-10-01"),
    ("30.12.25 – 2.1.26", "2025-12-30", "2026-01-02"),
    ("12 October 2025, 09:00 – 13 October 2025, 13:00", "2025-10-12", "2025-10-13"),
    ("12 October 2025 (09:00 CET) to 13 October 2025 (13:00 CET)", "2025-10-12", "2025-10-13"),
    ("12 October 2025 at 9.00 – 13 October 2025 at 16.30", "2025-10-12", "2025-10-13"),
    ("12/10/2025 09:00 - 13/10/2025 16:00", "2025-10-12", "2025-10-13"),
    ("12 → 13 October 2025", "2025-10-12", "2025-10-13"),
    ("12 + 13 October 2025", "2025-10-12", "2025-10-13"),
    ("12 et 13 October 2025", "2025-10-12", "2025-10-13"),
    ("12|13 October 2025", "2025-10-12", "2025-10-13"),
    ("12 ⇒ 13 October 2025", "2025-10-12", "2025-10-13"),
    ("11, October 2025", "2025-10-11", "2025-10-11"),
    ("Wednesday 13, October 2025 - 09:30:00", "2025-10-13", "2025-10-13"),
    ("12 th -13 th October 2025", "2025-10-12", "2025-10-13"),
    ("the 1 st and 2 nd of October 2025", "2025-10-01", "2025-10-02"),
    ("26–26 27 October 2025", "2025-10-26", "2025-10-27"),
    ("Day 1: 12 October 2025, Day 2: 13 October 2025", "2025-10-12", "2025-10-13"),
    ("Day 1: 12 October, Day 2: 13 October 2025", "2025-10-12", "2025-10-13"),
    ("first day: 12 October 2025, second day: 13 October 2025", "2025-10-12", "2025-10-13"),
    ("1.2-3.2.2025", "2025-02-01", "2025-02-03"),
    ("12－13 October 2025", "2025-10-12", "2025-10-13"),
    ("Agenda 21 – 12-13 October 2025", "2025-10-12", "2025-10-13"),
    ("Industry 4.0 – 12-13 October 2025", "2025-10-12", "2025-10-13"),
    ("Horizon 2030 – 12-13 October 2025", "2025-10-12", "2025-10-13"),
    ("10.00-12.00, 12 October 2025", "2025-10-12", "2025-10-12"),
    ("12 (Sunday) and 13 (Monday) October 2025", "2025-10-12", "2025-10-13"),
    ("2025/10/12", "2025-10-12", "2025-10-12"),
    ("2025.10.12", "2025-10-12", "2025-10-12"),
    ("2025-10-12/13", "2025-10-12", "2025-10-13"),
    ("2025-10-12 to 2025-10-13", "2025-10-12", "2025-10-13"),
    ("from the 12th to the 13th of October 2025", "2025-10-12", "2025-10-13"),
    ("the 12th and 13th of October 2025", "2025-10-12", "2025-10-13"),
    ("12 -- 13 October 2025", "2025-10-12", "2025-10-13"),
    ("12, 13 and 14 October 2025", "2025-10-12", "2025-10-14"),
    ("Tuesday-Wednesday, 12-13 October 2025", "2025-10-12", "2025-10-13"),
    ("Tues. 12 & Wed. 13 Oct 2025", "2025-10-12", "2025-10-13"),
    ("October 12th to 13th, 2025", "2025-10-12", "2025-10-13"),
    ("Oct 12 – Nov 2 2025", "2025-10-12", "2025-11-02"),
    ("October 12-13", "2025-10-12", "2025-10-13"),
    ("12-13October2025", "2025-10-12", "2025-10-13"),
    ("12 Oct '25", "2025-10-12", "2025-10-12"),
    ("12.-13.10.2025", "2025-10-12", "2025-10-13"),
    ("30.9.-1.10.2025", "2025-09-30", "2025-10-01"),
    ("30/09-01/10/2025", "2025-09-30", "2025-10-01"),
    ("12/10/25", "2025-10-12", "2025-10-12"),
    ("30 September / 1 October", "2025-09-30", "2025-10-01"),
    ("30 December 2025 – 2 January 2026", "2025-12-30", "2026-01-02"),
    ("30 December – 2 January", "2025-12-30", "2026-01-02"),
    ("12 October 2025, 14h-18h", "2025-10-12", "2025-10-12"),
]
SPANS = [
    ("week of 9 October 2025", "month", "2025-10"),
    ("week 9 October 2025", "month", "2025-10"),
    ("early October 2025", "month", "2025-10"),
    ("first half of October 2025", "month", "2025-10"),
    ("October or November 2025", "month", "2025-10/2025-11"),
    ("– Q2", "season", "2025-q2"),
    ("– spring", "season", "2025-spring"),
    ("Winter 2025-2026", "season", "2025-winter"),
    ("second half of 2025", "season", "2025-second-half"),
    ("mid-October 2025", "month", "2025-10"),
    ("– October", "month", "2025-10"),
    ("Q2/2025", "season", "2025-q2"),
    ("2025", "year", "2025"),
]
IMPOSSIBLE = ["2025-13-45", "31 February 2025", "0 October 2025", "13-12 October 2025", "32.10.2025"]
NO_DATES = ["may", "12-13", "Industry 4.0", "5G", "10:00-12:00", "", "12345", "– may we", "the March of time"]


def only(text: str) -> DateSpan:
    (found,) = [found for found in find_dates(scan(text), 2025) if found.precision != "year" or text == "2025"]
    return found


@pytest.mark.parametrize(("text", "starts_on", "ends_on"), DAYS, ids=[row[0] for row in DAYS])
def test_days(text: str, starts_on: str, ends_on: str) -> None:
    found = only(text)

    assert (str(found.starts_on), str(found.ends_on), found.precision) == (starts_on, ends_on, "day")


@pytest.mark.parametrize(("text", "precision", "period"), SPANS, ids=[row[0] for row in SPANS])
def test_spans_without_days(text: str, precision: str, period: str) -> None:
    found = only(text)

    assert (found.precision, found.period, found.starts_on) == (precision, period, None)


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_impossible_days(text: str) -> None:
    found = only(text)

    assert (found.is_impossible, found.precision, found.starts_on) == (True, "unknown", None)


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date(text: str) -> None:
    assert find_dates(scan(text)) == ()


def test_days_without_any_year_are_unknown() -> None:
    (found,) = find_dates(scan("12-13 October"))

    assert found.is_yearless
    assert found.precision == "unknown"


def test_single_days_of_a_list() -> None:
    found = find_days(scan("31 May, 30 September and 20 December 2025"), 2025)

    assert [str(day.starts_on) for day in found] == ["2025-05-31", "2025-09-30", "2025-12-20"]


@given(
    st.dates(date(2015, 1, 1), date(2040, 12, 31)),
    st.integers(0, 40),
    st.sampled_from(["-", " - ", "–", " – ", "—", " to ", " until "]),
    st.sampled_from(
        ["%d %B %Y", "%d. %B %Y", "%d %b. %Y", "%B %d, %Y", "%A %d %B %Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d"]
    ),
)
@settings(max_examples=300, deadline=None)
def test_every_day_in_every_form_is_read_back(start: date, length: int, dash: str, form: str) -> None:
    end = start + timedelta(days=length)
    if form == "%Y-%m-%d" and dash in ("–", "—"):
        dash = f" {dash} "
    text = f"{start.strftime(form)}{dash}{end.strftime(form)}" if length else start.strftime(form)

    (found,) = find_dates(scan(f"Lyon, France – {text}."))

    assert (found.starts_on, found.ends_on) == (start, end)


@given(st.text("0123456789 .,-–/&()ofthe MayOct2025'’Q1", max_size=200), st.none() | st.integers(2000, 2050))
@settings(max_examples=300, deadline=None)
def test_nothing_is_too_odd(text: str, year: int | None) -> None:
    for found in (*find_dates(scan(text), year), *find_days(scan(text), year)):
        assert 0 <= found.start < found.end <= len(text)
        assert (found.precision == "day") == (found.starts_on is not None)
