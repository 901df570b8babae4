"""Makes the head of an HTTP response acceptable to h11, which is stricter than browsers are. Pure.

Servers send lines that are no header, spaces in front of a colon, or the same framing header twice. Browsers read such
a response, and so do we. What is ambiguous about the length of the body is left for h11 to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

MAX_HEAD_BYTES = 100 * 1024
"""The most that is held back; h11 refuses a longer head, as httpcore configures it."""

_END = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/([0-9])\.([0-9])[ \t]{1,20}([1-9][0-9]{2})(?:[ \t][^\r\n]*)?")
_NAME = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]{1,200}")
_START = b"HTTP/"

Field = tuple[bytes, bytes]
"""The name of a header, as sent, and its value."""


class HeadFilter:
    """Passes a response on, its head only once it is complete. A new one is needed for each response."""

    def __init__(self) -> None:
        self._held = b""
        self._is_done = False

    def feed(self, data: bytes) -> bytes:
        """What may be passed on; empty while more is needed. Empty `data` is the end of the connection."""
        if self._is_done:
            return data
        scanned = max(0, len(self._held) - 3)
        self._held += data
        ready = b""
        while not self._is_done and (end := _END.search(self._held, scanned)):
            head, self._held, scanned = self._held[: end.start()], self._held[end.end() :], 0
            cleaned, is_interim = clean_head(head)
            ready += cleaned
            self._is_done = not is_interim
        if self._is_done or not data or self._is_hopeless():
            self._is_done = True
            ready, self._held = ready + self._held, b""
        return ready

    def _is_hopeless(self) -> bool:
        return len(self._held) > MAX_HEAD_BYTES or not self._held.startswith(_START[: len(self._held)])


def clean_head(head: bytes) -> tuple[bytes, bool]:
    """The head, with the empty line that ends it, and whether another one follows (a status of 1xx, but not 101)."""
    first, *lines = re.split(rb"\r?\n", head)
    status_line = _STATUS_LINE.fullmatch(first)
    if status_line is None:
        return head + b"\r\n\r\n", False
    version = b"1.0" if status_line[1] + status_line[2] in (b"10", b"09") else b"1.1"
    fields = tuple(_fields(lines))
    framed = _with_one_framing(fields)
    is_odd = framed != fields
    head_lines = [b"HTTP/%b %b " % (version, status_line[3]), *(b"%b: %b" % field for field in framed)]
    head_lines += [b"Connection: close"] if is_odd else []  # its end is not certain, so nothing may follow it
    return b"\r\n".join(head_lines) + b"\r\n\r\n", status_line[3][:1] == b"1" and status_line[3] != b"101"


def _fields(lines: Iterable[bytes]) -> Iterator[Field]:
    """The lines that are headers. A folded line continues the one before it (RFC 9112 §5.2)."""
    name, value = b"", b""
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            value += b" " + line.strip()
            continue
        if name:
            yield name, value.strip()
        name, colon, value = line.partition(b":")
        name = name.strip(b" \t")
        if not colon or not _NAME.fullmatch(name) or b"\0" in value or b"\r" in value:
            name = b""
    if name:
        yield name, value.strip()


def _with_one_framing(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The headers with only one that says how long the body is, if those that were sent agree."""
    sent = [(name, value.lower()) for name, value in fields if _is_framing(name)]
    agreed = _agreed_framing(sent)
    if agreed is None or [value for _, value in sent] == [value for _, value in agreed]:
        return fields
    return (*(field for field in fields if not _is_framing(field[0])), *agreed)


def _agreed_framing(sent: Iterable[Field]) -> list[Field] | None:
    """One Transfer-Encoding, or else one Content-Length, or neither; None if it is ambiguous."""
    codings = _values(sent, b"transfer-encoding") - {b"identity"}
    lengths = set(filter(bytes.isdigit, _values(sent, b"content-length")))
    agreed = [(b"Transfer-Encoding", coding) for coding in codings] or [(b"Content-Length", n) for n in lengths]
    return agreed if len(agreed) < 2 and codings <= {b"chunked"} else None


def _is_framing(name: bytes) -> bool:
    return name.lower() in (b"transfer-encoding", b"content-length")


def _values(fields: Iterable[Field], name: bytes) -> set[bytes]:
    values = (value for field, text in fields if field.lower() == name for value in text.split(b","))
    return {value.strip() for value in values} - {b""}
