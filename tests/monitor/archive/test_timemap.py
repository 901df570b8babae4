"""TimeMaps in link-format, in all the variants that the syntax allows."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.exceptions import ParseError
from cmr_watch.monitor.archive.timemap import Memento, TimeMap, parse_timemap, sort_unique

AT = datetime(2024, 4, 2, 9, 12, tzinfo=UTC)
DATE = "Tue, 02 Apr 2024 09:12:00 GMT"
LATER = "Fri, 05 Apr 2024 00:00:00 GMT"
NEVER = "Fri, 31 Dec 9999 23:59:59 -2300"
COPY = "https://archive.example/web/20240402091200/https://example.org/"
ONE = TimeMap((Memento(COPY, AT),))


def test_a_typical_timemap() -> None:
    text = f"""<https://example.org/>; rel="original",
<https://archive.example/web/timemap/link/https://example.org/>; rel="self"; type="application/link-format";
    from="{DATE}"; until="Sat, 28 Dec 2024 00:00:00 GMT",
<https://archive.example>; rel="timegate",
<https://archive.example/web/20241228000000/https://example.org/>; rel="last memento";
    datetime="Sat, 28 Dec 2024 00:00:00 GMT",
<{COPY}>; rel="first memento"; datetime="{DATE}",
<https://archive.example/web/20240501000000/http://example.org/>; rel="memento";
    datetime="Wed, 01 May 2024 00:00:00 GMT"
"""
    assert [memento.at for memento in parse_timemap(text).mementos] == [
        AT,
        datetime(2024, 5, 1, tzinfo=UTC),
        datetime(2024, 12, 28, tzinfo=UTC),
    ]
    assert parse_timemap(text).mementos[0] == Memento(COPY, AT)
    assert parse_timemap(text).more == ()


@pytest.mark.parametrize(
    "text",
    [
        f'<{COPY}>;rel="memento";datetime="{DATE}"',
        f'\ufeff\n <{COPY}> ; rel = "memento" ; datetime = "{DATE}" ,',
        f'<{COPY}>; rel=memento; datetime="{DATE}"',
        f'<{COPY}>; REL="First Memento"; DateTime="{DATE}"',
        f'<{COPY}>; datetime="{DATE}"; rel="memento"; license="<https://example.org/l>; rel=memento"',
        f'<{COPY}>; rel="memento"; title="a \\"b\\", c; d"; datetime="{DATE}"',
        f'<{COPY}>; rel="memento"; datetime="{DATE}"; rel="timemap"',
        f'<{COPY}>; rel="memento"; flag; datetime="{DATE}"',
        f'<{COPY}>; rel="memento"; datetime="Tuesday, 02-Apr-24 09:12:00 GMT"',
        f'<{COPY}>; rel="memento"; datetime="Tue Apr  2 09:12:00 2024"',
        f'<{COPY}>; rel="memento"; datetime="Tue, 02 Apr 2024 11:12:00 +0200"',
        f'<{COPY}>; rel="memento"; datetime="{DATE}",\r\n<{COPY}>; rel="memento"; datetime="{DATE}"',
        f'<{COPY}>; rel="memento"; datetime="{LATER}", <{COPY}>; rel="memento"; datetime="{DATE}"',
        f'# a remark\n<{COPY}>; rel="memento"; datetime="{DATE}",\n500 oops < > ; , "\n<a b>; rel="memento"',
        f'<{COPY}>; rel="memento"; datetime="{DATE}", <{COPY}2>; rel="memento"',
        f'<{COPY}>; rel="memento"; datetime="{DATE}", <{COPY}2>; rel="memento"; datetime="soon"',
        f'<{COPY}>; rel="memento"; datetime="{DATE}", <{COPY}2>; rel="memento"; datetime="{NEVER}"',
        f'<{COPY}>; rel="memento"; datetime="{DATE}", <ftp://example.org/>; rel="memento"; datetime="{DATE}"',
        f'<{COPY}>; rel="memento"; datetime="{DATE}", </web/1/x>; rel="memento"; datetime="{DATE}"',
        f'<{COPY}>; rel="memento"; datetime="{DATE}", <{COPY}2>; rel="mementos"; datetime="{DATE}"',
        f'<{COPY}>; rel="memento"; datetime="{DATE}", <{COPY}2>; rel="memento; datetime={DATE}',
    ],
)
def test_variants_of_a_list_with_one_copy(text: str) -> None:
    assert parse_timemap(text) == ONE


def test_urls_with_commas_and_semicolons() -> None:
    url = "https://archive.example/web/20240402091200/https://example.org/a,b;c?d=e,f&g=%3C"
    assert parse_timemap(f'<{url}>; rel="memento"; datetime="{DATE}"').mementos == (Memento(url, AT),)


def test_a_paged_timemap_links_to_its_other_pages() -> None:
    text = f"""<https://a.example/timemap/1>; rel="self"; type="application/link-format",
