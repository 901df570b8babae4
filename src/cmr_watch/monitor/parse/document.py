"""From the bytes of a page to the article's text lines and their links, whatever tags carry them.

The order: decode → cut comments, scripts and styles out of the text → a fast tree (lxml) to find the article and drop
the furniture around it → Beautiful Soup for the article alone, which is small.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree, html

from cmr_watch.exceptions import ParseError
from cmr_watch.models import Section

MAX_DEPTH: Final = 500
"""Nested deeper than this is no page that a person wrote."""

_META_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SINGLE_BYTE: Final = frozenset({"ascii", "iso8859-1", "iso8859-15", "cp1252"})


@dataclass(frozen=True, slots=True)
class Document:
    """A page cut down to what a reader sees. `complete`: it ends with its `</html>`."""

    root: html.HtmlElement
    complete: bool


def open_document(content: bytes, charset: str | None) -> Document:
    """The page's tree without comments, scripts, menus and the like; ParseError if it is no document at all."""
    text = decode(content, charset)
    bare, closed = _cut_raw_parts(text)
    root = _tree(bare)
    _refuse_bottomless(root)
    for element in [element for element in root.iter() if _is_furniture(element)]:
        _drop(element)
    return Document(root, closed and bool(re.search(r"</html\s*>", bare[-400_000:], re.I)))


# ── bytes to text ────────────────────────────────────────────────────────────────────────────────────────────────


def decode(content: bytes, charset: str | None) -> str:
    """Text by the header's charset, then the meta element's, then UTF-8; what cannot be decoded becomes U+FFFD.

    A declared single-byte charset gives way to UTF-8 when the bytes are valid UTF-8 beyond ASCII: such text is never
    Latin-1 by accident, and reading “KrakÃ³w” would look like a moved edition.
    """
    for mark, name in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(name, errors="replace")
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
_RAW_START: Final = re.compile(r"<!--|<(script|style|textarea|xmp|noembed)\b", re.I)
_RAW_END: Final = {
    name: re.compile(rf"</{name}\b[^>]*>", re.I) for name in ("script", "style", "textarea", "xmp", "noembed")
}
_CONTROLS: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127], None)


def _cut_raw_parts(text: str) -> tuple[str, bool]:
    """The text without comments, scripts and styles, and whether each of them was closed.

    One pass from left to right, as a browser's tokenizer goes: a comment in a script is script, and vice versa.
    """
    text = text.translate(_CONTROLS)
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


def _tree(text: str) -> html.HtmlElement:
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = html.document_fromstring(text.encode("utf-8", errors="replace"), parser=parser, ensure_head_body=True)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise ParseError(f"The page is no HTML document: {str(error)[:200] or 'it is empty'}.") from error
    return root


def _refuse_bottomless(root: html.HtmlElement) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise ParseError(f"The page's elements are nested more than {MAX_DEPTH} deep.")


_FURNITURE_TAGS: Final = frozenset(
    {"head", "nav", "aside", "footer", "template", "noscript", "iframe", "object", "embed", "svg", "math", "select"}
    | {"button", "dialog", "audio", "video", "canvas", "datalist", "map", "applet", "noframes", "menu"}
)
_FURNITURE_ROLES: Final = frozenset(
    {"navigation", "complementary", "contentinfo", "search", "banner", "dialog", "alertdialog", "menu", "menubar"}
)
_HIDDEN_STYLE: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)


def _is_furniture(element: html.HtmlElement) -> bool:
    """Never content, wherever it stands: menus, asides, footers, and what is hidden from every reader."""
    if element.tag in _FURNITURE_TAGS:
        return True
    attributes = element.attrib
    if not attributes or element.tag in ("html", "body"):
        return False
    return (
        (attributes.get("role") or "").lower() in _FURNITURE_ROLES
        or "hidden" in attributes
        or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))
    )


