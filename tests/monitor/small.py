"""A page in a few characters, for tables of tests.

`>` begins a line under the upcoming heading, `<` one under the past heading, `!` a notice; `;;` parts them;
`[words](address)` is a link.

    read("> Lyon, France – 12-13 October 2023 ;; ! A call for hosts of events in 2024 is open. [Apply](/apply)")
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from html import escape

from cmr_watch.models import Change, Snapshot
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.monitor.parse import read_initiative

_HEADINGS = {">": "Next “Clusters meet Regions” editions", "<": "Previous “Clusters meet Regions” editions"}


def html(said: str) -> str:
    """The page as HTML."""
    lines = [(line.strip()[0], line.strip()[1:].strip()) for line in said.split(";;") if line.strip()]
    notices = "".join(f"<p>{_linked(text)}</p>" for mark, text in lines if mark == "!")
    lists = "".join(
        f"<h2>{heading}</h2>" + "".join(f"<p>{_linked(text)}</p>" for mark, text in lines if mark == section)
        for section, heading in _HEADINGS.items()
    )
    return f"<!DOCTYPE html><html><body><article><h1>Clusters meet Regions</h1>{notices}{lists}</article></body></html>"


def _linked(text: str) -> str:
    return re.sub(r"\[([^\]]*)\]\(([^)]*)\)", r'<a href="\2">\1</a>', escape(text, quote=False))


@cache
def read(said: str) -> Snapshot:
    """What the page says."""
    return read_initiative(html(said).encode())


def news(old: str, new: str, at: str | None = None) -> str:
    """What changed, as `kind key` parted by commas: `held lyon-fr-2023-10, call.opened call-2024`."""
    now = datetime.fromisoformat(at).replace(hour=12, tzinfo=UTC) if at else None
    return told(compare_pages(read(old), read(new), now))


def told(changes: tuple[Change, ...]) -> str:
    """Changes as `news` writes them."""
    return ", ".join(f"{change.kind.value.removeprefix('edition.')} {change.key}" for change in changes)
