"""Opens the public site of an installation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cmr_watch.clock import Clock
from cmr_watch.config import Settings
from cmr_watch.store.database import Database
from cmr_watch.store.public import PublicStore
from cmr_watch.web.public.routes import ROUTES
from cmr_watch.web.public.serving import PublicSite
from cmr_watch.web.public.views import SiteFacts

if TYPE_CHECKING:
    from starlette.applications import Starlette


def site_application(settings: Settings, database: Database, clock: Clock) -> Starlette:
    """The public site as an ASGI application, for a `Listener`."""
    store = PublicStore(database, settings.page.url)
    return PublicSite(site_facts(settings), store, clock, ROUTES).application()


def site_facts(settings: Settings) -> SiteFacts:
    """What the configuration says of the site."""
    web = settings.web
    return SiteFacts(
        page_url=settings.page.url,
        check_interval=timedelta(minutes=settings.daemon.check_every),
        url=(web.url or "").rstrip("/"),
        operator=web.operator,
        postal_address=web.postal_address,
        contact=web.contact or "",
    )
