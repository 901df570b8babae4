"""Records as CSV, by the rules of spreadsheets: a byte order mark, so that they read UTF-8, and no live formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any, Final

from cmr_watch.web.public.records import Record
from cmr_watch.web.public.views import Reply

CSV: Final = "text/csv; charset=utf-8"
EDITIONS: Final = (
    *("key", "city", "region", "country", "country_code", "starts_on", "ends_on", "date_precision", "date_text"),
    *("status", "removal", "venue", "registration_url", "registration_closes_on", "url", "summary_url", "page"),
)
CALLS: Final = (
    *("key", "status", "hosting_years", "title", "cutoffs", "contact", "needs", "apply_url", "removal", "page"),
)
CHANGES: Final = ("id", "read_at", "kind", "key", "sentence", "page")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would calculate (OWASP, CSV injection)."""


def csv_reply(columns: Sequence[str], records: Iterable[Record], name: str) -> Reply:
    """A table with these columns, as a file to save."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(record.get(column)) for column in columns] for record in records)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Reply(("\ufeff" + text.getvalue()).encode("utf-8", "replace"), CSV, headers=headers)


def cell(value: Any) -> str:
    """The text of a cell. Several values stand in one, separated by semicolons; of a cut-off, its time."""
    if value is None:
        return ""
    if isinstance(value, list):
        return cell("; ".join(str(one["at"]) if isinstance(one, dict) else str(one) for one in value))
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
