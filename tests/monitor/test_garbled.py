"""Text that was decoded with the wrong charset, and text that only looks a little like it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cmr_watch.models.readings import Edition, Snapshot
from cmr_watch.monitor.garbled import garbled_lines
from tests.monitor.garbling import CHARSETS, misread

SOURCE = Path(__file__).parent.parent.parent / "src" / "cmr_watch"
NAMES = (
    *("Kraków", "Iași", "Rēzekne", "Skåne", "12–13 March", "Πάτρα", "София", "Gdańsk", "Košice", "Târgu Mureș", "Łódź"),
    *(
        "Örebro",
        "Århus",
        "Évora",
        "Győr",
        "Plzeň",
        "Žilina",
        "İzmir",
        "Рівне",
        "“Clusters”",
        "Región",
        "Ħamrun",
        "€ 20",
    ),
    *("Bălți", "Québec", "Müßbach", "Þórshöfn", "Ålesund", "ÎLE-DE-FRANCE", "KRAKÓW"),
)
CLEAN = (
    *("CAFÉ”", "Skåne – “Ä”", "Ñuñoa", "Ä – Ö", "Её", "UMEÅ–VAASA", "UMEÅ’s", "“Å”", "ORĂŞTIE", "ORĂȘTIE", "FĂGĂRAŞ"),
    *(
        "Îşi propune",
        "BRNO-LÍŠEŇ",
        "Paris–Évry",
        "Зміїв – Відень",
        "Сєвєродонецьк",
        "Ђорђе",
        "Šiauliai…",
        "Malmö–Ålborg",
    ),
    *(
        "L’Été à l’Île",
        "ČŠ",
        "«Рівне»",
        "Дія",
        "Ñandú",
        "ÀÉÎÕÜ",
        "Ğ’",
        "São Tomé",
        "ÁÉÍÓÖŐÚÜŰ",
        "12–Ö",
        "→ Łódź",
        "½–¾",
    ),
)


def is_garbled(text: str) -> bool:
    return garbled_lines(Snapshot(editions=(Edition(text),))) == 1


@pytest.mark.parametrize("text", [*NAMES, *CLEAN])
def test_clean(text: str) -> None:
    assert not is_garbled(text)


@pytest.mark.parametrize("name", NAMES)
def test_doubly_encoded(name: str) -> None:
    assert [charset for charset in CHARSETS if not is_garbled(misread(name, charset))] == []


@given(st.lists(st.sampled_from([*NAMES, *CLEAN]), min_size=1).map(", ".join), st.sampled_from(NAMES))
@example("Kraków", "Iași")
def test_one_garbled_name_is_enough(text: str, name: str) -> None:
    assert not is_garbled(text)
    assert all(is_garbled(f"{text}, {misread(name, charset)}, {text}") for charset in CHARSETS)


@pytest.mark.parametrize("text", ["Krak\ufffdw", "Łód\x9f", "CittÃ di Castello", "GarcÃa", "Ã rhus", "Krak뿯½w"])
def test_replaced_and_lost_characters(text: str) -> None:
    assert is_garbled(text)


@pytest.mark.parametrize("charset", ["gb18030", "big5", "cp949", "euc_jp"])
@pytest.mark.parametrize("name", ["Kraków", "Düsseldorf", "Kittilä", "Málaga", "Plzeň", "Łódź"])
def test_one_byte_letters_read_as_two_byte_ones(name: str, charset: str) -> None:
    assert is_garbled(name.encode("cp1250").decode(charset, "replace"))


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    assert is_garbled(text) in (True, False)


def lines_of_ours() -> Iterator[str]:
    yield from (SOURCE / "countries.txt").read_text("utf-8").splitlines()
    yield from (SOURCE / "regions.txt").read_text("utf-8").splitlines()


def test_no_country_or_region_is_garbled() -> None:
    assert [line for line in lines_of_ours() if is_garbled(line) or is_garbled(line.upper())] == []


def reading(*texts: str) -> Snapshot:
    return Snapshot(editions=tuple(Edition(city="Lyon", text=text) for text in texts))


def test_only_words_that_were_not_garbled_before_count() -> None:
    old = reading("Krak\ufffdw, Poland", "Lyon, France")
    assert garbled_lines(old) == 1
    assert garbled_lines(reading("Krak\ufffdw, Poland – CANCELLED", "Lyon, France"), old) == 0
    assert garbled_lines(reading("Krak\ufffdw, Poland", "Ly\ufffdn, France"), old) == 1


@pytest.mark.parametrize("piece", ["Рівне", "Ã", "Ã³Ã", "Ä– ", "é", "“Ä”", "\x9f", "a" * 9 + "é"])
def test_long_texts_are_judged_quickly(piece: str) -> None:
    started = time.process_time()
    is_garbled(piece * (300_000 // len(piece)))
    assert time.process_time() - started < 5
