"""Headings that are separate from what they head: the labels of tabs, the heads of a table's columns. Pure.

Both are put in front of their part, so that the page's lines are in reading order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final

from lxml import etree

from cmr_watch.reading.headings import LONGEST, meaning
from cmr_watch.reading.lexicon import words_of

MARKED_TAGS: Final = words_of("h1 h2 h3 h4 h5 h6 summary button strong b legend caption th dt")
INVISIBLE: Final = dict.fromkeys(
    [0xAD, 0x61C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
)
"""For `str.translate`: zero-width characters, soft hyphen, direction marks; they mean nothing to a reader."""
_MOST_PARTS: Final = 40
_MOST_TABLES: Final = 20
_MOST_ROWS: Final = 200
_MOST_LABELS: Final = 20
_LABELS: Final = etree.XPath("//a[starts-with(@href, '#')] | //*[@role='tab'][@aria-controls or @id]")
_TOGGLES: Final = frozenset({"tab", "pill"})
"""Values of `data-toggle` of the head of a tab."""
_TABS: Final = etree.XPath("//ul[following-sibling::*][not(.//a[@href])] | //*[@role='tablist']")
_LABELLED_BY: Final = etree.XPath("//*[@role='tabpanel'][@aria-labelledby=$name]")
_BY_ID: Final = etree.XPath("//*[@id=$name][self::div or self::section or self::ul or self::ol]")


def short_text(element: etree._Element) -> str:
    """An element's text, or nothing if it is too long for a heading: reading stops there."""
    if next(islice(element.iterdescendants(), _MOST_PARTS, None), None) is not None:
        return ""
    text = ""
    for piece in element.itertext():
        text += piece
        if len(text) > LONGEST:
            return ""
    return text.translate(INVISIBLE).strip()


def put_headings_in_front(root: etree._Element) -> None:
    """Change the tree: each label before its panel, each column's head before the column's cells."""
    for table in list(islice(root.iter("table"), _MOST_TABLES)):
        _lay_out_columns(table)
    labels = [link for link in _LABELS(root) if _heads_tab(link) or _opens_section(link)]
    for link in labels[:_MOST_LABELS]:
        if _put_in_front([link], _panels_of(root, link)) and link.tag == "button":
            link.clear(keep_tail=True)
    for tabs in _TABS(root)[:_MOST_TABLES]:
        if _are_sections(list(tabs)) and _put_in_front(list(tabs), _panels_behind(tabs)):
            tabs.clear(keep_tail=True)


def _heads_tab(link: etree._Element) -> bool:
    return link.get("role") == "tab" or (link.get("data-toggle") or link.get("data-bs-toggle")) in _TOGGLES


def _opens_section(element: etree._Element) -> bool:
    return meaning(short_text(element), is_marked=True).section is not None


def _are_sections(heads: Sequence[etree._Element]) -> bool:
    return len(heads) > 1 and all(map(_opens_section, heads))


def _lay_out_columns(table: etree._Element) -> None:
    heads, *rows = _rows(table) or [[]]
    if not _are_sections(heads):
        return
    columns = etree.Element("div")
    for number, head in enumerate(heads):
        _heading(columns, short_text(head))
        for cell in [row[number] for row in rows if number < len(row)]:
            cell.tag = "div"
            columns.append(cell)
    table.addprevious(columns)
    table.clear(keep_tail=True)


def _rows(table: etree._Element) -> list[list[etree._Element]]:
    return [[cell for cell in row if cell.tag in ("td", "th")] for row in islice(table.iter("tr"), _MOST_ROWS)]


def _panels_of(root: etree._Element, link: etree._Element) -> list[etree._Element]:
    """The panel that a label names, or that names the label."""
    name = link.get("aria-controls") or (link.get("href") or "#")[1:]
    found = _LABELLED_BY(root, name=link.get("id")) if link.get("id") else []
    return [*_BY_ID(root, name=name), *found][:1]


def _panels_behind(tabs: etree._Element) -> list[etree._Element]:
    """Each of several adjacent heads that name no panel belongs to the panel in the same position (S1)."""
    after = list(islice(tabs.itersiblings(), len(tabs) + 1))
    are_alike = len({(one.tag, one.get("class")) for one in after}) == 1
    return after if len(after) > 1 and are_alike else list(after[0])


def _put_in_front(labels: Sequence[etree._Element], panels: Sequence[etree._Element]) -> bool:
    """Put each label before its panel, unless the panels have such headings themselves; True if done."""
    marked = (inner for panel in panels for inner in panel.iter(*MARKED_TAGS))
    texts = [short_text(label) for label in labels]
    if len(labels) != len(panels) or not all(texts) or any(map(_opens_section, marked)):
        return False
    for text, panel in zip(texts, panels, strict=True):
        heading = _heading(panel, text)
        heading.tail, panel.text = panel.text, None
        panel.insert(0, heading)
    return True


def _heading(parent: etree._Element, text: str) -> etree._Element:
    heading = etree.SubElement(parent, "h2")
    heading.text = text
    return heading
