"""Outages are stored: each notice belongs to one, instead of to a page and the time of its last reading."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_INSTANT = sa.DateTime(timezone=True)
_PAGES = sa.table("pages", sa.column("url", sa.Text), sa.column("kind", sa.Text), sa.column("read_at", _INSTANT))
_CHECKS = sa.table("checks", sa.column("id"), sa.column("page_url", sa.Text), sa.column("outcome", sa.Text))
_OUTAGES = sa.table(
    "outages",
    sa.column("page_url", sa.Text),
    sa.column("is_list", sa.Boolean),
    sa.column("since", _INSTANT),
    sa.column("after_check_id", sa.Integer),
    sa.column("opened_at", _INSTANT),
    sa.column("ended_at", _INSTANT),
    sa.column("announces_end", sa.Boolean),
)
_OLD_NOTICES = sa.table(
    "outage_notices",
    sa.column("page_url", sa.Text),
    sa.column("last_read_at", _INSTANT),
    sa.column("phase", sa.Text),
    sa.column("settled_at", _INSTANT),
)


def upgrade() -> None:
    """Derive the outages from the notices that were sent, and assign the notices to them, so that none is repeated."""
    _create_outages()
    _insert_outages()
    op.execute("CREATE TABLE old_outage_notices AS SELECT * FROM outage_notices")
    op.drop_table("outage_notices")
    _create_notices()
    op.execute(
        "INSERT INTO outage_notices (mailbox, outage_id, phase, settled_at, delivery_id)"
        " SELECT old.mailbox, outages.id, old.phase, old.settled_at, old.delivery_id FROM old_outage_notices AS old"
        " JOIN outages ON outages.page_url = old.page_url AND outages.since = old.last_read_at"
    )
    op.drop_table("old_outage_notices")


def _create_outages() -> None:
    op.create_table(
        "outages",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("page_url", sa.Text, nullable=False),
        sa.Column("is_list", sa.Boolean, nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("after_check_id", sa.Integer, nullable=False),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("announces_end", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outages"),
        sqlite_autoincrement=True,
    )


def _create_notices() -> None:
    op.create_table(
        "outage_notices",
        sa.Column("mailbox", sa.Text, nullable=False),
        sa.Column("outage_id", sa.Integer, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("settled_at", _INSTANT, nullable=False),
        sa.Column("delivery_id", sa.Integer),
        sa.PrimaryKeyConstraint("mailbox", "outage_id", "phase", name="pk_outage_notices"),
        sa.ForeignKeyConstraint(["outage_id"], ["outages.id"], name="fk_outage_notices_outage_id"),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_outage_notices_delivery_id"),
    )
    op.create_index("ix_outage_notices_delivery_id", "outage_notices", ["delivery_id"])
    op.create_index("ix_outage_notices_outage_id", "outage_notices", ["outage_id"])


def _insert_outages() -> None:
    connection = op.get_bind()
    pages = {row.url: row for row in connection.execute(sa.select(_PAGES))}
    notices = connection.execute(sa.select(_OLD_NOTICES).order_by(_OLD_NOTICES.c.last_read_at)).all()
    by_outage: dict[tuple[str, Any], list[Any]] = {}
    for row in notices:
        by_outage.setdefault((row.page_url, row.last_read_at), []).append(row)
    newest = dict(by_outage.keys())
    for (page_url, since), rows in by_outage.items():
        outage = _outage(pages.get(page_url), rows, is_newest=newest[page_url] == since)
        key = {"page_url": page_url, "since": since, "after_check_id": _last_good_check(connection, page_url)}
        connection.execute(_OUTAGES.insert(), {**outage, **key})


def _last_good_check(connection: Any, page_url: str) -> int:
    """Return the ID of the newest check that read the page before it failed for the last time; 0 if there is none."""
    newest = sa.select(sa.func.max(_CHECKS.c.id)).where(_CHECKS.c.page_url == page_url)
    failed = newest.where(_CHECKS.c.outcome.in_(("failed", "suspect"))).scalar_subquery()
    good = newest.where(_CHECKS.c.outcome.in_(("baseline", "changed", "unchanged")), _CHECKS.c.id < failed)
    return connection.execute(good).scalar() or 0


def _outage(page: Any, notices: list[Any], *, is_newest: bool) -> dict[str, Any]:
    """Return the row of an outage. The newest one of a page is open until the page was read: the next check decides."""
    was_read = page is not None and page.read_at is not None and page.read_at > notices[0].last_read_at
    ended = [row.settled_at for row in notices if row.phase == "ended"]
    if not ended and (was_read or not is_newest):
        ended = [page.read_at if was_read else notices[0].settled_at]
    return {
        "is_list": page is not None and page.kind == "initiative",
        "opened_at": min(row.settled_at for row in notices),
        "ended_at": min(ended, default=None),
        "announces_end": True,
    }
