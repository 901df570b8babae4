"""The steps of the image test, and what they expect."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.image.limits import ImageTestError


@contextmanager
def step(what: str) -> Iterator[None]:
    """Print how long a step took; if it fails, the error names it."""
    begin = time.monotonic()
    try:
        yield
    except ImageTestError as error:
        raise ImageTestError(f"failed at the step “{what}”: {error}") from None
    print(f"image test: {what} ({time.monotonic() - begin:.0f} s)", flush=True)


def expect(what: str, actual: object, expected: object) -> None:
    if actual != expected:
        raise ImageTestError(f"{what}: {actual!r}, expected {expected!r}")
