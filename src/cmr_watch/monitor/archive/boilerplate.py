"""Remove what a web archive adds to the pages that it serves. Pure: bytes in, bytes out.

The page is scanned from left to right as a browser's tokenizer does it: comments, tags, and elements whose content is
raw text. Only complete ones are removed, and never where the text around them would join to a new tag. Therefore a
second pass changes nothing, and text inside a script or an attribute is never mistaken for boilerplate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cmr_watch.html_tokens import Token, next_token

# The comments that enclose the banner: of the Wayback Machine, and of pywb.
_BLOCKS: Final = {
    b"<!-- BEGIN WAYBACK TOOLBAR INSERT -->": b"<!-- END WAYBACK TOOLBAR INSERT -->",
    b"<!-- WB Insert -->": b"<!-- End WB Insert -->",
}
_HEAD_END: Final = b"<!-- End Wayback Rewrite JS Include -->"
_NOTE: Final = re.compile(
    rb"<!--(?:\s{0,99}FILE ARCHIVED ON |\s{0,99}playback timings \(ms\)|"
    rb" (?:Start|End) Wayback Rewrite JS Include -->)"
)
_HEAD_TAG: Final = re.compile(rb"<(?:script|link)[\s>]", re.I)
_ARCHIVE_URL: Final = re.compile(
    rb"""(?<![\w-])(?:src|href)\s{0,9}=\s{0,9}["']?[^\s"'>]{0,99}?(?:/_static/|//archive\.org/)""", re.I
)
_ARCHIVE_SCRIPT: Final = re.compile(rb"\b__wm\.|\b_wmVideos_\b|\barchive_analytics\b|\bRufflePlayer\b")

_LINE_END: Final = re.compile(rb"\r?\n")

_REWRITTEN: Final = re.compile(
    rb"""((?<![\w-])(?:href|src|action)\s{0,20}+=\s{0,20}+["']?+)"""
    rb"""(?:(?:(?:https?:)?//[\w.:-]{1,100})?/(?:[\w-]{1,40}/){0,3}[0-9]{14}(?:[a-z]{2}_)?/(?=https?://))++""",
    re.I,
)


def remove_boilerplate(content: bytes) -> bytes:
    """The page without the archive's additions. Other pages are returned unchanged, byte for byte.

    Removed are:
    - the banner and its enclosing comments
    - the archive's scripts and styles in the head, up to the comment that marks their end
    - the comments at the end of the page about the time of the capture and the playback

    Links into the archive are restored to the original http(s) URLs. If the page itself linked to an archived copy,
    that link is changed too, because the two cannot be distinguished.
    """
    head_end = content.rfind(_HEAD_END)
    kept: list[bytes] = []
    position = 0
    for start, tag_end, end in _tokens(content):
        kept.append(content[position:start])
        tag = _REWRITTEN.sub(rb"\1", content[start:tag_end])
        if _is_boilerplate(tag, content[tag_end:end], start < head_end) and not _would_join(content, start):
            position = _after_line_end(content, end)
        else:
            kept += (tag, content[tag_end:end])
            position = end
    kept.append(content[position:])
    return b"".join(kept)


def _tokens(content: bytes) -> Iterator[tuple[int, int, int]]:
    """The offsets of each comment, tag or raw-text element: its start, the end of its tag, its end.

    A banner is one token. Scanning stops at a token that is never closed, because it extends to the end of the page.
    """
    last_ends = {begin: content.rfind(end) for begin, end in _BLOCKS.items()}
    position = 0
    while token := next_token(content, position):
        end = _block_end(content, token, last_ends) or token.end
        if end < 0:
            return
        yield token.start, token.tag_end, end
        position = end


def _block_end(content: bytes, token: Token, last_ends: dict[bytes, int]) -> int | None:
    """The end of the banner, if this is the comment that opens one, and it is closed."""
    if token.name is not None:
        return None
    for begin, last_end in last_ends.items():
        if token.start < last_end and content.startswith(begin, token.start):
            closing = _BLOCKS[begin]
            return content.index(closing, token.start) + len(closing)
    return None


def _is_boilerplate(tag: bytes, content: bytes, in_head: bool) -> bool:
    if not tag:
        return bool(_NOTE.match(content)) or _is_block(content)
    if not in_head or not _HEAD_TAG.match(tag):
        return False
    return bool(_ARCHIVE_URL.search(tag) or _ARCHIVE_SCRIPT.search(content))


def _is_block(comment: bytes) -> bool:
    return any(comment.startswith(begin) and comment.endswith(end) for begin, end in _BLOCKS.items())


def _would_join(content: bytes, start: int) -> bool:
    """Whether removing this token would join a preceding `<` with what follows to a new tag."""
    return content[max(0, start - 1) : start] == b"<"


def _after_line_end(content: bytes, end: int) -> int:
    """The archive ends its additions with a line break, which is removed too."""
    line_end = _LINE_END.match(content, end)
    return line_end.end() if line_end else end
