"""Decompression: independent of chunk sizes, and never more than the limit."""

from __future__ import annotations

import gzip
import itertools
import random
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import suppress

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cmr_watch.exceptions import FetchError
from cmr_watch.monitor.fetch.decompress import read_body
from cmr_watch.monitor.fetch.errors import TransientError
from tests.fakes.site import Encoding, packed

ENCODINGS: list[Encoding] = ["gzip", "deflate", "raw-deflate", "br"]
MIB = 2**20


def decompress(
    chunks: list[bytes] | Iterator[bytes], encoding: str, limit: int = 5 * MIB, *, truncate: bool = False
) -> bytes:
    return read_body("host", chunks, encoding.removeprefix("raw-"), limit, truncate=truncate)


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    """The data split at these offsets, each modulo its length."""
    offsets = sorted({0, len(data), *(offset % (len(data) + 1) for offset in cuts)})
    return [data[start:end] for start, end in itertools.pairwise(offsets)]


bodies = st.binary(max_size=300) | st.builds(bytes.__mul__, st.binary(min_size=1, max_size=40), st.integers(0, 9000))


@given(body=bodies, encoding=st.sampled_from([*ENCODINGS, "identity", ""]), cuts=st.lists(st.integers(0, 10**6)))
@example(body=b"", encoding="br", cuts=[])
def test_any_chunking_gives_the_same_bytes(body: bytes, encoding: str, cuts: list[int]) -> None:
    data = packed(body, encoding) if encoding in ENCODINGS else body
    assert decompress(split(data, cuts), encoding) == body


@given(
    members=st.lists(st.binary(max_size=50), min_size=1, max_size=6),
    trailing=st.sampled_from([b"", b"\0", b"\0" * 600, b"\x1f", b"\x1fX", b"<!-- cached -->"]),
    cuts=st.lists(st.integers(0, 10**6)),
)
def test_gzip_members_are_concatenated_and_trailing_data_is_ignored(
    members: list[bytes], trailing: bytes, cuts: list[int]
) -> None:
    data = b"".join(gzip.compress(member) for member in members) + trailing
    assert decompress(split(data, cuts), "gzip") == b"".join(members)


@given(
    body=st.binary(min_size=1, max_size=2000),
    encoding=st.sampled_from(ENCODINGS),
    missing=st.integers(1, 5000),
    cuts=st.lists(st.integers(0, 10**6)),
)
def test_an_incomplete_body_is_always_noticed(body: bytes, encoding: Encoding, missing: int, cuts: list[int]) -> None:
    data = packed(body, encoding)
    data = data[: max(1, len(data) - missing)]
    with pytest.raises(TransientError, match="host sent an incomplete response"):
        decompress(split(data, cuts), encoding)


@given(data=st.binary(min_size=1, max_size=400), encoding=st.sampled_from(["gzip", "deflate", "br"]))
def test_garbage_gives_bytes_or_a_fetch_error(data: bytes, encoding: str) -> None:
    with suppress(FetchError):
        assert isinstance(decompress([data], encoding), bytes)


@given(data=st.binary(max_size=300), flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), max_size=4))
def test_damage_gives_bytes_or_a_fetch_error(data: bytes, flips: list[tuple[int, int]]) -> None:
    for encoding in ENCODINGS:
        damaged = bytearray(packed(data * 20, encoding))
        for place, change in flips:
            damaged[place % len(damaged)] ^= change
        with suppress(FetchError):
            assert isinstance(decompress([bytes(damaged)], encoding), bytes)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_damage_has_a_message(encoding: str) -> None:
    damaged = {"gzip": b"not gzip", "deflate": b"x\x9c\xff\xff\xff", "br": b"\xff" * 9}[encoding]
    with pytest.raises(FetchError, match="host sent corrupt compressed data"):
        decompress([damaged], encoding)


