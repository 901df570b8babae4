"""What a check learned, and what is stored of a page at one revision. The transaction is the caller's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cmr_watch import serialization
from cmr_watch.models import (
    Change,
    CheckOutcome,
    FetchedPage,
    IncidentKind,
    Known,
    PageRef,
    RecordedChange,
    Snapshot,
    Validators,
)
from cmr_watch.store import page_state, row_mapping
from cmr_watch.store.database import inserted_id
from cmr_watch.store.page_state import State
from cmr_watch.store.rounds import Round
from cmr_watch.store.schema import changes, checks
from cmr_watch.store.snapshots import get_snapshot

At = tuple[int, int | None, datetime | None]
"""Which revision of a page: its number, its baseline, when it was read."""
GOOD = ("baseline", "changed", "unchanged")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The last good reading of a page, which the next one is compared with.

    `read_at`: the last good reading, also an unchanged one; `full_read_at`: the last one from an unconditional GET.
    """

    revision: int
    snapshot_id: int
    fetched_at: datetime
    read_at: datetime
    full_read_at: datetime
    content_sha256: str
    parser_version: int
    validators: Validators
    snapshot: Snapshot
    known: Known


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """All that one check learned.

    `revision` is that of the baseline it compared with, None if there was none. `fetched` is None after a 304: the
    baseline's bytes are then the page's. `silent` changes are stored without notifying anybody.
    `drift`: what was expected of a suspect page, and what came.
    """

    page: PageRef
    checked_at: datetime
    outcome: CheckOutcome
    detail: str = ""
    revision: int | None = None
    fetched: FetchedPage | None = None
    snapshot: Snapshot | None = None
    known: Known | None = None
    changes: tuple[Change, ...] = ()
    conditional: bool = False
    silent: bool = False
    drift: str = ""
    round_: Round | None = None

    @property
    def read_at(self) -> datetime:
        """When the page said this."""
        return self.fetched.fetched_at if self.fetched else self.checked_at

    @property
    def compares(self) -> bool:
        """Whether it rests on the baseline that it was compared with."""
        return self.outcome in GOOD or self.known is not None


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A check that was made."""

    id: int
    page_url: str
    checked_at: datetime
    outcome: CheckOutcome
    detail: str


@dataclass(frozen=True, slots=True)
class StoredPage:
    """What is stored of a page at one revision: the row of its baseline, and its state."""

    at: At
    baseline: Any
    snapshot: Snapshot | None
    state: State
    known: Known


@dataclass(frozen=True, slots=True)
class CommitEffects:
    """What came of a commit: an incident that is new; the revision at which what was stored before still holds."""

    incident: IncidentKind | None = None
    holds_at: At | None = None


def load_stored_page(connection: Connection, page: Any, at: At) -> StoredPage:
    rows_of_page = page_state.load(connection, page.url)
    if page.baseline_id is None:
        return StoredPage(at, None, None, rows_of_page, rows_of_page.known())
    baseline = get_snapshot(connection, page.baseline_id)
    return StoredPage(
        at, baseline, serialization.snapshot_from_dict(baseline.reading), rows_of_page, rows_of_page.known()
    )


def baseline_of(page: Any, stored: StoredPage) -> Baseline:
    row = stored.baseline
    assert stored.snapshot is not None
    return Baseline(
        revision=page.revision,
        snapshot_id=row.id,
        fetched_at=row.fetched_at,
        read_at=page.read_at,
        full_read_at=page.full_read_at,
        content_sha256=row.content_sha256,
        parser_version=row.parser_version,
        validators=Validators(page.etag, page.last_modified),
        snapshot=stored.snapshot,
        known=stored.known,
    )


def insert_check(connection: Connection, record: CheckRecord, revision: int) -> int:
    row = {
        "page_url": record.page.url,
        "checked_at": record.checked_at,
        "outcome": record.outcome,
        "detail": record.detail,
        "revision": revision,
    }
    return inserted_id(connection, checks, row)


def insert_change(
    connection: Connection,
    record: CheckRecord,
    check_id: int,
    round_id: int | None,
    held_at: datetime | None,
    change: Change,
) -> RecordedChange:
    row = {
        **row_mapping.change_row(record.page.url, record.read_at, change),
        "check_id": check_id,
        "round_id": round_id,
        "enqueued_at": record.checked_at if record.silent else None,
        "held_at": held_at,
    }
    return RecordedChange(inserted_id(connection, changes, row), change, record.page.url, record.read_at)
