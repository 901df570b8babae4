"""“No more about this one”: the link of a mail by which its recipient mutes an edition or a call, or undoes that.

The link works as long as the service does, for its recipient only, and can do nothing else.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from cmr_watch.models.readings import KnownCall, KnownEdition
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import call_name, days, place
from cmr_watch.web.public.acts import ActRoute, Errand
from cmr_watch.web.public.desk import Muting
from cmr_watch.web.public.rendering import form_page
from cmr_watch.web.public.views import Reply

_MAX_NAME: Final = 120
UNDO: Final = "undo"
"""The name of the button that undoes it."""


def show(errand: Errand) -> Reply:
    """The form that mutes, which says what that means; the one that undoes it; or that no e-mails are sent any more."""
    muting = errand.desk.muting(errand.parameters["token"])
    if muting is None:
        return _invalid(errand)
    return _page(errand, muting, "muted" if muting.standing.is_muted else "ask")


def submit(errand: Errand) -> Reply:
    """Mute, or undo that, as the form says."""
    undo = UNDO in errand.form
    muting = errand.desk.mute(errand.parameters["token"], errand.now, undo=undo)
    return _invalid(errand) if muting is None else _page(errand, muting, "undone" if undo else "done")


def _page(errand: Errand, muting: Muting, state: str) -> Reply:
    if not muting.standing.is_subscribed:
        return form_page(errand.site, "mute.html", state="ended")
    name = item_name(muting.standing.entry)
    return form_page(errand.site, "mute.html", state=state, kind=muting.item.kind, name=name)


def _invalid(errand: Errand) -> Reply:
    return form_page(errand.site, "mute.html", HTTPStatus.NOT_FOUND, state="invalid")


def item_name(entry: KnownEdition | KnownCall | None) -> str:
    """`Lyon, France, 12–13 October 2027`, `Call for hosts 2027–2028`; empty if nothing is known of it any more."""
    if isinstance(entry, KnownCall):
        return clean(call_name(entry.call), _MAX_NAME)
    if entry is None:
        return ""
    return clean(", ".join(filter(None, (place(entry.edition), days(entry.edition)))), _MAX_NAME)


# a path, so that a link with something at its end, or without a token, shows a way on. No mail provider sends the form,
# so it has to come from this site, although its token carries the right
ROUTE: Final = ActRoute("/mute/{token:path}", show, submit)
