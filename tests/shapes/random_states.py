"""Hypothesis strategies for random states of the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import strategies as st

from tests.shapes.states import SITE, Line, Notice, State

Facts = tuple[str, str | None, str, str]
"""City, region, country, code."""

PLACES: tuple[tuple[str, Facts], ...] = (
    ("Aarhus, Denmark", ("Aarhus", None, "Denmark", "DK")),
    ("Bilbao, Basque Country, Spain", ("Bilbao", "Basque Country", "Spain", "ES")),
    ("Brno, Czechia", ("Brno", None, "Czechia", "CZ")),
    ("České Budějovice, Czech Republic", ("České Budějovice", None, "Czech Republic", "CZ")),
    ("Chișinău, Moldova", ("Chișinău", None, "Moldova", "MD")),
    ("Clermont-Ferrand, France", ("Clermont-Ferrand", None, "France", "FR")),
    ("Cluj-Napoca, Romania", ("Cluj-Napoca", None, "Romania", "RO")),
    ("Donostia / San Sebastián, Spain", ("Donostia / San Sebastián", None, "Spain", "ES")),
    ("Enschede, The Netherlands", ("Enschede", None, "The Netherlands", "NL")),
    ("Glasgow, Scotland", ("Glasgow", None, "Scotland", "GB")),
    ("Graz, Styria, Austria", ("Graz", "Styria", "Austria", "AT")),
    ("Izmir, Türkiye", ("Izmir", None, "Türkiye", "TR")),
    ("Kittilä (Lapland), Finland", ("Kittilä", "Lapland", "Finland", "FI")),
    ("Leeds, United Kingdom", ("Leeds", None, "United Kingdom", "GB")),
    ("Łódź, Poland", ("Łódź", None, "Poland", "PL")),
    ("Luxembourg", ("Luxembourg", None, "Luxembourg", "LU")),
    ("Lviv, Ukraine", ("Lviv", None, "Ukraine", "UA")),
    ("Lyon (France)", ("Lyon", None, "France", "FR")),
    ("Malmö, Sweden", ("Malmö", None, "Sweden", "SE")),
    ("Maribor, Slovenia", ("Maribor", None, "Slovenia", "SI")),
    ("Mostar, Bosnia and Herzegovina", ("Mostar", None, "Bosnia and Herzegovina", "BA")),
    ("Novi Sad, Serbia", ("Novi Sad", None, "Serbia", "RS")),
    ("Pristina, Kosovo", ("Pristina", None, "Kosovo", "XK")),
    ("Reykjavík, Iceland", ("Reykjavík", None, "Iceland", "IS")),
    ("Rīga, Latvia", ("Rīga", None, "Latvia", "LV")),
    ("Skopje, North Macedonia", ("Skopje", None, "North Macedonia", "MK")),
    ("Tbilisi, Georgia", ("Tbilisi", None, "Georgia", "GE")),
    ("Tomar, Portugal", ("Tomar", None, "Portugal", "PT")),
    ("Valletta, Malta", ("Valletta", None, "Malta", "MT")),
    ("’s-Hertogenbosch, the Netherlands", ("’s-Hertogenbosch", None, "Netherlands", "NL")),
)
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

# ── dates ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _full(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _short(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1][:3]}. {day.year}"


def _ordinal(day: date) -> str:
    last = 0 if day.day in (11, 12, 13) else day.day % 10
    return f"{day.day}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') } of {MONTHS[day.month - 1]} {day.year}"


def _american(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


def _weekday(day: date) -> str:
    return (
        f"{['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'][day.weekday()]} {_full(day)}"
    )


def _numeric(day: date) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year}"


def _dotted(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"


ONE_DAY: tuple[Callable[[date], str], ...] = (_full, _short, _ordinal, _american, _weekday, _numeric, _dotted)
LINKS = ("-", " - ", "–", " – ", " to ")
NEXT_DAY_LINKS = (*LINKS, " and ", " & ")


def _same_month(start: date, end: date, link: str) -> str:
    return f"{start.day}{link}{_full(end)}"


def _american_range(start: date, end: date, link: str) -> str:
    return f"{MONTHS[end.month - 1]} {start.day}{link}{end.day}, {end.year}"


def _both_months(start: date, end: date, link: str) -> str:
    return f"{start.day} {MONTHS[start.month - 1]}{link}{_full(end)}"


def _both_years(start: date, end: date, link: str) -> str:
    return f"{_full(start)}{link}{_full(end)}"


@st.composite
def spans(draw: st.DrawFn) -> tuple[str, date, date]:
    """Dates as text, the first day, the last day."""
    start = draw(st.dates(date(2022, 1, 1), date(2028, 12, 31)))
    end = start + timedelta(days=draw(st.integers(0, 3)))
    if start == end:
        return draw(st.sampled_from(ONE_DAY))(start), start, end
    formats = [_both_years]
    if start.year == end.year:
        formats.append(_both_months)
    if (start.year, start.month) == (end.year, end.month):
        formats += [_same_month, _same_month, _american_range]
    links = NEXT_DAY_LINKS if end - start == timedelta(days=1) else LINKS
    return draw(st.sampled_from(formats))(start, end, draw(st.sampled_from(links))), start, end


# ── lines, notices, states ──────────────────────────────────────────────────────────────────────────────────────

AFTER_UPCOMING = (
    ("", None),
    ("", None),
    (" SAVE THE DATE!", "save_the_date"),
    (" – Save the date", "save_the_date"),
    (" – CANCELLED", "cancelled"),
    (" (postponed)", "postponed"),
    (" – fully booked", None),
)
AFTER_PAST = (
    ("", None),
    (" 📑Read the event summary.", None),
    (". 📑 Read the event summary", None),
    ("Read the event summary", None),
    (" – CANCELLED", "cancelled"),
)
NOTICES = (
    ("The call for applications to host events in {years} is open now. ", "Apply here!", "open"),
    (
        "🔔 A new call for hosts of ‘Clusters meet Regions’ events in {years} will open soon. Stay tuned!",
        "",
        "announced",
    ),
    ("The call for expression of interest to host upcoming events in {years} is closed.", "", "closed"),
)


def _line(place: str, facts: Facts, span: tuple[str, date, date], after: tuple[str, str | None], number: int) -> Line:
    text, start, end = span
    summary = f"/content/summary-{number}" if "summary" in after[0] else None
    dates = (start.isoformat(), end.isoformat())
    return Line(place, " – ", text, after[0], *facts, *dates, f"{SITE}/content/{number}", summary, status=after[1])


@st.composite
def notices(draw: st.DrawFn) -> Notice:
    before, link, status = draw(st.sampled_from(NOTICES))
    year = draw(st.integers(2024, 2028))
    years = draw(st.sampled_from(((year,), (year, year + 1))))
    return Notice(before.format(years=" - ".join(map(str, years))), link, status, years)


@st.composite
def states(draw: st.DrawFn, *, at_least: int = 0) -> State:
    """A page with up to eight editions in different cities."""
    places = draw(st.lists(st.sampled_from(PLACES), min_size=at_least, max_size=8, unique=True))
    cut = draw(st.integers(0, len(places)))
    lines = []
    for number, (place, facts) in enumerate(places):
        after = draw(st.sampled_from(AFTER_UPCOMING if number < cut else AFTER_PAST))
        lines.append(_line(place, facts, draw(spans()), after, number))
    return State(
        name="random",
        upcoming_heading=draw(st.sampled_from(('Next "Clusters meet Regions" editions in 2026', "Upcoming editions"))),
        past_heading=draw(
            st.sampled_from(('Info & recordings of the previous "Clusters meet Regions" editions', "Past editions"))
        ),
        upcoming=tuple(lines[:cut]),
        past=tuple(lines[cut:]),
        notice=draw(st.none() | notices()),
        notice_above=draw(st.booleans()),
    )


def without(state: State, line: Line) -> State:
    """The state without `line`."""
    upcoming = tuple(other for other in state.upcoming if other is not line)
    return replace(state, upcoming=upcoming, past=tuple(other for other in state.past if other is not line))
