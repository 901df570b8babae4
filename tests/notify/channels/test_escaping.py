from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.notify.channels.escaping import as_markdown, escape_prose

WORDS = [
    ("<!channel> hear", "‹!channel› hear"),
    ("<@U123|ann>", "‹@\u2060U123|ann›"),
    ("@everyone @here", "@\u2060everyone @\u2060here"),
    ("(@all)", "(@\u2060all)"),
    ("<script>alert(1)</script>", "‹script›alert(1)‹/script›"),
    ("[Apply](https://evil.example)", "[Apply] (https://evil.example)"),
    ("```x```", "'''x'''"),
    ('=HYPERLINK("https://evil.example")', '=HYPERLINK("https://evil.example")'),
    ("see https://example.eu/a_b/@me?x=1&y=2", "see https://example.eu/a_b/%40me?x=1&y=2"),
    ("https://example.eu/<!here|now>", "https://example.eu/%3C!here%7Cnow%3E"),
    ("https:// @everyone", "https:// @\u2060everyone"),
    ("Kraków, Poland, 11–12 December 2023: announced\n", "Kraków, Poland, 11–12 December 2023: announced\n"),
]


@pytest.mark.parametrize(("text", "expected"), WORDS)
def test_words(text, expected):
    assert escape_prose(text) == expected


@given(st.text(alphabet="@<>!hereveryon :/ps|[]()`\n") | st.text())
def test_nothing_commands_and_twice_is_once(text):
    made = escape_prose(text)
    assert not set("<>`") & set(made)
    assert "](" not in made
    assert "@e" not in made
    assert "@h" not in made
    assert escape_prose(made).replace("\u2060", "") == made.replace("\u2060", "")


def test_markdown_keeps_addresses_whole():
    text = "Call *open*: 2024-2025\nhttps://example.eu/a_b-c"
    assert as_markdown(text) == "Call \\*open\\*: 2024\\-2025\nhttps://example.eu/a_b-c"
