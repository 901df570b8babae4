"""From the bytes of a page to its tree: completeness, the elements that may be the article, and their nodes.

The importer of lxml and Beautiful Soup. Order: decode → cut comments, scripts and styles out of the text → a tree in
which lxml finds the article and drops the boilerplate around it → the nodes of the article alone, by Beautiful Soup.

    document = open_document(content, charset)     ParseError if it is not a page, or beyond a limit
    for candidate in candidates(document):         the likeliest first; `why` says how it was found
        for node in nodes_of(candidate.markup):    ("start", tag, attributes) | ("end", tag, {}) | ("text", text, {})

Pure; time and memory are linear in the page's length. Errors: ParseError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from itertools import islice
from typing import Final, NamedTuple, cast

from lxml import etree

from cmr_watch.charsets import decode
from cmr_watch.exceptions import ParseError
from cmr_watch.reading.headings import meaning
from cmr_watch.reading.lexicon import words_of
from cmr_watch.reading.panels import put_headings_in_front, short_text

MAX_ATTRIBUTES: Final = 1_000
MAX_DEPTH: Final = 500
"""No page written by a person is nested more deeply than this."""
MAX_TAGS: Final = 200_000
"""Start and end tags of a page; real ones have about 5,000."""
MAX_PAGE_LINKS: Final = 20_000
MAX_ARTICLE_ELEMENTS: Final = 30_000
"""Elements of the article; real ones have about 300."""


class Document(NamedTuple):
    """A page without its invisible parts. `is_complete`: it ends with its `</html>`. `lang`: as its root declares."""

    root: etree._Element
    is_complete: bool
    lang: str | None = None


class Candidate(NamedTuple):
    """An element that may be the article, and how it was found. `markup` is the same for the same article.

    `is_article`: only the article is in it; a wider one contains unrelated lines too.
    """

    why: str
    element: etree._Element
    is_article: bool = True

    @property
    def markup(self) -> str:
        return str(etree.tostring(self.element, encoding="unicode", with_tail=False))

    @property
    def has_body_field(self) -> bool:
        """Whether it contains the body field of Drupal's templates."""
        return bool(_BODY_FIELDS_IN(self.element))


def open_document(content: bytes, charset: str | None) -> Document:
    """The page's tree without comments, scripts, menus and the like; ParseError if no person can have written it."""
    bare, is_closed = _cut_raw_parts(decode(content, charset))
    root = _tree(bare)
    _empty(element for element in root.iter(*sorted(_BOILERPLATE_TAGS)) if not _opens_a_part(element))
    panels = frozenset(str(name).removeprefix("#") for name in _PANELS(root))
    _empty(element for element in _WITH_ATTRIBUTES(root) if _is_boilerplate(element, panels))
    put_headings_in_front(root)
    is_complete = is_closed and "</html" in bare[-400_000:].lower()
    return Document(root, is_complete, root.get("lang"))


# ── invisible parts ──────────────────────────────────────────────────────────────────────────────────────────────────

_RAW: Final = "script|style|textarea|xmp|noembed|title|iframe|noframes"
_RAW_LETTERS: Final = "".join({name[0] + name[0].upper() for name in _RAW.split("|")})
_RAW_START: Final = re.compile(rf"<(?=[!{_RAW_LETTERS}])(?:!--|((?i:{_RAW}))\b)")
_RAW_END: Final = re.compile(rf"</({_RAW})\b[^>]*>", re.I)


_CUT: Final = "\0"
"""Marks where a comment was; a control character, which no page contains."""
_END_OF_ODD: Final = frozenset(">-")
"""What a comment that is closed at once begins with: `<!-->`, `<!--->` (HTML §13.2.5.43)."""


def _cut_raw_parts(text: str) -> tuple[str, bool]:
    """The text without comments, scripts and styles, and whether each of them was closed.

    Comments are cut first and fast; where one is irregular, or inside a script, everything is done again step by step.
    """
    first, *pieces = text.split("<!--")
    parted = [piece.partition("-->") for piece in pieces]
    after = [rest for inner, end, rest in parted if end and inner[:1] not in _END_OF_ODD]
    if len(after) == len(pieces):
        bare, is_closed = _cut_step_by_step(_CUT.join([first, *after]))
        if is_closed and bare.count(_CUT) == len(after):
            return bare.replace(_CUT, ""), True
    return _cut_step_by_step(text)


def _cut_step_by_step(text: str) -> tuple[str, bool]:
    """One pass from left to right, as a browser's tokenizer goes: a comment in a script is script, and vice versa."""
    kept: list[str] = []
    position = 0
    while start := _RAW_START.search(text, position):
        kept.append(text[position : start.start()])
        if start[1]:
            position = _end_of_element(text, start[1].lower(), start.end())
            kept += _frame(text, start) if start[1].lower() == "iframe" else ()
        else:
            # `<!-->` and `<!--->` are whole comments (HTML §13.2.5.43), hence the two characters back.
            position = text.find("-->", start.end() - 2) + len("-->")
        if position < start.end():
            return " ".join(kept), False
    return "".join([*kept, text[position:]]), True


