"""Serves the routes that act: nothing is kept, and nothing of an address is logged, as it may contain a secret."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from cmr_watch.clock import Clock
from cmr_watch.exceptions import StoreError
from cmr_watch.render.i18n import language
from cmr_watch.web.connections import Networks
from cmr_watch.web.public import errors
from cmr_watch.web.public.acts import MAX_BODY, ActRoute, ActView, Errand, is_from_this_site
from cmr_watch.web.public.budget import Budget
from cmr_watch.web.public.desk import Desk
from cmr_watch.web.public.http import HEADERS, network
from cmr_watch.web.public.views import Reply, SiteFacts

log = logging.getLogger(__name__)

_THREADS: Final = 2
"""Requests that are handled at the same time. Apart from those of readers, as one may have to wait for the database."""
_SCARCE_RATE: Final = 1 / 60
"""POSTs a second that cause a mail, from one network; at first, this many at once:"""
_SCARCE_BURST: Final = 20.0
_MAX_FIELDS: Final = 100
_PRIVATE: Final = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "strict-origin"}
"""An address may hold a secret, so it is not even sent with the request for the stylesheet, which a server may log.
(With `no-referrer`, browsers would not name this site as the sender of its own forms.)
"""
_FORM: Final = "application/x-www-form-urlencoded"


class Counter:
    """The routes that act, as routes of Starlette."""

    def __init__(
        self,
        site: SiteFacts,
        desk: Desk,
        clock: Clock,
        routes: Sequence[ActRoute],
        trusted: Networks = (),
        budget: Budget | None = None,
    ) -> None:
        self._site = site
        self._desk = desk
        self._clock = clock
        self._routes = routes
        self._trusted = trusted
        self._budget = budget or Budget()
        self._scarce = Budget(_SCARCE_RATE, _SCARCE_BURST)
        self._limiter = CapacityLimiter(_THREADS)
        self._retry_at = float("-inf")

    def routes(self) -> list[Route]:
        """The routes; HEAD is answered like GET."""
        return [Route(route.path, self._endpoint(route), methods=["GET", "POST"]) for route in self._routes]

    def _endpoint(self, route: ActRoute) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            origin = network(request, self._trusted)
            if not self._has_budget(request, route, origin):
                return _response(errors.too_many(self._site).reply)
            body = await _body(request) if request.method == "POST" else b""
            if body is None:
                return _response(errors.too_large(self._site).reply)
            if request.method == "POST" and not self._is_allowed(request, route):
                return _response(errors.forbidden(self._site).reply)
            form = {} if route.is_exempt else _fields(body)
            errand = Errand(self._site, self._desk, self._clock(), dict(request.path_params), form, origin)
            act = partial(self._work, route, route.act if request.method == "POST" else route.show, errand)
            return _response(await run_sync(act, limiter=self._limiter))

        return endpoint

    def _has_budget(self, request: Request, route: ActRoute, origin: str) -> bool:
        at, is_scarce = time.monotonic(), route.is_scarce and request.method == "POST"
        return self._budget.take(origin, at) and (not is_scarce or self._scarce.take(origin, at))

    def _is_allowed(self, request: Request, route: ActRoute) -> bool:
        """Whether a POST comes from a form of this site, or carries its own right."""
        if route.is_exempt:
            return True
        is_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
        return is_form and is_from_this_site(request.headers, self._site.url)

    def _work(self, route: ActRoute, view: ActView, errand: Errand) -> Reply:
        """The reply of a view. After a failure, requests do not wait for the database for as long as that took."""
        started = time.monotonic()
        if view is route.act and started < self._retry_at:
            return errors.unavailable(self._site, None, errand.now).reply
        try:
            return view(errand)
        except StoreError as error:
            failed = time.monotonic()
            self._retry_at = failed + (failed - started)
            log.warning("web: %s: %s", route.path, error)
            return errors.unavailable(self._site, None, errand.now).reply
        except Exception as error:  # noqa: BLE001 - here, as the caller would log the address
            frames = "".join(traceback.format_tb(error.__traceback__))  # not its text, which may quote what was sent
            log.error("web: %s failed unexpectedly: %s\n%s", route.path, type(error).__name__, frames)
            return errors.failed(self._site).reply


async def _body(request: Request) -> bytes | None:
    """The body of a request; None if it is too long, or if the client has gone before its end."""
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY:
                return None
    except ClientDisconnect:
        return None
    return body


def _fields(body: bytes) -> dict[str, str]:
    """The fields of a form; of several with one name, the last. Too many fields are none."""
    try:
        return dict(parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        return {}


def _response(reply: Reply) -> Response:
    said = {"Content-Language": language(), "Content-Type": reply.content_type}
    return Response(reply.body, reply.status, {**HEADERS, **_PRIVATE, **reply.headers, **said})
