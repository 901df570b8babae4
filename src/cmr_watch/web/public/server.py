"""Serves the public site of an installation on its port."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from ipaddress import ip_network
from threading import Lock
from typing import Any, Final

from anyio.to_thread import run_sync

from cmr_watch.clock import Clock
from cmr_watch.config import Settings
from cmr_watch.exceptions import CmrWatchError
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import Incidents
from cmr_watch.web.connections import Limits, Networks
from cmr_watch.web.listener import Listener

log = logging.getLogger(__name__)

OpenListener = Callable[[str | socket.socket, Any, str, Limits, Networks], Listener]

SETTING: Final = "[web] listen"
LIMITS: Final = Limits(connections=256, per_network=64, request_seconds=20)


class SiteServer:
    """The public site on its port. ConfigError if it cannot listen there.

    It serves readers only: when it fails, checks and deliveries go on, and the operator is notified (`tend`). The site
    is loaded for the first reader: that takes as long as a check, which does not wait for it.
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
        self._application = _OnDemand(self._make)
        self._listener = self._listen()
        self._has_failed = False

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._listener.port

    def reload(self, settings: Settings) -> None:
        """Apply new settings, except the address to listen on."""
        self._settings = settings
        self._application.make_again()

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

    def _make(self) -> Any:
        from cmr_watch.web.public.site import site_application

        return site_application(self._settings, self._database, self._clock)

    def _listen(self) -> Listener:
        web = self._settings.web
        # a listener closes its socket; the shared one is needed if this one fails
        shared = self._shared.dup() if self._shared else None
        return self._open_listener(
            shared or web.listen, self._application, SETTING, LIMITS, trusted_proxies(self._settings)
        )


class _OnDemand:
    """An ASGI application that is made for the first request, in a thread, as others may be waiting."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._made: Any = None
        self._lock = Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        application = self._made or await run_sync(self._get)
        await application(scope, receive, send)

    def make_again(self) -> None:
        """Make another one for the next request."""
        with self._lock:
            self._made = None

    def _get(self) -> Any:
        with self._lock:
            self._made = self._made or self._make()
            return self._made


def trusted_proxies(settings: Settings) -> Networks:
    """The networks of the proxies in front of the site."""
    return tuple(map(ip_network, settings.web.trusted_proxies))
