"""Now: whether regions can apply, until when, which editions are next, and what changed last."""

from __future__ import annotations

from cmr_watch.render.i18n import _
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.views import Reply, Visit


def now(visit: Visit) -> Reply:
    """The first page."""
    return page(visit, "now.html", headline=_("No call for hosts is open."))
