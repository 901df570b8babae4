"""The language of a request is the beginning of its path: `/de/calls`; without one it is English.

Nothing else decides it: a link shows the same to everyone, and each page links to itself in the other languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import RedirectResponse

from cmr_watch.languages import ENGLISH, LANGUAGES
from cmr_watch.render.i18n import in_language, language, local_path
from cmr_watch.web.public.http import HEADERS

_DATA: Final = (".json", ".csv")
_NEUTRAL: Final = ("/api/", "/static/", "/favicon.svg", "/robots.txt")
_TAG: Final = re.compile(r"<(?:a|form|img|link)\b[^>]*>")
_ADDRESS: Final = re.compile(r' (href|action|src)="(/(?!/)[^"?#]*)')


class ByLanguage:
    """An ASGI application that serves another one in the language of the path."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        code = language_of(scope.get("path", ""))
        if scope["type"] != "http" or code == ENGLISH:
            await self._application(scope, receive, send)
            return
        if scope["path"] == f"/{code}":
            await RedirectResponse(f"/{code}/", 308, HEADERS)(scope, receive, send)
            return
        with in_language(code):
            await self._application({**scope, "root_path": f"/{code}"}, receive, send)


def language_of(path: str) -> str:
    """The language of a path."""
    first = path[1:].partition("/")[0]
    return first if first in LANGUAGES and first != ENGLISH else ENGLISH


def without_language(path: str) -> str:
    """The path without the language at its beginning."""
    code = language_of(path)
    return path if code == ENGLISH else path.removeprefix(f"/{code}") or "/"


def is_neutral(path: str) -> bool:
    """Whether what is at this path (without a language) is the same in all languages: data, and the stylesheet."""
    return path.endswith(_DATA) or path.startswith(_NEUTRAL)


def localized(html: str) -> str:
    """A page whose links stay within its language. Those to data, and those that name their language, are kept.

    Text cannot look like a tag: it is escaped.
    """
    return html if language() == ENGLISH else _TAG.sub(_localized_tag, html)


def _localized_tag(tag: re.Match[str]) -> str:
    return tag[0] if " hreflang=" in tag[0] else _ADDRESS.sub(_localized_address, tag[0])


def _localized_address(found: re.Match[str]) -> str:
    is_done = is_neutral(found[2]) or language_of(found[2]) != ENGLISH
    return found[0] if is_done else f' {found[1]}="{local_path(found[2])}'


@dataclass(frozen=True, slots=True)
class Version:
    """A page in a language: `path`, what the language calls itself, and whether it is the page that is shown."""

    code: str
    name: str
    path: str
    is_current: bool


def versions(address: str) -> Iterator[Version]:
    """A page, given by its address without a language, in all languages."""
    for code, name in LANGUAGES.items():
        yield Version(code, name, address if code == ENGLISH else f"/{code}{address}", code == language())
