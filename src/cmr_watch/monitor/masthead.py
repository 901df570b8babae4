"""What says which page this is, besides its content: language, main headings and title (READING B2, B4). Pure."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

_LANG: Final = re.compile(r"<html\b[^>]{0,1000}?\blang\s*=\s*[\"']?\s*([a-z]{2,8})", re.I)
_HEADING_START: Final = re.compile(r"<h1\b[^>]{0,500}>", re.I)
_HEADING_END: Final = re.compile(r"</h1\s*>", re.I)
_TITLE: Final = re.compile(r"<title\b[^>]{0,500}>([^<]{0,2000})</title", re.I)
_TAG: Final = re.compile(r"<[^<>]{0,500}>")
_MAX_HEAD: Final = 20_000
_MAX_HEADING: Final = 2_000
_MAX_HEADINGS: Final = 5


def lang_of(text: str) -> str | None:
    """The primary subtag of the language that the document declares: `en`."""
    match = _LANG.search(text, 0, _MAX_HEAD)
    return match[1].lower() if match else None


def h1_of(text: str) -> str | None:
    """The text of the main headings, usually one; None if there is none."""
    headings: list[str] = []
    for start in _HEADING_START.finditer(_without_comments(text)):
        end = _HEADING_END.search(start.string, start.end(), start.end() + _MAX_HEADING)
        if end and len(headings) < _MAX_HEADINGS:
            headings.append(" ".join(unescape(_TAG.sub(" ", start.string[start.end() : end.start()])).split()))
    return " · ".join(filter(None, headings)) or None


def title_of(text: str) -> str:
    """The title of the document and its main headings; empty if there are none."""
    match = _TITLE.search(text, 0, _MAX_HEAD)
    return " · ".join(filter(None, (" ".join(unescape(match[1]).split()) if match else "", h1_of(text))))


def _without_comments(text: str) -> str:
    """The text without comments; one that is not closed is kept."""
    parts, position = [], 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        parts.append(text[position:start])
        position = end + 3
    return "".join((*parts, text[position:]))
