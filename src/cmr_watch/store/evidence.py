"""The evidence of stored readings, compressed. It has a table of its own, so that a check need not load it.

The functions run in the transaction of their caller.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from sqlalchemy import Connection, select

from cmr_watch.models.evidence import Evidence
from cmr_watch.serialization import evidence_from_row, evidence_to_row
from cmr_watch.store import readable
from cmr_watch.store.database import Database
from cmr_watch.store.schema import evidence

_COMPRESSION_LEVEL = 6


def save_evidence(database: Database, connection: Connection, snapshot_id: int, found: Evidence) -> None:
    """Store the evidence of a snapshot, in place of what is stored."""
    text = json.dumps(evidence_to_row(found), separators=(",", ":"))
    row = {"snapshot_id": snapshot_id, "body": zlib.compress(text.encode(), _COMPRESSION_LEVEL)}
    statement = database.insert(evidence).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["snapshot_id"], set_={"body": row["body"]}))


def load_evidence(connection: Connection, snapshot_id: int) -> Evidence | None:
    """Return the evidence of a snapshot; None if it was stored without."""
    rows = connection.execute(select(evidence).where(evidence.c.snapshot_id == snapshot_id)).all()
    return next(readable.models(connection, evidence, rows, evidence_of), None)


def evidence_of(row: Any) -> Evidence:
    """Return the evidence of a row."""
    return evidence_from_row(json.loads(zlib.decompress(row.body)))
