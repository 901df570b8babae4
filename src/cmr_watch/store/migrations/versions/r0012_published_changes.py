"""The order in which changes became visible to readers: a change that was held is new when it is released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_CHANGES = sa.table(
    "changes",
    *map(sa.column, ("id", "check_id", "published")),
    sa.column("held_at", sa.DateTime(timezone=True)),
    sa.column("enqueued_at", sa.DateTime(timezone=True)),
)
_CHECKS = sa.table("checks", sa.column("id"), sa.column("outcome", sa.Text))


def upgrade() -> None:
    """Changes that are stored keep their order; held ones are not published, and those from an archive are history."""
    op.add_column("changes", sa.Column("published", sa.Integer))
    archived = sa.select(_CHECKS.c.id).where(_CHECKS.c.outcome == "archived")
    number = sa.case((_CHANGES.c.check_id.in_(archived), 0), else_=_CHANGES.c.id)
    is_visible = sa.or_(_CHANGES.c.held_at.is_(None), _CHANGES.c.enqueued_at.is_not(None))
    op.execute(sa.update(_CHANGES).where(is_visible).values(published=number))
    op.create_index("ix_changes_published", "changes", ["published"])
