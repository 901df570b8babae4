"""The site on a real listener, which gets what no browser would send: always a plain answer, never a fault."""

from __future__ import annotations

import logging
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from itertools import count
from pathlib import Path

import pytest

from cmr_watch.config import Settings
from cmr_watch.store.database import Database, open_database
from cmr_watch.web.listener import Listener
from cmr_watch.web.public.acts import ActRoute
from cmr_watch.web.public.rendering import stylesheet_path
from cmr_watch.web.public.routes import ACT_ROUTES, ROUTES
from cmr_watch.web.public.server import LIMITS
from cmr_watch.web.public.site import site_application
from cmr_watch.web.public.views import PublicRoute
from tests.web.public.sample import NOW

_NETWORKS = count(1)
STYLESHEET = stylesheet_path()
_ANSWER = re.compile(rb"HTTP/1\.1 (\d{3}) ")

SEGMENTS = (
    "..", "%2e%2e", "%2F..%2F..%2Fetc%2Fpasswd", "..%5c..%5c", "%00", "a%00b", "%ff%fe", "%c3%28", "%ed%a0%80", "%",
    "%zz", "%0d%0aSet-Cookie:x=1", "\xff\xfe", "<script>", "%3Cscript%3Ealert(1)%3C/script%3E", "'%20OR%201=1--",
    "-1", "0", "99999999999999999999999", "1e9", "%D9%A3", "%E2%80%AE", "x" * 8_000, "a" * 300, "%F0%9F%92%A9",
    ";id=1", "*", "{key}", "1.json", "1.json.json", ".ics", "%20", "%09",
)  # fmt: skip
"""Segments of a path: those of other folders, NUL, invalid UTF-8, numbers that are none, very long ones."""
VALUES = (
    "%00", "%ff", "%c3%28", "%", "%0d%0a", "%ed%a0%80", "-1", "0", "99999999999999999999", "0000-00-00", "9999-12-31",
    "2026-13-45", "1e9", "NaN", "%D9%A3", "<script>", "'%20OR%201=1--", "x" * 5_000, "%E2%80%AE", "[]", "a,b,c", "FR",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "20260229", "2026-W01-1", "Z", "00", "%20FR%20", "..%2F",
)  # fmt: skip
"""Values of a parameter."""


@pytest.fixture(scope="module")
def site(told: tuple[Path, Settings]) -> Iterator[Listener]:
    """The site on the sample database, on a port of its own."""
    with closing(open_database(f"sqlite:///{told[0]}")) as database:
        application = site_application(told[1], database, lambda: NOW)
        with Listener("127.0.0.1:0", application, "[web] listen", LIMITS) as listener:
            yield listener


