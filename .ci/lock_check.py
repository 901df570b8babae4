"""Checks the lock files without a resolver: hashes everywhere, no address in them, every version in its range."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

Pins = dict[str, list[str]]


def main() -> int:
    """Print each fault; 1 if there is one."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    asked = [*project["project"]["dependencies"]]
    for extra in project["project"].get("optional-dependencies", {}).values():
        asked += extra
    groups = [entry for group in project.get("dependency-groups", {}).values() for entry in group]
    run, dev = Path("requirements.lock"), Path("requirements-dev.lock")
    faults = [*form_faults(run), *form_faults(dev), *range_faults(run, asked), *range_faults(dev, asked + groups)]
    faults += [f"{dev}: {name} is pinned otherwise than in {run}" for name in differences(pins(run), pins(dev))]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"locks: {len(pins(run))} packages to run, {len(pins(dev))} to develop, {len(faults)} faults")
    return 1 if faults else 0


def entries(lock: Path) -> list[str]:
    """Each pin with its hashes in one line."""
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def pins(lock: Path) -> Pins:
    """Name → the versions pinned (several where a marker parts them)."""
    found: Pins = {}
    for entry in entries(lock):
        if match := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", entry):
            found.setdefault(canonicalize_name(match[1]), []).append(match[2])
    return found


def form_faults(lock: Path) -> Iterator[str]:
    """No address of any index or machine; every entry pinned and hashed."""
    if "://" in lock.read_text(encoding="utf-8"):
        yield f"{lock}: holds an address (“://”)"
    for entry in entries(lock):
        if "==" not in entry or "--hash=sha256:" not in entry:
            yield f"{lock}: not pinned with a hash: {entry[:60]}"


def range_faults(lock: Path, asked: list[str]) -> Iterator[str]:
    """Everything that pyproject.toml asks for is there, in a version that it accepts."""
    pinned = pins(lock)
    for requirement in map(Requirement, asked):
        versions = pinned.get(canonicalize_name(requirement.name), [])
        if not versions:
            yield f"{lock}: {requirement.name} is missing; run: make lock"
        for version in versions:
            if not requirement.specifier.contains(version, prereleases=True):
                yield f"{lock}: {requirement.name} {version} is outside {requirement.specifier}; run: make lock"


def differences(run: Pins, dev: Pins) -> list[str]:
    """What users and developers would get in different versions."""
    return [name for name, versions in run.items() if dev.get(name) != versions]


if __name__ == "__main__":
    sys.exit(main())
