"""Words cut to what a service takes: pure. Where they end is said, and where the rest is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

ELLIPSIS: Final = "…"
_LAST_WORD: Final = re.compile(r"\S*\Z")


def shortened(text: str, limit: int, more_url: str = "", length: Callable[[str], int] = len) -> str:
    """The text, or as many whole words of it as fit before "… " and the link to the rest.

    `length` says how long words become on their way. Only a word that is too long alone is cut within; a link that
    is too long alone is left out.
    """
    if length(text) <= limit:
        return text
    end = f"{ELLIPSIS} {more_url}" if more_url else ELLIPSIS
    if length(end) > limit:
        return shortened(text, limit, length=length) if more_url else ""
    beginning = _beginning(text, lambda words: length(words + end) <= limit)
    if more_url and _is_broken(beginning, text) and length(text.split(maxsplit=1)[0] + ELLIPSIS) <= limit:
        beginning = ""  # the word is not too long, there is only no room for it beside the link
    return beginning + end


def _beginning(text: str, fits: Callable[[str], bool]) -> str:
    """The longest that fits, of whole words; of the first word alone as many letters as fit."""
    at = _longest(text, fits)
    whole = _whole_words(text, at)
    while whole and not fits(whole):  # what is longer can become shorter on its way: the search may be a bit off
        whole = _whole_words(text, len(whole) - 1)
    return whole or _letters(text, at, fits)


def _longest(text: str, fits: Callable[[str], bool]) -> int:
    """How many characters fit, by doubling and then by halving: to ask of a long text takes long."""
    low, high = 0, 64
    while high < len(text) and fits(text[:high].rstrip()):
        low, high = high, high * 2
    high = min(high, len(text))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[:middle].rstrip()) else (low, middle - 1)
    return low


def _whole_words(text: str, at: int) -> str:
    inside = 0 < at < len(text) and not text[at - 1].isspace() and not text[at].isspace()
    beginning = text[: max(at, 0)]
    return (_LAST_WORD.sub("", beginning) if inside else beginning).rstrip()


def _letters(text: str, at: int, fits: Callable[[str], bool]) -> str:
    while at > 0 and not fits(text[:at].rstrip()):
        at -= 1
    return text[:at].rstrip()


def _is_broken(beginning: str, text: str) -> bool:
    """Whether it ends within a word of the text."""
    return bool(beginning and text[len(beginning) :][:1].strip())
