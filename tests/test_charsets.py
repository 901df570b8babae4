"""Bytes to text: UTF-8 under any label, charsets that a page declares, and what only looks like a declaration."""

from __future__ import annotations

import encodings.aliases
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cmr_watch.charsets import decode

KITTILA = "<p>Kittilä – Iași</p>"
BYTES = [
    (KITTILA.encode(), None, "ä"),
    (KITTILA.encode(), "iso-8859-1", "ä"),
    ("Kittilä".encode("latin-1"), "iso-8859-1", "ä"),
    ("Kittilä".encode("latin-1"), None, "\ufffd"),
    (b"\xef\xbb\xbf" + KITTILA.encode(), "iso-8859-1", "ä"),
    (b"\xff\xfe" + KITTILA.encode("utf-16-le"), None, "ä – Iași"),
    (KITTILA.encode("utf-16-le"), "utf-16", "ä – Iași"),
    (KITTILA.encode("utf-16-be"), None, "ä – Iași"),
    (KITTILA.encode("iso8859-16", "replace"), "iso8859-16", "ä"),
    (b"<!--" + b"x" * 5_000 + b'--><meta charset="cp1250">' + "Kittilä".encode("cp1250"), None, "ä"),
    (KITTILA.encode("utf-16-le").decode("utf-8", "replace").encode(), None, "Kittil\ufffd"),
    (b"Kit\0til\x01\xc3\xa4", None, "Kittilä"),
    (KITTILA.encode(), "no-such-charset", "ä"),
    (KITTILA.encode(), "rot13", "ä"),
    (KITTILA.encode(), "idna", "ä"),
    (KITTILA.encode(), "utf-16", "ä"),
    (KITTILA.encode(), "\0", "ä"),
    (b"<p>8-9 November", "cp037", "<p>8-9 November"),  # EBCDIC reads no markup
    ("Łódź".encode("cp1250"), "x-cp1250", "Łódź"),
    (b"8\x969 November", "iso-8859-1", "8–9 November"),  # as browsers read that label
    ("<p>Târgu Mureș</p>".encode() + b"\xe9" + "<p>Iași</p>".encode(), "iso-8859-9", "Târgu Mureș"),
]


@pytest.mark.parametrize(("content", "charset", "expected"), BYTES)
def test_charsets(content: bytes, charset: str | None, expected: str) -> None:
    assert expected in decode(content, charset)


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

NAMES = (
    "Târgu Mureș, Romania",
    "Kraków, Poland – 12–13 March",
    "Rēzekne, Latvia",
    "Šiauliai, Lithuania",
    "Gyöngyös, Hungary",
    "Jyväskylä, Finland",
    "Πάτρα, Greece",
    "София, Bulgaria",
    "Рівне, Ukraine",
    "İzmir, Türkiye",
    "Ñuñoa “Ä”",
    "Ħal Tarxien, Malta",
)
LABELS = sorted(set(encodings.aliases.aliases) | {"latin-1", "utf-8", "x-user-defined", "none", ""})
LANGUAGES = [
    (name, charset)
    for name in NAMES
    for charset in (
        *(f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 7, 9, 10, 13, 14, 15, 16)),
        *(f"cp125{part}" for part in (0, 1, 2, 3, 4, 7, 8)),
        *("koi8-r", "koi8-u", "mac-roman", "mac-latin2", "cp437", "cp850", "cp852", "gb18030"),
    )
    if name.encode(charset, "ignore").decode(charset) == name
]


@pytest.mark.parametrize("name", NAMES)
def test_utf8_beats_every_label(name: str) -> None:
    for label in LABELS:
        text = f'<meta charset="{label}"><p>{name}'
        assert decode(text.encode(), label) == decode(text.encode(), None) == text, label


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))), st.sampled_from(LABELS))
@example("~{", "hz")
def test_any_text_with_letters_beyond_ascii(text: str, label: str) -> None:
    text = f"{text}ș"
    assert decode(f"<p>{text}".encode(), label) == f"<p>{text}"


