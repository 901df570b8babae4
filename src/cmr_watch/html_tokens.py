"""Finds the comments, tags and raw-text elements in the bytes of a page, as a browser does. Pure; linear in time."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

# HTML §13.2.5: a quote opens a value only after `=`, and a tag that is not closed extends to the end of the page.
_TOKEN: Final = re.compile(
    rb"""<!--|<([a-z/!?][^\s/>]{0,20}+)(?:[^>=]++|=\s{0,20}+(?:"[^"]*+"|'[^']*+')|=)*+>?""", re.I
)
_RAW: Final = (b"script", b"style", b"textarea", b"xmp", b"noembed", b"title", b"iframe", b"noframes")
_RAW_END: Final = {name: re.compile(rb"</" + name + rb"(?![^\s/>])[^>]*+>", re.I) for name in _RAW}


class Token(NamedTuple):
    """A comment, a tag, or an element whose content is raw text, by its offsets.

    - `name`: of the tag, in lower case; None for a comment.
    - `tag_end`: where the tag ends; for a comment, where it starts.
    - `end`: where all of it ends; -1 if it is never closed, and so extends to the end of the page.
    """

    name: bytes | None
    start: int
    tag_end: int
    end: int


def next_token(content: bytes, position: int) -> Token | None:
    """The first token that starts at `position` or later; None if there is none."""
    token = _TOKEN.search(content, position)
    if token is None:
        return None
    start = token.start()
    if token[1] is None:
        # from start + 2, because `<!-->` is a complete comment (HTML §13.2.5.43)
        closing_at = content.find(b"-->", start + 2)
        return Token(None, start, start, closing_at + 3 if closing_at >= 0 else -1)
    name = token[1].lower()
    return Token(name, start, token.end(), _element_end(content, name, token.end()))


def _element_end(content: bytes, name: bytes, tag_end: int) -> int:
    ending = _RAW_END.get(name)
    if ending is None:
        return tag_end
    closing = ending.search(content, tag_end)
    return closing.end() if closing else -1
