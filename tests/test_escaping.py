"""Characters that would drive a terminal, in text and in JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.escaping import escaped, json_line

ANY = st.text(
    st.characters() | st.sampled_from("\x00\x1b\x7f\x9b\u202e\u2066\u200b\ufeff\U000e0041\ud800\n\r\t\u2028\xa0")
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Lyon – Kraków 🎉", "Lyon – Kraków 🎉"),
        ("a\u009b31m", "a\\x9b31m"),
        ("a\u202eb\0c", "a\\u202eb\\x00c"),
        ("a\r\nb", "a\\r\\nb"),
        ("8\xa0am", "8\xa0am"),
    ],
)
def test_only_what_is_not_visible_is_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown


@given(ANY)
def test_escaped_text_is_one_visible_line(text: str) -> None:
    line = escaped(text)
    assert line.replace("\xa0", " ").isprintable() or all(char.isprintable() or char.isspace() for char in line)
    assert not set(line) & set("\x00\x1b\x7f\x9b\u202e\u2066\n\r\u2028")


@given(st.dictionaries(ANY, ANY))
def test_json_is_one_visible_line_with_the_same_value(value: dict[str, str]) -> None:
    line = json_line(value)
    assert json.loads(line) == value
    assert not set(line) & set("\x00\x1b\x7f\x9b\u202e\u2066\u2028")
    assert len(line.splitlines()) == 1
