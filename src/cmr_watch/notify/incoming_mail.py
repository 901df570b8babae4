"""Parses incoming mail into parts and text, with bounded work. Pure.

The mail is untrusted input, so it is truncated before parsing to bound the running time.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterable, Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from html import unescape
from itertools import islice
from typing import Final, TypeAlias

Mail: TypeAlias = "Message[str, str]"

MAX_BYTES: Final = 256 * 1024  # a report precedes the returned mail, so nothing needed is cut off
MAX_LINE: Final = 4000  # this and the lengths below are in characters
MAX_TEXT: Final = 16 * 1024
MAX_BOUNDARIES: Final = 20  # the e-mail parser tries every enclosing boundary on every line
MAX_PARTS: Final = 300
MAX_IDS: Final = 50

_LONG_LINE: Final = re.compile(rb"([^\n]{%d})[^\n]+" % MAX_LINE)
_BOUNDARY: Final = re.compile(r"boundary[*0-9]*\s*=", re.IGNORECASE)
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,300}>")
_NOT_TEXT: Final = re.compile(r"<(style|script|head)\b|<!--", re.IGNORECASE)
_LINE_BREAK: Final = re.compile(r"<(?:br|/?p|/?div|/?tr|/?li|/?h\d|/?table|/?blockquote)\b[^<>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[a-z!][^<>]*>", re.IGNORECASE)
STATUS_TYPES: Final = ("message/delivery-status", "message/global-delivery-status")
_HEADER_TYPES: Final = ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers")
_REPORT_PARTS: Final = (*STATUS_TYPES, "message/feedback-report", "message/disposition-notification")

PARSER_ERRORS: Final = (
    AssertionError,
    AttributeError,
    LookupError,
    MessageError,
    RecursionError,
    TypeError,
    ValueError,
)
"""The exceptions that the e-mail parser is known to raise on malformed input."""


def parse(content: bytes) -> Mail:
    """Parse a mail and decode its parts. Raises one of PARSER_ERRORS."""
    lines = content[:MAX_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    mail = _parse(_LONG_LINE.sub(rb"\1", lines).decode("utf-8", "replace"))
    _decode_parts(mail)
    return mail


def _parse(text: str) -> Mail:
    """Parse text, not bytes: every header is then a string."""
    if len(_BOUNDARY.findall(text)) > MAX_BOUNDARIES:
        raise ValueError("too many boundaries")
    mail = email.message_from_string(text)
    if len(list(islice(mail.walk(), MAX_PARTS + 1))) > MAX_PARTS:
        raise ValueError("too many parts")
    return mail


def _decode_parts(mail: Mail) -> None:
    """Decode the parts in place, including base64 reports, which RFC 3464 forbids but some servers send."""
    for part in list(mail.walk()):
        content_type = part.get_content_type()
        encoding = header(part, "Content-Transfer-Encoding").lower()
        encoded = encoding in ("base64", "quoted-printable") and content_type.startswith(("text/", "message/"))
        if encoded or content_type == "message/global-delivery-status":
            plain = content_type.replace("global-delivery", "delivery")
            part.set_payload(_parse(f"Content-Type: {plain}\n\n{_decoded(part, encoding)}").get_payload())
            del part["Content-Transfer-Encoding"]
            part.set_type(plain)


def _decoded(part: Mail, encoding: str) -> str:
    """Return the decoded text of a part; blocks that the parser took for header fields are rejoined first."""
    raw = payload_text(part) or "\n".join(block.as_string() for block in subparts(part)).replace("=\n\n", "=\n")
    leaf: Mail = Message()
    leaf["Content-Transfer-Encoding"] = encoding
    leaf.set_payload(raw)
    decoded = leaf.get_payload(decode=True)
    return decoded.decode("utf-8", "replace") if encoding and isinstance(decoded, bytes) else raw


def subparts(part: Mail) -> list[Mail]:
    """The parts directly within a part."""
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def direct_parts(mail: Mail) -> Iterator[Mail]:
    """Yield this mail and its parts, without the parts of enclosed mails."""
    yield mail
    if mail.get_content_maintype() == "multipart":
        for part in subparts(mail):
            yield from direct_parts(part)


def header(mail: Mail, name: str) -> str:
    """A header field on one line; empty if it is missing."""
    return " ".join(str(mail.get(name, "")).split())


def decoded_header(text: str) -> str:
    """A header field with its encoded words decoded, on one line."""
    return " ".join(str(make_header(decode_header(text[:MAX_LINE]))).split())


def payload_text(part: Mail) -> str:
    """The text of a part that has no parts; otherwise empty."""
    payload = part.get_payload()
    return payload if isinstance(payload, str) else ""


def plain_texts(mail: Mail) -> list[str]:
    """The texts of the mail itself, at most MAX_TEXT characters in total; of HTML only if there is no other text."""
    left, limited = MAX_TEXT, []
    for text in _texts(mail):
        limited.append(text[:left])
        left -= len(limited[-1])
    return limited


def _texts(mail: Mail) -> list[str]:
    parts = [(part.get_content_type(), payload_text(part)) for part in direct_parts(mail)]
    plain = [text for content_type, text in parts if content_type == "text/plain" and text.strip()]
    html = [_text_of_html(text) for content_type, text in parts if content_type == "text/html" and not plain]
    # a multipart mail whose boundary is wrong has the text of all its parts
    return plain or html or [text for content_type, text in parts if content_type.startswith("multipart/")]


def _text_of_html(html: str) -> str:
    shown = _LINE_BREAK.sub("\n", " ".join(_shown(html[: 4 * MAX_TEXT])))
    return unescape(_TAG.sub("", shown)).replace("\xa0", " ")


def _shown(html: str) -> Iterator[str]:
    """Yield what is between comments, styles and scripts. Each character is looked at once, unlike by a pattern."""
    lower, position = html.lower(), 0
    while hidden := _NOT_TEXT.search(lower, position):
        yield html[position : hidden.start()]
        end = f"</{hidden[1]}" if hidden[1] else "-->"
        found = lower.find(end, hidden.end())
        if found < 0:
            return
        position = found if hidden[1] else found + len(end)
    yield html[position:]


# ── the mail that a report returns ──────────────────────────────────────────────────────────────────────────────────


def returned_headers(mail: Mail) -> list[Mail]:
    """The headers of the mails that a report encloses."""
    return [_header_of(part) for part in mail.walk() if _is_returned(part)]


def _is_returned(part: Mail) -> bool:
    content_type = part.get_content_type()
    return content_type in _HEADER_TYPES or (content_type.startswith("message/") and content_type not in _REPORT_PARTS)


def _header_of(part: Mail) -> Mail:
    blocks = subparts(part)
    return blocks[0] if blocks else email.message_from_string(payload_text(part).lstrip())


def message_ids(texts: Iterable[str]) -> tuple[str, ...]:
    """The different Message-IDs in these texts, at most MAX_IDS."""
    ids = (message_id for text in texts for message_id in _MESSAGE_ID.findall(text))
    return tuple(islice(dict.fromkeys(ids), MAX_IDS))
