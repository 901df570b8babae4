"""The watchdog: blocks that exceed their deadline are aborted, others are not, and one thread serves them all."""

from __future__ import annotations

import threading
import time

import pytest

from cmr_watch.notify.channels.watchdog import Watchdog


def has_exited(thread: threading.Thread | None) -> bool:
    if thread is not None:
        thread.join(3)
    return thread is None or not thread.is_alive()


def test_a_block_past_its_deadline_is_aborted_repeatedly():
    aborts = threading.Semaphore(0)
    watchdog = Watchdog(aborts.release)
    with watchdog.limit(0.01):
        assert aborts.acquire(timeout=3)
        assert aborts.acquire(timeout=3), "the first call may have come before the socket was open"
    watchdog.stop()
    assert has_exited(watchdog._thread)


def test_a_block_that_ended_in_time_is_never_aborted():
    aborts: list[float] = []
    watchdog = Watchdog(lambda: aborts.append(1.0))
    for _ in range(200):
        with watchdog.limit(0.3):
            pass
    time.sleep(0.5)
    assert aborts == []
    assert has_exited(watchdog._thread)


def test_one_thread_serves_many_blocks_and_is_replaced_after_it_has_exited():
    watchdog = Watchdog(lambda: None)
    threads = set()
    with watchdog.limit(60):
        while not watchdog._wakeup._waiters:  # until the thread is waiting
            time.sleep(0.001)
    for _ in range(3):
        with watchdog.limit(60):
            threads.add(watchdog._thread)
    assert len(threads) == 1
    watchdog.stop()
    assert has_exited(threads.pop())
    with watchdog.limit(60):
        assert watchdog._thread is not None
    watchdog.stop()


def test_a_block_that_raises_is_not_aborted_afterwards():
    aborted = threading.Event()
    watchdog = Watchdog(aborted.set)
    with pytest.raises(KeyError), watchdog.limit(0.3):
        raise KeyError
    assert not aborted.wait(0.5)
