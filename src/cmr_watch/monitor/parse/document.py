"""From the bytes of a page to the article's text lines and their links, whatever tags carry them.

The order: decode → cut comments, scripts and styles out of the text → a fast tree (lxml) to find the article and drop
the furniture around it → Beautiful Soup for the article alone, which is small.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

from lxml import etree, html

from cmr_watch.exceptions import ParseError
from cmr_watch.models import Section
from cmr_watch.monitor.parse.headings import is_year, section_of, section_of_marked
from cmr_watch.monitor.parse.panels import MARKED_TAGS, put_headings_in_front, short_text

MAX_ATTRIBUTES: Final = 1_000
MAX_DEPTH: Final = 500
"""Nested deeper than this is no page that a person wrote."""

_META_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")
_CONTROL_BYTES: Final = bytes([*range(9), 11, 12, *range(14, 32), 127])
_SINGLE_BYTE: Final = frozenset({"ascii", "iso8859-1", "iso8859-15", "cp1252"})


@dataclass(frozen=True, slots=True)
class Document:
    """A page cut down to what a reader sees. `complete`: it ends with its `</html>`."""

    root: html.HtmlElement
    complete: bool


def open_document(content: bytes, charset: str | None) -> Document:
    """The page's tree without comments, scripts, menus and the like; ParseError if no person can have written it."""
    text = decode(content, charset)
    bare, closed = _cut_raw_parts(text)
    root = _tree(bare)
    _empty(element for element in root.iter(*_FURNITURE_TAGS) if not _opens_a_part(element))
    _empty(element for element in _WITH_ATTRIBUTES(root) if _is_furniture(element))
    put_headings_in_front(root)
    return Document(root, closed and bool(re.search(r"</html\s*>", bare[-400_000:], re.I)))


# ── bytes to text ────────────────────────────────────────────────────────────────────────────────────────────────


def decode(content: bytes, charset: str | None) -> str:
    """Text by the header's charset, then the meta element's, then UTF-8; what cannot be decoded becomes U+FFFD.

    A declared single-byte charset gives way to UTF-8 when the bytes are valid UTF-8 beyond ASCII: such text is never
    Latin-1 by accident, and reading “KrakÃ³w” would look like a moved edition.
    """
    for mark, name in _BOMS:
        if content.startswith(mark):
            return _CONTROLS.sub("", content[len(mark) :].decode(name, errors="replace"))
    content = content.translate(None, _CONTROL_BYTES)
    declared = _known(charset) or _known(_meta_charset(content)) or "utf-8"
    if declared in _SINGLE_BYTE:
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return content.decode(declared, errors="replace")


def _meta_charset(content: bytes) -> str | None:
    match = _META_CHARSET.search(content[:100_000])
    return match[1].decode("ascii", errors="replace") if match else None


def _known(charset: str | None) -> str | None:
    """A text encoding's canonical name, or None; a page that names UTF-16 in ASCII text means UTF-8 (HTML §4.2.5)."""
    try:
        found = codecs.lookup(charset or "")
    except (LookupError, ValueError):
        return None
    if not found._is_text_encoding or found.name in _NO_PAGE_CHARSETS:
        return None
    return "utf-8" if found.name.startswith(("utf-16", "utf-32", "utf-7")) else found.name


_NO_PAGE_CHARSETS: Final = ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "unicode-escape")
_RAW: Final = ("script", "style", "textarea", "xmp", "noembed", "title", "iframe", "noframes")
_RAW_START: Final = re.compile(rf"<!--|<({'|'.join(_RAW)})\b", re.I)
_RAW_END: Final = {name: re.compile(rf"</{name}\b[^>]*>", re.I) for name in _RAW}


def _cut_raw_parts(text: str) -> tuple[str, bool]:
    """The text without comments, scripts and styles, and whether each of them was closed.

    One pass from left to right, as a browser's tokenizer goes: a comment in a script is script, and vice versa.
    """
    kept: list[str] = []
    position = 0
    while start := _RAW_START.search(text, position):
        kept.append(text[position : start.start()])
        end = _end_of_raw(text, start)
        if end is None:
            return " ".join(kept), False
        position = end
    kept.append(text[position:])
    return "".join(kept), True


