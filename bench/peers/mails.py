"""Mails a second, all book-keeping included, beside a loop of smtplib with one connection: `bench/outbox.py`, in pairs.

Each mail that we have sent is marked in the database, and the mark is synced to disk. So the loop is measured twice:
as it is, and with 4 KiB synced to disk after each mail.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from itertools import count
from pathlib import Path
from typing import Final

from bench import outbox
from bench.peers.measuring import HEAD, Row, paired
from bench.peers.stage import DidNotWork

GOALS: Final = {"aiosmtpd": "≥ 0.75", "a minimal server": "≥ 0.5"}


def measure(rounds: int) -> None:
    print(HEAD)
    for name, serve in outbox.SINKS.items():
        with tempfile.TemporaryDirectory() as folder, outbox.sink(serve) as server:
            results = paired(_senders(Path(folder), server), rounds)
        work = f"mails a second ({outbox.MAILS:,} to {name}), from the claim to the mark"
        ours = results.pop("ours")
        for (peer, theirs), goal in zip(results.items(), (GOALS[name], ""), strict=True):
            print(Row(work, peer, ours, theirs, "/s", goal).markdown(), flush=True)


def _senders(folder: Path, server: outbox.Sink) -> dict[str, Callable[[], float]]:
    numbers = count()
    return {
        "ours": lambda: _checked(lambda: outbox.send_all(f"sqlite:///{folder}/{next(numbers)}.db", server)),
        "smtplib alone": lambda: _checked(lambda: outbox.bare_loop(server)),
        "smtplib and a disk sync": lambda: _checked(lambda: outbox.bare_loop_with_fsync(server, folder / "marks")),
    }


def _checked(send: Callable[[], float]) -> float:
    """The rate, if each recipient got exactly one mail: what is printed says so."""
    with redirect_stdout(io.StringIO()) as printed:
        rate = send()
    if "WRONG" in printed.getvalue():
        raise DidNotWork(printed.getvalue())
    return rate
