"""The signals that ask a command to stop: wherever they come, nothing hangs, and none is missed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import pytest

from cmr_watch.cli.signals import StopSignals

MOST_INSTRUCTIONS = 80
"""More than a call of `wait` executes."""
LONG = 60.0
FORK = f"""
import os, signal, sys, time
from cmr_watch.cli.signals import StopSignals

def require_blocked():
    assert set(StopSignals.numbers) <= signal.pthread_sigmask(signal.SIG_BLOCK, []), "a signal would be discarded"

os.register_at_fork(after_in_child=require_blocked)
with StopSignals() as signals:
    child = signals.fork()
    if child == 0:
        signals.wait({LONG})
        os._exit(0 if signals.stop else 3)
    time.sleep(0.05)
    signal.raise_signal(signal.SIGTERM)
    time.sleep(0.2)
    assert signals.stop and os.waitpid(child, os.WNOHANG) == (0, 0), "the child has taken the signal of its parent"
    os.kill(child, signal.SIGTERM)
    assert os.waitpid(child, 0)[1] == 0
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, [])
"""


@contextmanager
def at_most_seconds(seconds: float) -> Iterator[None]:
    def fail(*_: object) -> NoReturn:
        raise AssertionError("it hangs")

    previous = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@contextmanager
def signal_before_instruction(number: int) -> Iterator[list[int]]:
    """Send SIGTERM before an instruction of what is called in this block. Yields the instructions, counted."""
    executed: list[int] = []

    def trace(frame: FrameType, what: str, _argument: Any) -> Any:
        frame.f_trace_opcodes = True
        if what == "opcode":
            executed.append(len(executed))
            if len(executed) == number:
                signal.raise_signal(signal.SIGTERM)
        return trace

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 asks for it here
    sys.settrace(trace)
    try:
        yield executed
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("instruction", range(1, MOST_INSTRUCTIONS))
def test_a_signal_ends_the_wait_wherever_it_comes(instruction: int) -> None:
    with StopSignals() as signals, at_most_seconds(10):
        with signal_before_instruction(instruction) as executed:
            signals.wait(0.001)
        if len(executed) >= instruction:
            assert signals.stop
            signals.wait(LONG)


def test_instructions_are_counted() -> None:
    """Otherwise, no signal would be sent where it matters."""
    with StopSignals() as signals, signal_before_instruction(0) as executed:
        signals.wait(0.001)
    assert 10 < len(executed) < MOST_INSTRUCTIONS


def test_a_signal_ends_a_long_wait() -> None:
    with StopSignals() as signals, at_most_seconds(10):
        sender = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
        sender.start()
        signals.wait(LONG)
        sender.join()
        assert signals.stop


def test_a_signal_of_another_thread_ends_a_long_wait() -> None:
    """The system may deliver it to any thread, and it interrupts a system call only in that thread."""
    with StopSignals() as signals, at_most_seconds(10):
        sender = threading.Timer(0.05, signal.raise_signal, (signal.SIGTERM,))
        sender.start()
        signals.wait(LONG)
        sender.join()
        assert signals.stop


def test_more_signals_than_fit_are_one() -> None:
    class Counting(StopSignals):
        count = 0

        def handle(self, number: int, _frame: object) -> None:
            self.count += 1

    with Counting() as signals, at_most_seconds(30):
        for _ in range(5_000):
            signal.raise_signal(signal.SIGTERM)
        signals.wait(LONG)
    assert signals.count == 5_000


@pytest.mark.parametrize("seconds", [0, 0.05])
def test_without_a_signal_it_waits_as_long_as_it_should(seconds: float) -> None:
    with StopSignals() as signals:
        started = time.monotonic()
        signals.wait(seconds)
        assert time.monotonic() - started >= seconds
    assert not signals.stop


def test_a_process_that_was_forked_gets_its_own_signals() -> None:
    forked = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=LONG, check=False)
    assert (forked.returncode, forked.stderr) == (0, "")


def test_what_was_handled_before_is_handled_again() -> None:
    before = [signal.getsignal(number) for number in StopSignals.numbers]
    with StopSignals():
        assert [signal.getsignal(number) for number in StopSignals.numbers] != before
    assert [signal.getsignal(number) for number in StopSignals.numbers] == before
    assert signal.set_wakeup_fd(-1) == -1
