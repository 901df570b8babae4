"""From one worker to four, which send mails from the same PostgreSQL database."""

from __future__ import annotations

from collections.abc import Sequence

from tests import postgres

from bench.growth_tables import Table
from bench.outbox import MAILS, SINKS, send_with_workers, sink

WORKERS = (1, 2, 3, 4)


def workers(numbers: Sequence[int] = WORKERS) -> Table:
    """Mails per second of several workers, and the CPU time of a mail, that of the mail server included."""
    rows = []
    with sink(SINKS["a minimal server"]) as server, postgres.server() as database_server:
        for number in numbers:
            usage = send_with_workers(database_server.create(), server, number)
            rows.append((number, (usage.cpu / MAILS * 1e6, MAILS / usage.wall)))
    columns = ("a mail, µs CPU", "mails per second")
    return Table("workers", columns, tuple(rows), base=1, plotted=(0,))
