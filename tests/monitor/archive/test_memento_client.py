"""The Memento client with an archive on loopback: its list of copies, and each copy."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from cmr_watch.exceptions import FetchError, ParseError
from cmr_watch.models.readings import FetchedPage, Validators
from cmr_watch.monitor.archive.memento_client import MAX_TIMEMAPS, Archive, OtherPage, raw_url
from cmr_watch.monitor.archive.timemap import Memento
from tests.fakes.archive import FakeArchive, copy_path, fetch, http_date

URL = "https://clustercollaboration.eu/events/clusters-meet-regions"
DAYS = tuple(datetime(2023, month, 2, 9, 12, month, tzinfo=UTC) for month in (9, 10, 11, 12))
DATE = "Tue, 02 Apr 2024 09:12:00 GMT"


def html(month: int) -> bytes:
    return f'<html><head></head><body><a href="{URL}/{month}">Kraków</a></body></html>'.encode()


@pytest.fixture
def fake_archive() -> Iterator[FakeArchive]:
    with FakeArchive() as archive:
        archive.set_copies(URL, *((day, html(day.month)) for day in DAYS))
        yield archive


def no_pause() -> None:
    """Do not wait."""


def client(fake_archive: FakeArchive, pause: Callable[[], None] = no_pause) -> Archive:
    return Archive(fake_archive.timemap_url, fetch, pause)


def test_all_pages_of_the_list_are_fetched(fake_archive: FakeArchive) -> None:
    mementos = client(fake_archive).mementos(URL)
    assert [memento.at for memento in mementos] == list(DAYS)
    assert {memento.page_url for memento in mementos} == {URL}
    assert fake_archive.paths() == [f"/web/timemap/link/{URL}", f"/web/timemap/2/link/{URL}"]


def test_a_raw_copy_is_preferred(fake_archive: FakeArchive) -> None:
    archive = client(fake_archive)
    memento = archive.mementos(URL)[1]
    assert archive.fetch(memento) == FetchedPage(URL, URL, html(10), "utf-8", Validators(), DAYS[1])
    assert fake_archive.paths()[2:] == [copy_path(URL, DAYS[1], "id_")]


def test_without_raw_copies_the_boilerplate_is_removed() -> None:
    with FakeArchive(raw=False) as fake_archive:
        fake_archive.set_copies(URL, (DAYS[0], html(9)))
        archive = client(fake_archive)
        (memento,) = archive.mementos(URL)
        assert fetch(memento.url).content != html(9)
        assert archive.fetch(memento).content == html(9)
        assert fake_archive.paths()[-2:] == [copy_path(URL, DAYS[0], "id_"), copy_path(URL, DAYS[0])]


def test_a_pause_between_requests(fake_archive: FakeArchive) -> None:
    pauses: list[int] = []
    archive = client(fake_archive, lambda: pauses.append(len(fake_archive.paths())))
    for memento in archive.mementos(URL):
        archive.fetch(memento)
    assert pauses == [1, 2, 3, 4, 5]
    assert len(fake_archive.paths()) == 6


def test_a_failed_copy_can_be_fetched_later(fake_archive: FakeArchive) -> None:
    fake_archive.fail(URL, DAYS[0])
    archive = client(fake_archive)
    memento = archive.mementos(URL)[0]
    with pytest.raises(FetchError, match="503"):
        archive.fetch(memento)
    assert archive.fetch(memento).content == html(9)


def test_a_copy_that_fails_until_it_is_restored(fake_archive: FakeArchive) -> None:
    fake_archive.fail(URL, DAYS[0], times=None)
    memento = Memento(fake_archive.copy_url(URL, DAYS[0]), DAYS[0], URL)
    for _ in range(3):
        with pytest.raises(FetchError):
            client(fake_archive).fetch(memento)
    fake_archive.stop_failing(URL, DAYS[0])
    assert client(fake_archive).fetch(memento).content == html(9)


def test_an_empty_list() -> None:
    with FakeArchive() as fake_archive:
        fake_archive.set_copies(URL)
        assert client(fake_archive).mementos(URL) == ()


def test_a_page_without_copies(fake_archive: FakeArchive) -> None:
    with pytest.raises(FetchError, match="404"):
        client(fake_archive).mementos(f"{URL}/other")


def test_an_incomplete_list_is_an_error(fake_archive: FakeArchive) -> None:
    fake_archive.site.fail(f"/web/timemap/2/link/{URL}", 503)
    with pytest.raises(FetchError, match="503"):
        client(fake_archive).mementos(URL)


def test_a_response_that_is_not_a_timemap(fake_archive: FakeArchive) -> None:
    fake_archive.site.page(f"/web/timemap/link/{URL}", "<!DOCTYPE html><p>Down for maintenance</p>")
    with pytest.raises(ParseError):
        client(fake_archive).mementos(URL)


# ── without a server ─────────────────────────────────────────────────────────────────────────────────────────────


class FakeGet:
    """A replacement for `get`: serves `texts` by URL; `redirects` maps a URL to its final one."""

    def __init__(self, texts: dict[str, str], redirects: dict[str, str] | None = None) -> None:
        self.requested: list[str] = []
        self._texts = texts
        self._redirects = redirects or {}

    def get(self, url: str) -> FetchedPage:
        self.requested.append(url)
        if url not in self._texts:
            raise FetchError("404")
        final = self._redirects.get(url, url)
        return FetchedPage(url, final, self._texts[url].encode(), "latin-1", Validators('"1"'), DAYS[0])


def test_each_timemap_is_fetched_once() -> None:
    cycle = f'<https://a/1>; rel="timemap", <https://a/2>; rel="timemap", <c>; rel="memento"; datetime="{DATE}"'
    fake = FakeGet({"https://a/1": cycle, "https://a/2": cycle})
    mementos = Archive("https://a/", fake.get, no_pause).mementos("1")
    assert fake.requested == ["https://a/1", "https://a/2"]
    assert [memento.url for memento in mementos] == ["https://a/c"]


def test_the_number_of_timemaps_is_limited(caplog: pytest.LogCaptureFixture) -> None:
    fake = FakeGet({f"https://a/{n}": f'<https://a/{n + 1}>; rel="timemap"' for n in range(MAX_TIMEMAPS + 1)})
    with caplog.at_level(logging.WARNING):
        assert Archive("https://a/", fake.get, no_pause).mementos("0") == ()
    assert len(fake.requested) == MAX_TIMEMAPS
    assert "the rest is ignored" in caplog.text


def test_an_archive_with_another_url_scheme() -> None:
    fake = FakeGet({"https://a/copy/7": "<p>a</p>"})
    page = Archive("https://a/", fake.get, no_pause).fetch(Memento("https://a/copy/7", DAYS[2], URL))
    assert page == FetchedPage(URL, URL, b"<p>a</p>", "latin-1", Validators(), DAYS[2])
    assert fake.requested == ["https://a/copy/7"]


@pytest.mark.parametrize(
    ("timestamp", "accepted"),
    [("20230902091209", True), ("20230902235959", True), ("20231002091210", False)],
)
def test_a_copy_from_another_day_is_rejected(timestamp: str, accepted: bool) -> None:
    url, raw = (f"https://a/web/20230902091209{flag}/{URL}" for flag in ("", "id_"))
    archive = Archive(
        "https://a/", FakeGet({raw: "<p>a</p>"}, {raw: f"https://a/web/{timestamp}id_/{URL}"}).get, no_pause
    )
    if accepted:
        assert archive.fetch(Memento(url, DAYS[0])).fetched_at == DAYS[0]
    else:
        with pytest.raises(FetchError, match="2023-10-02 instead of 2023-09-02"):
            archive.fetch(Memento(url, DAYS[0]))


SAME = ["http://clustercollaboration.eu:80/events/clusters-meet-regions", f"{URL}/", URL.replace("//", "//www."),
        URL.replace("meet", "%6deet"), f"{URL}#x"]  # fmt: skip
OTHERS = [
    f"{URL}/register",
    f"{URL}?page=1",
    "https://clustercollaboration.eu/",
    "https://other.example/events/clusters-meet-regions",
    "https://clustercollaboration.eu/user/login?destination=events/clusters-meet-regions",
]


def fetch_redirected(final: str, *headers: tuple[str, str]) -> FetchedPage:
    """Fetch a copy whose raw URL leads to another one."""
    url = f"https://a/web/20230902091209/{URL}"

    def get(requested: str) -> FetchedPage:
        return FetchedPage(requested, final or requested, b"<p>a</p>", None, Validators(), DAYS[0], headers)

    return Archive("https://a/", get, no_pause).fetch(Memento(url, DAYS[0], URL))


def original(url: str) -> tuple[str, str]:
    return "link", f'<{url}>; rel="original", <https://a/x>; rel="timemap"'


@pytest.mark.parametrize("url", SAME)
def test_another_spelling_of_the_same_page_is_accepted(url: str) -> None:
    assert fetch_redirected(f"https://a/web/20230902091210id_/{url}").content == b"<p>a</p>"
    assert fetch_redirected("https://a/copy/8", original(url), ("memento-datetime", http_date(DAYS[0]))).url == URL


@pytest.mark.parametrize("url", OTHERS)
def test_a_copy_of_another_page_is_rejected(url: str) -> None:
    for final, headers in (
        (f"https://a/web/20230902091210id_/{url}", ()),
        ("https://a/copy/8", (original(url), ("memento-datetime", http_date(DAYS[0])))),
        ("", (original(url),)),
        (f"https://a/web/20230902091210id_/{URL}", (original(url),)),
        (f"https://a/web/20230902091210id_/{url}", (original(URL),)),
    ):
        with pytest.raises(OtherPage, match="instead"):
            fetch_redirected(final, *headers)


def test_the_day_that_the_archive_names_must_agree_too() -> None:
    with pytest.raises(FetchError, match="2023-10-02 instead of 2023-09-02"):
        fetch_redirected("", ("memento-datetime", http_date(DAYS[1])))


@pytest.mark.parametrize(
    ("final", "headers", "unknown"),
    [
        ("https://a/copy/8", (), "day"),
        ("https://a/copy/8", (original(URL),), "day"),
        ("https://a/copy/8", (("memento-datetime", http_date(DAYS[0])),), "page"),
        (f"https://a/web/99999999999999id_/{URL}", (), "day"),
    ],
)
def test_a_redirect_to_an_unknown_copy_is_rejected(
    final: str, headers: tuple[tuple[str, str], ...], unknown: str
) -> None:
    with pytest.raises(FetchError, match=f"a copy of an unknown {unknown}"):
        fetch_redirected(final, *headers)


@pytest.mark.parametrize(("status", "requests"), [(404, 2), (403, 2), (503, 1), (429, 1)])
def test_only_an_archive_that_works_is_asked_for_the_other_form_of_a_copy(
    fake_archive: FakeArchive, status: int, requests: int
) -> None:
    fake_archive.fail(URL, DAYS[0], status=status)
    with pytest.raises(FetchError, match=str(status)):
        client(fake_archive).fetch(Memento(fake_archive.copy_url(URL, DAYS[0]), DAYS[0], URL))
    assert len(fake_archive.paths()) == requests


def test_after_a_429_nothing_else_is_requested(fake_archive: FakeArchive) -> None:
    archive = client(fake_archive)
    mementos = archive.mementos(URL)
    fake_archive.fail(URL, DAYS[0], status=429)
    before = len(fake_archive.paths())
    for memento in mementos:
        with pytest.raises(FetchError, match="429"):
            archive.fetch(memento)
    assert len(fake_archive.paths()) == before + 1


@pytest.mark.parametrize(
    ("url", "raw"),
    [
        ("https://a/web/20240402091200/https://b/", "https://a/web/20240402091200id_/https://b/"),
        ("https://a/web/20240402091200/http://b/20200101000000/https://c", "https://a/web/20240402091200id_/http://b/20200101000000/https://c"),
        ("https://a/web/20240402091200id_/https://b/", None),
        ("https://a/web/20240402091200im_/https://b/", None),
        ("https://a/web/2024/https://b/", None),
        ("https://a/20240402091200", None),
    ],
)  # fmt: skip
def test_the_url_of_the_raw_copy(url: str, raw: str | None) -> None:
    assert raw_url(url) == raw
