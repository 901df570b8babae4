"""An archive on loopback is asked for its list, and for each copy in it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from cmr_watch.exceptions import FetchError, ParseError
from cmr_watch.models import FetchedPage, Validators
from cmr_watch.monitor.archive.memento_client import MOST_TIMEMAPS, Archive, raw_address
from cmr_watch.monitor.archive.timemap import Memento
from tests.fakes.archive import FakeArchive, ask, copy_path

URL = "https://clustercollaboration.eu/events/clusters-meet-regions"
DAYS = tuple(datetime(2023, month, 2, 9, 12, month, tzinfo=UTC) for month in (9, 10, 11, 12))
DATE = "Tue, 02 Apr 2024 09:12:00 GMT"


def html(month: int) -> bytes:
    return f'<html><head></head><body><a href="{URL}/{month}">Kraków</a></body></html>'.encode()


@pytest.fixture
def held() -> Iterator[FakeArchive]:
    with FakeArchive() as archive:
        archive.hold(URL, *((day, html(day.month)) for day in DAYS))
        yield archive


def no_pause() -> None:
    """In a hurry."""


def reader(held: FakeArchive, pause: Callable[[], None] = no_pause) -> Archive:
    return Archive(held.timemap_url, ask, pause)


def test_every_copy_of_all_parts_of_the_list(held: FakeArchive) -> None:
    mementos = reader(held).mementos(URL)
    assert [memento.at for memento in mementos] == list(DAYS)
    assert {memento.page_url for memento in mementos} == {URL}
    assert held.paths() == [f"/web/timemap/link/{URL}", f"/web/timemap/2/link/{URL}"]


def test_a_raw_copy_is_the_page(held: FakeArchive) -> None:
    archive = reader(held)
    memento = archive.mementos(URL)[1]
    assert archive.fetch(memento) == FetchedPage(URL, URL, html(10), "utf-8", Validators(), DAYS[1])
    assert held.paths()[2:] == [copy_path(URL, DAYS[1], "id_")]


def test_without_raw_copies_the_furniture_is_taken_off() -> None:
    with FakeArchive(raw=False) as held:
        held.hold(URL, (DAYS[0], html(9)))
        archive = reader(held)
        (memento,) = archive.mementos(URL)
        assert ask(memento.url).content != html(9)
        assert archive.fetch(memento).content == html(9)
        assert held.paths()[-2:] == [copy_path(URL, DAYS[0], "id_"), copy_path(URL, DAYS[0])]


def test_a_pause_between_any_two_requests(held: FakeArchive) -> None:
    pauses: list[int] = []
    archive = reader(held, lambda: pauses.append(len(held.paths())))
    for memento in archive.mementos(URL):
        archive.fetch(memento)
    assert pauses == [1, 2, 3, 4, 5]
    assert len(held.paths()) == 6


def test_a_copy_that_fails_once(held: FakeArchive) -> None:
    held.fail(URL, DAYS[0])
    archive = reader(held)
    memento = archive.mementos(URL)[0]
    with pytest.raises(FetchError, match="503"):
        archive.fetch(memento)
    assert archive.fetch(memento).content == html(9)


def test_a_copy_that_fails_until_it_is_mended(held: FakeArchive) -> None:
    held.fail(URL, DAYS[0], times=None)
    memento = Memento(held.copy_url(URL, DAYS[0]), DAYS[0], URL)
    for _ in range(3):
        with pytest.raises(FetchError):
            reader(held).fetch(memento)
    held.mend(URL, DAYS[0])
    assert reader(held).fetch(memento).content == html(9)


def test_an_empty_list() -> None:
    with FakeArchive() as held:
        held.hold(URL)
        assert reader(held).mementos(URL) == ()


def test_a_page_that_the_archive_does_not_know(held: FakeArchive) -> None:
    with pytest.raises(FetchError, match="404"):
        reader(held).mementos(f"{URL}/other")


def test_half_a_list_is_none(held: FakeArchive) -> None:
    held.site.fail(f"/web/timemap/2/link/{URL}", 503)
    with pytest.raises(FetchError, match="503"):
        reader(held).mementos(URL)


def test_an_answer_that_is_no_list(held: FakeArchive) -> None:
    held.site.page(f"/web/timemap/link/{URL}", "<!DOCTYPE html><p>Down for maintenance</p>")
    with pytest.raises(ParseError):
        reader(held).mementos(URL)


# ── without a server ─────────────────────────────────────────────────────────────────────────────────────────────


class Shelf:
    """Answers from a table; `leads` is where an address leads."""

    def __init__(self, texts: dict[str, str], leads: dict[str, str] | None = None) -> None:
        self.asked: list[str] = []
        self._texts = texts
        self._leads = leads or {}

    def get(self, url: str) -> FetchedPage:
        self.asked.append(url)
        if url not in self._texts:
            raise FetchError("404")
        final = self._leads.get(url, url)
        return FetchedPage(url, final, self._texts[url].encode(), "latin-1", Validators('"1"'), DAYS[0])


def test_each_list_is_asked_once() -> None:
    ring = f'<https://a/1>; rel="timemap", <https://a/2>; rel="timemap", <c>; rel="memento"; datetime="{DATE}"'
    shelf = Shelf({"https://a/1": ring, "https://a/2": ring})
    mementos = Archive("https://a/", shelf.get, no_pause).mementos("1")
    assert shelf.asked == ["https://a/1", "https://a/2"]
    assert [memento.url for memento in mementos] == ["https://a/c"]


def test_there_is_an_end_to_lists(caplog: pytest.LogCaptureFixture) -> None:
    shelf = Shelf({f"https://a/{n}": f'<https://a/{n + 1}>; rel="timemap"' for n in range(MOST_TIMEMAPS + 1)})
    with caplog.at_level(logging.WARNING):
        assert Archive("https://a/", shelf.get, no_pause).mementos("0") == ()
    assert len(shelf.asked) == MOST_TIMEMAPS
    assert "left out" in caplog.text


def test_an_archive_with_addresses_of_another_form() -> None:
    shelf = Shelf({"https://a/copy/7": "<p>a</p>"})
    page = Archive("https://a/", shelf.get, no_pause).fetch(Memento("https://a/copy/7", DAYS[2], URL))
    assert page == FetchedPage(URL, URL, b"<p>a</p>", "latin-1", Validators(), DAYS[2])
    assert shelf.asked == ["https://a/copy/7"]


@pytest.mark.parametrize(
    ("stamp", "taken"),
    [("20230902091209", True), ("20230902235959", True), ("20231002091210", False), ("99999999999999", True)],
)
def test_the_copy_of_another_day_is_refused(stamp: str, taken: bool) -> None:
    url, raw = (f"https://a/web/20230902091209{flag}/{URL}" for flag in ("", "id_"))
    archive = Archive("https://a/", Shelf({raw: "<p>a</p>"}, {raw: f"https://a/web/{stamp}id_/{URL}"}).get, no_pause)
    if taken:
        assert archive.fetch(Memento(url, DAYS[0])).fetched_at == DAYS[0]
    else:
        with pytest.raises(FetchError, match="2023-10-02 in place of that of 2023-09-02"):
            archive.fetch(Memento(url, DAYS[0]))


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
def test_where_the_raw_copy_lies(url: str, raw: str | None) -> None:
    assert raw_address(url) == raw
