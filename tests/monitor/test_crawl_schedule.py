"""Which pages are due, and how often."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from cmr_watch.models.readings import CallNotice, Edition, Known, KnownCall, KnownEdition, LastFetch, PageKind, PageRef
from cmr_watch.monitor.crawl_schedule import MAX_PAGES, due_pages, should_follow, skipped_links

LIST = "https://clustercollaboration.eu/events/clusters-meet-regions"
SITE = "https://clustercollaboration.eu/content/"
NOW = datetime(2024, 4, 2, 9, tzinfo=UTC)


def listed(*editions: tuple[str, int], calls: tuple[str, ...] = ()) -> Known:
    """Editions by the URL of their page and the number of days until they end."""
    known = []
    for number, (url, days) in enumerate(editions):
        day = date(2024, 4, 2) + timedelta(days=days)
        section = "upcoming" if days >= 0 else "past"
        known.append(KnownEdition(f"e{number}", Edition("Lyon", starts_on=day, ends_on=day, section=section, url=url)))
    return Known(tuple(known), tuple(KnownCall(f"c{url}", CallNotice("open", apply_url=url)) for url in calls))


def due(known: Known, *last_fetches: LastFetch, now: datetime = NOW) -> list[str]:
    return [page.url.removeprefix(SITE) for page in due_pages(known, last_fetches, LIST, now)]


@pytest.mark.parametrize(
    ("days", "hours", "expected"),
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
def test_how_often_an_edition_page_is_due(days: int, hours: float, expected: bool) -> None:
    last_fetch = LastFetch(PageRef(f"{SITE}lyon", "edition"), NOW - timedelta(hours=hours))
    assert due(listed((f"{SITE}lyon", days)), last_fetch) == (["lyon"] if expected else [])


def test_a_page_that_failed_is_due_daily():
    known = listed((f"{SITE}lyon", -300))
    assert due(known, LastFetch(PageRef(f"{SITE}lyon", "edition"), NOW - timedelta(hours=3), True)) == []
    assert due(known, LastFetch(PageRef(f"{SITE}lyon", "edition"), NOW - timedelta(hours=24), True)) == ["lyon"]


@pytest.mark.parametrize(("kind", "has_failed"), [("edition", False), ("edition", True), ("call", True)])
def test_a_page_that_was_fetched_while_the_clock_was_ahead_is_due(kind: PageKind, has_failed: bool) -> None:
    last_fetch = LastFetch(PageRef(f"{SITE}lyon", kind), NOW + timedelta(days=3650), has_failed)
    assert due(listed((f"{SITE}lyon", 10)), last_fetch) == ["lyon"]


def test_upcoming_editions_are_fetched_first_the_soonest_before_the_others():
    known = listed((f"{SITE}a", -400), (f"{SITE}b", -20), (f"{SITE}c", 90), (f"{SITE}d", 5), (f"{SITE}e", -300))
    assert due(known) == ["d", "c", "b", "e", "a"]


@pytest.mark.parametrize(
    ("links", "host"),
    [
        ((f"{SITE}lyon", "https://other.example/x"), None),
        (("https://other.example/x", "https://other.example/y", "https://third.example/"), "other.example"),
        ((), None),
        ((LIST,), None),
        (("https://[broken/",), None),
    ],
)
def test_the_host_of_links_that_are_all_skipped(links: tuple[str, ...], host: str | None) -> None:
    assert skipped_links(listed(*((link, 10) for link in links)), LIST) == host
    assert skipped_links(listed(calls=links), LIST) == host


def test_call_pages_are_due_in_every_check_and_come_first():
    known = listed((f"{SITE}lyon", 10), calls=(f"{SITE}call",))
    last_fetch = LastFetch(PageRef(f"{SITE}call", "call"), NOW - timedelta(minutes=31))
    assert due_pages(known, [last_fetch], LIST, NOW)[0] == PageRef(f"{SITE}call", "call")


def test_a_call_page_outlives_its_notice():
    assert due(listed(), LastFetch(PageRef(f"{SITE}call", "call"), NOW - timedelta(hours=1))) == ["call"]
    failed = LastFetch(PageRef(f"{SITE}call", "call"), NOW - timedelta(hours=1), True)
    assert due(listed(), failed) == []
    assert due(listed(), failed, now=NOW + timedelta(days=1)) == ["call"]


def test_the_most_overdue_pages_come_first_up_to_the_maximum():
    known = listed(*((f"{SITE}e{number}", 10) for number in range(30)))
    last_fetches = [LastFetch(PageRef(f"{SITE}e{n}", "edition"), NOW - timedelta(days=1 + n / 9)) for n in range(29)]
    pages = due(known, *last_fetches)
    assert len(pages) == MAX_PAGES
    assert pages[:3] == ["e29", "e28", "e27"]


def test_different_spellings_of_a_url_are_one_page():
    last_fetch = LastFetch(
        PageRef("https://www.clustercollaboration.eu/content/lyon/", "edition"), NOW - timedelta(days=2)
    )
    known = listed((f"{SITE}lyon", 10), ("http://clustercollaboration.eu/content/lyon#top", -10))
    assert due(known, last_fetch) == [last_fetch.page.url]


def test_the_page_of_a_withdrawn_edition_is_not_fetched():
    entry = listed((f"{SITE}lyon", 10)).editions[0]
    withdrawn = KnownEdition(entry.key, entry.edition, gone="withdrawn")
    assert due(Known((withdrawn,))) == []


def test_a_page_that_an_edition_links_to_is_not_a_call_page():
    assert due_pages(listed((f"{SITE}lyon", 10), calls=(f"{SITE}lyon",)), [], LIST, NOW) == (
        PageRef(f"{SITE}lyon", "edition"),
    )


@pytest.mark.parametrize(
    ("url", "expected"),
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
def test_which_links_are_followed(url: str, expected: bool) -> None:
    assert should_follow(url, LIST) is expected
