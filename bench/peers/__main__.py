"""`python -m bench.peers [--rounds N] [PART…]`: measure cmr-watch beside its peers, and print tables in Markdown."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.peers import cold, daemons, mails, notified, size, warm
from bench.peers.environments import OURS, PEERS, CannotInstall, environment
from bench.peers.stage import DidNotWork

PARTS: Final[dict[str, tuple[str, Callable[[int], None]]]] = {
    "cold": ("A check by a command that starts and ends", cold.measure),
    "warm": ("A check by a program that keeps running, and a change", warm.measure),
    "daemon": ("The daemon", daemons.measure),
    "mails": ("Mails", lambda rounds: mails.measure(max(3, rounds // 3))),
    "size": ("Installed size", lambda _: size.measure()),
    "pages": ("What each notified its user of: states of the page", lambda _: notified.measure_pages()),
    "failures": ("What each notified its user of: failures", lambda _: notified.measure_failures()),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.peers")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default: all")
    parser.add_argument("--rounds", type=int, default=15, help="paired runs of each row (default: 15)")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown part: {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended, as on Ctrl-C
    _print_head()
    for name in options.parts or PARTS:
        title, measure = PARTS[name]
        print(f"\n### {title}\n", flush=True)
        try:
            measure(options.rounds)
        except (CannotInstall, DidNotWork, TimeoutError, RuntimeError, OSError) as error:
            print(f"\nno result: {error}", flush=True)


def _print_head() -> None:
    """The machine and the versions, without which no figure means anything."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {model}, {os.cpu_count()} cores, load {load}; {platform.system()}")
    print(f"Python {platform.python_version()}; {', '.join(map(_version, (OURS, *PEERS)))}")
    print(f"command: python -m bench.peers {' '.join(sys.argv[1:])}", flush=True)


def _version(program: str) -> str:
    try:
        return f"{program} {environment(program).version()}"
    except CannotInstall as error:
        return str(error)


if __name__ == "__main__":
    main()
