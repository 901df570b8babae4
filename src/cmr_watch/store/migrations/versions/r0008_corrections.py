"""Corrections: the right reading of single lines, as the operator gave it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("page_url", sa.Text, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("fields", sa.Text),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("end_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
        sa.ForeignKeyConstraint(["page_url"], ["pages.url"], name="fk_corrections_page_url"),
        sqlite_autoincrement=True,
    )
