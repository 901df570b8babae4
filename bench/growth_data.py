"""Fills a database for `bench.growth`: rows as the program writes them, copied by the database itself."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count, islice
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Table, func, select, text
from sqlalchemy.engine import make_url

from bench.outbox import NOW, subscribe, writer
from cmr_watch.models.recipients import Channel, Message
from cmr_watch.notify.channels import Sender, always_ours
from cmr_watch.notify.outbox import compose, deliver, enqueue
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.schema import changes, checks, contents, deliveries, evidence, matches, snapshots, subscriptions

LATER = NOW + timedelta(hours=1)
READ_AT = NOW
"""When the first page was read of which copies are stored."""
_NAME = "substr(CAST(10000000 + n.i AS TEXT), 2) || '@example.org'"
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) "
_BATCH = 1000
_NUMBERED: Final = (snapshots, checks, changes)


class Nothing:
    """A channel that accepts every message: what is measured is the outbox."""

    def __init__(self) -> None:
        self.sent = 0

    def send(self, message: Message, is_ours: Callable[[], bool] = always_ours) -> None:
        self.sent += 1

    def close(self) -> None: ...


def send(database: Database) -> int:
    """Deliver what is due, to nowhere; return the number of messages."""
    channel = Nothing()
    channels: dict[Channel, Sender] = {"mail": channel}
    deliver(Deliveries(database), channels, lambda: LATER)
    return channel.sent


# ── subscriptions ────────────────────────────────────────────────────────────────────────────────────────────────


def fill_subscriptions(database: Database, number: int) -> None:
    """Subscribers who were each sent a message about an earlier change."""
    subscribe(database, 1)
    enqueue(MatchQueue(database), NOW)
    compose(MatchQueue(database), writer(database), lambda: NOW)
    assert send(database) == 1
    with database.write() as connection:
        _copy(connection, subscriptions, number - 1, address=_NAME, mailbox=_NAME)
        message = {"message_id": "'<' || n.i || '@example.org>'"}
        _copy(connection, deliveries, number - 1, address=_NAME, mailbox=_NAME, **message)
        delivery = f"(SELECT d.id FROM deliveries d WHERE d.message_id = {message['message_id']})"
        _copy(connection, matches, number - 1, mailbox=_NAME, delivery_id=delivery)


def refresh_statistics(url: str) -> None:
    """Do what autovacuum does on a PostgreSQL server; the one of the tests has none."""
    if url.startswith("postgresql"):
        address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


def _copy(connection: Connection, table: Table, number: int, **expressions: str) -> None:
    """Insert copies of the only row of a table, with other values in some columns."""
    names = [column.name for column in table.columns if column.name != "id"]
    values = ", ".join(expressions.get(name, f't."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    statement = f"INSERT INTO {table.name} ({columns}) {_NUMBERS} SELECT {values} FROM {table.name} t CROSS JOIN n"
    connection.execute(text(statement), {"count": number})


def add_change(database: Database, number: int, after: str | None = None) -> None:
    """A change that no recipient was notified of yet, or only those up to this mailbox."""
    with database.write() as connection:
        row = dict(connection.execute(select(changes).order_by(changes.c.id).limit(1)).one()._mapping)
        new = {"id": None, "enqueued_at": None, "fan_out_cursor": after, "published": None, "key": f"edition-{number}"}
        values = {name: value for name, value in {**row, **new}.items() if name != "id"}
        connection.execute(changes.insert(), values)


# ── stored pages ─────────────────────────────────────────────────────────────────────────────────────────────────


def fill_snapshots(database: Database, number: int) -> None:
    """Readings of the page up to this number, each with its content, its evidence, its check and a change."""
    with database.read() as connection:
        templates = {table.name: _newest_row(connection, table) for table in (*_NUMBERED, evidence)}
        digest = templates["snapshots"]["content_sha256"]
        body = connection.execute(select(contents.c.body).where(contents.c.sha256 == digest)).scalar_one()
        stored = connection.execute(select(func.count()).select_from(snapshots)).scalar_one()
    versions = _versions(zlib.decompress(body))
    for start in range(0, number - stored, _BATCH):
        rows = list(islice(versions, min(_BATCH, number - stored - start)))
        with database.write() as connection:
            _insert_readings(connection, templates, rows, start)


def _newest_row(connection: Connection, table: Table) -> dict[str, Any]:
    newest = select(table).order_by(next(iter(table.primary_key)).desc()).limit(1)
    return dict(connection.execute(newest).one()._mapping)


def _insert_readings(
    connection: Connection, templates: dict[str, dict[str, Any]], rows: list[dict[str, Any]], start: int
) -> None:
    """Insert readings with these contents; `start` is the number of those that were inserted before."""
    places = range(start + 1, start + 1 + len(rows))
    ids = {name: [templates[name]["id"] + place for place in places] for name in ("snapshots", "checks", "changes")}
    at = [NOW + timedelta(hours=place) for place in places]
    connection.execute(contents.insert(), rows)
    reading = templates["snapshots"]["reading"]
    # no two readings after another are equal: retention would remove one of them
    two = [{**reading, "editions": reading["editions"][first:]} for first in (0, 1)]
    readings = [
        {
            **templates["snapshots"],
            "id": key,
            "fetched_at": time,
            "content_sha256": row["sha256"],
            "reading": two[key % 2],
        }
        for key, time, row in zip(ids["snapshots"], at, rows, strict=True)
    ]
    connection.execute(snapshots.insert(), readings)
    connection.execute(evidence.insert(), [{**templates["evidence"], "snapshot_id": key} for key in ids["snapshots"]])
    made = [
        {**templates["checks"], "id": key, "checked_at": time, "outcome": "changed"}
        for key, time in zip(ids["checks"], at, strict=True)
    ]
    connection.execute(checks.insert(), made)
    found = [
        {**templates["changes"], "id": key, "check_id": check, "read_at": time, "published": key, "enqueued_at": time}
        for key, check, time in zip(ids["changes"], ids["checks"], at, strict=True)
    ]
    connection.execute(changes.insert(), found)


def _versions(content: bytes) -> Iterator[dict[str, Any]]:
    """Rows of `contents`, each with another comment at the end. What they have in common is compressed once."""
    common, hashed = zlib.compressobj(6), hashlib.sha256(content)
    head = common.compress(content)
    for number in count():
        comment = f"<!-- {number} -->".encode()
        compressor, hasher = common.copy(), hashed.copy()
        hasher.update(comment)
        body = head + compressor.compress(comment) + compressor.flush()
        yield {"sha256": hasher.hexdigest(), "size": len(content) + len(comment), "body": body}
