"""From 100 to 1,000,000 subscriptions: what each of them costs."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url

from bench.growth_data import LATER, add_change, fill_subscriptions, refresh_statistics, send
from bench.growth_tables import Table
from bench.outbox import writer
from bench.usage import measure
from cmr_watch.notify import planning
from cmr_watch.notify.outbox import enqueue
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.schema import matches
from cmr_watch.store.subscriptions import Subscriptions

ENQUEUED = 100_000
SAMPLE = 5_000
"""To how many subscriptions a change is fanned out, the last ones, and how many messages are composed and delivered."""
WORK = 2_000
"""At how few recipients the work is repeated, with one change after the other."""
SINGLE = 15

COLUMNS = (
    "enqueue, µs CPU each",
    "compose, µs CPU each",
    "deliver, µs CPU each",
    "claim 20 and give them back, ms CPU",
    "find an address, ms CPU",
    "erase an address, ms CPU",
    "database, bytes each",
)


def subscriptions(name: str, create: Callable[[], str], sizes: Sequence[int]) -> Table:
    """The costs per subscription, for databases of these sizes."""
    rows = []
    for size in sizes:
        url = create()
        with closing(open_database(url)) as database:
            empty = _size(database, url)
            fill_subscriptions(database, size)
            refresh_statistics(url)
            stored = (_size(database, url) - empty) / size
            rows.append((size, (*_costs(database, url, size), stored)))
        print("  ", name, f"{size:,}", *(f"{value:,.4g}" for value in rows[-1][1]), flush=True)
    return Table("subscriptions", COLUMNS, tuple(rows), base=1_000, plotted=(0, 1, 2, 6))


def _costs(database: Database, url: str, size: int) -> tuple[float, ...]:
    """The costs of the stages, for one recipient each, and of what is done for a single one."""
    stages: list[tuple[float, float, float]] = []
    claims: list[float] = []
    new = min(size, ENQUEUED)
    after = f"{size - ENQUEUED:07}@example.org" if size > ENQUEUED else None
    for change in range(1, 1 + max(1, WORK // size)):
        add_change(database, change, after)
        enqueued = measure(lambda: enqueue(MatchQueue(database), LATER)).cpu / new
        assert _matched(database) == size + new * change
        refresh_statistics(url)
        todo = min(size, SAMPLE)
        composed = measure(lambda: _compose(database, todo)).cpu / todo  # noqa: B023
        claims.append(_cpu_of_each(lambda _: _claim(database)))
        stages.append((enqueued, composed, _deliver(database)))
    store = Subscriptions(database)
    singles = (
        statistics.mean(claims),
        _cpu_of_each(lambda number: store.find(_address(size, number))),
        _cpu_of_each(lambda number: store.erase(_address(size, number), LATER)),
    )
    return (*(statistics.mean(stage) * 1e6 for stage in zip(*stages, strict=True)), *(one * 1000 for one in singles))


def _cpu_of_each(run: Callable[[int], object]) -> float:
    """Mean CPU time of a call in seconds: together they take longer than a tick of the clock."""

    def run_all() -> None:
        for number in range(SINGLE):
            run(number)

    run(SINGLE)
    return measure(run_all).cpu / SINGLE


def _deliver(database: Database) -> float:
    """CPU time for each delivery of those that are due."""
    sent: list[int] = []
    return measure(lambda: sent.append(send(database))).cpu / sent[0]


def _address(size: int, number: int) -> str:
    return f"{size // 2 + number:07}@example.org"


def _matched(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(matches)).scalar_one()


def _compose(database: Database, number: int) -> None:
    """Plan and write the messages of this many recipients: of the first ones of those who are due."""
    queue, composer = MatchQueue(database), writer(database)
    done = 0
    while done < number:
        with queue.batch(LATER) as batch:
            assert batch is not None
            context = planning.planning_context(batch.known, batch.call_changes, LATER)
            plans = [composer.compose(one, planning.plan(one, context, LATER)) for one in batch.recipients]
            done += batch.save(plans)


def _claim(database: Database) -> None:
    """Claim twenty deliveries, and give them back."""
    deliveries = Deliveries(database)
    assert deliveries.claim(LATER)
    deliveries.give_back()


def _size(database: Database, url: str) -> int:
    """Bytes of a database."""
    if url.startswith("sqlite"):
        with database.read() as connection:
            pages = connection.execute(text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"))
            return int(pages.scalar_one())
    name = make_url(url).database
    with database.read() as connection:
        return int(connection.execute(text("SELECT pg_database_size(:name)"), {"name": name}).scalar_one())


def sqlite(folder: Path) -> Callable[[], str]:
    """A function that returns the URL of a new file, and removes the one before."""

    def create() -> str:
        for old in folder.glob("growth.db*"):
            old.unlink()
        return f"sqlite:///{folder}/growth.db"

    return create
