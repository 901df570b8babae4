"""Whether a document has a part that could be the content of one of the pages (READING O5). Pure; linear.

Errors: ParseError.
"""

from __future__ import annotations

import re
from typing import Final

from cmr_watch.charsets import decode
from cmr_watch.models.readings import Snapshot
from cmr_watch.reading.document import open_document

_TAGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6", "p", "li", "dt", "dd", "td", "th", "blockquote", "pre", "summary")
# in the source: the HTML parser itself puts the text of a file without tags into a paragraph
_START_TAG: Final = re.compile(rf"<(?:{'|'.join(_TAGS)})\b[^<]*>", re.IGNORECASE)


def has_content(content: bytes, snapshot: Snapshot, charset: str | None = None) -> bool:
    """Whether something was read from the page, or it has a heading, a list item, a cell or a paragraph with text."""
    outline = snapshot.outline
    if snapshot.editions or snapshot.calls or outline.headings or outline.dated_lines:
        return True
    if not _START_TAG.search(decode(content, charset)):
        return False
    elements = open_document(content, charset).root.iter(*_TAGS)
    return any(text.strip() for element in elements for text in element.itertext())
