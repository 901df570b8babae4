"""Fill in the history from before our first reading: fetch an archive's copies of a page, compare and store them.

No notifications are sent. Fetched copies are stored, so an interrupted backfill continues where it stopped. The history
is always rebuilt from all stored copies, so a second run adds nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from cmr_watch.exceptions import CmrWatchError, FetchError, ParseError
from cmr_watch.models.readings import FetchedPage, PageKind, PageRef, Snapshot, Validators
from cmr_watch.monitor.archive.history import build_history
from cmr_watch.monitor.archive.memento_client import Archive, OtherPage
from cmr_watch.monitor.archive.timemap import Memento
from cmr_watch.monitor.page_reading import parse, unreadable
from cmr_watch.store.archive_history import ArchiveHistory, HistoricalChange
from cmr_watch.store.checks import Checks

log = logging.getLogger(__name__)

Progress = Callable[[Sequence[Memento]], Iterator[Memento]]
"""Yields the copies unchanged, and shows the progress."""


class NoBaselineYet(CmrWatchError):
    """No page has been read yet. Run cmr-watch check first, so that archived editions get the keys of known ones."""


@dataclass(frozen=True, slots=True)
class BackfillReport:
    """The result for one page.

    `copies` are all copies in the archive; `fetched` and `failed` count those of this run. `added` are new changes,
    `editions` all editions that are known now.
    """

    page_url: str
    copies: int
    fetched: int
    failed: int
    added: int
    editions: int


def backfill_page(
    page: PageRef, archive: Archive, archived: ArchiveHistory, checks: Checks, progress: Progress
) -> BackfillReport:
    """Fetch the missing copies of a page and store its history. Raises FetchError if the list cannot be fetched."""
    mementos = archive.mementos(page.url)
    stored = archived.stored_times(page.url)
    missing = [memento for memento in mementos if memento.at not in stored]
    fetched = sum(_fetch_copies(progress(missing), page.kind, archive, archived))
    added, editions = _store_history(page.url, archived, checks)
    return BackfillReport(page.url, len(mementos), fetched, len(missing) - fetched, added, editions)


def _fetch_copies(
    mementos: Iterable[Memento], kind: PageKind, archive: Archive, archived: ArchiveHistory
) -> Iterator[bool]:
    """Fetch and store copies; True for each that was, False for each that could not be fetched.

    Once the archive refuses requests because there were too many, no other copy is asked for.
    """
    for memento in mementos:
        try:
            _fetch_copy(memento, kind, archive, archived)
            yield True
        except FetchError as error:
            log.warning("skipping the copy from %s: %s", f"{memento.at:%Y-%m-%d %H:%M}", error)
            yield False
            if error.status == HTTPStatus.TOO_MANY_REQUESTS:
                log.warning("the archive refuses more requests for now; run backfill again later")
                return


def _fetch_copy(memento: Memento, kind: PageKind, archive: Archive, archived: ArchiveHistory) -> None:
    """Fetch and store a copy. One of another page is stored without content, so that it is not fetched again."""
    try:
        page = archive.fetch(memento)
        snapshot = _parse(page, kind)
    except OtherPage as error:
        log.warning("the copy from %s is not used: %s", f"{memento.at:%Y-%m-%d %H:%M}", error)
        page = FetchedPage(memento.page_url, memento.page_url, b"", None, Validators(), memento.at)
        snapshot = unreadable(kind)
    archived.store_copy(replace(page, fetched_at=memento.at), kind, snapshot, memento.url)


def _parse(page: FetchedPage, kind: PageKind) -> Snapshot:
    """A copy that cannot be parsed is stored as unreadable, so that it is not fetched again."""
    try:
        return parse(page, kind).snapshot
    except ParseError:
        return unreadable(kind)


def _store_history(page_url: str, archived: ArchiveHistory, checks: Checks) -> tuple[int, int]:
    """The number of changes added, and of editions known."""
    current = checks.known(page_url)
    # from our own first reading on, our data is more complete than an archive's
    history = build_history(archived.load_copies(page_url), current, checks.first_read_at(page_url))
    past = [HistoricalChange(at, change) for at, change in history.changes]
    return archived.replace_history(page_url, history.known, past), len(history.known.editions)


def pages_to_backfill(list_url: str, checks: Checks) -> tuple[PageRef, ...]:
    """The list of editions and the call pages. Raises NoBaselineYet before the first plausible reading."""
    if checks.baseline(list_url) is None:
        raise NoBaselineYet
    calls = [last.page for last in checks.last_fetches() if last.page.kind == "call"]
    return (PageRef(list_url, "initiative"), *calls)
