"""How many replies the clients of one network may cause to be made: those that are kept cost nothing.

A token bucket per network. The networks that were seen last are remembered, so that no number of them can fill the
memory; one that is forgotten begins with a full bucket.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final

from cmr_watch.exceptions import CmrWatchError

_NETWORKS: Final = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Exhausted(CmrWatchError):
    """A network has used up its budget."""


class Budget:
    """`burst` at once, then `rate` a second. Used from several threads."""

    def __init__(self, rate: float = 10.0, burst: float = 60.0) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = Lock()

    def spend(self, network: str, at: float) -> None:
        """Take one token of a network at a time in seconds. Exhausted if none is left."""
        if not self.take(network, at):
            raise Exhausted

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
