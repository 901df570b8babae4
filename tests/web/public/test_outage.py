"""Reading from a store that is out of use for a while."""

from __future__ import annotations

import logging

import pytest

from cmr_watch.exceptions import StoreUnavailable
from cmr_watch.web.public.outage import Guarded, OutOfUse


class Store:
    """A store that can be locked: then it takes five seconds to fail."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.is_locked = False
        self.reads = 0
        self.read = Guarded(self._read, lambda: self.seconds)

    def _read(self) -> str:
        self.reads += 1
        if self.is_locked:
            self.seconds += 5
            raise StoreUnavailable("the database is locked")
        return "7"


@pytest.fixture
def store() -> Store:
    return Store()


def test_a_store_that_works_is_read_each_time(store: Store) -> None:
    assert [store.read(), store.read()] == ["7", "7"]
    assert store.reads == 2


def test_a_locked_store_is_left_alone_for_as_long_as_it_took_to_fail(store: Store) -> None:
    store.is_locked = True
    for _ in range(10):
        with pytest.raises(OutOfUse):
            store.read()
    assert (store.reads, store.seconds) == (1, 105)
    store.seconds += 4.9
    store.is_locked = False
    with pytest.raises(OutOfUse):
        store.read()
    store.seconds += 0.2
    assert store.read() == "7"


def test_the_log_says_once_when_it_begins_and_once_when_it_ends(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "cmr_watch")
    for is_locked in (True, True, True, False, False):
        store.is_locked = is_locked
        store.seconds += 10
        if is_locked:
            with pytest.raises(OutOfUse):
                store.read()
        else:
            store.read()
    assert caplog.messages == ["web: the database is locked", "web: the database can be used again"]
