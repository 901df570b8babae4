"""Odd responses that browsers nevertheless read, and responses that no client should read."""

from __future__ import annotations

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cmr_watch.monitor.fetch.response_head import HeadFilter, clean_head
from tests.fakes.site import Raw, Response
from tests.monitor.fetch.conftest import Rig

PAGE = b"<p>hello</p>"
TYPE = b"Content-Type: text/html"
LENGTH = b"Content-Length: %d" % len(PAGE)
CHUNKED = b"5\r\n<p>he\r\n7\r\nllo</p>\r\n0\r\n\r\n"
ODD = {
    "no colon": (b"HTTP/1.1 200 OK", [b"this is no header", TYPE, LENGTH], PAGE),
    "space before the colon": (b"HTTP/1.1 200 OK", [b"X-A : 1", b"Content-Type : text/html", LENGTH], PAGE),
    "space in a name": (b"HTTP/1.1 200 OK", [b"X Powered By: 1", TYPE, LENGTH], PAGE),
    "brackets in a name": (b"HTTP/1.1 200 OK", [b"X(1): 1", TYPE, LENGTH], PAGE),
    "bytes beyond ASCII in a name": (b"HTTP/1.1 200 OK", [b"X-\xc3\xa9: 1", TYPE, LENGTH], PAGE),
    "no name": (b"HTTP/1.1 200 OK", [b": 1", TYPE, LENGTH], PAGE),
    "NUL": (b"HTTP/1.1 200 OK", [b"X-A: a\0b", TYPE, LENGTH], PAGE),
    "bare CR": (b"HTTP/1.1 200 OK", [b"X-A: a\rb", TYPE, LENGTH], PAGE),
    "folded": (b"HTTP/1.1 200 OK", [b"X-A: a", b"\tb", TYPE, LENGTH], PAGE),
    "folded at once": (b"HTTP/1.1 200 OK", [b" b", TYPE, LENGTH], PAGE),
    "repeated status line": (b"HTTP/1.1 200 OK", [b"HTTP/1.1 200 OK", TYPE, LENGTH], PAGE),
    "spaces in the status line": (b"HTTP/1.1  200   OK ", [TYPE, LENGTH], PAGE),
    "no phrase": (b"HTTP/1.1 200", [TYPE, LENGTH], PAGE),
    "a phrase in Latin-1": (b"HTTP/1.1 200 D\xe9j\xe0 \x01", [TYPE, LENGTH], PAGE),
    "another version": (b"HTTP/2.0 200 OK", [TYPE, LENGTH], PAGE),
    "doubled Transfer-Encoding": (
        b"HTTP/1.1 200 OK",
        [TYPE, b"Transfer-Encoding: chunked", b"transfer-encoding: Chunked"],
        CHUNKED,
    ),
    "chunked, chunked": (b"HTTP/1.1 200 OK", [TYPE, b"Transfer-Encoding: chunked, chunked"], CHUNKED),
    "chunked and a length": (b"HTTP/1.1 200 OK", [TYPE, b"Transfer-Encoding: chunked", b"Content-Length: 3"], CHUNKED),
    "identity": (b"HTTP/1.1 200 OK", [TYPE, b"Transfer-Encoding: identity", LENGTH], PAGE),
    "identity alone": (b"HTTP/1.1 200 OK", [TYPE, b"Transfer-Encoding: identity"], PAGE),
    "doubled Content-Length": (b"HTTP/1.1 200 OK", [TYPE, LENGTH, LENGTH], PAGE),
    "empty Content-Length": (b"HTTP/1.1 200 OK", [TYPE, b"Content-Length:"], PAGE),
    "no number as Content-Length": (b"HTTP/1.1 200 OK", [TYPE, b"Content-Length: -1"], PAGE),
    "203": (b"HTTP/1.1 203 Non-Authoritative Information", [TYPE, LENGTH], PAGE),
    "early hints": (b"HTTP/1.1 103 Early Hints", [b"Link: <a.css>", b"", b"HTTP/1.1 200 OK", TYPE, LENGTH], PAGE),
    "unknown encoding": (b"HTTP/1.1 200 OK", [TYPE, LENGTH, b"Content-Encoding: utf-8"], PAGE),
    "encoding none": (b"HTTP/1.1 200 OK", [TYPE, LENGTH, b"Content-Encoding: none"], PAGE),
    "encodings without effect": (b"HTTP/1.1 200 OK", [TYPE, LENGTH, b"Content-Encoding: , identity, binary"], PAGE),
    "a type that is none": (b"HTTP/1.1 200 OK", [b"Content-Type: html", LENGTH], PAGE),
    "a parameter as the type": (b"HTTP/1.1 200 OK", [b"Content-Type: charset=utf-8", LENGTH], PAGE),
    "an unknown type": (b"HTTP/1.1 200 OK", [b"Content-Type: */*", LENGTH], PAGE),
}


