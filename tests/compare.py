"""Expected and found JSON, compared by the rule of tests/fixtures/README.md: only the expected keys count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def differences(expected: Any, found: Any, where: str = "") -> list[str]:
    """One line for each value that is not as expected."""
    return list(_differences(expected, found, where))


def _differences(expected: Any, found: Any, where: str) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            yield from _differences(value, found.get(key, "<no such key>"), f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{where}: expected {len(expected)}, found {len(found)}: {[_short(item) for item in found]}"
        for index, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from _differences(one, other, f"{where}[{index}]")
    elif expected != found:
        yield f"{where}: expected {expected!r}, found {found!r}"


def _short(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    return item.get("city") or item.get("text") or item
