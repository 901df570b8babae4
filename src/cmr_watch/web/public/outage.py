"""Reading from a store that may be out of use for a while.

A failure that takes long, because the database is locked or out of reach, must not be waited for by every reader in
turn: for as long as it took, the store is not asked again. The log says when this begins and when it ends, once each.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from cmr_watch.exceptions import StoreError

log = logging.getLogger(__name__)

T = TypeVar("T")


class OutOfUse(StoreError):
    """The store could not be read just now. The log already says so."""


class Guarded(Generic[T]):
    """Calls a function that reads from the store. OutOfUse if it fails, or has just failed. Used from several threads.

    `monotonic`: the time in seconds.
    """

    def __init__(self, read: Callable[[], T], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._monotonic = monotonic
        self._is_out_of_use = False
        self._retry_at = float("-inf")

    def __call__(self) -> T:
        asked = self._monotonic()
        if self._is_out_of_use and asked < self._retry_at:
            raise OutOfUse
        try:
            value = self._read()
        except StoreError as error:
            self._fail(error, asked)
            raise OutOfUse from error
        if self._is_out_of_use:
            log.info("web: the database can be used again")
        self._is_out_of_use = False
        return value

    def _fail(self, error: StoreError, asked: float) -> None:
        if not self._is_out_of_use:
            log.warning("web: %s", error)
        failed = self._monotonic()
        self._is_out_of_use, self._retry_at = True, failed + (failed - asked)
