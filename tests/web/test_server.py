"""The small server, asked for real."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse

import pytest

from cmr_watch.exceptions import ConfigError
from cmr_watch.web.server import Response, Server, troubles


@pytest.fixture
def server() -> Iterator[Server]:
    routes = {
        "/good": lambda: troubles(()),
        "/bad": lambda: troubles(("it is late “today”",)),
        "/plain": lambda: Response(HTTPStatus.OK, "text/plain", b"yes"),
    }
    with Server("127.0.0.1:0", routes) as server:
        yield server


def ask(server: Server, path: str, method: str = "GET") -> tuple[int, bytes, HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body, answer


def test_what_is_wrong_stands_in_the_body(server: Server) -> None:
    assert ask(server, "/good")[:2] == (200, b'{"status": "ok", "problems": []}\n')
    status, body, answer = ask(server, "/bad?x=1")
    assert (status, answer.headers["Content-Type"]) == (503, "application/json")
    assert body.decode() == '{"status": "fail", "problems": ["it is late “today”"]}\n'
    assert answer.headers["Cache-Control"] == "no-store"


def test_there_is_nothing_else(server: Server) -> None:
    assert ask(server, "/")[0] == 404
    assert ask(server, "/../etc/passwd")[0] == 404
    assert ask(server, "/good", "POST")[0] == 501
    assert "Python" not in str(ask(server, "/good")[2].headers)


def test_whoever_says_nothing_keeps_nobody_waiting(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)):
        assert ask(server, "/plain")[1] == b"yes"


def test_a_port_that_is_taken(server: Server) -> None:
    with pytest.raises(ConfigError, match=r"\[daemon\] listen: 127.0.0.1:\d+ cannot be used: Address already in use"):
        Server(f"127.0.0.1:{server.port}", {})
