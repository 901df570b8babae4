"""`python -m bench growth`: what each subscription, stored page, reader and worker costs, when there are many.

`full` measures the large sizes; names (`postgresql`, `sqlite`, `pages`, `readers`, `workers`) measure these alone;
`write` puts the tables and plots into docs/benchmarks.md. Without them, small sizes are measured and printed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from tests import postgres

from bench import growth_tables
from bench.growth_pages import readers, stored_pages
from bench.growth_subscriptions import sqlite, subscriptions
from bench.growth_tables import Table
from bench.growth_workers import workers
from bench.plots import plot

SMALL = (100, 1_000, 10_000)
FULL = (100, 1_000, 10_000, 100_000, 1_000_000)
DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def measure(arguments: Sequence[str] = ()) -> None:
    print("\nhow it grows (CPU: of the program and of the database server)")
    is_full, writes = "full" in arguments, "write" in arguments
    wanted = [name for name in PARTS if name in arguments] or list(PARTS)
    for name in wanted:
        title, run = PARTS[name]
        load = os.getloadavg()
        with tempfile.TemporaryDirectory(prefix="growth-", dir=postgres.memory_folder()) as folder:
            table = run(Path(folder), is_full)
        print(f"\n{title}\n{table.markdown()}")
        if writes:
            command = " ".join(["python -m bench growth", *(["full"] if is_full else []), name])
            _write(name, title, table, growth_tables.circumstances(command, _versions(name), load))


def _write(name: str, title: str, table: Table, circumstances: str) -> None:
    picture = DOCUMENT.parent / "benchmarks" / f"{name}.svg"
    picture.parent.mkdir(exist_ok=True)
    drawing = plot(table, title)
    picture.write_text(drawing.svg, encoding="utf-8")
    image = f"![{drawing.alternative}](benchmarks/{name}.svg)"
    growth_tables.replace(DOCUMENT, name, f"{table.markdown()}\n\n{circumstances}\n\n{image}")


def _versions(name: str) -> tuple[str, ...]:
    common = (f"SQLAlchemy {version('sqlalchemy')}",)
    return (*common, f"PostgreSQL {postgres.server_version()}, fsync off") if name in _ON_POSTGRESQL else common


def _on_postgresql(folder: Path, is_full: bool) -> Table:
    with postgres.server() as server:
        urls: list[str] = []

        def create() -> str:
            for old in urls:
                server.drop(old)
            urls[:] = [server.create()]
            return urls[0]

        return subscriptions("PostgreSQL", create, FULL if is_full else SMALL)


def _on_sqlite(folder: Path, is_full: bool) -> Table:
    return subscriptions("SQLite", sqlite(folder), FULL[:-1] if is_full else SMALL)


_ON_POSTGRESQL = ("postgresql", "workers")
PARTS: dict[str, tuple[str, Callable[[Path, bool], Table]]] = {
    "postgresql": ("Subscriptions on PostgreSQL", _on_postgresql),
    "sqlite": ("Subscriptions on SQLite", _on_sqlite),
    "pages": ("Stored pages", lambda folder, is_full: stored_pages(folder, FULL[:-1] if is_full else SMALL[:2])),
    "readers": ("Readers of the public site", lambda folder, _: readers(folder)),
    "workers": ("Workers on PostgreSQL", lambda *_: workers()),
}
