"""What is read and what changed: FetchedPage → Snapshot(Edition, CallNotice) → Change → CheckResult.

Equality is the diff: a field that must not count as a change is declared with `compare=False`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

PageKind = Literal["initiative", "call", "edition"]
Section = Literal["upcoming", "past"]
Precision = Literal["day", "month", "season", "year", "unknown"]
EditionStatus = Literal["scheduled", "save_the_date", "postponed", "cancelled", "held"]
CallStatus = Literal["announced", "open", "closed"]
MaterialKind = Literal["agenda", "booklet", "paper", "summary", "proceedings", "photos", "slides", "recording"]
Topic = Literal["calls", "editions", "materials"]
TOPICS: tuple[Topic, ...] = ("calls", "editions", "materials")

PARSER_VERSION = 2
"""Raised whenever the parser may read a stored page differently: the baseline is then read again, silently."""


# ── a page ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes the next GET conditional (RFC 9110 §13): both as the server sent them."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class PageRef:
    """A watched page: its address and what kind of page it is."""

    url: str
    kind: PageKind


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A fetched document. `content` is decompressed bytes; `charset` is the header's, if it named one.

    `headers`: the response's, with lower-case names; empty for a page that was loaded from the store.
    """

    url: str
    final_url: str
    content: bytes = field(repr=False)
    charset: str | None
    validators: Validators
    fetched_at: datetime
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False, compare=False)


# ── a reading ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Material:
    """What an edition's own page offers to read or to watch. `title` is the link's words."""

    kind: MaterialKind
    url: str
    title: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition, as a line of the list or its own page tells it.

    `period` is the ISO-like span that a date without days names (2024-06, 2024-Q2, 2024). From `venue` on, only the
    edition's own page knows.
    """

    city: str
    region: str | None = None
    country: str | None = None
    country_code: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    date_precision: Precision = "unknown"
    period: str | None = None
    section: Section = "upcoming"
    status: EditionStatus = "scheduled"
    url: str | None = None
    summary_url: str | None = None
    date_text: str | None = field(default=None, compare=False)
    text: str = field(default="", compare=False)
    venue: str | None = None
    registration_url: str | None = None
    registration_closes_on: date | None = None
    materials: tuple[Material, ...] = ()


@dataclass(frozen=True, slots=True)
class Cutoff:
    """A date until which applications are taken. `closed` and `tentative` are the page's words, never the clock's."""

    at: datetime
    text: str = field(default="", compare=False)
    closed: bool = False
    tentative: bool = False


@dataclass(frozen=True, slots=True)
class CallNotice:
    """A call for hosts, as a notice on the initiative page or as its own page, which alone has a title and the rest.

    `contact`: whom to ask, an address of mail. `needs`: what applicants have to hand in, a sentence each.
    """

    status: CallStatus
    hosting_years: tuple[int, ...] = ()
    cutoffs: tuple[Cutoff, ...] = ()
    title: str | None = field(default=None, compare=False)
    apply_url: str | None = field(default=None, compare=False)
    text: str = field(default="", compare=False)
    contact: str | None = field(default=None, compare=False)
    needs: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class ReadingWarning:
    """A line that was not read whole: `code` is one of the warning codes, `text` the line, truncated when very long."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Outline:
    """What the verdict needs to know of a document beside its editions; `headings` are the article's, top to bottom."""

    complete: bool = True
    sections: tuple[Section, ...] = ("upcoming", "past")
    dated_lines: int = 0
    unread_lines: int = 0
    headings: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that one page says."""

    kind: PageKind = "initiative"
    editions: tuple[Edition, ...] = ()
    calls: tuple[CallNotice, ...] = ()
    warnings: tuple[ReadingWarning, ...] = ()
    outline: Outline = Outline()


# ── what is known ────────────────────────────────────────────────────────────────────────────────────────────────

Removal = Literal["withdrawn", "delisted"]


@dataclass(frozen=True, slots=True)
class KnownEdition:
    """An edition with its permanent key. `missing_since`: its line was not in the last plausible reading."""

    key: str
    edition: Edition
    first_seen_at: datetime | None = None
    missing_since: datetime | None = None
    gone: Removal | None = None


@dataclass(frozen=True, slots=True)
class KnownCall:
    """A call with its permanent key. `conflicting_notice`: the list's notice, where it contradicts the call page."""

    key: str
    call: CallNotice
    first_seen_at: datetime | None = None
    missing_since: datetime | None = None
    gone: Removal | None = None
    conflicting_notice: CallNotice | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """All that was ever seen on one page: the state that a reading is compared with."""

    editions: tuple[KnownEdition, ...] = ()
    calls: tuple[KnownCall, ...] = ()


@dataclass(frozen=True, slots=True)
class LastFetch:
    """When a page was last fetched, and whether that fetch failed."""

    page: PageRef
    fetched_at: datetime
    has_failed: bool = False


# ── a comparison ─────────────────────────────────────────────────────────────────────────────────────────────────


class ChangeKind(StrEnum):
    """The closed list of kinds of change."""

    EDITION_ANNOUNCED = "edition.announced"
    EDITION_LISTED = "edition.listed"
    EDITION_DATED = "edition.dated"
    EDITION_RESCHEDULED = "edition.rescheduled"
    EDITION_RELOCATED = "edition.relocated"
    EDITION_POSTPONED = "edition.postponed"
    EDITION_CANCELLED = "edition.cancelled"
    EDITION_REINSTATED = "edition.reinstated"
    EDITION_WITHDRAWN = "edition.withdrawn"
    EDITION_REGISTRATION_OPENED = "edition.registration_opened"
    EDITION_HELD = "edition.held"
    EDITION_SUMMARY_PUBLISHED = "edition.summary_published"
    EDITION_MATERIALS_PUBLISHED = "edition.materials_published"
    EDITION_UPDATED = "edition.updated"
    EDITION_DELISTED = "edition.delisted"
    CALL_ANNOUNCED = "call.announced"
    CALL_OPENED = "call.opened"
    CALL_CLOSED = "call.closed"
    CALL_CUTOFF_ADDED = "call.cutoff_added"
    CALL_CUTOFF_MOVED = "call.cutoff_moved"
    CALL_UPDATED = "call.updated"
    CALL_WITHDRAWN = "call.withdrawn"


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that is different. Exactly one of the pairs (`before`, `after`) may have None on one side.

    `cutoff_before` and `cutoff_after` name the cut-off of `call.cutoff_added` and `call.cutoff_moved`.
    """

    kind: ChangeKind
    key: str
    before: Edition | CallNotice | None
    after: Edition | CallNotice | None
    cutoff_before: Cutoff | None = None
    cutoff_after: Cutoff | None = None


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """A stored change. `read_at`: when the page with the new value was fetched."""

    id: int
    change: Change
    page_url: str
    read_at: datetime


CheckOutcome = Literal["baseline", "changed", "unchanged", "suspect", "failed", "discarded"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check of one page did.

    `detail`: the reason, as a sentence, when the outcome is suspect, failed or discarded.
    """

    outcome: CheckOutcome
    page: PageRef
    checked_at: datetime
    snapshot: Snapshot | None = None
    changes: tuple[RecordedChange, ...] = ()
    detail: str = ""
    previous_read_at: datetime | None = None

    @property
    def has_failed(self) -> bool:
        """Whether the page could not be read, or the reading is suspect."""
        return self.outcome in ("suspect", "failed")
