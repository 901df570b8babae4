"""The tables. migrations/versions makes them; a test compares the two.

Indexes are there alone: to declare a partial one would load PostgreSQL's dialect in every process. Three of them are
rules: one active subscription to a name, one to a wish without a name, one open incident of a kind and subject.

A hand-over is a row with a time that is still NULL: changes.enqueued_at, matches.settled_at, deliveries.done_at,
subscriptions.welcomed_at, incidents.told_at. What a restored copy must not send by itself has a `held_at`.

A `mailbox` is a person: an address in the one spelling that tells people apart.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Integer, LargeBinary, MetaData, Table, Text

from cmr_watch.store.column_types import Json, Utc, Words

REVISIONS = ("0001", "0002")
"""The schema's revisions, oldest first: known here so that opening a database needs no alembic."""
REVISION = REVISIONS[-1]

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def _table(name: str, *columns: Column[Any]) -> Table:
    return Table(name, metadata, *columns)


def _numbered(name: str, *columns: Column[Any]) -> Table:
    # AUTOINCREMENT: an id is never given twice, also not after the newest rows were deleted
    return Table(name, metadata, Column("id", Integer, primary_key=True), *columns, sqlite_autoincrement=True)


# ── the pages ────────────────────────────────────────────────────────────────────────────────────────────────────

pages = _table(
    "pages",
    Column("url", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    # 0 until there is a baseline; every good reading raises it
    Column("revision", Integer, nullable=False),
    # no foreign key: snapshots already point here, and the two tables could not be made in either order
    Column("baseline_id", Integer),
    Column("etag", Words),
    Column("last_modified", Words),
    Column("read_at", Utc),
    Column("full_read_at", Utc),
    Column("failures", Integer, nullable=False),
)

contents = _table(
    "contents",
    Column("sha256", Text, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

snapshots = _numbered(
    "snapshots",
    Column("page_url", ForeignKey("pages.url"), nullable=False),
    Column("fetched_at", Utc, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Words, nullable=False),
    # the newest bytes that gave this reading
    Column("content_sha256", ForeignKey("contents.sha256"), nullable=False),
    Column("final_url", Words, nullable=False),
    Column("charset", Words),
    Column("parser_version", Integer, nullable=False),
    Column("reading", Json, nullable=False),
)

checks = _numbered(
    "checks",
    Column("page_url", ForeignKey("pages.url"), nullable=False),
    Column("checked_at", Utc, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Words, nullable=False),
    Column("revision", Integer, nullable=False),
)


def _known(name: str) -> Table:
    """What is known of one page: as it was last seen, in the page's order, under a key that never changes."""
    return _table(
        name,
        Column("page_url", ForeignKey("pages.url"), primary_key=True),
        Column("key", Text, primary_key=True),
        Column("position", Integer, nullable=False),
        Column("first_seen_at", Utc),
        Column("missing_since", Utc),
        Column("gone", Text),
        Column("body", Json, nullable=False),
    )


editions = _known("editions")
calls = _known("calls")

changes = _numbered(
    "changes",
    Column("page_url", ForeignKey("pages.url"), nullable=False),
    Column("check_id", ForeignKey("checks.id"), nullable=False),
    Column("read_at", Utc, nullable=False),
    Column("enqueued_at", Utc),
    # the last mailbox that was matched: a fan-out that was broken off goes on from there
    Column("reached", Text),
    Column("held_at", Utc),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("before", Json),
    Column("after", Json),
    Column("cutoff_before", Json),
    Column("cutoff_after", Json),
    Column("sentence", Words, nullable=False),
)

robots = _table(
    "robots",
    Column("host", Text, primary_key=True),
    Column("status", Integer, nullable=False),
    Column("text", Words),
    Column("fetched_at", Utc, nullable=False),
)

# ── the people ───────────────────────────────────────────────────────────────────────────────────────────────────

subscriptions = _numbered(
    "subscriptions",
    Column("name", Text),
    Column("address", Text, nullable=False),
    Column("mailbox", Text, nullable=False),
    Column("topics", Json, nullable=False),
    Column("countries", Json, nullable=False),
    Column("rhythm", Json, nullable=False),
    Column("reminders", Json, nullable=False),
    Column("still_watching", Boolean, nullable=False),
    Column("consent", Words, nullable=False),
    Column("status", Text, nullable=False),
    Column("after_change_id", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("activated_at", Utc),
    Column("welcomed_at", Utc),
    Column("welcome_id", Integer),
    # when there is something to do for it beside its matches: a welcome, a reminder, the line of a quiet month
    Column("wake_at", Utc),
    Column("ended_at", Utc),
    Column("end_reason", Words),
)

bodies = _numbered(
    "bodies",
    Column("sha256", Text, nullable=False, unique=True),
    Column("subject", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("html", Words, nullable=False),
    Column("more_url", Words, nullable=False),
)

deliveries = _numbered(
    "deliveries",
    Column("address", Text, nullable=False),
    Column("mailbox", Text, nullable=False),
    # the way it goes: "mail", or the service or host of an Apprise URL
    Column("channel", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("unsubscribe", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Words),
    Column("uncertain", Boolean, nullable=False),
    Column("quiet", Json),
    Column("stale_at", Utc),
    Column("held_at", Utc),
    Column("token", Text),
    Column("leased_until", Utc),
    Column("outcome", Text),
    Column("done_at", Utc),
    Column("body_id", ForeignKey("bodies.id")),
)

matches = _table(
    "matches",
    Column("mailbox", Text, primary_key=True),
    Column("change_id", ForeignKey("changes.id"), primary_key=True),
    Column("found_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("period", Text),
    Column("settled_at", Utc),
    Column("held_at", Utc),
    # NULL when it was settled without a word: undone before it was told, or not wanted any more
    Column("delivery_id", ForeignKey("deliveries.id")),
)

reminders = _table(
    "reminders",
    Column("mailbox", Text, primary_key=True),
    Column("call_key", Text, primary_key=True),
    Column("cutoff_at", Utc, primary_key=True),
    Column("days", Integer, primary_key=True),
    Column("settled_at", Utc, nullable=False),
    Column("delivery_id", ForeignKey("deliveries.id")),
)

digests = _table(
    "digests",
    Column("mailbox", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("delivery_id", ForeignKey("deliveries.id")),
)

channels = _table(
    "channels",
    Column("name", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("down_until", Utc, nullable=False),
    Column("reason", Words, nullable=False),
)

pauses = _table(
    "pauses",
    Column("mailbox", Text, primary_key=True),
    Column("bounces", Integer, nullable=False),
    Column("until", Utc, nullable=False),
)

erased = _table(
    "erased",
    Column("mark", Text, primary_key=True),
    Column("erased_at", Utc, nullable=False),
)

installation = _table(
    "installation",
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# ── the operator ─────────────────────────────────────────────────────────────────────────────────────────────────

incidents = _numbered(
    "incidents",
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Words, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Column("told_at", Utc),
    Column("end_told_at", Utc),
)
