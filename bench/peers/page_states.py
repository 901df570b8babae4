"""The states of a page that each program is shown, made from the recorded page of April 2024. Pure but for reading it.

Every program watches the article alone, as a sensible user would configure it: with the CSS selector `SELECTOR`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from bench.pages import around, recorded

SELECTOR: Final = ".field--name-body"
NOTICE: Final = re.compile(r"<p>🔔.*?</p>\n", re.S)
HEADING: Final = re.compile(r'<h2>Next "Clusters.*?</h2>\n')
UPCOMING: Final = "<p>Charleroi, Belgium – 5-6 November 2024</p>\n"
NEW: Final = "<p>Aarhus, Denmark – 26-27 November 2024</p>\n"
NEWER: Final = "<p>Tampere, Finland – 10-11 December 2024</p>\n"
AARHUS, TAMPERE = "Aarhus", "Tampere"


@dataclass(frozen=True, slots=True)
class PageState:
    """What the site serves after the baseline, and the facts (regular expressions) that subscribers should be sent.

    `then_restored`: afterwards the baseline is served again, as after an outage. `week_later`: one more check, a week
    later, for a program that collects what is not urgent.
    """

    name: str
    body: str
    facts: tuple[str, ...] = ()
    status: int = 200
    then_restored: bool = False
    week_later: bool = False


def large() -> str:
    """The recorded page with a menu as long as that of the real site, which makes it 120 KB."""
    return around(120_000)


def baseline(*lines: str) -> str:
    """The recorded page before the call was open, with one upcoming edition, and further lines."""
    return HEADING.sub(lambda heading: heading[0] + UPCOMING + "".join(lines), NOTICE.sub("", recorded()), count=1)


def _article(page: str) -> tuple[str, str, str]:
    """The part before the article, the article, and the part after it."""
    start = page.index('<div class="clearfix text-formatted field field--name-body')
    end = page.index("<!-- END CUSTOM TEMPLATE OUTPUT from 'themes/custom/templates/field/field--node--body")
    return page[:start], page[start:end], page[end:]


def _with_article(page: str, article: str) -> str:
    before, _, after = _article(page)
    return before + article + after


def noise(page: str, number: int = 1) -> str:
    """Everything that changes with each response or each day around the article."""
    page = page.replace("form-8Zq1vT0a2b7c", f"form-{number:012x}").replace("4f1c2d9e", f"{number:08x}")
    page = page.replace("css_s8x2k1", f"css_{number:06x}")
    return page.replace(
        "Clusters meet\n    Industry – Toulouse, France", f"Clusters meet\n    Industry {number} – Nancy, France"
    )


def moved(page: str, number: int) -> str:
    """The page with one more upcoming edition, whose days are others for each number; other bytes around it."""
    days = date(2030, 1, 1) + timedelta(days=number)
    line = f"<p>Charleroi, Belgium – {days.day} {days:%B} {days.year}</p>\n"
    return noise(HEADING.sub(lambda heading: heading[0] + line, page, count=1), number)


def _dashes(page: str) -> str:
    return _with_article(
        page, re.sub(r" [–-] (?=\d)", lambda dash: {" – ": " - "}.get(dash[0], " – "), _article(page)[1])
    )


def _spaces(page: str) -> str:
    article = re.sub(r"(?<=\d) (?=[A-Z])", "\N{NO-BREAK SPACE}", _article(page)[1])
    return _with_article(page, article.replace(", ", ",  ").replace("</p>\n", " </p>\n\n"))


def _maintenance(page: str, *, inside: bool) -> str:
    text = "<h2>Site under maintenance</h2><p>We are updating the platform. Please come back later.</p>"
    if not inside:
        return f"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>{text}</body></html>"
    return _with_article(page, f'<div class="field field--name-body">{text}</div>\n')


def redesigned(page: str) -> str:
    """The same lines in a list without headings, in a container with the same class."""
    article = re.sub(r"<h2>.*?</h2>\n", "", _article(page)[1])
    return _with_article(page, article.replace("<p>", '<div class="row">').replace("</p>", "</div>"))


def renamed(page: str) -> str:
    """The same article in a container with another class, as after a change of the theme."""
    return page.replace("clearfix text-formatted field field--name-body", "c-article__text")


def states() -> tuple[PageState, ...]:
    """All states, in the order of the table."""
    page, call = baseline(), NOTICE.search(recorded())
    assert call, "the recorded page has no notice of a call"
    no_summary = "</a> - 7-8 November 2022</p>"
    summary = no_summary.replace(
        "</p>", ' 📑 <a href="https://clustercollaboration.eu/s">Read the event summary</a></p>'
    )
    return (
        PageState("other bytes around the article", noise(page)),
        PageState("other dashes", _dashes(page)),
        PageState("other spaces", _spaces(page)),
        PageState("new edition", baseline(NEW), (AARHUS,)),
        PageState(
            "summary published, and a week passed", page.replace(no_summary, summary), ("Katowice",), week_later=True
        ),
        PageState("call opened", HEADING.sub(lambda heading: heading[0] + call[0], page), ("call",)),
        PageState("days moved", page.replace("5-6 November 2024", "19-20 November 2024"), (r"19\W{1,3}20 November",)),
        PageState("status 500, then restored", "<h1>Error</h1>", status=500, then_restored=True),
        PageState("empty page, then restored", "", then_restored=True),
        PageState("maintenance page with 200, then restored", _maintenance(page, inside=False), then_restored=True),
        PageState(
            "maintenance inside the selector, then restored", _maintenance(page, inside=True), then_restored=True
        ),
        PageState("redesign without headings", redesigned(page)),
        PageState("new edition with that redesign", redesigned(baseline(NEW)), (AARHUS,)),
        PageState("container renamed", renamed(page)),
        PageState("new edition with the container renamed", renamed(baseline(NEW)), (AARHUS,)),
    )
