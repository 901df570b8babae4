"""Settings for fetching, and how they follow from the configuration."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cmr_watch import __version__
from cmr_watch.config import Settings

PRODUCT = "cmr-watch"
"""Our product token in User-Agent and robots.txt (RFC 9309 §2.2.1)."""


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """`allowed_hosts` extend the pinned ones, each as `host` (any port) or `host:port`. Times are in seconds.

    - `contact` goes into the User-Agent: an address or URL where the site's administrators can reach the operator.
    - `private_addresses` allows connections to private addresses such as 127.0.0.1 and 10.0.0.0/8.
    - `kinds`: media types that are accepted besides HTML.
    - `proxy`: the URL of an HTTP proxy, with its user name and password, if it wants them.
    - `rate_limit_pause`: how long to wait at least after a 429, whatever it asks for.
    - `deadline` limits a fetch including all its redirects. Attempts that failed are not counted.
    """

    contact: str
    allowed_hosts: tuple[str, ...] = ()
    private_addresses: bool = False
    max_bytes: int = 5 * 2**20
    connect_timeout: float = 10.0
    read_timeout: float = 20.0
    deadline: float = 60.0
    retries: int = 3
    rate_limit_pause: float = 10.0
    max_redirects: int = 5
    robots: bool = True
    kinds: tuple[str, ...] = ()
    proxy: str | None = field(default=None, repr=False)
    pause: Callable[[float], None] = field(default=time.sleep, compare=False)
    jitter: Callable[[], float] = field(default=random.random, compare=False)

    @property
    def user_agent(self) -> str:
        """`cmr-watch/0.1.0 (+contact)`, without characters that would break the header or its comment."""
        contact = re.sub(r"[^\x21-\x7e]|[()\\]", "", self.contact)
        return f"{PRODUCT}/{__version__} (+{contact})" if contact else f"{PRODUCT}/{__version__}"


def fetch_settings(settings: Settings) -> FetchSettings:
    """The settings for fetching the watched pages. Without a contact, the sender of mails is used."""
    return FetchSettings(
        contact=settings.fetch.contact or settings.mail.sender or "",
        allowed_hosts=settings.page.hosts,
        private_addresses=settings.page.private_addresses,
        deadline=settings.fetch.deadline,
        retries=settings.fetch.retries,
        robots=settings.fetch.robots,
        proxy=settings.fetch.proxy,
    )
