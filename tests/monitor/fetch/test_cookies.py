"""Cookies within one fetch: a gate that redirects until they come back, and that they are sent to no other host."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.monitor.fetch.cookies import MAX_COOKIES, MAX_HEADER_BYTES, Cookies
from tests.fakes.site import Response
from tests.monitor.fetch.conftest import NOON, Rig, error_of


def gate(location: str, *cookies: str, status: int = 302) -> Response:
    return Response(status, headers=(("Location", location), *(("Set-Cookie", cookie) for cookie in cookies)))


def sent(rig: Rig) -> list[str | None]:
    return [request.headers.get("cookie") for request in rig.site.requests]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_gate_that_redirects_to_itself_lets_us_pass(rig: Rig, status: int) -> None:
    rig.site.script("/", gate("/", "seen=1; Path=/; HttpOnly", status=status))
    rig.site.page("/", "<p>hello")
    assert rig.page("/").content == b"<p>hello"
    assert sent(rig) == [None, "seen=1"]


def test_a_gate_over_several_pages(rig: Rig) -> None:
    rig.site.script("/", gate("/check", "a=1", "b=2; Secure", "c=3; Path=/check"))
    rig.site.script("/check", gate("/", "a=4", "c=; Max-Age=0"))
    rig.site.page("/", "<p>")
    rig.page("/")
    assert sent(rig) == [None, "a=1; c=3", "a=4"]


def test_a_cookie_comes_back_with_a_retry(rig: Rig) -> None:
    rig.site.script("/", Response(503, headers=(("Set-Cookie", "a=1"),)))
    rig.site.page("/", "<p>")
    rig.page("/")
    assert sent(rig) == [None, "a=1"]


def test_a_gate_that_does_not_want_its_cookie_is_a_loop(rig: Rig) -> None:
    rig.site.script("/", *[gate("/", "a=1")] * 9)
    assert rig.error() == "SITE redirects in a loop"
    assert sent(rig) == [None, "a=1"]


def test_a_gate_with_ever_new_cookies_is_left(rig: Rig) -> None:
    rig.site.script("/", *[gate("/", f"a={n}") for n in range(20)])
    assert rig.error() == "SITE redirects more than 5 times"


def test_no_cookie_outlives_its_fetch(rig: Rig) -> None:
    rig.site.script("/", gate("/", "a=1"))
    rig.site.page("/", "<p>", headers=(("Set-Cookie", "b=2"),))
    fetcher = rig.fetcher()
    for _ in range(2):
        page = fetcher.fetch(rig.site.url("/"))
        assert page is not None
        assert "set-cookie" not in dict(page.headers)
    assert sent(rig) == [None, "a=1", None]


def test_a_cookie_goes_to_no_other_host(rig: Rig) -> None:
    port = rig.site.port
    rig.site.script("/", gate(f"http://two.example:{port}/", "a=1", "b=2; Domain=two.example", "c=3; Domain=example"))
    rig.site.page("/", "<p>")
    fetcher = rig.fetcher(hosts=("one.example", "two.example"), resolve=lambda host, port: ("127.0.0.1",))
    fetcher.fetch(f"http://one.example:{port}/")
    assert sent(rig) == [None, None]


def test_a_cookie_of_a_domain_goes_to_its_hosts(rig: Rig) -> None:
    port = rig.site.port
    rig.site.script("/", gate(f"http://www.site.example:{port}/", "a=1; domain=.Site.example", "b=2"))
    rig.site.page("/", "<p>")
    fetcher = rig.fetcher(hosts=("site.example", "www.site.example"), resolve=lambda host, port: ("127.0.0.1",))
    fetcher.fetch(f"http://site.example:{port}/")
    assert sent(rig) == [None, "a=1"]


def test_a_cookie_leads_to_no_host_that_is_not_allowed(rig: Rig) -> None:
    rig.site.script("/", gate("http://evil.example/", "a=1; Domain=evil.example"))
    assert error_of(rig.fetcher(), rig.site.url("/")).endswith("which is not one of the allowed hosts")


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

SITE = httpx.URL("https://www.site.example/a")
WORDS = st.sampled_from(
    [b"a", b"=", b";", b" ", b"\r\n", b"\0", b"Domain=", b".", b"example", b"Secure", b"\xff", b",", b'"']
) | st.sampled_from([b"Expires=", b"Max-Age=", b"9" * 30, b"Tue, 02 Apr 2024 08:00:00 GMT"])
HEADERS = st.lists(st.binary(max_size=60) | st.lists(WORDS, max_size=12).map(b"".join), max_size=80)


@given(HEADERS)
def test_what_is_sent_is_one_short_line(headers: list[bytes]) -> None:
    cookies = Cookies()
    cookies.store(SITE, headers, NOON)
    header = cookies.header(SITE)
    assert len(header) <= MAX_HEADER_BYTES
    assert not set(header) & set(b"\r\n\0")
    assert header.count(b";") < MAX_COOKIES


@given(HEADERS, st.sampled_from(["https://other.example/", "https://example/", "http://xwww.site.example/"]))
def test_no_header_sends_a_cookie_to_another_site(headers: list[bytes], other: str) -> None:
    cookies = Cookies()
    cookies.store(SITE, headers, NOON)
    assert cookies.header(httpx.URL(other)) == b""


def test_many_and_long_cookies_are_limited() -> None:
    cookies = Cookies()
    cookies.store(SITE, [b"a%d=%b" % (n, b"x" * 4000) for n in range(500)], NOON)
    assert 4000 < len(cookies.header(SITE)) <= MAX_HEADER_BYTES
    cookies.store(SITE, [b"long=" + b"x" * 5000], NOON)
    assert b"long" not in cookies.header(SITE)


@pytest.mark.parametrize(
    ("attributes", "kept"),
    [
        ("Expires=Tue, 02 Apr 2024 11:59:59 GMT", False),
        ("Expires=Tue, 02 Apr 2024 12:00:01 GMT", True),
        ("Expires=Thu, 01-Jan-1970 00:00:01 GMT", False),
        ("Expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=60", True),
        ("Max-Age=-1", False),
        ("Max-Age=soon", True),
        ("Expires=Tue, 99 Foo 0000", True),
    ],
)
def test_expired_cookies_are_deleted(attributes: str, kept: bool) -> None:
    cookies = Cookies()
    cookies.store(SITE, [b"a=1", f"a=2; {attributes}".encode()], NOON)
    assert cookies.header(SITE) == (b"a=2" if kept else b"")
