"""All addresses of the public site."""

from __future__ import annotations

from typing import Final

from cmr_watch.web.public import now, rendering
from cmr_watch.web.public.views import PublicRoute, Reply, Visit

_FOR_EVER: Final = 31_536_000  # seconds: a year


def _stylesheet(_: Visit) -> Reply:
    return Reply(rendering.stylesheet(), "text/css; charset=utf-8")


ROUTES: Final = (
    PublicRoute("/", now.now),
    PublicRoute(rendering.stylesheet_path(), _stylesheet, max_age=_FOR_EVER),
)
