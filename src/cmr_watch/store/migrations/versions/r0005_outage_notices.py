"""Outage notices: subscribers are notified once that a page cannot be read, and once that it can be read again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_INSTANT = sa.DateTime(timezone=True)
_KEY = ("mailbox", "page_url", "last_read_at", "phase")


def upgrade() -> None:
    """Add the table of the notices that were sent to each recipient."""
    op.create_table(
        "outage_notices",
        sa.Column("mailbox", sa.Text, nullable=False),
        sa.Column("page_url", sa.Text, nullable=False),
        sa.Column("last_read_at", _INSTANT, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("settled_at", _INSTANT, nullable=False),
        sa.Column("delivery_id", sa.Integer),
        sa.PrimaryKeyConstraint(*_KEY, name="pk_outage_notices"),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_outage_notices_delivery_id"),
    )
    op.create_index("ix_outage_notices_delivery_id", "outage_notices", ["delivery_id"])
