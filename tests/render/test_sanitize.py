"""Text and links from a page, link safe to show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.render.sanitize import clean, safe_link

TEXTS = [
    ("Lyon\u202e\u2066\u200f", "Lyon"),
    ("Lyon\r\nBcc: eve@example.org", "Lyon Bcc: eve@example.org"),
    ("a\u2028b\u2029c\u0085d\x0be", "a b c d e"),
    ("\x00\x1b[31mLyon\x7f", "[31mLyon"),
    ("Lyon\u00a0\u2009,  France", "Lyon , France"),
    ("Iași\u00ad\u200b\ufeff", "Iași"),
    ("half \ud83d a character", "half a character"),
    ("no\ufffe character\uffff", "no character"),
    ("👨\u200d👩\u200d👧 stay", "👨\u200d👩\u200d👧 stay"),
    ("🔔 📑 –", "🔔 📑 –"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_text(text, expected):
    assert clean(text, 100) == expected


def test_text_is_truncated_at_a_word():
    assert clean("Lyon, France: 12–13 October 2023 announced", 24) == "Lyon, France: 12–13…"
    assert clean("Llanfairpwllgwyngyllgogerychwyrndrobwll", 10) == "Llanfairp…"
    assert clean("Lyon", 4) == "Lyon"


@given(st.text(), st.integers(5, 60))
def test_the_result_is_one_line_that_can_be_shown_and_sent(text, max_length):
    line = clean(text, max_length)
    assert len(line) <= max_length
    assert line == clean(line, max_length)
    assert not {unicodedata.category(char) for char in line} & {"Cc", "Cs", "Zl", "Zp"}
    line.encode("utf-8")


LINKS = [
    ("https://example.eu/a?b=c&d=%20#e", "https://example.eu/a?b=c&d=%20#e"),
    ("HTTP://example.eu/", "http://example.eu/"),
    (" https://example.eu/a b ", "https://example.eu/a%20b"),
    ('https://example.eu/"onclick="x', "https://example.eu/%22onclick=%22x"),
    ("https://example.eu/<script>", "https://example.eu/%3Cscript%3E"),
    ("https://example.eu/é", "https://example.eu/%C3%A9"),
    ("https://example.eu/\r\nBcc: eve", "https://example.eu/Bcc:%20eve"),
    ("https://[::1]/x", "https://[::1]/x"),
    ("javascript:alert(1)", None),
    ("data:text/html,x", None),
    ("//example.eu/x", None),
    ("/x", None),
    ("https://ann:secret@example.eu/", None),
    ("https:///x", None),
    ("https://[::1", None),
    ("https://example.eu/" + "x" * 3000, None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("url", "expected"), LINKS)
def test_links(url, expected):
    assert safe_link(url) == expected


@given(st.text() | st.text().map("https://".__add__))
def test_a_safe_link_is_http_and_cannot_break_out_of_markup(url):
    link = safe_link(url)
    assert link is None or (
        link.startswith(("http://", "https://")) and link.isascii() and not set(link) & set(' "<>\n')
    )
