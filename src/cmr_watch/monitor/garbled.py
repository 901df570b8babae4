"""Recognises text that was decoded with the wrong charset. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cmr_watch.models.readings import Snapshot

_REPLACEMENT_CHARACTER: Final = "\ufffd"
_LEADING: Final = "ÂÃÄÅÈÎÏÐÑ"
"""The first bytes of two-byte letters in UTF-8 (Latin, Romanian, Greek and Cyrillic), read as Windows-1252."""


def _as_cp1252(byte: int) -> str:
    """How Windows-1252 reads a byte; where it has no character, Latin-1."""
    return bytes([byte]).decode("cp1252", "ignore") or chr(byte)


_FOLLOWING: Final = "".join(f"{chr(byte)}{_as_cp1252(byte)}" for byte in range(0x80, 0xC0))
_DOUBLY_ENCODED: Final = re.compile(
    rf"[{_LEADING}](?:[{re.escape(_FOLLOWING)}](?=\w|[{_LEADING}])|[\x80-\xbf])|â[{re.escape(_FOLLOWING)}]{{2}}"
)
"""`KrakÃ³w`, `IaÅŸi`, `12â€“13`. A quotation mark after a capital at the end of a word is none."""


def is_garbled(text: str) -> bool:
    """Whether it holds replacement characters or doubly encoded letters."""
    return _REPLACEMENT_CHARACTER in text or bool(_DOUBLY_ENCODED.search(text))


def garbled_lines(reading: Snapshot) -> int:
    """How many of the editions, calls, cut-offs and links of a reading are garbled."""
    return sum(map(is_garbled, _texts(reading)))


def _texts(reading: Snapshot) -> Iterator[str]:
    for edition in reading.editions:
        yield _joined((edition.city, edition.region, edition.text, edition.venue))
        yield from (material.title for material in edition.materials)
    for call in reading.calls:
        yield _joined((call.title, call.text))
        yield from (cutoff.text for cutoff in call.cutoffs)


def _joined(parts: Iterable[str | None]) -> str:
    return " ".join(filter(None, parts))
