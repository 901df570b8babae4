"""Words that no chat service takes for a command: pure.

Services differ in what they obey (`<!channel>`, `@everyone`, `[text](address)`, HTML), and not all of them escape.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_WORD: Final = re.compile(r"\S+")
_ADDRESS: Final = re.compile(r"https?://[^\s@]+", re.IGNORECASE)
_IN_ADDRESS: Final = str.maketrans({"@": "%40", "<": "%3C", ">": "%3E", "|": "%7C"})
_IN_PROSE: Final = str.maketrans({"@": "@\u2060", "<": "‹", ">": "›", "`": "'"})
_MARKDOWN: Final = re.compile(r"([\\_*\[\]()~`>#+=|{}.!-])")


def escape_prose(text: str) -> str:
    """The same text for the eye: a word joiner after each `@`, other brackets, links that show where they go."""
    return _word_by_word(text, _prose).replace("](", "] (")


def as_markdown(text: str) -> str:
    """Plain text for a service that knows only markdown; addresses stay whole, so that they can be clicked."""
    return _word_by_word(text, lambda word: _MARKDOWN.sub(r"\\\1", word))


def _prose(word: str) -> str:
    return word.translate(_IN_PROSE)


def _word_by_word(text: str, prose: Callable[[str], str]) -> str:
    def one(found: re.Match[str]) -> str:
        word = found[0]
        return word.translate(_IN_ADDRESS) if _ADDRESS.match(word) else prose(word)

    return _WORD.sub(one, text)