def _frame(text: str, start: re.Match[str]) -> tuple[str, ...]:
    """A frame without its content: its address may be that of a form (O2)."""
    tag = _TAG.match(text, start.start())
    return (f"{tag[0]}></iframe>",) if tag else ()


def _end_of_element(text: str, name: str, position: int) -> int:
    """Where its end tag ends; -1 if there is none."""
    return next((end.end() for end in _RAW_END.finditer(text, position) if end[1].lower() == name), -1)


# ── text to tree ─────────────────────────────────────────────────────────────────────────────────────────────────────

_BOILERPLATE_TAGS: Final = words_of(
    """
    head nav aside footer template noscript object embed svg math select button dialog audio video canvas
    datalist map applet noframes menu
    """
)
_BOILERPLATE_ROLES: Final = words_of(
    "navigation complementary contentinfo search banner dialog alertdialog menu menubar"
)
_HIDDEN_STYLES: Final = frozenset({("display", "none"), ("visibility", "hidden")})
_HIDDEN_CLASSES: Final = frozenset(["visually-hidden", "sr-only", "hidden", "element-invisible", "d-none"])
_WITH_ATTRIBUTES: Final = etree.XPath("/html/body//*[@role or @hidden or @style or @class]")
_PANELS: Final = etree.XPath("//@aria-controls | //@data-target | //@data-bs-target | //a/@href[starts-with(., '#')]")
_TOO_DEEP: Final = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")
_TAG: Final = re.compile(r"""<[a-zA-Z](?:[^>"']++|"[^"]*+"|'[^']*+'|["'])*+""")
_LONG_TAG: Final = 5_000
_BETWEEN_ATTRIBUTES: Final = b" \n\t\r\f\"'/"
_FEW_ATTRIBUTES: Final = 20_000
"""With fewer attribute separators than this, no element has enough attributes to take a second."""
_VALUE: Final = re.compile(r"\"[^\"]*+\"|'[^']*+'")


def _refuse_excess(text: str, markup: bytes) -> None:
    """ParseError before a tree is built that would take too much time or memory."""
    if text.count("<") > MAX_TAGS:
        raise ParseError(f"The page has more than {MAX_TAGS} tags.")
    if text.count("<a ") > MAX_PAGE_LINKS:
        raise ParseError(f"The page has more than {MAX_PAGE_LINKS} links.")
    # libxml2 compares each attribute of an element with all others: tens of thousands take seconds.
    if len(markup) - len(markup.translate(None, _BETWEEN_ATTRIBUTES)) < _FEW_ATTRIBUTES:
        return
    for tag in _TAG.finditer(text):
        if tag.end() - tag.start() > _LONG_TAG and len(_VALUE.sub("", tag[0]).split()) > MAX_ATTRIBUTES:
            raise ParseError(f"An element of the page has more than {MAX_ATTRIBUTES} attributes.")


def _parser() -> etree.HTMLParser:
    return etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)


def _tree(text: str) -> etree._Element:
    markup = text.encode(errors="replace")
    _refuse_excess(text, markup)
    try:
        root = etree.fromstring(markup or b" ", parser=_parser())
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise ParseError(f"The page is no HTML document: {str(error)[:200]}.") from error
    if root is None:  # a page without any element is empty, not broken
        root = etree.Element("html")
    # libxml2 stops at a depth of 2048, so a deeper page is refused here.
    if _TOO_DEEP(root):
        raise ParseError(f"The page's elements are nested more than {MAX_DEPTH} deep.")
    return root


_HEADING_TAGS: Final = frozenset({"h2", "h3", "h4", "h5", "h6", "strong", "b"})
_TOGGLES: Final = ("aria-expanded", "aria-controls")


def _opens_a_part(element: etree._Element) -> bool:
    """Whether an element is the button that heads a part of an accordion, or a tab (S1)."""
    if element.tag != "button":
        return False
    text, attributes = short_text(element), element.attrib
    if not text:
        return False
    found = meaning(text, is_marked=True)
    return (
        bool(found.section or found.is_year)
        or any(name in attributes for name in _TOGGLES)
        or any(above.tag in _HEADING_TAGS for above in islice(element.iterancestors(), 3))
    )


def _is_boilerplate(element: etree._Element, panels: frozenset[str]) -> bool:
    """Never content, wherever it is: what is not part of the text, or is hidden from every reader.

    `panels`: the ids of collapsed panels, which a reader can open.
    """
    role = (element.get("role") or "").lower()
    if role in _BOILERPLATE_ROLES:
        return True
    if role == "tabpanel" or (element.get("id") or " ") in panels:
        return False
    return (
        element.get("hidden") is not None
        or not _HIDDEN_STYLES.isdisjoint(styles_of(element.get("style") or ""))
        or not _HIDDEN_CLASSES.isdisjoint((element.get("class") or "").split())
    )


def styles_of(style: str) -> list[tuple[str, str]]:
    """The declarations of a style, in lower case: `("display", "none")`."""
    pairs = (declaration.lower().partition(":") for declaration in style.split(";"))
    return [(name.strip(), value.partition("!")[0].strip()) for name, _, value in pairs]


