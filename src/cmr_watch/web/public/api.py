"""The data of the site, for other programs: `/api/v1`, and each list as JSON and CSV."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from cmr_watch.cursors import cursor_of, place_of
from cmr_watch.models.readings import KnownEdition
from cmr_watch.render.i18n import _
from cmr_watch.serialization import cutoff_to_dict, instant
from cmr_watch.web.public import badge, feeds, tables, words
from cmr_watch.web.public.changes import FILTERS, change_filter, parse_id, position
from cmr_watch.web.public.editions import edition_filter
from cmr_watch.web.public.json_reply import json_reply
from cmr_watch.web.public.openapi import description
from cmr_watch.web.public.records import (
    call_record,
    call_records,
    change_record,
    change_records,
    cleaned,
    edition_record,
    find,
)
from cmr_watch.web.public.views import BadRequest, NotFound, PublicRoute, Reply, View, Visit

PER_PAGE: Final = 100
MAX_CHANGES: Final = 1_000
"""Changes in one file, which names the address of the next one."""
EDITION_FILTERS: Final = ("country", "year")


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────


def editions_json(visit: Visit) -> Reply:
    """The editions, filtered."""
    return _items(visit, [edition_record(visit, known) for known in _wanted_editions(visit)])


def editions_csv(visit: Visit) -> Reply:
    """The editions, filtered, as a table, by date."""
    return tables.csv_reply(tables.EDITIONS, tables.edition_rows(visit, _wanted_editions(visit)), "editions")


def calls_json(visit: Visit) -> Reply:
    """The calls."""
    return _items(visit, call_records(visit))


def calls_csv(visit: Visit) -> Reply:
    """The cut-offs of the calls as a table."""
    return tables.csv_reply(tables.CALLS, tables.call_rows(visit), "calls")


def changes_json(visit: Visit) -> Reply:
    """The newest changes, filtered."""
    records, next_path = _wanted_changes(visit)
    return _items(visit, records, next=visit.absolute(next_path) if next_path else None)


def changes_csv(visit: Visit) -> Reply:
    """The newest changes, filtered, as a table."""
    records, next_path = _wanted_changes(visit)
    reply = tables.csv_reply(tables.CHANGES, records, "changes")
    link = {"Link": f'<{next_path}>; rel="next"'} if next_path else {}
    return replace(reply, headers={**reply.headers, **link})


def _wanted_changes(visit: Visit) -> tuple[list[dict[str, Any]], str]:
    """The changes of one file, and the address of those that come after them; empty if there are none."""
    found = visit.store.changes(change_filter(visit), MAX_CHANGES + 1, position(visit))
    shown, next_path = found[:MAX_CHANGES], ""
    if len(found) > MAX_CHANGES:
        next_path = f"{visit.path}?{urlencode({**visit.query, 'before': shown[-1].id})}"
    return change_records(visit, shown), next_path


def _items(visit: Visit, records: list[dict[str, Any]], **more: Any) -> Reply:
    read_at = visit.overview.read_at
    return json_reply({"read_at": instant(read_at) if read_at else None, "items": records, **more})


def _wanted_editions(visit: Visit) -> list[KnownEdition]:
    """The editions in a country and a year, as the parameters ask."""
    wanted = edition_filter(visit)
    return [known for known in visit.overview.known.editions if wanted.takes(known)]


# ── version 1 ────────────────────────────────────────────────────────────────────────────────────────────────────


def edition(visit: Visit) -> Reply:
    """One edition."""
    return _one(visit, visit.overview.known.editions, edition_record)


def call(visit: Visit) -> Reply:
    """One call."""
    return _one(visit, visit.overview.known.calls, call_record)


def change(visit: Visit) -> Reply:
    """One change."""
    number = parse_id(visit.parameters["id"])
    found = visit.store.change(number) if number is not None else None
    if found is None:
        raise NotFound(_("There is no change with this ID."))
    return json_reply(change_record(visit, found))


def changes(visit: Visit) -> Reply:
    """The changes that were published after a cursor, in the order in which they were published.

    `next`: the cursor with which to ask for those after them, now or later.
    """
    cursor = visit.query.get("since", cursor_of(0))
    after = place_of(cursor)
    if after is None:
        raise BadRequest(_("The cursor is not valid. Use the one in “next” of an earlier response."))
    found = visit.store.changes_after(after, PER_PAGE + 1)
    shown = found[:PER_PAGE]
    return json_reply(
        {
            "items": change_records(visit, shown),
            "next": cursor_of(shown[-1].place) if shown else cursor,
            "has_more": len(found) > PER_PAGE,
        }
    )


def status(visit: Visit) -> Reply:
    """How new all this is."""
    overview, site = visit.overview, visit.site
    fresh = words.freshness(overview.read_at, visit.now, site.check_interval)
    return json_reply(
        {
            "read_at": instant(overview.read_at) if overview.read_at else None,
            "is_out_of_date": fresh.is_old or overview.read_at is None,
            "check_interval_minutes": int(site.check_interval.total_seconds()) // 60,
            "page": site.page_url,
            "next_cutoff": _next_cutoff(visit),
            "latest_change": cursor_of(visit.store.newest_place()),
        }
    )


def _next_cutoff(visit: Visit) -> dict[str, Any] | None:
    """The next cut-off of the open calls, with the key of its call."""
    cutoff = badge.next_open_cutoff(visit.overview.known.calls, visit)
    if cutoff is None:
        return None
    call = next(known for known in visit.overview.known.calls if badge.is_open(known) and cutoff in known.call.cutoffs)
    return {"call": call.key, **cleaned(cutoff_to_dict(cutoff))}


def openapi(visit: Visit) -> Reply:
    """The description of the API."""
    return json_reply(description(visit.site.url))


def _one(visit: Visit, entries: Any, record: Any) -> Reply:
    found = find(entries, visit.parameters["key"])
    if found is None:
        raise NotFound(_("There is nothing with this key."))
    return json_reply(record(visit, found))


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────


def _route(path: str, view: View, accepts: tuple[str, ...] = ()) -> PublicRoute:
    return PublicRoute(path, view, accepts, is_open=True)


ROUTES: Final = (
    PublicRoute("/badge/next-cutoff.svg", badge.next_cutoff, is_open=True),
    _route("/changes.atom", feeds.atom, FILTERS),
    _route("/changes.feed.json", feeds.json_feed, FILTERS),
    _route("/editions.json", editions_json, EDITION_FILTERS),
    _route("/editions.csv", editions_csv, EDITION_FILTERS),
    _route("/calls.json", calls_json),
    _route("/calls.csv", calls_csv),
    _route("/changes.json", changes_json, (*FILTERS, "before")),
    _route("/changes.csv", changes_csv, (*FILTERS, "before")),
    _route("/api/v1/editions", editions_json, EDITION_FILTERS),
    _route("/api/v1/editions/{key}", edition),
    _route("/api/v1/calls", calls_json),
    _route("/api/v1/calls/{key}", call),
    _route("/api/v1/changes", changes, ("since",)),
    _route("/api/v1/changes/{id}", change),
    _route("/api/v1/status", status),
    _route("/api/v1/openapi.json", openapi),
)
