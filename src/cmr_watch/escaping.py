"""Makes characters visible that would drive a terminal or reverse the text after them. Pure.

Control characters (C0 and C1), bidirectional overrides, invisible characters, lone surrogates.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from typing import Any


def escaped(text: str) -> str:
    r"""The text on one line, with the characters that are not printable as in Python: `\n`, `\x9b`, `\u202e`."""
    if text.isprintable():
        return text
    return "".join(char if _is_visible(char) else char.encode("unicode_escape").decode("ascii") for char in text)


def json_line(value: Any, *, only_ascii: bool = False, default: Callable[[Any], Any] | None = None) -> str:
    r"""The value as JSON on one line, with the characters that are not printable as `\u009b`."""
    line = json.dumps(value, ensure_ascii=only_ascii, default=default)
    if line.isprintable():
        return line
    return "".join(char if _is_visible(char) else json.dumps(char)[1:-1] for char in line)


def _is_visible(char: str) -> bool:
    return char.isprintable() or unicodedata.category(char) == "Zs"  # a non-breaking space is harmless
