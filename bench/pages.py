"""Pages for the benchmark: the recorded state of April 2024, grown to any size."""

from __future__ import annotations

import re
from pathlib import Path

RECORDED = Path(__file__).parent.parent / "tests" / "fixtures" / "initiative" / "2024-04-paragraphs" / "page.html"

_MENU = (
    "<!-- THEME DEBUG -->\n<!-- THEME HOOK: 'menu' -->\n<!-- FILE NAME SUGGESTIONS:\n   * menu--main--{n}.html.twig\n"
    '   x menu.html.twig -->\n<li class="menu-item"><a href="/menu/{n}" data-id="{n}">Item {n}</a></li>\n'
)


def around(size: int) -> str:
    """The recorded page with a longer menu: its article stays, as on the real site."""
    page = RECORDED.read_text(encoding="utf-8")
    items, length = [], len(page.encode())
    while length < size:
        items.append(_MENU.format(n=len(items)))
        length += len(items[-1])
    return page.replace("<body", f'<body data-grown="{len(items)}"', 1).replace(
        "</body>", f"<nav><ul>{''.join(items)}</ul></nav></body>", 1
    )


def inside(size: int) -> str:
    """The recorded page with a longer article: more previous editions than there will ever be."""
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
    """The same page as the site would answer the next time: other tokens around the same article."""
    return re.sub(r"</body>", f'<input type="hidden" name="form_build_id" value="form-{token}"></body>', page, count=1)


def with_edition(page: str) -> str:
    """The same page with one new edition."""
    heading = re.search(r'<h2>Next "Clusters.*?</h2>', page)
    assert heading, "the recorded page has its heading"
    line = "<p>Charleroi, Belgium – 27-28 November 2094 SAVE THE DATE!</p>"
    return page[: heading.end()] + line + page[heading.end() :]
