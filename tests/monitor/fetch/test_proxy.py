"""Fetching through an HTTP proxy: forwarded requests, tunnels, logins, and what the proxy may not reach."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest
import trustme

from cmr_watch.monitor.fetch import Fetcher
from tests.fakes.proxy import FakeProxy
from tests.fakes.site import FakeSite, Response
from tests.monitor.fetch.conftest import Rig, error_of

CA = trustme.CA()


def no_dns(host: str, port: int) -> tuple[str, ...]:
    """A machine behind a proxy often cannot resolve names."""
    if host != "127.0.0.1":
        raise OSError("no DNS")
    return (host,)


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    CA.configure_trust(context)
    return context


def fetcher_for(rig: Rig, proxy: str, **options: object) -> Fetcher:
    defaults = {"hosts": ("site.example",), "resolve": no_dns, "tls": trusting, "private_addresses": False}
    return rig.fetcher(**{"proxy": proxy, **defaults, **options})


def secure_site(rig: Rig, name: str) -> FakeSite:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert(name).configure_cert(context)
    site = rig.stack.enter_context(FakeSite(tls=context))
    site.page("/", "<p>safe")
    return site


@pytest.fixture
def open_proxy(rig: Rig) -> Callable[..., FakeProxy]:
    return lambda *arguments: rig.stack.enter_context(FakeProxy(*arguments))


def test_http_is_forwarded(rig: Rig, open_proxy: Callable[..., FakeProxy]) -> None:
    proxy = open_proxy()
    rig.site.page("/", "<p>hello")
    rig.site.script("/", Response(302, headers=(("Location", "/"), ("Set-Cookie", "a=1"))))
    url = f"http://site.example:{rig.site.port}/"
    fetcher = fetcher_for(rig, proxy.url, robots=True)
    page = fetcher.fetch(url)
    assert page is not None
    assert (page.content, page.final_url) == (b"<p>hello", url)
    assert proxy.requests == [f"GET {url}robots.txt", f"GET {url}", f"GET {url}"]
    assert rig.site.requests[-1].headers["host"] == f"site.example:{rig.site.port}"
    assert "proxy-authorization" not in rig.site.requests[-1].headers


def test_https_goes_through_a_tunnel(rig: Rig, open_proxy: Callable[..., FakeProxy]) -> None:
    proxy, site = open_proxy(), secure_site(rig, "site.example")
    fetcher = fetcher_for(rig, proxy.url)
    for _ in range(2):
        page = fetcher.fetch(f"https://site.example:{site.port}/")
        assert page is not None
        assert page.content == b"<p>safe"
    assert proxy.requests == [f"CONNECT site.example:{site.port}"]


def test_the_certificate_is_that_of_the_site(rig: Rig, open_proxy: Callable[..., FakeProxy]) -> None:
    site = secure_site(rig, "other.example")
    message = error_of(fetcher_for(rig, open_proxy().url), f"https://site.example:{site.port}/")
    assert message == "site.example presents an invalid certificate (issued for another host name)"


def test_the_proxy_gets_its_login_and_nobody_else(rig: Rig, open_proxy: Callable[..., FakeProxy]) -> None:
    proxy, site = open_proxy("me:s%20cret"), secure_site(rig, "site.example")
    proxy.login = "me:s cret"
    rig.site.page("/", "<p>")
    fetcher = fetcher_for(rig, f"http://me:s%20cret@{proxy.host}")
    assert fetcher.fetch(f"http://site.example:{rig.site.port}/") is not None
    assert fetcher.fetch(f"https://site.example:{site.port}/") is not None
    for request in (*rig.site.requests, *site.requests):
        assert not {"proxy-authorization", "authorization"} & request.headers.keys()


@pytest.mark.parametrize(
    ("refuse", "scheme", "message"),
    [
        (407, "https", "the proxy does not connect to HOST (407 Proxy Authentication Required)"),
        (403, "https", "the proxy does not connect to HOST (403 Forbidden)"),
        (502, "https", "the proxy does not connect to HOST (502 Bad Gateway) (tried 2 times)"),
        (407, "http", "HOST is behind a proxy that requires a login (407 Proxy Authentication Required for /)"),
        (403, "http", "HOST denied access (403 Forbidden for /)"),
    ],
)
def test_a_proxy_that_refuses(
    rig: Rig, open_proxy: Callable[..., FakeProxy], refuse: int, scheme: str, message: str
) -> None:
    proxy = open_proxy("", refuse)
    error = error_of(fetcher_for(rig, proxy.url, retries=1), f"{scheme}://site.example:1/")
    assert error == message.replace("HOST", "site.example:1")


def test_a_proxy_that_is_down(rig: Rig) -> None:
    with FakeProxy() as proxy:
        pass
    fetcher = fetcher_for(rig, f"http://me:secret@{proxy.host}", retries=0)
    assert error_of(fetcher, "https://site.example/") == f"{proxy.host} refused the connection"


def test_no_name_is_resolved_but_that_of_the_proxy(rig: Rig, open_proxy: Callable[..., FakeProxy]) -> None:
    proxy, resolved = open_proxy(), []
    rig.site.page("/", "<p>")

    def resolve(host: str, port: int) -> tuple[str, ...]:
        resolved.append(host)
        return ("127.0.0.1",)

    url = f"http://proxy.example:{proxy.host.rpartition(':')[2]}"
    assert fetcher_for(rig, url, resolve=resolve).fetch(f"http://site.example:{rig.site.port}/") is not None
    assert resolved == ["proxy.example"]


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_private_addresses_are_refused_behind_the_proxy_too(
    rig: Rig, open_proxy: Callable[..., FakeProxy], host: str, scheme: str
) -> None:
    proxy = open_proxy()
    rig.site.redirect("/", f"{scheme}://{host}/")
    fetcher = fetcher_for(rig, proxy.url, hosts=("site.example", host))
    for url in (f"{scheme}://{host}/", f"http://site.example:{rig.site.port}/"):
        assert error_of(fetcher, url).endswith("is not a public address; private addresses are not allowed")
    assert [request for request in proxy.requests if "site.example" not in request] == []


def test_a_proxy_over_https(rig: Rig) -> None:
    """The connection to the proxy is encrypted, too. What it answers does not matter here."""
    site = secure_site(rig, "127.0.0.1")
    error = error_of(fetcher_for(rig, site.url("").rstrip("/"), retries=0), "http://site.example/x")
    assert error.startswith("site.example ")
    assert site.requests[0].path == "http://site.example/x"


def test_the_environment_sets_no_proxy(
    rig: Rig, open_proxy: Callable[..., FakeProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = open_proxy()
    rig.site.page("/", "<p>")
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    assert rig.fetch("/") is not None
    assert proxy.requests == []