def test_a_wrong_checksum_is_an_error() -> None:
    data = bytearray(gzip.compress(b"hello"))
    data[-5] ^= 1
    with pytest.raises(FetchError, match="corrupt"):
        decompress([bytes(data)], "gzip")


@pytest.mark.parametrize("encoding", ["zstd", "gzip, gzip", "br,gzip", "compress", "x" * 500, "gz\nip"])
def test_other_encodings_are_rejected(encoding: str) -> None:
    with pytest.raises(FetchError) as caught:
        decompress([b"x", b"\x1f\x9d\x90"], encoding)
    assert str(caught.value).startswith("host used an unsupported content encoding (")
    assert len(str(caught.value)) < 150
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "none", "binary", "UTF-8, identity", "zstd", "gz\nip"])
def test_text_under_an_unknown_encoding_is_plain(encoding: str) -> None:
    assert decompress([b"<p>", "Iași".encode()], encoding) == "<p>Iași".encode()


@pytest.mark.parametrize("encoding", ["GZIP", " gzip ", "x-gzip", "gzip, identity", "gzip,", "utf-8, gzip"])
def test_encoding_names_are_case_insensitive(encoding: str) -> None:
    assert decompress([gzip.compress(b"ok")], encoding) == b"ok"


def test_bytes_after_the_end_of_a_stream_are_ignored() -> None:
    assert decompress([zlib.compress(b"ok"), b"more"], "deflate") == b"ok"
    assert decompress([brotli.compress(b"ok"), b"more"], "br") == b"ok"


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoding", [*ENCODINGS, ""])
def test_the_limit_is_inclusive(encoding: str) -> None:
    for size, fits in ((1000, True), (1001, False)):
        body = random.Random(1).randbytes(500) * 3
        body = body[:size]
        data = packed(body, encoding) if encoding in ENCODINGS else body
        if fits:
            assert decompress([data], encoding, 1000) == body
        else:
            with pytest.raises(FetchError, match=r"host sent .*more than .* MiB; download aborted"):
                decompress([data], encoding, 1000)


def bomb(encoding: Encoding, size: int = 64 * MIB) -> bytes:
    """Compressed in steps, to keep the memory use of the test itself low."""
    step = b"\0" * MIB
    if encoding == "br":
        compressor = brotli.Compressor(quality=1)
        return b"".join(compressor.process(step) for _ in range(size // MIB)) + bytes(compressor.finish())
    wbits = {"gzip": 31, "deflate": 15, "raw-deflate": -15, "br": 0}[encoding]
    deflater = zlib.compressobj(9, wbits=wbits)
    return b"".join(deflater.compress(step) for _ in range(size // MIB)) + deflater.flush()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_decompression_bomb_is_cut_off_with_little_memory(encoding: Encoding) -> None:
    data = bomb(encoding)
    tracemalloc.start()
    try:
        with pytest.raises(FetchError, match="host sent data that decompresses to more than 5 MiB; download aborted"):
            decompress([data], encoding)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * MIB  # 5 MiB, the over-allocation of bytearray, and one step


def test_an_endless_stream_that_decompresses_to_nothing_is_cut_off() -> None:
    def endless() -> Iterator[bytes]:
        yield gzip.compress(b"")
        while True:
            yield gzip.compress(b"") * 100

    with pytest.raises(FetchError, match="host sent more than 1 MiB; download aborted"):
        decompress(endless(), "gzip", MIB)


def test_uncompressed_bodies_are_limited_too() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65536

    with pytest.raises(FetchError, match="host sent more than 5 MiB; download aborted"):
        decompress(endless(), "")


@pytest.mark.parametrize("encoding", [*ENCODINGS, ""])
def test_truncation_returns_the_beginning(encoding: str) -> None:
    body = b"0123456789" * 10_000
    data = packed(body, encoding) if encoding in ENCODINGS else body
    assert decompress([data], encoding, 1234, truncate=True) == body[:1234]
