"""Generates test pages: recorded states of the watched pages, in every markup that editors have used or might use.

    states, random_states    the content of the initiative page: recorded, and generated
    layouts, more_layouts    how the editors' text can be marked up
    boilerplate              everything around the editors' text
    noise                    differences between two responses that have no meaning
    expected                 the JSON that the parser must produce for a state in a shape
    callpage, editionpage    recorded call pages and edition pages; `callodds` and `editionodds` are minimal odd ones

`make fixtures` writes the fixtures.
"""

from __future__ import annotations

from tests.shapes.layouts import SHAPES, Pen, Shape, body
from tests.shapes.states import STATES, Line, Notice, State

__all__ = ["SHAPES", "STATES", "Line", "Notice", "Pen", "Shape", "State", "render"]


def render(state: State, shape: Shape, pen: Pen | None = None) -> str:
    """The complete document: the state in the markup of `shape`, written by `pen`, with the site's boilerplate."""
    pen = pen or Pen()
    return pen.add_boilerplate(body(state, shape, pen), shape.container)
