"""The first schema."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make every table."""
    _pages()
    _readings()
    _known("editions")
    _known("calls")
    _changes()
    _subscriptions()
    _deliveries()
    _incidents()


def _table(name: str, *columns: Any) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(columns[0].name, name=f"pk_{name}"))


def _numbered(name: str, *columns: Any) -> None:
    key = sa.PrimaryKeyConstraint("id", name=f"pk_{name}")
    op.create_table(name, sa.Column("id", sa.Integer, nullable=False), *columns, key, sqlite_autoincrement=True)


def _column(name: str, kind: Any, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def _points(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


def _index(name: str, table: str, columns: list[str], where: str | None = None, *, unique: bool = False) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _pages() -> None:
    _table(
        "pages",
        _column("url", sa.Text),
        _column("kind", sa.Text),
        _column("revision", sa.Integer),
        _column("baseline_id", sa.Integer, null=True),
        _column("etag", sa.Text, null=True),
        _column("last_modified", sa.Text, null=True),
        _column("read_at", _INSTANT, null=True),
        _column("full_read_at", _INSTANT, null=True),
        _column("failures", sa.Integer),
    )
    _table(
        "robots",
        _column("host", sa.Text),
        _column("status", sa.Integer),
        _column("text", sa.Text, null=True),
        _column("fetched_at", _INSTANT),
    )


def _readings() -> None:
    _table("contents", _column("sha256", sa.Text), _column("size", sa.Integer), _column("body", sa.LargeBinary))
    _numbered(
        "snapshots",
        _column("page_url", sa.Text),
        _column("fetched_at", _INSTANT),
        _column("verdict", sa.Text),
        _column("reason", sa.Text),
        _column("content_sha256", sa.Text),
        _column("final_url", sa.Text),
        _column("charset", sa.Text, null=True),
        _column("parser_version", sa.Integer),
        _column("reading", sa.Text),
        _points("snapshots", "page_url", "pages.url"),
        _points("snapshots", "content_sha256", "contents.sha256"),
    )
    _index("ix_snapshots_page_url", "snapshots", ["page_url", "id"])
    _index("ix_snapshots_content_sha256", "snapshots", ["content_sha256"])
    _numbered(
        "checks",
        _column("page_url", sa.Text),
        _column("checked_at", _INSTANT),
        _column("outcome", sa.Text),
        _column("detail", sa.Text),
        _column("revision", sa.Integer),
        _points("checks", "page_url", "pages.url"),
    )
    _index("ix_checks_page_url", "checks", ["page_url", "id"])


def _known(name: str) -> None:
    op.create_table(
        name,
        _column("page_url", sa.Text),
        _column("key", sa.Text),
        _column("position", sa.Integer),
        _column("first_seen_at", _INSTANT, null=True),
        _column("missing_since", _INSTANT, null=True),
        _column("gone", sa.Text, null=True),
        _column("body", sa.Text),
        sa.PrimaryKeyConstraint("page_url", "key", name=f"pk_{name}"),
        _points(name, "page_url", "pages.url"),
    )


def _changes() -> None:
    _numbered(
        "changes",
        _column("page_url", sa.Text),
        _column("check_id", sa.Integer),
        _column("read_at", _INSTANT),
        _column("enqueued_at", _INSTANT, null=True),
        _column("kind", sa.Text),
        _column("key", sa.Text),
        _column("before", sa.Text, null=True),
        _column("after", sa.Text, null=True),
        _column("cutoff_before", sa.Text, null=True),
        _column("cutoff_after", sa.Text, null=True),
        _column("sentence", sa.Text),
        _points("changes", "page_url", "pages.url"),
        _points("changes", "check_id", "checks.id"),
    )
    _index("ix_changes_pending", "changes", ["id"], "enqueued_at IS NULL")


def _subscriptions() -> None:
    _numbered(
        "subscriptions",
        _column("name", sa.Text, null=True),
        _column("address", sa.Text),
        _column("topics", sa.Text),
        _column("countries", sa.Text),
        _column("status", sa.Text),
        _column("after_change_id", sa.Integer),
        _column("created_at", _INSTANT),
        _column("ended_at", _INSTANT, null=True),
        _column("end_reason", sa.Text, null=True),
    )
    _index("ux_subscriptions_name", "subscriptions", ["name"], "status = 'active'", unique=True)
    wanted = ["address", "topics", "countries"]
    _index("ux_subscriptions_wanted", "subscriptions", wanted, "status = 'active' AND name IS NULL", unique=True)


def _deliveries() -> None:
    _numbered(
        "deliveries",
        _column("address", sa.Text),
        _column("channel", sa.Text),
        _column("message_id", sa.Text),
        _column("created_at", _INSTANT),
        _column("due_at", _INSTANT),
        _column("attempts", sa.Integer),
        _column("last_error", sa.Text, null=True),
        _column("token", sa.Text, null=True),
        _column("leased_until", _INSTANT, null=True),
        _column("outcome", sa.Text, null=True),
        _column("done_at", _INSTANT, null=True),
        _column("subject", sa.Text),
        _column("text", sa.Text),
        _column("html", sa.Text),
        sa.UniqueConstraint("message_id", name="uq_deliveries_message_id"),
    )
    _index("ix_deliveries_due", "deliveries", ["due_at", "id"], "outcome IS NULL")
    _index("ix_deliveries_waiting", "deliveries", ["address", "id"], "outcome IS NULL")
    _index("ix_deliveries_outcome", "deliveries", ["outcome", "id"], "outcome IS NOT NULL")
    op.create_table(
        "matches",
        _column("address", sa.Text),
        _column("change_id", sa.Integer),
        _column("delivery_id", sa.Integer),
        sa.PrimaryKeyConstraint("address", "change_id", name="pk_matches"),
        _points("matches", "change_id", "changes.id"),
        _points("matches", "delivery_id", "deliveries.id"),
    )
    _index("ix_matches_delivery_id", "matches", ["delivery_id"])


def _incidents() -> None:
    _numbered(
        "incidents",
        _column("kind", sa.Text),
        _column("subject", sa.Text),
        _column("detail", sa.Text),
        _column("opened_at", _INSTANT),
        _column("closed_at", _INSTANT, null=True),
    )
    _index("ux_incidents_open", "incidents", ["kind", "subject"], "closed_at IS NULL", unique=True)
