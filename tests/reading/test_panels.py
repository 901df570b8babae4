"""Headings that stand apart from what they head."""

from __future__ import annotations

import pytest

from tests.reading.pages import BURGAS, LYON, cities, read

TABS = '<ul role="tablist"><li><a href="#n">Next editions</a></li><li><a href="#p">Past editions</a></li></ul>'
PAGES = [
    ("tabs", f'{TABS}<div id="n"><p>{LYON}</p></div><div id="p" hidden role="tabpanel">{BURGAS}</div>'),
    ("tabs, past first", f'{TABS}<div id="p">{BURGAS}</div><div id="n">{LYON}</div>'),
    (
        "tabs and headings",
        f'{TABS}<div id="n"><h3>Next editions</h3>{LYON}</div><div id="p"><h3>Past</h3>{BURGAS}</div>',
    ),
    ("jump marks", f'{TABS}<h2 id="n">Next editions</h2><p>{LYON}</p><h2 id="p">Past editions</h2><p>{BURGAS}</p>'),
    ("columns", f"<table><tr><th>Next editions<th>Past editions<tr><td>{LYON}<td>{BURGAS}</table>"),
    (
        "columns of unequal length",
        f"<table><tr><td>Next editions<td>Past editions<tr><td>{LYON}<td>{BURGAS}<tr><td></table>",
    ),
    (
        "columns with breaks",
        f"<table><tr><th>Past editions<th>Next editions<tr><td><p>{BURGAS}<br></p><td>{LYON}</table>",
    ),
]


@pytest.mark.parametrize("body", [body for _, body in PAGES], ids=[name for name, _ in PAGES])
def test_headings_come_before_what_they_head(body: str) -> None:
    page = read(body)

    assert (cities(page, "upcoming"), cities(page, "past")) == (["Lyon"], ["Burgas"])
    assert page.warnings == ()


def test_a_tab_without_its_panel_heads_nothing() -> None:
    page = read(f"{TABS}<p>{LYON}</p>")

    assert page.editions == ()
    assert page.outline.sections == ()
