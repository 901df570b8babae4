"""FakeArchive: a Memento server on loopback (RFC 7089) that serves copies in the same form as the large archives.

    with FakeArchive() as archive:
        archive.set_copies("https://example.org/list", (SEPTEMBER, b"<html>…"), (DECEMBER, b"<html>…"))
        archive.fail("https://example.org/list", DECEMBER)  # 503 once
        Archive(archive.timemap_url, fetch, pause).mementos("https://example.org/list")
        …
        archive.paths()

Its TimeMaps are paged. A copy has a banner, rewritten links and comments at the end; its raw copy (`id_`) has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Self
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import ProxyHandler, build_opener

from cmr_watch.exceptions import FetchError
from cmr_watch.models.readings import FetchedPage, Validators
from tests.fakes.site import FakeSite, Response

LINK_FORMAT = "application/link-format"
Copy = tuple[datetime, bytes]

_LINK = re.compile(rb"""(<(\w+)[^<>]*?\s(?:href|src|action)=["']?)((?:https?:/)?/[^\s"'<>]*)""")
_FLAGS = {b"img": "im_", b"script": "js_", b"link": "cs_", b"iframe": "if_"}


class FakeArchive:
    """The archive. `per_page` is the number of copies on one page of a TimeMap; without `raw`, it has no raw copies."""

    def __init__(self, *, per_page: int = 2, raw: bool = True) -> None:
        self.site = FakeSite()
        self._per_page = per_page
        self._raw = raw
        self._copies: dict[tuple[str, datetime], bytes] = {}

    # ── scripting ────────────────────────────────────────────────────────────────────────────────────────────────

    def set_copies(self, page_url: str, *copies: Copy) -> None:
        """List these copies of the page, and no others, from now on."""
        for number, timemap in enumerate(self._timemaps(page_url, [at for at, _ in copies]), 1):
            self.site.page(self._timemap_path(page_url, number), timemap, content_type=LINK_FORMAT)
        for at, content in copies:
            self._copies[page_url, at] = content
            self._serve(page_url, at)

    def fail(self, page_url: str, at: datetime, *, times: int | None = 1, status: int = 503) -> None:
        """Respond with this status to the next `times` requests for the copy and for its raw copy.

        With `times=None`, until `stop_failing`.
        """
        for path in _both_paths(page_url, at):
            if times is None:
                self.site.fail(path, status)
            else:
                self.site.script(path, *[Response(status, b"<h1>Sorry</h1>")] * times)

    def stop_failing(self, page_url: str, at: datetime) -> None:
        """Serve the copy normally again."""
        for path in _both_paths(page_url, at):
            self.site.remove(path)
        self._serve(page_url, at)

    # ── inspection ───────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def timemap_url(self) -> str:
        """The URL of a TimeMap is this, followed by the URL of the page."""
        return self.site.url("/web/timemap/link/")

    def copy_url(self, page_url: str, at: datetime) -> str:
        return self.site.url(copy_path(page_url, at))

    def paths(self) -> list[str]:
        """The requested paths, in order."""
        return self.site.paths()

    # ── starting and stopping ────────────────────────────────────────────────────────────────────────────────────

    def __enter__(self) -> Self:
        self.site.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.site.close()

    def _serve(self, page_url: str, at: datetime) -> None:
        content = self._copies[page_url, at]
        headers = (("Memento-Datetime", http_date(at)), ("Link", f'<{page_url}>; rel="original"'))
        self.site.page(
            copy_path(page_url, at), with_boilerplate(content, at, page_url, self.site.url()), headers=headers
        )
        if self._raw:
            self.site.page(copy_path(page_url, at, "id_"), content, headers=headers)

    def _timemap_path(self, page_url: str, number: int) -> str:
        return f"/web/timemap/link/{page_url}" if number == 1 else f"/web/timemap/{number}/link/{page_url}"

    def _timemaps(self, page_url: str, instants: list[datetime]) -> Iterator[str]:
        chunks = [instants[start : start + self._per_page] for start in range(0, len(instants), self._per_page)] or [[]]
        for number, chunk in enumerate(chunks, 1):
            entries = [
                f'<{page_url}>; rel="original"',
                f'<{self.site.url(self._timemap_path(page_url, number))}>; rel="self"; type="{LINK_FORMAT}"',
                f'<{self.site.url("/web/")}{page_url}>; rel="timegate"',
                *(self._entry(page_url, at, first=at == instants[0], last=at == instants[-1]) for at in chunk),
            ]
            if number < len(chunks):
                next_url = self.site.url(self._timemap_path(page_url, number + 1))
                entries.append(f'<{next_url}>; rel="timemap"; type="{LINK_FORMAT}"; from="{http_date(chunk[-1])}"')
            yield ",\n".join(entries) + "\n"

    def _entry(self, page_url: str, at: datetime, *, first: bool, last: bool) -> str:
        rel = f"{'first ' if first else ''}{'last ' if last else ''}memento"
        return f'<{self.copy_url(page_url, at)}>; rel="{rel}"; datetime="{http_date(at)}"'


def copy_path(page_url: str, at: datetime, flag: str = "") -> str:
    return f"/web/{at:%Y%m%d%H%M%S}{flag}/{page_url}"


def _both_paths(page_url: str, at: datetime) -> list[str]:
    return [copy_path(page_url, at, flag) for flag in ("", "id_")]


def http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


def fetch(url: str) -> FetchedPage:
    """Fetch a URL once, as `Archive` expects it of its fetcher. Raises FetchError."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=10) as response:
            content, headers, final_url = response.read(), response.headers, response.url
    except HTTPError as error:
        error.close()
        raise FetchError(f"the archive responded with {error.code}", status=error.code) from None
    except OSError as error:
        raise FetchError("the archive did not respond") from error
    at = datetime.fromisoformat("2030-01-01T00:00:00+00:00")
    validators, sent = Validators(headers["ETag"]), tuple((name.lower(), value) for name, value in headers.items())
    return FetchedPage(url, final_url, content, headers.get_content_charset(), validators, at, sent)


# ── additions of an archive ──────────────────────────────────────────────────────────────────────────────────────


def with_boilerplate(page: bytes, at: datetime, page_url: str, archive_url: str = "https://archive.example/") -> bytes:
    """The page as an archive serves it: with a banner, comments and rewritten links."""
    stamp = f"{at:%Y%m%d%H%M%S}"

    def rewrite(link: re.Match[bytes]) -> bytes:
        target = urljoin(page_url, link[3].decode("latin-1"))
        flag = _FLAGS.get(link[2].lower(), "")
        origin = archive_url.rstrip("/") if flag else ""
        return link[1] + f"{origin}/web/{stamp}{flag}/{target}".encode("latin-1")

    page = _LINK.sub(rewrite, page)
    page = _insert_after(page, rb"<head\b[^<>]*>", _head(stamp, page_url))
    return _insert_after(page, rb"<body\b[^<>]*>", _banner(at)) + _comments(at)


def _insert_after(page: bytes, tag: bytes, addition: str) -> bytes:
    return re.sub(tag, lambda match: match[0] + addition.encode(), page, count=1)


def _head(stamp: str, page_url: str) -> str:
    return (
        '<script src="//archive.org/includes/sums.js" type="text/javascript"></script>\n'
        "<script type=\"text/javascript\">archive_analytics.count('</body>');</script>\n"
        '<script type="text/javascript" src="/_static/js/playback.js?v=1" charset="utf-8"></script>\n'
        f'<script type="text/javascript">\n  __wm.init("/web");\n  __wm.show("{page_url}", "{stamp}");\n</script>\n'
        '<link rel="stylesheet" type="text/css" href="/_static/css/banner.css?v=1" />\n'
        "<!-- End Wayback Rewrite JS Include -->\n"
    )


def _banner(at: datetime) -> str:
    return (
        "<!-- BEGIN WAYBACK TOOLBAR INSERT -->\n"
        '<div id="wm-ipp"><form action="/web/submit"><input name="url"></form>\n'
        f"<h2>Upcoming editions</h2><p>Graz, Austria – 1-2 {at:%B %Y}</p>\n"
        f"<a href='/web/{at:%Y}0101000000*/x'>{at:%d %b %Y}</a><!-- all copies --></div>\n"
        "<script>__wm.bt(700);</script>\n"
        "<!-- END WAYBACK TOOLBAR INSERT -->\n"
    )


def _comments(at: datetime) -> bytes:
    archive_comment = (
        f"<!--\n     FILE ARCHIVED ON {at:%H:%M:%S %b %d, %Y} AND SHOWN LATER BY THE\n     ARCHIVE OF A TEST.\n-->\n"
    )
    return f"{archive_comment}<!--\nplayback timings (ms):\n  load_resource: 71.75\n-->".encode()
