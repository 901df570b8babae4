"""Visits, changes and stored pages for the tests of single pages."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from httpx import ASGITransport, AsyncClient, Response

from cmr_watch.models.evidence import Evidence
from cmr_watch.models.readings import Change, ChangeKind, Cutoff, Material, RecordedChange, Snapshot
from cmr_watch.store.database import Database
from cmr_watch.store.public import PublicStore, Sources
from cmr_watch.store.snapshots import SnapshotRow, StoredSnapshot
from cmr_watch.web.public.routes import ROUTES
from cmr_watch.web.public.serving import PublicSite
from cmr_watch.web.public.views import SiteFacts
from tests import factories
from tests.factories import NOW, URL

K = ChangeKind
SITE = SiteFacts(URL, timedelta(hours=1), "https://watch.example.org", contact="ada@example.org")
HOSTILE = "<script>alert(1)</script> \u202egnp.exe\x00\x1b[2J\u2028 ]]> {{ 7*7 }} =1+1 \ud83d"
"""A script, a direction override, control characters, a lone surrogate, and the syntax of other formats."""
LONG_LINE = "x" * 100_000


def recorded(change: Change, change_id: int = 7, **values: Any) -> RecordedChange:
    return RecordedChange(change_id, change, **{"page_url": URL, "read_at": NOW, **values})


def stored_snapshot(snapshot: Snapshot, evidence: Evidence | None = None, content: bytes = b"<p>x") -> StoredSnapshot:
    row = SnapshotRow(1, URL, NOW, "plausible", "", True, "ab" * 32, 4, 1, 0, 0)
    return StoredSnapshot(row, snapshot, factories.page(content), evidence)


NO_SOURCES = Sources(None, None)


class Parsed(HTMLParser):
    """The tags, attributes and text of a document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, tag: str, name: str) -> list[str]:
        return [value for of, attribute, value in self.attributes if (of, attribute) == (tag, name)]


def every_kind() -> dict[ChangeKind, Change]:
    """A change of each kind, with sides that fit it."""
    edition, call, cutoffs = factories.edition, factories.call, (_cutoff(5), _cutoff(6))
    listed, held = edition(), edition(section="past", status="held")
    summary = edition(section="past", status="held", summary_url="https://example.eu/summary.pdf")
    materials = edition(materials=(_material("agenda"),))
    sides: dict[ChangeKind, tuple[Any, Any]] = {
        K.EDITION_ANNOUNCED: (None, listed),
        K.EDITION_LISTED: (None, held),
        K.EDITION_DATED: (edition(starts_on=None, ends_on=None, date_precision="month", period="2024-10"), listed),
        K.EDITION_RESCHEDULED: (edition(starts_on=factories.NOW.date()), listed),
        K.EDITION_RELOCATED: (edition("Rome", country="Italy", country_code="IT"), listed),
        K.EDITION_POSTPONED: (listed, edition(status="postponed", starts_on=None, ends_on=None)),
        K.EDITION_CANCELLED: (listed, edition(status="cancelled")),
        K.EDITION_REINSTATED: (edition(status="cancelled"), listed),
        K.EDITION_WITHDRAWN: (listed, None),
        K.EDITION_REGISTRATION_OPENED: (listed, edition(registration_url="https://example.eu/register")),
        K.EDITION_HELD: (listed, held),
        K.EDITION_SUMMARY_PUBLISHED: (held, summary),
        K.EDITION_MATERIALS_PUBLISHED: (listed, materials),
        K.EDITION_UPDATED: (listed, edition(venue="ICE Kraków")),
        K.EDITION_DELISTED: (held, None),
        K.CALL_ANNOUNCED: (None, call(status="announced")),
        K.CALL_OPENED: (call(status="announced"), call(cutoffs=cutoffs)),
        K.CALL_CLOSED: (call(), call(status="closed")),
        K.CALL_CUTOFF_ADDED: (call(), call(cutoffs=cutoffs[:1])),
        K.CALL_CUTOFF_MOVED: (call(cutoffs=cutoffs[:1]), call(cutoffs=cutoffs[1:])),
        K.CALL_UPDATED: (call(), call(hosting_years=(2024, 2025, 2026))),
        K.CALL_WITHDRAWN: (call(), None),
    }
    moved = {
        K.CALL_CUTOFF_ADDED: {"cutoff_after": cutoffs[0]},
        K.CALL_CUTOFF_MOVED: {"cutoff_before": cutoffs[0], "cutoff_after": cutoffs[1]},
    }
    return {kind: Change(kind, "a-key", *both, **moved.get(kind, {})) for kind, both in sides.items()}


def _cutoff(month: int) -> Cutoff:
    return Cutoff(datetime(2024, month, 30, 16, 0, tzinfo=UTC), f"30 of month {month}, 18:00")


def _material(kind: str) -> Material:
    return Material(kind, f"https://example.eu/{kind}.pdf", f"Download the {kind}")


def browse(database: Database, path: str, now: datetime = NOW, site: SiteFacts = SITE) -> Response:
    """The response to a GET request for a path of the site on this database."""
    app = PublicSite(site, PublicStore(database, site.page_url), lambda: now, ROUTES).application()

    async def get() -> Response:
        async with AsyncClient(transport=ASGITransport(app), base_url=site.url) as client:
            return await client.get(path)

    return asyncio.run(get())
