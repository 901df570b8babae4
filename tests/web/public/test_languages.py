"""The site in six languages: the path decides, links stay within the language, and data is the same for all."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from cmr_watch.config import Settings
from cmr_watch.languages import ENGLISH, LANGUAGES
from cmr_watch.render.i18n import in_language
from cmr_watch.store.database import Database
from cmr_watch.web.public.languages import is_neutral, language_of, localized, without_language
from cmr_watch.web.public.site import site_application
from tests.web.public.client import Client
from tests.web.public.html_checks import checked
from tests.web.public.sample import NOW

OTHERS = sorted(set(LANGUAGES) - {ENGLISH})
PAGES = (
    "/",
    "/editions",
    "/calls",
    "/changes",
    "/calendar",
    "/about",
    "/privacy",
    "/accessibility",
    "/status",
    "/letter",
)
ADDRESS = re.compile(r'<(?:a|form|img|link)\b([^>]*?) (?:href|action|src)="(/[^"]*)"([^>]*)>')


def links(html: str) -> list[str]:
    """The links to this site, apart from those that name a language."""
    found = ADDRESS.findall(html)
    return [unescape(path) for before, path, after in found if "hreflang=" not in before + after]


def crawl(application: Any, start: str, limit: int = 60) -> dict[str, str]:
    """The pages that links lead to from a page, breadth first; each is asked for from another network."""
    todo, pages = [start], {}
    while todo and len(pages) < limit:
        path = todo.pop(0).partition("#")[0]
        if path in pages:
            continue
        reply = Client(application, f"192.0.{len(pages)}.7").get(path)
        assert reply.status_code == 200, path
        pages[path] = reply.text if "html" in reply.headers["content-type"] else ""
        todo += links(pages[path])
    return pages


@pytest.fixture
def application(sample: Database, told: tuple[Path, Settings]) -> Any:
    return site_application(told[1], sample, lambda: NOW)


@pytest.mark.parametrize("language", OTHERS)
def test_all_links_stay_within_the_language(application: Any, language: str) -> None:
    pages = crawl(application, f"/{language}/")
    assert len(pages) >= 40
    for path, html in pages.items():
        for link in links(html):
            assert link.startswith(f"/{language}/") or is_neutral(link.partition("?")[0].partition("#")[0]), (
                path,
                link,
            )
        assert not html or f'<html lang="{language}">' in html
        assert not html or checked(html), path


def alternates(html: str) -> dict[str, str]:
    return dict(re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="(?:https?://[^/"]+)?([^"]*)">', html))


@pytest.mark.parametrize("path", PAGES)
def test_each_page_names_its_versions(client: Client, path: str) -> None:
    html = client.get(f"/de{path}").text
    expected = {code: path if code == ENGLISH else f"/{code}{path}" for code in LANGUAGES}
    assert alternates(html) == alternates(client.get(path).text) == {**expected, "x-default": path}
    assert re.search(rf'<link rel="canonical" href="[^"]*/de{re.escape(path)}">', html)


def test_the_switcher_keeps_the_page_and_the_query(client: Client) -> None:
    html = client.get("/de/editions?country=FR").text
    assert '<a href="/editions?country=FR" lang="en" hreflang="en">English</a>' in html
    assert '<span aria-current="page">Deutsch</span>' in html
    back = client.get("/editions?country=FR").text
    assert '<a href="/de/editions?country=FR" lang="de" hreflang="de">Deutsch</a>' in back


def test_responses_say_their_language(client: Client) -> None:
    assert client.get("/").headers["content-language"] == "en"
    assert client.get("/de/calls").headers["content-language"] == "de"
    assert client.get("/de/changes.atom").headers["content-language"] == "de"
    assert client.get("/de/unsubscribe/x").headers["content-language"] == "de"
    assert "content-language" not in client.get("/editions.json").headers


def test_no_header_of_the_browser_chooses_the_language(client: Client) -> None:
    polite = client.get("/", {"accept-language": "de"})
    assert polite.status_code == 200
    assert '<html lang="en">' in polite.text
    assert client.get("/de/").text == client.get("/de/", {"accept-language": "fr"}).text


@pytest.mark.parametrize("path", ["/editions.json", "/calls.csv", "/api/v1/editions", "/robots.txt", "/favicon.svg"])
def test_data_is_at_the_root_only(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200
    assert client.get(f"/de{path}").status_code == 404


def test_errors_are_in_the_language(client: Client) -> None:
    reply = client.get("/de/nonsense")
    assert (reply.status_code, reply.headers["content-language"]) == (404, "de")
    assert "Page not found" not in reply.text
    assert 'href="/de/"' in reply.text
    assert "address" not in reply.text.partition("<main")[2].partition("</main>")[0]
    assert client.get("/de/editions?year=x").status_code == 400


def test_the_address_of_a_language_without_a_slash_leads_to_its_first_page(client: Client) -> None:
    reply = client.get("/de")
    assert (reply.status_code, reply.headers["location"]) == (308, "/de/")
    assert client.get("/xx").status_code == 404
    assert client.get("/en/").status_code == 404


def test_events_and_entries_keep_their_identity_in_each_language(client: Client) -> None:
    def ids(path: str, pattern: str) -> list[str]:
        return re.findall(pattern, client.get(path).text)

    assert ids("/de/calendar/editions.ics", r"UID:(.*)") == ids("/calendar/editions.ics", r"UID:(.*)") != []
    assert ids("/de/calendar/cutoffs.ics", r"UID:(.*)") == ids("/calendar/cutoffs.ics", r"UID:(.*)") != []
    entries = r"<entry><id>(.*?)</id>"
    assert ids("/de/changes.atom", entries) == ids("/changes.atom", entries) != []
    assert ids("/de/changes.atom", r'xml:lang="(\w+)"') == ["de"]


def test_the_words_of_the_page_are_marked_as_english(application: Any, client: Client) -> None:
    pages = crawl(application, "/de/changes", 12)
    html = next(text for path, text in pages.items() if re.fullmatch(r"/de/changes/\d+", path))
    assert '<ol class="card lines" lang="en"' in html
    assert '<dd lang="en">' in html
    english = client.get("/changes").text
    assert english.count('lang="en"') == 2, "that of the document, and of hreflang"


def test_a_page_in_one_language_is_not_kept_for_another(client: Client) -> None:
    assert client.get("/calls").text != client.get("/de/calls").text
    assert client.get("/calls").headers["etag"] != client.get("/de/calls").headers["etag"]


def test_the_language_of_a_path() -> None:
    assert [language_of(path) for path in ("/", "/de", "/de/", "/de/x", "/denmark", "/en/x", "")] == [
        "en",
        "de",
        "de",
        "de",
        "en",
        "en",
        "en",
    ]
    assert [without_language(path) for path in ("/", "/de", "/de/", "/de/x?y", "/x")] == ["/", "/", "/", "/x?y", "/x"]


def test_only_links_are_changed() -> None:
    html = '<p title="/x">&lt;a href="/y"&gt;</p><a class="z" href="/calls?a=/b">c</a><a href="//other.example/">d</a>'
    with in_language("de"):
        made = localized(html)
    assert made == html.replace('href="/calls', 'href="/de/calls')
