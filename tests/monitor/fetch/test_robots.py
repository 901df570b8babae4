"""robots.txt: RFC 9309."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cmr_watch.monitor.fetch.robots import MOST_BYTES, parse
from tests.fakes.site import Drop, Response, Scripted
from tests.monitor.fetch.conftest import Rig


@pytest.fixture
def asking(rig: Rig) -> Rig:
    """A site with two pages, /open and /closed/x."""
    for path in ("/open", "/closed/x"):
        rig.site.page(path, "<p>")
    return rig


def asked_robots(rig: Rig) -> int:
    return sum(seen.path == "/robots.txt" for seen in rig.site.requests)


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("", True),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow: /closed", False),
        ("User-agent: *\nDisallow: /closed/x$", False),
        ("User-agent: *\nDisallow: /closed$", True),
        ("User-agent: *\nDisallow: /*/x", False),
        ("User-agent: *\nDisallow: /closed\nAllow: /closed/x", True),  # the longest match counts
        ("User-agent: *\nAllow: /\nDisallow: /closed", False),
        ("User-agent: cmr-watch\nDisallow:\n\nUser-agent: *\nDisallow: /", True),  # our own group counts
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
def test_rules(asking: Rig, text: str, may: bool) -> None:
    asking.site.robots(text)
    if may:
        assert asking.page("/closed/x", robots=True).content == b"<p>"
    else:
        assert asking.trouble("/closed/x", robots=True) == ("SITE asks programs not to read /closed/x (its robots.txt)")
        assert asking.site.paths() == []


def test_the_question_for_robots_carries_no_condition_and_says_who_asks(asking: Rig) -> None:
    asking.fetch("/open", robots=True)
    assert [seen.path for seen in asking.site.requests] == ["/robots.txt", "/open"]
    assert asking.site.requests[0].headers["user-agent"].startswith("cmr-watch/")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_4xx_means_may(asking: Rig, status: int) -> None:
    asking.site.fail("/robots.txt", status)
    assert asking.fetch("/open", robots=True) is not None
    assert asked_robots(asking) == 1


def test_429_means_may_but_is_asked_again_and_not_remembered(asking: Rig) -> None:
    asking.site.fail("/robots.txt", 429)
    fetcher = asking.fetcher(robots=True, retries=1)
    for _ in range(2):
        assert fetcher.fetch(asking.site.url("/open")) is not None
    assert asked_robots(asking) == 4


@pytest.mark.parametrize("status", [500, 503, 599])
def test_5xx_means_may_not_and_is_not_remembered(asking: Rig, status: int) -> None:
    asking.site.fail("/robots.txt", status)
    said = asking.trouble("/open", robots=True)
    assert said.startswith("SITE has trouble of its own (")
    assert said.endswith("(tried 4 times); this was for its robots.txt, without which no page may be read")
    assert asking.site.paths() == []
    asking.site.remove("/robots.txt")
    assert asking.fetch("/open", robots=True) is not None


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Drop(), "SITE closed the connection without an answer (tried 4 times); this was for its robots.txt"),
        (Response(304), "SITE answered 304 Not Modified for robots.txt, so no page may be read"),
        (Response(302), "SITE answered 302 Found for robots.txt, so no page may be read"),
        (
            Response(302, headers=(("Location", "http://evil.example/robots.txt"),)),
            "SITE redirects to evil.example, which is not one of the hosts that may be read; this was for its robots",
        ),
        (
            Response(200, b"not gzip", headers=(("Content-Encoding", "gzip"),)),
            "SITE sent compressed data that is damaged; this was for its robots.txt",
        ),
    ],
)
def test_what_cannot_be_read_means_may_not(asking: Rig, answer: Scripted, sentence: str) -> None:
    asking.site.script("/robots.txt", *[answer] * 4)
    assert asking.trouble("/open", robots=True).startswith(sentence)
    assert asking.site.paths() == []


def test_5xx_that_passes_is_no_trouble(asking: Rig) -> None:
    asking.site.script("/robots.txt", Response(503), Response(503))
    assert asking.fetch("/open", robots=True) is not None
    assert asking.pauses == [1, 2]


def test_redirects_of_robots_are_followed(asking: Rig) -> None:
    asking.site.redirect("/robots.txt", "/sites/robots.txt")
    asking.site.page("/sites/robots.txt", "User-agent: *\nDisallow: /closed", content_type="text/plain")
    assert asking.fetch("/open", robots=True) is not None
    assert asking.trouble("/closed/x", robots=True).startswith("SITE asks programs not to read /closed/x")


def test_rules_are_remembered_for_a_day_also_by_the_next_process(asking: Rig) -> None:
    asking.site.robots("User-agent: *\nDisallow: /closed")
    for _ in range(2):
        fetcher = asking.fetcher(robots=True)
        for _ in range(2):
            assert fetcher.fetch(asking.site.url("/open")) is not None
    assert asked_robots(asking) == 1
    asking.later(hours=23, minutes=59)
    assert fetcher.fetch(asking.site.url("/open")) is not None
    assert asked_robots(asking) == 1
    asking.later(minutes=1)
    assert fetcher.fetch(asking.site.url("/open")) is not None
    assert asking.fetch("/open", robots=True) is not None
    assert asked_robots(asking) == 2


def test_that_there_are_no_rules_is_remembered_too(asking: Rig) -> None:
    for _ in range(2):
        asking.fetch("/open", robots=True)
    assert asked_robots(asking) == 1
    assert asking.robots.cached_robots(f"http://{asking.site.host}") == (None, 404, asking.now)


def test_what_was_remembered_in_the_future_is_not_believed(asking: Rig) -> None:
    asking.fetch("/open", robots=True)
    asking.later(hours=-1)
    asking.fetch("/open", robots=True)
    assert asked_robots(asking) == 2


def test_the_host_that_a_redirect_leads_to_is_asked_too(asking: Rig) -> None:
    asking.site.robots("User-agent: *\nDisallow: /closed")
    asking.site.redirect("/go", "/closed/x")
    assert asking.trouble("/go", robots=True) == "SITE asks programs not to read /closed/x (its robots.txt)"
    other = f"localhost:{asking.site.port}"
    asking.site.redirect("/away", f"http://{other}/open")
    page = asking.page("/away", robots=True, hosts=("localhost",), resolve=lambda host, port: ("127.0.0.1",))
    assert page.final_url == f"http://{other}/open"
    assert asked_robots(asking) == 2
    assert asking.site.requests[-2].headers["host"] == other


def test_only_the_first_500_kib_are_read(asking: Rig) -> None:
    rules = b"User-agent: *\nDisallow: /closed\n"
    late = b"Disallow: /open\n"
    asking.site.robots(rules + b"#" * (MOST_BYTES - len(rules)) + late)
    assert asking.fetch("/open", robots=True) is not None
    kept = asking.robots.cached_robots(f"http://{asking.site.host}")
    assert kept is not None
    assert len(kept[0] or "") == MOST_BYTES


def test_robots_can_be_left_unasked(asking: Rig) -> None:
    asking.site.robots("User-agent: *\nDisallow: /")
    assert asking.fetch("/open", robots=False) is not None
    assert asked_robots(asking) == 0


@given(st.text(max_size=200) | st.lists(st.sampled_from([
    "User-agent: *", "user agent", "User-agent:", "Disallow: /%", "Allow: http://[", "Disallow: *$*", "Allow: $",
    "Sitemap: x", "Host: x", "Crawl-delay: nan", "Request-rate: 1/0", "Visit-time: 0600-0845", ":", "%ff%",
])).map("\n".join))  # fmt: skip
@example("User-agent: *\nDisallow: //[")
def test_any_text_gives_rules(text: str) -> None:
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
def test_hostile_rules_take_little_time(text: str) -> None:
    started = time.process_time()
    parse(text[:MOST_BYTES]).can_fetch("https://host/" + "a" * 2000, "cmr-watch")
    assert time.process_time() - started < 5
