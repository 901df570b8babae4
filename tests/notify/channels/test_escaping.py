"""Escaping: mentions, commands and markup have no effect, and ordinary text stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.notify.channels.escaping import escape_markdown, escape_prose

EXAMPLES = [
    ("<!channel> hear", "‹!channel› hear"),
    ("<@U123|ann>", "‹@\u2060U123|ann›"),
    ("@everyone @here", "@\u2060everyone @\u2060here"),
    ("(@all)", "(@\u2060all)"),
    ("Ada <ada.b+x@example.org>.", "Ada ‹ada.b+x@example.org›."),
    ("contact ada@example.org, or", "contact ada@example.org, or"),
    ("@ada@example.org", "@\u2060ada@\u2060example.org"),
    ("ada@región.es", "ada@región.es"),
    ("x@everyone.org x@all.org x@allianz.eu", "x@\u2060everyone.org x@\u2060all.org x@allianz.eu"),
    ("ada@example.org@everyone", "ada@\u2060example.org@\u2060everyone"),
    ("<script>alert(1)</script>", "‹script›alert(1)‹/script›"),
    ("[Apply](https://evil.example)", "[Apply] (https://evil.example)"),
    ("```x```", "'''x'''"),
    ('=HYPERLINK("https://evil.example")', '=HYPERLINK("https://evil.example")'),
    ("see https://example.eu/a_b/@me?x=1&y=2", "see https://example.eu/a_b/%40me?x=1&y=2"),
    ("https://example.eu/<!here|now>", "https://example.eu/%3C!here%7Cnow%3E"),
    ("https:// @everyone", "https:// @\u2060everyone"),
    ("Kraków, Poland, 11–12 December 2023: announced\n", "Kraków, Poland, 11–12 December 2023: announced\n"),
]


@pytest.mark.parametrize(("text", "expected"), EXAMPLES)
def test_examples(text, expected):
    assert escape_prose(text) == expected


@given(st.text(alphabet="@<>!hereveryon :/ps|[]()`\n") | st.text())
def test_no_command_survives_and_escaping_again_changes_nothing_visible(text):
    escaped = escape_prose(text)
    assert not set("<>`") & set(escaped)
    assert "](" not in escaped
    assert "@everyone" not in escaped
    assert "@here" not in escaped
    assert escape_prose(escaped).replace("\u2060", "") == escaped.replace("\u2060", "")


def test_markdown_is_escaped_except_in_urls():
    text = "Call *open*: 2024-2025\nhttps://example.eu/a_b-c"
    assert escape_markdown(text) == "Call \\*open\\*: 2024\\-2025\nhttps://example.eu/a_b-c"
