"""The pages of errors: each says in plain words what is wrong, and shows a way on."""

from __future__ import annotations

from datetime import datetime
from html import escape
from http import HTTPStatus
from typing import Final

from cmr_watch.render.i18n import _
from cmr_watch.web.public import words
from cmr_watch.web.public.rendering import error_page
from cmr_watch.web.public.views import HTML, NotFound, Reply, SiteFacts

NOTICE: Final = b"<!-- notice -->"
"""Where a page that was kept says, while the database cannot be used, that it is an old one."""
_RETRY: Final = {"Retry-After": "60", "Cache-Control": "no-store"}


def not_found(site: SiteFacts, error: NotFound) -> Reply:
    """404: there is no such page."""
    path, label = error.way_on
    return error_page(
        site,
        HTTPStatus.NOT_FOUND,
        title=_("Page not found"),
        text=str(error) or _("There is nothing at this address: it may be mistyped, or the page may have moved."),
        similar=error.similar,
        path=path,
        label=label or _("See what is open and what is next"),
    )


def bad_request(site: SiteFacts, message: str) -> Reply:
    """400: a parameter is not valid."""
    return _plain(site, HTTPStatus.BAD_REQUEST, _("This address cannot be read"), message)


def too_many(site: SiteFacts) -> Reply:
    """429: too many requests from one network."""
    text = _("Too many requests came from your network. Please wait a minute.")
    made = _plain(site, HTTPStatus.TOO_MANY_REQUESTS, _("Please wait a minute"), text)
    return Reply(made.body, made.content_type, made.status, _RETRY)


def rejected(site: SiteFacts, status: int) -> Reply:
    """405 and other rejections by the framework."""
    return _plain(site, status, _("This is not possible here"), _("This address can only be read."))


def failed(site: SiteFacts) -> Reply:
    """500: a bug."""
    text = _("This page cannot be shown because of a fault in the service. Its operator can see the details.")
    return _plain(site, HTTPStatus.INTERNAL_SERVER_ERROR, _("Something went wrong"), text)


def unavailable(site: SiteFacts, last: Reply | None, now: datetime) -> Reply:
    """503: the database cannot be used. The last known page is shown, with a notice."""
    text = _("The service cannot read its database at the moment. Please try again in a few minutes.")
    if last is None:
        made = _plain(site, HTTPStatus.SERVICE_UNAVAILABLE, _("The service is taking a short break"), text)
        return Reply(made.body, made.content_type, made.status, _RETRY)
    body = last.body
    if last.content_type == HTML:
        text = _("What you see may be out of date: the service cannot read its database at the moment.")
        notice = f'<p class="warning" role="status">{escape(text)} {escape(words.full_time(now))}</p>'
        body = body.replace(NOTICE, notice.encode(), 1)
    return Reply(body, last.content_type, HTTPStatus.SERVICE_UNAVAILABLE, _RETRY)


def _plain(site: SiteFacts, status: int, title: str, text: str) -> Reply:
    return error_page(site, status, title=title, text=text, path="/", label=_("See what is open and what is next"))
