"""Run by alembic for each command, in the connection and the transaction of the caller."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    # SQLite can roll back DDL, as the driver does not commit before it; see database.py
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
