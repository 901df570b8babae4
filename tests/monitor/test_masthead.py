"""The language and the main headings of a document."""

from __future__ import annotations

import time

import pytest

from cmr_watch.monitor.masthead import h1_of, lang_of, title_of

LANGS = [
    ('<!DOCTYPE html><html lang="en" dir="ltr">', "en"),
    ("<HTML dir=ltr LANG='en-GB'>", "en"),
    ("<html lang=pl>", "pl"),
    ('<html xml:lang="en">', "en"),
    ("<html><p lang=fr>", None),
]
HEADINGS = [
    ("<h1 class='x'><span>Clusters  meet\nRegions</span></h1>", "Clusters meet Regions"),
    ("<h1>A &amp; B</h1><h1></h1><h1>C</h1>", "A & B · C"),
    ("<!-- <h1>Old</h1> --><h1>New</h1>", "New"),
    ("<!-- <h1>Open</h1>", "Open"),
    ("<h2>Other</h2><h1>Never closed", None),
]


@pytest.mark.parametrize(("text", "lang"), LANGS)
def test_lang(text: str, lang: str | None) -> None:
    assert lang_of(text) == lang


@pytest.mark.parametrize(("text", "h1"), HEADINGS)
def test_h1(text: str, h1: str | None) -> None:
    assert h1_of(text) == h1


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("<title>Porto |\n ECCP</title><h1>Porto</h1>", "Porto | ECCP · Porto"),
        ("<h1>Porto</h1>", "Porto"),
        ("<title></title>", ""),
        ("", ""),
    ],
)
def test_title(text: str, title: str) -> None:
    assert title_of(text) == title


@pytest.mark.parametrize("part", ["<title>", "<h1 ", "<h1>", "<!--", "<html ", "<h1><"])
def test_hostile_documents_take_no_longer_than_others(part: str) -> None:
    started = time.perf_counter()
    h1_of(part * 200_000)
    lang_of(part * 200_000)
    title_of(part * 200_000)
    assert time.perf_counter() - started < 5
