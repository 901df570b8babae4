"""States of the initiative page, in any shape that its editors have given it or might.

`states` holds what the page said, `layouts` how the editor's text can be tagged, `furniture` all that stands around it,
`noise` what may differ between two answers without meaning anything. `python -m tests.shapes` writes the fixtures anew.
"""

from __future__ import annotations

from tests.shapes.layouts import SHAPES, Pen, Shape, body
from tests.shapes.states import STATES, Line, Notice, State

__all__ = ["SHAPES", "STATES", "Line", "Notice", "Pen", "Shape", "State", "render"]


def render(state: State, shape: Shape, pen: Pen | None = None) -> str:
    """The whole document: the state's lines as `shape` tags them, written by `pen`, amid the site's furniture."""
    pen = pen or Pen()
    return pen.furnish(body(state, shape, pen), shape.container)
