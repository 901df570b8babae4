"""All addresses of the public site."""

from __future__ import annotations

from typing import Final

from cmr_watch.web.public import (
    about,
    api,
    calendar_page,
    calls,
    change,
    changes,
    countries,
    edition,
    editions,
    leaving,
    letter,
    managing,
    muting,
    now,
    rendering,
    status,
    subscribing,
)
from cmr_watch.web.public.views import PublicRoute, Reply, Visit

_DAY: Final = 86_400  # seconds
_FOR_EVER: Final = 365 * _DAY


def _stylesheet(_: Visit) -> Reply:
    return Reply(rendering.stylesheet(), "text/css; charset=utf-8")


def _icon(_: Visit) -> Reply:
    return Reply(rendering.icon(), "image/svg+xml")


ROUTES: Final = (
    *api.ROUTES,
    PublicRoute("/", now.now),
    PublicRoute("/about", about.about),
    PublicRoute("/accessibility", about.accessibility),
    *calendar_page.ROUTES,
    PublicRoute("/calls", calls.calls),
    PublicRoute("/calls/{key}", calls.call),
    PublicRoute("/changes", changes.changes, (*changes.FILTERS, "after", "before")),
    PublicRoute("/changes/{id}.json", change.change_json, is_open=True),  # before the page, whose path matches it too
    PublicRoute("/changes/{id}", change.change),
    PublicRoute("/changes/{id}/before", change.change_source_before),
    PublicRoute("/changes/{id}/page", change.change_source),
    PublicRoute("/countries/{code}", countries.country),
    PublicRoute("/editions", editions.editions, accepts=("country", "year")),
    PublicRoute("/editions/{key}", edition.edition),
    PublicRoute("/favicon.svg", _icon, max_age=_DAY, is_fixed=True),
    PublicRoute("/letter", letter.letter, letter.FIELDS),
    PublicRoute("/letter.txt", letter.letter_text, letter.FIELDS),
    PublicRoute("/privacy", about.privacy),
    PublicRoute("/robots.txt", about.robots, max_age=_DAY, is_fixed=True),
    PublicRoute(rendering.stylesheet_path(), _stylesheet, max_age=_FOR_EVER, is_fixed=True),
    PublicRoute("/status", status.status),
    PublicRoute("/status.json", status.status_json, is_open=True),
)
ACT_ROUTES: Final = (*subscribing.ROUTES, leaving.ROUTE, muting.ROUTE, *managing.ROUTES)
"""Those that act: subscribing, leaving, and what a subscriber decides in between."""
