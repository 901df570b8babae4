"""The initiative page in September and December 2023 and in April 2024, with the editors' own punctuation.

The facts given with each line are written by hand: what a careful reader understands, not what a parser produced.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

SITE = "https://clustercollaboration.eu"
PAGE_URL = f"{SITE}/events/organised-by-eccp/clusters-meet-regions"
CALL_PATH = "/content/call-expression-interest-clusters-meet-regions"
SUMMARY_TEXT = "Read the event summary"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list as written (`place`, `between`, `days`, `after`), and its meaning.

    `url` and `summary_url` are written into the page unchanged, so they may be relative.
    """

    place: str
    between: str
    days: str
    after: str
    city: str
    region: str | None
    country: str | None
    country_code: str | None
    starts_on: str | None
    ends_on: str | None
    url: str
    summary_url: str | None = None
    precision: str = "day"
    status: str | None = None

    @property
    def text(self) -> str:
        return " ".join(f"{self.place}{self.between}{self.days}{self.after}".split())


@dataclass(frozen=True, slots=True)
class Notice:
    """The call notice: the text before the link, the text of the link, and the meaning."""

    before: str
    link_text: str
    status: str
    hosting_years: tuple[int, ...]

    @property
    def text(self) -> str:
        return " ".join(f"{self.before}{self.link_text}".split())


@dataclass(frozen=True, slots=True)
class State:
    """The page at one time. With `notice_above`, the call notice is above the first heading instead of below it."""

    name: str
    upcoming_heading: str
    past_heading: str
    upcoming: tuple[Line, ...]
    past: tuple[Line, ...]
    notice: Notice | None = None
    notice_above: bool = False


def _line(place: str, between: str, days: str, facts: tuple[str, str | None, str, str, str, str]) -> Line:
    """A line of the real page, with a URL made from the place."""
    city, region, country, code, starts_on, ends_on = facts
    slug = f"clusters-meet-regions-{_ascii(city)}-{_ascii(country)}"
    return Line(place, between, days, "", city, region, country, code, starts_on, ends_on, f"{SITE}/content/{slug}")


def _ascii(name: str) -> str:
    return name.lower().translate(str.maketrans("äåéöóüșšá ", "aaeooussa-"))


def _with_summary(line: Line, after: str) -> Line:
    """The line after the publication of the summary; `after` is the text that the editor added."""
    path = f"/content/event-summary-{line.url.rsplit('/', 1)[-1]}"
    return replace(line, after=after, summary_url=path)


MILAN = _line("Milan, Italy", " - ", "26-27 March 2024", ("Milan", None, "Italy", "IT", "2024-03-26", "2024-03-27"))
KRAKOW = _line(
    "Kraków, Poland", " ", "11-12 December 2023", ("Kraków", None, "Poland", "PL", "2023-12-11", "2023-12-12")
)
IASI = _line("Iași, Romania", " – ", "21-23 November 2023", ("Iași", None, "Romania", "RO", "2023-11-21", "2023-11-23"))
DUSSELDORF = _line(
    "Düsseldorf, Germany", " – ", "8-9 November 2023", ("Düsseldorf", None, "Germany", "DE", "2023-11-08", "2023-11-09")
)
PRAGUE = _line(
    "Prague, Czech Republic",
    " - ",
    "23-24 October 2023",
    ("Prague", None, "Czech Republic", "CZ", "2023-10-23", "2023-10-24"),
)
LYON = _line("Lyon, France", " - ", "12-13 October 2023", ("Lyon", None, "France", "FR", "2023-10-12", "2023-10-13"))
BURGAS = _line(
    "Burgas, Bulgaria", " - ", "13-15 September 2023", ("Burgas", None, "Bulgaria", "BG", "2023-09-13", "2023-09-15")
)
SKANE = _line("Skåne, Sweden", " – ", "15-16 June 2023", ("Skåne", None, "Sweden", "SE", "2023-06-15", "2023-06-16"))
KITTILA = _line(
    "Kittilä, Lapland, Finland",
    " – ",
    "25-27 April 2023",
    ("Kittilä", "Lapland", "Finland", "FI", "2023-04-25", "2023-04-27"),
)
KOSICE = _line(
    "Kosice, Slovakia", " – ", "29-30 March 2023", ("Kosice", None, "Slovakia", "SK", "2023-03-29", "2023-03-30")
)
BARCELONA = _line(
    "Barcelona, Spain", " - ", "14-16 December 2022", ("Barcelona", None, "Spain", "ES", "2022-12-14", "2022-12-16")
)
ZAGREB = _line(
    "Zagreb, Croatia", " - ", "29-30 November 2022", ("Zagreb", None, "Croatia", "HR", "2022-11-29", "2022-11-30")
)
KATOWICE = _line(
    "Katowice, Poland", " - ", "7-8 November 2022", ("Katowice", None, "Poland", "PL", "2022-11-07", "2022-11-08")
)
VILNIUS = _line(
    "Vilnius, Lithuania", " – ", "26-27 April 2022", ("Vilnius", None, "Lithuania", "LT", "2022-04-26", "2022-04-27")
)
MALAGA = _line(
    "Malaga, Spain", " – ", "16-17 February 2022", ("Malaga", None, "Spain", "ES", "2022-02-16", "2022-02-17")
)