def raw(first: bytes, lines: list[bytes], body: bytes, end: bytes = b"\r\n") -> bytes:
    return end.join([first, *lines, b"", b""]) + body


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
def test_odd_responses_are_read(rig: Rig, name: str, end: bytes) -> None:
    rig.site.script("/", Raw(raw(*ODD[name], end)))
    assert rig.page("/", retries=0).content == PAGE


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ([TYPE, b"Content-Length: 3", b"Content-Length: 12"], PAGE),
        ([TYPE, b"Content-Length: 3, 12"], PAGE),
        ([TYPE, b"Transfer-Encoding: gzip, chunked"], CHUNKED),
        ([TYPE, b"Transfer-Encoding: xchunked"], CHUNKED),
        ([TYPE, LENGTH, b"Content-Encoding: zstd"], b"\x28\xb5\x2f\xfdabcdefgh"),
        ([TYPE, LENGTH, b"Content-Encoding: compress"], b"\x1f\x9dabcdefghij"),
        ([TYPE, LENGTH, b"Content-Encoding: gzip, gzip"], PAGE),
        ([TYPE, LENGTH, b"Content-Encoding: gzip"], PAGE),
        ([b"Content-Type: image", LENGTH], b"\x89PNG89012345"[:12]),
    ],
)
def test_ambiguous_or_binary_responses_are_refused(rig: Rig, lines: list[bytes], body: bytes) -> None:
    rig.site.script("/", Raw(raw(b"HTTP/1.1 200 OK", lines, body)))
    assert rig.error("/", retries=0).startswith("SITE ")


def test_after_an_odd_response_the_connection_is_not_used_again(rig: Rig) -> None:
    rig.site.page("/", PAGE, headers=(("Transfer-Encoding", "identity"),))
    fetcher = rig.fetcher()
    for _ in range(2):
        fetcher.fetch(rig.site.url("/"))
    assert rig.site.connections == 2


def test_an_odd_header_line_leaves_the_connection_open(rig: Rig) -> None:
    rig.site.page("/", PAGE, headers=(("X Y", "1"),))
    fetcher = rig.fetcher()
    for _ in range(2):
        fetcher.fetch(rig.site.url("/"))
    assert rig.site.connections == 1


@pytest.mark.parametrize("status", [200, 203])
def test_robots_that_passed_a_proxy_are_obeyed(rig: Rig, status: int) -> None:
    rig.site.page("/robots.txt", "User-agent: *\nDisallow: /", content_type="text/plain", status=status)
    assert rig.error("/", robots=True) == "SITE disallows / in its robots.txt"


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

LINES = st.binary(max_size=30) | st.sampled_from(
    [TYPE, LENGTH, b"Transfer-Encoding: chunked", b"Content-Length: 3", b"Content-Length: x", b" folded", b"", b"a : b"]
)
HEADS = st.builds(lambda lines, end: end.join(lines), st.lists(LINES, max_size=8), st.sampled_from([b"\r\n", b"\n"]))


@given(HEADS.map(lambda head: b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + PAGE), st.integers(1, 60))
@example(raw(b"HTTP/1.1 103 X", [b"a: b", b"", b"HTTP/1.1 200 OK", LENGTH], PAGE), 1)
def test_it_does_not_matter_how_a_response_is_cut_into_pieces(response: bytes, size: int) -> None:
    pieces = [response[start : start + size] for start in range(0, len(response), size)]
    in_pieces, at_once = HeadFilter(), HeadFilter()
    assert b"".join(map(in_pieces.feed, [*pieces, b""])) == at_once.feed(response) + at_once.feed(b"")


@given(HEADS)
def test_a_clean_head_stays_as_it_is(head: bytes) -> None:
    once, _ = clean_head(b"HTTP/1.1 200 OK\r\n" + head)
    assert clean_head(once.removesuffix(b"\r\n\r\n")) == (once, False)


@given(HEADS)
def test_h11_reads_the_head_or_refuses_its_framing(head: bytes) -> None:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    connection.receive_data(clean_head(b"HTTP/1.1 200 OK\r\n" + head)[0])
    try:
        assert connection.next_event().status_code == 200  # type: ignore[union-attr]
    except h11.RemoteProtocolError as error:
        assert "Content-Length" in str(error) or "Transfer-Encoding" in str(error)  # noqa: PT017


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_what_is_no_http_passes_unchanged(one: bytes, two: bytes) -> None:
    head = HeadFilter()
    sent = b"SSH-2.0-" + one + two
    assert head.feed(b"SSH-2.0-" + one) + head.feed(two) == sent


def test_an_endless_head_is_not_kept(rig: Rig) -> None:
    rig.site.script("/", Raw(b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 200_000))
    assert rig.error("/", retries=0) == "SITE sent a response that is not valid HTTP"
    rig.site.script("/", Response(200, PAGE, headers=tuple((f"X-{n}", "a" * 50) for n in range(90))))
    assert rig.page("/").content == PAGE
