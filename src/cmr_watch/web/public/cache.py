"""Replies that were made before, compressed. A reply is valid until the state of the store or the minute changes.

The least recently used ones are dropped, so that no number of addresses can fill the memory.
"""

from __future__ import annotations

import gzip
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Final

from cmr_watch.web.public.views import Reply

Key = tuple[str, tuple[tuple[str, str], ...]]
"""A path, and the query parameters that count, sorted."""
MAX_BYTES: Final = 4_000_000
PIECE: Final = 16_384
"""Bytes that are handed to a connection at once."""
_INPUT: Final = 2_048
"""Bytes that are expanded at once: of what is left of them, each client keeps a copy."""
_LEVEL: Final = 6
_GZIP: Final = 31
"""What zlib calls its largest window, in the format of gzip."""
_COMPRESSED: Final = ("text/", "application/", "image/svg+xml")


@dataclass(frozen=True, slots=True)
class StoredReply:
    """A reply to keep. `body` is compressed if `is_compressed`; `tag` identifies its content, whatever its state.

    `length`: of the body, not compressed.
    """

    reply: Reply
    body: bytes
    is_compressed: bool
    tag: str
    version: str
    length: int = 0

    @property
    def plain(self) -> bytes:
        """The body, not compressed."""
        return gzip.decompress(self.body) if self.is_compressed else self.body

    def pieces(self, *, is_compressed: bool) -> Iterator[bytes]:
        """The body in pieces of at most 16 KB, compressed if it is kept so, or not.

        A client that does not read then costs one piece, and not the whole body, which all clients share.
        """
        view = memoryview(self.body)
        if is_compressed or not self.is_compressed:
            yield from (bytes(view[start : start + PIECE]) for start in range(0, len(view), PIECE))
            return
        expander = zlib.decompressobj(_GZIP)
        for start in range(0, len(view), _INPUT):
            rest = bytes(view[start : start + _INPUT])
            while rest:
                yield expander.decompress(rest, PIECE)
                rest = expander.unconsumed_tail
        yield expander.flush()

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return len(self.body) + 1_000


def stored(reply: Reply, version: str) -> StoredReply:
    """The reply, compressed where that helps."""
    tag = f'W/"{sha256(reply.body).hexdigest()[:20]}"'
    bare = Reply(b"", reply.content_type, reply.status, reply.headers)
    if reply.content_type.startswith(_COMPRESSED) and len(reply.body) > 500:
        return StoredReply(bare, gzip.compress(reply.body, _LEVEL, mtime=0), True, tag, version, len(reply.body))
    return StoredReply(bare, reply.body, False, tag, version, len(reply.body))


class ReplyCache:
    """The replies of a site, by key, up to a number of bytes. Used from several threads."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._replies: OrderedDict[Key, StoredReply] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Key) -> StoredReply | None:
        """The newest reply for this key, of whatever version."""
        with self._lock:
            found = self._replies.get(key)
            if found:
                self._replies.move_to_end(key)
            return found

    def put(self, key: Key, reply: StoredReply) -> None:
        """Keep a reply; drop those that were not used for the longest time until all fit."""
        with self._lock:
            old = self._replies.pop(key, None)
            self._bytes += reply.size - (old.size if old else 0)
            self._replies[key] = reply
            while self._bytes > self._max_bytes and self._replies:
                _, dropped = self._replies.popitem(last=False)
                self._bytes -= dropped.size
