"""What each program takes on disk when it is installed with pip, and what each of our packages costs."""

from __future__ import annotations

from typing import Final

from bench.peers.environments import OURS, PEERS, CannotInstall, Environment, environment

MIB: Final = 2**20
EXTRAS: Final = ("psycopg", "psycopg-binary")  # of the extra `postgres`
SHOWN: Final = 1.0  # MiB; smaller packages are added up


def measure() -> None:
    print("| installed, without pip | version | packages | MiB | cmr-watch is |")
    print("| --- " * 5 + "|")
    ours = environment(OURS)
    own = ours.size() - ours.size_of(EXTRAS)
    print(f"| cmr-watch, site included, without extras (goal ≤ 105) | {_row(ours, own)} | |")
    for program in PEERS:
        try:
            peer = environment(program)
        except CannotInstall as error:
            print(f"| {program} | no result: {error} | | | |")
            continue
        print(f"| {program} | {_row(peer, peer.size())} | {own / peer.size():.2f} × |")
    _packages(ours)


def _row(installed: Environment, size: int) -> str:
    return f"{installed.version()} | {len(installed.packages())} | {size / MIB:,.0f}"


def _packages(ours: Environment) -> None:
    print("\n| package of cmr-watch | version | MiB |\n| --- | --- | --- |")
    rest = [package for package in ours.packages() if package.name not in ("pip", "setuptools", *EXTRAS)]
    large = [package for package in rest if package.size >= SHOWN * MIB]
    for package in large:
        print(f"| {package.name} | {package.version} | {package.size / MIB:.1f} |")
    small = rest[len(large) :]
    print(f"| {len(small)} packages of less than {SHOWN:.0f} MiB | | {sum(p.size for p in small) / MIB:.1f} |")
    print(f"| the extra `postgres`: {', '.join(EXTRAS)} | | {ours.size_of(EXTRAS) / MIB:.1f} |")
