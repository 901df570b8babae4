"""The corrections of misread lines.

A correction ends when its line is no longer on the page, when it is dropped, or when a newer one replaces it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from cmr_watch.models.corrections import Correction, CorrectionEnd
from cmr_watch.models.readings import PageRef
from cmr_watch.store import readable
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import record_event
from cmr_watch.store.schema import corrections, pages

_WITH_KIND = select(corrections, pages.c.kind).join_from(corrections, pages, pages.c.url == corrections.c.page_url)
_IS_ACTIVE = corrections.c.ended_at.is_(None)


class Corrections:
    """The corrections of all pages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def active(self, page_url: str) -> tuple[Correction, ...]:
        """Return the corrections of a page that hold, oldest first."""
        of_page = corrections.c.page_url == page_url
        with self._database.read() as connection:
            rows = connection.execute(_WITH_KIND.where(of_page, _IS_ACTIVE).order_by(corrections.c.id)).all()
            return tuple(readable.models(connection, corrections, rows, _correction))

    def list_all(self) -> tuple[Correction, ...]:
        """Return all corrections, also those that have ended, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(_WITH_KIND.order_by(corrections.c.id)).all()
            return tuple(readable.models(connection, corrections, rows, _correction))

    def edit(self, edit: CorrectionEdit) -> None:
        """Begin or end corrections, without changing what is stored of the page."""
        with self._database.write() as connection:
            edit_corrections(connection, edit)


class CorrectionEdit(NamedTuple):
    """A correction that begins, and those that end because of it or by themselves."""

    at: datetime
    new: Correction | None = None
    ended: tuple[int, ...] = ()
    reason: CorrectionEnd = "replaced"


def has_unreadable(connection: Connection, page_url: str) -> bool:
    """Whether a correction of this page that holds cannot be read, so that its line is misread."""
    of_page = corrections.c.page_url == page_url
    rows = connection.execute(_WITH_KIND.where(of_page, _IS_ACTIVE)).all()
    return len(list(readable.models(connection, corrections, rows, _correction))) < len(rows)


def edit_corrections(connection: Connection, edit: CorrectionEdit | None) -> None:
    """Begin or end corrections in the caller's transaction, if there is anything to do."""
    if edit is None:
        return
    _end(connection, edit.ended, edit.reason, edit.at)
    if edit.new is not None:
        values = None if edit.new.values is None else dict(edit.new.values)
        row = {"page_url": edit.new.page.url, "line": edit.new.line, "fields": values, "created_at": edit.at}
        connection.execute(corrections.insert(), row)


def lapse_corrections(connection: Connection, lapsed: Iterable[tuple[Correction, str]], now: datetime) -> None:
    """End corrections that can no longer be applied, and notify the operator of each; in the caller's transaction."""
    for correction, reason in lapsed:
        if _end(connection, (correction.id,), "lapsed", now):
            detail = f"correction {correction.id} of “{correction.line}”: {reason}"
            record_event(connection, "correction-lapsed", correction.page.url, detail, now)


def _end(connection: Connection, ids: Sequence[int], reason: CorrectionEnd, now: datetime) -> int:
    """End corrections that hold; return how many did."""
    statement = update(corrections).where(corrections.c.id.in_(ids), _IS_ACTIVE)
    return connection.execute(statement.values(ended_at=now, end_reason=reason)).rowcount


def _correction(row: Any) -> Correction:
    return Correction(
        page=PageRef(row.page_url, row.kind),
        line=row.line,
        values=row.fields,
        created_at=row.created_at,
        id=row.id,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
    )
