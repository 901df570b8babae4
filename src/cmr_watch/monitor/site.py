"""One check of the whole site: the list, then each linked page that is due, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cmr_watch.merge_pages import known_of_kind
from cmr_watch.models import CheckResult, PageRef
from cmr_watch.monitor.check import Clock, PageFetcher, check_page
from cmr_watch.monitor.crawl_schedule import due_pages
from cmr_watch.store.checks import Checks

Pause = Callable[[], None]


def check_site(
    list_url: str, fetcher: PageFetcher, checks: Checks, clock: Clock, pause: Pause
) -> tuple[CheckResult, ...]:
    """The result of each page, the list's first. A page's failure does not stop the others; `pause` runs in between."""
    first = check_page(PageRef(list_url, "initiative"), fetcher, checks, clock)
    return (first, *_check_linked_pages(first, fetcher, checks, clock, pause))


def _check_linked_pages(
    first: CheckResult, fetcher: PageFetcher, checks: Checks, clock: Clock, pause: Pause
) -> Iterator[CheckResult]:
    listed = known_of_kind(checks.known_pages(), "initiative")
    for page in due_pages(listed, checks.last_fetches(), first.page.url, clock()):
        if first.outcome == "failed" and page.kind != "call":
            return  # the site has problems: the edition pages can wait, the call page should not
        pause()
        yield check_page(page, fetcher, checks, clock)
