"""Recognises text that was decoded with the wrong charset, or encoded twice. Pure; linear in time."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

from cmr_watch.models.readings import Snapshot

_NOT_TEXT: Final = re.compile(r"[\ufffd\x80-\x9f]")
"""A replacement character, or a control character, as which Windows-1250 – “ ” ź, read as ISO 8859-2, come out."""
CHARSETS: Final = (
    *("latin-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-7", "iso8859-9", "iso8859-10"),
    *("iso8859-13", "iso8859-15", "iso8859-16", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1257"),
    *("koi8-r", "koi8-u", "mac-roman", "mac-latin2", "cp437", "cp850", "cp852"),
)
"""The single-byte charsets of Europe, in which UTF-8 may have been decoded."""


def _table(charset: str) -> Any:
    """For `charmap_encode`. A byte without a character is the control character with its number, as in browsers."""
    return codecs.charmap_build("".join(bytes([byte]).decode(charset, "ignore") or chr(byte) for byte in range(0x100)))


@cache
def _tables() -> tuple[Any, ...]:
    return tuple(map(_table, CHARSETS))


_RUN: Final = re.compile(r"[^\x00-\x7f]{2,200}")
_EDGES: Final = re.compile(r"^[“„‘‚«‹–—\xa0]{1,9}|[–—’”…»›\xa0]{1,9}$")
_WORD: Final = re.compile(r"[^ \t\r\n]{1,1000}")
_REMNANT: Final = re.compile(r"[a-z][ÂÃÄÅ](?![^\W\d_])|[a-z][ÃÅ][a-z]|^Ã$")
"""What is left of a letter whose other byte is no longer there, because it is a space or invisible: `CittÃ di`."""

_ASIAN: Final = "[\u2e80-\u9fff\uac00-\ud7af]"
_MIXED: Final = re.compile(rf"[A-Za-z]{_ASIAN}|{_ASIAN}[A-Za-z]")
"""Latin letters beside Chinese, Japanese or Korean ones: bytes that were taken for UTF-16."""

_LATIN: Final = "À-ÖØ-öø-ſȘ-țẀ-ẅẞ"
_WRITTEN: Final = re.compile(rf"[{_LATIN}Ά-ώА-ѿҐґԱ-ևა-ჿ‐-›‰€№™←-⇿✀-➿️\U0001f1e6-\U0001faff\xa0«»°·¿¡§©®]+")
"""What people write in Europe: letters, punctuation and emoji."""
_FOREIGN: Final = re.compile(rf"(?![{_LATIN}])[^\W\d_]")
_ASCII_LETTER: Final = re.compile(r"[A-Za-z]")
_MAY_FOLLOW_A_LETTER: Final = "–—’”…»›\xa0"


def garbled_lines(reading: Snapshot, before: Snapshot | None = None) -> int:
    """How many of the editions, calls, cut-offs and links of a reading have garbled words that `before` had not."""
    known = {word for text in (_texts(before) if before else ()) for word in _garbled_words(text)}
    return sum(not known.issuperset(_garbled_words(text)) for text in _texts(reading))


def _garbled_words(text: str) -> Iterator[str]:
    """The words with replacement characters or doubly encoded letters."""
    if text.isascii():
        return
    for word in _WORD.finditer(text):
        if not word[0].isascii() and _is_garbled_word(word[0]):
            yield word[0]


def _is_garbled_word(word: str) -> bool:
    if any(pattern.search(word) for pattern in (_NOT_TEXT, _REMNANT, _MIXED)):
        return True
    return any(
        _is_misread(run, word[: found.start()], word[found.end() :])
        for found in _RUN.finditer(word)
        for run in dict.fromkeys((found[0], _EDGES.sub("", found[0])))
    )


def _is_misread(run: str, before: str, after: str) -> bool:
    """Whether these characters are the bytes of others, which make more sense between the two parts of the word."""
    if len(run) < 2 or _could_be_written(run, before, after):
        return False
    return any(_is_natural(meant, before, after) for meant in _meanings(run))


def _meanings(run: str) -> Iterator[str]:
    """What the characters were, if they are UTF-8 that was decoded with another charset."""
    for table in _tables():
        try:
            yield codecs.charmap_encode(run, "strict", table)[0].decode()
        except UnicodeError:
            continue


def _is_natural(meant: str, before: str, after: str) -> bool:
    """Whether a reader would believe these characters: letters of one script, and no small letter among capitals."""
    if not _WRITTEN.fullmatch(meant):
        return False
    if _FOREIGN.search(meant) and (_ASCII_LETTER.match(before[-1:]) or _ASCII_LETTER.match(after)):
        return False
    return not _is_small_among_capitals(meant, before, after)


def _is_small_among_capitals(meant: str, before: str, after: str) -> bool:
    return meant[:1].islower() and before[-1:].isupper() and (after[:1].isupper() or before[-2:-1].isupper())


def _could_be_written(run: str, before: str, after: str) -> bool:
    """Whether two characters may stand here: a capital with a dash or a quotation mark, or a word of two letters.

    `UMEÅ–VAASA`, `SKÅ’s`, `Её`; but not `Ã–rebro`.
    """
    if len(run) > 2 or before[-1:].islower():
        return False
    if run.isalpha():
        return not (before[-1:].isalnum() or after[:1].isalnum())
    is_genitive = run[1] == "’" and before[-1:].isupper()
    return run[0].isupper() and run[1] in _MAY_FOLLOW_A_LETTER and (is_genitive or not after[:1].islower())


def _texts(reading: Snapshot) -> Iterator[str]:
    for edition in reading.editions:
        yield _joined((edition.city, edition.region, edition.text, edition.venue))
        yield from (material.title for material in edition.materials)
    for call in reading.calls:
        yield _joined((call.title, call.text))
        yield from (cutoff.text for cutoff in call.cutoffs)


def _joined(parts: Iterable[str | None]) -> str:
    return " ".join(filter(None, parts))
