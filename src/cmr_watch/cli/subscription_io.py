"""Export and import of subscriptions as CSV that is safe to open in a spreadsheet, or as JSON Lines."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from click import ClickException

from cmr_watch import new_files
from cmr_watch.cli.output import CommandError
from cmr_watch.cli.subscription_options import options_to_dict, validate_address
from cmr_watch.cli.subscription_pauses import EXPECTED, end_at, parse_day, pause_day
from cmr_watch.config.setting_types import reason
from cmr_watch.config.settings import Option, SubscriptionEntry
from cmr_watch.escaping import json_line
from cmr_watch.exceptions import ConfigError, RefusedAddress
from cmr_watch.log import redact_address
from cmr_watch.models.recipients import Subscription, SubscriptionRequest, mailbox_of
from cmr_watch.os_errors import os_reason
from cmr_watch.store.database import Database
from cmr_watch.store.subscription_import import SubscriptionImport, importing

FORMATS: Final = ("csv", "json")
_NO_REMINDERS: Final = "none"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_SEPARATOR_LINE: Final = re.compile(r"sep=([,;\t])\n", re.IGNORECASE)
"""The first line of a file whose delimiter was set for Excel."""
_OPTIONS: Final[dict[str, Option]] = {field.name: field.metadata["option"] for field in fields(SubscriptionEntry)}
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods, .xls
_ALIASES: Final = {"to": "address"}
"""Names that a column has in the configuration file."""
_PAUSE: Final = "paused_until"
COLUMNS: Final = ("address", *(name for name in _OPTIONS if name not in ("name", "to")), _PAUSE)

_MAX_LINE: Final = 100_000

RawRow = tuple[str, Mapping[str, Any] | str]
"""Where a row is in its file, and its values or why it could not be read."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row of a file: the subscription it asks for, or why it is rejected. `place` says where it is in the file.

    `paused_until`: the last day of a pause, which may be past.
    """

    place: str
    request: SubscriptionRequest | None = None
    paused_until: date | None = None
    error: str = ""
    is_header: bool = False


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The result of an import.

    `refused` has the place and the reason of each rejected row; `faults` those of a header or a file that cannot be
    read, so that no row was.
    """

    added: int
    present: int
    refused: tuple[str, ...]
    faults: tuple[str, ...] = ()


# ── export ───────────────────────────────────────────────────────────────────────────────────────────────────────


def write_private(path: Path, text: str, *, force: bool) -> None:
    """Write a file that only its owner can read.

    CommandError if it exists, unless it is an earlier export and `force` is set; or if it cannot be written.
    """
    try:
        if os.path.lexists(path) and not path.is_dir() and not force:
            raise CommandError(f"{path} exists; choose another name, or replace an earlier export with --force")
        is_own = _is_export if force else None
        new_files.write_private(path, text.encode(), "file that `subscriptions export` has written", is_own)
    except ConfigError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {os_reason(error)}") from None


def _is_export(path: Path) -> bool:
    """Whether a file begins like a CSV or JSON file that was exported. An empty file has nothing to lose."""
    with path.open("rb") as file:
        first = file.readline(_MAX_LINE)
    if not first or first.startswith(f"{COLUMNS[0]},{COLUMNS[1]}".encode()):
        return True
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and COLUMNS[0] in row and row.keys() <= set(COLUMNS)


def format_export(subscriptions: Iterable[Subscription], form: str, now: datetime) -> str:
    """The subscriptions as the text of a CSV or JSON Lines file."""
    rows = [{"address": one.address, **options_to_dict(one), _PAUSE: pause_day(one, now)} for one in subscriptions]
    if form == "json":
        return "".join(json_line(row) + "\n" for row in rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in _with_reminders(row).items()} for row in rows)
    return text.getvalue()


def _with_reminders(row: Mapping[str, object]) -> Mapping[str, object]:
    """Write “no reminders” as `none`: an empty cell means the default."""
    return row if row["reminders"] else {**row, "reminders": _NO_REMINDERS}


