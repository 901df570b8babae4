"""The catalogue, from which translations are made, has all the text that subscribers read."""

from __future__ import annotations

from pathlib import Path

from tests.render.catalogue import CATALOGUE, write


def test_the_catalogue_is_up_to_date(tmp_path: Path) -> None:
    """If this fails, run `make catalogue`."""
    write(tmp_path / "messages.pot")
    assert CATALOGUE.read_text(encoding="utf-8") == (tmp_path / "messages.pot").read_text(encoding="utf-8")


def test_it_has_the_text_of_the_code_and_of_each_template() -> None:
    text = CATALOGUE.read_text(encoding="utf-8")
    for message in ("New edition", "What to submit:", "What to submit", "Unofficial service.", "{number} more change"):
        assert f'"{message}"' in text
