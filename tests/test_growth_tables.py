"""The tables and plots of `bench growth`, and those in docs/benchmarks.md."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from bench.growth import DOCUMENT, PARTS
from bench.growth_tables import Table, replace
from bench.plots import plot

SVG = "{http://www.w3.org/2000/svg}"
TABLE = Table(
    "rows",
    ("check, ms CPU", "failed"),
    ((100, (9.0, 0.0)), (1_000, (4.0, 0.0)), (10_000, (6.0, 0.0)), (100_000, (4.7, 0.0))),
    base=1_000,
    plotted=(0,),
)


def test_the_growth_is_that_since_the_base() -> None:
    assert [round(ratios[0], 2) for _, ratios in TABLE.growth()] == [2.25, 1.0, 1.5, 1.18]


def test_growth_above_the_limit_is_bold() -> None:
    assert TABLE.markdown().splitlines()[-1] == "| × 1,000 → 100,000 | 1.18 | 1.00 |"
    steep = Table("rows", TABLE.columns, TABLE.rows[:3], base=1_000, plotted=(0,))
    assert steep.markdown().splitlines()[-1] == "| × 1,000 → 10,000 | **1.50** | 1.00 |"


def test_a_plot_says_in_words_what_it_shows() -> None:
    drawing = plot(TABLE, "Checks & pages")
    root = ET.fromstring(drawing.svg)
    title, words = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert words is not None
    assert title.text == "Checks & pages"
    assert words.text == drawing.alternative
    assert "At 100,000 rows: check × 1.18." in drawing.alternative
    assert "prefers-color-scheme: dark" in drawing.svg


def test_a_table_replaces_only_the_one_of_its_name(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    before = "a\n<!-- growth: one -->\nold\n<!-- end -->\nb\n<!-- growth: two -->\nkept\n<!-- end -->\n"
    document.write_text(before, encoding="utf-8")
    replace(document, "one", "new")
    after = "a\n<!-- growth: one -->\n\nnew\n\n<!-- end -->\nb\n<!-- growth: two -->\nkept\n<!-- end -->\n"
    assert document.read_text(encoding="utf-8") == after
    with pytest.raises(AssertionError):
        replace(document, "three", "new")


def test_the_document_has_a_place_for_each_part() -> None:
    named = re.findall(r"<!-- growth: (\w+) -->", DOCUMENT.read_text(encoding="utf-8"))
    assert sorted(named) == sorted(PARTS)
