"""robots.txt (RFC 9309): which URLs are disallowed, and how long the rules are cached."""

from __future__ import annotations

import time

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cmr_watch.monitor.fetch import responses
from cmr_watch.monitor.fetch.robots import MAX_BYTES, MAX_CRAWL_DELAY, MemoryRobots, Robots, parse
from tests.fakes.site import Drop, Response, Scripted
from tests.monitor.fetch.conftest import NOON, Rig, error_of


@pytest.fixture
def rig(rig: Rig) -> Rig:
    """The site has two pages, /open and /closed/x."""
    for path in ("/open", "/closed/x"):
        rig.site.page(path, "<p>")
    return rig


def robots_requests(rig: Rig) -> int:
    return sum(request.path == "/robots.txt" for request in rig.site.requests)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", True),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow: /closed", False),
        ("User-agent: *\nDisallow: /closed/x$", False),
        ("User-agent: *\nDisallow: /closed$", True),
        ("User-agent: *\nDisallow: /*/x", False),
        ("User-agent: *\nDisallow: /closed\nAllow: /closed/x", True),  # the longest match wins
        ("User-agent: *\nAllow: /\nDisallow: /closed", False),
        ("User-agent: cmr-watch\nDisallow:\n\nUser-agent: *\nDisallow: /", True),  # our own group wins
        ("User-agent: *\nDisallow:\n\nUser-agent: CMR-Watch/2.0\nDisallow: /", False),
        ("User-agent: Googlebot\nDisallow: /", True),
        ("User-agent: Googlebot\nUser-agent: *\nDisallow: /", False),
        ("User-agent: Googlebot\nUser-agent: Bingbot\nDisallow: /\nUser-agent: *\nDisallow: /else", True),
        ("user agent *\ndisallow /closed", False),
        ("\ufeffUser-agent: *\r\nDisallow: /closed # not for robots\r\n", False),
        ("<!DOCTYPE html><html><p>no such page</p></html>", True),
        ("User-agent: *\nCrawl-delay: 10\nDisallow: /admin/", True),
    ],
)
def test_rules(rig: Rig, text: str, allowed: bool) -> None:
    rig.site.robots(text)
    if allowed:
        assert rig.page("/closed/x", robots=True).content == b"<p>"
    else:
        assert rig.error("/closed/x", robots=True) == "SITE disallows /closed/x in its robots.txt"
        assert rig.site.paths() == []


def test_robots_is_requested_first_with_our_user_agent(rig: Rig) -> None:
    rig.fetch("/open", robots=True)
    assert [request.path for request in rig.site.requests] == ["/robots.txt", "/open"]
    assert rig.site.requests[0].headers["user-agent"].startswith("cmr-watch/")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_4xx_allows_everything(rig: Rig, status: int) -> None:
    rig.site.fail("/robots.txt", status)
    assert rig.fetch("/open", robots=True) is not None
    assert robots_requests(rig) == 1


def test_429_allows_everything_but_is_retried_and_not_cached(rig: Rig) -> None:
    rig.site.fail("/robots.txt", 429)
    fetcher = rig.fetcher(robots=True, retries=1)
    for _ in range(2):
        assert fetcher.fetch(rig.site.url("/open")) is not None
    assert robots_requests(rig) == 4


@pytest.mark.parametrize("status", [500, 503, 599])
def test_5xx_disallows_everything_and_is_not_cached(rig: Rig, status: int) -> None:
    rig.site.fail("/robots.txt", status)
    message = rig.error("/open", robots=True)
    assert message.startswith("SITE reported a server error (")
    assert message.endswith("(tried 4 times); robots.txt could not be read, so pages are not fetched")
    assert rig.site.paths() == []
    rig.site.remove("/robots.txt")
    assert rig.fetch("/open", robots=True) is not None


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Drop(), "SITE closed the connection without a response (tried 4 times); robots.txt could not be read"),
        (Response(304), "SITE returned 304 Not Modified for robots.txt, so pages are not fetched"),
        (Response(302), "SITE returned 302 Found for robots.txt, so pages are not fetched"),
        (
            Response(302, headers=(("Location", "http://evil.example/robots.txt"),)),
            "SITE redirects to evil.example, which is not one of the allowed hosts; robots.txt could not be read",
        ),
        (
            Response(200, b"not gzip", headers=(("Content-Encoding", "gzip"),)),
            "SITE sent corrupt compressed data; robots.txt could not be read",
        ),
    ],
)
def test_unreadable_robots_disallow_everything(rig: Rig, answer: Scripted, message: str) -> None:
    rig.site.script("/robots.txt", *[answer] * 4)
    assert rig.error("/open", robots=True).startswith(message)
    assert rig.site.paths() == []


def test_5xx_is_retried(rig: Rig) -> None:
    rig.site.script("/robots.txt", Response(503), Response(503))
    assert rig.fetch("/open", robots=True) is not None
    assert rig.pauses == [1, 2]


