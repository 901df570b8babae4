"""A database with a story: readings of a list and its pages from November 2025 to November 2026, through real checks.

    python -m tests.web.public.sample FOLDER      writes FOLDER/sample.db

It ends at `NOW`: a call for 2027–2028 is open with five cut-offs, the first of which has just moved; four editions are
to come, of which one has moved and one has no days yet; one was cancelled; summaries were published; for two days in
September the list could not be read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cmr_watch.app import App
from cmr_watch.config.settings import DaemonSection, FetchSection, PageSection, Settings
from cmr_watch.store.database import Database, open_database
from tests.fakes.site import FakeSite, Response

NOW: Final = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
PATH: Final = "/events/organised-by-eccp/clusters-meet-regions"
CALL_PATH: Final = "/content/call-expression-interest-clusters-meet-regions"
INTRODUCTION: Final = (
    "To reinforce the connection between clusters and regional actors, the ECCP organises transnational workshops that "
    "bring together cluster organisations and policymakers at local, regional and national level.",
)
_SUMMARY: Final = '<a href="https://example.eu/summaries/{name}.pdf">Read the event summary.</a>'
HELD: Final = (
    ("Kosice, Slovakia", "29-30 October 2025", "kosice"),
    ("Barcelona, Spain", "14-16 September 2025", "barcelona"),
    ("Zagreb, Croatia", "29-30 June 2025", "zagreb"),
    ("Katowice, Poland", "7-8 May 2025", ""),
    ("Vilnius, Lithuania", "26-27 April 2025", ""),
    ("Malaga, Spain", "16-17 February 2025", "malaga"),
)


@dataclass(frozen=True)
class Listed:
    """An edition on the list: its place, days and remark, and the paths of its page and its summary, if it has them."""

    place: str
    days: str
    remark: str = ""
    page: str = ""
    summary: str = ""

    def html(self, site: FakeSite) -> str:
        """The line of the list."""
        name = f'<a href="{site.url(self.page)}">{self.place}</a>' if self.page else self.place
        summary = " " + _SUMMARY.format(name=self.summary) if self.summary else ""
        return f"<p>{name} – {self.days}{' ' + self.remark if self.remark else ''}{summary}</p>"


@dataclass(frozen=True)
class List_:
    """A state of the list."""

    upcoming: tuple[Listed, ...]
    held: tuple[Listed, ...]
    notice: str = ""

    def html(self, site: FakeSite) -> bytes:
        """The page."""
        notice = f'<p>{self.notice} <a href="{site.url(CALL_PATH)}">Read the call</a></p>' if self.notice else ""
        return _document(
            "Clusters meet Regions",
            *(f"<p>{text}</p>" for text in INTRODUCTION),
            "<h2>Next ‘Clusters meet Regions’ editions</h2>",
            notice,
            *(entry.html(site) for entry in self.upcoming),
            "<h2>Info &amp; recordings of the previous ‘Clusters meet Regions’ editions</h2>",
            *(entry.html(site) for entry in self.held),
        )


def _document(title: str, *parts: str) -> bytes:
    body = "\n".join(part for part in parts if part)
    head = f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
    return f"{head}<body><main><article><h1>{title}</h1>{body}</article></main></body></html>".encode()


def call_page(site: FakeSite, first: str, status: str = "open") -> bytes:
    """The page of the call, with its first cut-off."""
    state = {"open": "is open", "closed": "is closed"}[status]
    cutoffs = (first, "31 May 2027", "30 September 2027", "20 December 2027", "31 January 2028 (to be confirmed)")
    return _document(
        "Call for expression of interest: Clusters meet Regions",
        f"<p>The call to host ‘Clusters meet Regions’ events in 2027 - 2028 {state}.</p>",
        "<h2>How to apply</h2>",
        "<p>Applicants fill in the form and attach a letter of support from their regional authority. "
        f'<a href="{site.url("/form/apply")}">Apply here</a></p>',
        "<p>Questions: info@clusters.example.eu</p>",
        "<h2>Cut-off dates</h2>",
        *(f"<p>{day} at 18:00 (Brussels time)</p>" for day in cutoffs),
    )


def edition_page(title: str, days: str, *more: str) -> bytes:
    """The own page of an edition."""
    return _document(f"Clusters meet Regions – {title}", f"<p>The workshop takes place on {days}.</p>", *more)


@dataclass
class Story:
    """The installation while it is being told."""

    site: FakeSite
    database: Database
    now: datetime = datetime(2025, 11, 20, 8, 0, tzinfo=UTC)
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = Settings(
            page=PageSection(self.site.url(PATH), (self.site.host,), True),
            fetch=FetchSection("me@example.org", 10, 0, False),
            daemon=DaemonSection(check_every=1440),
        )
        self.app = App(self.settings, self.database, lambda: self.now, lambda _: None)

    def check(self, at: datetime) -> None:
        """Check at a time."""
        self.now = at
        self.app.check()


def _held(*newer: Listed) -> tuple[Listed, ...]:
    return (*newer, *(Listed(place, days, summary=name) for place, days, name in HELD))


_KITTILA = Listed("Kittilä, Finland", "25-27 April 2026", page="/content/kittila")
_SKANE = Listed("Skåne, Sweden", "15-16 June 2026")
_BURGAS = Listed("Burgas, Bulgaria", "13-15 September 2026")
_LYON = Listed("Lyon, France", "12-13 October 2026", page="/content/lyon")
_PRAGUE = Listed("Prague, Czech Republic", "23-24 October 2026")
_GRAZ = Listed("Graz, Austria", "4-5 November 2026")
_KRAKOW = Listed("Kraków, Poland", "11-12 December 2026", page="/content/krakow")
_CHARLEROI = Listed("Charleroi, Belgium", "27-28 January 2027", "SAVE THE DATE!")
_CHISINAU = Listed("Chișinău, Moldova", "15-16 April 2027", "SAVE THE DATE!")
_HEILBRONN = Listed("Heilbronn, Germany", "June 2027 (tbc)")
_ANNOUNCED = "A new call to host ‘Clusters meet Regions’ events in 2027 - 2028 will be launched soon."
_OPEN = "A new call for applications to host ‘Clusters meet Regions’ events in 2027 - 2028 is open now."


def _done(entry: Listed, summary: str = "") -> Listed:
    return replace(entry, summary=summary)


def _states() -> Iterator[tuple[datetime, List_, str]]:
    """When the list changed, to what, and the first cut-off on the call page, if there is one."""
    yield _at(2025, 11, 20), List_((_KITTILA,), _held()), ""
    yield _at(2026, 1, 15), List_((_KITTILA, _SKANE), _held()), ""
    yield _at(2026, 3, 10), List_((_KITTILA, _SKANE, _BURGAS), _held()), ""
    yield _at(2026, 5, 4), List_((_SKANE, _BURGAS, _LYON), _held(_KITTILA)), ""
    later = (_BURGAS, _LYON, _PRAGUE, _GRAZ)
    yield _at(2026, 6, 22), List_(later, _held(_SKANE, _done(_KITTILA, "kittila")), _ANNOUNCED), ""
    held = (_BURGAS, _done(_SKANE, "skane"), _done(_KITTILA, "kittila"))
    cancelled = replace(_GRAZ, remark="CANCELLED")
    yield _at(2026, 9, 22), List_((_LYON, _PRAGUE, cancelled), _held(*held), _OPEN), "18 December 2026"
    held = (_PRAGUE, _LYON, *held)
    coming = (_KRAKOW, _CHARLEROI)
    yield _at(2026, 11, 2), List_((cancelled, *coming), _held(*held), _OPEN), "18 December 2026"
    held = (_PRAGUE, _done(_LYON, "lyon"), _done(_BURGAS, "burgas"), *held[3:])
    coming = (_KRAKOW, replace(_CHARLEROI, days="3-4 February 2027", remark=""), _CHISINAU, _HEILBRONN)
    yield _at(2026, 11, 28, 9), List_(coming, _held(*held), _OPEN), "22 December 2026"


def _at(year: int, month: int, day: int, hour: int = 8) -> datetime:
    return datetime(year, month, day, hour, 12, tzinfo=UTC)


def tell(site: FakeSite, database: Database) -> Story:
    """Tell the whole story; return the installation as it is then."""
    story = Story(site, database)
    site.page("/content/kittila", edition_page("Kittilä, Finland", "25-27 April 2026"))
    site.page("/content/lyon", edition_page("Lyon, France", "12-13 October 2026"))
    site.page(
        "/content/krakow",
        edition_page(
            "Kraków, Poland",
            "11-12 December 2026",
            "<p>Venue: ICE Kraków Congress Centre, ul. Marii Konopnickiej 17, Kraków</p>",
            '<p><a href="https://example.eu/register/krakow">Register here</a> until 4 December 2026.</p>',
            '<p><a href="https://example.eu/krakow/agenda.pdf">Download the agenda</a></p>',
        ),
    )
    states = list(_states())
    for (begin, state, cutoff), (end, *_) in zip(states, [*states[1:], (NOW, None, "")], strict=True):
        site.page(PATH, state.html(site))
        if cutoff:
            site.page(CALL_PATH, call_page(site, cutoff))
        at = begin
        while at < end:
            if _is_down(at):
                site.script(PATH, Response(503))
            story.check(at)
            at += timedelta(days=7 if at < _at(2026, 8, 26) else 1)
    story.now = NOW
    return story


def _is_down(at: datetime) -> bool:
    return _at(2026, 9, 7) <= at < _at(2026, 9, 9)


def main(folder: Path) -> None:
    """Write the database."""
    path = folder / "sample.db"
    path.unlink(missing_ok=True)
    database = open_database(f"sqlite:///{path}", begin_new=True)
    with FakeSite() as site:
        tell(site, database).app.__exit__(None, None, None)
    database.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
