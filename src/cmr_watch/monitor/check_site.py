"""Checks the whole site: the list of editions, then the linked pages that are due, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Final

from cmr_watch.clock import Clock
from cmr_watch.exceptions import FetchError
from cmr_watch.merge_pages import known_of_kind
from cmr_watch.models.readings import CheckResult, PageRef
from cmr_watch.monitor.check import PageFetcher, check_page
from cmr_watch.monitor.crawl_schedule import due_pages, should_follow
from cmr_watch.monitor.layout import TitleOf, no_title
from cmr_watch.monitor.page_reading import title_of_page
from cmr_watch.store.checks import Checks
from cmr_watch.store.readable import UnreadableRow
from cmr_watch.store.rounds import Round

Pause = Callable[[], None]
MAX_TITLES: Final = 5
"""The most pages that one check fetches only for their titles (READING B4)."""


def _never() -> bool:
    return False


def check_site(
    list_url: str,
    fetcher: PageFetcher,
    checks: Checks,
    clock: Clock,
    pause: Pause,
    stop: Callable[[], bool] = _never,
) -> tuple[CheckResult, ...]:
    """Check all pages that are due; the first result is the list's. `pause` is called before each linked page.

    When `stop` returns True, the round ends without the pages that are left; the next check reads them.

    All of it is one round: its changes are matched to recipients together, once the last page has been checked, and
    outages begin and end then. If the list cannot be fetched, only call pages are checked. Any other failure does not
    affect the other pages.
    """
    round_ = Round()
    titles = _titles(list_url, fetcher, pause, stop)
    first = _check_page(PageRef(list_url, "initiative"), fetcher, checks, clock, round_, titles)
    results = [first]
    with checks.in_one_snapshot():
        due = _linked_pages(first, checks, clock())
        if not due:  # as usual: the snapshot is still current
            checks.finish_round(round_, list_url, clock())
            return (first,)
    for page in due:
        pause()
        if stop():
            break
        results.append(_check_page(page, fetcher, checks, clock, round_, no_title))
    checks.finish_round(round_, list_url, clock())
    return tuple(results)


def _check_page(
    page: PageRef, fetcher: PageFetcher, checks: Checks, clock: Clock, round_: Round, title_of: TitleOf
) -> CheckResult:
    """Check a page. If what is stored of it is damaged, it cannot be checked, but the others can."""
    try:
        return check_page(page, fetcher, checks, clock, round_, title_of)
    except UnreadableRow as error:
        return CheckResult("failed", page, clock(), detail=str(error))


def _titles(list_url: str, fetcher: PageFetcher, pause: Pause, stop: Callable[[], bool]) -> TitleOf:
    """Fetches the titles of linked pages, each once."""
    fetched = 0

    @cache
    def title_of(url: str) -> str:
        nonlocal fetched
        if fetched == MAX_TITLES or not should_follow(url, list_url):
            return ""
        fetched += 1
        pause()
        try:
            page = None if stop() else fetcher.fetch(url, None)
        except FetchError:
            return ""
        return title_of_page(page) if page else ""

    return title_of


def _linked_pages(first: CheckResult, checks: Checks, now: datetime) -> tuple[PageRef, ...]:
    listed = known_of_kind(checks.known_pages(), "initiative")
    due = due_pages(listed, checks.last_fetches(), first.page.url, now)
    # if the site seems to be down, edition pages can wait; call pages, which come first, should not
    return tuple(page for page in due if first.outcome != "failed" or page.kind == "call")
