"""The results of checks: readings, the known state of each page, and changes.

`commit` writes the complete result of one check in a single transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from cmr_watch.merge_pages import KnownPage
from cmr_watch.models.evidence import Evidence
from cmr_watch.models.readings import (
    PARSER_VERSION,
    Change,
    FetchedPage,
    Known,
    LastFetch,
    PageRef,
    RecordedChange,
    Snapshot,
)
from cmr_watch.store import known_entries, outages, readable, recipients, restore_quarantine
from cmr_watch.store.calendar_events import replace_known
from cmr_watch.store.check_outcomes import OutcomeWriter
from cmr_watch.store.check_records import (
    DERIVED,
    PLAUSIBLE_OUTCOMES,
    UNREPORTED,
    Baseline,
    CheckRecord,
    CheckRow,
    KnownAfterwards,
    PageVersion,
    StoredPage,
    baseline_of,
    failing_pages,
    first_check,
    first_reading,
    insert_change,
    insert_check,
    last_check,
    load_changes,
    load_stored_page,
    readable_page,
)
from cmr_watch.store.corrections import Corrections, edit_corrections, has_unreadable, lapse_corrections
from cmr_watch.store.database import Database
from cmr_watch.store.locks import Lock
from cmr_watch.store.newly_read import record_newly_read
from cmr_watch.store.rounds import LEASE, Round, finish_round, join_round, renew_round
from cmr_watch.store.schema import changes, checks, pages, snapshots
from cmr_watch.store.snapshots import (
    OlderReading,
    SnapshotRow,
    StoredSnapshot,
    list_snapshots,
    load_page,
    load_snapshot,
    newest_suspect,
    plausible_before,
    replace_reading,
)

log = logging.getLogger(__name__)

FAILURES_UNTIL_INCIDENT = 3
"""Default number of consecutive failures."""

_PAGE = select(pages).where(pages.c.url == bindparam("page"))
_LOCKED_PAGE = _PAGE.with_for_update()
_REVISIONS = select(pages.c.url, pages.c.kind, pages.c.revision)
_FETCHES = checks.alias()
_LAST_FETCH = select(func.max(_FETCHES.c.id)).where(
    _FETCHES.c.page_url == pages.c.url, _FETCHES.c.outcome.not_in(DERIVED)
)
_LAST_FETCHES = (
    select(checks.c.id, pages.c.url, pages.c.kind, checks.c.checked_at, checks.c.outcome)
    .join_from(pages, checks, checks.c.id == _LAST_FETCH.scalar_subquery())
    .order_by(pages.c.url)
)


class Checks:
    """The readings, the known state and the changes of all pages.

    `failures_until_incident`: the number of consecutive failures after which an incident is opened.
    """

    def __init__(
        self,
        database: Database,
        parser_version: int = PARSER_VERSION,
        failures_until_incident: int = FAILURES_UNTIL_INCIDENT,
    ) -> None:
        self._database = database
        self._outcomes = OutcomeWriter(database, parser_version, failures_until_incident)
        self._parser_version = parser_version
        self.corrections = Corrections(database)
        self._stored_pages: dict[str, StoredPage] = {}
        self._known_pages: tuple[KnownPage, ...] = ()
        self._revisions: dict[str, tuple[str, int]] = {}

    def in_one_snapshot(self) -> AbstractContextManager[None]:
        """Let everything that is read in this block see a single snapshot of the data."""
        return self._database.snapshot()

    # ── one page ─────────────────────────────────────────────────────────────────────────────────────────────────

    def baseline(self, page_url: str) -> Baseline | None:
        """Return what the next reading of a page is compared with; None before its first plausible reading."""
        with self._database.read() as connection:
            row = connection.execute(_PAGE, {"page": page_url}).first()
            page = readable_page(connection, row) if row else None
            if page is None or page.baseline_id is None:
                return None
            return baseline_of(page, self._load_stored_page(connection, page))

    def commit(self, record: CheckRecord) -> tuple[RecordedChange, ...] | None:
        """Store the result of a check and return its changes; if the baseline has changed since, return None instead.

        - baseline, changed, unchanged: the reading is plausible and becomes the baseline; incidents are resolved.
        - suspect: the reading is quarantined, the baseline stays, an incident is opened. Entries that were added to
          the page are known from then on.
        - failed: counted; several in a row open an incident.
        - discarded: only the check itself is recorded.
        """
        with self._database.write() as connection:
            page = self._lock_page(connection, record)
            if record.depends_on_baseline and record.revision != (page.revision if page.baseline_id else None):
                return None
            check_id = insert_check(connection, record, page.revision)
            stored = self._load_stored_page(connection, page)
            effects = self._outcomes.write(connection, record, page, stored)
            self._plan_again(connection, record, stored)
            is_replaced = self._replace_known(connection, record, stored)
            record_newly_read(self._database, connection, record.page.url, record.newly_read, record.checked_at)
            round_id = self._join_round(connection, record)
            recorded = self._insert_changes(connection, record, check_id, round_id, stored)
            if record.outcome in PLAUSIBLE_OUTCOMES:
                lapse_corrections(connection, record.lapsed, record.checked_at)
                restore_quarantine.end_first_reading(connection, record.page.url)
        if record.round_ is not None:
            record.round_.id = round_id
        if effects.version and not is_replaced:
            self._keep(record.page, page, stored, effects.version, effects.baseline)
        if effects.incident:
            log.debug("%s: %s: %s", effects.incident, record.page.url, record.detail)
        return recorded

    def _replace_known(self, connection: Connection, record: CheckRecord, stored: StoredPage) -> bool:
        """Replace the known state of the page; return whether it differs."""
        if record.known is None:
            return False
        url, at = record.page.url, record.checked_at
        return replace_known(self._database, connection, url, stored.state, record.known, at)

    def _plan_again(self, connection: Connection, record: CheckRecord, stored: StoredPage) -> None:
        """Make all recipients due for planning if reminders may have become due."""
        if record.known is not None and record.known.calls != stored.known.calls:
            recipients.plan_all_again(self._database, connection, record.checked_at)

    def _keep(self, page: PageRef, row: Any, stored: StoredPage, version: PageVersion, baseline: Any) -> None:
        """Keep what is known of all pages, as it is the same at the new version of this one; and its baseline."""
        if self._revisions.get(page.url) == (row.kind, row.revision):
            self._revisions[page.url] = (page.kind, version[0])
        if baseline is not None:
            self._stored_pages[page.url] = stored._replace(version=version, baseline=baseline)

    def _lock_page(self, connection: Connection, record: CheckRecord) -> Any:
        page = connection.execute(_LOCKED_PAGE, {"page": record.page.url}).first()
        if page is None:
            row = {"url": record.page.url, "kind": record.page.kind, "revision": 0, "consecutive_failures": 0}
            connection.execute(self._database.insert(pages).values(row).on_conflict_do_nothing())
            page = connection.execute(_LOCKED_PAGE, {"page": record.page.url}).one()
        return readable_page(connection, page)

    def _load_stored_page(self, connection: Connection, page: Any) -> StoredPage:
        # cached, as what is stored at one version never changes and usually stays the same at the next one
        stored = self._stored_pages.get(page.url)
        version = (page.revision, page.baseline_id, page.read_at)
        if stored is None or stored.version != version:
            self._stored_pages[page.url] = stored = load_stored_page(connection, page, version)
        return stored

    def _insert_changes(
        self, connection: Connection, record: CheckRecord, check_id: int, round_id: int | None, stored: StoredPage
    ) -> tuple[RecordedChange, ...]:
        """Insert the changes; those that may be wrong are held until the operator releases them.

        - After a restore, what the first reading of a page has found may have been announced before.
        - If a correction, or the known state of an edition or call, cannot be read, it may only seem to have changed.
        """
        if not record.changes:
            return ()
        self._database.lock(connection, Lock.CHANGES)
        url = record.page.url
        are_held = restore_quarantine.is_first_reading(connection, url) or has_unreadable(connection, url)
        return tuple(
            insert_change(
                connection,
                record,
                check_id,
                round_id,
                record.checked_at if are_held or stored.state.is_uncertain(change.key) else None,
                change,
            )
            for change in record.changes
        )

    def _join_round(self, connection: Connection, record: CheckRecord) -> int | None:
        """Renew the lease of the record's round; return its ID, or None outside a round or while it has no changes."""
        if record.round_ is None:
            return None
        if record.changes and not record.silent:
            return join_round(connection, record.round_, record.checked_at)
        renew_round(connection, record.round_, record.checked_at)
        return record.round_.id

    # ── rounds ───────────────────────────────────────────────────────────────────────────────────────────────────

    def finish_round(self, round_: Round, list_url: str, now: datetime) -> None:
        """Release the changes of a round to the fan-out, and open or close outages.

        Writes nothing if the round has found no changes and the outages are still the same.
        """
        with self._database.read() as connection:
            has_other_outages = bool(outages.find_difference(connection, list_url))
        if round_.id is None and not has_other_outages:
            return
        with self._database.write() as connection:
            if has_other_outages:
                recipients.lock_planning(self._database, connection)  # so that only one process at a time does this
                difference = outages.find_difference(connection, list_url)
                outages.apply(self._database, connection, difference, list_url, now)
            finish_round(connection, round_, now)

    def changes_in_round(self, round_: Round | None) -> tuple[Change, ...]:
        """Return the changes that a round has found so far, oldest first."""
        if round_ is None or round_.id is None:
            return ()
        statement = select(changes).where(changes.c.round_id == round_.id).order_by(changes.c.id)
        with self._database.read() as connection:
            return tuple(recorded.change for recorded in load_changes(connection, statement))

    # ── all pages ────────────────────────────────────────────────────────────────────────────────────────────────

    def known_pages(self) -> tuple[KnownPage, ...]:
        """Return the known state of each page."""
        with self._database.read() as connection:
            revisions = {row.url: (row.kind, row.revision) for row in connection.execute(_REVISIONS)}
            if revisions != self._revisions:  # cached, as it takes long to load and rarely changes
                self._known_pages, self._revisions = known_entries.load_pages(connection), revisions
            return self._known_pages

    def changes_on_other_pages(self, page_url: str, keys: Collection[str]) -> tuple[Change, ...]:
        """Return the changes of these editions and calls that were found on other pages, oldest first."""
        joined = select(changes).join(checks, checks.c.id == changes.c.check_id).order_by(changes.c.id)
        is_wanted = (changes.c.page_url != page_url, changes.c.key.in_(keys), checks.c.outcome.not_in(UNREPORTED))
        with self._database.read() as connection:
            return tuple(recorded.change for recorded in load_changes(connection, joined.where(*is_wanted)))

    def last_fetches(self) -> tuple[LastFetch, ...]:
        """Return when each page was last checked, and whether that failed."""
        with self._database.read() as connection:
            rows = connection.execute(_LAST_FETCHES).all()
            return tuple(readable.models(connection, checks, rows, _last_fetch))

    def failing_pages(self) -> frozenset[str]:
        """Return the URLs of the pages that could not be read by their last check, or had a suspect reading."""
        with self._database.read() as connection:
            return failing_pages(connection)

    # ── snapshots ────────────────────────────────────────────────────────────────────────────────────────────────

    def snapshots(self, page_url: str | None = None, limit: int = 50) -> tuple[SnapshotRow, ...]:
        """Return the newest snapshots, oldest first."""
        with self._database.read() as connection:
            return list_snapshots(connection, page_url, limit)

    def snapshot(self, snapshot_id: int) -> StoredSnapshot:
        """Return a snapshot with its content; KeyError if there is none with this ID."""
        with self._database.read() as connection:
            return load_snapshot(connection, snapshot_id)

    def stored_page(self, snapshot_id: int) -> FetchedPage:
        """Return the page from which a snapshot was read; KeyError if there is none with this ID."""
        with self._database.read() as connection:
            return load_page(connection, snapshot_id)

    def snapshot_ids(self) -> tuple[int, ...]:
        """Return the IDs of all snapshots, oldest first."""
        with self._database.read() as connection:
            return tuple(connection.execute(select(snapshots.c.id).order_by(snapshots.c.id)).scalars())

    def replace_reading(
        self, snapshot_id: int, reading: Snapshot, evidence: Evidence, after: KnownAfterwards | None = None
    ) -> None:
        """Replace the reading of a snapshot; with `after`, also the known state of its page, whose baseline it is."""
        with self._database.write() as connection:
            url = replace_reading(self._database, connection, snapshot_id, reading, evidence, self._parser_version)
            if after is not None:
                edit_corrections(connection, after.edit)
                old = known_entries.load(connection, url)
                replace_known(self._database, connection, url, old, after.known, after.at, are_mistakes=True)
                # checks that are comparing with the old state must start again
                connection.execute(update(pages).where(pages.c.url == url).values(revision=pages.c.revision + 1))
                record_newly_read(self._database, connection, url, after.newly_read, after.at)
        self._stored_pages.pop(url, None)

    def plausible_before(self, page_url: str, snapshot_id: int) -> tuple[OlderReading, ...]:
        """Return the plausible readings of a page that are older than one of its snapshots, newest first."""
        with self._database.read() as connection:
            return tuple(plausible_before(connection, page_url, snapshot_id))

    def newest_suspect(self, page_url: str) -> StoredSnapshot | None:
        """Return the newest suspect reading, unless a plausible one has followed it."""
        with self._database.read() as connection:
            return newest_suspect(connection, page_url)

    # ── known state and changes ──────────────────────────────────────────────────────────────────────────────────

    def known(self, page_url: str | None = None) -> Known:
        """Return the known state of one page, or of all pages merged."""
        with self._database.read() as connection:
            return known_entries.load(connection, page_url).known() if page_url else known_entries.load_all(connection)

    def changes(
        self, since_id: int | None = None, since: datetime | None = None, limit: int | None = None
    ) -> tuple[RecordedChange, ...]:
        """Return the changes after an ID, or read at or after a time, oldest first; with a limit, the newest ones."""
        # not ordered by ID alone: changes from an archive are old but have high IDs
        statement = select(changes).order_by(changes.c.read_at.desc(), changes.c.id.desc()).limit(limit)
        if since_id is not None:
            statement = statement.where(changes.c.id > since_id)
        if since is not None:
            statement = statement.where(changes.c.read_at >= since)
        with self._database.read() as connection:
            return tuple(reversed(tuple(load_changes(connection, statement))))

    def last_read_at(self, page_url: str) -> datetime | None:
        """Return the time of the last plausible reading of a page."""
        with self._database.read() as connection:
            page = connection.execute(_PAGE, {"page": page_url}).first()
        return readable.time_of(page.read_at) if page else None

    def first_read_at(self, page_url: str) -> datetime | None:
        """Return the time of the first plausible reading of a page."""
        with self._database.read() as connection:
            return first_reading(connection, checks.c.page_url == page_url)

    def is_later_page(self, page_url: str, now: datetime) -> bool:
        """Return whether the page was first checked later than in the round of the list's first plausible reading."""
        with self._database.read() as connection:
            first = first_reading(connection, pages.c.kind == "initiative")
            checked = first_check(connection, page_url) or now
        return first is not None and checked - first > LEASE

    def last_check(self, page_url: str) -> CheckRow | None:
        """Return the last check of a page, whatever its outcome."""
        with self._database.read() as connection:
            return last_check(connection, page_url)


def _last_fetch(row: Any) -> LastFetch:
    return LastFetch(PageRef(row.url, row.kind), row.checked_at, row.outcome == "failed")
