"""Call pages and edition pages: their markup, and the complete documents."""

from __future__ import annotations

import html
from dataclasses import dataclass

from tests.shapes.boilerplate import add_boilerplate
from tests.shapes.layouts import SHAPES, Block, Pen, Piece, Shape
from tests.shapes.states import PAGE_URL, SITE, Json

OWN_SHAPES = tuple(
    shape for shape in SHAPES if shape.name in ("paragraphs", "list", "br", "table", "bold-headings", "nested")
)


@dataclass(frozen=True, slots=True)
class OwnState:
    """A page at one time: its title, its path, its text, and the JSON that the parser must produce."""

    name: str
    title: str
    path: str
    blocks: tuple[Block, ...]
    expected: Json


@dataclass(frozen=True, slots=True)
class Oddity:
    """A minimal page with one oddity, which `description` names. `body` is the HTML of the article."""

    name: str
    description: str
    title: str
    path: str
    body: str
    expected: Json


def prose(*pieces: Piece | str) -> Block:
    return Block("prose", (_cell(pieces),))


def heading(text: str) -> Block:
    return Block("heading", (((text, None),),))


def line(first: Piece | str, *rest: Piece | str, gap: str = "") -> Block:
    """A line of a list. In a table, `rest` is in a separate cell; elsewhere it follows `gap`."""
    cells = (_cell((first,)), _cell(rest)) if rest else (_cell((first,)),)
    return Block("line", cells, (gap, None))


def _cell(pieces: tuple[Piece | str, ...]) -> tuple[Piece, ...]:
    return tuple((piece, None) if isinstance(piece, str) else piece for piece in pieces)


def render_state(state: OwnState, shape: Shape) -> str:
    """The complete document of a state in the markup of `shape`."""
    document = add_boilerplate(shape.layout(list(state.blocks), Pen()), shape.container)
    title = html.escape(state.title, quote=False)
    for old, new in (
        (f'href="{PAGE_URL}"', f'href="{SITE}{state.path}"'),
        ("html--events--organised-by-eccp--clusters-meet-regions.html.twig", "html--node--page.html.twig"),
        ("<title>Clusters meet Regions |", f"<title>{title} |"),
        (">Clusters meet Regions</span></h1>", f">{title}</span></h1>"),
        (">Clusters meet Regions</h1>", f">{title}</h1>"),
        ("<li>Clusters meet Regions</li>", f"<li>{title}</li>"),
    ):
        document = document.replace(old, new)
    return document


def render_oddity(oddity: Oddity) -> str:
    """The complete document."""
    title = html.escape(oddity.title, quote=False)
    return f"""<!DOCTYPE html>
<!-- {oddity.description} -->
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="canonical" href="{SITE}{oddity.path}">
<title>{title} | European Cluster Collaboration Platform</title>
</head>
<body>
<main>
<article class="node node--type-page">
<h1><span class="field field--name-title">{title}</span></h1>
<div class="clearfix text-formatted field field--name-body field__item">
{oddity.body.strip()}
</div>
</article>
</main>
</body>
</html>"""
