"""Signups: requests for a subscription, made on the site, until their addresses confirm them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "signups",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("mailbox", sa.Text, nullable=False),
        sa.Column("topics", sa.Text, nullable=False),
        sa.Column("countries", sa.Text, nullable=False),
        sa.Column("schedule", sa.Text, nullable=False),
        sa.Column("reminders", sa.Text, nullable=False),
        sa.Column("still_watching", sa.Boolean, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("consent_text", sa.Text, nullable=False),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("requested_at", _INSTANT, nullable=False),
        sa.Column("mailed_at", _INSTANT),
        sa.Column("token_hash", sa.Text),
        sa.Column("confirmed_at", _INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_signups"),
        sqlite_autoincrement=True,
    )
    is_waiting = sa.text("mailed_at IS NULL")
    op.create_index("ix_signups_waiting", "signups", ["id"], sqlite_where=is_waiting, postgresql_where=is_waiting)
    op.create_index("ix_signups_mailbox", "signups", ["mailbox"])
    op.create_index("ix_signups_mailed_at", "signups", ["mailed_at"])
    op.create_index("ix_signups_token_hash", "signups", ["token_hash"])
