"""Shapes that were not found on the site. They are used in property tests, not in fixtures."""

from __future__ import annotations

from itertools import groupby

from tests.shapes.layouts import Block, Pen, Piece, Shape


def _next_line(blocks: list[Block], pen: Pen) -> str:
    """The place on one line, everything else on the next."""
    return "\n".join(_two_lines(block, pen) if block.kind == "line" else _block(block, pen) for block in blocks)


def _two_lines(block: Block, pen: Pen) -> str:
    place, days, rest = block.cells
    return f"<p>{pen.run(place)}<br>\n{pen.run((*days, *rest))}</p>"


def _block(block: Block, pen: Pen) -> str:
    tag = "h3" if block.kind == "heading" else "p"
    return f"<{tag}>{pen.run(block.joined())}</{tag}>"


def _definitions(blocks: list[Block], pen: Pen) -> str:
    """A definition list: the place is the term, the rest its definition."""
    out = []
    for is_line, group in groupby(blocks, key=lambda block: block.kind == "line"):
        if is_line:
            out += ["<dl>", *(_definition(block, pen) for block in group), "</dl>"]
        else:
            out += [_block(block, pen) for block in group]
    return "\n".join(out)


def _definition(block: Block, pen: Pen) -> str:
    place, days, rest = block.cells
    return f"<dt>{pen.run(place)}</dt>\n<dd>{pen.run((*days, *rest))}</dd>"


def _block_a_section(blocks: list[Block], pen: Pen) -> str:
    """Each section in one paragraph that begins with its heading in bold."""
    out: list[str] = []
    for block in blocks:
        text = pen.run(block.joined())
        if block.kind == "heading":
            out.append(f"<p><strong>{text}</strong>")
        elif block.kind == "line" and out[-1].startswith("<p>"):
            out[-1] += f"<br>\n{text}"
        else:
            out.append(f"<p>{text}")
    return "\n".join(f"{text}</p>" for text in out)


def _bold_lines(blocks: list[Block], pen: Pen) -> str:
    """Bold lines, but real headings."""
    return "\n".join(
        f"<p><strong>{pen.run(block.joined())}</strong></p>" if block.kind == "line" else _block(block, pen)
        for block in blocks
    )


def _days_first(blocks: list[Block], pen: Pen) -> str:
    """The dates before the place."""
    reordered = (Block("line", (_days_then_place(block),)) if _can_reorder(block) else block for block in blocks)
    return "\n".join(_block(block, pen) for block in reordered)


def _can_reorder(block: Block) -> bool:
    """Not if the rest would be joined to the country, or if nothing separates the dates from the place."""
    if block.kind != "line" or not block.gap[0].strip():
        return False
    rest = "".join(text for text, _ in block.cells[2])
    return not rest or rest.startswith(" ")


def _days_then_place(block: Block) -> tuple[Piece, ...]:
    (lead, *place), days, rest = block.cells
    return (lead, *days, block.gap, *place, *rest)


def _nested_list(blocks: list[Block], pen: Pen) -> str:
    """Everything in one list; the editions in a nested list in the item of their heading."""
    out, depth = ["<ul>"], 1
    for block in blocks:
        if block.kind != "line" and depth == 2:
            out.append("</ul></li>")
            depth = 1
        text = pen.run(block.joined())
        if block.kind == "heading":
            out.append(f"<li><strong>{text}</strong><ul>")
            depth = 2
        else:
            out.append(f"<li>{text}</li>")
    return "\n".join([*out, "</ul></li>" if depth == 2 else "", "</ul>"])


MORE_SHAPES = (
    Shape("next-line", _next_line),
    Shape("definitions", _definitions, order="past first"),
    Shape("block-a-section", _block_a_section, cover="line"),
    Shape("bold-lines", _bold_lines, cover="part", container="reclassed"),
    Shape("days-first", _days_first),
    Shape("nested-list", _nested_list, container="section"),
)
