"""What the public site reads. Each method is one read transaction, and none of them writes.

Changes that are not published are left out. They are held: a restored database may have announced them before, or they
may only seem to be changes; or the operator has discarded them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, or_, select, tuple_

from cmr_watch.models.calendar import CalendarEvent
from cmr_watch.models.readings import ChangeKind, CheckOutcome, Known, RecordedChange
from cmr_watch.models.recipients import Incident
from cmr_watch.store import known_entries, readable
from cmr_watch.store.calendar_events import load_events
from cmr_watch.store.check_records import DERIVED, first_reading, load_changes
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import PAGE_INCIDENTS, incident_of
from cmr_watch.store.publication import HISTORY
from cmr_watch.store.schema import changes, checks, contents, incidents, pages, snapshots
from cmr_watch.store.snapshots import StoredSnapshot, content_of, load_snapshot

_VISIBLE: Final = changes.c.published.is_not(None)
_STATE: Final = select(
    select(func.max(checks.c.id)).scalar_subquery(),
    select(func.sum(pages.c.revision)).scalar_subquery(),
    select(func.max(changes.c.published)).scalar_subquery(),
)
_OUTCOME: Final = (
    select(checks.c.outcome).join(changes, changes.c.check_id == checks.c.id).where(changes.c.id == bindparam("change"))
)
_NEWEST_FIRST: Final = (changes.c.read_at.desc(), changes.c.id.desc())


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that is known now, and how fresh it is.

    - `known`: the editions and calls of all pages, merged, including those that are gone.
    - `read_at`: when the list was last read successfully; None if never.
    - `began_at`: when the list was first read.
    - `incidents`: the open ones that concern the watched pages.
    """

    known: Known = field(default_factory=Known)
    read_at: datetime | None = None
    began_at: datetime | None = None
    incidents: tuple[Incident, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which changes are wanted: of these kinds, of these editions and calls, read at or after a time. None: of all."""

    kinds: Collection[ChangeKind] | None = None
    keys: Collection[str] | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the list of all changes, which is ordered by the time of the reading and, within it, by ID."""

    read_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Sources:
    """The stored pages that show a change: before it, and with it. None if a page is not stored or not readable."""

    before: StoredSnapshot | None
    after: StoredSnapshot | None


@dataclass(frozen=True, slots=True)
class CheckTime:
    """When a page was checked, and with which outcome."""

    checked_at: datetime
    outcome: CheckOutcome


class PublicStore:
    """The database, as the public site sees it. `list_url`: the watched list of editions."""

    def __init__(self, database: Database, list_url: str) -> None:
        self._database = database
        self._list_url = list_url

    def state(self) -> str:
        """Return a text that differs after every commit that readers can see."""
        with self._database.read() as connection:
            return "-".join(str(number or 0) for number in connection.execute(_STATE).one())

    def overview(self) -> Overview:
        """Return everything that is known now."""
        with self._database.read() as connection:
            page = connection.execute(select(pages.c.read_at).where(pages.c.url == self._list_url)).scalar()
            open_ = self._incidents(incidents.c.resolved_at.is_(None))
            return Overview(
                known_entries.load_all(connection),
                readable.time_of(page),
                first_reading(connection, checks.c.page_url == self._list_url),
                tuple(readable.models(connection, incidents, connection.execute(open_), incident_of)),
            )

    def calendar_events(self) -> tuple[CalendarEvent, ...]:
        """Return all events of the calendar, also those that are over or cancelled."""
        with self._database.read() as connection:
            return load_events(connection, known_entries.load_all(connection))

    # ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def changes(self, wanted: ChangeFilter, limit: int, before: Position | None = None) -> tuple[RecordedChange, ...]:
        """Return the newest changes, or the newest before a position, newest first."""
        statement = self._wanted(wanted).order_by(*_NEWEST_FIRST).limit(limit)
        if before is not None:
            statement = statement.where(tuple_(changes.c.read_at, changes.c.id) < (before.read_at, before.id))
        return self._load(statement)

    def number_of_changes(self, wanted: ChangeFilter) -> int:
        """Return how many changes there are."""
        statement = select(func.count()).select_from(self._wanted(wanted).subquery())
        with self._database.read() as connection:
            return connection.execute(statement).scalar() or 0

    def changes_after(self, place: int, limit: int) -> tuple[RecordedChange, ...]:
        """Return the changes that were published after a place, in the order in which they were published."""
        statement = select(changes).where(changes.c.published > max(place, HISTORY))
        return self._load(statement.order_by(changes.c.published).limit(limit))

    def newest_changes(self, wanted: ChangeFilter, limit: int) -> tuple[RecordedChange, ...]:
        """Return the changes that were published last, newest first, without the history from before the watching."""
        statement = self._wanted(wanted).where(changes.c.published > HISTORY)
        return self._load(statement.order_by(changes.c.published.desc()).limit(limit))

    def change(self, change_id: int) -> RecordedChange | None:
        """Return a change; None if there is none with this ID."""
        return next(iter(self._load(select(changes).where(_VISIBLE, changes.c.id == change_id))), None)

    def neighbours(self, position: Position) -> tuple[int | None, int | None]:
        """Return the IDs of the changes before and after one in the list of all changes."""
        here = (position.read_at, position.id)
        place = tuple_(changes.c.read_at, changes.c.id)
        earlier = select(changes.c.id).where(_VISIBLE, place < here).order_by(*_NEWEST_FIRST)
        later = select(changes.c.id).where(_VISIBLE, place > here).order_by(changes.c.read_at, changes.c.id)
        with self._database.read() as connection:
            return connection.execute(earlier.limit(1)).scalar(), connection.execute(later.limit(1)).scalar()

    def newest_place(self) -> int:
        """Return the place of the change that was published last; 0 if there is none."""
        with self._database.read() as connection:
            return connection.execute(select(func.max(changes.c.published))).scalar() or 0

    def _load(self, statement: Select[Any]) -> tuple[RecordedChange, ...]:
        with self._database.read() as connection:
            return tuple(load_changes(connection, statement))

    def _wanted(self, wanted: ChangeFilter) -> Select[Any]:
        statement = select(changes).where(_VISIBLE)
        if wanted.kinds is not None:
            statement = statement.where(changes.c.kind.in_([kind.value for kind in wanted.kinds]))
        if wanted.keys is not None:
            statement = statement.where(changes.c.key.in_(wanted.keys))
        if wanted.since is not None:
            statement = statement.where(changes.c.read_at >= wanted.since)
        return statement

    # ── stored pages ─────────────────────────────────────────────────────────────────────────────────────────────

    def sources(self, recorded: RecordedChange) -> Sources:
        """Return the stored pages that show a change.

        A reading is stored with the time at which it was first made, which is also that of its changes. What was found
        when a stored page was read again is shown by the page that was then the newest.
        """
        of_page = snapshots.c.page_url == recorded.page_url
        newest = select(func.max(snapshots.c.id))
        with self._database.read() as connection:
            after_id = connection.execute(newest.where(of_page, snapshots.c.fetched_at == recorded.read_at)).scalar()
            if after_id is None and connection.execute(_OUTCOME, {"change": recorded.id}).scalar() in DERIVED:
                known_then = (snapshots.c.fetched_at <= recorded.read_at, snapshots.c.assessment == "plausible")
                after_id = connection.execute(newest.where(of_page, *known_then)).scalar()
            if after_id is None:
                return Sources(None, None)
            plausible = (of_page, snapshots.c.id < after_id, snapshots.c.assessment != "suspect")
            before_id = connection.execute(newest.where(*plausible)).scalar()
            return Sources(_snapshot(connection, before_id), _snapshot(connection, after_id))

    def content(self, digest: str) -> bytes | None:
        """Return the stored bytes of a page, by their SHA-256 digest; None if they are not stored."""
        with self._database.read() as connection:
            if connection.execute(select(contents.c.size).where(contents.c.sha256 == digest)).first() is None:
                return None
            return content_of(connection, digest)

    # ── how the watching went ────────────────────────────────────────────────────────────────────────────────────

    def check_times(self, since: datetime) -> tuple[CheckTime, ...]:
        """Return the checks of the list since a time, oldest first."""
        of_list = (checks.c.page_url == self._list_url, checks.c.outcome.not_in(DERIVED))
        statement = select(checks.c.id, checks.c.checked_at, checks.c.outcome).where(
            *of_list, checks.c.checked_at >= since
        )
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(checks.c.id)).all()
            return tuple(readable.models(connection, checks, rows, lambda row: CheckTime(row.checked_at, row.outcome)))

    def page_incidents(self, since: datetime) -> tuple[Incident, ...]:
        """Return the incidents of the watched pages that were open at or after a time, oldest first."""
        was_open = or_(incidents.c.resolved_at.is_(None), incidents.c.resolved_at >= since)
        with self._database.read() as connection:
            rows: Sequence[Any] = connection.execute(self._incidents(was_open)).all()
            return tuple(readable.models(connection, incidents, rows, incident_of))

    def _incidents(self, condition: Any) -> Select[Any]:
        joined = select(incidents, pages.c.kind.label("page")).outerjoin(pages, pages.c.url == incidents.c.subject)
        return joined.where(incidents.c.kind.in_(PAGE_INCIDENTS), condition).order_by(incidents.c.id)


def _snapshot(connection: Any, snapshot_id: int | None) -> StoredSnapshot | None:
    if snapshot_id is None:
        return None
    try:
        return load_snapshot(connection, snapshot_id)
    except readable.UnreadableRow:
        return None