_EARLIER = (
    _with_summary(SKANE, " 📑Read the event summary."),
    _with_summary(KITTILA, " 📑Read the event summary."),
    _with_summary(KOSICE, ". 📑Read the event summary."),
    _with_summary(BARCELONA, " 📑Read the event summary"),
    _with_summary(ZAGREB, " 📑Read the event summary"),
    KATOWICE,
    VILNIUS,
    _with_summary(MALAGA, " 📑Read the event summary"),
)
_AUTUMN = (
    _with_summary(DUSSELDORF, " 📑 Read the event summary."),
    _with_summary(PRAGUE, " 📑 Read the event summary."),
    _with_summary(LYON, " 📑 Read the event summary."),
    _with_summary(BURGAS, " 📑Read the event summary."),
    *_EARLIER,
)
_PAST_HEADING = 'Info & recordings of the previous "Clusters meet Regions" editions'

SEPTEMBER = State(
    name="2023-09",
    upcoming_heading='Next "Clusters meet Regions" editions in 2023',
    past_heading=_PAST_HEADING,
    upcoming=(LYON, PRAGUE, DUSSELDORF, IASI, KRAKOW),
    past=(BURGAS, *_EARLIER),
    notice=Notice(
        "🔔 A new call for hosts of 'Clusters meet Regions' events in 2024 will open soon. Stay tuned!",
        "",
        "announced",
        (2024,),
    ),
    notice_above=True,
)
OPEN_CALL = Notice(
    "🔔 A new call for applications to host upcoming 'Clusters meet Regions' events in 2024 - 2025 is open now and "
    "addresses local and regional authorities, innovation agencies, cluster organisations, business network "
    "organisations, and other small and medium-sized enterprise (SME) intermediaries. ",
    "Apply here!",
    "open",
    (2024, 2025),
)
DECEMBER = State(
    name="2023-12",
    upcoming_heading='Next "Clusters meet Regions" editions in 2023',
    past_heading=_PAST_HEADING,
    upcoming=(KRAKOW,),
    past=(IASI, *_AUTUMN),
    notice=OPEN_CALL,
)
APRIL = State(
    name="2024-04",
    upcoming_heading='Next "Clusters meet Regions" editions in 2024',
    past_heading=_PAST_HEADING,
    upcoming=(),
    past=(
        _with_summary(MILAN, " 📑 Read the event summary"),
        _with_summary(KRAKOW, " 📑 Read the event summary"),
        _with_summary(IASI, " 📑 Read the event summary."),
        *_AUTUMN,
    ),
    notice=OPEN_CALL,
)
STATES = (SEPTEMBER, DECEMBER, APRIL)

PROSE = (
    "There is clear evidence of regions all across Europe where clusters play a crucial role in regional economic "
    "development. The objective of the ‘Clusters meet Regions’ initiative is to facilitate the implementation of good "
    "practices where clusters play an active role in regional economies and are drivers for economic transition, and "
    "to create and promote collaborations between clusters and regional stakeholders for the industrial development "
    "of the regions.",
    "To reinforce the connection between clusters and regional actors, the ECCP organizes transnational workshops "
    "that bring together clusters and policymakers at the local, regional, and national levels, with the aim of "
    "strengthening the industrial ecosystem in a selected host region.",
)
