"""The endpoints for monitoring systems, as an ASGI application. They accept GET and HEAD."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final

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
_SECONDS: Final = 4.0
"""How long an answer may take. `cmr-watch health` waits five seconds, and Prometheus ten unless told otherwise."""

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


def application(pages: Mapping[str, Page], seconds: float = _SECONDS) -> Starlette:
    """Serves the pages, and `/livez`, which responds as long as the process does.

    A page that has no answer after some seconds, because the database has none, is answered with a problem.
    """
    free = asyncio.Semaphore(_THREADS)
    routes = [Route(path, _endpoint(page, free, seconds)) for path, page in pages.items()]
    app = Starlette(
        routes=[Route("/livez", _live), *routes],
        exception_handlers={HTTPException: _reject, CmrWatchError: _fail},
    )
    app.router.redirect_slashes = False
    return app


async def _live(_: Request) -> Response:
    return health_response(())


def _endpoint(page: Page, free: asyncio.Semaphore, seconds: float) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        try:
            async with asyncio.timeout(seconds):
                await free.acquire()
                return await asyncio.shield(_started(page, free))
        except TimeoutError:
            return health_response((f"the database has not answered within {seconds:g} seconds",))

    return endpoint


def _started(page: Page, free: asyncio.Semaphore) -> asyncio.Task[Response]:
    """Run the page in a thread. It cannot be interrupted, so its place is free again only when it has ended."""

    def end(task: asyncio.Task[Response]) -> None:
        free.release()
        if not task.cancelled():
            task.exception()  # its caller may no longer be waiting for it

    task = asyncio.create_task(run_sync(page))
    task.add_done_callback(end)
    return task


async def _reject(_: Request, error: Exception) -> Response:
    """The response to another path (404) or method (405)."""
    assert isinstance(error, HTTPException)
    headers = {**_HEADERS, **(error.headers or {})}
    return Response(f"{error.detail.lower()}\n", error.status_code, headers, "text/plain")


async def _fail(_: Request, error: Exception) -> Response:
    return health_response((str(error),))
