"""TLS: certificates, handshakes, and the trust store."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from cmr_watch.monitor.fetch import Fetcher
from cmr_watch.monitor.fetch.transport import default_tls
from tests.fakes.site import FakeSite
from tests.monitor.fetch.conftest import Rig, error_of, time_limit


class Authority:
    """A certificate authority: certificates for sites, and TLS contexts of clients that trust it."""

    def __init__(self) -> None:
        self.ca = trustme.CA()
        self.contexts = 0

    def server(
        self, name: str = "127.0.0.1", *, not_before: datetime | None = None, not_after: datetime | None = None
    ) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(name, not_before=not_before, not_after=not_after).configure_cert(context)
        return context

    def trusting(self) -> ssl.SSLContext:
        self.contexts += 1
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        return context


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def secure(rig: Rig, server: ssl.SSLContext) -> FakeSite:
    site = rig.stack.enter_context(FakeSite(tls=server))
    site.page("/", "<p>safe", encoding="gzip")
    return site


def fetcher_for(rig: Rig, authority: Authority, **options: object) -> Fetcher:
    return rig.fetcher(hosts=("127.0.0.1",), tls=authority.trusting, **options)


def test_https_uses_one_context_and_one_connection(rig: Rig, authority: Authority) -> None:
    site = secure(rig, authority.server())
    authority.contexts = 0
    fetcher = fetcher_for(rig, authority)
    for _ in range(3):
        page = fetcher.fetch(site.url("/"))
        assert page is not None
        assert page.content == b"<p>safe"
    assert (authority.contexts, site.connections) == (1, 1)


def test_plain_http_creates_no_tls_context(rig: Rig, authority: Authority) -> None:
    authority.contexts = 0
    rig.site.page("/", "<p>")
    fetcher_for(rig, authority).fetch(rig.site.url("/"))
    assert authority.contexts == 0


def test_the_certificate_must_match_the_name_not_the_address(rig: Rig, authority: Authority) -> None:
    site = secure(rig, authority.server("clustercollaboration.eu"))
    fetcher = fetcher_for(rig, authority, resolve=lambda host, port: ("127.0.0.1",))
    page = fetcher.fetch(f"https://clustercollaboration.eu:{site.port}/")
    assert page is not None
    assert site.requests[0].headers["host"] == f"clustercollaboration.eu:{site.port}"
    assert error_of(fetcher, f"https://www.clustercollaboration.eu:{site.port}/") == (
        f"www.clustercollaboration.eu:{site.port} presents an invalid certificate (issued for another host name)"
    )


def test_invalid_certificates_are_not_retried(rig: Rig, authority: Authority) -> None:
    now = datetime.now(UTC)
    old = authority.server(not_before=now - timedelta(days=9), not_after=now - timedelta(days=1))
    early = authority.server(not_before=now + timedelta(days=1), not_after=now + timedelta(days=9))
    cases = {
        "expired": (old, authority),
        "not valid yet": (early, authority),
        "issued for another IP address": (authority.server("localhost"), authority),
        "issued by an unknown authority": (authority.server(), Authority()),
    }
    for problem, (server, trusted) in cases.items():
        site = secure(rig, server)
        message = error_of(fetcher_for(rig, trusted), site.url("/"))
        assert message == f"{site.host} presents an invalid certificate ({problem})"
    assert not rig.pauses


def test_a_self_signed_certificate(rig: Rig) -> None:
    unknown = Authority()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with unknown.ca.private_key_pem.tempfile() as key, unknown.ca.cert_pem.tempfile() as certificate:
        context.load_cert_chain(certificate, key)
    site = secure(rig, context)
    message = error_of(rig.fetcher(hosts=("127.0.0.1",), tls=Authority().trusting), site.url("/"))
    assert message == f"{site.host} presents an invalid certificate (self-signed)"


def test_a_server_without_tls(rig: Rig, authority: Authority) -> None:
    url = f"https://{rig.site.host}/"
    message = error_of(fetcher_for(rig, authority, retries=1), url)
    assert message.startswith(f"the TLS handshake with {rig.site.host} failed (")
    assert message.endswith(") (tried 2 times)")


def test_a_handshake_that_never_completes(rig: Rig, authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent_server:
        port = silent_server.getsockname()[1]
        fetcher = fetcher_for(rig, authority, connect_timeout=0.2, retries=0)
        with time_limit(5):
            message = error_of(fetcher, f"https://127.0.0.1:{port}/")
    assert message == f"127.0.0.1:{port} did not complete the TLS handshake within 0.2 seconds"


def test_redirects_from_https_to_http_are_not_followed(rig: Rig, authority: Authority) -> None:
    site = secure(rig, authority.server())
    site.redirect("/down", rig.site.url("/"))
    assert error_of(fetcher_for(rig, authority), site.url("/down")) == (
        f"{site.host} redirects from https to http on {rig.site.host}, which is not allowed"
    )
    assert rig.site.requests == []
    rig.site.redirect("/up", site.url("/"))
    assert fetcher_for(rig, authority).fetch(rig.site.url("/up")) is not None


def test_the_default_context_verifies_certificates() -> None:
    context = default_tls()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_certificate_authorities_that_cannot_be_loaded(rig: Rig) -> None:
    def unreadable() -> ssl.SSLContext:
        raise PermissionError(13, "Permission denied")

    assert error_of(rig.fetcher(tls=unreadable), "https://clustercollaboration.eu/") == (
        "the system's certificate authorities cannot be loaded (Permission denied)"
    )
