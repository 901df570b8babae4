"""Headings that stand apart from what they head: the labels of tabs, the heads of a table's columns.

Both are put in front of their part, so that the page's lines come in the order in which a person reads them.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

from lxml import etree, html

from cmr_watch.monitor.parse.headings import section_of_marked
from cmr_watch.monitor.parse.lines import INVISIBLE

MARKED_TAGS: Final = frozenset(
    {"h1", "h2", "h3", "h4", "h5", "h6", "summary", "button", "strong", "b", "legend", "caption", "th", "dt"}
)
LONGEST_HEADING: Final = 160
_MOST_PARTS: Final = 40
_MOST_TABLES: Final = 20
_MOST_ROWS: Final = 200
_MOST_LABELS: Final = 20
_LABELS: Final = etree.XPath("//a[starts-with(@href, '#')]")
_BY_ID: Final = etree.XPath("//*[@id=$name][self::div or self::section or self::ul or self::ol]")


def short_text(element: html.HtmlElement) -> str:
    """An element's text, or nothing when it holds too much for a heading: stops reading there."""
    if next(islice(element.iterdescendants(), _MOST_PARTS, None), None) is not None:
        return ""
    text = ""
    for piece in element.itertext():
        text += piece
        if len(text) > LONGEST_HEADING:
            return ""
    return INVISIBLE.sub("", text).strip()


def put_headings_in_front(root: html.HtmlElement) -> None:
    """Change the tree: each label before its panel, each column's head before the column's cells."""
    for table in list(islice(root.iter("table"), _MOST_TABLES)):
        _lay_out_columns(table)
    labels = [link for link in _LABELS(root) if section_of_marked(short_text(link))]
    for link in labels[:_MOST_LABELS]:
        _label_panel(root, link)


def _lay_out_columns(table: html.HtmlElement) -> None:
    heads, *rows = _rows(table) or [[]]
    if len(heads) < 2 or not all(section_of_marked(short_text(head)) for head in heads):
        return
    columns = html.Element("div")
    for number, head in enumerate(heads):
        _heading(columns, short_text(head))
        for cell in [row[number] for row in rows if number < len(row)]:
            cell.tag = "div"
            columns.append(cell)
    table.addprevious(columns)
    table.clear(keep_tail=True)


def _rows(table: html.HtmlElement) -> list[list[html.HtmlElement]]:
    return [[cell for cell in row if cell.tag in ("td", "th")] for row in islice(table.iter("tr"), _MOST_ROWS)]


def _label_panel(root: html.HtmlElement, link: html.HtmlElement) -> None:
    panel = next(iter(_BY_ID(root, name=link.get("href")[1:])), None)
    if panel is None or any(section_of_marked(short_text(inner)) for inner in panel.iter(*MARKED_TAGS)):
        return
    heading = _heading(panel, short_text(link))
    heading.tail, panel.text = panel.text, None
    panel.insert(0, heading)


def _heading(parent: html.HtmlElement, text: str) -> html.HtmlElement:
    heading = etree.SubElement(parent, "h2")
    heading.text = text
    return heading
