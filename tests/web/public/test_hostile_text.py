"""Pages on which all text comes from an attacker."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cmr_watch.calendar_diff import events_of
from cmr_watch.models.calendar import CalendarEvent
from cmr_watch.models.readings import (
    CallNotice,
    Change,
    ChangeKind,
    Cutoff,
    Edition,
    Known,
    KnownCall,
    KnownEdition,
    Material,
    RecordedChange,
)
from cmr_watch.store.public import Overview
from cmr_watch.web.public.routes import ROUTES
from cmr_watch.web.public.serving import PublicSite
from cmr_watch.web.public.views import SiteFacts
from tests.web.public.client import Client
from tests.web.public.html_checks import checked

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
EVIL = (
    "\"><script>alert(1)</script>' onload=x ]]> --> {{ 7*7 }} {% raw %} \u202ebidi\u0000\u0007\ud800 &#x1f; "
    + "W" * 3_000
)
BAD_LINK = "javascript:alert(1)"
EDITION = Edition(
    EVIL,
    EVIL,
    EVIL,
    "FR",
    date(2026, 12, 11),
    date(2026, 12, 12),
    date_text=EVIL,
    text=EVIL,
    url=BAD_LINK,
    summary_url="https://user:pass@example.eu/",
    venue=EVIL,
    registration_url="data:text/html,x",
    materials=(Material("slides", "https://example.eu/'\"><script>", EVIL), Material(EVIL, BAD_LINK, EVIL)),
)
CALL = CallNotice(
    "open",
    (2027,),
    tuple(Cutoff(NOW + timedelta(days=i), EVIL) for i in range(200)),
    EVIL,
    "https://example.eu/\"'><script>?" + "q" * 1_000,
    EVIL,
    'x@example.eu"><script>',
    (EVIL,) * 50,
)
CHANGES = tuple(
    RecordedChange(i, Change(kind, "call", before, after), BAD_LINK, NOW)
    for i, (kind, before, after) in enumerate(
        [(ChangeKind.CALL_OPENED, None, CALL), (ChangeKind.EDITION_RELOCATED, EDITION, EDITION)]
    )
)


@dataclass
class HostileStore:
    """A store with hostile texts in all fields."""

    overview_: Overview

    def state(self) -> str:
        return "1"

    def overview(self) -> Overview:
        return self.overview_

    def calendar_events(self) -> tuple[CalendarEvent, ...]:
        return events_of(self.overview_.known, ())

    def changes(self, wanted: object, limit: int) -> tuple[RecordedChange, ...]:
        return CHANGES


@pytest.fixture
def client() -> Client:
    editions = (KnownEdition("key", EDITION), KnownEdition("gone", replace(EDITION, city="x" + EVIL), gone="withdrawn"))
    calls = (
        KnownCall("call", CALL, conflicting_notice=CALL),
        KnownCall("other", replace(CALL, hosting_years=(2026,)), gone="withdrawn"),
    )
    store = HostileStore(Overview(Known(editions, calls), NOW))
    facts = SiteFacts("https://example.eu/list", timedelta(hours=1))
    return Client(PublicSite(facts, store, lambda: NOW, ROUTES).application())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/calls",
        "/calls/call",
        "/calls/other",
        "/countries/fr",
        "/editions",
        "/editions/gone",
        "/editions/key",
        "/letter",
    ],
)
def test_hostile_text_is_harmless(client, path):
    response = client.get(path)
    assert response.status_code == 200
    page = checked(response.text)
    assert "49" not in re.findall(r"\b49\b", page.title)
    assert not re.search("[\u202e\u0000-\u0008\u000b-\u001f]", response.text)
    assert not [href for href, _ in page.links if not re.match(r"(https?://example\.eu/|mailto:[^<>\"']*$|/|#)", href)]
    assert "W" * 1_000 not in response.text


def test_the_letter_as_text_is_harmless(client):
    assert "\u202e" not in client.get("/letter.txt").text
