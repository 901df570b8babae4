"""Strict checks of an HTML page: its syntax, and whether it follows the rules of the site."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

_VOID: Final = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_SVG_SHAPES: Final = frozenset(["path", "rect", "circle", "line", "g", "use", "text", "title", "desc"])
_FORBIDDEN: Final = frozenset(["script", "style", "iframe", "object", "embed", "base"])


@dataclass
class Page(HTMLParser):
    """A page that was parsed: its texts and links, and everything that is wrong with it."""

    errors: list[str] = field(default_factory=list)
    open_tags: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    title: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in _FORBIDDEN:
            self.errors.append(f"<{tag}> is not allowed")
        self.errors += [f"<{tag} {name}> is not allowed" for name in values if name == "style" or name.startswith("on")]
        if len(values) != len(attrs):
            self.errors.append(f"<{tag}> has an attribute twice")
        if tag == "p" and "p" in self.open_tags:
            self.errors.append("a <p> within a <p>")
        self._note(tag, values)
        if tag not in _VOID:
            self.open_tags.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SVG_SHAPES:
            self.errors.append(f"<{tag}/> is no void element")

    def handle_endtag(self, tag: str) -> None:
        if not self.open_tags or self.open_tags[-1] != tag:
            self.errors.append(f"</{tag}> closes {self.open_tags[-1:] or 'nothing'}")
        elif self.open_tags.pop() == "a" and not self.links[-1][1].strip():
            self.errors.append(f"the link to {self.links[-1][0]} has no text")

    def handle_data(self, data: str) -> None:
        self.text += data
        if "title" in self.open_tags and "svg" not in self.open_tags:
            self.title += data
        if "a" in self.open_tags:
            self.links[-1] = (self.links[-1][0], self.links[-1][1] + data)
        if self.open_tags and re.fullmatch(
            "h[1-6]", next((t for t in self.open_tags if re.fullmatch("h[1-6]", t)), "")
        ):
            self.headings[-1] = (self.headings[-1][0], self.headings[-1][1] + data)

    def _note(self, tag: str, values: dict[str, str | None]) -> None:
        if identifier := values.get("id"):
            if identifier in self.ids:
                self.errors.append(f"the id {identifier} is there twice")
            self.ids.append(identifier)
        self.references += (values.get("aria-labelledby") or "").split()
        if tag in ("img", "source") and not (values.get("src") or "").startswith("/"):
            self.errors.append("a picture of another site")
        if tag == "img" and values.get("alt") is None:
            self.errors.append("a picture without alt")
        if tag == "a":
            self.links.append((values.get("href") or "", ""))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))


def checked(html: str) -> Page:
    """The page, which must be well formed, and accessible as far as that can be seen in its source."""
    page = Page()
    page.feed(html)
    page.close()
    page.text = " ".join(page.text.split())
    assert html.startswith("<!DOCTYPE html>")
    assert page.open_tags == []
    assert page.errors == []
    assert [reference for reference in page.references if reference not in page.ids] == []
    _check_headings([level for level, _ in page.headings])
    assert all(text.strip() for _, text in page.headings)
    _check_link_texts(page)
    return page


def _check_headings(levels: list[int]) -> None:
    assert levels.count(1) == 1
    jumps = [(one, other) for one, other in itertools.pairwise(levels) if other > one + 1]
    assert jumps == []


def _check_link_texts(page: Page) -> None:
    """Links with the same words lead to the same place (WCAG 2.4.4), and none says only “here”."""
    targets: dict[str, set[str]] = {}
    for href, text in page.links:
        targets.setdefault(" ".join(text.split()).casefold(), set()).add(href)
    ambiguous = {text: hrefs for text, hrefs in targets.items() if len(hrefs) > 1}
    assert ambiguous == {}
    assert not targets.keys() & {"here", "more", "link", "csv", "json"}
