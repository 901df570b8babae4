"""An archived page as it was before the archive added to it. Pure: bytes in, bytes out.

The page is read from left to right as a browser's tokenizer reads it: comments, tags, and elements whose content is
no markup. Only whole ones are cut out, and never where the rest would grow together to a new one: so a second pass
finds nothing more to do, and nothing that a page says in a script or an attribute is mistaken for furniture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# What archives put between two comments: the banner of the Wayback Machine, and that of pywb.
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
_LOADING: Final = re.compile(
    rb"""(?<![\w-])(?:src|href)\s{0,9}=\s{0,9}["']?[^\s"'>]{0,99}?(?:/_static/|//archive\.org/)""", re.I
)
_DOING: Final = re.compile(rb"\b__wm\.|\b_wmVideos_\b|\barchive_analytics\b|\bRufflePlayer\b")

# As HTML §13.2.5 has it, a quote opens a value after `=` only. A tag that is not closed goes on to the end.
_TOKEN: Final = re.compile(
    rb"""<!--|<([a-z/!?][^\s/>]{0,20}+)(?:[^>=]++|=\s{0,20}+(?:"[^"]*+"|'[^']*+')|=)*+>?""", re.I
)
_RAW: Final = (b"script", b"style", b"textarea", b"xmp", b"noembed", b"title", b"iframe", b"noframes")
_RAW_END: Final = {name: re.compile(rb"</" + name + rb"(?![^\s/>])[^>]*+>", re.I) for name in _RAW}
_LINE_END: Final = re.compile(rb"\r?\n")

_REWRITTEN: Final = re.compile(
    rb"""((?<![\w-])(?:href|src|action)\s{0,20}+=\s{0,20}+["']?+)"""
    rb"""(?:(?:(?:https?:)?//[\w.:-]{1,100})?/(?:[\w-]{1,40}/){0,3}[0-9]{14}(?:[a-z]{2}_)?/(?=https?://))++""",
    re.I,
)


def without_boilerplate(content: bytes) -> bytes:
    """The page without what an archive added; any other page as it is, byte for byte.

    - the banner between its two comments
    - the archive's own scripts and styles, up to the comment that ends them in the page's head
    - the notes behind the page: when it was archived, how long it took to show it
    - links that lead into the archive become the original's again, those of http(s) addresses. A page that itself
      links to an archived copy cannot be told apart: its link then leads to what was copied.
    """
    head_ends = content.rfind(_HEAD_END)
    kept: list[bytes] = []
    position = 0
    for start, tag_ends, end in _pieces(content):
        kept.append(content[position:start])
        tag = _REWRITTEN.sub(rb"\1", content[start:tag_ends])
        if _is_furniture(tag, content[tag_ends:end], start < head_ends) and not _would_join(content, start):
            position = _after_line_end(content, end)
        else:
            kept += (tag, content[tag_ends:end])
            position = end
    kept.append(content[position:])
    return b"".join(kept)


def _pieces(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Where each comment, tag or raw element starts, where its tag ends, and where it ends itself.

    One that never ends hides all that follows, and is the last.
    """
    last_ends = {begin: content.rfind(end) for begin, end in _BLOCKS.items()}
    position = 0
    while token := _TOKEN.search(content, position):
        start = token.start()
        tag_ends, end = _comment(content, start, last_ends) if token[1] is None else _element(content, token)
        if end < 0:
            return
        yield start, tag_ends, end
        position = end


def _comment(content: bytes, start: int, last_ends: dict[bytes, int]) -> tuple[int, int]:
    """A comment, or a whole block where one opens a block that is closed."""
    for begin, last_end in last_ends.items():
        if start < last_end and content.startswith(begin, start):
            closing = _BLOCKS[begin]
            return start, content.index(closing, start) + len(closing)
    # `<!-->` is a whole comment (HTML §13.2.5.43)
    found = content.find(b"-->", start + 2)
    return start, found + 3 if found >= 0 else -1


def _element(content: bytes, tag: re.Match[bytes]) -> tuple[int, int]:
    ending = _RAW_END.get(tag[1].lower())
    if ending is None:
        return tag.end(), tag.end()
    closing = ending.search(content, tag.end())
    return tag.end(), closing.end() if closing else -1


def _is_furniture(tag: bytes, inside: bytes, in_head: bool) -> bool:
    if not tag:
        return bool(_NOTE.match(inside)) or _is_block(inside)
    if not in_head or not _HEAD_TAG.match(tag):
        return False
    return bool(_LOADING.search(tag) or _DOING.search(inside))


def _is_block(comment: bytes) -> bool:
    return any(comment.startswith(begin) and comment.endswith(end) for begin, end in _BLOCKS.items())


def _would_join(content: bytes, start: int) -> bool:
    """Whether what follows would become a tag of the “<” before."""
    return content[max(0, start - 1) : start] == b"<"


def _after_line_end(content: bytes, end: int) -> int:
    """The archive ends its lines: that line end is its own, too."""
    line_end = _LINE_END.match(content, end)
    return line_end.end() if line_end else end
