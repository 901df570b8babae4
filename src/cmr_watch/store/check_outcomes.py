"""What a check leaves behind, by its outcome: the reading, the state of its page, and the incidents of the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, update

from cmr_watch import serialization
from cmr_watch.models.readings import Snapshot, Validators
from cmr_watch.models.recipients import IncidentKind
from cmr_watch.store import incidents
from cmr_watch.store.check_records import (
    PLAUSIBLE_OUTCOMES,
    CheckRecord,
    CommitEffects,
    StoredPage,
    first_of_last_failures,
)
from cmr_watch.store.database import Database
from cmr_watch.store.schema import pages
from cmr_watch.store.snapshots import ReadingToStore, store_plausible, store_suspect

_UPDATE_PAGE = update(pages).where(pages.c.url == bindparam("page"))


class OutcomeWriter:
    """Writes the outcome of a check in the transaction of its caller. For the parameters, see `Checks`."""

    def __init__(self, database: Database, parser_version: int, failures_until_incident: int) -> None:
        self._database = database
        self._parser_version = parser_version
        self._failures_until_incident = failures_until_incident

    def write(self, connection: Connection, record: CheckRecord, page: Any, stored: StoredPage) -> CommitEffects:
        """Store the reading and the state of the page, whose row is locked."""
        if record.outcome in PLAUSIBLE_OUTCOMES:
            return self._write_plausible(connection, record, page, stored)
        if record.outcome == "suspect":
            return self._write_suspect(connection, record, page, stored)
        if record.outcome == "failed":
            return self._write_failed(connection, record, page)
        return CommitEffects()

    def _write_plausible(
        self, connection: Connection, record: CheckRecord, page: Any, stored: StoredPage
    ) -> CommitEffects:
        is_full = page.full_read_at is None or not record.conditional
        validators = record.fetched.validators if record.fetched else Validators(page.etag, page.last_modified)
        reading = self._reading_to_store(record, stored)
        baseline_id, baseline = store_plausible(self._database, connection, reading, stored.baseline)
        version = (page.revision + 1, baseline_id, record.read_at)
        values = {
            "page": record.page.url,
            "kind": record.page.kind,
            "revision": page.revision + 1,
            "baseline_id": baseline_id,
            "etag": validators.etag,
            "last_modified": validators.last_modified,
            "read_at": record.read_at,
            "full_read_at": record.read_at if is_full else page.full_read_at,
            "consecutive_failures": 0,
        }
        connection.execute(_UPDATE_PAGE, values)
        self._settle_incidents(connection, record)
        return CommitEffects(version=version, baseline=baseline)

    def _settle_incidents(self, connection: Connection, record: CheckRecord) -> None:
        """Resolve what a plausible reading resolves, and report a change of the layout."""
        url, now = record.page.url, record.checked_at
        open_ = incidents.open_kinds(connection, url)  # usually none
        incidents.resolve_incidents(connection, url, now, *(kind for kind in incidents.PAGE_INCIDENTS if kind in open_))
        is_noted = record.has_known_layout and "layout-changed" in open_
        if is_noted or record.layout_notice:
            incidents.report_again(self._database, connection, "layout-changed", url, record.layout_notice, now)

    def _write_suspect(
        self, connection: Connection, record: CheckRecord, page: Any, stored: StoredPage
    ) -> CommitEffects:
        reading = self._reading_to_store(record, stored)
        store_suspect(self._database, connection, reading, stored.baseline, record.detail)
        revision = page.revision if record.known is None else page.revision + 1
        values = {"page": record.page.url, "consecutive_failures": 0, "revision": revision}
        connection.execute(_UPDATE_PAGE, values)
        incidents.remind_of(connection, "reading-still-suspect", record.page.url, record.detail, record.checked_at)
        if record.acceptable:
            return self._open_incident(connection, "reading-suspect", record, record.checked_at)
        if incidents.is_open(connection, "reading-suspect", record.page.url):
            return CommitEffects()  # the operator knows already that the page looks wrong
        return self._open_incident(connection, "reading-unusable", record, record.checked_at)

    def _write_failed(self, connection: Connection, record: CheckRecord, page: Any) -> CommitEffects:
        failures = page.consecutive_failures + 1
        connection.execute(_UPDATE_PAGE, {"page": record.page.url, "consecutive_failures": failures})
        if failures < self._failures_until_incident:
            return CommitEffects()
        since = first_of_last_failures(connection, record.page.url, failures) or record.checked_at
        return self._open_incident(connection, "fetch-failing", record, since)

    def _open_incident(
        self, connection: Connection, kind: IncidentKind, record: CheckRecord, since: datetime
    ) -> CommitEffects:
        is_new = incidents.open_incident(self._database, connection, kind, record.page.url, record.problem, since)
        return CommitEffects(incident=kind if is_new else None)

    def _reading_to_store(self, record: CheckRecord, stored: StoredPage) -> ReadingToStore:
        if record.snapshot is not None and record.snapshot is stored.snapshot and stored.has_reading:
            reading = stored.baseline.reading
        else:
            reading = serialization.snapshot_to_dict(record.snapshot or Snapshot(kind=record.page.kind))
        return ReadingToStore(*record.source, reading, self._parser_version, record.evidence)
