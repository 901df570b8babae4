"""Pages, readings and changes: FetchedPage → Snapshot (Edition, CallNotice) → Change → CheckResult.

Readings are compared with `==`, so a field that must not count as a change has `compare=False`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, NamedTuple

PageKind = Literal["initiative", "call", "edition"]
Section = Literal["upcoming", "past"]
Precision = Literal["day", "month", "season", "year", "unknown"]
EditionStatus = Literal["scheduled", "save_the_date", "postponed", "cancelled", "held"]
CallStatus = Literal["announced", "open", "closed"]
MaterialKind = str
"""Agenda, booklet, paper, summary …: a key of `MATERIAL_TABLE` in the reading engine."""
Topic = Literal["calls", "editions", "materials"]
TOPICS: tuple[Topic, ...] = ("calls", "editions", "materials")

PARSER_VERSION = 4
"""Increased when the parser may read a stored page differently. Baselines are then parsed again, without changes."""


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Validators(NamedTuple):
    """The validators of a response, as sent by the server, which make the next GET conditional (RFC 9110 §13)."""

    etag: str | None = None
    last_modified: str | None = None


class PageRef(NamedTuple):
    """A watched page: its URL, and which kind of page it is."""

    url: str
    kind: PageKind


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A response with a page.

    - `content`: the decompressed bytes.
    - `charset`: from the Content-Type header, if it names one.
    - `headers`: the response headers, with lower-case names; empty for a page that was loaded from the store.
    """

    url: str
    final_url: str
    content: bytes = field(repr=False)
    charset: str | None
    validators: Validators
    fetched_at: datetime
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False, compare=False)


