"""The listener and the endpoints, tested with real connections."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse
from ipaddress import ip_network

import pytest
from starlette.responses import Response

from cmr_watch.exceptions import ConfigError, StoreUnavailable
from cmr_watch.web.connections import Limits
from cmr_watch.web.listener import Listener
from cmr_watch.web.monitoring import Page, application, health_response, text_response
from cmr_watch.web.ports import bind

QUICK = Limits(connections=20, per_network=10, request_seconds=0.5, idle_seconds=1)


def fail() -> Response:
    raise StoreUnavailable("the database is locked")


PAGES = {
    "/good": lambda: health_response(()),
    "/bad": lambda: health_response(("overdue since “today”",)),
    "/plain": lambda: text_response(b"yes", "text/plain; version=1"),
    "/failing": fail,
    "/slow": lambda: (time.sleep(0.2), text_response(b"yes", "text/plain"))[1],
}


@contextmanager
def listening(pages: dict[str, Page] = PAGES, limits: Limits = QUICK) -> Iterator[Listener]:
    with Listener("127.0.0.1:0", application(pages), "[daemon] listen", limits) as listener:
        yield listener


@pytest.fixture(scope="module")
def server() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def request(
    server: Listener, path: str, method: str = "GET", source: str = "127.0.0.1"
) -> tuple[int, HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5, source_address=(source, 0))
    connection.request(method, path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, response, body


def connect(server: Listener) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=5)


def seconds_until_closed(client: socket.socket, sending: bytes = b"") -> float:
    """How long the server keeps a connection, whose client sends one byte every 50 ms."""
    start = time.monotonic()
    client.settimeout(0.05)
    with suppress(ConnectionError):
        for number in range(100):
            client.sendall(sending[number : number + 1])
            with suppress(TimeoutError):
                if not client.recv(1000):
                    break
    return time.monotonic() - start


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_problems_are_listed_in_the_body(server: Listener) -> None:
    assert request(server, "/good")[2] == b'{"status": "ok", "problems": []}\n'
    status, response, body = request(server, "/bad?x=1")
    assert (status, response.headers["Content-Type"]) == (503, "application/json")
    assert body.decode() == '{"status": "fail", "problems": ["overdue since “today”"]}\n'


def test_the_process_is_alive(server: Listener) -> None:
    assert request(server, "/livez")[::2] == (200, b'{"status": "ok", "problems": []}\n')


def test_a_database_that_cannot_be_used_is_a_problem(server: Listener) -> None:
    status, _, body = request(server, "/failing")
    assert (status, body) == (503, b'{"status": "fail", "problems": ["the database is locked"]}\n')


def test_a_database_that_does_not_answer_is_a_problem(hanging: threading.Event) -> None:
    pages = {"/hanging": lambda: health_response(()) if hanging.wait(20) else fail(), **PAGES}
    with Listener("127.0.0.1:0", application(pages, seconds=0.3), "[daemon] listen") as server:
        problem = b'{"status": "fail", "problems": ["the database has not answered within 0.3 seconds"]}\n'
        # the third one finds no free thread
        assert [request(server, "/hanging")[::2] for _ in range(3)] == [(503, problem)] * 3
        assert request(server, "/livez")[0] == 200
        hanging.set()
        assert request(server, "/good")[0] == request(server, "/hanging")[0] == 200


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """What a page waits for."""
    event = threading.Event()
    yield event
    event.set()


def test_a_head_request_gets_the_same_headers_without_the_body(server: Listener) -> None:
    status, response, body = request(server, "/plain", "HEAD")
    assert (status, body) == (200, b"")
    assert (response.headers["Content-Length"], response.headers["Content-Type"]) == ("3", "text/plain; version=1")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_not_allowed(server: Listener, method: str) -> None:
    status, response, body = request(server, "/plain", method)
    assert (status, body) == (405, b"method not allowed\n")
    assert response.headers["Allow"].replace(" ", "").split(",") in (["GET", "HEAD"], ["HEAD", "GET"])


@pytest.mark.parametrize("path", ["/", "/../etc/passwd", "/good/", "/livez%00", "/%ff"])
def test_other_paths_are_not_found(server: Listener, path: str) -> None:
    assert request(server, path)[::2] == (404, b"not found\n")


@pytest.mark.parametrize("path", ["/plain", "/none", "/livez"])
def test_every_response_has_the_same_safe_headers(server: Listener, path: str) -> None:
    headers = request(server, path)[1].headers
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert headers.get_all("Server") == ["cmr-watch"]


def raw(server: Listener, sent: bytes, *, half_closed: bool = False) -> bytes:
    """What the server sends until it closes the connection."""
    with connect(server) as client, client.makefile("rb") as received:
        client.sendall(sent)
        if half_closed:
            client.shutdown(socket.SHUT_WR)
        return received.read()


@pytest.mark.parametrize("address", [b"http://host.example", b"HTTPS://host.example:8000", b"http://[::1]:8080"])
def test_a_request_may_name_the_whole_address(server: Listener, address: bytes) -> None:
    """RFC 9112 §3.2.2: as to a proxy."""
    for path, status in ((b"/plain", b"200"), (b"/plain?a=http://b/c", b"200"), (b"/other", b"404"), (b"", b"404")):
        request = b"GET " + address + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert raw(server, request).startswith(b"HTTP/1.1 " + status)


def test_a_client_that_sends_no_more_gets_its_answer(server: Listener) -> None:
    request = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
    start = time.monotonic()
    answer = raw(server, request, half_closed=True)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"yes")
    for incomplete in (b"", b"GET /pl", b"POST /plain HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"):
        raw(server, incomplete, half_closed=True)
    assert time.monotonic() - start < 3


def test_a_connection_serves_several_requests_for_longer_than_one_may_take(server: Listener) -> None:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    for _ in range(4):
        connection.request("GET", "/plain")
        assert connection.getresponse().read() == b"yes"
        time.sleep(0.3)
    connection.close()


def test_the_body_does_not_wait_until_the_client_has_acknowledged_the_head(server: Listener) -> None:
    """Without TCP_NODELAY, most of these requests would take 40 ms, the delay of an acknowledgement: 4 s in all."""
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=5)) as connection:
        start = time.monotonic()
        for _ in range(100):
            connection.request("GET", "/plain")
            assert connection.getresponse().read() == b"yes"
        assert time.monotonic() - start < 2


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────

HEAD = b"GET /plain HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 100
BODY = b"POST /plain HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"


@pytest.mark.parametrize(("at_once", "dripping"), [(b"", b""), (b"", HEAD), (BODY, b"a" * 100), (BODY[:-2], b"")])
def test_a_request_that_takes_too_long_is_dropped(server: Listener, at_once: bytes, dripping: bytes) -> None:
    with connect(server) as client:
        client.sendall(at_once)
        assert 0.3 < seconds_until_closed(client, dripping) < 2


def test_a_second_request_on_the_connection_may_take_no_longer(server: Listener) -> None:
    with connect(server) as client:
        client.sendall(b"GET /plain HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
        assert 0.3 < seconds_until_closed(client, HEAD) < 2


def test_an_idle_connection_is_closed(server: Listener) -> None:
    with connect(server) as client:
        client.sendall(b"GET /plain HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
        assert seconds_until_closed(client) < 2


def test_a_client_that_does_not_read_the_response_is_dropped() -> None:
    pages = {"/large": lambda: text_response(b"a" * 20_000_000, "text/plain")}
    with listening(pages) as server, connect(server) as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(1)
        assert read_to_end(client) < 20_000_000


def read_to_end(client: socket.socket) -> int:
    """The number of bytes until the connection is closed."""
    received = 0
    with suppress(ConnectionError):
        while chunk := client.recv(1_000_000):
            received += len(chunk)
    return received


@pytest.mark.parametrize("start", [b"", HEAD, BODY])
def test_a_new_connection_from_the_same_network_replaces_the_oldest(start: bytes) -> None:
    patient = Limits(connections=20, per_network=10, request_seconds=60)
    with listening(limits=patient) as server, ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(30)]
        for client in clients:
            with suppress(ConnectionError):  # closed already
                client.sendall(start)
        assert request(server, "/plain")[2] == b"yes"
        assert request(server, "/plain", source="127.0.9.1")[2] == b"yes"
        assert count_open(clients) in (8, 9)


def test_a_trusted_proxy_may_open_more_connections_than_one_network() -> None:
    limits = Limits(connections=20, per_network=5, request_seconds=60)
    trusted = (ip_network("127.0.0.1"),)
    with (
        Listener("127.0.0.1:0", application(PAGES), "[daemon] listen", limits, trusted) as server,
        ExitStack() as stack,
    ):
        clients = [stack.enter_context(connect(server)) for _ in range(15)]
        assert request(server, "/plain", source="127.0.9.1")[2] == b"yes"
        assert count_open(clients) == 15


def count_open(clients: Sequence[socket.socket]) -> int:
    return sum(is_open(client) for client in clients)


def is_open(client: socket.socket) -> bool:
    client.settimeout(0.05)
    try:
        while client.recv(1000):
            pass
    except TimeoutError:
        return True
    except ConnectionError:
        return False
    return False


def test_the_process_is_alive_while_its_pages_hang() -> None:
    released = threading.Event()

    def hang() -> Response:
        released.wait(5)
        return health_response(())

    with listening({"/slow": hang}, Limits(connections=20, per_network=20)) as server, ExitStack() as stack:
        for _ in range(10):
            client = stack.enter_context(connect(server))
            client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert request(server, "/livez")[0] == 200
        released.set()


def test_closing_does_not_wait_for_clients() -> None:
    with listening(limits=Limits(request_seconds=60)) as server, connect(server) as client:
        client.sendall(HEAD)
        start = time.monotonic()
        server.close()
        assert time.monotonic() - start < 4
        with pytest.raises(ConnectionError):
            connect(server)


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"\0" * 20_000, HEAD + b"a" * 30_000])
def test_what_is_no_request_is_not_logged(server: Listener, garbage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with connect(server) as client:
        client.sendall(garbage)
        seconds_until_closed(client)
    assert request(server, "/plain")[2] == b"yes"
    assert not caplog.records


# ── the address ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_port_in_use(server: Listener) -> None:
    with pytest.raises(ConfigError, match=r"\[daemon\] listen: cannot listen on 127.0.0.1:\d+: Address already in use"):
        Listener(f"127.0.0.1:{server.port}", application({}), "[daemon] listen")


def test_an_unknown_host() -> None:
    with pytest.raises(ConfigError, match=r"\[daemon\] listen: cannot listen on host.invalid:80: "):
        Listener("host.invalid:80", application({}), "[daemon] listen")


def test_an_ipv6_address() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    with Listener("[::1]:0", application(PAGES), "[daemon] listen") as server:
        connection = HTTPConnection("::1", server.port, timeout=5)
        connection.request("GET", "/plain")
        assert connection.getresponse().read() == b"yes"
        connection.close()


def test_a_copy_of_a_port_makes_none_of_those_that_share_it_block() -> None:
    with bind("127.0.0.1:0", "[web] listen") as port, port.dup(), pytest.raises(BlockingIOError):
        port.accept()
