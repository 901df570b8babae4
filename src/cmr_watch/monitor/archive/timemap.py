"""An archive's list of the copies that it holds of a page: a TimeMap in link-format. Pure.

RFC 7089 §5 (Memento) says what stands in it, RFC 6690 §2 how it is written:

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
    """A page's copy in an archive, and the instant that it shows. `page_url` is the page's own address, if known."""

    url: str
    at: datetime
    page_url: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class TimeMap:
    """The copies by time, each address once, and the addresses of the TimeMaps that hold others (RFC 7089 §5.1.1)."""

    mementos: tuple[Memento, ...] = ()
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    rels: frozenset[str]
    parameters: Mapping[str, str]


# Bounded and possessive: whatever the text, no part of it is looked at more than a few times.
_QUOTED: Final = r'"(?:[^"\\]|\\.){0,2000}+"'
_VALUE: Final = rf'{_QUOTED}|[^\s",;<>]{{1,500}}+'
_PARAMETER: Final = re.compile(
    r"\s{0,100}+;\s{0,100}+([\w!#$&+.^`|~*-]{1,40}+)" rf"(?:\s{{0,20}}+=\s{{0,20}}+({_VALUE}))?+", re.ASCII
)
_TARGET: Final = re.compile(r"<\s{0,20}+([^<>\s]{1,4000}+)\s{0,20}+>")
_ESCAPED: Final = re.compile(r"\\(.)")
_OTHER_DOCUMENT: Final = re.compile(r"[\s\ufeff]*+(?:<[!?]|<(?:html|head|body)[\s>])", re.I)
_LINK_FORMAT: Final = "application/link-format"


def parse_timemap(text: str, base: str = "") -> TimeMap:
    """What a TimeMap lists. `base` is its own address: relative ones are taken from there, without it left out.

    - a copy is a link with `memento` among its rels and an HTTP-date; one without a date that can be read is left out
    - more TimeMaps are the links with `timemap` among their rels, but not `self`, in no other format
    - what stands between the links is passed over; nothing at all is an empty list
    - ParseError: HTML, or a text without one link, so that a wrong address is not taken for an empty archive
    """
    links = () if _OTHER_DOCUMENT.match(text) else tuple(_links(text, base))
    if not links and text.strip("\ufeff \t\r\n"):
        raise ParseError("The archive's answer is no list of copies in link-format.")
    return TimeMap(in_order(_mementos(links)), tuple(dict.fromkeys(link.url for link in links if _goes_on(link))))


def in_order(mementos: Iterable[Memento]) -> tuple[Memento, ...]:
    """By time; of one address the earliest."""
    by_url: dict[str, Memento] = {}
    for memento in sorted(mementos, key=lambda memento: (memento.at, memento.url)):
        by_url.setdefault(memento.url, memento)
    return tuple(by_url.values())


def _mementos(links: tuple[_Link, ...]) -> Iterator[Memento]:
    for link in links:
        at = _http_date(link.parameters.get("datetime", "")) if "memento" in link.rels else None
        if at is not None:
            yield Memento(link.url, at)


def _goes_on(link: _Link) -> bool:
    kind = link.parameters.get("type", _LINK_FORMAT).partition(";")[0].strip().lower()
    return "timemap" in link.rels and "self" not in link.rels and kind == _LINK_FORMAT


# ── link-format ──────────────────────────────────────────────────────────────────────────────────────────────────


def _links(text: str, base: str) -> Iterator[_Link]:
    """The links that say what they are."""
    position = 0
    while target := _TARGET.search(text, position):
        parameters, position = _parameters(text, target.end())
        url = _absolute(target[1], base)
        rels = frozenset(parameters.get("rel", "").lower().split())
        if rels and url:
            yield _Link(url, rels, parameters)


def _parameters(text: str, position: int) -> tuple[dict[str, str], int]:
    """The parameters from here on, and where they end. Of one name the first counts (RFC 8288 §3.3)."""
    found: dict[str, str] = {}
    while match := _PARAMETER.match(text, position):
        found.setdefault(match[1].lower(), _value(match[2] or ""))
        position = match.end()
    return found, position


def _value(written: str) -> str:
    return _ESCAPED.sub(r"\1", written[1:-1]) if written.startswith('"') else written


def _absolute(url: str, base: str) -> str | None:
    """An http(s) address as it is written; a relative one joined to the base."""
    if _is_web_address(url):
        return url
    try:
        whole = urljoin(base, url)
    except ValueError:  # as of `//[`
        return None
    return whole if _is_web_address(whole) else None


def _is_web_address(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


def _http_date(text: str) -> datetime | None:
    """An HTTP-date in any of its forms (RFC 9110 §5.6.7), in UTC; None if it is no date."""
    try:
        at = parsedate_to_datetime(text[:100])
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
