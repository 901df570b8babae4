"""The tables, as migrations/versions creates them; a test compares the two.

Indexes are declared in the migrations only: declaring a partial index here would load PostgreSQL's dialect in every
process. Three unique indexes are rules: one active subscription per name, one per unnamed request, and one open
incident per kind and subject.

Work is handed over by a row with a time that is still NULL: changes.enqueued_at, matches.settled_at,
deliveries.done_at, signups.mailed_at, mail_requests.mailed_at,
subscriptions.welcomed_at, incidents.opened_notified_at. `held_at` is set on rows
that a restored backup must not send until the operator releases them.

A `mailbox` identifies a recipient: an address in its normalised spelling (`models.mailbox_of`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, Text

from cmr_watch.store.column_types import Bytes, ExternalText, Flag, Json, Utc

REVISIONS = tuple(f"{number:04}" for number in range(1, 20))
"""The schema's revisions, oldest first; listed here so that opening a database does not load alembic."""
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
    # AUTOINCREMENT: an id is never used twice, even after the newest rows were deleted
    return Table(name, metadata, Column("id", Integer, primary_key=True), *columns, sqlite_autoincrement=True)


# ── the pages ────────────────────────────────────────────────────────────────────────────────────────────────────

pages = _table(
    "pages",
    Column("url", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    # 0 until there is a baseline; each plausible reading increments it
    Column("revision", Integer, nullable=False),
    # no foreign key: snapshots reference pages, so neither table could be created first
    Column("baseline_id", Integer),
    Column("etag", ExternalText),
    Column("last_modified", ExternalText),
    Column("read_at", Utc),
    Column("full_read_at", Utc),
    Column("consecutive_failures", Integer, nullable=False),
)

contents = _table(
    "contents",
    Column("sha256", Text, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("body", Bytes, nullable=False),
)

snapshots = _numbered(
    "snapshots",
    Column("page_url", ForeignKey("pages.url"), nullable=False),
    Column("fetched_at", Utc, nullable=False),
    Column("assessment", Text, nullable=False),
    Column("reason", ExternalText, nullable=False),
    # the newest content that produced this reading
    Column("content_sha256", ForeignKey("contents.sha256"), nullable=False),
    Column("final_url", ExternalText, nullable=False),
    Column("charset", ExternalText),
    Column("parser_version", Integer, nullable=False),
    Column("reading", Json, nullable=False),
)

evidence = _table(
    "evidence",
    Column("snapshot_id", ForeignKey("snapshots.id", ondelete="CASCADE"), primary_key=True),
    # JSON, compressed (evidence.py)
    Column("body", Bytes, nullable=False),
)

checks = _numbered(
    "checks",
    Column("page_url", ForeignKey("pages.url"), nullable=False),
    Column("checked_at", Utc, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", ExternalText, nullable=False),
    Column("revision", Integer, nullable=False),
)


def _known(name: str) -> Table:
    """The entries known from one page: as last seen, in page order, each under a key that never changes."""
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

rounds = _numbered(
    "rounds",
    Column("started_at", Utc, nullable=False),
    # after that, another process may fan out what the round has found
    Column("leased_until", Utc, nullable=False),
    Column("finished_at", Utc),
)

changes = _numbered(
    "changes",
    Column("page_url", ForeignKey("pages.url"), nullable=False),
    Column("check_id", ForeignKey("checks.id"), nullable=False),
    # NULL: found outside a round, for example in an accepted reading
    Column("round_id", ForeignKey("rounds.id")),
    Column("read_at", Utc, nullable=False),
    Column("enqueued_at", Utc),
    # the last mailbox that was matched: an interrupted fan-out resumes after it
    Column("fan_out_cursor", Text),
    Column("held_at", Utc),
    # the order in which readers of the public site find it as new; 0: never; NULL: not published (publication.py)
    Column("published", Integer),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("before", Json),
    Column("after", Json),
    Column("cutoff_before", Json),
    Column("cutoff_after", Json),
)

corrections = _numbered(
    "corrections",
    Column("page_url", ForeignKey("pages.url"), nullable=False),
    Column("line", ExternalText, nullable=False),
    # NULL: the line is not an entry
    Column("fields", Json),
    Column("created_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("end_reason", Text),
)

# only the events that differ from what follows from `editions` and `calls` (calendar_diff.py)
calendar_events = _table(
    "calendar_events",
    Column("uid", Text, primary_key=True),
    Column("key", Text, nullable=False),
    # what the event shows: an edition, or a call with one cut-off
    Column("body", Json, nullable=False),
    Column("state", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("changed_at", Utc),
    # whether the edition or the cut-off is still known
    Column("listed", Flag, nullable=False),
)

robots = _table(
    "robots",
    Column("host", Text, primary_key=True),
    Column("status", Integer, nullable=False),
    Column("text", ExternalText),
    Column("fetched_at", Utc, nullable=False),
)

# ── recipients ───────────────────────────────────────────────────────────────────────────────────────────────────

subscriptions = _numbered(
    "subscriptions",
    Column("name", Text),
    Column("address", Text, nullable=False),
    Column("mailbox", Text, nullable=False),
    Column("topics", Json, nullable=False),
    Column("countries", Json, nullable=False),
    Column("schedule", Json, nullable=False),
    Column("reminders", Json, nullable=False),
    Column("still_watching", Flag, nullable=False),
    Column("language", Text, nullable=False),
    Column("consent", ExternalText, nullable=False),
    Column("status", Text, nullable=False),
    Column("after_change_id", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("activated_at", Utc),
    Column("welcomed_at", Utc),
    Column("welcome_delivery_id", Integer),
    # nothing is sent before then, except what the recipient asks for
    Column("paused_until", Utc),
    # when something other than a match is due: a welcome, a reminder, the monthly status message
    Column("next_action_at", Utc),
    Column("ended_at", Utc),
    Column("end_reason", ExternalText),
)

signups = _numbered(
    "signups",
    Column("address", Text, nullable=False),
    Column("mailbox", Text, nullable=False),
    Column("topics", Json, nullable=False),
    Column("countries", Json, nullable=False),
    Column("schedule", Json, nullable=False),
    Column("reminders", Json, nullable=False),
    Column("still_watching", Flag, nullable=False),
    Column("language", Text, nullable=False),
    # the version of the text to which the reader agreed
    Column("consent_text", Text, nullable=False),
    # from which the request came: a /24 or a /56, not the address
    Column("network", Text, nullable=False),
    Column("requested_at", Utc, nullable=False),
    # NULL: it waits for its mail; those that get none are deleted
    Column("mailed_at", Utc),
    Column("token_hash", Text),
    Column("confirmed_at", Utc),
)

# what recipients ask for on the site: a link with which to manage a subscription, or their data
mail_requests = _numbered(
    "mail_requests",
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("mailbox", Text, nullable=False),
    Column("language", Text, nullable=False),
    # from which the request came: a /24 or a /56, not the address
    Column("network", Text, nullable=False),
    Column("requested_at", Utc, nullable=False),
    # NULL: it waits for its mail; those that get none are deleted
    Column("mailed_at", Utc),
    Column("token_hash", Text),
)

mutes = _table(
    "mutes",
    Column("mailbox", Text, primary_key=True),
    # "edition" or "call"
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("muted_at", Utc, nullable=False),
    # when the recipient undid it: what was found until then stays muted
    Column("ended_at", Utc),
)

bodies = _numbered(
    "bodies",
    Column("sha256", Text, nullable=False, unique=True),
    Column("subject", ExternalText, nullable=False),
    Column("text", ExternalText, nullable=False),
    Column("html", ExternalText, nullable=False),
    Column("more_url", ExternalText, nullable=False),
)

deliveries = _numbered(
    "deliveries",
    Column("address", Text, nullable=False),
    Column("mailbox", Text, nullable=False),
    # "mail", or the service or host of an Apprise URL; circuit breakers are per route
    Column("route", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("unsubscribe_token", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", ExternalText),
    Column("uncertain", Flag, nullable=False),
    Column("quiet_hours", Json),
    Column("stale_at", Utc),
    Column("held_at", Utc),
    Column("claim_token", Text),
    Column("leased_until", Utc),
    Column("outcome", Text),
    Column("done_at", Utc),
    Column("body_id", ForeignKey("bodies.id")),
)

matches = _table(
    "matches",
    Column("mailbox", Text, primary_key=True),
    Column("change_id", ForeignKey("changes.id"), primary_key=True),
    Column("matched_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("digest_period", Text),
    Column("settled_at", Utc),
    Column("held_at", Utc),
    # NULL when settled without a message: reverted before it was sent, or no longer wanted
    Column("delivery_id", ForeignKey("deliveries.id")),
)

reminders = _table(
    "reminders",
    Column("mailbox", Text, primary_key=True),
    Column("call_key", Text, primary_key=True),
    Column("cutoff_at", Utc, primary_key=True),
    Column("days_before", Integer, primary_key=True),
    Column("settled_at", Utc, nullable=False),
    Column("delivery_id", ForeignKey("deliveries.id")),
)

outages = _numbered(
    "outages",
    # no foreign key: inserting a row must not wait for a check of the page, which may wait for the planning
    Column("page_url", Text, nullable=False),
    Column("is_list", Flag, nullable=False),
    # the last good reading; the first failed check if there was none
    Column("since", Utc, nullable=False),
    # the newest check that read the page before; a newer one ends the outage
    Column("after_check_id", Integer, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("ended_at", Utc),
    # whether those who were notified of it are notified of its end
    Column("announces_end", Flag, nullable=False),
)

outage_notices = _table(
    "outage_notices",
    Column("mailbox", Text, primary_key=True),
    Column("outage_id", ForeignKey("outages.id"), primary_key=True),
    Column("phase", Text, primary_key=True),
    Column("settled_at", Utc, nullable=False),
    # NULL when settled without a message: it may have been sent before a restore
    Column("delivery_id", ForeignKey("deliveries.id")),
)

digests = _table(
    "digests",
    Column("mailbox", Text, primary_key=True),
    Column("digest_period", Text, primary_key=True),
    Column("delivery_id", ForeignKey("deliveries.id")),
)

circuit_breakers = _table(
    "circuit_breakers",
    Column("route", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("open_until", Utc, nullable=False),
    Column("reason", ExternalText, nullable=False),
)

delivery_pauses = _table(
    "delivery_pauses",
    Column("mailbox", Text, primary_key=True),
    Column("soft_bounces", Integer, nullable=False),
    Column("paused_until", Utc, nullable=False),
)

hard_bounces = _table(
    "hard_bounces",
    Column("mailbox", Text, primary_key=True),
    Column("reason", ExternalText, nullable=False),
    # when the first message was sent that was returned by mail; NULL if the server rejected one during delivery
    Column("sent_at", Utc),
    Column("noted_at", Utc, nullable=False),
    # since when the subscription is due to end; NULL until a second bounce confirms the first
    Column("confirmed_at", Utc),
)

erased_addresses = _table(
    "erased_addresses",
    Column("address_hash", Text, primary_key=True),
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
    Column("detail", ExternalText, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("resolved_at", Utc),
    Column("opened_notified_at", Utc),
    Column("resolved_notified_at", Utc),
)
