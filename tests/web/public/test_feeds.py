"""The feeds, read by feedparser, and the badge."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

import feedparser
import httpx
import pytest

from cmr_watch.config import Settings, WebSection
from cmr_watch.models.readings import CallNotice, Cutoff, Known, KnownCall
from cmr_watch.store.database import Database
from cmr_watch.store.public import Overview, PublicStore
from cmr_watch.web.public.badge import badge, next_cutoff
from cmr_watch.web.public.now import now_page
from cmr_watch.web.public.site import site_application
from cmr_watch.web.public.views import Visit
from tests.web.public.client import Client
from tests.web.public.make import SITE
from tests.web.public.sample import NOW


def test_the_atom_feed_has_the_newest_changes(client: Client) -> None:
    response = client.get("/changes.atom")
    assert response.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(response.content)
    assert (feed.bozo, feed.version) == (False, "atom10")
    assert len(feed.entries) == 23
    first = feed.entries[0]
    assert first.title.startswith("Call for hosts 2027–2028: cut-off moved from 18 December 2026")
    assert "It said before: “18 December 2026" in first.summary
    assert first.updated == "2026-11-28T09:12:00Z" == feed.feed.updated
    assert len({entry.id for entry in feed.entries}) == 23


def test_a_feed_can_be_filtered_and_is_then_another_one(client: Client) -> None:
    everything = feedparser.parse(client.get("/changes.atom").content)
    calls = feedparser.parse(client.get("/changes.atom?topic=calls").content)
    assert {entry.tags[0].term for entry in calls.entries} == {"call.announced", "call.opened", "call.cutoff_moved"}
    assert calls.feed.id != everything.feed.id
    assert {entry.id for entry in calls.entries} < {entry.id for entry in everything.entries}


def test_an_empty_feed_is_valid(client: Client) -> None:
    feed = feedparser.parse(client.get("/changes.atom?since=2030-01-01").content)
    assert (feed.bozo, feed.entries) == (False, [])
    assert feed.feed.updated


def test_the_ids_of_entries_do_not_depend_on_the_address(sample: Database, told: tuple[Path, Settings]) -> None:
    settings = replace(told[1], web=WebSection(url="https://watch.example.eu"))
    named, plain = (
        feedparser.parse(Client(site_application(one, sample, lambda: NOW)).get("/changes.atom").content)
        for one in (settings, told[1])
    )
    assert [entry.id for entry in named.entries] == [entry.id for entry in plain.entries]
    assert named.entries[0].link.startswith("https://watch.example.eu/changes/")
    assert [link.href for link in named.feed.links if link.rel == "self"] == ["https://watch.example.eu/changes.atom"]


def test_the_json_feed_has_the_same_items(client: Client) -> None:
    response = client.get("/changes.feed.json?topic=materials")
    assert response.headers["content-type"] == "application/feed+json"
    feed, atom = response.json(), feedparser.parse(client.get("/changes.atom?topic=materials").content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [(item["id"], item["title"]) for item in feed["items"]] == [(one.id, one.title) for one in atom.entries]
    assert feed["items"]


def test_the_badge_names_the_next_cutoff_and_then_that_there_is_none(
    sample: Database, told: tuple[Path, Settings]
) -> None:
    def badge_at(now: datetime) -> httpx.Response:
        return Client(site_application(told[1], sample, lambda: now)).get("/badge/next-cutoff.svg")

    response = badge_at(NOW)
    assert response.headers["content-type"] == "image/svg+xml; charset=utf-8"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "apply by 22 December 2026" in "".join(ElementTree.fromstring(response.content).itertext())
    assert "apply by 31 May 2027" in badge_at(NOW + timedelta(days=30)).text
    assert "no call is open" in badge_at(NOW + timedelta(days=900)).text


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (CallNotice("open", (2027,)), "apply now"),
        (CallNotice("open", (2027,), (Cutoff(NOW - timedelta(days=1)),)), "no call is open"),
        (CallNotice("announced", (2027,)), "no call is open"),
        (CallNotice("closed", (2027,)), "no call is open"),
    ],
)
def test_the_badge_agrees_with_the_first_page_on_whether_regions_can_apply(call: CallNotice, text: str) -> None:
    known = Known((), (KnownCall("call", call, NOW),))
    visit = Visit(SITE, cast("PublicStore", None), Overview(known, read_at=NOW), NOW)
    picture = next_cutoff(visit).body.decode()
    assert text in picture
    headline = now_page(visit.overview, NOW).lead.headline
    assert ("can apply" in headline) == (text != "no call is open")


def test_hostile_text_stays_text_in_a_badge() -> None:
    svg = badge("<script>", "]]>\"&'", is_open=True)
    assert b"<script>" not in svg
    assert "".join(ElementTree.fromstring(svg).itertext()).count("<script>") == 2
