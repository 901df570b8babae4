"""How many replies the clients of one network may cause to be made: those that are kept cost nothing.

A token bucket per network. The networks that were seen last are remembered, so that no number of them can fill the
memory; one that is forgotten begins with a full bucket.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

_NETWORKS: Final = 10_000
_TOKEN: Final = 0.01
"""Seconds of processor time for one token: a page takes less."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Budget:
    """`burst` tokens at once, then `rate` a second. Used from one thread.

    A reply costs one token for each 10 ms of processor time, and at least one: so no network can use more than a tenth
    of a processor.
    """

    def __init__(self, rate: float = 10.0, burst: float = 60.0) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, network: str, at: float) -> bool:
        """Take one token of a network at a time in seconds; False if none is left."""
        bucket = self._buckets.pop(network, None) or _Bucket(self._burst, at)
        bucket.tokens = min(self._burst, bucket.tokens + (at - bucket.filled_at) * self._rate)
        bucket.filled_at = at
        self._buckets[network] = bucket
        if len(self._buckets) > _NETWORKS:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def charge(self, network: str, seconds: float) -> None:
        """Take the tokens for what a reply cost, in seconds of processor time; what is missing is paid back later."""
        if bucket := self._buckets.get(network):
            bucket.tokens -= max(0.0, seconds / _TOKEN - 1)