def _end_of_raw(text: str, start: re.Match[str]) -> int | None:
    if start[1] is None:
        # `<!-->` and `<!--->` are whole comments (HTML §13.2.5.43), hence the two characters back.
        end = text.find("-->", start.end() - 2)
        return end + 3 if end >= 0 else None
    closing = _RAW_END[start[1].lower()].search(text, start.end())
    return closing.end() if closing else None


# ── text to tree ─────────────────────────────────────────────────────────────────────────────────────────────────

_FURNITURE_TAGS: Final = frozenset(
    {"head", "nav", "aside", "footer", "template", "noscript", "iframe", "object", "embed", "svg", "math", "select"}
    | {"button", "dialog", "audio", "video", "canvas", "datalist", "map", "applet", "noframes", "menu"}
)
_FURNITURE_ROLES: Final = frozenset(
    {"navigation", "complementary", "contentinfo", "search", "banner", "dialog", "alertdialog", "menu", "menubar"}
)
_HIDDEN_STYLE: Final = re.compile(r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden", re.I)
_HIDDEN_CLASS: Final = re.compile(r"(?:^|\s)(?:visually-hidden|sr-only|hidden|element-invisible|d-none)(?:$|\s)")
_WITH_ATTRIBUTES: Final = etree.XPath("/html/body//*[@role or @hidden or @style or @class]")
_TOO_DEEP: Final = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")


_TAG: Final = re.compile(r"""<[a-zA-Z](?:[^>"']++|"[^"]*+"|'[^']*+'|["'])*+""")
_LONG_TAG: Final = 5_000
_VALUE: Final = re.compile(r"\"[^\"]*+\"|'[^']*+'")


def _refuse_crowded_tags(text: str) -> None:
    """libxml2 compares each attribute of an element with all others: thousands take quadratic time."""
    for tag in _TAG.findall(text):
        if len(tag) > _LONG_TAG and len(_VALUE.sub("", tag).split()) > MAX_ATTRIBUTES:
            raise ParseError(f"An element of the page has more than {MAX_ATTRIBUTES} attributes.")


def _tree(text: str) -> html.HtmlElement:
    _refuse_crowded_tags(text)
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        # An empty page is a page that says nothing, not a broken one.
        markup = (text if text.strip() else "<body></body>").encode("utf-8", errors="replace")
        root = html.document_fromstring(markup, parser=parser, ensure_head_body=True)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise ParseError(f"The page is no HTML document: {str(error)[:200] or 'it is empty'}.") from error
    # libxml2 stops at a depth of 2048, so what it would leave out is refused here.
    if _TOO_DEEP(root):
        raise ParseError(f"The page's elements are nested more than {MAX_DEPTH} deep.")
    return root


def _opens_a_part(element: html.HtmlElement) -> bool:
    """Whether an element is the button that heads a part of an accordion."""
    if element.tag != "button":
        return False
    text = short_text(element)
    return bool(section_of_marked(text)) or is_year(text) or (bool(text) and _unfolds(element))


def _unfolds(element: html.HtmlElement) -> bool:
    """Whether a button says of itself that it shows and hides a part of the text."""
    attributes = element.attrib
    toggles = attributes.get("data-bs-toggle", attributes.get("data-toggle", ""))
    return "accordion" in attributes.get("class", "") or toggles == "collapse"


def _is_furniture(element: html.HtmlElement) -> bool:
    """Never content, wherever it stands: what is no part of the text, or hidden from every reader."""
    attributes = element.attrib
    role = attributes.get("role", "").lower()
    return (
        role in _FURNITURE_ROLES
        or ("hidden" in attributes and role != "tabpanel")
        or bool(_HIDDEN_STYLE.search(attributes.get("style", "")))
        or bool(_HIDDEN_CLASS.search(attributes.get("class", "")))
    )


def _empty(elements: Iterable[html.HtmlElement]) -> None:
    """Take out all that the elements hold. They stay, empty, so that the text around them is not copied each time."""
    for element in list(elements):
        element.clear(keep_tail=True)


# ── where the article may be ─────────────────────────────────────────────────────────────────────────────────────

_BODY_FIELD: Final = etree.XPath("//*[contains(concat(' ', normalize-space(@class), ' '), ' field--name-body ')]")
_WIDE: Final = tuple(
    map(etree.XPath, ("//article", "//main | //*[@role='main' or @id='main-content' or @id='content']", "//body"))
)
_MOST: Final = 4


def candidates(document: Document) -> Iterator[Sequence[html.HtmlElement]]:
    """Elements that may be the article, the likeliest group first: classes change, the headings' words stay.

    First the body field of Drupal's templates; then, wherever they are, the smallest elements that hold a heading of
    each section; then ever wider ones; at last those without regard to what their parts are named.
    """
    fields = _BODY_FIELD(document.root)[:_MOST]
    yield [_without_boxes(field, _is_other_box) for field in fields]
    root = _without_boxes(document.root, _is_named_as_teaser)
    yield [_without_boxes(element, _is_other_box) for element in _narrowest(root)]
    for wide in _WIDE:
        yield [_without_boxes(element, _is_other_box) for element in wide(root)[:_MOST]]
    yield [*fields, document.root]


_HEADING_TAGS: Final = (*MARKED_TAGS, "p", "li", "div", "span", "td")
_MOST_HEADINGS: Final = 20


def _narrowest(root: html.HtmlElement) -> list[html.HtmlElement]:
    """The smallest elements that hold headings of both sections, the deepest first."""
    found: dict[Section, list[html.HtmlElement]] = {"upcoming": [], "past": []}
    for element in root.iter(*_HEADING_TAGS):
        text = short_text(element)
        section = section_of_marked(text) if element.tag in MARKED_TAGS else section_of(text)
        if section and len(found[section]) < _MOST_HEADINGS:
            found[section].append(element)
    pairs = {_common_ancestor(one, other) for one in found["upcoming"] for other in found["past"]}
    return sorted(pairs, key=_depth, reverse=True)[:_MOST]


def _common_ancestor(one: html.HtmlElement, other: html.HtmlElement) -> html.HtmlElement:
    above = set(one.iterancestors())
    return next(element for element in other.iterancestors() if element in above)


def _depth(element: html.HtmlElement) -> int:
    return sum(1 for _ in element.iterancestors())


_TEASER: Final = re.compile(
    r"(?:^|[\s_-])(?:teasers?|sidebar|related|breadcrumbs?|menu|nav|navbar|navigation|footer|cookies?|pager|social"
    r"|newsletter|advert\w{0,20}|promo|modal|popup|carousel|slider|search|comments?|views-element-container|block-views)"
    r"(?:$|[\s_-])",
    re.I,
)
_BOXES: Final = frozenset({"div", "section", "ul", "ol", "form", "article", "header"})
_MOST_CHECKS: Final = 60


def _without_boxes(article: html.HtmlElement, is_other: Callable[[html.HtmlElement], bool]) -> html.HtmlElement:
    """A copy of the article without the boxes in it that are something else.

    A box that holds most of the text is the article itself, whatever its name (`page-with-sidebar`).
    """
    copy = deepcopy(article)
    boxes = [box for box in copy.iterdescendants(*_BOXES) if is_other(box)]
    half = _text_length(copy) / 2 if boxes else 0
    _empty(box for n, box in enumerate(boxes) if n >= _MOST_CHECKS or _text_length(box) < half)
    return copy


def _text_length(element: html.HtmlElement) -> int:
    return sum(map(len, element.itertext()))


def _is_named_as_teaser(box: html.HtmlElement) -> bool:
    return bool(_TEASER.search(f"{box.get('class') or ''} {box.get('id') or ''}"))


def _is_other_box(box: html.HtmlElement) -> bool:
    return box.tag == "article" or _is_named_as_teaser(box)
