"""Comparison of expected with actual JSON, as described in tests/fixtures/README.md: only expected keys count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def differences(expected: Any, found: Any, where: str = "") -> list[str]:
    """Return one line for each value that differs."""
    return list(_differences(expected, found, where))


def _differences(expected: Any, found: Any, where: str) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            yield from _differences(value, found.get(key, "<no such key>"), f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{where}: expected {len(expected)} items, found {len(found)}: {[_short(item) for item in found]}"
        for index, (expected_item, found_item) in enumerate(zip(expected, found, strict=False)):
            yield from _differences(expected_item, found_item, f"{where}[{index}]")
    elif expected != found:
        yield f"{where}: expected {expected!r}, found {found!r}"


def _short(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    return item.get("city") or item.get("text") or item
