"""Fetch pages from a real server: the requests that are sent, and the pages that are returned."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from cmr_watch import __version__
from cmr_watch.models.readings import FetchedPage, Validators
from cmr_watch.monitor.fetch import FetchSettings
from tests.fakes.site import Encoding
from tests.monitor.fetch.conftest import NOON, Rig

MODIFIED = "Tue, 02 Apr 2024 08:00:00 GMT"


def test_a_page_has_content_charset_validators_and_time(rig: Rig) -> None:
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


def test_charset_and_validators_are_optional(rig: Rig) -> None:
    rig.site.page("/", "<p>hello", content_type="text/html")
    page = rig.page()
    assert (page.charset, page.validators) == (None, Validators())


def test_request_headers(rig: Rig) -> None:
    rig.site.page("/", "<p>")
    rig.fetch()
    headers = rig.site.requests[0].headers
    assert headers["user-agent"] == f"cmr-watch/{__version__} (+ops@example.org)"
    assert headers["host"] == rig.site.host
    assert headers["accept-encoding"] == "gzip, deflate, br"
    assert headers["accept"].startswith("text/html")
    assert not headers.keys() & {"if-none-match", "if-modified-since", "cookie", "authorization"}


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
def test_a_contact_cannot_break_the_user_agent_header(contact: str, user_agent: str) -> None:
    assert FetchSettings(contact).user_agent.endswith(user_agent)


@pytest.mark.parametrize(
    ("known", "sent"),
    [
        (Validators('"1"', MODIFIED), {"if-none-match": '"1"', "if-modified-since": MODIFIED}),
        (Validators('"1"', None), {"if-none-match": '"1"'}),
        (Validators(None, MODIFIED), {"if-modified-since": MODIFIED}),
    ],
)
def test_an_unchanged_page_is_none(rig: Rig, known: Validators, sent: dict[str, str]) -> None:
    rig.site.page("/", "<p>", etag='"1"', last_modified=MODIFIED)
    assert rig.fetch("/", known) is None
    headers = rig.site.requests[0].headers
    assert {name: headers[name] for name in headers if name.startswith("if-")} == sent


def test_a_changed_page_is_returned(rig: Rig) -> None:
    rig.site.page("/", "<p>new", etag='"2"')
    page = rig.fetch("/", Validators('"1"'))
    assert page is not None
    assert (page.content, page.validators.etag) == (b"<p>new", '"2"')


def test_non_ascii_validators_are_sent_back_unchanged(rig: Rig) -> None:
    rig.site.page("/", "<p>", etag='"é"')
    validators = rig.page().validators
    assert rig.fetch("/", validators) is None


def test_validators_that_would_break_the_request_are_not_sent(rig: Rig) -> None:
    rig.site.page("/", "<p>", etag='"1"')
    assert rig.fetch("/", Validators('"1"\r\nX-Evil: 1', "€")) is not None
    assert "x-evil" not in rig.site.requests[0].headers


def test_304_to_an_unconditional_request_is_an_error(rig: Rig) -> None:
    rig.site.fail("/", 304)
    assert rig.error() == "SITE sent 304 to an unconditional request"
    assert rig.error("/", Validators()) == "SITE sent 304 to an unconditional request"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw-deflate", "br"])
def test_every_accepted_encoding_is_decompressed(rig: Rig, encoding: Encoding) -> None:
    text = "<p>Düsseldorf, Germany – 8-9 November 2023</p>" * 5000
    rig.site.page("/", text, encoding=encoding)
    assert rig.page().content == text.encode()


def test_an_empty_page_is_accepted(rig: Rig) -> None:
    rig.site.page("/", b"")
    rig.site.page("/untyped", b"", content_type=None)
    assert rig.page().content == rig.page("/untyped").content == b""


def test_xhtml_and_html_without_a_content_type_are_accepted(rig: Rig) -> None:
    rig.site.page("/x", "<html/>", content_type="application/xhtml+xml")
    rig.site.page("/none", "\ufeff\n<!-- THEME DEBUG --><html>", content_type=None)
    assert rig.page("/x").content == b"<html/>"
    assert rig.page("/none").charset is None


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        ("application/pdf", b"%PDF-1.7", "SITE returned a PDF document (application/pdf), not a web page"),
        ("text/html", b"%PDF-1.7", "SITE returned a PDF document, not a web page"),
        ("Application/JSON; charset=utf-8", b"{}", "SITE returned JSON data (application/json), not a web page"),
        ("image/png", b"", "SITE returned an image (image/png), not a web page"),
        ("x/y<script>", b"", "SITE returned unsupported content (x/y<script>), not a web page"),
        (None, b"\x89PNG", "SITE returned content that has no known Content-Type and does not look like HTML"),
    ],
)
def test_other_content_is_rejected(rig: Rig, content_type: str | None, body: bytes, message: str) -> None:
    rig.site.page("/", body, content_type=content_type)
    assert rig.error() == message
    assert not rig.pauses


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (204, "SITE did not return the page (204 No Content for /)"),
        (206, "SITE did not return the page (206 Partial Content for /)"),
        (300, "SITE did not return the page (300 Multiple Choices for /)"),
        (302, "SITE did not return the page (302 Found for /)"),
        (401, "SITE requires a login (401 Unauthorized for /)"),
        (403, "SITE denied access (403 Forbidden for /)"),
        (404, "SITE has no such page (404 Not Found for /)"),
        (410, "SITE has permanently removed the page (410 Gone for /)"),
        (418, "SITE did not return the page (418 I'm a Teapot for /)"),
        (799, "SITE did not return the page (status 799 for /)"),
    ],
)
def test_other_statuses_fail_without_a_retry(rig: Rig, status: int, message: str) -> None:
    rig.site.fail("/", status)
    assert rig.error() == message
    assert len(rig.site.requests) == 1


# ── connections, threads, imports ────────────────────────────────────────────────────────────────────────────────────


def test_one_connection_is_reused(rig: Rig) -> None:
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


def test_cookies_are_not_stored(rig: Rig) -> None:
    rig.site.page("/", "<p>", headers=(("Set-Cookie", "a=b; Expires=Tue, 99 Foo " + "0" * 5000),))
    fetcher = rig.fetcher()
    fetcher.fetch(rig.site.url("/"))
    fetcher.fetch(rig.site.url("/"))
    assert "cookie" not in rig.site.requests[1].headers


def test_concurrent_fetches_are_serialized(rig: Rig) -> None:
    rig.site.page("/", "<p>" * 1000)
    fetcher, pages = rig.fetcher(), []
    threads = [threading.Thread(target=lambda: pages.append(fetcher.fetch(rig.site.url("/")))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pages) == 8
    assert rig.site.connections == 1


def test_a_closed_fetcher_can_be_used_again(rig: Rig) -> None:
    rig.site.page("/", "<p>")
    fetcher = rig.fetcher()
    fetcher.fetch(rig.site.url("/"))
    fetcher.close()
    fetcher.close()
    assert fetcher.fetch(rig.site.url("/")) is not None


def test_import_does_not_load_optional_modules() -> None:
    code = (
        "import sys, cmr_watch.monitor.fetch; print(*{'protego', 'rich', 'pygments', 'httpx._main'} & {*sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
