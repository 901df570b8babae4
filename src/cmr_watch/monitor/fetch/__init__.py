"""Fetch web pages safely: conditional GET, robots.txt, size and time limits. Everything fetched is treated as hostile.

    client            combines the parts: may the URL be fetched, is the response a page
    retrying          redirects and retries, within one time limit
    connection        DNS, sockets, TLS: private addresses and deadlines; `transport` connects it to httpx
    ip_addresses      pure: which IP addresses are public
    response_head     pure: what is odd about a response, and harmless
    responses         pure: what status, Content-Type and Retry-After mean
    cookies           pure: cookies within one fetch
    decompress        pure: decompression within a size limit
    urls              pure: which URLs may be fetched, and where a redirect may lead
    robots            RFC 9309, with a cache
    dead_mans_switch  reports to a dead man's switch whether checks succeed

This is the only package that imports httpx, brotli and protego. Every failure of a fetch is a `FetchError` whose
message names the host.
"""

from __future__ import annotations

import sys

# httpx imports its command line if rich is installed, as it is with the development tools. That takes 45 ms of the
# 350 ms of a check. None in sys.modules makes this import fail, which httpx handles.
_HTTPX_CLI = "httpx._main"
if "httpx" not in sys.modules:
    sys.modules[_HTTPX_CLI] = None  # type: ignore[assignment]

from cmr_watch.monitor.fetch.client import Fetcher, fetch_page  # noqa: E402
from cmr_watch.monitor.fetch.dead_mans_switch import DeadMansSwitch  # noqa: E402
from cmr_watch.monitor.fetch.robots import MemoryRobots, RobotsCache  # noqa: E402
from cmr_watch.monitor.fetch.settings import FetchSettings, fetch_settings  # noqa: E402

if sys.modules.get(_HTTPX_CLI, sys) is None:
    del sys.modules[_HTTPX_CLI]

__all__ = ["DeadMansSwitch", "FetchSettings", "Fetcher", "MemoryRobots", "RobotsCache", "fetch_page", "fetch_settings"]
