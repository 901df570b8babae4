"""The calendar: the events that have changed, so that clients find them again and take over the change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "calendar_events",
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.Column("listed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("uid", name="pk_calendar_events"),
    )
