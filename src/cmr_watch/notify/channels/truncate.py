"""Truncation of a text to the length that a service accepts. Pure.

A truncated text ends with an ellipsis, and with a link to the full text where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

ELLIPSIS: Final = "…"
_LAST_WORD: Final = re.compile(r"\S*\Z")


def truncated(text: str, limit: int, more_url: str = "", length: Callable[[str], int] = len) -> str:
    """The text if it fits, otherwise as many whole words as fit, followed by "…" and the link to the full text.

    `length` measures a text as the service will receive it, for example after escaping. A word is cut only if it is
    the first one and does not fit even without the link; a link that does not fit is left out.
    """
    if length(text) <= limit:
        return text
    end = f"{ELLIPSIS} {more_url}" if more_url else ELLIPSIS
    if length(end) > limit:
        return truncated(text, limit, length=length) if more_url else ""
    beginning = _longest_beginning(text, lambda candidate: length(candidate + end) <= limit)
    if more_url and _ends_within_word(beginning, text) and length(text.split(maxsplit=1)[0] + ELLIPSIS) <= limit:
        beginning = ""  # the first word would fit without the link, so it is dropped rather than cut
    return beginning + end


def _longest_beginning(text: str, fits: Callable[[str], bool]) -> str:
    """The longest beginning of whole words that fits; if not even the first word fits, as many of its letters as do."""
    letters = text[: _longest_fitting_length(text, fits)]  # never ends just before a space: that would fit as well
    words = _without_last_word(letters)
    while words and not fits(words):  # a shorter text can measure longer, once it is converted
        words = _without_last_word(words)
    return words or letters.rstrip()


def _longest_fitting_length(text: str, fits: Callable[[str], bool]) -> int:
    """The number of characters that fit: doubling, then bisection, because measuring a long text is slow."""
    low, high = 0, 64
    while high < len(text) and fits(text[:high].rstrip()):
        low, high = high, high * 2
    high = min(high, len(text))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[:middle].rstrip()) else (low, middle - 1)
    return low


def _without_last_word(text: str) -> str:
    """The text without the word that it ends in; if it ends in a space, only without the space."""
    return _LAST_WORD.sub("", text).rstrip()


def _ends_within_word(beginning: str, text: str) -> bool:
    return bool(beginning and text[len(beginning) :][:1].strip())
