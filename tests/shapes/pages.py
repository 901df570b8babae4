"""The fixtures of the call page and of edition pages. `python -m tests.shapes.pages` writes only these."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.shapes.callodds import CALL_ODDITIES
from tests.shapes.callpage import CALL_STATES
from tests.shapes.editionodds import EDITION_ODDITIES
from tests.shapes.editionpage import EDITION_STATES
from tests.shapes.ownpages import OWN_SHAPES, Oddity, OwnState, render_oddity, render_state
from tests.shapes.states import Json

FIXTURES = Path(__file__).parents[1] / "fixtures"
KINDS: tuple[tuple[str, tuple[OwnState, ...], tuple[Oddity, ...]], ...] = (
    ("call", CALL_STATES, CALL_ODDITIES),
    ("edition", EDITION_STATES, EDITION_ODDITIES),
)


def pages() -> Iterator[tuple[str, str, Json]]:
    """Each page: its folder in the fixtures, its HTML, and the expected JSON."""
    for kind, states, oddities in KINDS:
        for state in states:
            for shape in OWN_SHAPES:
                yield f"{kind}/{state.name}-{shape.name}", render_state(state, shape), state.expected
        for oddity in oddities:
            yield f"{kind}/odd-{oddity.name}", render_oddity(oddity), oddity.expected


def write() -> None:
    """Write a folder for each page."""
    for name, page, expected in pages():
        folder = FIXTURES / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "page.html").write_text(page + "\n", encoding="utf-8")
        text = json.dumps(expected, ensure_ascii=False, indent=2)
        (folder / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