def test_redirects_of_robots_are_followed(rig: Rig) -> None:
    rig.site.redirect("/robots.txt", "/sites/robots.txt")
    rig.site.page("/sites/robots.txt", "User-agent: *\nDisallow: /closed", content_type="text/plain")
    assert rig.fetch("/open", robots=True) is not None
    assert rig.error("/closed/x", robots=True).startswith("SITE disallows /closed/x")


@pytest.mark.parametrize("start", ["site.example", "www.site.example"])
def test_a_redirect_of_robots_to_the_same_host_with_or_without_www_is_followed(rig: Rig, start: str) -> None:
    other = "site.example" if start.startswith("www.") else "www.site.example"
    rig.site.script("/robots.txt", Response(301, headers=(("Location", f"http://{other}:{rig.site.port}/robots.txt"),)))
    rig.site.robots("User-agent: *\nDisallow: /closed")
    fetcher = rig.fetcher(robots=True, hosts=(start,), resolve=lambda host, port: ("127.0.0.1",))
    assert fetcher.fetch(f"http://{start}:{rig.site.port}/open") is not None
    assert "disallows /closed/x" in error_of(fetcher, f"http://{start}:{rig.site.port}/closed/x")
    assert [request.headers["host"].partition(":")[0] for request in rig.site.requests] == [start, other, start]


def test_a_page_is_not_followed_to_a_host_that_is_not_allowed(rig: Rig) -> None:
    rig.site.redirect("/go", f"http://www.site.example:{rig.site.port}/open")
    fetcher = rig.fetcher(hosts=("site.example",), resolve=lambda host, port: ("127.0.0.1",))
    assert "is not one of the allowed hosts" in error_of(fetcher, f"http://site.example:{rig.site.port}/go")


@pytest.mark.parametrize("target", ["www.evil.example", "www.www.site.example", "www2.site.example", "site.example:1"])
def test_a_redirect_of_robots_to_any_other_host_is_not(rig: Rig, target: str) -> None:
    rig.site.redirect("/robots.txt", f"http://{target}/robots.txt")
    host = f"site.example:{rig.site.port}"
    fetcher = rig.fetcher(robots=True, hosts=(host,), resolve=lambda host, port: ("127.0.0.1",))
    assert "is not one of the allowed hosts" in error_of(fetcher, f"http://{host}/open")


RULES = "User-agent: *\nDisallow: /closed\nDisallow: /Łódź"


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (RULES.encode("utf-8-sig"), "text/plain"),
        (RULES.encode("utf-16"), "text/plain"),
        (RULES.encode("utf-16-be"), "text/plain"),
        (RULES.encode("utf-16-le"), "text/plain; charset=utf-16"),
        (RULES.encode("cp1250"), "text/plain; charset=windows-1250"),
        (RULES.encode(), "text/plain; charset=windows-1250"),
        (RULES.replace("\n", "\r").encode(), None),
    ],
)
def test_robots_in_any_charset(rig: Rig, content: bytes, content_type: str | None) -> None:
    rig.site.page("/robots.txt", content, content_type=content_type)
    assert rig.error("/closed/x", robots=True) == "SITE disallows /closed/x in its robots.txt"
    assert rig.error("/%C5%81%C3%B3d%C5%BA", robots=True).endswith("in its robots.txt")
    assert rig.fetch("/open", robots=True) is not None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("User-agent: *\nCrawl-delay: 10", 10),
        ("User-agent: *\nCrawl-delay: 2.5\nDisallow: /closed", 2.5),
        ("User-agent: *\nCrawl-delay: 3600", 60),
        ("User-agent: *\nCrawl-delay: 1e400", 0),
        ("User-agent: *\nCrawl-delay: nan", 0),
        ("User-agent: *\nCrawl-delay: -5", 0),
        ("User-agent: *\nCrawl-delay: soon", 0),
        ("User-agent: another\nCrawl-delay: 10", 0),
        ("User-agent: cmr-watch\nCrawl-delay: 4\n\nUser-agent: *\nCrawl-delay: 10", 4),
        ("User-agent: *\nDisallow: /closed", 0),
    ],
)
def test_the_crawl_delay(rig: Rig, text: str, seconds: float) -> None:
    rig.site.robots(text)
    fetcher = rig.fetcher(robots=True)
    assert fetcher.crawl_delay() == 0
    assert fetcher.fetch(rig.site.url("/open")) is not None
    assert fetcher.crawl_delay() == seconds


def test_a_retry_waits_for_the_crawl_delay_too(rig: Rig) -> None:
    rig.site.robots("User-agent: *\nCrawl-delay: 7")
    rig.site.script("/open", Response(503), Response(503, headers=(("Retry-After", "20"),)))
    assert rig.fetch("/open", robots=True) is not None
    assert rig.pauses == [7, 20]


