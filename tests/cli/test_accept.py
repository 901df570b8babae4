from __future__ import annotations

import re

from tests.cli.conftest import page


def shortened() -> bytes:
    """April 2024 without the nine newest editions: more than half of the known ones are missing."""
    return re.sub(rb"<li>(?:(?!</li>).)*202[34].*?</li>", b"", page("2024-04"), count=9, flags=re.DOTALL)


def test_without_a_suspect_reading_accept_fails(checked):
    result = checked.run("accept")
    assert (result.code, result.out, len(result.err.splitlines())) == (1, "", 1)


def test_an_accepted_reading_becomes_the_baseline(checked):
    assert checked.check("2024-04").code == 0
    assert checked.check(shortened()).code == 1
    assert checked.check().code == 1
    result = checked.run("accept")
    assert result.code == 0
    assert result.out.startswith("read 7 editions, 1 call: no changes since ")
    assert checked.check().code == 0
