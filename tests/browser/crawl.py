"""Follows the links of the site, so that no page is forgotten in the tests."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import httpx
from bs4 import BeautifulSoup

from cmr_watch.languages import ENGLISH
from cmr_watch.web.public.languages import language_of

_PER_KIND = 4
"""Pages of one kind, such as editions or filtered lists, of which all are made by the same template."""


@dataclass(frozen=True)
class Fetched:
    """A response of the site."""

    path: str
    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Links:
    """What the site links to. `external`: the addresses elsewhere."""

    fetched: tuple[Fetched, ...]
    external: frozenset[str]

    @property
    def pages(self) -> list[Fetched]:
        """Only the HTML pages."""
        return [one for one in self.fetched if one.content_type.startswith("text/html")]

    @property
    def kinds(self) -> list[Fetched]:
        """A page of each kind."""
        return list({_kind(page.path): page for page in reversed(self.pages)}.values())


def crawl(site: str) -> Links:
    """Follow all links from the first page on, of each kind of page a few. Other languages are left out."""
    queue, seen, kinds = deque(["/"]), {"/"}, Counter[str]()
    fetched, external = [], set()
    with httpx.Client(base_url=site, timeout=20) as client:
        while queue:
            path = queue.popleft()
            kinds[_kind(path)] += 1
            if kinds[_kind(path)] > _PER_KIND:
                continue
            response = _get(client, path)
            fetched.append(Fetched(path, response.status_code, response.headers["content-type"], response.content))
            for url in _links(response):
                if not url.startswith(site):
                    external.add(url)
                elif (inner := _path(url)) not in seen and language_of(inner) == ENGLISH:
                    seen.add(inner)
                    queue.append(inner)
    return Links(tuple(fetched), frozenset(external))


def _get(client: httpx.Client, path: str) -> httpx.Response:
    """The response. The crawler sends requests faster than the site allows, and waits when it gets a 429."""
    for _ in range(60):
        response = client.get(path)
        if response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            break
        time.sleep(0.5)
    return response


def _kind(path: str) -> str:
    parts = urlsplit(path)
    stem, _, ending = parts.path.partition(".")
    return "/".join(stem.split("/")[:2]) + ending + ("?" if parts.query else "") + str(stem.count("/"))


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"


def _links(response: httpx.Response) -> set[str]:
    if not response.headers["content-type"].startswith("text/html"):
        return set()
    soup = BeautifulSoup(response.content, "lxml")
    targets = [tag.get(name) for name in ("href", "src") for tag in soup.find_all(attrs={name: True})]
    return {urljoin(str(response.url), str(target)) for target in targets if str(target).partition(":")[0] != "mailto"}
