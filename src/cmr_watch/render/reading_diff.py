"""How two readings of the same page differ, a line each. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cmr_watch.models import Snapshot
from cmr_watch.serialization import snapshot_to_dict

_LONGEST: Final = 100


def differences(before: Snapshot, after: Snapshot) -> Iterator[str]:
    """“Lyon: starts_on 2023-10-12 → 2023-10-13”, “only now: …”, “no longer: …”."""
    old, new = snapshot_to_dict(before), snapshot_to_dict(after)
    for part in ("editions", "calls", "warnings"):
        yield from _of_lists({one["text"]: one for one in old[part]}, {one["text"]: one for one in new[part]})


def _of_lists(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for text, row in new.items():
        if text in old:
            yield from (f"{_name(row)}: {key} {old[text].get(key)} → {row[key]}" for key in _other(old[text], row))
        else:
            yield f"only now: {_name(row)}"
    yield from (f"no longer: {_name(row)}" for text, row in old.items() if text not in new)


def _other(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [key for key in new if old.get(key) != new[key]]


def _name(row: dict[str, Any]) -> str:
    name = row.get("city") or (f"{row['code']}: {row['text']}" if "code" in row else row["text"])
    return str(name)[:_LONGEST]
