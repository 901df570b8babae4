"""Run by alembic for each command: the connection is the caller's, and so is its transaction."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    # SQLite can undo DDL, given that the driver does not commit before it; see database.py
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
