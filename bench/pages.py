"""Pages for the benchmark: the recorded state of April 2024, grown to any size."""

from __future__ import annotations

import re
from pathlib import Path

RECORDED = Path(__file__).parent.parent / "tests" / "fixtures" / "initiative" / "2024-04-paragraphs" / "page.html"

_MENU = (
    "<!-- THEME DEBUG -->\n<!-- THEME HOOK: 'menu' -->\n<!-- FILE NAME SUGGESTIONS:\n   * menu--main--{n}.html.twig\n"
    '   x menu.html.twig -->\n<li class="menu-item"><a href="/menu/{n}" data-id="{n}">Item {n}</a></li>\n'
)
_CALL_PAGE = 'href="/content/call-'


def recorded() -> str:
    """The recorded page, whose links to other pages lead to a host that is not watched: one page, one request."""
    page = RECORDED.read_text(encoding="utf-8")
    return page.replace(_CALL_PAGE, 'href="https://clustercollaboration.eu/content/call-')


def around(size: int) -> str:
    """The recorded page with a longer menu around the same article."""
    page = recorded()
    items, length = [], len(page.encode())
    while length < size:
        items.append(_MENU.format(n=len(items)))
        length += len(items[-1])
    return page.replace("<body", f'<body data-grown="{len(items)}"', 1).replace(
        "</body>", f"<nav><ul>{''.join(items)}</ul></nav></body>", 1
    )


def inside(size: int) -> str:
    """The recorded page with a longer article: it lists far more past editions than will ever exist."""
    page = RECORDED.read_text(encoding="utf-8")
    line = '<p>Vilnius, Lithuania – {day} April {year} <a href="/content/summary-{n}">Read the event summary</a></p>\n'
    items, length = [], len(page.encode())
    while length < size:
        n = len(items)
        items.append(line.format(n=n, day=n % 28 + 1, year=1990 + n // 28 % 100))
        length += len(items[-1].encode())
    last = page.rindex("</p>", 0, page.index("Malaga, Spain") + 400) + 4
    return page[:last] + "".join(items) + page[last:]


def with_token(page: str, token: str) -> str:
    """The page as the site's next response would have it: a new form token around the same article."""
    return re.sub(r"</body>", f'<input type="hidden" name="form_build_id" value="form-{token}"></body>', page, count=1)


def with_edition(page: str) -> str:
    """The same page with one new edition."""
    heading = re.search(r'<h2>Next "Clusters.*?</h2>', page)
    assert heading, "the recorded page has no heading of upcoming editions"
    line = "<p>Charleroi, Belgium – 27-28 November 2094 SAVE THE DATE!</p>"
    return page[: heading.end()] + line + page[heading.end() :]
