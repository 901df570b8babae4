"""Decompression: the same bytes however they come in, and never more than the limit."""

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


def unpack(chunks: list[bytes] | Iterator[bytes], encoding: str, limit: int = 5 * MIB, *, cut: bool = False) -> bytes:
    return read_body("host", chunks, encoding.removeprefix("raw-"), limit, cut=cut)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """The data cut at these places (each modulo its length)."""
    places = sorted({0, len(data), *(place % (len(data) + 1) for place in cuts)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


bodies = st.binary(max_size=300) | st.builds(bytes.__mul__, st.binary(min_size=1, max_size=40), st.integers(0, 9000))


@given(body=bodies, encoding=st.sampled_from([*ENCODINGS, "identity", ""]), cuts=st.lists(st.integers(0, 10**6)))
@example(body=b"", encoding="br", cuts=[])
def test_any_chunking_gives_the_same_bytes(body: bytes, encoding: str, cuts: list[int]) -> None:
    data = packed(body, encoding) if encoding in ENCODINGS else body
    assert unpack(pieces(data, cuts), encoding) == body


@given(
    members=st.lists(st.binary(max_size=50), min_size=1, max_size=6),
    after=st.sampled_from([b"", b"\0", b"\0" * 600, b"\x1f", b"\x1fX", b"<!-- cached -->"]),
    cuts=st.lists(st.integers(0, 10**6)),
)
def test_gzip_members_in_a_row_are_one_body_and_what_follows_is_left_out(
    members: list[bytes], after: bytes, cuts: list[int]
) -> None:
    data = b"".join(gzip.compress(member) for member in members) + after
    assert unpack(pieces(data, cuts), "gzip") == b"".join(members)


@given(
    body=st.binary(min_size=1, max_size=2000),
    encoding=st.sampled_from(ENCODINGS),
    missing=st.integers(1, 5000),
    cuts=st.lists(st.integers(0, 10**6)),
)
def test_a_body_cut_short_is_never_taken_for_whole(
    body: bytes, encoding: Encoding, missing: int, cuts: list[int]
) -> None:
    data = packed(body, encoding)
    data = data[: max(1, len(data) - missing)]
    with pytest.raises(TransientError, match="host broke off in the middle of its answer"):
        unpack(pieces(data, cuts), encoding)


@given(data=st.binary(min_size=1, max_size=400), encoding=st.sampled_from(["gzip", "deflate", "br"]))
def test_any_garbage_is_bytes_or_a_fetch_error(data: bytes, encoding: str) -> None:
    with suppress(FetchError):
        assert isinstance(unpack([data], encoding), bytes)


@given(data=st.binary(max_size=300), flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), max_size=4))
def test_any_damage_is_bytes_or_a_fetch_error(data: bytes, flips: list[tuple[int, int]]) -> None:
    for encoding in ENCODINGS:
        damaged = bytearray(packed(data * 20, encoding))
        for place, change in flips:
            damaged[place % len(damaged)] ^= change
        with suppress(FetchError):
            assert isinstance(unpack([bytes(damaged)], encoding), bytes)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_damage_has_a_sentence(encoding: str) -> None:
    damaged = {"gzip": b"not gzip", "deflate": b"x\x9c\xff\xff\xff", "br": b"\xff" * 9}[encoding]
    with pytest.raises(FetchError, match="host sent compressed data that is damaged"):
        unpack([damaged], encoding)


def test_a_wrong_checksum_is_damage() -> None:
    data = bytearray(gzip.compress(b"hello"))
    data[-5] ^= 1
    with pytest.raises(FetchError, match="damaged"):
        unpack([bytes(data)], "gzip")


@pytest.mark.parametrize("encoding", ["zstd", "gzip, gzip", "br,gzip", "compress", "x" * 500, "gz\nip"])
def test_other_encodings_are_refused_in_one_line(encoding: str) -> None:
    with pytest.raises(FetchError) as caught:
        unpack([b"x"], encoding)
    assert str(caught.value).startswith("host packed its answer in a way that was not asked for (")
    assert len(str(caught.value)) < 150
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["GZIP", " gzip ", "x-gzip"])
def test_names_of_encodings_are_read_as_http_writes_them(encoding: str) -> None:
    assert unpack([gzip.compress(b"ok")], encoding) == b"ok"


def test_bytes_after_a_finished_stream_are_left_out() -> None:
    assert unpack([zlib.compress(b"ok"), b"more"], "deflate") == b"ok"
    assert unpack([brotli.compress(b"ok"), b"more"], "br") == b"ok"


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoding", [*ENCODINGS, ""])
def test_the_limit_itself_is_allowed_and_one_more_is_not(encoding: str) -> None:
    for size, fits in ((1000, True), (1001, False)):
        body = random.Random(1).randbytes(500) * 3
        body = body[:size]
        data = packed(body, encoding) if encoding in ENCODINGS else body
        if fits:
            assert unpack([data], encoding, 1000) == body
        else:
            with pytest.raises(FetchError, match=r"host sent .*more than .* MiB: dropped"):
                unpack([data], encoding, 1000)


def bomb(encoding: Encoding, size: int = 64 * MIB) -> bytes:
    """Made by steps, so that the test's own memory tells nothing."""
    step = b"\0" * MIB
    if encoding == "br":
        squeeze = brotli.Compressor(quality=1)
        return b"".join(squeeze.process(step) for _ in range(size // MIB)) + bytes(squeeze.finish())
    wbits = {"gzip": 31, "deflate": 15, "raw-deflate": -15, "br": 0}[encoding]
    pack = zlib.compressobj(9, wbits=wbits)
    return b"".join(pack.compress(step) for _ in range(size // MIB)) + pack.flush()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_bomb_is_cut_off_and_memory_stays_small(encoding: Encoding) -> None:
    data = bomb(encoding)
    tracemalloc.start()
    try:
        with pytest.raises(FetchError, match="host sent something that unpacks to more than 5 MiB: dropped"):
            unpack([data], encoding)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 8 * MIB  # 5 MiB, what a bytearray keeps in reserve, and a step


def test_a_stream_without_an_end_that_unpacks_to_nothing_is_dropped() -> None:
    def endless() -> Iterator[bytes]:
        yield gzip.compress(b"")
        while True:
            yield gzip.compress(b"") * 100

    with pytest.raises(FetchError, match="host sent more than 1 MiB: dropped"):
        unpack(endless(), "gzip", MIB)


def test_what_is_not_compressed_is_limited_too() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65536

    with pytest.raises(FetchError, match="host sent more than 5 MiB: dropped"):
        unpack(endless(), "")


@pytest.mark.parametrize("encoding", [*ENCODINGS, ""])
def test_with_cut_the_beginning_is_enough(encoding: str) -> None:
    body = b"0123456789" * 10_000
    data = packed(body, encoding) if encoding in ENCODINGS else body
    assert unpack([data], encoding, 1234, cut=True) == body[:1234]
