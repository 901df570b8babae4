"""Rounds: the changes that one check of the whole site finds are matched to recipients together."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Keep every row: existing changes belong to no round."""
    _numbered(
        "rounds",
        _column("started_at", _INSTANT),
        _column("leased_until", _INSTANT),
        _column("finished_at", _INSTANT, null=True),
    )
    _index("ix_rounds_open", "rounds", ["leased_until"], "finished_at IS NULL")
    # written as SQL: on SQLite alembic would have to rebuild the table, which others reference
    op.execute("ALTER TABLE changes ADD COLUMN round_id INTEGER CONSTRAINT fk_changes_round_id REFERENCES rounds (id)")
    op.create_index("ix_changes_round_id", "changes", ["round_id"])


def _numbered(name: str, *columns: Any) -> None:
    key = sa.PrimaryKeyConstraint("id", name=f"pk_{name}")
    op.create_table(name, sa.Column("id", sa.Integer, nullable=False), *columns, key, sqlite_autoincrement=True)


def _column(name: str, kind: Any, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
