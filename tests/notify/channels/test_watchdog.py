from __future__ import annotations

import threading
import time

import pytest

from cmr_watch.notify.channels.watchdog import Watchdog


def settled(thread: threading.Thread | None) -> bool:
    if thread is not None:
        thread.join(3)
    return thread is None or not thread.is_alive()


def test_what_takes_too_long_is_cut_until_it_ends():
    cut = threading.Semaphore(0)
    dog = Watchdog(cut.release)
    with dog.watching(0.01):
        assert cut.acquire(timeout=3)
        assert cut.acquire(timeout=3), "again, for what was not there yet"
    dog.dismiss()
    assert settled(dog._thread)


def test_nothing_is_cut_after_its_end():
    cuts: list[float] = []
    dog = Watchdog(lambda: cuts.append(1.0))
    for _ in range(200):
        with dog.watching(0.3):
            pass
    time.sleep(0.5)
    assert cuts == []
    assert settled(dog._thread)


def test_one_thread_for_many_jobs_and_a_new_one_after_it_went():
    dog = Watchdog(lambda: None)
    threads = set()
    with dog.watching(60):
        while not dog._changed._waiters:  # the thread is there, and asleep
            time.sleep(0.001)
    for _ in range(3):
        with dog.watching(60):
            threads.add(dog._thread)
    assert len(threads) == 1
    dog.dismiss()
    assert settled(threads.pop())
    with dog.watching(60):
        assert dog._thread is not None
    dog.dismiss()


def test_a_job_that_raises_is_over():
    cut = threading.Event()
    dog = Watchdog(cut.set)
    with pytest.raises(KeyError), dog.watching(0.3):
        raise KeyError
    assert not cut.wait(0.5)
