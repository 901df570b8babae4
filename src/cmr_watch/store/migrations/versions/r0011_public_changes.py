"""The public site: indexes with which a page of changes costs the same, however many there are before it."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the indexes."""
    op.create_index("ix_changes_read_at", "changes", ["read_at", "id"])
    op.create_index("ix_changes_key", "changes", ["key", "read_at", "id"])
    op.create_index("ix_changes_kind", "changes", ["kind", "read_at", "id"])
    op.create_index("ix_snapshots_fetched_at", "snapshots", ["page_url", "fetched_at"])