<https://a.example/timemap/1>; rel="self timemap"; type="application/link-format",
<https://a.example/timemap/2>; rel="timemap"; type="application/link-format"; from="{DATE}",
<https://a.example/timemap/3>; rel="timemap",
<https://a.example/timemap/2>; rel="timemap",
<https://a.example/timemap/json>; rel="timemap"; type="application/json"
"""
    assert parse_timemap(text) == TimeMap((), ("https://a.example/timemap/2", "https://a.example/timemap/3"))


def test_relative_urls_are_resolved() -> None:
    text = f'</timemap/2>; rel="timemap", <../copy/1>; rel="memento"; datetime="{DATE}", <//[>; rel="timemap"'
    read = parse_timemap(text, "https://a.example/timemap/1")
    assert read == TimeMap((Memento("https://a.example/copy/1", AT),), ("https://a.example/timemap/2",))


@pytest.mark.parametrize("text", ["", " \r\n", "\ufeff", '<https://example.org/>; rel="original"'])
def test_no_copies(text: str) -> None:
    assert parse_timemap(text) == TimeMap()


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html><html><body><p>Sorry</p></body></html>",
        "<html><head><title>Sorry</title>",
        "\n<?xml version='1.0'?><a/>",
        f'<!-- --><p>Write <{COPY}>; rel="memento"; datetime="{DATE}"</p>',
        '[["20240402091200","https://example.org/"]]',
        "no captures",
        "<https://example.org/>",
    ],
)
def test_another_document_is_an_error(text: str) -> None:
    with pytest.raises(ParseError):
        parse_timemap(text)


def test_the_earliest_time_of_a_url_wins() -> None:
    later = AT.replace(year=2025)
    assert sort_unique([Memento("b", later), Memento("a", AT), Memento("b", AT)]) == (
        Memento("a", AT),
        Memento("b", AT),
    )


PIECES = st.sampled_from(
    [
        "<",
        ">",
        '"',
        "\\",
        ";",
        ",",
        " ",
        "\n",
        "=",
        "rel",
        "memento",
        "timemap",
        "datetime",
        DATE,
        COPY,
        "http://[",
        "a",
    ]
)
TEXTS = st.text(max_size=80) | st.lists(PIECES, max_size=40).map("".join)


@given(TEXTS, st.sampled_from(["", "https://a.example/b", "http://["]))
def test_any_text_gives_a_timemap_or_a_parse_error(text: str, base: str) -> None:
    try:
        read = parse_timemap(text, base)
    except ParseError:
        return
    assert list(read.mementos) == sorted(read.mementos, key=lambda memento: memento.at)
    assert len({memento.url for memento in read.mementos}) == len(read.mementos)
    assert len(set(read.more)) == len(read.more)
    for url in [*read.more, *(memento.url for memento in read.mementos)]:
        assert url.lower().startswith(("http://", "https://"))


DATES = TEXTS | st.from_regex(r"\A\w{3}, \d+ \w{3} \d+ [\d:]+ [-+\w]+\Z", fullmatch=True)


@given(DATES.map(lambda date: date.replace('"', "").replace("\\", "")))
def test_any_date_is_parsed_or_ignored(date: str) -> None:
    mementos = parse_timemap(f'<{COPY}>; rel="memento"; datetime="{date}"').mementos
    assert all(memento.at.tzinfo is UTC for memento in mementos)


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a>;",
        '<a>;x="',
        '<a>;x="\\',
        "<a>; " * 3,
        '<a> ;rel="x" ',
        "<" + "a" * 5000,
        ";" * 9 + "<a>",
        '"',
        "\\",
        " ",
    ],
)
def test_running_time_is_linear(piece: str) -> None:
    """With quadratic running time, this would take minutes."""
    started = time.process_time()
    timemap = parse_timemap(f'<{COPY}>; rel="memento"; datetime="{DATE}",' + piece * (400_000 // len(piece)))
    assert timemap.mementos[0] == Memento(COPY, AT)
    assert time.process_time() - started < 5
