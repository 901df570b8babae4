"""Cursors name a change, and nothing else is one."""

from __future__ import annotations

import re

import pytest

from cmr_watch.cursors import PATTERN, cursor_of, place_of


@pytest.mark.parametrize("change_id", [0, 1, 412, 10**9 - 1])
def test_a_cursor_names_its_change(change_id: int) -> None:
    assert place_of(cursor_of(change_id)) == change_id
    assert re.fullmatch(PATTERN, cursor_of(change_id))


@pytest.mark.parametrize("text", ["", "412", "c", "c-1", "c1 ", "c1\n", "c1.0", "C1", "c" + "9" * 10, "c٣", "c0x1"])
def test_other_texts_are_no_cursors(text: str) -> None:
    assert place_of(text) is None
