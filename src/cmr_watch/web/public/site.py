"""The public site of an installation, put together from its settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cmr_watch.clock import Clock
from cmr_watch.config import Settings
from cmr_watch.store.database import Database
from cmr_watch.store.public import PublicStore
from cmr_watch.store.suppression_journal import SuppressionJournal
from cmr_watch.web.public.act_serving import Counter
from cmr_watch.web.public.desk import Desk
from cmr_watch.web.public.routes import ACT_ROUTES, ROUTES
from cmr_watch.web.public.server import trusted_proxies
from cmr_watch.web.public.serving import STATE_SECONDS, PublicSite
from cmr_watch.web.public.views import SiteFacts


def site_application(settings: Settings, database: Database, clock: Clock, state_seconds: float = STATE_SECONDS) -> Any:
    """The public site as an ASGI application, for a `Listener`.

    `state_seconds`: how long the state of the store, and the minute, count as the newest ones.
    """
    facts, trusted = site_facts(settings), trusted_proxies(settings)
    store = PublicStore(database, settings.page.url)
    desk = Desk(database, SuppressionJournal(settings.database.journal))
    counter = Counter(facts, desk, clock, ACT_ROUTES, trusted)
    return PublicSite(facts, store, clock, ROUTES, trusted, counter=counter, state_seconds=state_seconds).application()


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
        accepts_signups=settings.accepts_signups,
        offers_managing=settings.offers_managing,
        subscribe_domains=web.subscribe_domains,
    )
