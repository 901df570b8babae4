"""What the operator may say about fetching."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cmr_watch import __version__

PRODUCT = "cmr-watch"
"""The name that robots.txt knows us by."""


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """`allowed_hosts` are added to the pinned ones, each as `host` (any port) or `host:port`. Times are seconds.

    - `contact` stands in the User-Agent: an address or a URL where the site's people reach the operator.
    - `private_addresses` lets it talk to 127.0.0.1, 10.0.0.0/8 and the like.
    - `kinds`: media types that are taken beside HTML.
    - `deadline` is for one answer, with its redirects; every retry has its own.
    """

    contact: str
    allowed_hosts: tuple[str, ...] = ()
    private_addresses: bool = False
    max_bytes: int = 5 * 2**20
    connect_timeout: float = 10.0
    read_timeout: float = 20.0
    deadline: float = 60.0
    retries: int = 3
    max_redirects: int = 5
    robots: bool = True
    kinds: tuple[str, ...] = ()
    pause: Callable[[float], None] = field(default=time.sleep, compare=False)
    jitter: Callable[[], float] = field(default=random.random, compare=False)

    @property
    def user_agent(self) -> str:
        """`cmr-watch/0.1.0 (+contact)`: what could break a header line, or its comment, is left out of the contact."""
        contact = re.sub(r"[^\x21-\x7e]|[()\\]", "", self.contact)
        return f"{PRODUCT}/{__version__} (+{contact})" if contact else f"{PRODUCT}/{__version__}"