def _cell(value: object) -> str:
    """The text of a CSV cell, escaped with an apostrophe if a spreadsheet would take it for a formula."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return f"'{text}" if _is_formula(text.lstrip("'")) else text


def _is_formula(text: str) -> bool:
    return text.startswith(_FORMULA)


# ── import ───────────────────────────────────────────────────────────────────────────────────────────────────────


def decode(content: bytes, name: str) -> str:
    """The text of the file `name`, whatever its line ends. CommandError if it is a workbook, or not UTF-8."""
    if content.startswith(_WORKBOOKS):
        raise CommandError(f"{name} is a spreadsheet workbook; save it as “CSV UTF-8”, and import that file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(name, content.count(b"\n", 0, error.start) + 1) from None
    if "\0" in text:  # UTF-16 without a byte order mark
        raise _not_utf8(name, 1)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _not_utf8(name: str, line: int) -> CommandError:
    return CommandError(f"{name} is not UTF-8 text (line {line}); save it as UTF-8 (in Excel: “CSV UTF-8”)")


class _HeaderFault(str):
    """Why the header line cannot be used."""

    __slots__ = ()


def entries(text: str, form: str, default_zone: str) -> Iterator[ImportRow]:
    """The rows of a CSV or JSON file, validated. `default_zone` is the time zone of rows that have none."""
    for place, row in _json_rows(text) if form == "json" else _csv_rows(text):
        if isinstance(row, _HeaderFault):
            yield ImportRow(place, error=row, is_header=True)
        else:
            yield ImportRow(place, error=row) if isinstance(row, str) else _validated(place, row, default_zone)


def _csv_rows(text: str) -> Iterator[RawRow]:
    """The rows after the header line. A fault of the header is reported once, and then no row is read."""
    number = 1
    try:
        lines = _csv_lines(text)
        number, header = next(lines, (1, ["address"]))
        written = [name.strip().lower() for name in header]
        names = [_ALIASES.get(name, name) for name in written]
        if fault := _fault_of_header(names):
            yield f"line {number}", _HeaderFault(fault)
            return
        for number, cells in lines:
            yield f"line {number}", _csv_row(names, cells)
    except csv.Error as error:
        yield f"after line {number}", f"cannot be read: {error}"


def _csv_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its first line. Raises csv.Error."""
    declared = _SEPARATOR_LINE.match(text)
    rest = text[declared.end() :] if declared else text
    reader = csv.reader(io.StringIO(rest), delimiter=declared[1] if declared else _delimiter(rest))
    before = 1 if declared else 0
    end = 0
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield before + end + 1, cells
        end = reader.line_num


def _delimiter(text: str) -> str:
    """The delimiter of the header line: a comma, or what Excel writes where the comma is the decimal separator."""
    header = text.lstrip("\n").partition("\n")[0]
    return next((delimiter for delimiter in ";\t" if delimiter in header), ",")


def _fault_of_header(names: Sequence[str]) -> str | None:
    unknown = [name for name in names if name not in COLUMNS]
    if "address" not in names and any("@" in name or "://" in name for name in names):
        return "the header line is missing: the first line must name the columns, such as “address,topics”"
    if unknown:
        return _unknown_column(unknown[0])
    if len(set(names)) < len(names):
        return "a column appears twice (“to” is another name of “address”)"
    return None if "address" in names else "the column 'address' is missing"


def _unknown_column(name: str) -> str:
    known = ", ".join("address (or to)" if column == "address" else column for column in COLUMNS)
    return f"{name!r} is not a known column; known columns: {known}"


def _csv_row(names: Sequence[str], cells: Sequence[str]) -> Mapping[str, Any] | str:
    if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
        return "more cells than the header line"
    return {name: _unescaped(cell) for name, cell in zip(names, cells, strict=False) if cell.strip()}


