"""Header lines of a mail that arrive as they were written (RFC 5322 §2.2.3, RFC 2047). Pure.

The header classes of the standard library fold by themselves, and lose some of it: on Python 3.11, a long name with a
comma in From becomes three addresses, and a long subject with accents loses spaces. So a text is either plain, and
broken at its spaces, or encoded as a whole: between encoded words no space counts.
"""

from __future__ import annotations

import re
import textwrap
from email.header import Header
from typing import Final

from cmr_watch.notify.channels.mail_addresses import EmailAddress

LINE: Final = 78
"""Characters of a line (RFC 5322 §2.1.1)."""
_LONGEST_WORD: Final = 60
"""Characters of a word that fits on a line of its own, also beside the header's name."""
_ATOMS: Final = re.compile(r"[\w!#$%&'*+/=?^`{|}~ -]+", re.ASCII)  # RFC 5322 §3.2.3
_QUOTED: Final = re.compile(r'(["\\])')


def one_line(text: str) -> str:
    """The text without line breaks, and without anything that a mail program would decode (RFC 2047 encoded words)."""
    return " ".join(text.replace("=?", "= ?").split())


def text_header(name: str, text: str) -> str:
    """A header of plain text, such as Subject, with its line end. Raises ValueError for text that cannot be encoded."""
    line = one_line(text)
    return f"{_folded(f'{name}: {line}') if _is_plain(line) else f'{name}: {_encoded(name, line)}'}\r\n"


def mailbox_header(name: str, display_name: str, address: EmailAddress) -> str:
    """A header of one address, such as From, with its line end. Raises ValueError as `text_header`."""
    shown = one_line(display_name)
    if not shown:
        return f"{name}: {address}\r\n"
    if not _is_plain(shown):
        phrase = f"{name}: {_encoded(name, shown)}"
    else:
        quoted = shown if _ATOMS.fullmatch(shown) else '"' + _QUOTED.sub(r"\\\1", shown) + '"'
        phrase = _folded(f"{name}: {quoted}")
    last_line = phrase.rpartition("\r\n")[2]
    space = " " if len(f"{last_line} <{address}>") <= LINE else "\r\n "
    return f"{phrase}{space}<{address}>\r\n"


def _is_plain(line: str) -> bool:
    return line.isascii() and line.isprintable() and all(len(word) <= _LONGEST_WORD for word in line.split())


def _folded(line: str) -> str:
    lines = textwrap.wrap(line, LINE, subsequent_indent=" ", break_long_words=False, break_on_hyphens=False)
    return "\r\n".join(lines)


def _encoded(name: str, line: str) -> str:
    return Header(line, "utf-8", LINE - 2, name).encode(linesep="\r\n")
