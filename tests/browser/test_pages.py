"""Every page, at both widths and in both themes: nothing is foreign or cut off, and axe finds nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from cmr_watch.languages import ENGLISH, LANGUAGES
from tests.browser.crawl import Links

pytestmark = pytest.mark.browser

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
WIDTHS = (360, 1280)
THEMES = ("light", "dark")
RUN_AXE = """() => axe.run(document, {resultTypes: ["violations", "incomplete"]}).then(found =>
    found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target} ${node.failureSummary}`)))"""
TOO_WIDE = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
FOCUSED = """() => {
    const node = document.activeElement, box = node.getBoundingClientRect(), style = getComputedStyle(node);
    const name = node.getAttribute("href") || node.getAttribute("name") || node.tagName;
    const drawn = [...node.querySelectorAll("svg a:focus *")].map(one => getComputedStyle(one));
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
        || drawn.some(one => one.stroke !== "none" && parseFloat(one.strokeWidth) >= 3);
    const isNew = !node.wasVisited;
    node.wasVisited = true;
    return node === document.body ? null : {name, ring, isNew, isVisible: box.width > 0 && box.height > 0};
}"""
FOCUSABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter(node => node.checkVisibility()).length"""


@contextmanager
def opened(browser: Browser, site: str, path: str, width: int = 1280, theme: str = "light") -> Iterator[Page]:
    """A page in a new window. Leaving it fails if anything was blocked, or asked for elsewhere."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url) if not request.url.startswith(site) else None)
    page.goto(site + path)
    try:
        yield page
        assert faults == []
        assert context.cookies() == []
    finally:
        context.close()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    browser: Browser, site: str, links: Links, width: int, theme: str
) -> None:
    found = {}
    for fetched in links.pages:
        with opened(browser, site, fetched.path, width, theme) as page:
            page.evaluate(AXE)
            if faults := page.evaluate(RUN_AXE):
                found[fetched.path] = faults
            if page.evaluate(TOO_WIDE) > 0:
                found.setdefault(fetched.path, []).append("wider than the window")
    assert found == {}


@pytest.mark.parametrize("width", [320, 640])
def test_nothing_is_cut_off_when_the_text_is_enlarged(browser: Browser, site: str, links: Links, width: int) -> None:
    """At 200 %, a window of 1280 pixels has the width of 640; at 400 %, of 320 (WCAG 2.2, 1.4.10)."""
    too_wide = []
    for fetched in links.pages:
        with opened(browser, site, fetched.path, width) as page:
            too_wide += [fetched.path] if page.evaluate(TOO_WIDE) > 0 else []
    assert too_wide == []


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != ENGLISH])
def test_each_kind_of_page_in_each_language(browser: Browser, site: str, links: Links, language: str) -> None:
    """On a narrow window, as long words are the risk."""
    found = {}
    for fetched in links.kinds:
        with opened(browser, site, f"/{language}{fetched.path}", 320) as page:
            page.evaluate(AXE)
            faults = page.evaluate(RUN_AXE)
            faults += ["wider than the window"] if page.evaluate(TOO_WIDE) > 0 else []
            if faults:
                found[fetched.path] = faults
    assert found == {}


def test_the_keyboard_alone_goes_everywhere(browser: Browser, site: str, links: Links) -> None:
    for fetched in links.pages:
        with opened(browser, site, fetched.path, 360) as page:
            expected, visited = page.evaluate(FOCUSABLE), []
            for _ in range(3 * expected):  # a field for a date has several stops
                page.keyboard.press("Tab")
                if (focused := page.evaluate(FOCUSED)) is None:
                    break
                visited += [focused] if focused["isNew"] else []
            assert len(visited) >= expected, (fetched.path, len(visited), expected)
            assert [one["name"] for one in visited if not (one["ring"] and one["isVisible"])] == [], fetched.path


def test_the_first_tab_leads_past_the_menu(browser: Browser, site: str, links: Links) -> None:
    for fetched in links.pages:
        with opened(browser, site, fetched.path) as page:
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.id") == "content", fetched.path


def test_now_prints_as_one_page(browser: Browser, site: str, tmp_path: Path) -> None:
    with opened(browser, site, "/") as page:
        pdf = page.pdf(format="A4", path=tmp_path / "now.pdf")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


def test_no_script_is_needed(browser: Browser, site: str, links: Links) -> None:
    for fetched in links.pages:
        assert b"<script" not in fetched.body.lower()
        assert not re.search(rb"\son[a-z]+=", fetched.body), fetched.path


def test_no_link_is_dead(links: Links) -> None:
    assert len(links.pages) > 20
    assert [(one.path, one.status) for one in links.fetched if one.status != 200] == []
