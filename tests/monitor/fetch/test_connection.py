"""Failing, hostile and slow connections: each ends in time, with a clear message."""

from __future__ import annotations

import socket
import threading

import httpcore
import pytest

from cmr_watch.exceptions import FetchError
from cmr_watch.monitor.fetch import FetchSettings
from cmr_watch.monitor.fetch.connection import Connections
from cmr_watch.monitor.fetch.errors import TransientError
from tests.fakes.site import Drop, Hang, Raw, Response, packed
from tests.monitor.fetch.conftest import Rig, error_of, time_limit

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ── no connection ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_unknown_host_name(rig: Rig) -> None:
    def unknown(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    fetcher = rig.fetcher(resolve=unknown)
    assert error_of(fetcher, "https://clustercollaboration.eu/x") == (
        "clustercollaboration.eu cannot be resolved (Name or service not known) (tried 4 times)"
    )
    assert rig.pauses == [1, 2, 4]


@pytest.mark.parametrize("error", [UnicodeError("label too long"), OSError()])
def test_a_host_name_that_the_resolver_rejects(rig: Rig, error: Exception) -> None:
    def broken(host: str, port: int) -> tuple[str, ...]:
        raise error

    fetcher = rig.fetcher(resolve=broken)
    assert error_of(fetcher, "http://clustercollaboration.eu/").startswith(
        "clustercollaboration.eu cannot be resolved ("
    )


@pytest.mark.parametrize("addresses", [(), ("no address",)])
def test_a_resolver_without_usable_addresses(rig: Rig, addresses: tuple[str, ...]) -> None:
    for private in (True, False):
        fetcher = rig.fetcher(resolve=lambda host, port: addresses, private_addresses=private)
        assert "clustercollaboration.eu" in error_of(fetcher, "http://clustercollaboration.eu/")


def test_a_dns_server_that_does_not_respond(rig: Rig) -> None:
    released = threading.Event()

    def silent(host: str, port: int) -> tuple[str, ...]:
        released.wait(10)
        return ("127.0.0.1",)

    fetcher = rig.fetcher(resolve=silent, connect_timeout=0.1, retries=1)
    with time_limit(5):
        message = error_of(fetcher, "http://clustercollaboration.eu/")
    released.set()
    assert message == ("clustercollaboration.eu cannot be resolved (the DNS server did not respond) (tried 2 times)")


def test_a_refused_connection(rig: Rig) -> None:
    port = closed_port()
    fetcher = rig.fetcher(hosts=("127.0.0.1",))
    assert error_of(fetcher, f"http://127.0.0.1:{port}/") == (
        f"127.0.0.1:{port} refused the connection (tried 4 times)"
    )


def test_an_unreachable_address_leaves_time_for_the_next(rig: Rig) -> None:
    rig.site.page("/", "<p>")
    fetcher = rig.fetcher(resolve=lambda host, port: ("::1", "127.0.0.1"))  # nothing listens on the first
    assert fetcher.fetch(f"http://clustercollaboration.eu:{rig.site.port}/") is not None
    assert not rig.pauses


def test_a_host_that_does_not_accept_connections(rig: Rig) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = []
        for _ in range(3):  # these fill its queue: the system then drops further connections
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            waiting.append(client)
        fetcher = rig.fetcher(hosts=("127.0.0.1",), connect_timeout=0.2, retries=0)
        with time_limit(5):
            message = error_of(fetcher, f"http://127.0.0.1:{port}/")
        assert message == f"127.0.0.1:{port} could not be reached within 0.2 seconds"
        for client in waiting:
            client.close()


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_private_addresses_are_refused_unless_allowed(rig: Rig) -> None:
    rig.site.page("/", "<p>")
    assert rig.error(private_addresses=False) == ("SITE is not a public address; private addresses are not allowed")
    fetcher = rig.fetcher(private_addresses=False, resolve=lambda host, port: ("169.254.169.254", "::1"))
    assert error_of(fetcher, "https://clustercollaboration.eu/") == (
        "clustercollaboration.eu resolves to 169.254.169.254, which is not a public address; "
        "private addresses are not allowed"
    )
    assert rig.site.connections == 0


class FakeSockets(httpcore.NetworkBackend):
    """Records the addresses; every connection fails."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    def connect_tcp(self, host: str, port: int, *args: object, **options: object) -> httpcore.NetworkStream:
        self.addresses.append(host)
        raise httpcore.ConnectError


def test_only_checked_addresses_are_connected_to() -> None:
    """The name is resolved once per connection, and the socket gets an address (DNS rebinding)."""
    resolved: list[str] = []

    def rebinding(host: str, port: int) -> tuple[str, ...]:
        resolved.append(host)
        return ("1.1.1.1", "127.0.0.1", "2606:4700::1111", "::ffff:10.0.0.1") if len(resolved) == 1 else ("127.0.0.1",)

    sockets = FakeSockets()
    connections = Connections(FetchSettings("x"), rebinding, sockets)
    with pytest.raises(TransientError, match=r"clustercollaboration\.eu could not be reached \(unknown reason\)"):
        connections.connect_tcp("clustercollaboration.eu", 443)
    with pytest.raises(FetchError, match=r"resolves to 127\.0\.0\.1, which is not a public address"):
        connections.connect_tcp("clustercollaboration.eu", 443)
    assert (resolved, sockets.addresses) == (["clustercollaboration.eu"] * 2, ["1.1.1.1", "2606:4700::1111"])


# ── broken connections ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Drop(), "SITE closed the connection without a response"),
        (Drop(reset=True), "SITE closed the connection unexpectedly (Connection reset by peer)"),
        (Raw(OK[:-20]), "SITE sent an incomplete response"),
        (Raw(OK + b"Content-Length: 10\r\n\r\nhalf"), "SITE sent an incomplete response"),
        (Raw(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhal"), "SITE sent an incomplete response"),
        (Raw(OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"), "SITE sent an incomplete response"),
        (
            Response(200, packed(b"x" * 500, "gzip")[:-9], headers=(("Content-Encoding", "gzip"),)),
            "SITE sent an incomplete response",
        ),
        (
            Response(200, packed(b"x" * 500, "br")[:-2], headers=(("Content-Encoding", "br"),)),
            "SITE sent an incomplete response",
        ),
    ],
)
def test_a_broken_connection_is_retried(rig: Rig, answer: Response | Drop | Raw, message: str) -> None:
    rig.site.page("/", "<p>whole")
    rig.site.script("/", *[answer] * 3)
    assert rig.page().content == b"<p>whole"
    rig.site.script("/", *[answer] * 4)
    assert rig.error() == f"{message} (tried 4 times)"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x15\x03\x01\x00\x02\x02\x50",
        b"220 mail.example ESMTP\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"<html>HTTP/0.9</html>",
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffffffffffffff\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello",
        OK.replace(b"text/html", b"\xff\xfe/") + b"ETag: \xff\r\n\x01: 2\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    ],
)
def test_garbage_has_a_message_that_names_the_site(rig: Rig, garbage: bytes) -> None:
    rig.site.script("/", *[Raw(garbage)] * 4)
    message = rig.error()
    assert message.startswith("SITE "), message


def test_another_protocol_is_not_retried(rig: Rig) -> None:
    rig.site.script("/", Raw(b"220 mail.example ESMTP\r\n\r\n"))
    assert rig.error() == "SITE sent a response that is not valid HTTP"
    assert not rig.pauses


def test_unusual_but_valid_responses_are_accepted(rig: Rig) -> None:
    rig.site.script(
        "/",
        Raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK + b"\r\nafter hints"),
        Raw(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nuntil the end"),
        Raw(OK + b"Transfer-Encoding: chunked\r\n\r\n4;ext=1\r\nhalf\r\n1\r\n.\r\n0\r\nTrailer: 1\r\n\r\n"),
        Raw(OK + b"Content-Length: 4\r\n\r\nfour and more"),
        Raw(OK + b"X-\x7f: 1\r\nX-Caf\xc3\xa9: 1\r\n\r\n"),
    )
    fetcher = rig.fetcher()
    for content in (b"after hints", b"until the end", b"half.", b"four"):
        page = fetcher.fetch(rig.site.url("/"))
        assert page is not None
        assert page.content == content


# ── slow and endless responses ───────────────────────────────────────────────────────────────────────────────────────


def test_a_read_timeout_is_retried(rig: Rig) -> None:
    rig.site.page("/", "<p>")
    rig.site.script("/", Hang())
    with time_limit(5):
        assert rig.fetch(read_timeout=0.1) is not None
    rig.site.script("/", Hang(), Hang())
    with time_limit(5):
        assert rig.error(read_timeout=0.1, retries=1) == "SITE sent no data for 0.1 seconds (tried 2 times)"


def test_the_deadline_also_covers_silence(rig: Rig) -> None:
    rig.site.script("/", Hang(), Hang())
    with time_limit(5):
        assert rig.error(deadline=0.1, retries=1) == "SITE did not respond within 0.1 seconds (tried 2 times)"


@pytest.mark.parametrize(
    "dripping",
    [
        Response(200, b"<p>" * 5000, drip=0.01),
        Raw(b"X", repeat=5000, drip=0.01),
        Raw(OK + b"X: ", repeat=5000, drip=0.01),
        Raw(b"HTTP/1.1 100 Continue\r\n\r\n", repeat=None, drip=0.01),
        Raw(b"HTTP/1.1 100 Continue\r\n\r\n", repeat=None),
    ],
    ids=["body", "status line", "headers", "interim answers", "a flood of interim answers"],
)
def test_a_dripping_server_is_cut_off(rig: Rig, dripping: Response | Raw) -> None:
    rig.site.script("/", dripping)
    with time_limit(5):
        assert rig.error(deadline=0.2) == "SITE sent its response too slowly; gave up after 0.2 seconds"
    assert not rig.pauses


def test_redirects_share_one_deadline(rig: Rig) -> None:
    for hop in range(5):
        rig.site.script(f"/{hop}", Response(302, b"", headers=(("Location", f"/{hop + 1}"), ("X", "y"))))
    rig.site.script("/5", Response(200, b"<p>" * 1000, drip=0.02))
    with time_limit(5):
        assert "too slowly" in rig.error("/0", deadline=0.3)


@pytest.mark.parametrize(
    "endless",
    [
        Raw(OK + b"X-A: " + b"a" * 1000 + b"\r\n", repeat=None),
        Raw(OK + b"X" * 1000, repeat=None),
        Raw(b"A" * 1000, repeat=None),
    ],
    ids=["headers", "a header", "a status line"],
)
def test_endless_headers_are_cut_off(rig: Rig, endless: Raw) -> None:
    rig.site.script("/", endless)
    with time_limit(5):
        assert rig.error() == "SITE sent a response that is not valid HTTP"


def test_an_endless_chunk_header_is_cut_off(rig: Rig) -> None:
    head = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    rig.site.script("/", Raw(head + b"4;" + b"x" * 400_000), Raw(head + b"0\r\n" + b"X: y\r\n" * 100_000))
    fetcher = rig.fetcher()
    for _ in range(2):
        assert error_of(fetcher, rig.site.url("/")).endswith("sent a response that is not valid HTTP")


@pytest.mark.parametrize(
    ("answer", "verb"),
    [
        (Response(200, b"x" * 6 * 2**20), "sent"),
        (Raw(OK + b"\r\n" + b"x" * 65536, repeat=200), "sent"),
        (Raw(OK + b"Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n" + b"x" * 65536, repeat=200), "sent"),
        (
            Response(200, packed(b"\0" * 8 * 2**20, "gzip"), headers=(("Content-Encoding", "gzip"),)),
            "sent data that decompresses to",
        ),
        (
            Response(200, packed(b"\0" * 8 * 2**20, "br"), headers=(("Content-Encoding", "br"),)),
            "sent data that decompresses to",
        ),
    ],
    ids=["6 MiB", "no length", "one huge chunk", "gzip bomb", "brotli bomb"],
)
def test_a_body_over_the_limit_is_rejected(rig: Rig, answer: Response | Raw, verb: str) -> None:
    rig.site.script("/", answer)
    with time_limit(10):
        assert rig.error() == f"SITE {verb} more than 5 MiB; download aborted"
    assert not rig.pauses


def test_a_body_of_exactly_5_mib_is_accepted(rig: Rig) -> None:
    rig.site.page("/", b"x" * 5 * 2**20)
    assert len(rig.page().content) == 5 * 2**20


def test_the_body_of_a_rejected_type_is_not_downloaded(rig: Rig) -> None:
    rig.site.script("/", Raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n" + b"%" * 65536, repeat=None))
    with time_limit(5):
        assert "a PDF document" in rig.error()
