"""Opens the public site of an installation."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from typing import Any, Final

from cmr_watch.clock import Clock
from cmr_watch.config import Settings
from cmr_watch.exceptions import CmrWatchError
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.public import PublicStore
from cmr_watch.store.suppression_journal import SuppressionJournal
from cmr_watch.web.connections import Limits, Networks
from cmr_watch.web.listener import Listener
from cmr_watch.web.public.act_serving import Counter
from cmr_watch.web.public.desk import Desk
from cmr_watch.web.public.routes import ACT_ROUTES, ROUTES
from cmr_watch.web.public.serving import STATE_SECONDS, PublicSite
from cmr_watch.web.public.views import SiteFacts

log = logging.getLogger(__name__)

OpenListener = Callable[[str | socket.socket, Any, str, Limits, Networks], Listener]

SETTING: Final = "[web] listen"
LIMITS: Final = Limits(connections=256, per_network=64, request_seconds=20)


class SiteServer:
    """The public site on its port. ConfigError if it cannot listen there.

    It serves readers only: when it fails, checks and deliveries go on, and the operator is notified (`tend`).
    `shared`: a socket to listen on that other processes share.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        shared: socket.socket | None = None,
        open_listener: OpenListener = Listener,
    ) -> None:
        self._open_listener = open_listener
        self._settings = settings
        self._database = database
        self._clock = clock
        self._shared = shared
        self._application = _Replaceable(site_application(settings, database, clock))
        self._listener = self._listen()
        self._has_failed = False

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._listener.port

    def reload(self, settings: Settings) -> None:
        """Apply new settings, except the address to listen on."""
        self._settings = settings
        self._application.current = site_application(settings, self._database, self._clock)

    def tend(self) -> None:
        """Start the site again if it has failed; open an incident, which is resolved once it works."""
        if not self._has_failed and self._listener.is_alive:
            return
        incidents, address = Incidents(self._database), self._settings.web.listen
        try:
            if not self._listener.is_alive:
                self._has_failed = True
                incidents.open("site-failed", address, "It has stopped listening.", self._clock())
                self._restart()
            incidents.resolve("site-failed", address, self._clock())
            self._has_failed = False
        except CmrWatchError as error:
            log.error("web: %s; will retry in a minute", error)

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _restart(self) -> None:
        self._listener.close()
        self._listener = self._listen()
        log.warning("web: the site had failed, and was started again")

    def _listen(self) -> Listener:
        web = self._settings.web
        # a listener closes its socket; the shared one is needed if this one fails
        shared = self._shared.dup() if self._shared else None
        return self._open_listener(
            shared or web.listen, self._application, SETTING, LIMITS, trusted_proxies(self._settings)
        )


class _Replaceable:
    """An ASGI application in whose place another one can be put while it is being served."""

    def __init__(self, current: Any) -> None:
        self.current = current

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.current(scope, receive, send)


def site_application(settings: Settings, database: Database, clock: Clock, state_seconds: float = STATE_SECONDS) -> Any:
    """The public site as an ASGI application, for a `Listener`.

    `state_seconds`: how long the state of the store, and the minute, count as the newest ones.
    """
    facts, trusted = site_facts(settings), trusted_proxies(settings)
    store = PublicStore(database, settings.page.url)
    desk = Desk(database, SuppressionJournal(settings.database.journal))
    counter = Counter(facts, desk, clock, ACT_ROUTES, trusted)
    return PublicSite(facts, store, clock, ROUTES, trusted, counter=counter, state_seconds=state_seconds).application()


def trusted_proxies(settings: Settings) -> Networks:
    """The networks of the proxies in front of the site."""
    return tuple(map(ip_network, settings.web.trusted_proxies))


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
