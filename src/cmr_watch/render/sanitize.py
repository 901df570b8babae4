"""Scraped words made fit to be shown: one line, no controls, a bounded length, and links that lead to the web. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final
from urllib.parse import quote, urlsplit

from cmr_watch.models import SLOT

_JOINERS: Final = frozenset("\u200c\u200d")  # emoji and some scripts are written with them
_GOES: Final = frozenset({"Cf", "Cs"})  # bidi overrides, zero width, tags; halves of characters
_IN_LINKS: Final = "/:?#[]@!$&'()*+,;=%~"
_LONGEST_LINK: Final = 2000


def clean(words: str, longest: int) -> str:
    """One line of at most `longest` characters, cut at a word."""
    words = words[: longest * 8]  # enough to cut from, whatever is thrown away
    if not words.isprintable():
        words = "".join(map(_kept, words))
    line = shortened(" ".join(words.split()), longest)
    return line.replace(SLOT, "…")  # a page must not learn anybody's token


def _kept(char: str) -> str:
    if char.isascii():
        return char if char.isprintable() else " "
    category = unicodedata.category(char)
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    return "" if category in _GOES and char not in _JOINERS else char


def shortened(line: str, longest: int) -> str:
    """The line, or as many of its words as fit before an ellipsis."""
    if len(line) <= longest:
        return line
    head, space, _ = line[:longest].rpartition(" ")
    return (head if space and len(head) > longest // 2 else line[: longest - 1]).rstrip(" ,;:–-") + "…"


def link(address: str | None) -> str | None:
    """An address that may be clicked: http(s), a host, no credentials, nothing to break out of; else None."""
    if not address or len(address) > _LONGEST_LINK:
        return None
    try:
        parts = urlsplit(address.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return None
    made = quote(parts.geturl().encode("utf-8", "replace"), safe=_IN_LINKS) if usable else None
    return None if made is None or SLOT in made else made  # nobody's token may leave with a click
