"""Which pages are asked for, and how often."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from cmr_watch.models import CallNotice, Edition, Known, KnownCall, KnownEdition, LastFetch, PageRef
from cmr_watch.monitor.crawl_schedule import MOST, due_pages, is_own

LIST = "https://clustercollaboration.eu/events/clusters-meet-regions"
SITE = "https://clustercollaboration.eu/content/"
NOW = datetime(2024, 4, 2, 9, tzinfo=UTC)


def listed(*editions: tuple[str, int], calls: tuple[str, ...] = ()) -> Known:
    """Editions by address and the days from now on which they end."""
    known = []
    for number, (url, days) in enumerate(editions):
        day = date(2024, 4, 2) + timedelta(days=days)
        section = "upcoming" if days >= 0 else "past"
        known.append(KnownEdition(f"e{number}", Edition("Lyon", starts_on=day, ends_on=day, section=section, url=url)))
    return Known(tuple(known), tuple(KnownCall(f"c{url}", CallNotice("open", apply_url=url)) for url in calls))


def due(known: Known, *last_fetches: LastFetch, now: datetime = NOW) -> list[str]:
    return [page.url.removeprefix(SITE) for page in due_pages(known, last_fetches, LIST, now)]


@pytest.mark.parametrize(
    ("days", "hours", "asked"),
    [
        (10, 2, False),
        (10, 24, True),
        (0, 24, True),
        (-10, 24, False),
        (-10, 7 * 24, True),
        (-61, 7 * 24, True),
        (-62, 7 * 24, False),
        (-62, 30 * 24, True),
    ],
)
def test_the_rhythm_of_an_edition(days: int, hours: float, asked: bool) -> None:
    visit = LastFetch(PageRef(f"{SITE}lyon", "edition"), NOW - timedelta(hours=hours))
    assert due(listed((f"{SITE}lyon", days)), visit) == (["lyon"] if asked else [])


def test_one_that_failed_is_asked_daily():
    known = listed((f"{SITE}lyon", -300))
    assert due(known, LastFetch(PageRef(f"{SITE}lyon", "edition"), NOW - timedelta(hours=3), True)) == []
    assert due(known, LastFetch(PageRef(f"{SITE}lyon", "edition"), NOW - timedelta(hours=24), True)) == ["lyon"]


def test_the_call_comes_with_every_check_and_first():
    known = listed((f"{SITE}lyon", 10), calls=(f"{SITE}call",))
    visit = LastFetch(PageRef(f"{SITE}call", "call"), NOW - timedelta(minutes=31))
    assert due_pages(known, [visit], LIST, NOW)[0] == PageRef(f"{SITE}call", "call")


def test_a_call_page_outlives_its_notice():
    assert due(listed(), LastFetch(PageRef(f"{SITE}call", "call"), NOW - timedelta(hours=1))) == ["call"]
    gone = LastFetch(PageRef(f"{SITE}call", "call"), NOW - timedelta(hours=1), True)
    assert due(listed(), gone) == []
    assert due(listed(), gone, now=NOW + timedelta(days=1)) == ["call"]


def test_the_longest_waiting_first_and_not_too_many():
    known = listed(*((f"{SITE}e{number}", 10) for number in range(30)))
    last_fetches = [LastFetch(PageRef(f"{SITE}e{n}", "edition"), NOW - timedelta(days=1 + n / 9)) for n in range(29)]
    asked = due(known, *last_fetches)
    assert len(asked) == MOST
    assert asked[:3] == ["e29", "e28", "e27"]


def test_one_page_however_it_is_spelt():
    visit = LastFetch(PageRef("https://www.clustercollaboration.eu/content/lyon/", "edition"), NOW - timedelta(days=2))
    known = listed((f"{SITE}lyon", 10), ("http://clustercollaboration.eu/content/lyon#top", -10))
    assert due(known, visit) == [visit.page.url]


def test_an_edition_that_was_withdrawn_is_let_be():
    one = listed((f"{SITE}lyon", 10)).editions[0]
    gone = KnownEdition(one.key, one.edition, gone="withdrawn")
    assert due(Known((gone,))) == []


def test_the_page_of_an_edition_is_no_call_page():
    assert due_pages(listed((f"{SITE}lyon", 10), calls=(f"{SITE}lyon",)), [], LIST, NOW) == (
        PageRef(f"{SITE}lyon", "edition"),
    )


@pytest.mark.parametrize(
    ("url", "own"),
    [
        (f"{SITE}lyon", True),
        ("https://www.clustercollaboration.eu/content/lyon", True),
        ("http://clustercollaboration.eu/content/lyon", True),
        (LIST, False),
        (f"{LIST}#past", False),
        ("https://clustercollaboration.eu/", False),
        ("https://clustercollaboration.eu/sites/default/files/booklet.PDF", False),
        ("https://stage.clustercollaboration.eu/content/lyon", False),
        ("https://clustercollaboration.eu.example.org/content/lyon", False),
        ("https://clustercollaboration.eu:8443/content/lyon", False),
        ("mailto:someone@clustercollaboration.eu", False),
        ("https://[broken", False),
    ],
)
def test_what_is_followed(url: str, own: bool) -> None:
    assert is_own(url, LIST) is own