def _drop(element: html.HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


# ── where the article may be ─────────────────────────────────────────────────────────────────────────────────────

_BODY_FIELD: Final = "descendant::*[contains(concat(' ', normalize-space(@class), ' '), ' field--name-body ')]"
_ARTICLE: Final = "descendant::article"
_MAIN: Final = "descendant::main | descendant::*[@role='main'] | descendant::*[@id='main-content' or @id='content']"
_MAX_CANDIDATES: Final = 4


def candidates(document: Document, section_of: Callable[[str], Section | None]) -> Iterator[html.HtmlElement]:
    """Elements that may be the article, the likeliest first: classes change, the headings' words stay.

    First the body field of Drupal's templates; then, wherever it is, the smallest element that holds a heading of each
    section; then ever wider ones. `section_of` tells which section a heading's words open.
    """
    root = document.root
    yield from root.xpath(_BODY_FIELD)[:_MAX_CANDIDATES]
    narrowest = _narrowest(root, section_of)
    if narrowest is not None:
        yield without_teasers(narrowest)
    for expression in (_ARTICLE, _MAIN, "descendant::body"):
        for element in root.xpath(expression)[:_MAX_CANDIDATES]:
            yield without_teasers(element)


_HEADING_TAGS: Final = (
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "summary",
    "strong",
    "b",
    "p",
    "legend",
    "caption",
    "th",
    "dt",
    "li",
    "div",
    "span",
)
_LONGEST_HEADING: Final = 160
_MOST_HEADINGS: Final = 20


def _narrowest(root: html.HtmlElement, section_of: Callable[[str], Section | None]) -> html.HtmlElement | None:
    found: dict[Section, list[html.HtmlElement]] = {"upcoming": [], "past": []}
    for element in root.iter(*_HEADING_TAGS):
        text = _short_text(element)
        section = section_of(text) if text else None
        if section and len(found[section]) < _MOST_HEADINGS:
            found[section].append(element)
    pairs = [_common_ancestor(one, other) for one in found["upcoming"] for other in found["past"]]
    return max(pairs, key=_depth, default=None)


def _short_text(element: html.HtmlElement) -> str:
    """An element's text, or nothing when it is too long for a heading: stops reading there."""
    text = ""
    for piece in element.itertext():
        text += piece
        if len(text) > _LONGEST_HEADING:
            return ""
    return text


def _common_ancestor(one: html.HtmlElement, other: html.HtmlElement) -> html.HtmlElement:
    above = set(one.iterancestors())
    return next(element for element in other.iterancestors() if element in above)


def _depth(element: html.HtmlElement) -> int:
    return sum(1 for _ in element.iterancestors())


_TEASER: Final = re.compile(
    r"(?:^|[\s_-])(?:teasers?|sidebar|related|breadcrumbs?|menu|nav|navbar|navigation|footer|cookies?|pager|social"
    r"|newsletter|advert\w*|promo|modal|popup|carousel|slider|search|comments?)(?:$|[\s_-])",
    re.I,
)
_BOXES: Final = frozenset({"div", "section", "ul", "ol", "form", "article", "header"})
_MOST_CHECKS: Final = 60


def without_teasers(article: html.HtmlElement) -> html.HtmlElement:
    """A copy of the article without boxes that are named as something else, and without articles inside it.

    A box that holds most of the text is the article itself, whatever its name (`page-with-sidebar`).
    """
    copy = html.fromstring(etree.tostring(article, encoding="unicode", with_tail=False))
    named = [inner for inner in copy.iterdescendants() if _is_named_as_teaser(inner)]
    half = _text_length(copy) / 2
    for element in [box for n, box in enumerate(named) if n >= _MOST_CHECKS or _text_length(box) < half]:
        _drop(element)
    return copy


def _text_length(element: html.HtmlElement) -> int:
    return sum(map(len, element.itertext()))


def _is_named_as_teaser(element: html.HtmlElement) -> bool:
    if element.tag not in _BOXES:
        return False
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return element.tag == "article" or bool(_TEASER.search(names))