# ── readings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Material:
    """A link to materials on an edition's own page. `title` is the text of the link."""

    kind: MaterialKind
    url: str
    title: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition, as described by a line of the list or by its own page.

    - `section`: None in a reading if no heading says it; what is known always has one (`monitor.sections`).
    - `period`: the period that a date without days names, similar to ISO 8601: 2024-06, 2024-Q2, 2024.
    - `date_text`: the date as written on the page.
    - `text`: the whole line, or the part of the page that describes the edition.
    - `venue` and the fields after it: given only by the edition's own page.
    - `former_registration_url`: the last registration that its own page had, in what is known; None in a reading.
    """

    city: str
    region: str | None = None
    country: str | None = None
    country_code: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    date_precision: Precision = "unknown"
    period: str | None = None
    section: Section | None = "upcoming"
    status: EditionStatus = "scheduled"
    url: str | None = None
    summary_url: str | None = None
    date_text: str | None = field(default=None, compare=False)
    text: str = field(default="", compare=False)
    venue: str | None = None
    registration_url: str | None = None
    registration_closes_on: date | None = None
    materials: tuple[Material, ...] = ()
    former_registration_url: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Cutoff:
    """A time until which applications are accepted.

    `closed` and `tentative` are stated on the page: a cut-off in the past is not `closed` unless the page says so.
    """

    at: datetime
    text: str = field(default="", compare=False)
    closed: bool = False
    tentative: bool = False


@dataclass(frozen=True, slots=True)
class CallNotice:
    """A call for hosts, as described by a notice on the list of editions or by its own page.

    - `title`, `contact` and `needs`: given only by the call's own page.
    - `apply_url`: of a notice, the page of the call; of the page, the application form.
    - `contact`: an e-mail address for questions.
    - `needs`: what applicants have to submit, one sentence each.
    """

    status: CallStatus
    hosting_years: tuple[int, ...] = ()
    cutoffs: tuple[Cutoff, ...] = ()
    title: str | None = field(default=None, compare=False)
    apply_url: str | None = field(default=None, compare=False)
    text: str = field(default="", compare=False)
    contact: str | None = field(default=None, compare=False)
    needs: tuple[str, ...] = field(default=(), compare=False)


class ReadingWarning(NamedTuple):
    """A line that was not fully understood. `code` is one of the warning codes, `text` the line, truncated if long."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Outline:
    """What the plausibility check needs to know about a document, besides its editions and calls.

    - `complete`: whether its closing `</html>` tag was found.
    - `sections`: the sections whose headings were found.
    - `dated_lines`: lines with a date; `unread_lines`: those of them that were not understood.
    - `headings`: of the main content, in page order.
    - `address`, `lang`, `h1`: where the page was found after redirects, without scheme, `www.` and query; its language;
      its main heading. None if unknown.
    - `expected_layout`: the layout of the section headings that the operator knows, if this one is new to them
      (`monitor.layout`); None otherwise.
    """

    complete: bool = True
    sections: tuple[Section, ...] = ("upcoming", "past")
    dated_lines: int = 0
    unread_lines: int = 0
    headings: tuple[str, ...] = field(default=(), compare=False)
    address: str | None = None
    lang: str | None = None
    h1: str | None = None
    expected_layout: tuple[str, ...] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A reading: everything that the parser extracted from one page."""

    kind: PageKind = "initiative"
    editions: tuple[Edition, ...] = ()
    calls: tuple[CallNotice, ...] = ()
    warnings: tuple[ReadingWarning, ...] = ()
    outline: Outline = Outline()


# ── what is known ────────────────────────────────────────────────────────────────────────────────────────────────────

Removal = Literal["withdrawn", "delisted"]
"""How an entry is gone: withdrawn if that was announced, delisted if it left the page otherwise."""


@dataclass(frozen=True, slots=True)
class KnownEdition:
    """An edition with its permanent key.

    `missing_since`: the time of the first plausible reading that lacked it; None if the last one contains it.
    """

    key: str
    edition: Edition
    first_seen_at: datetime | None = None
    missing_since: datetime | None = None
    gone: Removal | None = None


@dataclass(frozen=True, slots=True)
class KnownCall:
    """A call with its permanent key.

    - `missing_since`: as in KnownEdition.
    - `conflicting_notice`: the notice on the list, if it contradicts the call page.
    """

    key: str
    call: CallNotice
    first_seen_at: datetime | None = None
    missing_since: datetime | None = None
    gone: Removal | None = None
    conflicting_notice: CallNotice | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """All editions and calls ever seen on one page, including those that are gone. Readings are compared with it."""

    editions: tuple[KnownEdition, ...] = ()
    calls: tuple[KnownCall, ...] = ()


class LastFetch(NamedTuple):
    """When a page was last fetched, and whether that fetch failed."""

    page: PageRef
    fetched_at: datetime
    has_failed: bool = False


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class ChangeKind(StrEnum):
    """All kinds of change (docs/changes.md)."""

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
    """One fact that changed in the edition or call with this key.

    - `before`: None if it was seen for the first time; `after`: None if it is gone.
    - `cutoff_before`, `cutoff_after`: the cut-off that was added (only `cutoff_after`) or moved.
    """

    kind: ChangeKind
    key: str
    before: Edition | CallNotice | None
    after: Edition | CallNotice | None
    cutoff_before: Cutoff | None = None
    cutoff_after: Cutoff | None = None


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """A stored change.

    - `read_at`: when the page that shows it was fetched.
    - `published`: the number at which readers find it as new, if that is not its ID (`store/publication.py`).
    """

    id: int
    change: Change
    page_url: str
    read_at: datetime
    published: int = 0

    @property
    def place(self) -> int:
        """Its place in the order in which readers find changes as new."""
        return self.published or self.id


CheckOutcome = Literal["baseline", "changed", "unchanged", "suspect", "failed", "discarded"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check of one page.

    - `detail`: the reason, if the outcome is suspect, failed or discarded.
    - `previous_read_at`: when the baseline that the reading was compared with was fetched.
    - `acceptable`: whether the reading is suspect, but can be accepted.
    - `layout_notice`: what the operator is notified of if the section headings have changed.
    """

    outcome: CheckOutcome
    page: PageRef
    checked_at: datetime
    snapshot: Snapshot | None = None
    changes: tuple[RecordedChange, ...] = ()
    detail: str = ""
    previous_read_at: datetime | None = None
    acceptable: bool = False
    layout_notice: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether the page could not be read, or the reading is suspect."""
        return self.outcome in ("suspect", "failed")

    @property
    def has_succeeded(self) -> bool:
        """Whether the reading is plausible. A discarded one has neither succeeded nor failed."""
        return self.outcome in ("baseline", "changed", "unchanged")