def _unescaped(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and _is_formula(cell.lstrip("'")) else cell.strip()


def _json_rows(text: str) -> Iterator[RawRow]:
    for number, item in enumerate(_json_items(text), 1):
        yield f"entry {number}", _json_row(item)


def _json_items(text: str) -> Iterable[Any]:
    """The lines of a JSON Lines file, not parsed yet; or the items of a file that is one JSON array."""
    if text.lstrip().startswith("["):
        try:
            array = json.loads(text)
        except (ValueError, RecursionError):
            return [text]
        return array if isinstance(array, list) else [text]
    return [line for line in text.splitlines() if line.strip()]


def _json_row(item: Any) -> Mapping[str, Any] | str:
    """The values of a row that are not null; or why it is invalid."""
    try:
        row = json.loads(item) if isinstance(item, str) else item
    except (ValueError, RecursionError) as error:
        return f"not valid JSON: {error}"
    if not isinstance(row, dict):
        return "not a JSON object"
    given = {name: value for name, value in row.items() if value is not None}
    if not given.keys().isdisjoint(_ALIASES) and "address" in given:
        return "“to” is another name of “address”; keep one of them"
    return {_ALIASES.get(name, name): value for name, value in given.items()}


def _validated(place: str, row: Mapping[str, Any], default_zone: str) -> ImportRow:
    unknown = [name for name in row if name not in COLUMNS]
    if unknown:
        return ImportRow(place, error=_unknown_column(unknown[0]))
    if "address" not in row:
        return ImportRow(place, error="the address is missing")
    try:
        paused_until = _paused_until(row.get(_PAUSE))
        settings = dict(_setting(name, value) for name, value in row.items() if name != _PAUSE)
        entry = SubscriptionEntry(**settings)
        validate_address(entry.to)
    except ClickException as error:
        return ImportRow(place, error=error.message)
    return ImportRow(place, entry.wanted(default_zone), paused_until)


def _paused_until(value: Any) -> date | None:
    """The day until which a row is paused. CommandError if it is none."""
    try:
        return None if value is None else parse_day(str(value))
    except ValueError:
        raise CommandError(f"{_PAUSE}: found {str(value)[:80]!r}, expected {EXPECTED}") from None


def _setting(column: str, value: Any) -> tuple[str, Any]:
    """The name and the value of the setting for a column. CommandError if the value is invalid."""
    option = _OPTIONS["to" if column == "address" else column]
    try:
        return option.key, option.setting_type.parse(_typed(option, value))
    except (ValueError, TypeError) as error:
        text = redact_address(str(value)) if column == "address" else str(value)[:80]
        expected = option.setting_type.expected + reason(error)
        raise CommandError(f"{column}: found {text!r}, expected {expected}") from None


def _typed(option: Option, value: Any) -> Any:
    """A text as the TOML value that the setting takes; any other value unchanged."""
    if not isinstance(value, str):
        return value
    if option.key == "reminders" and value.strip() in (_NO_REMINDERS, "0"):  # 0: written by earlier versions
        return []
    return option.setting_type.from_text(value)


def import_rows(
    rows: Iterable[ImportRow],
    database: Database,
    now: datetime,
    why_not_added: Callable[[str, SubscriptionImport], str | None],
) -> ImportReport:
    """Add the subscriptions, except those that exist. Rows of addresses that `why_not_added` refuses are rejected.

    Several different rows of one new address are several subscriptions, as in an export.
    """
    added, present, rejected, faults = set[str](), 0, list[str](), list[str]()
    count = 0
    with importing(database, now) as stored:
        for row in rows:
            if row.request is None:
                (faults if row.is_header else rejected).append(f"{row.place}: {row.error}")
            elif stored.has_equal(row.request):
                present += 1
            elif error := _import_row(row.request, _pause_end(row, row.request, now), stored, why_not_added, added):
                rejected.append(f"{row.place}: {error}")
            else:
                count += 1
    return ImportReport(count, present, tuple(rejected), tuple(faults))


def _pause_end(row: ImportRow, request: SubscriptionRequest, now: datetime) -> datetime | None:
    """When the pause of a row ends; None if it has none, or if it is over."""
    try:
        return end_at(request.schedule, row.paused_until, now) if row.paused_until else None
    except ValueError:
        return None


def _import_row(
    request: SubscriptionRequest,
    paused_until: datetime | None,
    stored: SubscriptionImport,
    why_not_added: Callable[[str, SubscriptionImport], str | None],
    added: set[str],
) -> str | None:
    """Add a subscription, and its mailbox to `added`; or return why it is not added."""
    mailbox = mailbox_of(request.address)
    if mailbox not in added and (reason := why_not_added(request.address, stored)):
        return reason
    try:
        stored.add(request, paused_until)
    except RefusedAddress as error:
        return f"{redact_address(request.address)}: {error}"
    added.add(mailbox)
    return None
