"""Fetching a page from a real server: what is asked, what comes back."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from cmr_watch import __version__
from cmr_watch.models import FetchedPage, Validators
from cmr_watch.monitor.fetch import FetchSettings
from tests.fakes.site import Encoding
from tests.monitor.fetch.conftest import NOON, Rig

MODIFIED = "Tue, 02 Apr 2024 08:00:00 GMT"


def test_a_page_comes_with_its_bytes_charset_validators_and_time(rig: Rig) -> None:
    rig.site.page(
        "/list",
        "Iași".encode("iso8859_16"),
        content_type='text/html; charset="ISO-8859-16"',
        etag='W/"1-gzip"',
        last_modified=MODIFIED,
    )
    url = rig.site.url("/list")
    assert rig.fetch("/list") == FetchedPage(
        url=url,
        final_url=url,
        content="Iași".encode("iso8859_16"),
        charset="ISO-8859-16",
        validators=Validators('W/"1-gzip"', MODIFIED),
        fetched_at=NOON,
    )


def test_without_a_charset_or_validators_there_are_none(rig: Rig) -> None:
    rig.site.page("/", "<p>hello", content_type="text/html")
    page = rig.page()
    assert (page.charset, page.validators) == (None, Validators())


def test_a_question_says_who_asks(rig: Rig) -> None:
    rig.site.page("/", "<p>")
    rig.fetch()
    asked = rig.site.requests[0].headers
    assert asked["user-agent"] == f"cmr-watch/{__version__} (+ops@example.org)"
    assert asked["host"] == rig.site.host
    assert asked["accept-encoding"] == "gzip, deflate, br"
    assert asked["accept"].startswith("text/html")
    assert not asked.keys() & {"if-none-match", "if-modified-since", "cookie", "authorization"}


@pytest.mark.parametrize(
    ("contact", "user_agent"),
    [
        ("mailto:ops@example.org", "(+mailto:ops@example.org)"),
        ("https://example.org/bot?a=1", "(+https://example.org/bot?a=1)"),
        ("a\r\nX-Evil: 1) (b", "(+aX-Evil:1b)"),
        ("Łukasz@example.org", "(+ukasz@example.org)"),
        ("", f"cmr-watch/{__version__}"),
    ],
)
def test_no_contact_breaks_the_user_agent(contact: str, user_agent: str) -> None:
    assert FetchSettings(contact).user_agent.endswith(user_agent)


@pytest.mark.parametrize(
    ("known", "sent"),
    [
        (Validators('"1"', MODIFIED), {"if-none-match": '"1"', "if-modified-since": MODIFIED}),
        (Validators('"1"', None), {"if-none-match": '"1"'}),
        (Validators(None, MODIFIED), {"if-modified-since": MODIFIED}),
    ],
)
def test_a_page_that_did_not_change_is_none(rig: Rig, known: Validators, sent: dict[str, str]) -> None:
    rig.site.page("/", "<p>", etag='"1"', last_modified=MODIFIED)
    assert rig.fetch("/", known) is None
    asked = rig.site.requests[0].headers
    assert {name: asked[name] for name in asked if name.startswith("if-")} == sent


def test_a_page_that_changed_comes_whole(rig: Rig) -> None:
    rig.site.page("/", "<p>new", etag='"2"')
    page = rig.fetch("/", Validators('"1"'))
    assert page is not None
    assert (page.content, page.validators.etag) == (b"<p>new", '"2"')


def test_validators_go_back_as_they_came_even_if_not_ascii(rig: Rig) -> None:
    rig.site.page("/", "<p>", etag='"é"')
    validators = rig.page().validators
    assert rig.fetch("/", validators) is None


def test_validators_that_would_break_the_question_are_left_out(rig: Rig) -> None:
    rig.site.page("/", "<p>", etag='"1"')
    assert rig.fetch("/", Validators('"1"\r\nX-Evil: 1', "€")) is not None
    assert "x-evil" not in rig.site.requests[0].headers


def test_not_modified_without_a_condition_is_an_error(rig: Rig) -> None:
    rig.site.fail("/", 304)
    assert rig.trouble() == "SITE answered “not modified” to a question without a condition"
    assert rig.trouble("/", Validators()) == "SITE answered “not modified” to a question without a condition"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw-deflate", "br"])
def test_every_encoding_that_is_asked_for_is_unpacked(rig: Rig, encoding: Encoding) -> None:
    text = "<p>Düsseldorf, Germany – 8-9 November 2023</p>" * 5000
    rig.site.page("/", text, encoding=encoding)
    assert rig.page().content == text.encode()


def test_an_empty_page_is_a_page(rig: Rig) -> None:
    rig.site.page("/", b"")
    rig.site.page("/nameless", b"", content_type=None)
    assert rig.page().content == rig.page("/nameless").content == b""


def test_xhtml_and_a_page_without_a_type_are_pages(rig: Rig) -> None:
    rig.site.page("/x", "<html/>", content_type="application/xhtml+xml")
    rig.site.page("/none", "\ufeff\n<!-- THEME DEBUG --><html>", content_type=None)
    assert rig.page("/x").content == b"<html/>"
    assert rig.page("/none").charset is None


@pytest.mark.parametrize(
    ("content_type", "body", "sentence"),
    [
        ("application/pdf", b"%PDF-1.7", "SITE answered a PDF document (application/pdf), not a page"),
        ("text/html", b"%PDF-1.7", "SITE answered a PDF document, not a page"),
        ("Application/JSON; charset=utf-8", b"{}", "SITE answered JSON data (application/json), not a page"),
        ("image/png", b"", "SITE answered an image (image/png), not a page"),
        ("x/y<script>", b"", "SITE answered something else (x/y<script>), not a page"),
        (None, b"\x89PNG", "SITE answered something that does not say what it is and does not look like a page"),
    ],
)
def test_what_is_no_html_is_refused(rig: Rig, content_type: str | None, body: bytes, sentence: str) -> None:
    rig.site.page("/", body, content_type=content_type)
    assert rig.trouble() == sentence
    assert not rig.pauses


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (204, "SITE did not send the page (204 No Content for /)"),
        (206, "SITE did not send the page (206 Partial Content for /)"),
        (300, "SITE did not send the page (300 Multiple Choices for /)"),
        (302, "SITE did not send the page (302 Found for /)"),
        (401, "SITE asks for a password (401 Unauthorized for /)"),
        (403, "SITE refused access (403 Forbidden for /)"),
        (404, "SITE has no such page (404 Not Found for /)"),
        (410, "SITE says that the page is gone for good (410 Gone for /)"),
        (418, "SITE did not send the page (418 I'm a Teapot for /)"),
        (799, "SITE did not send the page (status 799 for /)"),
    ],
)
def test_other_answers_fail_at_once(rig: Rig, status: int, sentence: str) -> None:
    rig.site.fail("/", status)
    assert rig.trouble() == sentence
    assert len(rig.site.requests) == 1


# ── its life ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_line_serves_many_questions(rig: Rig) -> None:
    rig.site.page("/", "<p>", encoding="gzip")
    fetcher = rig.fetcher()
    for _ in range(5):
        fetcher.fetch(rig.site.url("/"))
    page = fetcher.fetch(rig.site.url("/"))
    assert page is not None
    rig.site.page("/", "<p>", etag='"1"')
    for _ in range(2):
        assert fetcher.fetch(rig.site.url("/"), Validators('"1"')) is None
    assert rig.site.connections == 1


def test_no_cookie_is_kept(rig: Rig) -> None:
    rig.site.page("/", "<p>", headers=(("Set-Cookie", "a=b; Expires=Tue, 99 Foo " + "0" * 5000),))
    fetcher = rig.fetcher()
    fetcher.fetch(rig.site.url("/"))
    fetcher.fetch(rig.site.url("/"))
    assert "cookie" not in rig.site.requests[1].headers


def test_threads_wait_for_one_another(rig: Rig) -> None:
    rig.site.page("/", "<p>" * 1000)
    fetcher, pages = rig.fetcher(), []
    threads = [threading.Thread(target=lambda: pages.append(fetcher.fetch(rig.site.url("/")))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pages) == 8
    assert rig.site.connections == 1


def test_after_closing_it_opens_again(rig: Rig) -> None:
    rig.site.page("/", "<p>")
    fetcher = rig.fetcher()
    fetcher.fetch(rig.site.url("/"))
    fetcher.close()
    fetcher.close()
    assert fetcher.fetch(rig.site.url("/")) is not None


def test_importing_loads_nothing_that_may_not_be_needed() -> None:
    code = (
        "import sys, cmr_watch.monitor.fetch; print(*{'protego', 'rich', 'pygments', 'httpx._main'} & {*sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
