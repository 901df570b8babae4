"""The history from before we looked: an archive's copies of the pages, fetched once each, compared, written down.

Nobody is told of any of it. What was fetched is kept, so whoever breaks off goes on from there; and the history is made
anew from all copies each time, so a second run adds nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cmr_watch.exceptions import CmrWatchError, FetchError, ParseError
from cmr_watch.models import FetchedPage, PageKind, PageRef, Snapshot
from cmr_watch.monitor.archive.history import history
from cmr_watch.monitor.archive.memento_client import Archive
from cmr_watch.monitor.archive.timemap import Memento
from cmr_watch.monitor.check import parse, unreadable
from cmr_watch.store.archive_history import ArchiveHistory, HistoricalChange
from cmr_watch.store.checks import Checks

log = logging.getLogger(__name__)

Progress = Callable[[Sequence[Memento]], Iterator[Memento]]
"""Gives the copies back one by one, and shows how far it is."""


class NothingKnownYet(CmrWatchError):
    """No page was read yet: run cmr-watch check first, so that old editions get the keys of those that are known."""


@dataclass(frozen=True, slots=True)
class BackfillReport:
    """What came of one page: copies that the archive has, fetched now, failed now; changes that are new."""

    page_url: str
    copies: int
    fetched: int
    failed: int
    added: int
    editions: int


def backfill_page(
    page: PageRef, archive: Archive, archived: ArchiveHistory, checks: Checks, progress: Progress
) -> BackfillReport:
    """Fetch what is not here yet of one page, and write its history. FetchError when the archive does not answer."""
    mementos = archive.mementos(page.url)
    taken = archived.taken(page.url)
    missing = [memento for memento in mementos if memento.at not in taken]
    fetched = sum(_take(memento, page.kind, archive, archived) for memento in progress(missing))
    added, editions = _write(page.url, archived, checks)
    return BackfillReport(page.url, len(mementos), fetched, len(missing) - fetched, added, editions)


def _take(memento: Memento, kind: PageKind, archive: Archive, archived: ArchiveHistory) -> bool:
    try:
        page = archive.fetch(memento)
    except FetchError as error:
        log.warning("the copy of %s is left out: %s", f"{memento.at:%Y-%m-%d %H:%M}", error)
        return False
    page = replace(page, fetched_at=memento.at)
    archived.keep(page, kind, _read(page, kind), memento.url)
    return True


def _read(page: FetchedPage, kind: PageKind) -> Snapshot:
    """A copy that cannot be read is kept as such, and nobody asks for it again."""
    try:
        return parse(page, kind)
    except ParseError:
        return unreadable(kind)


def _write(page_url: str, archived: ArchiveHistory, checks: Checks) -> tuple[int, int]:
    today = checks.known(page_url)
    made = history(archived.copies(page_url), today, _began(page_url, checks))
    past = [HistoricalChange(at, change) for at, change in made.changes]
    return archived.write(page_url, made.known, past), len(made.known.editions)


def _began(page_url: str, checks: Checks) -> datetime | None:
    """When we read the page for the first time: from then on we know better than any archive."""
    return checks.first_read_at(page_url)


def pages_to_fill(list_url: str, checks: Checks) -> tuple[PageRef, ...]:
    """The list and the call pages; NothingKnownYet before the first good reading."""
    if checks.baseline(list_url) is None:
        raise NothingKnownYet
    calls = [last.page for last in checks.last_fetches() if last.page.kind == "call"]
    return (PageRef(list_url, "initiative"), *calls)
