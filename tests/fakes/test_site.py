"""The behaviour of FakeSite that other tests rely on."""

from __future__ import annotations

import http.client
import socket
import ssl

import pytest
import trustme

from tests.fakes.site import Drop, FakeSite, Hang, Raw, Response, packed


def _get(site: FakeSite, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection(site.hostname, site.port, timeout=5)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read(), dict(response.getheaders())
    finally:
        connection.close()


def test_a_page_and_its_304() -> None:
    with FakeSite() as site:
        site.page("/list", "<p>Iași</p>", etag='"1"', last_modified="Tue, 02 Apr 2024 08:00:00 GMT")
        status, body, headers = _get(site, "/list")
        assert (status, body.decode(), headers["ETag"]) == (200, "<p>Iași</p>", '"1"')
        assert _get(site, "/list", **{"If-None-Match": '"1"'})[:2] == (304, b"")
        assert _get(site, "/list", **{"If-Modified-Since": "Tue, 02 Apr 2024 08:00:00 GMT"})[0] == 304
        assert _get(site, "/list", **{"If-None-Match": '"0"'})[0] == 200
        assert site.requests[1].headers["if-none-match"] == '"1"'
        assert site.paths() == ["/list"] * 4


def test_unknown_paths_and_robots_txt_are_404() -> None:
    with FakeSite() as site:
        assert _get(site, "/robots.txt")[0] == 404
        site.robots("User-agent: *\nDisallow:")
        assert _get(site, "/robots.txt")[:2] == (200, b"User-agent: *\nDisallow:")


def test_scripted_responses_come_before_the_page() -> None:
    with FakeSite() as site:
        site.page("/", "ok")
        site.script("/", Response(503, headers=(("Retry-After", "1"),)), Drop(), Drop(reset=True), Raw(b"garbage\r\n"))
        assert _get(site, "/")[0] == 503
        for _ in range(2):
            with pytest.raises(ConnectionError):
                _get(site, "/")
        with pytest.raises(http.client.BadStatusLine):
            _get(site, "/")
        assert _get(site, "/")[:2] == (200, b"ok")


def test_compressed_pages_have_a_content_encoding() -> None:
    with FakeSite() as site:
        site.page("/", "ok", encoding="raw-deflate")
        status, body, headers = _get(site, "/")
        assert (status, body, headers["Content-Encoding"]) == (200, packed(b"ok", "raw-deflate"), "deflate")


def test_closing_ends_connections_that_hang_or_send_nothing() -> None:
    with FakeSite() as site:
        site.script("/", Hang())
        hanging = socket.create_connection((site.hostname, site.port))
        hanging.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        silent = socket.create_connection((site.hostname, site.port))
    for client in (hanging, silent):
        assert _is_closed_by_server(client)
        client.close()
    site.close()


def _is_closed_by_server(client: socket.socket) -> bool:
    client.settimeout(5)
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def test_tls() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with FakeSite(tls=context) as site:
        site.page("/", "ok")
        connection = http.client.HTTPSConnection(site.hostname, site.port, context=trusting, timeout=5)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"ok"
        connection.close()
        assert site.url("/").startswith("https://")
