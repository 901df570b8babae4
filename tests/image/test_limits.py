"""The limits of the image test: they grow with the load, and say what took too long."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

from tests.image.limits import ImageTestError, Limits

FOREVER = [sys.executable, "-c", "import time; time.sleep(600)"]


def measured(*seconds: float) -> Limits:
    """Limits on a machine that takes these times for the known command, one after the other."""
    times = chain(seconds, repeat(seconds[-1]))
    return Limits(lambda: next(times))


def test_a_command_that_takes_too_long_is_named_in_a_sentence() -> None:
    with pytest.raises(ImageTestError) as caught:
        measured(0.01, 0.02).run(FOREVER, 10)
    sentence, explanation = str(caught.value).splitlines()
    assert sentence.startswith("gave up after 0.2 seconds, waiting until this command ends: ")
    assert sentence.endswith("import time; time.sleep(600)")
    assert explanation == (
        "(the limit is 10 times as long as `pip --version` takes here, which is 0.02 seconds at the moment)"
    )


def test_a_limit_grows_when_the_machine_becomes_slower() -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(0.5)"]
    assert measured(0.01, 10.0).run(sleep, 10).code == 0


def test_a_limit_never_shrinks_below_the_slowest_measurement() -> None:
    limits = measured(10.0)
    assert all(9 < left <= 10 for left in first(3, limits.until("something happens", 1)))


def test_a_limit_that_users_are_promised_only_grows() -> None:
    assert measured(0.3).at_least(10, 30) == 10
    assert measured(0.3, 2.0).at_least(10, 30) == 60


def test_the_seconds_that_a_step_takes_in_any_case_are_added() -> None:
    assert all(99 < left <= 101 for left in first(3, measured(1.0).until("a minute has passed", 41, fixed=60)))


def test_waiting_ends_as_soon_as_the_condition_is_true() -> None:
    answers = iter([False, True])
    measured(1.0).wait("the answer is yes", lambda: next(answers))


def test_a_condition_that_never_becomes_true_is_named() -> None:
    with pytest.raises(ImageTestError, match=r"gave up after 0\.\d seconds, waiting until the mail arrives\n"):
        measured(0.01, 0.01).wait("the mail arrives", lambda: False, 10)


def test_the_children_of_a_command_end_with_it(tmp_path: Path) -> None:
    script = f"sleep 600 & echo $! >{tmp_path / 'pid'}; wait"
    with pytest.raises(ImageTestError):
        measured(0.5, 0.5).run(["sh", "-c", script], 2)
    child = Path("/proc", (tmp_path / "pid").read_text().strip(), "stat")
    measured(1.0).wait("the child has ended", lambda: not child.exists() or ") Z " in child.read_text(), 30)


def first(count: int, values: Iterator[float]) -> list[float]:
    return [next(values) for _ in range(count)]
