"""Ways in which a page can change with its template, and responses that are not the page at all."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Callable, Iterable
from typing import Final

from cmr_watch.models.readings import PageKind

# ── the parts of a page ──────────────────────────────────────────────────────────────────────────────────────────

Drift = Callable[[random.Random, str], str | None]
"""From a page to its changed version; None for a site that does not respond."""

_BODY: Final = re.compile(
    r'(<div class="(?:clearfix text-formatted[^"]*|o-page__text|rich-text__inner)">)(.*)'
    r"((?:</div>)+\s*<!-- END CUSTOM TEMPLATE OUTPUT from .themes/custom/templates/field)",
    re.S,
)
_HEADING: Final = re.compile(r"<(h[2-4]|summary|strong|b)\b[^>]*>(?!<(?:strong|b)>)(.*?)</\1>", re.S)
_BREAK: Final = re.compile(r"</?(?:p|li|ul|tr|table|tbody|div|h[2-4]|br|details|summary)\b[^>]*>")
_DATE: Final = re.compile(
    r"\d[\d\s–-]*(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}"
)


def _body(page: str, change: Callable[[str], str]) -> str:
    """The page with its body changed."""
    return _BODY.sub(lambda match: match[1] + change(match[2]) + match[3], page, count=1)


def _lines(body: str) -> list[str]:
    """The lines of the body; headings begin with `#`."""
    marked = _HEADING.sub(lambda match: f"<br>#{match[2]}<br>", body)
    texts = (re.sub(r"</?(?:span|strong|b|td)\b[^>]*>", " ", line).strip() for line in _BREAK.split(marked))
    return [text for text in texts if text.replace("&nbsp;", "").strip()]


def _sections(body: str) -> list[list[str]]:
    """The lines by section: those above the first heading, then each heading with its lines."""
    sections: list[list[str]] = [[]]
    for line in _lines(body):
        if line.startswith("#"):
            sections.append([])
        sections[-1].append(line)
    return sections


def _paragraphs(lines: Iterable[str]) -> str:
    """Lines as paragraphs, headings as `h2` elements."""
    return "\n".join(f"<h2>{line[1:]}</h2>" if line.startswith("#") else f"<p>{line}</p>" for line in lines)


def _paragraphs_only(lines: Iterable[str]) -> str:
    """Lines as paragraphs, without the headings."""
    return _paragraphs(line for line in lines if not line.startswith("#"))


# ── drifts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def headings_renamed(chance: random.Random, page: str) -> str:
    """Headings that do not name a section."""
    words = chance.sample(("Agenda", "Our events", "Discover", "Stay informed", "Good to know", "Archive of news"), 6)
    return _body(page, lambda body: _HEADING.sub(lambda match: match[0].replace(match[2], words.pop()), body, count=6))


def one_heading_lost(chance: random.Random, page: str) -> str:
    headings = _HEADING.findall(_BODY.findall(page)[0][1])
    lost = chance.choice(headings)[1]
    return _body(page, lambda body: body.replace(lost, "", 1))


def headings_removed(chance: random.Random, page: str) -> str:
    return _body(page, lambda body: _HEADING.sub("", body))


def headings_as_images(chance: random.Random, page: str) -> str:
    """The headings are images, and all classes are renamed."""
    page = _body(page, lambda body: _HEADING.sub(r'<div class="t-1"><img src="/t.png" alt=""></div>', body))
    return re.sub(r'class="[^"]*"', lambda _: f'class="x{chance.randrange(999)}"', page)


def order_reversed_headings_lost(chance: random.Random, page: str) -> str:
    return _body(page, lambda body: _paragraphs_only(line for section in reversed(_sections(body)) for line in section))


def headings_swapped(chance: random.Random, page: str) -> str:
    """Each list under the heading of the other."""

    def swap(body: str) -> str:
        above, first, second = _sections(body)
        return _paragraphs([*above, first[0], *second[1:], second[0], *first[1:]])

    return _body(page, swap)


def moved_to_the_side(chance: random.Random, page: str) -> str:
    body = _BODY.findall(page)[0][1]
    return _body(page, lambda _: "").replace("</main>", f"</main><aside><h2>More</h2>{body}</aside>")


def moved_to_a_teaser(chance: random.Random, page: str) -> str:
    """The lines without headings, in a teaser block such as unrelated events have."""
    body = _BODY.findall(page)[0][1]
    box = f'<div class="views-element-container block-views"><article>{_paragraphs_only(_lines(body))}</article></div>'
    return _body(page, lambda _: "<p>See the calendar.</p>").replace("</main>", f"{box}</main>")


def emptied(chance: random.Random, page: str) -> str:
    return _body(page, lambda _: chance.choice(("", "<p>This content is being updated.</p>", "<p>Loading…</p>")))


def hidden_until_a_script_runs(chance: random.Random, page: str) -> str:
    before, after = chance.choice(
        (("<div hidden>", "</div>"), ('<div style="display:none">', "</div>"), ("<template>", "</template>"))
    )
    return _body(page, lambda body: f"{before}{body}{after}")


def rendered_by_a_script(chance: random.Random, page: str) -> str:
    return _body(page, lambda body: f'<div id="app"></div><script>window.page = "{html.escape(body)}";</script>')


def headings_only(chance: random.Random, page: str) -> str:
    """The lists are loaded later by a script."""
    return _body(page, lambda body: _paragraphs(line for line in _lines(body) if line.startswith("#")))


def dates_by_script(chance: random.Random, page: str) -> str:
    return _body(page, lambda body: _DATE.sub('<time class="js-date" data-at="1"></time>', body))


def dates_in_images(chance: random.Random, page: str) -> str:
    return _body(page, lambda body: _DATE.sub('<img src="/date.svg" alt="">', body))


def first_quarter(chance: random.Random, page: str) -> str:
    """Only the first quarter of the lines, so that a heading is missing; the rest of the document is complete."""
    return _body(page, lambda body: _paragraphs(_lines(body)[: len(_lines(body)) // 4]))


def every_third_line(chance: random.Random, page: str) -> str:
    """Incomplete lists, under their headings."""

    def thin_out(body: str) -> str:
        lines = _lines(body)
        return _paragraphs(line for number, line in enumerate(lines) if line.startswith("#") or number % 3 == 0)

    return _body(page, thin_out)


def one_paragraph(chance: random.Random, page: str) -> str:
    return _body(page, lambda body: f"<p>{' '.join(line.lstrip('#') for line in _lines(body))}</p>")


def no_spaces(chance: random.Random, page: str) -> str:
    """All lines joined without separators."""
    return _body(page, lambda body: f"<p>{''.join(line.lstrip('#') for line in _lines(body))}</p>")


def places_and_dates_apart(chance: random.Random, page: str) -> str:
    """First all places, then all dates, without headings."""

    def separate(body: str) -> str:
        lines = [line for line in _lines(body) if not line.startswith("#")]
        dates = [date for line in lines for date in _DATE.findall(line)]
        return _paragraphs([*(_DATE.sub("", line) for line in lines), *dates])

    return _body(page, separate)


def cut_off(chance: random.Random, page: str) -> str:
    """Truncated at any point."""
    return page[: chance.randrange(1, page.index("</html>"))]


def cut_off_in_the_body(chance: random.Random, page: str) -> str:
    match = _BODY.search(page)
    assert match
    return page[: chance.randrange(match.start(2), match.end(2))]


def broken_encoding(chance: random.Random, page: str) -> str:
    """UTF-16 that is declared as UTF-8, or a page whose tags are escaped."""
    if chance.random() < 0.5:
        return page.encode("utf-16-le").decode("utf-8", "replace")
    return page.replace("<", "&lt;").replace(">", "&gt;")


_OTHER_PAGES: Final = (
    (
        "Maintenance",
        "<h1>Site under maintenance</h1><p>We will be back on 12 May 2024. Thank you for your patience.</p>",
    ),
    ("Log in", '<form><input name="name"><input name="pass" type="password"><button>Log in</button></form>'),
    (
        "Just a moment...",
        "<h1>Checking your browser</h1><noscript>Enable JavaScript and cookies to continue</noscript>",
    ),
    ("Access denied", "<h1>403</h1><p>You are not authorised to access this page.</p>"),
    (
        "Page not found",
        "<article><h1>Page not found</h1><p>The requested page could not be found.</p></article>",
    ),
    ("Events", "<article><h1>Events</h1><p>Choose an event.</p><ul><li>Hackathon – 3 May 2024</li></ul></article>"),
    ("", ""),
)


def another_page(chance: random.Random, page: str) -> str:
    """A different page with status 200."""
    title, body = chance.choice(_OTHER_PAGES)
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body><main>{body}</main></body></html>"


def not_a_page(chance: random.Random, page: str) -> str | None:
    return chance.choice(
        (None, "", "   \n", "{}", '{"status": "ok"}', "<html></html>", "Service Unavailable", "\x00\x01\x02")
    )


ON_ANY_PAGE: Final[tuple[Drift, ...]] = (
    moved_to_the_side,
    emptied,
    hidden_until_a_script_runs,
    rendered_by_a_script,
    cut_off,
    cut_off_in_the_body,
    broken_encoding,
    another_page,
    not_a_page,
)
ON_THE_LIST: Final[tuple[Drift, ...]] = (
    headings_renamed,
    one_heading_lost,
    headings_removed,
    headings_as_images,
    order_reversed_headings_lost,
    headings_swapped,
    moved_to_a_teaser,
    headings_only,
    dates_by_script,
    dates_in_images,
    first_quarter,
    every_third_line,
    one_paragraph,
    no_spaces,
    places_and_dates_apart,
)
ON_OTHERS: Final[tuple[Drift, ...]] = (
    headings_renamed,
    headings_removed,
    headings_as_images,
    headings_only,
    dates_by_script,
    first_quarter,
    one_paragraph,
    moved_to_a_teaser,
)
DRIFTS: Final[dict[PageKind, tuple[Drift, ...]]] = {
    "initiative": (*ON_THE_LIST, *ON_ANY_PAGE),
    "call": (*ON_OTHERS, *ON_ANY_PAGE),
    "edition": (*ON_OTHERS, *ON_ANY_PAGE),
}
RANDOMIZED: Final = frozenset({cut_off, cut_off_in_the_body, another_page, not_a_page, one_heading_lost})
