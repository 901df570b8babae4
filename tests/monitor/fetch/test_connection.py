"""Lines that fail, lie or last: each has its sentence, and its end."""

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
from tests.monitor.fetch.conftest import Rig, trouble, within

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ── there is no line ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_name_that_does_not_resolve(rig: Rig) -> None:
    def unknown(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    fetcher = rig.fetcher(resolve=unknown)
    assert trouble(fetcher, "https://clustercollaboration.eu/x") == (
        "clustercollaboration.eu could not be found: its name does not resolve (Name or service not known)"
        " (tried 4 times)"
    )
    assert rig.pauses == [1, 2, 4]


@pytest.mark.parametrize("error", [UnicodeError("label too long"), OSError()])
def test_a_name_that_the_system_cannot_even_ask_for(rig: Rig, error: Exception) -> None:
    def broken(host: str, port: int) -> tuple[str, ...]:
        raise error

    fetcher = rig.fetcher(resolve=broken)
    assert trouble(fetcher, "http://clustercollaboration.eu/").startswith(
        "clustercollaboration.eu could not be found: its name does not resolve ("
    )


@pytest.mark.parametrize("found", [(), ("no address",)])
def test_a_look_up_that_finds_nothing_of_use(rig: Rig, found: tuple[str, ...]) -> None:
    for private in (True, False):
        fetcher = rig.fetcher(resolve=lambda host, port: found, private_addresses=private)
        assert "clustercollaboration.eu" in trouble(fetcher, "http://clustercollaboration.eu/")


def test_a_name_server_that_does_not_answer(rig: Rig) -> None:
    free = threading.Event()

    def silent(host: str, port: int) -> tuple[str, ...]:
        free.wait(10)
        return ("127.0.0.1",)

    fetcher = rig.fetcher(resolve=silent, connect_timeout=0.1, retries=1)
    with within(5):
        said = trouble(fetcher, "http://clustercollaboration.eu/")
    free.set()
    assert said == (
        "clustercollaboration.eu could not be found: its name does not resolve (the name server does not answer)"
        " (tried 2 times)"
    )


def test_refused(rig: Rig) -> None:
    port = closed_port()
    fetcher = rig.fetcher(hosts=("127.0.0.1",))
    assert trouble(fetcher, f"http://127.0.0.1:{port}/") == (f"127.0.0.1:{port} refused the connection (tried 4 times)")


def test_a_dead_address_leaves_time_for_a_living_one(rig: Rig) -> None:
    rig.site.page("/", "<p>")
    fetcher = rig.fetcher(resolve=lambda host, port: ("::1", "127.0.0.1"))  # nobody listens on the first
    assert fetcher.fetch(f"http://clustercollaboration.eu:{rig.site.port}/") is not None
    assert not rig.pauses


def test_a_host_that_takes_no_connection(rig: Rig) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = []
        for _ in range(3):  # its queue is full: the system drops what comes next
            line = socket.socket()
            line.setblocking(False)
            line.connect_ex(("127.0.0.1", port))
            waiting.append(line)
        fetcher = rig.fetcher(hosts=("127.0.0.1",), connect_timeout=0.2, retries=0)
        with within(5):
            said = trouble(fetcher, f"http://127.0.0.1:{port}/")
        assert said == f"127.0.0.1:{port} could not be reached within 0.2 seconds"
        for line in waiting:
            line.close()


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_private_addresses_are_refused_unless_allowed(rig: Rig) -> None:
    rig.site.page("/", "<p>")
    assert rig.trouble(private_addresses=False) == "SITE is at 127.0.0.1, which is not a public address: refused"
    fetcher = rig.fetcher(private_addresses=False, resolve=lambda host, port: ("169.254.169.254", "::1"))
    assert trouble(fetcher, "https://clustercollaboration.eu/") == (
        "clustercollaboration.eu is at 169.254.169.254, which is not a public address: refused"
    )
    assert rig.site.connections == 0


class FakeSockets(httpcore.NetworkBackend):
    """Writes down what would be connected to; nobody is at home."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    def connect_tcp(self, host: str, port: int, *args: object, **options: object) -> httpcore.NetworkStream:
        self.tried.append(host)
        raise httpcore.ConnectError


def test_only_what_was_judged_is_connected_to(rig: Rig) -> None:
    """No second look-up, whose answer might be another (DNS rebinding), and no name handed to the socket."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("1.1.1.1", "127.0.0.1", "2606:4700::1111", "::ffff:10.0.0.1") if len(asked) == 1 else ("127.0.0.1",)

    sockets = FakeSockets()
    lines = Connections(FetchSettings("x"), rebinding, sockets)
    with pytest.raises(TransientError, match=r"clustercollaboration\.eu could not be reached \(no reason given\)"):
        lines.connect_tcp("clustercollaboration.eu", 443)
    with pytest.raises(FetchError, match=r"is at 127\.0\.0\.1, which is not a public address"):
        lines.connect_tcp("clustercollaboration.eu", 443)
    assert (asked, sockets.tried) == (["clustercollaboration.eu"] * 2, ["1.1.1.1", "2606:4700::1111"])


# ── the line breaks ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Drop(), "SITE closed the connection without an answer"),
        (Drop(reset=True), "SITE broke the connection off (Connection reset by peer)"),
        (Raw(OK[:-20]), "SITE broke off in the middle of its answer"),
        (Raw(OK + b"Content-Length: 10\r\n\r\nhalf"), "SITE broke off in the middle of its answer"),
        (Raw(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhal"), "SITE broke off in the middle of its answer"),
        (Raw(OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"), "SITE broke off in the middle of its answer"),
        (
            Response(200, packed(b"x" * 500, "gzip")[:-9], headers=(("Content-Encoding", "gzip"),)),
            "SITE broke off in the middle of its answer",
        ),
        (
            Response(200, packed(b"x" * 500, "br")[:-2], headers=(("Content-Encoding", "br"),)),
            "SITE broke off in the middle of its answer",
        ),
    ],
)
def test_a_broken_line_is_tried_again(rig: Rig, answer: Response | Drop | Raw, sentence: str) -> None:
    rig.site.page("/", "<p>whole")
    rig.site.script("/", *[answer] * 3)
    assert rig.page().content == b"<p>whole"
    rig.site.script("/", *[answer] * 4)
    assert rig.trouble() == f"{sentence} (tried 4 times)"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x15\x03\x01\x00\x02\x02\x50",
        b"220 mail.example ESMTP\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"<html>HTTP/0.9</html>",
        b"HTTP/1.1 200\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: nameless\r\n\r\n",
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffffffffffffff\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello",
        OK + b"X: a\0b\r\n\r\n",
        OK + b"Content-Type: \xff\xfe\r\nETag: \xff\r\n\x01: 2\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    ],
)
def test_garbage_is_a_sentence(rig: Rig, garbage: bytes) -> None:
    rig.site.script("/", *[Raw(garbage)] * 4)
    said = rig.trouble()
    assert said.startswith("SITE "), said


def test_what_is_not_http_is_said_so_and_not_asked_again(rig: Rig) -> None:
    rig.site.script("/", Raw(b"220 mail.example ESMTP\r\n\r\n"))
    assert rig.trouble() == "SITE sent an answer that is not HTTP"
    assert not rig.pauses


def test_odd_but_readable_answers_are_read(rig: Rig) -> None:
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


# ── the line lasts ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_silence_is_given_up_and_tried_again(rig: Rig) -> None:
    rig.site.page("/", "<p>")
    rig.site.script("/", Hang())
    with within(5):
        assert rig.fetch(read_timeout=0.1) is not None
    rig.site.script("/", Hang(), Hang())
    with within(5):
        assert rig.trouble(read_timeout=0.1, retries=1) == "SITE was silent for 0.1 seconds (tried 2 times)"


def test_the_deadline_is_for_silence_too(rig: Rig) -> None:
    rig.site.script("/", Hang(), Hang())
    with within(5):
        assert rig.trouble(deadline=0.1, retries=1) == "SITE did not answer within 0.1 seconds (tried 2 times)"


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
def test_a_server_that_drips_is_dropped(rig: Rig, dripping: Response | Raw) -> None:
    rig.site.script("/", dripping)
    with within(5):
        assert rig.trouble(deadline=0.2) == "SITE sent its answer too slowly: dropped after 0.2 seconds"
    assert not rig.pauses


def test_the_deadline_is_for_all_hops_together(rig: Rig) -> None:
    for hop in range(5):
        rig.site.script(f"/{hop}", Response(302, b"", headers=(("Location", f"/{hop + 1}"), ("X", "y"))))
    rig.site.script("/5", Response(200, b"<p>" * 1000, drip=0.02))
    with within(5):
        assert "too slowly" in rig.trouble("/0", deadline=0.3)


@pytest.mark.parametrize(
    "endless",
    [
        Raw(OK + b"X-A: " + b"a" * 1000 + b"\r\n", repeat=None),
        Raw(OK + b"X" * 1000, repeat=None),
        Raw(b"A" * 1000, repeat=None),
    ],
    ids=["headers", "a header", "a status line"],
)
def test_a_head_without_an_end_is_dropped(rig: Rig, endless: Raw) -> None:
    rig.site.script("/", endless)
    with within(5):
        assert rig.trouble() == "SITE sent an answer that is not HTTP"


def test_a_chunk_line_without_an_end_is_dropped(rig: Rig) -> None:
    head = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    rig.site.script("/", Raw(head + b"4;" + b"x" * 400_000), Raw(head + b"0\r\n" + b"X: y\r\n" * 100_000))
    fetcher = rig.fetcher()
    for _ in range(2):
        assert trouble(fetcher, rig.site.url("/")).endswith("sent an answer that is not HTTP")


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (Response(200, b"x" * 6 * 2**20), "sent"),
        (Raw(OK + b"\r\n" + b"x" * 65536, repeat=200), "sent"),
        (Raw(OK + b"Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n" + b"x" * 65536, repeat=200), "sent"),
        (
            Response(200, packed(b"\0" * 8 * 2**20, "gzip"), headers=(("Content-Encoding", "gzip"),)),
            "sent something that unpacks to",
        ),
        (
            Response(200, packed(b"\0" * 8 * 2**20, "br"), headers=(("Content-Encoding", "br"),)),
            "sent something that unpacks to",
        ),
    ],
    ids=["6 MiB", "no length", "one huge chunk", "gzip bomb", "brotli bomb"],
)
def test_too_much_is_dropped(rig: Rig, answer: Response | Raw, what: str) -> None:
    rig.site.script("/", answer)
    with within(10):
        assert rig.trouble() == f"SITE {what} more than 5 MiB: dropped"
    assert not rig.pauses


def test_exactly_5_mib_is_a_page(rig: Rig) -> None:
    rig.site.page("/", b"x" * 5 * 2**20)
    assert len(rig.page().content) == 5 * 2**20


def test_what_is_refused_by_its_head_is_not_downloaded(rig: Rig) -> None:
    rig.site.script("/", Raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n" + b"%" * 65536, repeat=None))
    with within(5):
        assert "a PDF document" in rig.trouble()
