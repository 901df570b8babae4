from __future__ import annotations

import re

from tests.cli.conftest import page


def shortened() -> bytes:
    """April 2024 without the nine newest editions: more than half of what was known is gone."""
    return re.sub(rb"<li>(?:(?!</li>).)*202[34].*?</li>", b"", page("2024-04"), count=9, flags=re.DOTALL)


def test_there_is_nothing_to_accept(seen):
    ran = seen.run("accept")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)


def test_a_suspect_reading_becomes_the_baseline(seen):
    assert seen.check("2024-04").code == 0
    assert seen.check(shortened()).code == 1
    assert seen.check().code == 1
    ran = seen.run("accept")
    assert ran.code == 0
    assert ran.out.startswith("read 7 editions, 1 call: nothing new since ")
    assert seen.check().code == 0
