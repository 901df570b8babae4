"""`make prove`: run all simulations, and print what was counted. Exit code 1 if a promise was broken."""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from cmr_watch.store.database import open_database
from tests import postgres, sqlite
from tests.prove import kills, long_run, mutations, processes, soak
from tests.prove.kills import Figures
from tests.prove.mutations import DriftCounts, NeutralEditCounts

POSTGRESQL_INTERVAL = 20
"""Of the in-process runs, every 20th uses PostgreSQL."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make prove")
    parser.add_argument("--runs", type=int, default=10_000, help="number of in-process runs (R1, R2)")
    parser.add_argument("--kills", type=int, default=48, help="number of real processes to kill (R1, R2)")
    parser.add_argument("--lives", type=int, default=6, help="number of three-year simulations (R6)")
    parser.add_argument("--soak", type=int, default=3 * 365 + 1, help="days of the daemon in compressed time")
    parser.add_argument("--mutations", type=int, default=6_000, help="number of pages with neutral edits (R3)")
    parser.add_argument("--templates", type=int, default=2_000, help="maximum number of changed templates (R4)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    arguments = parser.parse_args()
    logging.getLogger("cmr_watch").setLevel(logging.CRITICAL)
    neutral, drifts = run_neutral_edits(arguments.mutations, arguments.seed), run_templates(arguments.templates)
    with postgres.server() as server:
        simulated = in_process(arguments.runs, arguments.seed, server)
        show("R1, R2 in process", simulated)
        real = with_processes(arguments.kills, server)
        show("R1, R2 with real processes", real)
        long_run_failures = run_long(arguments.lives, server)
    soak_failures = soak_daemon(arguments.soak, arguments.seed) if arguments.soak else 0
    failures = long_run_failures + soak_failures + neutral.alarms + neutral.rejections
    failures += sum(figures.lost + figures.unexplained + figures.unwanted for figures in (simulated, real))
    return 1 if failures or not drifts.is_good else 0


def show(what: str, figures: Figures) -> None:
    killed = ", ".join(f"{point} {count}" for point, count in sorted(figures.kills.items()))
    print(f"{what}: {figures.runs} runs, {figures.kills.total()} killed ({killed})")
    print(f"  {figures.due} messages due, {figures.lost} lost")
    print(f"  {figures.duplicates} duplicates, {figures.unexplained} of them unexplained; {figures.unwanted} unwanted")
    for fault in figures.faults[:20]:
        print(f"  {fault}")
    if figures.bad_seeds:
        print(f"  failing seeds: {figures.bad_seeds[:20]}")
    sys.stdout.flush()


def soak_daemon(days: int, seed: int) -> int:
    """The daemon in compressed time. Returns the number of failures."""
    with fast_folder() as folder, closing(open_database(f"sqlite:///{folder}/watch.db")) as database:
        counts = soak.run(seed, database, folder, days)
    first, last = counts.memory[len(counts.memory) // 10], counts.memory[-1]
    print(f"soak: {counts.days} days, {counts.checks} checks, {counts.changes} changes, {counts.mails} mails")
    print(f"  {counts.lost} lost, {counts.duplicates} duplicates, {counts.extra_digests} extra digests")
    for fault in counts.faults[:20]:
        print(f"  {fault}")
    print(f"  memory {first / 2**20:.0f} MiB after a tenth of the time, {last / 2**20:.0f} MiB at the end", end="; ")
    print(f"database {counts.database[-1] / 2**20:.1f} MiB", flush=True)
    return counts.failures


def run_neutral_edits(runs: int, seed: int, workers: int = 2) -> NeutralEditCounts:
    """R3: saved pages with neutral edits."""
    total = NeutralEditCounts()
    with ProcessPoolExecutor(workers) as pool:
        for counts in pool.map(mutations.run, [range(seed + n, seed + runs, workers * 4) for n in range(workers * 4)]):
            total.add(counts)
    print(f"R3: {total.runs} neutral edits, {total.alarms} false alerts, {total.rejections} plausible pages rejected")
    _print_faults(total.faults)
    if total.bad_seeds:
        print(f"  failing seeds: {sorted(total.bad_seeds)[:20]}", flush=True)
    return total


def run_templates(limit: int, workers: int = 2) -> DriftCounts:
    """R4: saved pages with changed templates; at most `limit` cases, spread evenly over all of them."""
    total, cases = DriftCounts(), mutations.cases()
    number = min(limit, len(cases))
    chosen = [cases[n * len(cases) // number] for n in range(number)]
    with ProcessPoolExecutor(workers) as pool:
        for counts in pool.map(_template_share, [chosen[n :: workers * 4] for n in range(workers * 4)]):
            total.add(counts)
    outcomes = f"{total.suspect} suspect, {total.told} read completely, {total.same} parsed as before"
    outcomes += f", {total.quiet} accepted, {total.missed} missed"
    print(f"R4: {total.runs} changed templates, {outcomes} ({total.detected:.1%}); {total.leaked} reached subscribers")
    _print_faults(total.faults)
    return total


def _template_share(cases: list[mutations.Case]) -> DriftCounts:
    with fast_folder() as folder:
        return mutations.run_drifts(cases, folder)


def _print_faults(faults: Counter[str], most: int = 20) -> None:
    for fault in sorted(faults)[:most]:
        print(f"  {fault}")
    if len(faults) > most:
        print(f"  and {len(faults) - most} more", flush=True)


def run_long(number: int, server: postgres.Server) -> int:
    """R6: simulations of three years, every other one on PostgreSQL. Returns the number of failures."""
    failures = 0
    for seed in range(number):
        with fast_folder() as folder:
            url = server.create() if seed % 2 else f"sqlite:///{folder}/watch.db"
            with closing(open_database(url)) as database:
                counts = long_run.run(seed, database)
        failures += counts.failures
        totals = f"{counts.rounds} rounds, {counts.messages} messages, {counts.reminders} reminders"
        faults = f"{counts.duplicates} duplicates, {counts.lost} lost, {counts.untrue} wrong reminders"
        faults += f", {counts.unwanted} unwanted in {counts.pauses} pauses and {counts.mutes} mutes"
        print(f"R6 three years, seed {seed}: {totals}; {faults}, {counts.extra_digests} extra digests", flush=True)
    return failures


def in_process(runs: int, seed: int, server: postgres.Server, workers: int = 2) -> Figures:
    """Seeded runs, distributed over worker processes."""
    total, started = Figures(), time.monotonic()
    template = server.create()
    open_database(template).close()
    seeds = [range(seed + start, seed + runs, workers * 4) for start in range(workers * 4)]
    with ProcessPoolExecutor(workers) as pool:
        for figures in pool.map(partial(run_share, template=template), seeds):
            total.add(figures)
    print(f"({time.monotonic() - started:.0f} s)")
    return total


def run_share(seeds: range, template: str) -> Figures:
    """The runs of one worker process."""
    total = Figures()
    with (
        fast_folder() as folder,
        closing(postgres.Server(postgres.make_url(template))) as server,
        closing(open_database(f"sqlite:///{folder}/run.db")) as on_sqlite,
    ):
        on_sqlite.close()
        template_file = shutil.copyfile(folder / "run.db", folder / "template.db")
        for seed in seeds:
            if seed % POSTGRESQL_INTERVAL:
                total.add(kills.run(seed, sqlite.empty(on_sqlite, template_file)))
            else:
                total.add(_on_postgresql(seed, server, template))
    return total


def _on_postgresql(seed: int, server: postgres.Server, template: str) -> Figures:
    url = server.create(template=template)
    with closing(open_database(url)) as database:
        figures = kills.run(seed, database)
    server.drop(url)
    return figures


@contextmanager
def fast_folder() -> Iterator[Path]:
    """A temporary folder, in memory if possible."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


def with_processes(number: int, server: postgres.Server) -> Figures:
    """Half of the processes use SQLite, half PostgreSQL."""
    total = Figures()
    for engine, share, begin in (("sqlite", (number + 1) // 2, 0), ("postgresql", number // 2, 6)):
        for first in range(0, share, 6):
            with fast_folder() as folder:
                url = f"sqlite:///{folder}/watch.db" if engine == "sqlite" else server.create()
                total.add(processes.run(folder, url, min(6, share - first), begin + first))
                if engine != "sqlite":
                    server.drop(url)
    return total


if __name__ == "__main__":
    sys.exit(main())
