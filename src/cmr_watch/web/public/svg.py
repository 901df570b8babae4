"""Pieces of SVG as text, and how wide text is. Pure. Every label may be hostile, so it is cleaned and escaped here."""

from __future__ import annotations

import unicodedata
from html import escape
from typing import Final

from cmr_watch.render.sanitize import clean

_NARROW: Final = frozenset("fijlrtIJ1 .,:;!'’|()[]-·")
_WIDE: Final = frozenset("mwMWOQGD@%—…")


def text(words: str, max_length: int) -> str:
    """Words for the content of an element or an attribute: one line, without control characters, escaped."""
    return escape(clean(words, max_length), quote=True)


def element(name: str, content: str = "", **attributes: object) -> str:
    """An element; `class_` is its class, None leaves an attribute out. Values must not need escaping."""
    given = {key.strip("_").replace("_", "-"): value for key, value in attributes.items() if value is not None}
    head = "".join(f' {key}="{value}"' for key, value in given.items())
    return f"<{name}{head}>{content}</{name}>" if content else f"<{name}{head}/>"


def width(words: str, font_size: float) -> float:
    """About how wide a line of bold Arial is, rather too much than too little."""
    return font_size * sum(map(_em, words))


def _em(char: str) -> float:
    if char in _NARROW:
        return 0.36
    if char in _WIDE or char.isupper():
        return 0.95 if char in _WIDE else 0.74
    if char.isascii() or unicodedata.name(char, "").startswith(("LATIN", "GREEK", "CYRILLIC")):
        return 0.62
    return 0.0 if unicodedata.combining(char) else 1.1
