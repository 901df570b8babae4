"""A page without a network: serves what a test sets, and answers conditional GETs as servers do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from cmr_watch.exceptions import FetchError
from cmr_watch.models import FetchedPage, Validators


class FakeFetcher:
    """`body`: the page, None while the site is down. `meanwhile` runs once, between the answer and its arrival."""

    def __init__(self, clock: Callable[[], datetime], body: str = "") -> None:
        self.body: str | None = body
        self.meanwhile: Callable[[], object] | None = None
        self.asked: list[Validators | None] = []
        self.not_modified = 0
        self._clock = clock

    def fetch(self, url: str, validators: Validators | None) -> FetchedPage | None:
        body, at = self.body, self._clock()
        self.asked.append(validators)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        if body is None:
            raise FetchError("The server answered 503.")
        current = Validators(sha256(body.encode()).hexdigest())
        if validators == current:
            self.not_modified += 1
            return None
        return FetchedPage(url, url, body.encode(), "utf-8", current, at)
