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
STOPPED = 10
FORK = f"""
import os, signal, sys, time
from cmr_watch.cli.signals import StopSignals
with StopSignals() as signals:
    child = signals.fork()
    if child == 0:
        signals.wait({LONG})
        os._exit({STOPPED} if signals.stop else 1)
    time.sleep(float(sys.argv[1]))
    os.kill(child, signal.SIGTERM)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.exit(2 if signals.stop else code)
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
    """The system may give it to any thread, and only in that one, it interrupts a call."""
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


@pytest.mark.parametrize("delay", ["0", "0.001", "0.05"])
def test_a_process_that_was_forked_gets_its_own_signals(delay: str) -> None:
    forked = subprocess.run([sys.executable, "-c", FORK, delay], timeout=LONG, check=False)
    assert forked.returncode == STOPPED


def test_what_was_handled_before_is_handled_again() -> None:
    before = [signal.getsignal(number) for number in StopSignals.numbers]
    with StopSignals():
        assert [signal.getsignal(number) for number in StopSignals.numbers] != before
    assert [signal.getsignal(number) for number in StopSignals.numbers] == before
    assert signal.set_wakeup_fd(-1) == -1
