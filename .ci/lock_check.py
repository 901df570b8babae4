"""Checks the lock files without a resolver: every entry is hashed, no URLs, every version is in its required range."""

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
    """Print each problem. Returns the exit code: 1 if there are problems."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    required = [*project["project"]["dependencies"]]
    for extra in project["project"].get("optional-dependencies", {}).values():
        required += extra
    groups = [entry for group in project.get("dependency-groups", {}).values() for entry in group]
    run, dev = Path("requirements.lock"), Path("requirements-dev.lock")
    problems = [*check_format(run), *check_format(dev)]
    problems += [*check_ranges(run, required), *check_ranges(dev, required + groups)]
    problems += [f"{dev}: {name} has another version than in {run}" for name in differences(pins(run), pins(dev))]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"locks: {len(pins(run))} run-time packages, {len(pins(dev))} development packages, {len(problems)} problems")
    return 1 if problems else 0


def entries(lock: Path) -> list[str]:
    """The entries of a lock file, each with its hashes on one line."""
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def pins(lock: Path) -> Pins:
    """The pinned versions by package name; several if they have different markers."""
    versions: Pins = {}
    for entry in entries(lock):
        if match := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", entry):
            versions.setdefault(canonicalize_name(match[1]), []).append(match[2])
    return versions


def check_format(lock: Path) -> Iterator[str]:
    """The lock must contain no URL of an index or a machine, and every entry must be pinned and hashed."""
    if "://" in lock.read_text(encoding="utf-8"):
        yield f"{lock}: contains a URL (“://”)"
    for entry in entries(lock):
        if "==" not in entry or "--hash=sha256:" not in entry:
            yield f"{lock}: not pinned with a hash: {entry[:60]}"


def check_ranges(lock: Path, required: list[str]) -> Iterator[str]:
    """The lock must contain every requirement of pyproject.toml, in a version that it allows."""
    pinned = pins(lock)
    for requirement in map(Requirement, required):
        versions = pinned.get(canonicalize_name(requirement.name), [])
        if not versions:
            yield f"{lock}: {requirement.name} is missing; run: make lock"
        for version in versions:
            if not requirement.specifier.contains(version, prereleases=True):
                yield f"{lock}: {requirement.name} {version} is outside {requirement.specifier}; run: make lock"


def differences(run: Pins, dev: Pins) -> list[str]:
    """The packages that would have different versions for users and for developers."""
    return [name for name, versions in run.items() if dev.get(name) != versions]


if __name__ == "__main__":
    sys.exit(main())
