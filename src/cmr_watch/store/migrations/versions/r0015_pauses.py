"""Pauses: until when a recipient wants nothing to be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the column."""
    op.add_column("subscriptions", sa.Column("paused_until", sa.DateTime(timezone=True)))
