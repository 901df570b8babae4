"""How many replies the clients of one network may cause to be made: those that are kept cost nothing.

A token bucket per network. The networks that were seen last are remembered, so that no number of them can fill the
memory; one that is forgotten begins with a full bucket.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Final

from cmr_watch.exceptions import CmrWatchError

_NETWORKS: Final = 10_000
_TOKEN: Final = 0.01
"""Seconds of processor time for one token: a page takes less."""
_MOST: Final = 20.0
"""Tokens for one reply. The first ones after a start also load templates and catalogues, for all that come later."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Exhausted(CmrWatchError):
    """A network has used up its budget."""


class Budget:
    """`burst` tokens at once, then `rate` a second. Used from several threads.

    A reply costs one token for each 10 ms of processor time, at least one and at most 20: so no network can use more
    than a tenth of a processor for long.
    """

    def __init__(self, rate: float = 10.0, burst: float = 60.0) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def paid_by(self, network: str) -> Iterator[None]:
        """A network pays for what is done within. Exhausted if it has nothing left."""
        if not self.take(network, time.monotonic()):
            raise Exhausted
        start = time.thread_time()
        try:
            yield
        finally:
            self.charge(network, time.thread_time() - start)

    def take(self, network: str, at: float) -> bool:
        """Take one token of a network at a time in seconds; False if none is left."""
        with self._lock:
            bucket = self._buckets.pop(network, None) or _Bucket(self._burst, at)
            bucket.tokens = min(self._burst, bucket.tokens + max(at - bucket.filled_at, 0) * self._rate)
            bucket.filled_at = max(at, bucket.filled_at)
            self._buckets[network] = bucket
            if len(self._buckets) > _NETWORKS:
                self._buckets.popitem(last=False)
            if bucket.tokens < 1:
                return False
            bucket.tokens -= 1
            return True

    def charge(self, network: str, seconds: float) -> None:
        """Take the tokens for what a reply cost, in seconds of processor time; what is missing is paid back later."""
        with self._lock:
            if bucket := self._buckets.get(network):
                bucket.tokens -= min(max(0.0, seconds / _TOKEN - 1), _MOST - 1)
