"""Matches with a time of their own, digests, reminders; the words of a message kept once; what a restore holds."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_INSTANT = sa.DateTime(timezone=True)
_RHYTHM = '{"frequency":"immediately","hour":8,"weekday":0,"time_zone":"Europe/Brussels","quiet":null}'


def upgrade() -> None:
    """Keep every row; who was subscribed stays so, and gets no welcome again."""
    _changes()
    _subscriptions()
    _bodies_and_deliveries()
    _matches()
    _new_tables()
    _add("incidents", _column("told_at", _INSTANT, null=True), _column("end_told_at", _INSTANT, null=True))


def _column(name: str, kind: Any, *, null: bool = False, default: Any = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null, server_default=default)


def _add(table: str, *columns: sa.Column[Any]) -> None:
    for column in columns:
        op.add_column(table, column)


def _index(name: str, table: str, columns: list[str], where: str | None = None, *, unique: bool = False) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _keyed(name: str, keys: list[str], *columns: Any) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}"))


def _points(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


def _changes() -> None:
    _add("changes", _column("reached", sa.Text, null=True), _column("held_at", _INSTANT, null=True))


def _subscriptions() -> None:
    _add(
        "subscriptions",
        _column("mailbox", sa.Text, default=""),
        _column("rhythm", sa.Text, default=_RHYTHM),
        _column("reminders", sa.Text, default="[30,14,7,2,1]"),
        _column("still_watching", sa.Boolean, default=sa.false()),
        _column("consent", sa.Text, default="operator"),
        _column("activated_at", _INSTANT, null=True),
        _column("welcomed_at", _INSTANT, null=True),
        _column("welcome_id", sa.Integer, null=True),
        _column("wake_at", _INSTANT, null=True),
    )
    # awake at once: what reminders are due is then found out
    op.execute("UPDATE subscriptions SET activated_at = created_at, welcomed_at = created_at")
    op.execute("UPDATE subscriptions SET wake_at = created_at WHERE status = 'active'")
    _name_mailboxes("subscriptions")
    op.drop_index("ux_subscriptions_wanted", "subscriptions")
    wanted = ["address", "topics", "countries", "rhythm", "reminders", "still_watching"]
    _index("ux_subscriptions_wanted", "subscriptions", wanted, "status = 'active' AND name IS NULL", unique=True)
    _index("ix_subscriptions_mailbox", "subscriptions", ["mailbox", "id"], "status = 'active'")
    _index("ix_subscriptions_wake", "subscriptions", ["wake_at"], "status = 'active'")


def _name_mailboxes(table: str) -> None:
    connection = op.get_bind()
    found = connection.execute(sa.text(f"SELECT DISTINCT address FROM {table}")).scalars().all()  # noqa: S608
    rows = [{"a": address, "m": address if "://" in address else address.casefold()} for address in found]
    if rows:
        connection.execute(sa.text(f"UPDATE {table} SET mailbox = :m WHERE address = :a"), rows)  # noqa: S608


def _bodies_and_deliveries() -> None:
    op.create_table(
        "bodies",
        sa.Column("id", sa.Integer, nullable=False),
        _column("sha256", sa.Text),
        _column("subject", sa.Text),
        _column("text", sa.Text),
        _column("html", sa.Text),
        _column("more_url", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_bodies"),
        sa.UniqueConstraint("sha256", name="uq_bodies_sha256"),
        sqlite_autoincrement=True,
    )
    _add(
        "deliveries",
        _column("mailbox", sa.Text, default=""),
        _column("purpose", sa.Text, default="news"),
        _column("unsubscribe", sa.Text, default=""),
        _column("uncertain", sa.Boolean, default=sa.false()),
        _column("quiet", sa.Text, null=True),
        _column("stale_at", _INSTANT, null=True),
        _column("held_at", _INSTANT, null=True),
    )
    # spelt out: alembic cannot add a foreign key on SQLite without making the table again, which others point to
    op.execute(
        "ALTER TABLE deliveries ADD COLUMN body_id INTEGER CONSTRAINT fk_deliveries_body_id REFERENCES bodies (id)"
    )
    _name_mailboxes("deliveries")
    _move_words()
    for old in ("subject", "text", "html"):
        op.drop_column("deliveries", old)
    op.drop_index("ix_deliveries_waiting", "deliveries")
    _index("ix_deliveries_waiting", "deliveries", ["mailbox", "id"], "outcome IS NULL")
    _index("ix_deliveries_done", "deliveries", ["channel", "done_at"], "outcome IS NOT NULL")
    _index("ix_deliveries_stale", "deliveries", ["stale_at"], "outcome IS NULL")


def _move_words() -> None:
    """Each text once; a bounded number of rows at a time."""
    connection = op.get_bind()
    last = 0
    statement = sa.text("SELECT id, subject, text, html FROM deliveries WHERE id > :last ORDER BY id LIMIT 500")
    known: dict[str, int] = {}
    while rows := connection.execute(statement, {"last": last}).all():
        last = rows[-1].id
        for row in rows:
            sha = hashlib.sha256("\0".join((row.subject, row.text, row.html, "")).encode()).hexdigest()
            if sha not in known:
                known[sha] = len(known) + 1
                body = {"i": known[sha], "h": sha, "s": row.subject, "t": row.text, "l": row.html}
                connection.execute(
                    sa.text(
                        "INSERT INTO bodies (id, sha256, subject, text, html, more_url) VALUES (:i,:h,:s,:t,:l,'')"
                    ),
                    body,
                )
            connection.execute(
                sa.text("UPDATE deliveries SET body_id = :b WHERE id = :i"), {"b": known[sha], "i": row.id}
            )
    if known and connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT setval('bodies_id_seq', :n)"), {"n": len(known)})


def _matches() -> None:
    op.rename_table("matches", "old_matches")
    op.drop_index("ix_matches_delivery_id", "old_matches")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE old_matches RENAME CONSTRAINT pk_matches TO pk_old_matches")
    _keyed(
        "matches",
        ["mailbox", "change_id"],
        _column("mailbox", sa.Text),
        _column("change_id", sa.Integer),
        _column("found_at", _INSTANT),
        _column("due_at", _INSTANT),
        _column("period", sa.Text, null=True),
        _column("settled_at", _INSTANT, null=True),
        _column("held_at", _INSTANT, null=True),
        _column("delivery_id", sa.Integer, null=True),
        _points("matches", "change_id", "changes.id"),
        _points("matches", "delivery_id", "deliveries.id"),
    )
    op.execute(
        "INSERT INTO matches (mailbox, change_id, found_at, due_at, settled_at, delivery_id)"
        " SELECT d.mailbox, m.change_id, min(d.created_at), min(d.created_at), min(d.created_at), min(d.id)"
        " FROM old_matches m JOIN deliveries d ON d.id = m.delivery_id GROUP BY d.mailbox, m.change_id"
    )
    op.drop_table("old_matches")
    _index("ix_matches_delivery_id", "matches", ["delivery_id"])
    _index("ix_matches_due", "matches", ["due_at", "mailbox"], "settled_at IS NULL AND held_at IS NULL")
    _index("ix_matches_open", "matches", ["mailbox"], "settled_at IS NULL")


def _new_tables() -> None:
    _keyed(
        "reminders",
        ["mailbox", "call_key", "cutoff_at", "days"],
        _column("mailbox", sa.Text),
        _column("call_key", sa.Text),
        _column("cutoff_at", _INSTANT),
        _column("days", sa.Integer),
        _column("settled_at", _INSTANT),
        _column("delivery_id", sa.Integer, null=True),
        _points("reminders", "delivery_id", "deliveries.id"),
    )
    _index("ix_reminders_delivery_id", "reminders", ["delivery_id"])
    _keyed(
        "digests",
        ["mailbox", "period"],
        _column("mailbox", sa.Text),
        _column("period", sa.Text),
        _column("delivery_id", sa.Integer, null=True),
        _points("digests", "delivery_id", "deliveries.id"),
    )
    _index("ix_digests_delivery_id", "digests", ["delivery_id"])
    _keyed(
        "channels",
        ["name"],
        _column("name", sa.Text),
        _column("failures", sa.Integer),
        _column("down_until", _INSTANT),
        _column("reason", sa.Text),
    )
    _keyed(
        "pauses",
        ["mailbox"],
        _column("mailbox", sa.Text),
        _column("bounces", sa.Integer),
        _column("until", _INSTANT),
    )
    _keyed("erased", ["mark"], _column("mark", sa.Text), _column("erased_at", _INSTANT))
    _keyed("installation", ["name"], _column("name", sa.Text), _column("value", sa.Text))
    # made here, once, so that no two processes can make two
    made = sa.text("INSERT INTO installation (name, value) VALUES ('key', :key)")
    op.get_bind().execute(made, {"key": secrets.token_hex(32)})
