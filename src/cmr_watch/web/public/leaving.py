"""Unsubscribing with the link of a mail: by its form, or by the button of a mail program (one-click, RFC 8058).

The link works as long as the service does, also after the subscription has ended.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from cmr_watch.store.retention import KEEP_ADDRESSES
from cmr_watch.web.public.acts import ActRoute, Errand
from cmr_watch.web.public.rendering import form_page
from cmr_watch.web.public.views import Reply


def show(errand: Errand) -> Reply:
    """The form; or that there is nothing to end any more."""
    standing = errand.desk.standing(errand.parameters["token"])
    if standing is None:
        return _invalid(errand)
    return _page(errand, "ask" if standing.is_subscribed else _ended(standing.has_left))


def leave(errand: Errand) -> Reply:
    """End the subscriptions of the recipient: all of them, as the message does not say which one it is from."""
    before = errand.desk.leave(errand.parameters["token"], errand.now)
    if before is None:
        return _invalid(errand)
    return _page(errand, "done" if before.is_subscribed else _ended(before.has_left))


def _ended(has_left: bool) -> str:
    return "left" if has_left else "ended"


def _invalid(errand: Errand) -> Reply:
    return _page(errand, "invalid", HTTPStatus.NOT_FOUND)


def _page(errand: Errand, state: str, status: int = HTTPStatus.OK) -> Reply:
    return form_page(errand.site, "unsubscribe.html", status, state=state, days=KEEP_ADDRESSES.days)


# a path, so that a link with something at its end, or without a token, shows a way on
ROUTE: Final = ActRoute("/unsubscribe/{token:path}", show, leave, is_exempt=True)
