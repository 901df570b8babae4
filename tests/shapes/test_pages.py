"""The fixtures of call pages and edition pages are exactly what the generator writes."""

from __future__ import annotations

import json

import pytest

from tests.shapes.pages import FIXTURES, pages
from tests.shapes.states import Json

PAGES = tuple(pages())


@pytest.mark.parametrize(("name", "page", "expected"), PAGES, ids=[name for name, _, _ in PAGES])
def test_a_fixture_is_what_the_generator_writes(name: str, page: str, expected: Json) -> None:
    assert (FIXTURES / name / "page.html").read_text(encoding="utf-8") == page + "\n"
    assert json.loads((FIXTURES / name / "expected.json").read_text(encoding="utf-8")) == expected
