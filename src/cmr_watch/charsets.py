"""From bytes to text, as the people who wrote it mean it: pages and robots.txt. Pure; linear."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from cmr_watch.html_tokens import next_token

_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CONTROL_BYTES: Final = bytes([*range(9), 11, 12, *range(14, 32), 127])
_CONTROLS: Final = dict.fromkeys(_CONTROL_BYTES)
_NO_PAGE_CHARSETS: Final = ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "unicode-escape")
_MARKUP: Final = b"<Az 019=\"'/>"
"""What every charset of a page reads as ASCII; EBCDIC does not."""
_AS_IN_BROWSERS: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
"""Charsets that are decoded as a larger one, which has their letters and more: https://encoding.spec.whatwg.org/#names-and-labels"""
_REPLACEMENT: Final = "\ufffd"

_MOST_SCANNED: Final = 100_000
"""How far the meta element is looked for: an archive or an optimiser may put scripts in front of it."""
_ATTRIBUTE: Final = re.compile(rb"""([^\s/>=][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]*+)))?+""")
_CONTENT_CHARSET: Final = re.compile(rb"charset\s{0,20}=\s{0,20}[\"']?([\w.:+-]{1,40})", re.I)
_XML_ENCODING: Final = re.compile(rb"\A<\?xml\s[^>]{0,500}?\bencoding\s{0,20}=\s{0,20}[\"']([\w.:+-]{1,40})")
_UNREAD: Final = (b"noscript", b"template")
"""Elements whose content is no part of the page for a reader whose browser runs scripts."""


def decode(content: bytes, charset: str | None) -> str:
    """Text by the header's charset, then the meta element's, then UTF-8; what cannot be decoded becomes U+FFFD.

    - A byte order mark decides, and so does UTF-16 that shows in the first four bytes.
    - UTF-8 is recognised by its multi-byte sequences, whatever is declared: no other charset makes them by accident,
      and reading “KrakÃ³w” would look like a moved edition. A few broken bytes do not change that.
    """
    for mark, name in _BOMS:
        if content.startswith(mark):
            return _decode_wide(content[len(mark) :], name)
    if wide := _unmarked_utf16(content):
        return _decode_wide(content, wide)
    content = content.translate(None, _CONTROL_BYTES)
    declared = _known(charset) or _meta_charset(content) or "utf-8"
    text = content.decode("utf-8", errors="replace")
    return text if declared == "utf-8" or _is_utf8(content, text) else content.decode(declared, errors="replace")


def _decode_wide(content: bytes, name: str) -> str:
    return content.decode(name, errors="replace").translate(_CONTROLS)


def _unmarked_utf16(content: bytes) -> str | None:
    """UTF-16 that begins with two ASCII characters: every other byte is zero (XML 1.0, appendix F).

    Not if it was read as UTF-8 and written again, because then it is damaged.
    """
    even, odd = content[0:4:2], content[1:4:2]
    if 0 not in content[:4] or _REPLACEMENT.encode() in content:
        return None
    if even == b"\0\0" and odd.count(0) == 0 and len(odd) == len(even):
        return "utf-16-be"
    return "utf-16-le" if odd == b"\0\0" and even.count(0) == 0 else None


def _is_utf8(content: bytes, text: str) -> bool:
    """Whether more characters beyond ASCII are UTF-8 than are not. `text` is `content` decoded as UTF-8."""
    broken = text.count(_REPLACEMENT) - content.count(_REPLACEMENT.encode())
    beyond_ascii = len(text) - len(text.encode("ascii", errors="ignore"))
    return beyond_ascii - broken > broken


def _known(charset: str | None) -> str | None:
    """A charset's name in Python, or None; a page that names UTF-16 in ASCII text means UTF-8 (HTML §4.2.5)."""
    label = (charset or "").strip().lower()
    found = _codec(label) or _codec(label.removeprefix("x-"))  # `x-sjis`, `x-mac-cyrillic`
    if found is None:
        return None
    if found.name.startswith(("utf-16", "utf-32", "utf-7")):
        return "utf-8"
    if not found._is_text_encoding or found.name in _NO_PAGE_CHARSETS:
        return None
    name = _AS_IN_BROWSERS.get(found.name, found.name)
    return name if _MARKUP.decode(name, errors="replace") == _MARKUP.decode() else None


def _codec(label: str) -> codecs.CodecInfo | None:
    try:
        return codecs.lookup(label)
    except (LookupError, ValueError):
        return None


def _meta_charset(content: bytes) -> str | None:
    """The charset of the first meta element that names a known one, else that of the XML declaration.

    Nothing else that looks like a meta element counts: none in a comment, a script, an attribute or a template.
    """
    head = content[:_MOST_SCANNED]
    labels = _meta_labels(head) if b"charset" in head.lower() else iter(())
    labels = chain(labels, _XML_ENCODING.findall(head[:1_000]))
    return next(filter(None, (_known(label.decode("ascii", errors="replace")) for label in labels)), None)


def _meta_labels(head: bytes) -> Iterator[bytes]:
    position, unread = 0, b""
    while (token := next_token(head, position)) and token.end >= 0:
        if unread:
            unread = b"" if token.name == b"/" + unread else unread
        elif token.name in _UNREAD:
            unread = token.name
        elif token.name == b"meta":
            yield from _labels_of(head[token.start + len("<meta") : token.tag_end])
        position = token.end


def _labels_of(attributes: bytes) -> Iterator[bytes]:
    """The charset that a meta element declares: by `charset`, or by `content` with `http-equiv` (HTML §13.2.3.2)."""
    values: dict[bytes, bytes] = {}
    for attribute in _ATTRIBUTE.finditer(attributes):
        values.setdefault(attribute[1].lower(), attribute[2] or attribute[3] or attribute[4] or b"")
    if b"charset" in values:
        yield values[b"charset"]
    elif values.get(b"http-equiv", b"").strip().lower() == b"content-type":
        match = _CONTENT_CHARSET.search(values.get(b"content", b""))
        yield from (match[1],) if match else ()
