"""A compact notation for pages, for tables of test cases.

`>` begins a line of the upcoming section, `<` a line of the past section, `!` a notice; `;;` separates them;
`[text](url)` is a link.

    read("> Lyon, France – 12-13 October 2023 ;; ! A call for hosts of events in 2024 is open. [Apply](/apply)")
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from html import escape

from cmr_watch.models.readings import Change, Snapshot
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.reading import read as read_page

_HEADINGS = {">": "Next “Clusters meet Regions” editions", "<": "Previous “Clusters meet Regions” editions"}


def html(notation: str) -> str:
    """The page as HTML."""
    lines = [(line.strip()[0], line.strip()[1:].strip()) for line in notation.split(";;") if line.strip()]
    notices = "".join(f"<p>{_linked(text)}</p>" for mark, text in lines if mark == "!")
    lists = "".join(
        f"<h2>{heading}</h2>" + "".join(f"<p>{_linked(text)}</p>" for mark, text in lines if mark == section)
        for section, heading in _HEADINGS.items()
    )
    return f"<!DOCTYPE html><html><body><article><h1>Clusters meet Regions</h1>{notices}{lists}</article></body></html>"


def _linked(text: str) -> str:
    return re.sub(r"\[([^\]]*)\]\(([^)]*)\)", r'<a href="\2">\1</a>', escape(text, quote=False))


@cache
def read(notation: str) -> Snapshot:
    """The reading of the page."""
    return read_page("initiative", html(notation).encode()).snapshot


def changes_between(old: str, new: str, at: str | None = None) -> str:
    """What changed between two pages, as in `held lyon-fr-2023-10, call.opened call-2024`. `at` is an ISO date."""
    now = datetime.fromisoformat(at).replace(hour=12, tzinfo=UTC) if at else None
    return describe(compare_pages(read(old), read(new), now))


def describe(changes: tuple[Change, ...]) -> str:
    """`kind key` of each change, separated by commas."""
    return ", ".join(f"{change.kind.value.removeprefix('edition.')} {change.key}" for change in changes)
