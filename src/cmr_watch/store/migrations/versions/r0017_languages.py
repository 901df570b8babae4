"""The language in which a subscriber is written to: English for all that there are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_REQUEST = ["address", "topics", "countries", "schedule", "reminders", "still_watching", "language"]


def upgrade() -> None:
    """Add the column; subscriptions that differ only in it are different ones."""
    op.add_column("subscriptions", sa.Column("language", sa.Text, nullable=False, server_default="en"))
    is_unnamed = sa.text("status = 'active' AND name IS NULL")
    op.drop_index("ux_subscriptions_request", "subscriptions")
    op.create_index(
        "ux_subscriptions_request",
        "subscriptions",
        _REQUEST,
        unique=True,
        sqlite_where=is_unnamed,
        postgresql_where=is_unnamed,
    )
