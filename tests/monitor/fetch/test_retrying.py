"""Retries, `Retry-After`, redirects, and URLs that are never requested."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cmr_watch.config import PINNED_HOSTS
from cmr_watch.exceptions import FetchError
from cmr_watch.models.readings import Validators
from tests.fakes.site import Response
from tests.monitor.fetch.conftest import NOON, Rig

# ── retries ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_after_a_429_it_waits_ten_seconds_or_as_long_as_asked(rig: Rig) -> None:
    rig.site.page("/", "<p>")
    asked = (("Retry-After", "30"),)
    rig.site.script("/", Response(429), Response(429, headers=asked), Response(503))
    assert rig.page().content == b"<p>"
    assert rig.pauses == [10, 30, 4]
    rig.site.script("/", Response(429))
    assert rig.page(rate_limit_pause=60.0).content == b"<p>"
    assert rig.pauses[-1] == 60


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_transient_errors_are_retried_with_growing_pauses(rig: Rig, status: int) -> None:
    rig.site.page("/", "<p>")
    rig.site.script("/", *[Response(status)] * 3)
    assert rig.page().content == b"<p>"
    assert rig.pauses == [1, 2, 4]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (429, "SITE rate-limited the request (429 Too Many Requests for /) (tried 4 times)"),
        (500, "SITE reported a server error (500 Internal Server Error for /) (tried 4 times)"),
        (503, "SITE reported a server error (503 Service Unavailable for /) (tried 4 times)"),
    ],
)
def test_it_gives_up_after_the_last_retry(rig: Rig, status: int, message: str) -> None:
    rig.site.fail("/", status)
    assert rig.error() == message
    assert len(rig.site.requests) == 4


def test_retries_can_be_disabled(rig: Rig) -> None:
    rig.site.fail("/", 500)
    assert rig.error(retries=0) == "SITE reported a server error (500 Internal Server Error for /)"
    assert len(rig.site.requests) == 1


def test_jitter_shortens_a_pause_by_up_to_half(rig: Rig) -> None:
    rig.site.fail("/", 500)
    rig.error(jitter=lambda: 0.0)
    assert rig.pauses == [0.5, 1, 2]


def test_retry_after_is_respected(rig: Rig) -> None:
    rig.site.page("/", "<p>")
    rig.site.script(
        "/",
        Response(429, headers=(("Retry-After", "17"),)),
        Response(503, headers=(("Retry-After", "Tue, 02 Apr 2024 12:01:30 GMT"),)),
        Response(503, headers=(("Retry-After", "soon"),)),
    )
    rig.fetch()
    assert rig.pauses == [17, 90, 4]


@pytest.mark.parametrize(
    ("value", "until"),
    [
        ("121", "2024-04-02 12:02 UTC"),
        ("86400", "2024-04-03 12:00 UTC"),
        ("Tue, 02 Apr 2024 16:05:00 GMT", "2024-04-02 16:05 UTC"),
        ("9" * 50, "after the year 9999"),
    ],
)
def test_a_long_retry_after_fails_at_once(rig: Rig, value: str, until: str) -> None:
    rig.site.fail("/", 503, retry_after=value)
    assert rig.error() == (
        f"SITE reported a server error (503 Service Unavailable for /); it asked to wait until {until}"
    )
    assert (len(rig.site.requests), rig.pauses) == (1, [])


def test_fetched_at_is_the_time_of_the_request(rig: Rig) -> None:
    rig.site.page("/", "<p>")
    rig.site.script("/", Response(503))

    def sleep(seconds: float) -> None:
        rig.advance(seconds=seconds)

    page = rig.fetcher(pause=sleep).fetch(rig.site.url("/"))
    assert page is not None
    assert page.fetched_at == NOON + timedelta(seconds=1)


# ── redirects ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(rig: Rig, status: int) -> None:
    rig.site.redirect("/old", "/new?a=1#part", status)
    rig.site.page("/new?a=1", "<p>new")
    page = rig.page("/old")
    assert (page.url, page.final_url) == (rig.site.url("/old"), rig.site.url("/new?a=1"))
    assert page.content == b"<p>new"


def test_conditional_headers_are_sent_along_redirects(rig: Rig) -> None:
    rig.site.redirect("/old", "/new")
    rig.site.page("/new", "<p>", etag='"1"')
    assert rig.fetch("/old", Validators('"1"')) is None


def test_at_most_five_redirects_are_followed(rig: Rig) -> None:
    for hop in range(6):
        rig.site.redirect(f"/{hop}", f"/{hop + 1}")
    rig.site.page("/6", "<p>")
    assert rig.page("/1").content == b"<p>"
    assert rig.error("/0") == "SITE redirects more than 5 times"


def test_a_redirect_loop_is_detected(rig: Rig) -> None:
    rig.site.redirect("/a", "/b")
    rig.site.redirect("/b", "/a")
    rig.site.redirect("/self", "#top")
    assert rig.error("/a") == "SITE redirects in a loop"
    assert rig.error("/self") == "SITE redirects in a loop"


def test_redirects_share_the_retries(rig: Rig) -> None:
    rig.site.redirect("/a", "/b")
    rig.site.script("/a", Response(500), Response(500))
    rig.site.fail("/b", 500)
    assert rig.error("/a").endswith("(tried 2 times)")
    assert rig.site.paths() == ["/a"] * 3 + ["/b"] * 2


@pytest.mark.parametrize(
    ("location", "message"),
    [
        (
            "http://staging.example/x",
            "SITE redirects to staging.example, which is not one of the allowed hosts",
        ),
        ("//evil.example:81", "SITE redirects to evil.example:81, which is not one of the allowed hosts"),
        ("http://127.0.0.1:1/", "SITE redirects to 127.0.0.1:1, which is not one of the allowed hosts"),
        (
            "http://u:secret@SITE/",
            "SITE redirects to a URL that contains a user name or password",
        ),
        ("ftp://SITE/", "SITE redirects to “ftp://SITE/”, which is not a valid http or https URL"),
        ("javascript:alert(1)", "SITE redirects to “javascript:alert(1)”, which is not a valid http or https URL"),
        ("http://[::1", "SITE redirects to “http://[::1”, which is not a valid http or https URL"),
        ("http://xn--zz zz/", "SITE redirects to xn--zz%20zz, which is not one of the allowed hosts"),
        ("http://\u00f3\u00f3" + "x" * 70 + "/", "SITE redirects to “http://"),
        ("http://SITE:99999/", "SITE redirects to “http://SITE:99999/”, which is not a valid http or https URL"),
        ("/\x01", "SITE redirects to “/?”, which is not a valid http or https URL"),
    ],
)
def test_forbidden_redirects_are_not_followed(rig: Rig, location: str, message: str) -> None:
    rig.site.redirect("/", location.replace("SITE", rig.site.host))
    error = rig.error()
    assert error.startswith(message)
    assert "secret" not in error
    assert len(rig.site.requests) == 1


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "“” is not a valid URL"),
        ("/content/x", "“/content/x” is not a valid URL"),
        ("https://", "“https://” is not a valid URL"),
        ("http://[", "%5B is not one of the allowed hosts"),
        ("http://a\nb/", "“http://a?b/” is not a valid URL"),
        ("file:///etc/passwd", "“file:///etc/passwd” is not a valid URL"),
        ("ftp://clustercollaboration.eu/", "“ftp://clustercollaboration.eu/” is not an http or https URL"),
        (
            "https://me:secret@clustercollaboration.eu/",
            "the URL on clustercollaboration.eu contains a user name or password, which is not allowed",
        ),
        (
            "https://clustercollaboration.eu.evil.example/",
            "clustercollaboration.eu.evil.example is not one of the allowed hosts",
        ),
        ("https://clustercollaboration.eu./", "clustercollaboration.eu. is not one of the allowed hosts"),
        ("https://evil.example\\@clustercollaboration.eu/", "the URL on clustercollaboration.eu contains a user"),
        ("https://staging.clustercollaboration.eu/", "staging.clustercollaboration.eu is not one of the allowed hosts"),
        ("http://127.0.0.1:9/", "127.0.0.1:9 is not one of the allowed hosts"),
    ],
)
def test_forbidden_urls_are_not_requested(rig: Rig, url: str, message: str) -> None:
    def fail(host: str, port: int) -> tuple[str, ...]:
        raise AssertionError(host)

    with pytest.raises(FetchError) as caught:
        rig.fetcher(resolve=fail).fetch(url)
    assert str(caught.value).startswith(message)
    assert "secret" not in str(caught.value)


def test_the_hosts_of_the_platform_are_always_allowed(rig: Rig) -> None:
    resolved: list[str] = []

    def loopback(host: str, port: int) -> tuple[str, ...]:
        resolved.append(host)
        return ("127.0.0.1",)

    rig.site.page("/", "<p>")
    fetcher = rig.fetcher(resolve=loopback)
    for host in PINNED_HOSTS:
        page = fetcher.fetch(f"http://{host}:{rig.site.port}/")
        assert page is not None
    assert resolved == list(PINNED_HOSTS)
    assert rig.site.requests[0].headers["host"] == f"clustercollaboration.eu:{rig.site.port}"
