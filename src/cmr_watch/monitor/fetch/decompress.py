"""Decompress response bodies within a memory limit. Pure.

httpx's own decoders decompress each chunk completely: 64 KiB of gzip can become 64 MiB, and of brotli far more. Here,
memory use stays within the limit plus one small step.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from cmr_watch.exceptions import FetchError
from cmr_watch.monitor.fetch.errors import TransientError, printable

ACCEPTED = "gzip, deflate, br"

_STEP = 64 * 1024
"""The most bytes to decompress at a time."""
_SLICE = 4 * 1024
"""Input is fed in slices: zlib copies unused input after every gzip member, which adds up for many tiny members."""

_SNIFFED = 1024
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]|^\x28\xb5\x2f\xfd")
"""Bytes that no text has, or the beginning of zstd: https://mimesniff.spec.whatwg.org/#binary-data-byte"""


class _Decoder(Protocol):
    def decode(self, data: bytes) -> Iterator[bytes]: ...
    def is_complete(self) -> bool: ...


def read_body(host: str, chunks: Iterable[bytes], encoding: str, limit: int, *, truncate: bool = False) -> bytes:
    """The decompressed body, at most `limit` bytes.

    A larger body, whether as sent or decompressed, raises FetchError; with `truncate` the excess is not read instead.
    """
    content, received = bytearray(), 0
    decoder = _decoder(host, encoding)
    for chunk in chunks:
        received += len(chunk)
        for start in range(0, len(chunk), _SLICE):
            for piece in _decode(host, decoder, chunk[start : start + _SLICE]):
                content += piece
                if len(content) > limit:
                    return _over_limit(host, content, limit, received, truncate=truncate)
        if received > limit:  # an endless stream may decompress to nothing
            return _over_limit(host, content, limit, received, truncate=truncate)
    if not decoder.is_complete():
        raise TransientError(f"{host} sent an incomplete response")
    return bytes(content)


def _over_limit(host: str, content: bytearray, limit: int, received: int, *, truncate: bool) -> bytes:
    if truncate:
        return bytes(content[:limit])
    verb = "sent" if received > limit else "sent data that decompresses to"
    raise FetchError(f"{host} {verb} more than {limit / 2**20:g} MiB; download aborted")


def _decode(host: str, decoder: _Decoder, data: bytes) -> Iterator[bytes]:
    try:
        yield from decoder.decode(data)
    except (zlib.error, _BrotliError) as error:
        raise FetchError(f"{host} sent corrupt compressed data") from error


def _decoder(host: str, encoding: str) -> _Decoder:
    decoders: dict[str, Callable[[], _Decoder]] = {
        "gzip": _Gzip,
        "x-gzip": _Gzip,
        "deflate": _Deflate,
        "br": _Brotli,
    }
    names = [name for name in map(str.strip, encoding.lower().split(",")) if name not in ("", "identity")]
    unsupported = FetchError(f"{host} used an unsupported content encoding ({printable(encoding, 40)})")
    known = [decoders[name] for name in names if name in decoders]
    if len(known) > 1:  # nested: servers do not use this, and each layer could be a decompression bomb
        raise unsupported
    if known:
        return known[0]()
    return _Plain(unsupported) if names else _Identity()


class _Identity:
    def decode(self, data: bytes) -> Iterator[bytes]:
        yield data

    def is_complete(self) -> bool:
        return True


class _Plain:
    """A body under an encoding that does not exist (`utf-8`, `none`): read as it is, as in browsers, if it is text."""

    def __init__(self, unsupported: FetchError) -> None:
        self._unsupported = unsupported
        self._start = b""

    def decode(self, data: bytes) -> Iterator[bytes]:
        if len(self._start) < _SNIFFED:
            self._start += data[:_SNIFFED]
            if _BINARY.search(self._start):
                raise self._unsupported
        yield data

    def is_complete(self) -> bool:
        return True


class _Gzip:
    """RFC 1952: one or more members. Trailing data that is not a member is ignored, as in browsers."""

    def __init__(self) -> None:
        self._member: zlib._Decompress | None = None
        self._pending_head = b""
        self._member_count = 0
        self._is_finished = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        while data and not self._is_finished:
            if self._member is None:
                data = self._next_member(data)
            if self._member is not None:
                yield from _inflate(self._member, data)
                data = self._member.unused_data
                if self._member.eof:
                    self._member = None

    def _next_member(self, data: bytes) -> bytes:
        """Begin the next member if there is one. Returns the data to decompress; empty if there is none."""
        data = self._pending_head + data
        if self._member_count and len(data) < 2:
            self._pending_head = data
            return b""
        if self._member_count and not data.startswith(b"\x1f\x8b"):
            self._is_finished = True
            return b""
        self._pending_head = b""
        self._member_count += 1
        self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        return data

    def is_complete(self) -> bool:
        return self._member is None


class _Deflate:
    """RFC 9110 §8.4.1.2 requires the zlib wrapper, but some servers send raw deflate. The first two bytes decide."""

    def __init__(self) -> None:
        self._head = b""
        self._stream: zlib._Decompress | None = None

    def decode(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:
            self._head += data
            if len(self._head) < 2:
                return
            data, is_raw = self._head, not _is_zlib(self._head)
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS if is_raw else zlib.MAX_WBITS)
        if not self._stream.eof:
            yield from _inflate(self._stream, data)

    def is_complete(self) -> bool:
        return self._stream.eof if self._stream is not None else not self._head


def _is_zlib(head: bytes) -> bool:
    """RFC 1950 §2.2. Raw deflate looks like this only if it begins with a stored block with non-zero padding."""
    return head[0] & 0x0F == 8 and (head[0] << 8 | head[1]) % 31 == 0


def _inflate(stream: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    while True:
        piece = stream.decompress(data, _STEP)
        data = stream.unconsumed_tail
        if piece:
            yield piece
        if stream.eof or (not data and len(piece) < _STEP):
            return


class _BrotliError(Exception):
    """Represents `brotli.error`, which cannot be named until brotli is imported."""


class _Brotli:
    """RFC 7932."""

    def __init__(self) -> None:
        import brotli  # type: ignore[import-untyped]  # imported only for servers that use it

        self._stream = brotli.Decompressor()
        self._error: type[Exception] = brotli.error
        self._has_input = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        self._has_input = True
        while not self._stream.is_finished():
            piece = self._process(data)
            data = b""
            if not piece:
                return
            yield piece

    def _process(self, data: bytes) -> bytes:
        try:
            return bytes(self._stream.process(data, output_buffer_limit=_STEP))
        except self._error as error:
            raise _BrotliError from error

    def is_complete(self) -> bool:
        return not self._has_input or bool(self._stream.is_finished())
