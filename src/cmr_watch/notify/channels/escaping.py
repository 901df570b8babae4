"""Escaping of text for chat services, so that none of it is taken for a command. Pure.

Services differ in what they interpret (`<!channel>`, `@everyone`, `[text](address)`, HTML), and Apprise does not escape
for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_WORD: Final = re.compile(r"\S+")
_URL: Final = re.compile(r"https?://[^\s@]+", re.IGNORECASE)
_URL_ESCAPES: Final = str.maketrans({"@": "%40", "<": "%3C", ">": "%3E", "|": "%7C"})
_MAIL_ADDRESS: Final = re.compile(
    r"(?<![\w.+@-])[\w.+-]+@(?!everyone|here|(?:channel|all|room)\b)[\w-]+(?:\.[\w-]+)+(?![\w@-])",
    re.IGNORECASE,
)
"""An e-mail address. Nothing takes it for a mention: no name that services mention follows the `@`, nor precedes it."""
_PROSE_ESCAPES: Final = str.maketrans({"@": "@\u2060", "<": "‹", ">": "›", "`": "'"})
_MARKDOWN_SPECIAL: Final = re.compile(r"([\\_*\[\]()~`>#+=|{}.!-])")


def escape_prose(text: str) -> str:
    """The text with mentions and markup neutralised, which looks the same to its reader.

    - `@` is followed by a word joiner (U+2060), except in an e-mail address, which stays as it is so that it can be
      copied. In a URL it is percent-encoded.
    - `<`, `>` and backticks are replaced by similar characters, and percent-encoded in a URL.
    - `[text](address)` is broken up, so that the address stays visible.
    """
    return _escape_words(text, _escape_prose_word).replace("](", "] (")


def _escape_prose_word(word: str) -> str:
    parts = []
    end = 0
    for address in _MAIL_ADDRESS.finditer(word):
        parts += [word[end : address.start()].translate(_PROSE_ESCAPES), address[0]]
        end = address.end()
    return "".join([*parts, word[end:].translate(_PROSE_ESCAPES)])


def escape_markdown(text: str) -> str:
    """Plain text as markdown. URLs are not escaped, so that they stay clickable."""
    return _escape_words(text, lambda word: _MARKDOWN_SPECIAL.sub(r"\\\1", word))


def _escape_words(text: str, escape: Callable[[str], str]) -> str:
    """Apply `escape` to each word that is not a URL; URLs are percent-encoded."""

    def escape_word(match: re.Match[str]) -> str:
        word = match[0]
        return word.translate(_URL_ESCAPES) if _URL.match(word) else escape(word)

    return _WORD.sub(escape_word, text)
