"""The site behind nginx, with the configuration that docs/operating.md shows. Skipped where nginx is not installed."""

from __future__ import annotations

import gzip
import re
import shutil
import socket
import ssl
import subprocess
import textwrap
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path

import pytest
import trustme

from cmr_watch.config import Settings, WebSection
from cmr_watch.store.database import open_database
from cmr_watch.web.listener import Listener
from cmr_watch.web.public.server import LIMITS, trusted_proxies
from cmr_watch.web.public.site import site_application
from tests.cli.test_run import free_port
from tests.web.public.sample import NOW

OPERATING = Path(__file__).parents[3] / "docs" / "operating.md"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
HOST = "watch.example.eu"

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


def documented() -> str:
    """The configuration of nginx in the documentation."""
    text = OPERATING.read_text(encoding="utf-8")
    found = re.search(r"### Behind nginx\n\n((?:    .*\n)+)", text)
    assert found
    return textwrap.dedent(found[1])


@dataclass(frozen=True)
class Proxy:
    """A running nginx, and the site behind it."""

    https: int
    http: int
    authority: ssl.SSLContext

    def get(self, path: str, source: str = "127.0.0.1", **headers: str) -> tuple[HTTPResponse, bytes]:
        """The response, as a browser at this address gets it."""
        connection = HTTPSConnection(
            "127.0.0.1", self.https, timeout=10, context=self.authority, source_address=(source, 0)
        )
        with closing(connection):
            sent = {"Host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
            connection.request("GET", path, headers=sent)
            response = connection.getresponse()
            return response, response.read()


def configured(folder: Path, site: int, https: int, http: int) -> str:
    """The documented configuration, with other ports and files, inside the least that nginx needs around it."""
    text = documented()
    for old, new in (
        ("127.0.0.1:8000", f"127.0.0.1:{site}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{https} ssl"),
        ("listen 80;", f"listen 127.0.0.1:{http};"),
        (f"/etc/letsencrypt/live/{HOST}", str(folder)),
    ):
        assert old in text
        text = text.replace(old, new)
    text = re.sub(r"listen \[::\].*\n", "", text)
    paths = " ".join(f"{name}_temp_path {folder};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return (
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ gzip on; {paths} access_log {folder}/access.log;\n{text}}}\n"  # Debian turns gzip on
    )


@contextmanager
def nginx(folder: Path, site: int) -> Iterator[Proxy]:
    https, http = free_port(), free_port()
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST, "127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "privkey.pem")
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(folder / "fullchain.pem", append=True)
    config = folder / "nginx.conf"
    config.write_text(configured(folder, site, https, http), encoding="utf-8")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    process = subprocess.Popen([str(NGINX), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(config)])
    try:
        wait_for(https)
        yield Proxy(https, http, context)
    finally:
        process.terminate()
        process.wait(10)


def wait_for(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(port)


@pytest.fixture(scope="module")
def proxy(told: tuple[Path, Settings], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx")
    shutil.copy(told[0], folder / "sample.db")
    web = WebSection(url=f"https://{HOST}", trusted_proxies=("127.0.0.1",))
    settings = replace(told[1], web=web)
    with ExitStack() as stack:
        database = stack.enter_context(closing(open_database(f"sqlite:///{folder}/sample.db")))
        application = site_application(settings, database, lambda: NOW)
        site = stack.enter_context(
            Listener("127.0.0.1:0", application, "[web] listen", LIMITS, trusted_proxies(settings))
        )
        yield stack.enter_context(nginx(folder, site.port))


def test_headers_and_compression_pass_unchanged(proxy: Proxy) -> None:
    response, body = proxy.get("/", Accept_Encoding="gzip, br")
    assert response.status == 200
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers.get_all("Vary") == ["Accept-Encoding"]
    assert b"Regions can apply to host an edition" in gzip.decompress(body)
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
    plain, text = proxy.get("/")
    assert plain.headers["Content-Encoding"] is None
    assert text == gzip.decompress(body)


def test_what_a_reader_has_already_is_not_sent_again(proxy: Proxy) -> None:
    for encoding in ("gzip", "identity"):
        first, _ = proxy.get("/editions", Accept_Encoding=encoding)
        again, body = proxy.get("/editions", Accept_Encoding=encoding, If_None_Match=first.headers["ETag"])
        assert (again.status, body) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Strict-Transport-Security"]


def test_the_limits_are_those_of_the_network_of_the_reader(proxy: Proxy) -> None:
    """Also of one who makes up an X-Forwarded-For of their own."""
    statuses = [
        proxy.get(f"/editions/none-{number}", "127.0.5.1", X_Forwarded_For=f"198.51.{number}.1")[0].status
        for number in range(200)
    ]
    assert set(statuses) == {404, 429}
    assert statuses[:60] == [404] * 60
    assert proxy.get("/editions/none-at-all", "127.0.6.1")[0].status == 404


def test_http_is_redirected(proxy: Proxy) -> None:
    with closing(HTTPConnection("127.0.0.1", proxy.http, timeout=10)) as connection:
        connection.request("GET", "/changes?since=2026-06-01", headers={"Host": HOST})
        response = connection.getresponse()
        assert (response.status, response.headers["Location"]) == (301, f"https://{HOST}/changes?since=2026-06-01")


def test_connections_to_the_site_are_kept(proxy: Proxy) -> None:
    """Requests with pauses around the moment at which the site closes an idle connection all succeed."""
    for pause in (0.0, 3.9, 1.2):
        time.sleep(pause)
        assert [proxy.get("/")[0].status for _ in range(20)] == [200] * 20


def test_no_reader_is_logged(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> None:
    proxy.get("/about", "127.0.7.1")
    for log in tmp_path_factory.getbasetemp().glob("nginx*/access.log"):
        assert log.read_text() == ""
