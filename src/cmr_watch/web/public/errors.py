"""The pages of errors: each says in plain words what is wrong, and shows a way on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from http import HTTPStatus
from typing import Final

from cmr_watch.render.datetimes import full_time
from cmr_watch.render.i18n import _
from cmr_watch.web.public.json_reply import json_reply
from cmr_watch.web.public.rendering import error_page
from cmr_watch.web.public.views import HTML, NotFound, Reply, SiteFacts

NOTICE: Final = b"<!-- notice -->"
"""Where a page that was kept says, while the database cannot be used, that it is an old one."""
_RETRY: Final = {"Retry-After": "60", "Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure as a page, and what it says."""

    reply: Reply
    text: str

    def as_data(self) -> Reply:
        """The same for a program: `{"error": "…"}`."""
        made = json_reply({"error": self.text}, status=self.reply.status)
        return replace(made, headers=self.reply.headers)


def not_found(site: SiteFacts, error: NotFound) -> Failure:
    """404: the page does not exist."""
    text = error.message or _("There is nothing at this address: it may be mistyped, or the page may have moved.")
    return _failure(site, HTTPStatus.NOT_FOUND, _("Page not found"), text, error=error)


def bad_request(site: SiteFacts, message: str) -> Failure:
    """400: a parameter is not valid."""
    return _failure(site, HTTPStatus.BAD_REQUEST, _("This address cannot be read"), message)


def too_many(site: SiteFacts) -> Failure:
    """429: too many requests from one network."""
    text = _("Too many requests came from your network. Please wait a minute.")
    return _failure(site, HTTPStatus.TOO_MANY_REQUESTS, _("Please wait a minute"), text, _RETRY)


def rejected(site: SiteFacts, status: int) -> Failure:
    """405 and other rejections by the framework."""
    return _failure(site, status, _("This is not possible here"), _("This address can only be read."))


def too_large(site: SiteFacts) -> Failure:
    """413: the body of a request is too long."""
    text = _("More was sent than this form can hold. Nothing was changed.")
    return _failure(site, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("That is too much"), text)


def forbidden(site: SiteFacts) -> Failure:
    """403: a form that another site has sent."""
    text = _("This was not sent by a form of this site, so nothing was changed. Open the page here, and try again.")
    return _failure(site, HTTPStatus.FORBIDDEN, _("This is not possible from there"), text)


def failed(site: SiteFacts) -> Failure:
    """500: a bug."""
    text = _("This page cannot be shown because of a fault in the service. Its operator can see the details.")
    return _failure(site, HTTPStatus.INTERNAL_SERVER_ERROR, _("Something went wrong"), text)


def unavailable(site: SiteFacts, last: Reply | None, now: datetime) -> Failure:
    """503: the database cannot be used. The last known content is shown, on a page with a notice."""
    text = _("The service cannot read its database at the moment. Please try again in a few minutes.")
    if last is None:
        return _failure(site, HTTPStatus.SERVICE_UNAVAILABLE, _("The service is taking a short break"), text, _RETRY)
    body = last.body
    if last.content_type == HTML:
        warning = _("What you see may be out of date: the service cannot read its database at the moment.")
        notice = f'<p class="warning" role="status">{escape(warning)} {escape(full_time(now))}</p>'
        body = body.replace(NOTICE, notice.encode(), 1)
    return Failure(Reply(body, last.content_type, HTTPStatus.SERVICE_UNAVAILABLE, _RETRY), text)


def _failure(
    site: SiteFacts,
    status: int,
    title: str,
    text: str,
    headers: Mapping[str, str] | None = None,
    error: NotFound | None = None,
) -> Failure:
    """The page of a failure. Of one that has a way on, with that; of the others, with the way to the first page."""
    path, label = error.way_on if error else ("/", "")
    similar = error.similar if error else ()
    label = label or _("See what is open and what is next")
    made = error_page(site, status, title=title, text=text, path=path, label=label, similar=similar)
    return Failure(replace(made, headers=headers or {}), text)
