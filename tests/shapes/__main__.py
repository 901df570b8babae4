"""`make fixtures`: write all generated fixtures and the demo's pages."""

from __future__ import annotations

import json
from pathlib import Path

from tests.shapes import SHAPES, STATES, pages, render
from tests.shapes.expected import reading

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "initiative"
DEMO_PAGES = ROOT / "src" / "cmr_watch" / "demo" / "pages"
DEMO_SHAPES = {"2023-09": "list", "2023-12": "paragraphs", "2024-04": "br"}


def write() -> None:
    """Write a folder for each state and shape, and the demo's three pages."""
    for state in STATES:
        for shape in SHAPES:
            folder = FIXTURES / f"{state.name}-{shape.name}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "page.html").write_text(render(state, shape) + "\n", encoding="utf-8")
            expected = json.dumps(reading(state, shape), ensure_ascii=False, indent=2)
            (folder / "expected.json").write_text(expected + "\n", encoding="utf-8")
    shapes = {shape.name: shape for shape in SHAPES}
    DEMO_PAGES.mkdir(parents=True, exist_ok=True)
    for state in STATES:
        page = render(state, shapes[DEMO_SHAPES[state.name]])
        (DEMO_PAGES / f"{state.name}.html").write_text(page + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
    pages.write()
