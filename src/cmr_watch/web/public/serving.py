"""The public site as an ASGI application: it turns requests into visits, and replies into responses.

A reply is made in a thread and kept (`cache.py`) until the state of the store or the minute changes. The state is read
once a second at most, so a reply that is kept costs no query. If the database cannot be used, the last reply is sent
with status 503 and says so (`outage.py`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from cmr_watch.clock import Clock
from cmr_watch.exceptions import StoreError
from cmr_watch.languages import ENGLISH
from cmr_watch.render.i18n import language
from cmr_watch.store.public import Overview, PublicStore
from cmr_watch.web.connections import Networks
from cmr_watch.web.public import errors
from cmr_watch.web.public.act_serving import Counter
from cmr_watch.web.public.budget import Budget, Exhausted
from cmr_watch.web.public.cache import PIECE, Key, ReplyCache, StoredReply, stored
from cmr_watch.web.public.http import HEADERS, network
from cmr_watch.web.public.languages import ByLanguage, without_language
from cmr_watch.web.public.outage import Guarded, OutOfUse
from cmr_watch.web.public.views import BadRequest, NotFound, PublicRoute, Reply, SiteFacts, Visit

log = logging.getLogger(__name__)

_THREADS: Final = 4
"""Replies that are made at the same time."""
STATE_SECONDS: Final = 1.0
"""How long the state of the store counts as the newest one."""
_ANY_TAG: Final = "*"
"""In If-None-Match: whatever the client has is right."""
_MAX_VALUE: Final = 200
"""Characters of the value of a query parameter."""
_OPEN: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}


@dataclass(frozen=True, slots=True)
class _Version:
    """The state of the store, with the minute; `looked_up` is when the state was read, on the monotonic clock."""

    state: str
    now: datetime
    looked_up: float

    @property
    def name(self) -> str:
        return f"{self.state}@{self.now:%Y%m%dT%H%M}"


class PublicSite:
    """The routes of the site, and the replies that are kept. `counter`: the routes that act, if there are any."""

    def __init__(
        self,
        site: SiteFacts,
        store: PublicStore,
        clock: Clock,
        routes: Sequence[PublicRoute],
        trusted: Networks = (),
        budget: Budget | None = None,
        counter: Counter | None = None,
        state_seconds: float = STATE_SECONDS,
    ) -> None:
        self._site = site
        self._store = store
        self._state = Guarded(store.state)
        self._clock = clock
        self._routes = routes
        self._trusted = trusted
        self._counter = counter
        self._state_seconds = state_seconds
        self._cache = ReplyCache()
        self._budget = budget or Budget()
        self._limiter = CapacityLimiter(_THREADS)
        self._version: _Version | None = None
        self._overview: tuple[str, Overview] = ("", Overview())

    def application(self) -> ByLanguage:
        """The ASGI application."""
        by_use = sorted(self._routes, key=lambda route: route.path != "/")  # the first match counts: begin with “Now”
        readable = [Route(route.path, self._endpoint(route), methods=["GET"]) for route in by_use]
        readable += [Route(route.path, _preflight, methods=["OPTIONS"]) for route in by_use if route.is_open]
        app = Starlette(
            routes=[*readable, *(self._counter.routes() if self._counter else ())],
            exception_handlers={HTTPException: self._reject, Exception: self._fail},
        )
        app.router.redirect_slashes = False
        return ByLanguage(app)

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _endpoint(self, route: PublicRoute) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if language() != ENGLISH and not route.has_languages:
                raise HTTPException(HTTPStatus.NOT_FOUND)
            query = _accepted(request, route.accepts)
            key = (request.url.path, tuple(sorted(query.items())))
            found = self._kept(route, key)
            if found is None:
                client = network(request, self._trusted)
                make = partial(self._reply, route, key, dict(request.path_params), query, client)
                found = await run_sync(make, limiter=self._limiter)
            return _response(request, found, route)

        return endpoint

    def _kept(self, route: PublicRoute, key: Key) -> StoredReply | None:
        """The reply that was kept, if it is certainly the newest one."""
        version, found = self._version, self._cache.get(key)
        if route.is_fixed:
            return found
        if version is None or found is None or found.version != version.name:
            return None
        # the clock is not asked: it may ask the database, for which all readers would wait
        return found if time.monotonic() - version.looked_up < self._state_seconds else None

    def _reply(
        self, route: PublicRoute, key: Key, parameters: Mapping[str, str], query: Mapping[str, str], client: str
    ) -> StoredReply:
        """The newest reply; if the database cannot be used, the last one, marked as such.

        `client`: the network that asks. Only for a reply that has to be made, it has to have some of its budget left.
        """
        if route.is_fixed:
            return self._fixed_reply(route, key)
        kept = self._cache.get(key)
        try:
            version = self._look_up()
            if kept is None or kept.version != version.name:
                with self._budget.paid_by(client):
                    visit = self._visit(version, key[0], parameters, query)
                    kept = stored(route.view(visit), version.name)
                self._cache.put(key, kept)
        except Exhausted:
            return self._failure(route, errors.too_many(self._site))
        except BadRequest as error:
            return self._failure(route, errors.bad_request(self._site, str(error)))
        except NotFound as error:
            return self._failure(route, errors.not_found(self._site, error))
        except StoreError as error:
            if not isinstance(error, OutOfUse):
                log.warning("web: %s: %s", key[0], error)
            return self._failure(route, self._unavailable(kept), has_content=kept is not None)
        return kept

    def _fixed_reply(self, route: PublicRoute, key: Key) -> StoredReply:
        """A reply that does not depend on the store, which is not read for it."""
        made = stored(route.view(Visit(self._site, self._store, Overview(), _minute(self._clock()), key[0])), "")
        self._cache.put(key, made)
        return made

    def _failure(self, route: PublicRoute, page: errors.Failure, *, has_content: bool = False) -> StoredReply:
        """The page of a failure; for a route with data, the same as data."""
        return stored(page.as_data() if route.is_open and not has_content else page.reply, "")

    def _look_up(self) -> _Version:
        state, looked_up = self._state(), time.monotonic()
        self._version = _Version(state, _minute(self._clock()), looked_up)
        return self._version

    def _visit(self, version: _Version, path: str, parameters: Mapping[str, str], query: Mapping[str, str]) -> Visit:
        state, overview = self._overview
        if state != version.state:
            overview = self._store.overview()
            self._overview = (version.state, overview)
        return Visit(self._site, self._store, overview, version.now, without_language(path), parameters, query)

    # ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _unavailable(self, kept: StoredReply | None) -> errors.Failure:
        last = Reply(kept.plain, kept.reply.content_type) if kept else None
        return errors.unavailable(self._site, last, self._clock())

    async def _reject(self, request: Request, error: Exception) -> Response:
        """The response to an unknown path (404) or to a method other than GET and HEAD (405)."""
        assert isinstance(error, HTTPException)
        if error.status_code == HTTPStatus.NOT_FOUND:
            failure = errors.not_found(self._site, NotFound())
        else:
            failure = errors.rejected(self._site, error.status_code)
        return self._error_response(request, failure, error.headers or {})

    def _error_response(
        self, request: Request, failure: errors.Failure, more: Mapping[str, str] | None = None
    ) -> Response:
        route = _DATA_ERRORS if without_language(request.url.path).startswith(_DATA) else _ERRORS
        return _response(request, self._failure(route, failure), route, more)

    async def _fail(self, request: Request, error: Exception) -> Response:
        """The response when a view has failed: a bug."""
        log.error("web: %s failed unexpectedly", request.url.path, exc_info=error)
        return self._error_response(request, errors.failed(self._site))


_ERRORS: Final = PublicRoute("", lambda visit: Reply(b""))
_DATA_ERRORS: Final = PublicRoute("", lambda visit: Reply(b""), is_open=True)
_DATA: Final = "/api/"
"""How the paths begin whose errors are data, whatever is wrong."""


async def _preflight(_: Request) -> Response:
    """Whether a script of another site may send If-None-Match to a route that is open to it (CORS)."""
    return Response(b"", HTTPStatus.NO_CONTENT, {**HEADERS, **_OPEN, **_PREFLIGHT})


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def _accepted(request: Request, names: Sequence[str]) -> dict[str, str]:
    """The query parameters that a route accepts, those that are empty left out; of several with one name, the last."""
    values = {name: request.query_params.get(name, "")[:_MAX_VALUE].strip() for name in names}
    return {name: value for name, value in values.items() if value}


def _response(
    request: Request, found: StoredReply, route: PublicRoute, more: Mapping[str, str] | None = None
) -> Response:
    reply = found.reply
    said = {"Content-Language": language()} if route.has_languages else {}
    headers = {**HEADERS, **said, **(_OPEN if route.is_open else {}), **reply.headers, **(more or {})}
    if reply.status != HTTPStatus.OK:
        headers.setdefault("Cache-Control", "no-store")
    else:
        headers.setdefault("Cache-Control", f"public, max-age={route.max_age}")
        headers["ETag"] = found.tag
        if _tags(request) & {found.tag, _ANY_TAG}:
            return Response(b"", HTTPStatus.NOT_MODIFIED, headers)
    is_compressed = found.is_compressed and _accepts_gzip(request)
    if is_compressed:
        headers["Content-Encoding"] = "gzip"
    headers["Content-Type"] = reply.content_type
    length = len(found.body) if is_compressed else found.length
    if length > PIECE:
        headers["Content-Length"] = str(length)
        return StreamingResponse(_sent(found.pieces(is_compressed=is_compressed)), reply.status, headers)
    return Response(found.body if is_compressed else found.plain, reply.status, headers)


async def _sent(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, one at a time: the server asks for the next one when the client has taken the last."""
    for piece in pieces:
        yield piece


def _tags(request: Request) -> set[str]:
    """The entity tags that the client has (RFC 9110 §13.1.2): compared weakly, so all as weak ones."""
    tags = (tag.strip() for tag in request.headers.get("if-none-match", "").split(","))
    return {tag if tag == _ANY_TAG or tag.startswith("W/") else f"W/{tag}" for tag in tags}


def _accepts_gzip(request: Request) -> bool:
    """Whether the client accepts gzip (RFC 9110 §12.5.3), and has not given it the weight 0."""
    for coding in request.headers.get("accept-encoding", "").split(","):
        name, _, weight = coding.replace(" ", "").lower().partition(";q=")
        if name in ("gzip", "*"):
            return weight.strip("0.") != "" or not weight
    return False
