"""The changes as feeds: Atom (RFC 4287) and JSON Feed 1.1. Their items are the same."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, tostring

from cmr_watch.models.readings import RecordedChange
from cmr_watch.render.i18n import _, language
from cmr_watch.render.joining import labelled, quoted
from cmr_watch.serialization import instant
from cmr_watch.web.public.changes import change_filter
from cmr_watch.web.public.json_reply import json_reply
from cmr_watch.web.public.quotes import day_of, quotes
from cmr_watch.web.public.records import change_record
from cmr_watch.web.public.views import Reply, Visit

ITEMS: Final = 50
_ATOM: Final = "http://www.w3.org/2005/Atom"
_LONG_AGO: Final = "1970-01-01T00:00:00Z"
"""When a feed without entries was updated: Atom demands a time."""


def atom(visit: Visit) -> Reply:
    """The newest changes as an Atom feed."""
    changes = _wanted(visit)
    feed = Element("feed", {"xmlns": _ATOM, "xml:lang": language()})
    _text(feed, "id", _feed_id(visit))
    _text(feed, "title", _title())
    _text(feed, "updated", instant(_newest(changes)) if changes else _LONG_AGO)
    author = SubElement(feed, "author")
    _text(author, "name", "cmr-watch")
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": visit.absolute(visit.address)})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": visit.absolute("/changes")})
    for recorded in changes:
        _entry(feed, visit, recorded)
    return Reply(tostring(feed, encoding="utf-8", xml_declaration=True), "application/atom+xml; charset=utf-8")


def _entry(feed: Element, visit: Visit, recorded: RecordedChange) -> None:
    record = change_record(visit, recorded)
    entry = SubElement(feed, "entry")
    _text(entry, "id", item_id(visit, recorded))
    _text(entry, "title", record["sentence"])
    _text(entry, "updated", record["read_at"])
    _text(entry, "published", record["read_at"])
    SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": record["page"]})
    SubElement(entry, "category", {"term": record["kind"]})
    _text(entry, "summary", _summary(recorded))


def json_feed(visit: Visit) -> Reply:
    """The newest changes as a JSON Feed."""
    items = []
    for recorded in _wanted(visit):
        record = change_record(visit, recorded)
        items.append(
            {
                "id": item_id(visit, recorded),
                "url": record["page"],
                "title": record["sentence"],
                "content_text": _summary(recorded),
                "date_published": record["read_at"],
                "tags": [record["kind"]],
            }
        )
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _title(),
        "home_page_url": visit.absolute("/changes"),
        "feed_url": visit.absolute(visit.address),
        "language": language(),
        "items": items,
    }
    return json_reply(feed, "application/feed+json")


def _wanted(visit: Visit) -> tuple[RecordedChange, ...]:
    return visit.store.newest_changes(change_filter(visit), ITEMS)


def _summary(recorded: RecordedChange) -> str:
    """What the page said before and with the change. A feed is read later, so nothing in it is said to be so now."""
    said = quotes(recorded.change, day=day_of(recorded))
    return "\n".join(labelled(quote.label, quoted(quote.text)) for quote in said)


def item_id(visit: Visit, recorded: RecordedChange) -> str:
    """The lasting ID of a change in feeds, which does not depend on the address of this site."""
    return uuid5(NAMESPACE_URL, f"{visit.site.page_url}#change-{recorded.id}").urn


def _feed_id(visit: Visit) -> str:
    return uuid5(NAMESPACE_URL, f"{visit.site.page_url}#changes?{sorted(visit.query.items())}").urn


def _title() -> str:
    return _("Changes to “Clusters meet Regions”")


def _newest(changes: tuple[RecordedChange, ...]) -> datetime:
    return max(recorded.read_at for recorded in changes)


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