def _empty(elements: Iterable[etree._Element]) -> None:
    """Remove the content of the elements. They stay, empty, so that the text around them is not copied each time."""
    for element in list(elements):
        element.clear(keep_tail=True)


# ── where the article may be ─────────────────────────────────────────────────────────────────────────────────────────

_BODY_FIELD: Final = etree.XPath("//*[contains(concat(' ', normalize-space(@class), ' '), ' field--name-body ')]")
_BODY_FIELDS_IN: Final = etree.XPath(
    "boolean(descendant-or-self::*[contains(concat(' ', normalize-space(@class), ' '), ' field--name-body ')])"
)
_WIDE: Final = {
    "article": etree.XPath("//article"),
    "main": etree.XPath("//main | //*[@role='main' or @id='main-content' or @id='content']"),
    "body": etree.XPath("//body"),
}
_MOST: Final = 4
_TITLES: Final = etree.XPath("//h1")


def titles(document: Document) -> list[etree._Element]:
    """The first headings of the first rank."""
    return list(_TITLES(document.root)[:_MOST])


def candidates(document: Document) -> Iterator[tuple[Candidate, ...]]:
    """Groups of elements that may be the article, the likeliest group first: classes change, the headings' words stay.

    First the body field of Drupal's templates; then ever wider ones; finally those without regard to what their parts
    are named.
    """
    fields = _BODY_FIELD(document.root)[:_MOST]
    yield tuple(Candidate("body field", _without_boxes(field, _is_other_box)) for field in fields)
    root = _without_boxes(document.root, _is_named_as_teaser)
    has_article = False
    for why, find in _WIDE.items():
        found = find(root)[:_MOST]
        is_article = why != "body" or not has_article
        yield tuple(Candidate(why, _without_boxes(one, _is_other_box), is_article) for one in found)
        has_article = has_article or bool(found)
    yield tuple(Candidate("body field with all boxes", field) for field in fields)
    yield (Candidate("everything", document.root, is_article=False),)


_TEASERS: Final = words_of(
    """
    teaser teasers sidebar related breadcrumb breadcrumbs menu nav navbar navigation footer cookie cookies pager social
    newsletter advert advertisement promo modal popup carousel slider search comment comments
    """
)
_TEASER_BOXES: Final = (" views element container ", " block views ")
_PARTS_OF_CLASSES: Final = str.maketrans("_-", "  ")
_BOXES: Final = ("div", "section", "ul", "ol", "form", "article", "header")
_MOST_CHECKS: Final = 60


def _without_boxes(article: etree._Element, is_other: Callable[[etree._Element], bool]) -> etree._Element:
    """A copy of the article without the unrelated boxes in it.

    A box that contains most of the text is the article itself, whatever its name (`page-with-sidebar`).
    """
    copy = deepcopy(article)
    boxes = [box for box in copy.iterdescendants(*_BOXES) if is_other(box)]
    half = _text_length(copy) / 2 if boxes else 0
    _empty(box for n, box in enumerate(boxes) if n >= _MOST_CHECKS or _text_length(box) < half)
    return copy


def _text_length(element: etree._Element) -> int:
    return sum(map(len, element.itertext()))


def _is_named_as_teaser(box: etree._Element) -> bool:
    names = f"{box.get('class') or ''} {box.get('id') or ''}".lower().translate(_PARTS_OF_CLASSES).split()
    return not _TEASERS.isdisjoint(names) or any(one in f" {' '.join(names)} " for one in _TEASER_BOXES)


def _is_other_box(box: etree._Element) -> bool:
    return box.tag == "article" or _is_named_as_teaser(box)


# ── its nodes ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Node(NamedTuple):
    """A start tag, an end tag or a text, in the order of the page; `name` is the tag, or the text itself."""

    event: str
    name: str
    attributes: Mapping[str, str]


_NOTHING: Final[Mapping[str, str]] = {}


def nodes_of(markup: str) -> Iterator[Node]:
    """The nodes of an element's markup, without recursion: the page determines the depth."""
    if markup.count("<") > 2 * MAX_ARTICLE_ELEMENTS:
        raise ParseError(f"The article has more than {MAX_ARTICLE_ELEMENTS} elements.")
    # loaded with the first article: importing it takes longer than reading a page
    from bs4 import BeautifulSoup
    from bs4.element import NavigableString, Tag

    soup: Tag = BeautifulSoup(markup, "lxml", multi_valued_attributes=None)
    stack = [(soup, iter(soup.contents))]
    while stack:
        tag, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            yield from [Node("end", tag.name, _NOTHING)] if stack else ()
        elif isinstance(child, Tag):
            # one string each, as `multi_valued_attributes` says
            yield Node("start", child.name, cast("dict[str, str]", child.attrs))
            stack.append((child, iter(child.contents)))
        elif type(child) is NavigableString:  # its subclasses are comments, declarations and the like
            yield Node("text", str(child), _NOTHING)
