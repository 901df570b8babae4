"""Misspelt words: one slip of the keyboard in a word of at least six letters is understood (READING O6). Pure.

respelt(word, expected)     the one word that was meant, or the word itself
is_one_slip(name, other)    whether one of two names is the other, misspelt
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from cmr_watch.places import fold

SHORTEST: Final = 6
"""Letters of a word that is understood when it is misspelt; of shorter ones, too many are other words."""


@lru_cache(maxsize=4096)
def respelt(word: str, expected: frozenset[str]) -> str:
    """The one expected word from which a word differs by one slip, else the word itself."""
    if len(word) < SHORTEST - 1 or word in expected:
        return word
    meant = [right for right in _long(expected) if _is_slip(word, right)]
    return meant[0] if len(meant) == 1 else word


def is_one_slip(name: str, other: str) -> bool:
    """Whether two names are one, of which one is misspelt by one slip: “Gdnask”, “Gdańsk”."""
    one, two = fold(name), fold(other)
    return min(len(one), len(two)) >= SHORTEST - 1 and one != two and _is_slip(one, two)


def _long(words: Iterable[str]) -> Iterable[str]:
    return (word for word in words if len(word) >= SHORTEST)


def _is_slip(word: str, right: str) -> bool:
    """A missing, an additional or a wrong letter, or two neighbours swapped."""
    if abs(len(word) - len(right)) > 1:
        return False
    same = next((index for index, pair in enumerate(zip(word, right, strict=False)) if pair[0] != pair[1]), None)
    if same is None:
        return True
    rest, other = word[same:], right[same:]
    return (
        rest[1:] == other
        or rest == other[1:]
        or rest[1:] == other[1:]
        or (rest[:2] == other[1::-1] and rest[2:] == other[2:])
    )
