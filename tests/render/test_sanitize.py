from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.render.sanitize import clean, link

WORDS = [
    ("Lyon\u202e\u2066\u200f", "Lyon"),
    ("Lyon\r\nBcc: eve@example.org", "Lyon Bcc: eve@example.org"),
    ("a\u2028b\u2029c\u0085d\x0be", "a b c d e"),
    ("\x00\x1b[31mLyon\x7f", "[31mLyon"),
    ("Lyon\u00a0\u2009,  France", "Lyon , France"),
    ("Iași\u00ad\u200b\ufeff", "Iași"),
    ("half \ud83d a character", "half a character"),
    ("👨\u200d👩\u200d👧 stay", "👨\u200d👩\u200d👧 stay"),
    ("🔔 📑 –", "🔔 📑 –"),
    ("", ""),
]


@pytest.mark.parametrize(("words", "expected"), WORDS)
def test_words(words, expected):
    assert clean(words, 100) == expected


def test_cut_at_a_word():
    assert clean("Lyon, France: 12–13 October 2023 announced", 24) == "Lyon, France: 12–13…"
    assert clean("Llanfairpwllgwyngyllgogerychwyrndrobwll", 10) == "Llanfairp…"
    assert clean("Lyon", 4) == "Lyon"


@given(st.text(), st.integers(5, 60))
def test_one_line_that_can_be_shown_and_sent(words, longest):
    line = clean(words, longest)
    assert len(line) <= longest
    assert line == clean(line, longest)
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


@pytest.mark.parametrize(("address", "expected"), LINKS)
def test_links(address, expected):
    assert link(address) == expected


@given(st.text() | st.text().map("https://".__add__))
def test_a_link_leads_to_the_web_or_nowhere(address):
    made = link(address)
    assert made is None or (
        made.startswith(("http://", "https://")) and made.isascii() and not set(made) & set(' "<>\n')
    )
