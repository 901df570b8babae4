"""Makes text and links from a page safe to show. Pure.

Text becomes one line of bounded length without control characters; links lead to http(s) addresses only.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import quote, urlsplit

from cmr_watch.languages import ENGLISH
from cmr_watch.models.muting import MUTE_SLOT
from cmr_watch.models.recipients import TOKEN_SLOT
from cmr_watch.render.i18n import language

_JOINERS: Final = frozenset("\u200c\u200d")  # used by emoji and by some scripts
_REMOVED_CATEGORIES: Final = frozenset({"Cf", "Cs"})  # bidi overrides, zero-width characters, tags; lone surrogates
_KEPT_SPACES: Final = "\u00a0\u202f"
"""Spaces at which no line is broken, such as before a colon in French. No English text of ours has one."""
_PLAIN_SPACES: Final = dict.fromkeys(map(ord, _KEPT_SPACES), " ")
_SPACES: Final = re.compile(rf"[^\S{_KEPT_SPACES}]+")
_NO_CHARACTERS: Final = frozenset("\ufffe\uffff")  # XML, and so Atom and SVG, does not allow them
_SAFE_IN_LINKS: Final = "/:?#[]@!$&'()*+,;=%~"
_MAX_LINK_LENGTH: Final = 2000
_MAIL_ADDRESS: Final = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}")


def clean(text: str, max_length: int) -> str:
    """One line of at most `max_length` characters, truncated at a word."""
    text = text[: max_length * 8]  # bounds the work, and leaves enough after characters are removed
    words = text.split() if text.isprintable() else _words(text)
    line = truncate(" ".join(words), max_length)
    # the slots are filled with the recipient's tokens, which a page must not receive
    return line.replace(TOKEN_SLOT, "…").replace(MUTE_SLOT, "…")


def _words(text: str) -> list[str]:
    """The words of a text with characters that are not to be shown. Spaces that keep words together are kept."""
    text = "".join(map(_replacement, text))
    return text.translate(_PLAIN_SPACES).split() if language() == ENGLISH else _SPACES.split(text.strip())


def _replacement(char: str) -> str:
    if char.isascii():
        return char if char.isprintable() else " "
    category = unicodedata.category(char)
    if char in _KEPT_SPACES:
        return char
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    is_removed = category in _REMOVED_CATEGORIES or char in _NO_CHARACTERS
    return "" if is_removed and char not in _JOINERS else char


def truncate(line: str, max_length: int) -> str:
    """The line, or as many of its words as fit before an ellipsis."""
    if len(line) <= max_length:
        return line
    head, space, _ = line[:max_length].rpartition(" ")
    return (head if space and len(head) > max_length // 2 else line[: max_length - 1]).rstrip(" ,;:–-") + "…"


def safe_mail_link(text: str) -> str:
    """The `mailto:` URL of a text that is nothing but a plain mail address; otherwise empty."""
    return f"mailto:{text}" if _MAIL_ADDRESS.fullmatch(text) else ""


def safe_link(url: str | None) -> str | None:
    """The URL, percent-encoded, if it is http(s) with a host and without credentials; otherwise None."""
    if not url or len(url) > _MAX_LINK_LENGTH:
        return None
    try:
        parts = urlsplit(url.strip())
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return None
    encoded = quote(parts.geturl().encode("utf-8", "replace"), safe=_SAFE_IN_LINKS) if is_usable else None
    # see `clean`: the tokens would leave with a click
    has_slot = encoded is not None and (TOKEN_SLOT in encoded or MUTE_SLOT in encoded)
    return None if has_slot else encoded
