"""What a view of the public site is: a function of a request, which may read the store, and returns a reply.

Views are synchronous and know nothing of HTTP servers, caches and threads (`serving.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from cmr_watch.exceptions import CmrWatchError
from cmr_watch.render.i18n import local_path
from cmr_watch.store.public import Overview, PublicStore
from cmr_watch.web.public.languages import is_neutral

HTML: Final = "text/html; charset=utf-8"
MAX_AGE: Final = 60
"""Seconds for which a client may use a copy: pages say how many minutes ago they were read."""


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What the configuration says of the site.

    - `url`: its public address, without a slash at the end; empty if none is configured.
    - `page_url`: the watched list of editions.
    - `check_interval`: the time between two checks.
    - `operator`, `postal_address`, `contact`: who runs this installation; empty if not configured. `contact` is a mail
      address.
    - `accepts_signups`: whether readers can subscribe themselves; `subscribe_domains`: with addresses of these domains
      only, if there are any.
    - `offers_managing`: whether recipients can ask for a link with which they change or end what they get.
    """

    page_url: str
    check_interval: timedelta
    url: str = ""
    operator: str = ""
    postal_address: str = ""
    contact: str = ""
    accepts_signups: bool = False
    offers_managing: bool = False
    subscribe_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, with all that a view may use.

    - `path`: without the language at its beginning.
    - `now`: the current time, to the minute: two requests within a minute get the same reply.
    - `parameters`: those of the path; `query`: those of the query string that the route accepts, the empty ones left
      out, in Unicode, of at most 200 characters.
    """

    site: SiteFacts
    store: PublicStore
    overview: Overview
    now: datetime
    path: str = "/"
    parameters: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The path with the query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    def absolute(self, path: str) -> str:
        """The address of a path of this site, in the language of the page.

        Relative if the public address is not configured.
        """
        return f"{self.site.url}{local_path(path)}"


@dataclass(frozen=True, slots=True)
class Reply:
    """A response. `headers`: besides those that every response has."""

    body: bytes
    content_type: str = HTML
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)


View = Callable[[Visit], Reply]


@dataclass(frozen=True, slots=True)
class PublicRoute:
    """A path, in the notation of Starlette, its view, and the query parameters that it accepts; others are ignored.

    - `max_age`: seconds for which a client may use a copy.
    - `is_open`: whether scripts of other sites may read the response (CORS).
    - `is_fixed`: whether its reply is always the same, whatever the store holds, and even while it cannot be used.
    """

    path: str
    view: View
    accepts: tuple[str, ...] = ()
    max_age: int = MAX_AGE
    is_open: bool = False
    is_fixed: bool = False

    @property
    def has_languages(self) -> bool:
        """Whether its reply depends on the language; data is the same in all of them."""
        return not self.is_fixed and not is_neutral(self.path)


class BadRequest(CmrWatchError):
    """The value of a parameter is not valid; the message is shown to the reader."""


class NotFound(CmrWatchError):
    """This address has no page.

    The message is shown to the reader. `way_on`: a path, and the words of the link to it; `similar`: more of them, of
    the pages that the reader may have meant.
    """

    def __init__(
        self, message: str = "", way_on: tuple[str, str] = ("/", ""), similar: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.way_on = way_on
        self.similar = tuple(similar)
