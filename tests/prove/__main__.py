"""`make prove`: the runs that the promises rest on, and what was counted."""

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
from tests.prove.mutations import Mutated, Turned

ON_POSTGRESQL = 20
"""Each so-manieth run in process is made on PostgreSQL."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make prove")
    parser.add_argument("--runs", type=int, default=10_000, help="in process")
    parser.add_argument("--kills", type=int, default=48, help="with real processes")
    parser.add_argument("--lives", type=int, default=6, help="of three years each")
    parser.add_argument("--soak", type=int, default=3 * 365 + 1, help="days of the daemon")
    parser.add_argument("--mutations", type=int, default=6_000, help="of saved pages, without meaning")
    parser.add_argument("--templates", type=int, default=2_000, help="at most so many changed templates")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    asked = parser.parse_args()
    logging.getLogger("cmr_watch").setLevel(logging.CRITICAL)
    retyped, turned = without_meaning(asked.mutations, asked.seed), templates(asked.templates)
    with postgres.server() as server:
        total = in_process(asked.runs, asked.seed, server)
        show("R1, R2 in process", total)
        real = with_processes(asked.kills, server)
        show("R1, R2 with real processes", real)
        slept = lives(asked.lives, server)
    soaked = soak_daemon(asked.soak, asked.seed) if asked.soak else 0
    broken = soaked or total.lost or total.unexplained or real.lost or real.unexplained or slept
    return 1 if broken or retyped.alarms or retyped.doubts or not turned.good else 0


def show(what: str, figures: Figures) -> None:
    killed = ", ".join(f"{point} {count}" for point, count in sorted(figures.kills.items()))
    print(f"{what}: {figures.runs} runs, {figures.kills.total()} killed ({killed})")
    print(f"  {figures.due} messages due, {figures.lost} lost")
    print(f"  {figures.doubled} doubled, of those not explained: {figures.unexplained}")
    if figures.bad_seeds:
        print(f"  seeds to look at: {figures.bad_seeds[:20]}")
    sys.stdout.flush()


def soak_daemon(days: int, seed: int) -> int:
    """The daemon in compressed time; how much was wrong."""
    with memory() as folder, closing(open_database(f"sqlite:///{folder}/watch.db")) as database:
        soaked = soak.run(seed, database, folder, days)
    first, last = soaked.memory[len(soaked.memory) // 10], soaked.memory[-1]
    print(f"soak: {soaked.days} days, {soaked.checks} checks, {soaked.changes} changes, {soaked.mails} mails")
    print(f"  {soaked.lost} lost, {soaked.doubled} doubled, {soaked.crowded} digests too many")
    print(f"  memory {first / 2**20:.0f} MiB after a tenth, {last / 2**20:.0f} MiB in the end", end="; ")
    print(f"database {soaked.database[-1] / 2**20:.1f} MiB", flush=True)
    return soaked.bad


def without_meaning(runs: int, seed: int, workers: int = 2) -> Mutated:
    """R3: saved pages that say the same in another way."""
    total = Mutated()
    with ProcessPoolExecutor(workers) as pool:
        for counted in pool.map(mutations.run, [range(seed + n, seed + runs, workers * 4) for n in range(workers * 4)]):
            total.add(counted)
    print(f"R3: {total.runs} mutations without meaning, {total.alarms} false alarms, {total.doubts} doubts")
    _faults(total.faults)
    if total.bad_seeds:
        print(f"  seeds to look at: {sorted(total.bad_seeds)[:20]}", flush=True)
    return total


def templates(most: int, workers: int = 2) -> Turned:
    """R4: saved pages whose template was changed under us; `most` of them, from the whole range."""
    total, cases = Turned(), mutations.cases()
    step = max(len(cases) / most, 1)
    chosen = [cases[int(n * step)] for n in range(min(most, len(cases)))]
    with ProcessPoolExecutor(workers) as pool:
        for counted in pool.map(turned_share, [chosen[n :: workers * 4] for n in range(workers * 4)]):
            total.add(counted)
    fates = f"{total.suspect} caught, {total.same} read all the same, {total.missed} missed"
    print(
        f"R4: {total.runs} changed templates, {fates} ({total.caught:.1%}), {total.leaked} told a subscriber something"
    )
    _faults(total.faults)
    return total


def turned_share(cases: list[mutations.Case]) -> Turned:
    with memory() as folder:
        return mutations.turn(cases, folder)


def _faults(faults: Counter[str], most: int = 20) -> None:
    for fault in sorted(faults)[:most]:
        print(f"  {fault}")
    if len(faults) > most:
        print(f"  and {len(faults) - most} more", flush=True)


def lives(number: int, server: postgres.Server) -> int:
    """R6: three years each, every other one on PostgreSQL; how much was wrong."""
    bad = 0
    for seed in range(number):
        with memory() as folder:
            url = server.create() if seed % 2 else f"sqlite:///{folder}/watch.db"
            with closing(open_database(url)) as database:
                lived = long_run.run(seed, database)
        bad += lived.bad
        told = f"{lived.rounds} rounds, {lived.messages} messages, {lived.reminders} reminders"
        wrong = f"{lived.doubled} doubled, {lived.lost} lost, {lived.untrue} untrue, {lived.crowded} digests too many"
        print(f"R6 three years, seed {seed}: {told}; {wrong}", flush=True)
    return bad


def in_process(runs: int, seed: int, server: postgres.Server, workers: int = 2) -> Figures:
    """Seeded runs, shared by a few processes."""
    total, begun = Figures(), time.monotonic()
    template = server.create()
    open_database(template).close()
    seeds = [range(seed + start, seed + runs, workers * 4) for start in range(workers * 4)]
    with ProcessPoolExecutor(workers) as pool:
        for figures in pool.map(partial(some, template=template), seeds):
            total.add(figures)
    print(f"({time.monotonic() - begun:.0f} s)")
    return total


def some(seeds: range, template: str) -> Figures:
    """A share of the runs."""
    total = Figures()
    with (
        memory() as folder,
        closing(postgres.Server(postgres.make_url(template))) as server,
        closing(open_database(f"sqlite:///{folder}/run.db")) as on_sqlite,
    ):
        on_sqlite.close()
        template_file = shutil.copyfile(folder / "run.db", folder / "template.db")
        for seed in seeds:
            if seed % ON_POSTGRESQL:
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
def memory() -> Iterator[Path]:
    """A folder that is quick."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


def with_processes(number: int, server: postgres.Server) -> Figures:
    """Half of the kills on SQLite, half on PostgreSQL."""
    total = Figures()
    for engine, share in (("sqlite", (number + 1) // 2), ("postgresql", number // 2)):
        for first in range(0, share, 6):
            with memory() as folder:
                url = f"sqlite:///{folder}/watch.db" if engine == "sqlite" else server.create()
                total.add(processes.run(folder, url, min(6, share - first), first))
                if engine != "sqlite":
                    server.drop(url)
    return total


if __name__ == "__main__":
    sys.exit(main())
