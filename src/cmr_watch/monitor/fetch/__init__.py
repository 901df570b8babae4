"""The pages come in here: conditional GET, robots.txt and limits. The only door of httpx, brotli and protego.

    client     puts the parts in order: may it be asked, what is the answer, is it a page
    asking     asks until there is an answer: redirects, retries, one budget
    line       the sockets: private addresses, deadlines, TLS; `transport` puts httpx on top of them
    addresses  pure: which addresses are public
    answers    pure: what a status, a Content-Type and a Retry-After mean
    unpack     pure: decompression that stops at a limit
    urls       pure: which addresses may be asked, and where a redirect may lead
    ping       tells a dead man's switch how it goes
    robots     RFC 9309, and what is remembered of it

Everything that goes wrong is a `FetchError` with one sentence that names the host.
"""

from __future__ import annotations

import sys

# httpx loads its own command line where it finds rich (developers' tools bring it): 45 ms, of a check's 350, for
# nothing. None makes that one import fail, which httpx is prepared for.
_command_line = "httpx._main"
if "httpx" not in sys.modules:
    sys.modules[_command_line] = None  # type: ignore[assignment]

from cmr_watch.monitor.fetch.client import Fetcher  # noqa: E402
from cmr_watch.monitor.fetch.dead_mans_switch import ping  # noqa: E402
from cmr_watch.monitor.fetch.robots import MemoryRobots, RobotsCache  # noqa: E402
from cmr_watch.monitor.fetch.settings import FetchSettings  # noqa: E402

if sys.modules.get(_command_line, sys) is None:
    del sys.modules[_command_line]

__all__ = ["FetchSettings", "Fetcher", "MemoryRobots", "RobotsCache", "ping"]
