"""Small pages, and what is read of them in short."""

from __future__ import annotations

from cmr_watch.models.readings import Edition, Snapshot
from cmr_watch.reading import read as read_page

LYON = "Lyon, France – 12-13 October 2025"
BURGAS = "Burgas, Bulgaria – 13-15 September 2023"


def article(body: str) -> str:
    return f"<html><body><main><article><h1>Clusters meet Regions</h1>{body}</article></main></body></html>"


def read_initiative(content: bytes, charset: str | None = None) -> Snapshot:
    return read_page("initiative", content, charset).snapshot


def read(body: str) -> Snapshot:
    """A page whose article is `body`."""
    return read_initiative(article(body).encode())


def read_upcoming(body: str) -> Snapshot:
    """A page with `body` under its next editions, and none before."""
    return read(f"<h2>Next editions in 2025</h2>{body}<h2>Previous editions</h2>")


def read_line(line: str) -> Snapshot:
    return read_upcoming(f"<p>{line}</p>")


def days(edition: Edition) -> str:
    """`2025-10-12/13`, or the precision where there are no days."""
    if edition.starts_on is None or edition.ends_on is None:
        return edition.date_precision
    return edition.starts_on.isoformat() + ("" if edition.starts_on == edition.ends_on else f"/{edition.ends_on:%m-%d}")


def cities(snapshot: Snapshot, section: str | None) -> list[str]:
    return [edition.city for edition in snapshot.editions if edition.section == section]


def codes(snapshot: Snapshot) -> list[str]:
    return [warning.code for warning in snapshot.warnings]
