"""Records as CSV, by the rules of spreadsheets: a byte order mark, so that they read UTF-8, and no live formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any, Final

from cmr_watch.clock import BRUSSELS
from cmr_watch.merge_pages import has_hour
from cmr_watch.models.readings import Cutoff, Edition, KnownCall, KnownEdition
from cmr_watch.render.datetimes import cutoff_day
from cmr_watch.web.public.records import Record, call_record, edition_record
from cmr_watch.web.public.views import Reply, Visit

CSV: Final = "text/csv; charset=utf-8"
EDITIONS: Final = (
    *("key", "city", "region", "country", "country_code", "starts_on", "ends_on", "date_precision", "date_text"),
    *(
        "status",
        "tentative",
        "removal",
        "venue",
        "registration_url",
        "registration_closes_on",
        "url",
        "summary_url",
        "page",
    ),
)
CALLS: Final = (
    *("key", "status", "hosting_years", "title", "cutoff", "cutoff_brussels_time", "tentative", "closed"),
    *("contact", "needs", "apply_url", "removal", "page"),
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


def edition_rows(visit: Visit, editions: Iterable[KnownEdition]) -> list[Record]:
    """The editions by date; those without days in their period, and those without any at the end.

    `tentative`: whether the page asks to save the date, or gives no days.
    """
    ordered = sorted(editions, key=lambda entry: (_begin(entry.edition), entry.key))
    return [{**edition_record(visit, entry), "tentative": _is_tentative(entry.edition)} for entry in ordered]


def _begin(edition: Edition) -> str:
    return edition.starts_on.isoformat() if edition.starts_on else edition.period or "9999"


def _is_tentative(edition: Edition) -> bool:
    return edition.status == "save_the_date" or edition.starts_on is None


def call_rows(visit: Visit) -> list[Record]:
    """A row for each cut-off, in their order; a call without any has one, too. `cutoff`: its day in Brussels."""
    return [row for known in visit.overview.known.calls for row in _call_rows(visit, known)]


def _call_rows(visit: Visit, known: KnownCall) -> list[Record]:
    record = call_record(visit, known)
    cutoffs = sorted(known.call.cutoffs, key=lambda cutoff: cutoff.at)
    return [{**record, **_cutoff(cutoff)} for cutoff in cutoffs] or [record]


def _cutoff(cutoff: Cutoff) -> Record:
    return {
        "cutoff": cutoff_day(cutoff.at).isoformat(),
        "cutoff_brussels_time": f"{cutoff.at.astimezone(BRUSSELS):%H:%M}" if has_hour(cutoff.at) else None,
        "tentative": cutoff.tentative,
        "closed": cutoff.closed,
    }


def cell(value: Any) -> str:
    """The text of a cell. Several values share one, separated by semicolons."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return cell("; ".join(str(one) for one in value))
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
