"""Asking again, and asking elsewhere: retries, `Retry-After`, redirects, and where no question goes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cmr_watch.config import PINNED_HOSTS
from cmr_watch.exceptions import FetchError
from cmr_watch.models import Validators
from tests.fakes.site import Response
from tests.monitor.fetch.conftest import NOON, Rig

# ── again ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_asked_again_with_growing_pauses(rig: Rig, status: int) -> None:
    rig.site.page("/", "<p>")
    rig.site.script("/", *[Response(status)] * 3)
    assert rig.page().content == b"<p>"
    assert rig.pauses == [1, 2, 4]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (429, "SITE asks not to be asked so often (429 Too Many Requests for /) (tried 4 times)"),
        (500, "SITE has trouble of its own (500 Internal Server Error for /) (tried 4 times)"),
        (503, "SITE has trouble of its own (503 Service Unavailable for /) (tried 4 times)"),
    ],
)
def test_in_the_end_it_gives_up(rig: Rig, status: int, sentence: str) -> None:
    rig.site.fail("/", status)
    assert rig.trouble() == sentence
    assert len(rig.site.requests) == 4


def test_without_retries_it_asks_once(rig: Rig) -> None:
    rig.site.fail("/", 500)
    assert rig.trouble(retries=0) == "SITE has trouble of its own (500 Internal Server Error for /)"
    assert len(rig.site.requests) == 1


def test_jitter_takes_up_to_half_of_a_pause(rig: Rig) -> None:
    rig.site.fail("/", 500)
    rig.trouble(jitter=lambda: 0.0)
    assert rig.pauses == [0.5, 1, 2]


def test_retry_after_is_obeyed(rig: Rig) -> None:
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
        ("9" * 50, "the end of time"),
    ],
)
def test_a_long_retry_after_ends_the_fetch_and_says_until_when(rig: Rig, value: str, until: str) -> None:
    rig.site.fail("/", 503, retry_after=value)
    assert rig.trouble() == (f"SITE has trouble of its own (503 Service Unavailable for /), and not before {until}")
    assert (len(rig.site.requests), rig.pauses) == (1, [])


def test_the_time_of_a_page_is_when_it_was_asked_for(rig: Rig) -> None:
    rig.site.page("/", "<p>")
    rig.site.script("/", Response(503))

    def sleep(seconds: float) -> None:
        rig.later(seconds=seconds)

    page = rig.fetcher(pause=sleep).fetch(rig.site.url("/"))
    assert page is not None
    assert page.fetched_at == NOON + timedelta(seconds=1)


# ── elsewhere ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(rig: Rig, status: int) -> None:
    rig.site.redirect("/old", "/new?a=1#part", status)
    rig.site.page("/new?a=1", "<p>new")
    page = rig.page("/old")
    assert (page.url, page.final_url) == (rig.site.url("/old"), rig.site.url("/new?a=1"))
    assert page.content == b"<p>new"


def test_a_condition_goes_along(rig: Rig) -> None:
    rig.site.redirect("/old", "/new")
    rig.site.page("/new", "<p>", etag='"1"')
    assert rig.fetch("/old", Validators('"1"')) is None


def test_five_redirects_are_followed_and_a_sixth_is_not(rig: Rig) -> None:
    for hop in range(6):
        rig.site.redirect(f"/{hop}", f"/{hop + 1}")
    rig.site.page("/6", "<p>")
    assert rig.page("/1").content == b"<p>"
    assert rig.trouble("/0") == "SITE redirects more than 5 times"


def test_a_circle_is_seen(rig: Rig) -> None:
    rig.site.redirect("/a", "/b")
    rig.site.redirect("/b", "/a")
    rig.site.redirect("/self", "#top")
    assert rig.trouble("/a") == "SITE redirects in a circle"
    assert rig.trouble("/self") == "SITE redirects in a circle"


def test_retries_are_for_all_hops_together(rig: Rig) -> None:
    rig.site.redirect("/a", "/b")
    rig.site.script("/a", Response(500), Response(500))
    rig.site.fail("/b", 500)
    assert rig.trouble("/a").endswith("(tried 2 times)")
    assert rig.site.paths() == ["/a"] * 3 + ["/b"] * 2


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        (
            "http://staging.example/x",
            "SITE redirects to staging.example, which is not one of the hosts that may be read",
        ),
        ("//evil.example:81", "SITE redirects to evil.example:81, which is not one of the hosts that may be read"),
        ("http://127.0.0.1:1/", "SITE redirects to 127.0.0.1:1, which is not one of the hosts that may be read"),
        ("http://u:secret@SITE/", "SITE redirects to an address with a user name or a password in it: refused"),
        ("ftp://SITE/", "SITE redirects to something that is no web page (ftp://SITE/)"),
        ("javascript:alert(1)", "SITE redirects to something that is no web page (javascript:alert(1))"),
        ("http://[::1", "SITE redirects to something that is no web page (http://[::1)"),
        ("http://xn--zz zz/", "SITE redirects to xn--zz%20zz, which is not one of the hosts that may be read"),
        ("http://\u00f3\u00f3" + "x" * 70 + "/", "SITE redirects to something that is no web page (http://"),
        ("http://SITE:99999/", "SITE redirects to something that is no web page (http://SITE:99999/)"),
        ("/\x01", "SITE redirects to something that is no web page (/?)"),
    ],
)
def test_redirects_that_lead_astray_are_not_followed(rig: Rig, location: str, sentence: str) -> None:
    rig.site.redirect("/", location.replace("SITE", rig.site.host))
    said = rig.trouble()
    assert said.startswith(sentence)
    assert "secret" not in said
    assert len(rig.site.requests) == 1


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "“” is not a web address"),
        ("/content/x", "“/content/x” is not a web address"),
        ("https://", "“https://” is not a web address"),
        ("http://[", "%5B is not one of the hosts that may be read"),
        ("http://a\nb/", "“http://a?b/” is not a web address"),
        ("file:///etc/passwd", "“file:///etc/passwd” is not a web address"),
        ("ftp://clustercollaboration.eu/", "“ftp://clustercollaboration.eu/” is neither an http nor an https address"),
        (
            "https://me:secret@clustercollaboration.eu/",
            "the address on clustercollaboration.eu has a user name or a password in it: refused",
        ),
        (
            "https://clustercollaboration.eu.evil.example/",
            "clustercollaboration.eu.evil.example is not one of the hosts",
        ),
        ("https://clustercollaboration.eu./", "clustercollaboration.eu. is not one of the hosts"),
        ("https://evil.example\\@clustercollaboration.eu/", "the address on clustercollaboration.eu has a user"),
        ("https://staging.clustercollaboration.eu/", "staging.clustercollaboration.eu is not one of the hosts"),
        ("http://127.0.0.1:9/", "127.0.0.1:9 is not one of the hosts that may be read"),
    ],
)
def test_addresses_that_are_not_asked_at_all(rig: Rig, url: str, sentence: str) -> None:
    def nobody(host: str, port: int) -> tuple[str, ...]:
        raise AssertionError(host)

    with pytest.raises(FetchError) as caught:
        rig.fetcher(resolve=nobody).fetch(url)
    assert str(caught.value).startswith(sentence)
    assert "secret" not in str(caught.value)


def test_the_platforms_own_hosts_are_pinned(rig: Rig) -> None:
    asked: list[str] = []

    def here(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",)

    rig.site.page("/", "<p>")
    fetcher = rig.fetcher(resolve=here)
    for host in PINNED_HOSTS:
        page = fetcher.fetch(f"http://{host}:{rig.site.port}/")
        assert page is not None
    assert asked == list(PINNED_HOSTS)
    assert rig.site.requests[0].headers["host"] == f"clustercollaboration.eu:{rig.site.port}"
