"""One check of the whole site: the list, and then each page that it leads to and that is due, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cmr_watch.merge_pages import of_kind
from cmr_watch.models import CheckResult
from cmr_watch.monitor.check import Clock, PageFetcher, check_page
from cmr_watch.monitor.crawl_schedule import due_pages
from cmr_watch.store.checks import Checks

Pause = Callable[[], None]


def check_site(
    list_url: str, fetcher: PageFetcher, checks: Checks, clock: Clock, pause: Pause
) -> tuple[CheckResult, ...]:
    """The result of each page, the list's first. Whatever comes of one, the others are asked; `pause` between two."""
    first = check_page(list_url, "initiative", fetcher, checks, clock)
    return (first, *_followed(first, fetcher, checks, clock, pause))


def _followed(
    first: CheckResult, fetcher: PageFetcher, checks: Checks, clock: Clock, pause: Pause
) -> Iterator[CheckResult]:
    listed = of_kind(checks.pages(), "initiative")
    for url, kind in due_pages(listed, checks.last_fetches(), first.page_url, clock()):
        if first.outcome == "failed" and kind != "call":
            return  # the site is in trouble: dozens of pages can wait, the call should not
        pause()
        yield check_page(url, kind, fetcher, checks, clock)
