"""The HTTP server, tested with real connections."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse

import pytest

from cmr_watch.exceptions import ConfigError
from cmr_watch.web.server import Response, Server, health_response


@pytest.fixture
def server() -> Iterator[Server]:
    routes = {
        "/good": lambda: health_response(()),
        "/bad": lambda: health_response(("overdue since “today”",)),
        "/plain": lambda: Response(HTTPStatus.OK, "text/plain", b"yes"),
    }
    with Server("127.0.0.1:0", routes) as server:
        yield server


def request(server: Server, path: str, method: str = "GET") -> tuple[int, bytes, HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request(method, path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body, response


def test_problems_are_listed_in_the_body(server: Server) -> None:
    assert request(server, "/good")[:2] == (200, b'{"status": "ok", "problems": []}\n')
    status, body, response = request(server, "/bad?x=1")
    assert (status, response.headers["Content-Type"]) == (503, "application/json")
    assert body.decode() == '{"status": "fail", "problems": ["overdue since “today”"]}\n'
    assert response.headers["Cache-Control"] == "no-store"


def test_other_paths_and_methods_are_rejected(server: Server) -> None:
    assert request(server, "/")[0] == 404
    assert request(server, "/../etc/passwd")[0] == 404
    assert request(server, "/good", "POST")[0] == 501
    assert "Python" not in str(request(server, "/good")[2].headers)


def test_an_idle_connection_does_not_block_others(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)):
        assert request(server, "/plain")[1] == b"yes"


def test_a_port_in_use(server: Server) -> None:
    with pytest.raises(ConfigError, match=r"\[daemon\] listen: cannot listen on 127.0.0.1:\d+: Address already in use"):
        Server(f"127.0.0.1:{server.port}", {})
