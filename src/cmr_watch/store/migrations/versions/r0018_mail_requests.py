"""Mail requests: what recipients ask for on the site, a link to manage a subscription or their data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "mail_requests",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("mailbox", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("requested_at", _INSTANT, nullable=False),
        sa.Column("mailed_at", _INSTANT),
        sa.Column("token_hash", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_mail_requests"),
        sqlite_autoincrement=True,
    )
    is_waiting = sa.text("mailed_at IS NULL")
    op.create_index(
        "ix_mail_requests_waiting", "mail_requests", ["id"], sqlite_where=is_waiting, postgresql_where=is_waiting
    )
    op.create_index("ix_mail_requests_mailbox", "mail_requests", ["mailbox"])
    op.create_index("ix_mail_requests_mailed_at", "mail_requests", ["mailed_at"])
    op.create_index("ix_mail_requests_token_hash", "mail_requests", ["token_hash"])