def test_without_robots_there_is_no_crawl_delay(rig: Rig) -> None:
    rig.site.robots("User-agent: *\nCrawl-delay: 10")
    fetcher = rig.fetcher(robots=False)
    fetcher.fetch(rig.site.url("/open"))
    assert fetcher.crawl_delay() == 0


@given(st.floats() | st.integers() | st.text(max_size=20))
def test_any_crawl_delay_is_between_nothing_and_a_minute(value: object) -> None:
    response = responses.Response(200, {}, body=f"User-agent: *\nCrawl-delay: {value}".encode())
    robots = Robots(MemoryRobots(), lambda url: response, lambda: NOON)
    robots.check(httpx.URL("https://site.example/"))
    assert 0 <= robots.crawl_delay() <= MAX_CRAWL_DELAY


def test_rules_are_cached_for_a_day_across_processes(rig: Rig) -> None:
    rig.site.robots("User-agent: *\nDisallow: /closed")
    for _ in range(2):
        fetcher = rig.fetcher(robots=True)
        for _ in range(2):
            assert fetcher.fetch(rig.site.url("/open")) is not None
    assert robots_requests(rig) == 1
    rig.advance(hours=23, minutes=59)
    assert fetcher.fetch(rig.site.url("/open")) is not None
    assert robots_requests(rig) == 1
    rig.advance(minutes=1)
    assert fetcher.fetch(rig.site.url("/open")) is not None
    assert rig.fetch("/open", robots=True) is not None
    assert robots_requests(rig) == 2


def test_the_absence_of_rules_is_cached_too(rig: Rig) -> None:
    for _ in range(2):
        rig.fetch("/open", robots=True)
    assert robots_requests(rig) == 1
    assert rig.robots.cached_robots(f"http://{rig.site.host}") == (None, 404, rig.now)


def test_an_entry_from_the_future_is_not_used(rig: Rig) -> None:
    rig.fetch("/open", robots=True)
    rig.advance(hours=-1)
    rig.fetch("/open", robots=True)
    assert robots_requests(rig) == 2


def test_the_target_of_a_redirect_is_checked_too(rig: Rig) -> None:
    rig.site.robots("User-agent: *\nDisallow: /closed")
    rig.site.redirect("/go", "/closed/x")
    assert rig.error("/go", robots=True) == "SITE disallows /closed/x in its robots.txt"
    other = f"localhost:{rig.site.port}"
    rig.site.redirect("/away", f"http://{other}/open")
    page = rig.page("/away", robots=True, hosts=("localhost",), resolve=lambda host, port: ("127.0.0.1",))
    assert page.final_url == f"http://{other}/open"
    assert robots_requests(rig) == 2
    assert rig.site.requests[-2].headers["host"] == other


def test_only_the_first_500_kib_are_read(rig: Rig) -> None:
    rules = b"User-agent: *\nDisallow: /closed\n"
    beyond = b"Disallow: /open\n"
    rig.site.robots(rules + b"#" * (MAX_BYTES - len(rules)) + beyond)
    assert rig.fetch("/open", robots=True) is not None
    cached = rig.robots.cached_robots(f"http://{rig.site.host}")
    assert cached is not None
    assert len(cached[0] or "") == MAX_BYTES


def test_robots_can_be_disabled(rig: Rig) -> None:
    rig.site.robots("User-agent: *\nDisallow: /")
    assert rig.fetch("/open", robots=False) is not None
    assert robots_requests(rig) == 0


@given(st.text(max_size=200) | st.lists(st.sampled_from([
    "User-agent: *", "user agent", "User-agent:", "Disallow: /%", "Allow: http://[", "Disallow: *$*", "Allow: $",
    "Sitemap: x", "Host: x", "Crawl-delay: nan", "Request-rate: 1/0", "Visit-time: 0600-0845", ":", "%ff%",
])).map("\n".join))  # fmt: skip
@example("User-agent: *\nDisallow: //[")
def test_any_text_can_be_parsed(text: str) -> None:
    assert parse(text).can_fetch("https://clustercollaboration.eu/a?b=%zz", "cmr-watch") in (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"user-agent: a{n}\n" for n in range(13_000)) + "disallow: /a\n" * 20_000,
        "user-agent: *\n" * 36_000,
        "".join(f"user agent a{n}*\n" for n in range(13_000)) * 2 + "disallow: $$$$*$\n" * 8_000,
        "user-agent: *\ndisallow: " + "*a" * 250_000,
        "user-agent: *\ndisallow: " + "%" * 490_000,
        "user-agent: *\n" + "".join(f"disallow: /{n}*$\n" for n in range(25_000)),
    ],
    ids=["groups × rules", "one name", "odd names", "stars", "percent", "rules"],
)
def test_hostile_rules_are_evaluated_quickly(text: str) -> None:
    started = time.process_time()
    parse(text[:MAX_BYTES]).can_fetch("https://host/" + "a" * 2000, "cmr-watch")
    assert time.process_time() - started < 5
