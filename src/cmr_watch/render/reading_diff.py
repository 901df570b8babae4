"""The differences between two readings of the same page, one line each. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cmr_watch.models.readings import Snapshot
from cmr_watch.serialization import snapshot_to_dict

_MAX_NAME_LENGTH: Final = 100


def differences(before: Snapshot, after: Snapshot) -> Iterator[str]:
    """`Lyon: starts_on 2023-10-12 → 2023-10-13`, `added: Bonn`, `removed: Rome`. Entries are paired by their text."""
    old, new = snapshot_to_dict(before), snapshot_to_dict(after)
    for part in ("editions", "calls", "warnings"):
        yield from _compare({row["text"]: row for row in old[part]}, {row["text"]: row for row in new[part]})


def _compare(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for text, row in new.items():
        if text in old:
            before = old[text]
            yield from (f"{_name(row)}: {key} {before.get(key)} → {row[key]}" for key in _changed_keys(before, row))
        else:
            yield f"added: {_name(row)}"
    yield from (f"removed: {_name(row)}" for text, row in old.items() if text not in new)


def _changed_keys(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [key for key in new if old.get(key) != new[key]]


def _name(row: dict[str, Any]) -> str:
    name = row.get("city") or (f"{row['code']}: {row['text']}" if "code" in row else row["text"])
    return str(name)[:_MAX_NAME_LENGTH]
