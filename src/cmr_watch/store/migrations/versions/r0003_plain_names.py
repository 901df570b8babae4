"""Columns, tables and stored values in the terms of the glossary; the sentence of a change is rendered, not stored."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_INSTANT = sa.DateTime(timezone=True)
_COLUMNS = (
    ("pages", "failures", "consecutive_failures"),
    ("snapshots", "verdict", "assessment"),
    ("changes", "reached", "fan_out_cursor"),
    ("subscriptions", "rhythm", "schedule"),
    ("subscriptions", "welcome_id", "welcome_delivery_id"),
    ("subscriptions", "wake_at", "next_action_at"),
    ("deliveries", "channel", "route"),
    ("deliveries", "unsubscribe", "unsubscribe_token"),
    ("deliveries", "quiet", "quiet_hours"),
    ("deliveries", "token", "claim_token"),
    ("matches", "found_at", "matched_at"),
    ("matches", "period", "digest_period"),
    ("reminders", "days", "days_before"),
    ("digests", "period", "digest_period"),
    ("incidents", "closed_at", "resolved_at"),
    ("incidents", "told_at", "opened_notified_at"),
    ("incidents", "end_told_at", "resolved_notified_at"),
)
_VALUES = (
    ("snapshots", "assessment", "good", "plausible"),
    ("checks", "outcome", "dropped", "discarded"),
    ("deliveries", "purpose", "news", "subscriber"),
    ("deliveries", "outcome", "set_aside", "failed"),
    ("deliveries", "outcome", "absorbed", "superseded"),
    ("deliveries", "outcome", "ended", "cancelled"),
    ("deliveries", "outcome", "dropped", "discarded"),
    ("incidents", "kind", "source-failing", "fetch-failing"),
    ("incidents", "kind", "delivery-set-aside", "delivery-failed"),
    ("incidents", "kind", "digest-late", "digest-overdue"),
)
_INDEXES = (
    ("subscriptions", "ux_subscriptions_wanted", "ux_subscriptions_request"),
    ("subscriptions", "ix_subscriptions_wake", "ix_subscriptions_next_action"),
    ("deliveries", "ix_deliveries_waiting", "ix_deliveries_pending"),
)


def upgrade() -> None:
    """Keep every row under its new names."""
    for table, old, new in _COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    for table, column, old, new in _VALUES:
        op.execute(f"UPDATE {table} SET {column} = '{new}' WHERE {column} = '{old}'")  # noqa: S608
    op.drop_column("changes", "sentence")
    _rename_indexes()
    op.create_index("ix_deliveries_body_id", "deliveries", ["body_id"])
    _replace(
        ("channels", "circuit_breakers"),
        {"route": "name", "failures": "failures", "open_until": "down_until", "reason": "reason"},
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("open_until", _INSTANT, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    _replace(
        ("pauses", "delivery_pauses"),
        {"mailbox": "mailbox", "soft_bounces": "bounces", "paused_until": "until"},
        sa.Column("mailbox", sa.Text, nullable=False),
        sa.Column("soft_bounces", sa.Integer, nullable=False),
        sa.Column("paused_until", _INSTANT, nullable=False),
    )
    _replace(
        ("erased", "erased_addresses"),
        {"address_hash": "mark", "erased_at": "erased_at"},
        sa.Column("address_hash", sa.Text, nullable=False),
        sa.Column("erased_at", _INSTANT, nullable=False),
    )


def _rename_indexes() -> None:
    request = ["address", "topics", "countries", "schedule", "reminders", "still_watching"]
    columns = {
        "ux_subscriptions_request": (request, "status = 'active' AND name IS NULL"),
        "ix_subscriptions_next_action": (["next_action_at"], "status = 'active'"),
        "ix_deliveries_pending": (["mailbox", "id"], "outcome IS NULL"),
    }
    for table, old, new in _INDEXES:
        names, where = columns[new]
        condition = sa.text(where)
        op.drop_index(old, table)
        op.create_index(
            new, table, names, unique=new.startswith("ux"), sqlite_where=condition, postgresql_where=condition
        )


def _replace(names: tuple[str, str], sources: dict[str, str], *columns: sa.Column[Any]) -> None:
    """Copy a small table to its new name and columns; its first column is the primary key."""
    old, new = names
    op.create_table(new, *columns, sa.PrimaryKeyConstraint(columns[0].name, name=f"pk_{new}"))
    selected = ", ".join(f'"{source}"' for source in sources.values())
    op.execute(f"INSERT INTO {new} ({', '.join(sources)}) SELECT {selected} FROM {old}")  # noqa: S608
    op.drop_table(old)
