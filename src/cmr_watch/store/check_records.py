"""The result of a check, and what is stored about a page. The functions run in the transaction of their caller."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from cmr_watch.models.corrections import Correction
from cmr_watch.models.evidence import Evidence
from cmr_watch.models.readings import (
    Change,
    CheckOutcome,
    FetchedPage,
    Known,
    PageRef,
    RecordedChange,
    Snapshot,
    Validators,
)
from cmr_watch.models.recipients import IncidentKind
from cmr_watch.plural import counted
from cmr_watch.store import known_entries, readable, row_mapping
from cmr_watch.store.corrections import CorrectionEdit
from cmr_watch.store.database import insert_returning_id
from cmr_watch.store.known_entries import PageState
from cmr_watch.store.publication import publish_new
from cmr_watch.store.rounds import Round
from cmr_watch.store.schema import changes, checks, pages, snapshots
from cmr_watch.store.snapshots import get_snapshot, newest_plausible, reading_of

PageVersion = tuple[int, int | None, datetime | None]
"""A page's revision, baseline ID and time of reading: they change whenever what is stored about the page changes."""
ARCHIVED: Final = "archived"
"""The outcome of checks and the assessment of snapshots that were derived from copies in an archive."""
REPARSED: Final = "reparsed"
"""The outcome of checks that hold what a better parser was the first to read on a stored page (`newly_read`)."""
RELEASED: Final = "released"
"""What that outcome becomes when the operator has decided to notify subscribers."""
UNREPORTED: Final = (ARCHIVED, REPARSED)
"""The outcomes of checks whose changes caused no notifications."""
DERIVED: Final = (*UNREPORTED, RELEASED)
"""The outcomes of checks for which no page was fetched."""
PLAUSIBLE_OUTCOMES = ("baseline", "changed", "unchanged")
NOT_READ = ("failed", "suspect")
_JUDGED = checks.alias()
# not max(id), which would go through a year of checks: this one stops at the first
_LAST_JUDGED_ID = (
    select(_JUDGED.c.id)
    .where(_JUDGED.c.page_url == pages.c.url, _JUDGED.c.outcome.in_((*PLAUSIBLE_OUTCOMES, *NOT_READ)))
    .correlate(pages)
    .order_by(_JUDGED.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
LAST_JUDGED: Final = (
    select(pages.c.url, checks.c.outcome).join_from(pages, checks, checks.c.id == _LAST_JUDGED_ID).order_by(checks.c.id)
)
"""Selects each page with its newest check that read it or failed to: by ID, as the clock can be set back."""


class Baseline(NamedTuple):
    """The last plausible reading of a page, with which the next one is compared.

    `read_at` is when the page was last read, even if unchanged; `full_read_at` when by an unconditional GET. `evidence`
    is that of a stored page that was read again, because its parser was an older one; `newly_read` is what today's
    parser is then the first to read on it (`monitor.current_parser`). `has_reading` is False if the stored reading is
    damaged: then the stored page is read again.
    """

    revision: int
    snapshot_id: int
    fetched_at: datetime
    read_at: datetime
    full_read_at: datetime
    content_sha256: str
    charset: str | None
    parser_version: int
    validators: Validators
    snapshot: Snapshot
    known: Known
    newly_read: tuple[Change, ...] = ()
    evidence: Evidence | None = None
    has_reading: bool = True


class KnownAfterwards(NamedTuple):
    """What is known of a page after its stored baseline was parsed again, and what was read then for the first time.

    `edit`: the correction because of which it was parsed again.
    """

    known: Known
    newly_read: tuple[Change, ...]
    at: datetime
    edit: CorrectionEdit | None = None


class CheckRecord(NamedTuple):
    """The complete result of one check.

    `revision` is that of the baseline it was compared with, None if there was none. `fetched` is None after a 304: the
    content is then that of the baseline. `silent` changes are stored, but cause no notifications. `drift` compares
    what was expected of a suspect page with what was found. `acceptable`: a suspect reading can be accepted.
    `layout_notice`: what to report to the operator about changed section headings. `has_known_layout`: there is none.
    `newly_read`: what today's parser was the first to read on the stored page; only with `known`. `evidence` is None if
    the page was not read again, because its content is the same. `lapsed`: corrections whose line is gone, each with
    the reason; they end if the reading is plausible.
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
    acceptable: bool = True
    layout_notice: str = ""
    has_known_layout: bool = True
    round_: Round | None = None
    newly_read: tuple[Change, ...] = ()
    evidence: Evidence | None = None
    lapsed: tuple[tuple[Correction, str], ...] = ()

    @property
    def read_at(self) -> datetime:
        """When the page had this content."""
        return self.fetched.fetched_at if self.fetched else self.checked_at

    @property
    def problem(self) -> str:
        """The report to the operator about a failed check or a suspect reading."""
        announced = f"{counted(len(self.changes), 'new edition')} announced from it" if self.changes else ""
        return ". ".join(filter(None, (self.detail, announced, self.drift)))

    @property
    def source(self) -> tuple[str, datetime, FetchedPage | None]:
        """Where the reading is from: the URL, when the page had this content, and the page."""
        return self.page.url, self.read_at, self.fetched

    @property
    def depends_on_baseline(self) -> bool:
        """Whether the result is valid only for the baseline that it was compared with."""
        return self.outcome in PLAUSIBLE_OUTCOMES or self.known is not None


class CheckRow(NamedTuple):
    """A stored check."""

    id: int
    page_url: str
    checked_at: datetime
    outcome: CheckOutcome
    detail: str


class StoredPage(NamedTuple):
    """What is stored about a page at one version: the row and the reading of its baseline, and its known state.

    `has_reading`: whether the reading can be read; if not, it is an empty one.
    """

    version: PageVersion
    baseline: Any
    snapshot: Snapshot | None
    state: PageState
    known: Known
    has_reading: bool = True


class CommitEffects(NamedTuple):
    """The effects of a commit.

    `incident` is set if one was opened. `version`: that of the page after a plausible reading. `baseline`: the row of
    its baseline, if it is still the one that was loaded before.
    """

    incident: IncidentKind | None = None
    version: PageVersion | None = None
    baseline: Any = None


def load_stored_page(connection: Connection, page: Any, version: PageVersion) -> StoredPage:
    state = known_entries.load(connection, page.url)
    if page.baseline_id is None:
        return StoredPage(version, None, None, state, state.known())
    # it is not there only if the number is damaged
    baseline = get_snapshot(connection, page.baseline_id) or _newest_baseline(connection, page)
    for reading in readable.models(connection, snapshots, (baseline,), reading_of):
        return StoredPage(version, baseline, reading, state, state.known())
    empty = Snapshot(kind=page.kind)
    return StoredPage(version, baseline, empty, state, state.known(), has_reading=False)


def _newest_baseline(connection: Connection, page: Any) -> Any:
    snapshot_id = newest_plausible(connection, page.url)
    if snapshot_id is None:
        raise readable.UnreadableRow(f"the reading {page.baseline_id} of {page.url} is not stored")
    readable.note(connection, pages, {"url": page.url}, ValueError("baseline_id is not valid"))
    return get_snapshot(connection, snapshot_id)


_HINTS: Final[dict[str, Any]] = {
    "kind": "initiative",
    "etag": None,
    "last_modified": None,
    "consecutive_failures": 0,
    "revision": 0,
}
"""Columns of a page that the next good reading writes again, and what to use if they cannot be read."""
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


def readable_page(connection: Connection, row: Any) -> Any:
    """Return a row of `pages`; UnreadableRow if what is wrong with it can neither be ignored nor be inferred."""
    values = dict(row._mapping)
    wrong = readable.wrong_column(pages, values)
    if wrong:
        readable.note(connection, pages, row, ValueError(f"{wrong} is not valid"))
    for name, default in _HINTS.items():
        if readable.wrong_column(pages, {name: values[name]}):
            values[name] = default
    is_lost = values["baseline_id"] is None and values["revision"] > 0
    if is_lost or readable.wrong_column(pages, {"baseline_id": values["baseline_id"]}):
        values["baseline_id"] = newest_plausible(connection, values["url"])
    if values["baseline_id"] is not None:
        for name in ("read_at", "full_read_at"):
            values[name] = readable.time_of(values[name]) or _LONG_AGO
    if wrong := readable.wrong_column(pages, values):
        raise readable.UnreadableRow(f"the row {readable.subject_of(pages, row)} of the database cannot be read")
    return SimpleNamespace(**values)


def load_changes(connection: Connection, statement: Any) -> Iterator[RecordedChange]:
    """Yield the changes that a statement selects."""
    return readable.models(connection, changes, connection.execute(statement).all(), row_mapping.recorded_change)


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
        charset=row.charset,
        parser_version=row.parser_version,
        validators=Validators(page.etag, page.last_modified),
        snapshot=stored.snapshot,
        known=stored.known,
        has_reading=stored.has_reading,
    )


def insert_check(connection: Connection, record: CheckRecord, revision: int) -> int:
    row = {
        "page_url": record.page.url,
        "checked_at": record.checked_at,
        "outcome": record.outcome,
        "detail": record.detail,
        "revision": revision,
    }
    return insert_returning_id(connection, checks, row)


def first_of_last_failures(connection: Connection, page_url: str, failures: int) -> datetime | None:
    """Return the time of the first of the last `failures` failed checks of a page; None if it is no longer stored."""
    failed = select(checks.c.checked_at).where(checks.c.page_url == page_url, checks.c.outcome == "failed")
    first: datetime | None = connection.execute(
        failed.order_by(checks.c.id.desc()).offset(failures - 1).limit(1)
    ).scalar()
    return readable.time_of(first)


def first_reading(connection: Connection, of_page: ColumnElement[bool]) -> datetime | None:
    """Return the time of the first plausible reading of the page, or of the kind of page, that a condition selects."""
    joined = select(func.min(checks.c.checked_at)).join(pages, pages.c.url == checks.c.page_url)
    return readable.time_of(connection.execute(joined.where(of_page, checks.c.outcome == "baseline")).scalar())


def first_check(connection: Connection, page_url: str) -> datetime | None:
    """Return the time of the first check of a page, whatever its outcome."""
    of_page = (checks.c.page_url == page_url, checks.c.outcome.not_in(DERIVED))
    return readable.time_of(connection.execute(select(func.min(checks.c.checked_at)).where(*of_page)).scalar())


def last_check(connection: Connection, page_url: str) -> CheckRow | None:
    """Return the last check of a page, whatever its outcome."""
    of_page = select(checks).where(checks.c.page_url == page_url, checks.c.outcome.not_in(DERIVED))
    found = connection.execute(of_page.order_by(checks.c.id.desc()).limit(1)).all()
    return next(readable.models(connection, checks, found, check_row_of), None)


def check_row_of(row: Any) -> CheckRow:
    """Return a check from its row."""
    return CheckRow(row.id, row.page_url, row.checked_at, row.outcome, row.detail)


def failing_pages(connection: Connection) -> frozenset[str]:
    """Return the URLs of the pages that could not be read by their last check, or had a suspect reading."""
    return frozenset(row.url for row in connection.execute(LAST_JUDGED) if row.outcome in NOT_READ)


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
    change_id = insert_returning_id(connection, changes, row)
    if held_at is None:
        publish_new(connection, change_id)
    return RecordedChange(change_id, change, record.page.url, record.read_at, change_id)
