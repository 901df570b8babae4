"""The known state of each page: its rows of `editions` and `calls`. Functions run in their caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete, select

from cmr_watch.merge_pages import KnownPage, merge_pages
from cmr_watch.models.muting import ItemRef
from cmr_watch.models.readings import Known, KnownCall, KnownEdition, PageRef
from cmr_watch.store import readable, row_mapping
from cmr_watch.store.schema import calls, editions, pages

Rows = dict[str, dict[str, Any]]
"""Rows by key, in the order of the page."""

_DECODE: dict[Table, Callable[[Any], Any]] = {editions: row_mapping.known_edition, calls: row_mapping.known_call}
_SELECT = {
    table: select(table).where(table.c.page_url == bindparam("page")).order_by(table.c.position)
    for table in (editions, calls)
}


class PageState(NamedTuple):
    """The rows of one page, and the same as models. `unreadable`: the keys of rows that cannot be read, by table."""

    editions: Rows
    calls: Rows
    entries: Known
    unreadable: Mapping[str, Sequence[Any]]

    def known(self) -> Known:
        """Return the state as models."""
        return self.entries

    def is_uncertain(self, key: str) -> bool:
        """Whether what seems to be new on the page may be an entry that cannot be read."""
        return bool(self.unreadable) and key not in self.editions and key not in self.calls


def load(connection: Connection, page_url: str) -> PageState:
    """Load the state of one page."""
    rows, entries, unreadable = dict[str, Rows](), dict[str, Any](), dict[str, Sequence[Any]]()
    for table in (editions, calls):
        found = connection.execute(_SELECT[table], {"page": page_url}).all()
        readable_rows = _readable(connection, table, found)
        entries[table.name] = tuple(entry for _, entry in readable_rows)
        rows[table.name] = {entry.key: dict(row._mapping) for row, entry in readable_rows}
        if len(readable_rows) < len(found):
            unreadable[table.name] = [row.key for row in found if row.key not in rows[table.name]]
    known = Known(entries["editions"], entries["calls"])
    return PageState(rows["editions"], rows["calls"], known, unreadable)


def _readable(connection: Connection, table: Table, found: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Return the rows that can be read, each with its model."""
    decode = _DECODE[table]
    return [
        (row, entry)
        for row in readable.rows(connection, table, found)
        for entry in readable.models(connection, table, (row,), decode)
    ]


def load_all(connection: Connection) -> Known:
    """Load the states of all pages, merged."""
    return merge_pages(load_pages(connection))


def find(connection: Connection, item: ItemRef) -> KnownEdition | KnownCall | None:
    """Load what all pages say of one edition or call; None if it is not known."""
    known = merge_pages(load_pages(connection, item.key))
    found: Sequence[KnownEdition | KnownCall] = known.calls if item.kind == "call" else known.editions
    return found[0] if found else None


def load_pages(connection: Connection, key: str | None = None) -> tuple[KnownPage, ...]:
    """Load the states of all pages; with a key, only of what has that key."""
    entries: dict[str, list[list[Any]]] = defaultdict(lambda: [[], []])
    for index, table in enumerate((editions, calls)):
        selected = select(table) if key is None else select(table).where(table.c.key == key)
        found = connection.execute(selected.order_by(table.c.page_url, table.c.position))
        for row, entry in _readable(connection, table, found):
            entries[row.page_url][index].append(entry)
    refs = {ref.url: ref for ref in load_refs(connection)}
    return tuple(KnownPage(refs[url], Known(*map(tuple, of_page))) for url, of_page in entries.items() if url in refs)


def load_refs(connection: Connection) -> Iterable[PageRef]:
    """Load the address and the kind of each page."""
    found = connection.execute(select(pages.c.url, pages.c.kind))
    return readable.models(connection, pages, found, lambda row: PageRef(row.url, row.kind))


def replace(connection: Connection, page_url: str, old: PageState, known: Known) -> bool:
    """Replace the state of a page, writing only the rows that differ; return whether any did."""
    new_editions = row_mapping.known_rows(page_url, known.editions)
    new_calls = row_mapping.known_rows(page_url, known.calls)
    if (new_editions, new_calls) == (old.editions, old.calls) and not old.unreadable:
        return False
    for table, keys in ((editions, old.unreadable.get("editions")), (calls, old.unreadable.get("calls"))):
        if keys:  # the page was read again, so they are in `known` if they are still there
            connection.execute(delete(table).where(table.c.page_url == page_url, table.c.key.in_(keys)))
    _replace_rows(connection, editions, page_url, old.editions, new_editions)
    _replace_rows(connection, calls, page_url, old.calls, new_calls)
    return True


def _replace_rows(connection: Connection, table: Table, page_url: str, old: Rows, new: Rows) -> None:
    differing = [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
    if not differing:
        return
    connection.execute(delete(table).where(table.c.page_url == page_url, table.c.key.in_(differing)))
    added = [new[key] for key in differing if key in new]
    if added:
        connection.execute(table.insert(), added)
