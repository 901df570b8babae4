"""Parse a TimeMap in link-format: an archive's list of its copies of a page. Pure.

RFC 7089 §5 (Memento) defines its contents, RFC 6690 §2 its syntax:

    <https://archive.example/web/20240402091200/https://example.org/>; rel="first memento";
        datetime="Tue, 02 Apr 2024 09:12:00 GMT",
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urljoin

from cmr_watch.exceptions import ParseError


@dataclass(frozen=True, slots=True)
class Memento:
    """A copy of a page in an archive, and when it was taken. `page_url` is the URL of the page itself, if known."""

    url: str
    at: datetime
    page_url: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class TimeMap:
    """The copies in order of time, and the URLs of TimeMaps that list further copies (RFC 7089 §5.1.1)."""

    mementos: tuple[Memento, ...] = ()
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    rels: frozenset[str]
    parameters: Mapping[str, str]


# Bounded and possessive quantifiers keep the running time linear for any text.
_QUOTED: Final = r'"(?:[^"\\]|\\.){0,2000}+"'
_VALUE: Final = rf'{_QUOTED}|[^\s",;<>]{{1,500}}+'
_PARAMETER: Final = re.compile(
    r"\s{0,100}+;\s{0,100}+([\w!#$&+.^`|~*-]{1,40}+)" rf"(?:\s{{0,20}}+=\s{{0,20}}+({_VALUE}))?+", re.ASCII
)
_TARGET: Final = re.compile(r"<\s{0,20}+([^<>\s]{1,4000}+)\s{0,20}+>")
_ESCAPED: Final = re.compile(r"\\(.)")
_MARKUP: Final = re.compile(r"[\s\ufeff]*+(?:<[!?]|<(?:html|head|body)[\s>])", re.I)
_LINK_FORMAT: Final = "application/link-format"


def parse_timemap(text: str, base: str = "") -> TimeMap:
    """Parse a TimeMap. `base` is its own URL, against which relative URLs are resolved; without it they are ignored.

    - A copy is a link with the relation `memento` and a valid HTTP-date; others are ignored.
    - Further TimeMaps are links with the relation `timemap`, but not `self`, in link-format.
    - Text between the links is ignored. An empty text is an empty list.

    Raises ParseError for HTML and for a text without links, so that a wrong URL is not mistaken for an empty archive.
    """
    links = () if _MARKUP.match(text) else tuple(_links(text, base))
    if not links and text.strip("\ufeff \t\r\n"):
        raise ParseError("The archive's response is not a TimeMap in link-format.")
    return TimeMap(
        sort_unique(_mementos(links)), tuple(dict.fromkeys(link.url for link in links if _is_further_timemap(link)))
    )


def sort_unique(mementos: Iterable[Memento]) -> tuple[Memento, ...]:
    """In order of time, each URL once: with its earliest time."""
    by_url: dict[str, Memento] = {}
    for memento in sorted(mementos, key=lambda memento: (memento.at, memento.url)):
        by_url.setdefault(memento.url, memento)
    return tuple(by_url.values())


def original_urls(link_header: str) -> tuple[str, ...]:
    """The pages of which a response is a copy, by its Link header (RFC 7089 §2.2.1): one; none if it is not a copy."""
    return tuple(link.url for link in _links(link_header, "") if "original" in link.rels)


def _mementos(links: tuple[_Link, ...]) -> Iterator[Memento]:
    for link in links:
        at = parse_http_date(link.parameters.get("datetime", "")) if "memento" in link.rels else None
        if at is not None:
            yield Memento(link.url, at)


def _is_further_timemap(link: _Link) -> bool:
    media_type = link.parameters.get("type", _LINK_FORMAT).partition(";")[0].strip().lower()
    return "timemap" in link.rels and "self" not in link.rels and media_type == _LINK_FORMAT


# ── link-format ──────────────────────────────────────────────────────────────────────────────────────────────────


def _links(text: str, base: str) -> Iterator[_Link]:
    """The links that have a relation and a valid URL."""
    position = 0
    while target := _TARGET.search(text, position):
        parameters, position = _parameters(text, target.end())
        url = _resolve(target[1], base)
        rels = frozenset(parameters.get("rel", "").lower().split())
        if rels and url:
            yield _Link(url, rels, parameters)


def _parameters(text: str, position: int) -> tuple[dict[str, str], int]:
    """The parameters at `position`, and where they end. If a name is repeated, the first wins (RFC 8288 §3.3)."""
    parameters: dict[str, str] = {}
    while match := _PARAMETER.match(text, position):
        parameters.setdefault(match[1].lower(), _unquote(match[2] or ""))
        position = match.end()
    return parameters, position


def _unquote(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value


def _resolve(url: str, base: str) -> str | None:
    """The absolute http(s) URL, unchanged if it is one already; None if it is another kind of URL or invalid."""
    if _is_http_url(url):
        return url
    try:
        absolute = urljoin(base, url)
    except ValueError:  # for example `//[`
        return None
    return absolute if _is_http_url(absolute) else None


def _is_http_url(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


def parse_http_date(text: str) -> datetime | None:
    """An HTTP-date in any of its forms (RFC 9110 §5.6.7), in UTC; None if it is invalid."""
    try:
        at = parsedate_to_datetime(text[:100])
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