@pytest.fixture
def faults(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails if anything was logged as a fault, or with a trace."""
    yield
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info]


pytestmark = pytest.mark.usefixtures("faults")


def send(site: Listener, data: bytes, *, end: bool = False) -> bytes:
    """What the server sends back until it closes the connection, which comes from a network that was not seen before.

    With `end`, the client says that it sends nothing more.
    """
    number = next(_NETWORKS)
    source = f"127.{1 + number // 250}.{1 + number % 250}.1"
    received = b""
    with socket.create_connection(("127.0.0.1", site.port), timeout=10, source_address=(source, 0)) as client:
        with suppress(ConnectionError):
            client.sendall(data)
            if end:
                client.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while chunk := client.recv(1_000_000):
                received += chunk
    return received


def get(target: str, *headers: str, method: str = "GET") -> bytes:
    """A request, after which the connection is to be closed."""
    lines = (f"{method} {target} HTTP/1.1", "Host: site.example", "Connection: close", *headers)
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")


def statuses(received: bytes) -> list[int]:
    """The status of each response."""
    return [int(status) for status in _ANSWER.findall(received)]


def require_calm(received: bytes, allowed: Sequence[int], about: str) -> None:
    """The answer is one response with one of these statuses, and shows no trace."""
    assert statuses(received), about
    assert set(statuses(received)) <= set(allowed), f"{about}: {received[:300]!r}"
    assert b"Traceback" not in received, about
    assert b"cmr_watch/" not in received, about
    assert b"\r\nset-cookie" not in received.lower(), about


def paths(route: PublicRoute | ActRoute) -> list[str]:
    """The path of a route, or with each of the segments if it has a parameter."""
    if "{" not in route.path:
        return [route.path]
    before, after = re.split(r"\{[^}]*\}", route.path)
    return [f"{before}{segment}{after}" for segment in SEGMENTS]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_paths_and_parameters(site: Listener, route: PublicRoute) -> None:
    allowed = (200, 302, 303, 400, 404)
    for path in paths(route):
        require_calm(send(site, get(path)), allowed, path)
    path = paths(route)[0]
    for name in route.accepts:
        for value in VALUES:
            target = f"{path}?{name}={value}"
            require_calm(send(site, get(target)), allowed, target)


FORMS = (b"", b"=", b"&&&", b"%ff=%00&a=%c3%28", b"email=" + b"a" * 16_000, b"a=1&" * 4_000, b"\xff\xfe\x00", b"[]")
TYPES = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", "x", "")


@pytest.mark.parametrize("route", ACT_ROUTES, ids=lambda route: route.path)
def test_forms(site: Listener, route: ActRoute) -> None:
    allowed = (200, 303, 400, 403, 404, 410, 413, 415)
    for path in paths(route):
        require_calm(send(site, get(path)), allowed, path)
        for sender in ("same-origin", "cross-site", "\xff"):
            head = get(path, "Content-Length: 0", f"Sec-Fetch-Site: {sender}", method="POST")
            require_calm(send(site, head), allowed, path)
    for form in FORMS:
        for kind in TYPES:
            headers = (f"Content-Length: {len(form)}", f"Content-Type: {kind}", "Sec-Fetch-Site: same-origin")
            require_calm(
                send(site, get(paths(route)[0], *headers, method="POST") + form), allowed, f"{kind} {form[:50]!r}"
            )


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "target",
    [
        "/../../etc/passwd", "//evil.example/", "/%2e%2e/%2e%2e/etc/passwd", "/static/../now.py", "/./", "/a/../about",
        "/.git/config", "/%00", "/%", "/\xff", "/" + "a/" * 4_000, "/?" + "&".join(f"a{n}={n}" for n in range(2_000)),
        "/?country=FR&country=DE&country", "/?&&==&;", "/editions/", "/about#x", "/about?%", "/%61bout", "/ABOUT",
    ],
)  # fmt: skip
def test_odd_addresses(site: Listener, target: str) -> None:
    require_calm(send(site, get(target)), (200, 400, 404), target)


@pytest.mark.parametrize("method", ["GET", "CONNECT", "OPTIONS"])
@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example/", "http://site.example/about", "http://[::1/", "http://a/%ff%00", "http://a/\xff",
        "HTTPS://a:b@c:99999999/../..", "http:///", "http://a?b", "ftp://a/", "evil.example:80", "*", "",
    ],
)  # fmt: skip
def test_targets_that_are_no_paths(site: Listener, method: str, target: str) -> None:
    """A whole address is taken for its path, whatever its host (RFC 9112 §3.2.2)."""
    require_calm(send(site, get(target, method=method)), (200, 400, 404, 405), target)


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW", "get", "X" * 300]
)
def test_other_methods(site: Listener, method: str) -> None:
    for path in ("/", "/changes.json", "/editions/x", "/nowhere"):
        received = send(site, get(path, method=method))
        expected = (204, 404, 405) if method == "OPTIONS" else (400, 404, 405)  # 204: a preflight of open data
        require_calm(received, expected, f"{method} {path}")
        assert b"secret" not in received


@pytest.mark.parametrize(
    "value", ["bytes=0-0", "bytes=-1", "bytes=5-1", "bytes=0-,0-,0-,0-", "x", "bytes=99999999999999999999-"]
)
def test_ranges_are_ignored(site: Listener, value: str) -> None:
    assert statuses(send(site, get("/robots.txt", f"Range: {value}"))) == [200]


@pytest.mark.parametrize(
    "name",
    [
        "If-None-Match",
        "If-Modified-Since",
        "Accept-Encoding",
        "Accept-Language",
        "Accept",
        "X-Forwarded-For",
        "Cookie",
        "Origin",
        "Referer",
        "Authorization",
    ],
)
@pytest.mark.parametrize("value", ["", "\xff\xfe", ",,,;q=,", "gzip;q=x", '"' * 900, "a," * 4000, "*", "W/"])
def test_odd_headers(site: Listener, name: str, value: str) -> None:
    require_calm(send(site, get("/about", f"{name}: {value}")), (200, 304), f"{name}: {value[:80]}")


@pytest.mark.parametrize(
    "request_",
    [
        get("/", "Content-Length: 10000000", method="POST"),
        get("/", "Content-Length: 10000000"),
        get("/", "Content-Length: -1"),
        get("/", "Content-Length: x"),
        get("/", "Content-Length: 5", "Content-Length: 6", method="POST") + b"aaaaaa",
        get("/", "Content-Length: 5", "Transfer-Encoding: chunked", method="POST") + b"0\r\n\r\n",
        get("/", "Transfer-Encoding: chunked", method="POST") + b"64\r\n" + b"a" * 100 + b"\r\n0\r\n\r\n",
        get("/", "Transfer-Encoding: chunked") + b"FFFFFFFFFFFFFFFF\r\na",
        get("/", "Transfer-Encoding: chunked") + b"zz\r\n",
        get("/", "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
        get("/", "Transfer-Encoding: identity"),
        get("/", "Expect: 100-continue", "Content-Length: 5", method="POST"),
        get("/", "Expect: miracle"),
        get("/", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"),
        get("/", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
    ],
)
def test_bodies(site: Listener, request_: bytes) -> None:
    require_calm(send(site, request_), (100, 200, 400, 405, 501), request_.decode("latin-1"))


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\nX: \x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n",
        b"GET  /  HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\r\n\r\n\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Long: " + b"a" * 40_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 7_000 + b"\r\n",
        b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"a" * 40_000,
    ],
)
def test_what_is_no_request(site: Listener, request_: bytes) -> None:
    received = send(site, request_, end=True)
    assert set(statuses(received)) <= {400, 404, 405, 414, 431}, received[:300]
    assert b"Traceback" not in received


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /about HTTP/0.9\r\nConnection: close\r\n\r\n",
        b"GET /about HTTP/2.0\r\nConnection: close\r\n\r\n",
        b"GET /about HTTP/1.1\r\nHost: a\r\n folded: x\r\nConnection: close\r\n\r\n",
    ],
)
def test_odd_requests_that_get_an_ordinary_response(site: Listener, request_: bytes) -> None:
    assert statuses(send(site, request_)) == [200]


def test_a_head_of_forty_kilobytes_is_rejected_however_it_arrives(site: Listener) -> None:
    head = get("/about", "X-Long: " + "a" * 40_000)
    assert statuses(send(site, head)) == [400]
    assert statuses(send(site, get("/about", "X-Long: " + "a" * 14_000))) == [200]


def test_a_request_after_a_bad_one_on_another_connection(site: Listener) -> None:
    assert statuses(send(site, get("/about"))) == [200]


# ── the database ─────────────────────────────────────────────────────────────────────────────────────────────────

_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA locking_mode=EXCLUSIVE")
connection.execute("BEGIN EXCLUSIVE")
connection.execute("CREATE TABLE locked (id INTEGER)")
print("locked", flush=True)
sys.stdin.read()
"""


def lock(path: Path, database: Database, stack: ExitStack) -> None:
    """Let another process lock the database, and see that it does."""
    database.close()  # a lock has to wait for connections that are open
    process = subprocess.Popen(
        [sys.executable, "-c", _LOCK, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    stack.enter_context(process)
    stack.callback(process.kill)
    assert process.stdout
    assert process.stdout.readline() == "locked\n"


def make_older(path: Path, database: Database, stack: ExitStack) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE pages RENAME COLUMN revision TO older")


def delete(path: Path, database: Database, stack: ExitStack) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def replace_by_a_folder(path: Path, database: Database, stack: ExitStack) -> None:
    delete(path, database, stack)
    path.mkdir()


def replace_by_a_copy(path: Path, database: Database, stack: ExitStack) -> None:
    content = path.read_bytes()
    delete(path, database, stack)
    path.write_bytes(content)


def damage(path: Path, database: Database, stack: ExitStack) -> None:
    database.close()
    path.write_bytes(b"no database" * 1_000)


@pytest.mark.parametrize("harm", [lock, make_older, delete, replace_by_a_folder, replace_by_a_copy, damage])
def test_a_database_that_cannot_be_used(
    told: tuple[Path, Settings], tmp_path: Path, harm: Callable[[Path, Database, ExitStack], None]
) -> None:
    path = tmp_path / "sample.db"
    shutil.copy(told[0], path)
    with ExitStack() as stack:
        database = stack.enter_context(closing(open_database(f"sqlite:///{path}")))
        application = site_application(told[1], database, lambda: NOW)
        site = stack.enter_context(Listener("127.0.0.1:0", application, "[web] listen", LIMITS))
        known = send(site, get("/"))
        assert statuses(known) == [200]
        harm(path, database, stack)
        time.sleep(1.1)  # the state counts as the newest one for a second
        again, new, data, style = (send(site, get(path)) for path in ("/", "/editions", "/changes.json", STYLESHEET))
        assert [statuses(received) for received in (again, new, data, style)] == [[503], [503], [503], [200]]
        assert b"may be out of date" in again
        assert b"Regions can apply to host an edition" in again
        assert b"short break" in new
        assert data.endswith(b"}\n")
        for received in (again, new, data):
            assert b"retry-after: 60\r\n" in received.lower()
            assert b"Traceback" not in received
            assert bytes(path) not in received, "where the database is must not be revealed"