@pytest.mark.parametrize(("name", "charset"), LANGUAGES)
def test_a_charset_that_is_right_is_used(name: str, charset: str) -> None:
    meta = f"<meta charset={charset}>"
    assert decode(name.encode(charset), charset) == name
    assert decode((meta + name).encode(charset), None) == meta + name


@given(st.binary(max_size=300), st.sampled_from(LABELS) | st.text(max_size=20))
def test_any_bytes_become_text(content: bytes, label: str) -> None:
    assert isinstance(decode(content, label), str)


# ── only a real meta element declares a charset ──────────────────────────────────────────────────────────────────────

POLISH = "Łódź".encode("cp1250")
META = "<meta charset=windows-1250>"
NO_META = [
    "<!-- <meta charset=koi8-r> -->",
    "<!--><!-- <meta charset=koi8-r> -->",
    "<script>var a = '<meta charset=koi8-r>'</script>",
    "<style><meta charset=koi8-r></style>",
    "<title><meta charset=koi8-r></title>",
    "<textarea><meta charset=koi8-r></textarea>",
    "<template><meta charset=koi8-r></template>",
    "<noscript><meta charset=koi8-r></noscript>",
    '<meta name="description" content="write charset=koi8-r, or <meta charset=koi8-r>">',
    '<meta name="description" content="text/html; charset=koi8-r">',
    '<meta property="og:title" content="charset = koi8-r">',
    '<meta data-charset="koi8-r">',
    '<meta data-x="charset=koi8-r">',
    "<meta charset2=koi8-r>",
    '<meta accept-charset="koi8-r">',
    '<div title="<meta charset=koi8-r>">',
    '<link charset="koi8-r" href="x.css">',
    '<script charset="koi8-r" src="x.js"></script>',
    '<form accept-charset="koi8-r">',
    "<metadata charset=koi8-r>",
    "<meta-x charset=koi8-r>",
    "</meta charset=koi8-r>",
    "<!meta charset=koi8-r>",
    "<meta charset=no-such-charset>",
    "<meta charset>",
    "<p>charset=koi8-r &lt;meta charset=koi8-r></p>",
]


@pytest.mark.parametrize("decoy", NO_META)
def test_what_only_looks_like_a_declaration(decoy: str) -> None:
    assert decode(f"<html><head>{decoy}{META}".encode() + POLISH, None).endswith("Łódź")


@given(st.lists(st.sampled_from(NO_META)).map("\n".join))
def test_decoys_in_any_number_change_nothing(decoys: str) -> None:
    assert decode(f"{decoys}{META}".encode() + POLISH, None).endswith("Łódź")


@pytest.mark.parametrize(
    "meta",
    [
        '<META CHARSET="Windows-1250">',
        "<meta\n  charset = ' windows-1250 '/>",
        "<meta name=x charset=cp1250>",
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1250">',
        "<meta content='text/html;charset = \"windows-1250\"' http-equiv=content-type />",
        "<meta charset=windows-1250 charset=koi8-r>",
        "<meta charset=windows-1250><meta charset=koi8-r>",
        "<body><p>text<meta charset=windows-1250>",
        '<meta title="a > b" charset=windows-1250>',
        '<?xml version="1.0" encoding="windows-1250"?><html>',
    ],
)
def test_real_declarations(meta: str) -> None:
    assert decode(meta.encode() + POLISH, None).endswith("Łódź")


@pytest.mark.parametrize(
    "piece", [b"<", b"<meta ", b"<meta charset=x>", b"<!--", b"<meta a='", b"<meta =", b"<script>", b"<template>"]
)
def test_hostile_heads_are_scanned_quickly(piece: bytes) -> None:
    started = time.process_time()
    decode(piece * (5 * 2**20 // len(piece)) + b"charset", None)
    assert time.process_time() - started < 5
