"""Subscriptions as a file: CSV that a spreadsheet opens without harm, or JSON Lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, TextIO

from click import ClickException

from cmr_watch.cli.subscription_options import must_be_understood, wishes
from cmr_watch.config.settings import Option, SubscriptionEntry
from cmr_watch.exceptions import RefusedAddress
from cmr_watch.log import shown
from cmr_watch.models import Subscription, SubscriptionRequest
from cmr_watch.store.subscriptions import Subscriptions

FORMATS: Final = ("csv", "json")
_NEVER: Final = "0"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_OPTIONS: Final[dict[str, Option]] = {field.name: field.metadata["option"] for field in fields(SubscriptionEntry)}
COLUMNS: Final = ("address", *(name for name in _OPTIONS if name not in ("name", "to")))
_WORDS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a file: what is wanted, or why it is refused. `place` says where it stands."""

    place: str
    wanted: SubscriptionRequest | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a file. `refused` names the place and the reason of each."""

    added: int
    known: int
    refused: tuple[str, ...]


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def written(subscriptions: Iterable[Subscription], form: str) -> str:
    """The file's text."""
    entries = [{"address": entry.address, **wishes(entry)} for entry in subscriptions]
    if form == "json":
        return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in {**entry, **_never(entry)}.items()} for entry in entries)
    return text.getvalue()


def _never(entry: Mapping[str, object]) -> dict[str, object]:
    """No reminders, as `add --remind` has it: an empty cell means the usual ones."""
    return {} if entry["reminders"] else {"reminders": _NEVER}


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return f"'{text}" if _is_formula(text.lstrip("'")) else text


def _is_formula(text: str) -> bool:
    return text.startswith(_FORMULA)


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def entries(file: TextIO, form: str, usual_zone: str) -> Iterator[Entry]:
    """Each line of a file."""
    found = _json_rows(file) if form == "json" else _csv_rows(file)
    for place, row in found:
        yield row if isinstance(row, Entry) else _entry(place, row, usual_zone)


def _csv_rows(file: TextIO) -> Iterator[tuple[str, Mapping[str, Any] | Entry]]:
    reader = csv.DictReader(file)
    try:
        for row in reader:
            place = f"line {reader.line_num}"
            if None in row:
                yield place, Entry(place, refusal="it has more cells than the first line")
            else:
                yield place, {name: _plain(value) for name, value in row.items() if value}
    except (csv.Error, UnicodeDecodeError) as error:
        yield "", Entry(f"line {reader.line_num}", refusal=f"cannot be read: {error}")


def _plain(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and _is_formula(cell.lstrip("'")) else cell.strip()


def _json_rows(file: TextIO) -> Iterator[tuple[str, Mapping[str, Any] | Entry]]:
    try:
        lines = _json_lines(file)
    except UnicodeDecodeError as error:
        yield "", Entry("the file", refusal=f"cannot be read: {error}")
        return
    for number, text in enumerate(lines, 1):
        place = f"entry {number}"
        try:
            row = json.loads(text) if isinstance(text, str) else text
        except (ValueError, RecursionError) as error:
            yield place, Entry(place, refusal=f"is no JSON: {error}")
            continue
        known = isinstance(row, dict)
        yield (
            place,
            {name: value for name, value in row.items() if value is not None}
            if known
            else Entry(place, refusal="is no JSON object"),
        )


def _json_lines(file: TextIO) -> Iterable[Any]:
    """One object a line, or one list of objects."""
    text = file.read()
    if text.lstrip().startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return [text]
        return found if isinstance(found, list) else [text]
    return [line for line in text.splitlines() if line.strip()]


def _entry(place: str, row: Mapping[str, Any], usual_zone: str) -> Entry:
    unknown = [name for name in row if name not in COLUMNS]
    if unknown:
        return Entry(place, refusal=f"{unknown[0]!r} is no column; known are {', '.join(COLUMNS)}")
    if "address" not in row:
        return Entry(place, refusal="the address is missing")
    values: dict[str, Any] = {}
    for name, value in row.items():
        option = _OPTIONS["to" if name == "address" else name]
        try:
            values[option.key] = option.kind.take(_typed(option, value))
        except (ValueError, TypeError):
            found = shown(str(value)) if name == "address" else str(value)[:80]
            return Entry(place, refusal=f"{name}: found {found!r}, expected {option.kind.expected}")
    read = SubscriptionEntry(**values)
    try:
        must_be_understood(read.to)
    except ClickException as error:
        return Entry(place, refusal=error.message)
    return Entry(place, read.wanted(usual_zone))


def _typed(option: Option, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if option.key == "reminders" and value.strip() == _NEVER:
        return []
    return _WORDS.get(value.lower(), value) if option.key == "still_watching" else option.kind.from_text(value)


def import_rows(found: Iterable[Entry], store: Subscriptions, now: datetime) -> Report:
    """Add them; what is there already is left as it is."""
    added, known, refused = set[int](), 0, []
    for entry in found:
        if entry.wanted is None:
            refused.append(f"{entry.place}: {entry.refusal}")
            continue
        try:
            found_there = store.add(entry.wanted, now)
        except RefusedAddress as error:
            refused.append(f"{entry.place}: {shown(entry.wanted.address)}: {error}")
            continue
        is_new = found_there.created_at == now and found_there.id not in added
        known += not is_new
        added |= {found_there.id} if is_new else set()
    return Report(len(added), known, tuple(refused))
