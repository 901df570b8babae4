"""Indexes for what was a scan of a large table (docs/benchmarks.md has what each of them brings).

- Messages to a recipient: planning asks for the newest one, erasure changes them all.
- Subscriptions of a recipient, also those that have ended: links of the site, erasure, retention.
- The subscription that a message welcomes: asked when a message is superseded.
- Texts that have expired.
- The changes that a check has found: asked when an old check is deleted.
- The first reading of a page, which the public site asks for after every check, and the last failures.
- What is held after a restore: asked with every check.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_HAS_TEXT = sa.text("outcome IS NOT NULL AND body_id IS NOT NULL")
_IS_HELD = {
    "deliveries": sa.text("held_at IS NOT NULL AND outcome IS NULL"),
    "matches": sa.text("held_at IS NOT NULL AND settled_at IS NULL"),
}
_IS_ACTIVE = sa.text("status = 'active'")


def upgrade() -> None:
    """Create the indexes."""
    op.create_index("ix_deliveries_recipient", "deliveries", ["mailbox", "purpose", "created_at"])
    _create_partial("ix_deliveries_texts", "deliveries", ["done_at"], _HAS_TEXT)
    op.create_index("ix_subscriptions_recipient", "subscriptions", ["mailbox", "id"])
    _create_partial("ix_subscriptions_welcome", "subscriptions", ["welcome_delivery_id"], _IS_ACTIVE)
    op.create_index("ix_changes_check_id", "changes", ["check_id"])
    op.create_index("ix_checks_outcome", "checks", ["page_url", "outcome", "id"])
    _create_partial("ix_deliveries_held", "deliveries", ["id"], _IS_HELD["deliveries"])
    _create_partial("ix_matches_held", "matches", ["change_id"], _IS_HELD["matches"])


def _create_partial(name: str, table: str, columns: list[str], condition: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
