"""The evidence for a reading is stored: where each field stands on its page, and what became of each line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the table. Readings that were stored before have no evidence; their pages are read again when it is shown."""
    op.create_table(
        "evidence",
        sa.Column("snapshot_id", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("snapshot_id", name="pk_evidence"),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshots.id"], name="fk_evidence_snapshot_id", ondelete="CASCADE"),
    )
