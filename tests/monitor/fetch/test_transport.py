"""httpx over our own lines: TLS, and what is trusted."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from cmr_watch.monitor.fetch import Fetcher
from cmr_watch.monitor.fetch.transport import default_tls
from tests.fakes.site import FakeSite
from tests.monitor.fetch.conftest import Rig, trouble, within


class Authority:
    """Certificates for sites, and the context of a client that trusts them."""

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


def test_https_with_one_context_and_one_line(rig: Rig, authority: Authority) -> None:
    site = secure(rig, authority.server())
    authority.contexts = 0
    fetcher = fetcher_for(rig, authority)
    for _ in range(3):
        page = fetcher.fetch(site.url("/"))
        assert page is not None
        assert page.content == b"<p>safe"
    assert (authority.contexts, site.connections) == (1, 1)


def test_plain_http_makes_no_tls_context(rig: Rig, authority: Authority) -> None:
    authority.contexts = 0
    rig.site.page("/", "<p>")
    fetcher_for(rig, authority).fetch(rig.site.url("/"))
    assert authority.contexts == 0


def test_the_name_is_checked_although_an_address_is_connected_to(rig: Rig, authority: Authority) -> None:
    site = secure(rig, authority.server("clustercollaboration.eu"))
    fetcher = fetcher_for(rig, authority, resolve=lambda host, port: ("127.0.0.1",))
    page = fetcher.fetch(f"https://clustercollaboration.eu:{site.port}/")
    assert page is not None
    assert site.requests[0].headers["host"] == f"clustercollaboration.eu:{site.port}"
    assert trouble(fetcher, f"https://www.clustercollaboration.eu:{site.port}/") == (
        f"the TLS certificate of www.clustercollaboration.eu:{site.port} is for another name"
    )


def test_bad_certificates_have_their_sentences_and_no_second_try(rig: Rig, authority: Authority) -> None:
    now = datetime.now(UTC)
    old = authority.server(not_before=now - timedelta(days=9), not_after=now - timedelta(days=1))
    early = authority.server(not_before=now + timedelta(days=1), not_after=now + timedelta(days=9))
    cases = {
        "has expired": (old, authority),
        "is not valid yet": (early, authority),
        "is for another address": (authority.server("localhost"), authority),
        "is signed by an authority that this machine does not know": (authority.server(), Authority()),
    }
    for fault, (server, trusted) in cases.items():
        site = secure(rig, server)
        said = trouble(fetcher_for(rig, trusted), site.url("/"))
        assert said == f"the TLS certificate of {site.host} {fault}"
    assert not rig.pauses


def test_a_self_signed_certificate(rig: Rig) -> None:
    lonely = Authority()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with lonely.ca.private_key_pem.tempfile() as key, lonely.ca.cert_pem.tempfile() as certificate:
        context.load_cert_chain(certificate, key)
    site = secure(rig, context)
    said = trouble(rig.fetcher(hosts=("127.0.0.1",), tls=Authority().trusting), site.url("/"))
    assert said == f"the TLS certificate of {site.host} is signed by itself"


def test_a_server_that_speaks_no_tls(rig: Rig, authority: Authority) -> None:
    url = f"https://{rig.site.host}/"
    said = trouble(fetcher_for(rig, authority, retries=1), url)
    assert said.startswith(f"no secure connection to {rig.site.host} could be made (")
    assert said.endswith(") (tried 2 times)")


def test_a_handshake_that_never_ends(rig: Rig, authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        fetcher = fetcher_for(rig, authority, connect_timeout=0.2, retries=0)
        with within(5):
            said = trouble(fetcher, f"https://127.0.0.1:{port}/")
    assert said == f"127.0.0.1:{port} did not agree on a secure connection within 0.2 seconds"


def test_no_redirect_leads_from_https_to_http(rig: Rig, authority: Authority) -> None:
    site = secure(rig, authority.server())
    site.redirect("/down", rig.site.url("/"))
    assert trouble(fetcher_for(rig, authority), site.url("/down")) == (
        f"{site.host} redirects from https to http on {rig.site.host}: refused"
    )
    assert rig.site.requests == []
    rig.site.redirect("/up", site.url("/"))
    assert fetcher_for(rig, authority).fetch(rig.site.url("/up")) is not None


def test_the_machines_own_authorities_are_trusted() -> None:
    context = default_tls()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_authorities_that_cannot_be_read(rig: Rig) -> None:
    def unreadable() -> ssl.SSLContext:
        raise PermissionError(13, "Permission denied")

    assert trouble(rig.fetcher(tls=unreadable), "https://clustercollaboration.eu/") == (
        "this machine's certificate authorities cannot be read (Permission denied)"
    )
