"""Hard bounces: addresses that are said to be dead, until a second bounce confirms it and the subscription ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "hard_bounces",
        sa.Column("mailbox", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("sent_at", _INSTANT),
        sa.Column("noted_at", _INSTANT, nullable=False),
        sa.Column("confirmed_at", _INSTANT),
        sa.PrimaryKeyConstraint("mailbox", name="pk_hard_bounces"),
    )
