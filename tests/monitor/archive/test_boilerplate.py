"""Exactly what an archive adds is removed, and nothing else."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.monitor.archive.boilerplate import remove_boilerplate
from cmr_watch.reading import read
from tests.fakes.archive import with_boilerplate

AT = datetime(2024, 4, 2, 9, 12, tzinfo=UTC)
URL = "https://clustercollaboration.eu/events/organised-by-eccp/clusters-meet-regions"
WEB = b"/web/20240402091200"
FIXTURES = Path(__file__).parents[2] / "fixtures"
PAGES = sorted([*FIXTURES.glob("initiative/*/page.html"), *FIXTURES.glob("oddities/*/page.html")])
COMMENT = re.compile(rb"<!--.*?-->", re.S)
TOOLBAR = b"<!-- BEGIN WAYBACK TOOLBAR INSERT --><p>12 copies</p><!-- END WAYBACK TOOLBAR INSERT -->"
HEAD_END = b"<!-- End Wayback Rewrite JS Include -->"

PAGE = b"""<!DOCTYPE html>
<html><head>
<script src="https://example.org/_static/own.js"></script>
<link rel="stylesheet" href="https://example.org/a.css">
</head><body class="page">
<!-- a remark --><script>var a = '</p>';</script>
<p>Milan, <a href="https://example.org/a?b=c&amp;d=e">Italy</a> <img src='http://example.org/a.png'></p>
<form action=https://example.org/search></form>
</body></html>
"""


def folder_name(path: Path) -> str:
    return path.parent.name


def test_the_page_is_restored_byte_for_byte() -> None:
    archived = with_boilerplate(PAGE, AT, URL)
    assert b"Graz" in archived
    assert archived.count(b"/web/20240402091200") == 5
    assert remove_boilerplate(archived) == PAGE
    assert remove_boilerplate(archived.replace(b"\n", b"\r\n")) == PAGE.replace(b"\n", b"\r\n")


@pytest.mark.parametrize("path", PAGES, ids=folder_name)
def test_a_page_without_boilerplate_is_unchanged(path: Path) -> None:
    content = path.read_bytes()
    assert remove_boilerplate(content) == content


@pytest.mark.parametrize("path", PAGES, ids=folder_name)
def test_a_page_is_parsed_the_same_without_its_boilerplate(path: Path) -> None:
    content = path.read_bytes()
    cleaned = remove_boilerplate(with_boilerplate(content, AT, URL))
    assert b"Wayback" not in cleaned
    assert b"/web/2024" not in COMMENT.sub(b"", cleaned)
    assert b"FILE ARCHIVED ON" not in cleaned
    assert read("initiative", cleaned).snapshot == read("initiative", content).snapshot


@pytest.mark.parametrize(
    ("archived", "original"),
    [
        (
            b'<a href="https://archive.example/web/20240402091200/https://a.example/b">',
            b'<a href="https://a.example/b">',
        ),
        (b"<a href='/web/20240402091200/http://a.example/'>", b"<a href='http://a.example/'>"),
        (b"<a href=/web/20240402091200/http://a.example/>", b"<a href=http://a.example/>"),
        (b'<A HREF = "/web/20240402091200/HTTP://a.example/">', b'<A HREF = "HTTP://a.example/">'),
        (b'<a href="//archive.example:8080/web/20240402091200/http://a/">', b'<a href="http://a/">'),
        (b'<img src="/web/20240402091200im_/https://a.example/b.png">', b'<img src="https://a.example/b.png">'),
        (b'<script src="/web/20240402091200js_/https://a/b.js"></script>', b'<script src="https://a/b.js"></script>'),
        (b'<link href="/web/20240402091200cs_/https://a/b.css">', b'<link href="https://a/b.css">'),
        (b'<form action="/web/20240402091200/https://a/"></form>', b'<form action="https://a/"></form>'),
        (b'<a title="a > b" href="/web/20240402091200/https://a/">', b'<a title="a > b" href="https://a/">'),
        (b"<a title=it's href='/web/20240402091200/https://a/'>", b"<a title=it's href='https://a/'>"),
        (b'<a href="https://archive.example/wayback/20240402091200mp_/https://a/">', b'<a href="https://a/">'),
        (b'<a href="https://archive.example/20240402091200/https://a/">', b'<a href="https://a/">'),
        (b'<a href="/web/20240402091200/https://b/web/20200101000000/https://a/">', b'<a href="https://a/">'),
        (b'<a href="/web/20240402091200/https://a/20200101000000/b">', b'<a href="https://a/20200101000000/b">'),
        (TOOLBAR, b""),
        (b"<body>" + TOOLBAR + b"\n<p>a</p>", b"<body><p>a</p>"),
        (b"<body>a" + TOOLBAR + b"b" + TOOLBAR + b"c", b"<body>abc"),
        (b"<!-- WB Insert --><p>a</p><script>b</script><!-- End WB Insert --><p>c</p>", b"<p>c</p>"),
        (b"<script src=/_static/a.js></script>" + HEAD_END + b"<p>", b"<p>"),
        (b"<script>window.RufflePlayer={}</script>" + HEAD_END + b"<p>", b"<p>"),
        (b'<script src="https://web-static.archive.org/_static/a.js"></script>\n' + HEAD_END + b"\n", b""),
        (b"</html><!--\n FILE ARCHIVED ON 09:12:00 -->\n<!-- playback timings (ms):\n 1 -->\n", b"</html>"),
    ],
)
def test_what_an_archive_adds_is_removed(archived: bytes, original: bytes) -> None:
    assert remove_boilerplate(archived) == original


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'<a href="/web/20240402091200/mailto:a@example.org">',
        b'<a href="/web/2024/https://a.example/">',
        b'<a href="#20240402091200">',
        b'<a data-href="/web/20240402091200/https://a.example/">',
        b"<p>/web/20240402091200/https://a.example/</p>",
        b"<script>a.href='/web/20240402091200/https://a.example/'</script>",
        b'<!-- <a href="/web/20240402091200/https://a.example/"> -->',
        b"<title>" + TOOLBAR + b"</title>",
        b"<!-- <p> " + TOOLBAR[:36],
        b"<!-- BEGIN WAYBACK TOOLBAR INSERT --><p>and no end</p>",
        b"<!-- END WAYBACK TOOLBAR INSERT --><p>and no beginning</p>",
        b"<script src='/_static/own.js'></script><script>__wm.init()</script>",
        b"<script src='/_static/a.js'>" + HEAD_END,
        b"<p>See archive.org/_static/ and __wm.</p>",
        b"<body><" + TOOLBAR + b"script>",
        b"<p>FILE ARCHIVED ON 1 April</p><!-- a FILE ARCHIVED ON -->",
        b"</html><!-- FILE ARCHIVED ON and no end",
    ],
)
def test_similar_content_of_the_page_is_kept(content: bytes) -> None:
    assert remove_boilerplate(content) == content


PIECES = st.sampled_from(
    [
        b"<", b">", b'"', b"'", b"=", b" ", b"/", b"\n", b"\r\n", b"!--", b"-->", b"<!--", b"<!-", b"-", b"a", b"src=",
        b"<a ", b"<script", b"<script>", b"</script>", b"<link ", b"<title>", b"</title>", b"<p>", b"</html>",
        b'href="', WEB, WEB + b"/", WEB + b"im_/", b"/web/", b"20240402091200/", b"http://", b"https://b",
        b"//archive.org/",
        b'<a href="' + WEB + b'/https://a">', b"/_static/", b"__wm.", b"<script src=/_static/a></script>",
        b"<!-- BEGIN WAYBACK TOOLBAR INSERT -->", b"<!-- END WAYBACK TOOLBAR INSERT -->", HEAD_END, TOOLBAR,
        b"<!-- WB Insert -->", b"<!-- End WB Insert -->", b"<!-- FILE ARCHIVED ON -->",
        b"<!--\nplayback timings (ms): -->",
    ]
)  # fmt: skip


@given(st.binary(max_size=60) | st.lists(PIECES, max_size=24).map(b"".join))
def test_a_second_pass_changes_nothing(content: bytes) -> None:
    once = remove_boilerplate(content)
    assert isinstance(once, bytes)
    assert len(once) <= len(content)
    assert remove_boilerplate(once) == once


@pytest.mark.parametrize(
    "piece",
    [
        b"<", b"<!--", b"<!-", b"<script>", b"<script src='/_static/'>", b"<a ", b'<a "', b"<a '=\"", b"<a =\"'",
        b"<a href=",
        b"<!-- BEGIN WAYBACK TOOLBAR INSERT -->", TOOLBAR, b'<a href="' + WEB, WEB + b"/https://a", b"href=",
        b"\n", b"= ",
        b"<script></script>", b"/", b"a/" * 9 + b"<p>", b"<a href='" + (WEB + b"/") * 9 + b"'>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("begin", [b"", b"<a href='", b"<a href=https://b"])
def test_running_time_is_linear(begin: bytes, piece: bytes) -> None:
    """With quadratic running time, this would take minutes."""
    content = begin + piece * (400_000 // len(piece)) + HEAD_END
    started = time.process_time()
    assert len(remove_boilerplate(content)) <= len(content)
    assert time.process_time() - started < 5
