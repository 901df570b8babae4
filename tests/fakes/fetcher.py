"""A fetcher without a network: returns the page that a test sets, or None if it is not modified."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from cmr_watch.clock import Clock
from cmr_watch.exceptions import FetchError
from cmr_watch.models.readings import FetchedPage, Validators


class FakeFetcher:
    """Returns `body` as the page; None means that the site is down.

    `meanwhile` is called once, after the page has been determined and before it is returned. `validators` are those
    of all calls; `not_modified` counts the calls that returned None.
    """

    def __init__(self, clock: Clock, body: str = "") -> None:
        self.body: str | None = body
        self.meanwhile: Callable[[], object] | None = None
        self.validators: list[Validators | None] = []
        self.not_modified = 0
        self._clock = clock

    def fetch(self, url: str, validators: Validators | None) -> FetchedPage | None:
        body, at = self.body, self._clock()
        self.validators.append(validators)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        if body is None:
            raise FetchError("The server responded with 503.")
        current = Validators(sha256(body.encode()).hexdigest())
        if validators == current:
            self.not_modified += 1
            return None
        return FetchedPage(url, url, body.encode(), "utf-8", current, at)
