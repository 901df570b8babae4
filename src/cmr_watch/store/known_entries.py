"""The known state of each page: its rows of `editions` and `calls`. Functions run in their caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select

from cmr_watch.merge_pages import KnownPage, merge_pages
from cmr_watch.models.readings import Known, PageRef
from cmr_watch.store import row_mapping
from cmr_watch.store.schema import calls, editions, pages

Rows = dict[str, dict[str, Any]]
"""Rows by key, in the order of the page."""

_SELECT = {
    table: select(table).where(table.c.page_url == bindparam("page")).order_by(table.c.position)
    for table in (editions, calls)
}


@dataclass(frozen=True, slots=True)
class PageState:
    """The rows of one page."""

    editions: Rows
    calls: Rows

    def known(self) -> Known:
        """Return the state as models."""
        return row_mapping.known(self.editions.values(), self.calls.values())


def load(connection: Connection, page_url: str) -> PageState:
    """Load the state of one page."""
    return PageState(_load_rows(connection, editions, page_url), _load_rows(connection, calls, page_url))


def load_all(connection: Connection) -> Known:
    """Load the states of all pages, merged."""
    return merge_pages(load_pages(connection))


def load_pages(connection: Connection) -> tuple[KnownPage, ...]:
    """Load the states of all pages."""
    rows: dict[str, list[list[Mapping[Any, Any]]]] = defaultdict(lambda: [[], []])
    for index, table in enumerate((editions, calls)):
        for row in connection.execute(select(table).order_by(table.c.page_url, table.c.position)).mappings():
            rows[row["page_url"]][index].append(row)
    kinds = {row.url: row.kind for row in connection.execute(select(pages.c.url, pages.c.kind))}
    return tuple(KnownPage(PageRef(url, kinds[url]), row_mapping.known(*of_page)) for url, of_page in rows.items())


def replace(connection: Connection, page_url: str, old: PageState, known: Known) -> bool:
    """Replace the state of a page, writing only the rows that differ; return whether any did."""
    new = PageState(row_mapping.known_rows(page_url, known.editions), row_mapping.known_rows(page_url, known.calls))
    if new == old:
        return False
    _replace_rows(connection, editions, page_url, old.editions, new.editions)
    _replace_rows(connection, calls, page_url, old.calls, new.calls)
    return True


def _load_rows(connection: Connection, table: Table, page_url: str) -> Rows:
    return {row["key"]: dict(row) for row in connection.execute(_SELECT[table], {"page": page_url}).mappings()}


def _replace_rows(connection: Connection, table: Table, page_url: str, old: Rows, new: Rows) -> None:
    differing = [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
    if not differing:
        return
    connection.execute(delete(table).where(table.c.page_url == page_url, table.c.key.in_(differing)))
    added = [new[key] for key in differing if key in new]
    if added:
        connection.execute(table.insert(), added)
