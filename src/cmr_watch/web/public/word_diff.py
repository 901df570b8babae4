"""Which words of two texts differ. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Literal, NamedTuple

Mark = Literal["", "del", "ins"]


class Part(NamedTuple):
    """Words that stand together. `mark`: removed words of the old text, or added words of the new one."""

    text: str
    mark: Mark = ""


def word_diff(before: str, now: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The old text with its removed words marked, and the new one with its added words marked."""
    old, new = before.split(), now.split()
    removed: list[Part] = []
    added: list[Part] = []
    for operation, from_old, to_old, from_new, to_new in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        is_same = operation == "equal"
        removed += _part(old[from_old:to_old], "" if is_same else "del")
        added += _part(new[from_new:to_new], "" if is_same else "ins")
    return tuple(removed), tuple(added)


def _part(words: list[str], mark: Mark) -> list[Part]:
    return [Part(" ".join(words), mark)] if words else []
