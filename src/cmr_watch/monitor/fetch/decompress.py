"""Decompression that never holds more than its limit and one small step. Pure.

httpx's own decoders unpack a chunk whole: 64 KiB of gzip are then 64 MiB, and of brotli far more.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from cmr_watch.exceptions import FetchError
from cmr_watch.monitor.fetch.errors import TransientError, shown

ACCEPTED = "gzip, deflate, br"

_STEP = 64 * 1024
_SLICE = 4 * 1024
"""Input goes in by slices: zlib copies what it has not used, and a body of many tiny members is copied for each."""


class _Unpacker(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]: ...
    def is_whole(self) -> bool: ...


def read_body(host: str, chunks: Iterable[bytes], encoding: str, limit: int, *, cut: bool = False) -> bytes:
    """The body, unpacked: at most `limit` bytes.

    More than that, on the wire or unpacked, is an error; with `cut` the rest is not read.
    """
    content, packed = bytearray(), 0
    unpacker = _unpacker(host, encoding)
    for chunk in chunks:
        packed += len(chunk)
        for start in range(0, len(chunk), _SLICE):
            for piece in _feed(host, unpacker, chunk[start : start + _SLICE]):
                content += piece
                if len(content) > limit:
                    return _over(host, content, limit, packed, cut=cut)
        if packed > limit:  # a stream can be endless and unpack to nothing
            return _over(host, content, limit, packed, cut=cut)
    if not unpacker.is_whole():
        raise TransientError(f"{host} broke off in the middle of its answer")
    return bytes(content)


def _over(host: str, content: bytearray, limit: int, packed: int, *, cut: bool) -> bytes:
    if cut:
        return bytes(content[:limit])
    what = "sent" if packed > limit else "sent something that unpacks to"
    raise FetchError(f"{host} {what} more than {limit / 2**20:g} MiB: dropped")


def _feed(host: str, unpacker: _Unpacker, data: bytes) -> Iterator[bytes]:
    try:
        yield from unpacker.feed(data)
    except (zlib.error, _BrokenBrotli) as error:
        raise FetchError(f"{host} sent compressed data that is damaged") from error


def _unpacker(host: str, encoding: str) -> _Unpacker:
    known: dict[str, Callable[[], _Unpacker]] = {
        "": _Identity,
        "identity": _Identity,
        "gzip": _Gzip,
        "x-gzip": _Gzip,
        "deflate": _Deflate,
        "br": _Brotli,
    }
    make = known.get(encoding.strip().lower())
    if make is None:  # also several, one in the other: nobody does it, and each layer could be a bomb of its own
        raise FetchError(f"{host} packed its answer in a way that was not asked for ({shown(encoding, 40)})")
    return make()


class _Identity:
    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data

    def is_whole(self) -> bool:
        return True


class _Gzip:
    """RFC 1952: one member or several. What follows and is no member is left out, as browsers do."""

    def __init__(self) -> None:
        self._member: zlib._Decompress | None = None
        self._between = b""
        self._members = 0
        self._over = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self._over:
            if self._member is None:
                data = self._next_member(data)
            if self._member is not None:
                yield from _inflate(self._member, data)
                data = self._member.unused_data
                if self._member.eof:
                    self._member = None

    def _next_member(self, data: bytes) -> bytes:
        data = self._between + data
        if self._members and len(data) < 2:
            self._between = data
            return b""
        if self._members and not data.startswith(b"\x1f\x8b"):
            self._over = True
            return b""
        self._between = b""
        self._members += 1
        self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        return data

    def is_whole(self) -> bool:
        return self._member is None


class _Deflate:
    """RFC 9110 §8.4.1.2 means zlib's wrapper; some servers send the bare stream. The first two bytes tell."""

    def __init__(self) -> None:
        self._head = b""
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:
            self._head += data
            if len(self._head) < 2:
                return
            data, bare = self._head, not _is_zlib(self._head)
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS)
        if not self._stream.eof:
            yield from _inflate(self._stream, data)

    def is_whole(self) -> bool:
        return self._stream.eof if self._stream is not None else not self._head


def _is_zlib(head: bytes) -> bool:
    """RFC 1950 §2.2. A bare stream begins so only with a stored block whose padding is not zero."""
    return head[0] & 0x0F == 8 and (head[0] << 8 | head[1]) % 31 == 0


def _inflate(stream: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    while True:
        piece = stream.decompress(data, _STEP)
        data = stream.unconsumed_tail
        if piece:
            yield piece
        if stream.eof or (not data and len(piece) < _STEP):
            return


class _BrokenBrotli(Exception):
    """`brotli.error`, which cannot be named before brotli is imported."""


class _Brotli:
    """RFC 7932."""

    def __init__(self) -> None:
        import brotli  # type: ignore[import-untyped]  # loaded only for the server that uses it

        self._stream = brotli.Decompressor()
        self._error: type[Exception] = brotli.error
        self._fed = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._fed = True
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
            raise _BrokenBrotli from error

    def is_whole(self) -> bool:
        return not self._fed or bool(self._stream.is_finished())
