"""The endpoints for monitoring systems, as an ASGI application. They accept GET and HEAD."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cmr_watch.escaping import json_line
from cmr_watch.exceptions import CmrWatchError

JSON: Final = "application/json"
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_THREADS: Final = 2
"""Requests that may read the database at the same time: its connections are for the jobs."""

Page = Callable[[], Response]
"""Answers the requests for one path."""


def health_response(problems: tuple[str, ...]) -> Response:
    """200 if there are no problems, else 503. The body lists them: `{"status": "fail", "problems": ["…"]}`."""
    status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
    body = {"status": "fail" if problems else "ok", "problems": list(problems)}
    return Response(json_line(body) + "\n", status, _HEADERS, JSON)


def text_response(body: bytes, content_type: str) -> Response:
    """200 with a text."""
    return Response(body, HTTPStatus.OK, {**_HEADERS, "Content-Type": content_type})


def application(pages: Mapping[str, Page]) -> Starlette:
    """Serves the pages, and `/livez`, which responds as long as the process does, however long a page may take."""
    limiter = CapacityLimiter(_THREADS)
    routes = [Route(path, _endpoint(page, limiter)) for path, page in pages.items()]
    app = Starlette(
        routes=[Route("/livez", _live), *routes],
        exception_handlers={HTTPException: _reject, CmrWatchError: _fail},
    )
    app.router.redirect_slashes = False
    return app


async def _live(_: Request) -> Response:
    return health_response(())


def _endpoint(page: Page, limiter: CapacityLimiter) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return await run_sync(page, limiter=limiter)

    return endpoint


async def _reject(_: Request, error: Exception) -> Response:
    """The response to another path (404) or method (405)."""
    assert isinstance(error, HTTPException)
    headers = {**_HEADERS, **(error.headers or {})}
    return Response(f"{error.detail.lower()}\n", error.status_code, headers, "text/plain")


async def _fail(_: Request, error: Exception) -> Response:
    return health_response((str(error),))
