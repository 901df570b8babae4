"""The public site and an empty page of the same stack, in a process whose CPU time is measured."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.web.public.sample import NOW

from cmr_watch.config import load
from cmr_watch.store.database import open_database
from cmr_watch.web.listener import Listener
from cmr_watch.web.public.server import LIMITS, SETTING
from cmr_watch.web.public.site import site_application


def clock() -> datetime:
    """The time at the end of the sample, from which the minutes go on."""
    return NOW + timedelta(seconds=time.monotonic() - _STARTED)


_STARTED = time.monotonic()


async def _nothing(_: Request) -> Response:
    return Response(b"")


def main(config: Path) -> None:
    """Serve until stdin ends. Print the two ports: that of the site, and that of the empty page."""
    settings = load(config, {})
    with ExitStack() as stack:
        database = stack.enter_context(closing(open_database(settings.database.url)))
        applications = (site_application(settings, database, clock), Starlette(routes=[Route("/", _nothing)]))
        listeners = [stack.enter_context(Listener("127.0.0.1:0", app, SETTING, LIMITS)) for app in applications]
        print(*(listener.port for listener in listeners), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
