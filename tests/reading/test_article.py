"""The article of an own page: its title, its own lines, the headings over them."""

from __future__ import annotations

import pytest

from cmr_watch.reading.article import Article, articles, base_of
from cmr_watch.reading.document import open_document
from cmr_watch.reading.headings import names_others
from cmr_watch.reading.tokens import Text


def names_series(text: Text) -> bool:
    return text.has("series")


def article(body: str) -> Article:
    document = open_document(f"<html><body><main>{body}</main></body></html>".encode(), None)
    return next(iter(articles(document, names_series)))


OTHERS = [
    "Related events",
    "Other open calls",
    "Upcoming events",
    "Earlier workshops",
    "Latest news",
    "You may also like",
    "See also",
    "News",
    "Previous Clusters meet Regions editions",
    "All events",
]
OWN = [
    "Further information about the events",
    "More about the workshop",
    "About the event",
    "Our workshop",
    "Recordings",
    "Presentations",
    "Contact",
    "Documents",
    "Next cut-offs",
    "Next edition: 12-13 March 2027, Ghent, Belgium",
    "",
]


@pytest.mark.parametrize("text", OTHERS)
def test_a_heading_of_others(text: str) -> None:
    assert names_others(text)


@pytest.mark.parametrize("text", OWN)
def test_an_own_heading(text: str) -> None:
    assert not names_others(text)


def test_the_part_of_others_ends_at_the_next_heading_of_its_rank() -> None:
    found = article("<h1>Clusters meet Regions</h1><h2>Related events</h2><h3>Fair</h3><p>a</p><h2>Venue</h2><p>b</p>")
    assert [line.text for line in found.lines] == ["Venue", "b"]


def test_the_title_is_the_one_that_names_the_series() -> None:
    found = article(
        "<h1>European Cluster Platform</h1><article><h1>Clusters meet<br>Regions Lyon</h1><p>a</p></article>"
    )
    assert found.title is not None
    assert found.title.scan.has("series")


def test_a_bold_day_is_no_heading_and_sessions_divide_a_part() -> None:
    found = article(
        "<h1>x</h1><p><b>Presentations</b></p><p><b>Session 1</b></p><p>a</p><p><b>Deadlines</b></p>"
        "<p><b>3 May 2027</b></p><p>b</p>"
    )
    over = {line.text: [text.text for text in line.headings] for line in found.lines}
    assert over["a"] == ["Session 1", "Presentations"]
    assert over["b"] == ["Deadlines"]
    assert found.headings == ("x", "Presentations", "Session 1", "Deadlines")


@pytest.mark.parametrize(
    ("address", "base"),
    [
        (None, "https://clustercollaboration.eu/content/"),
        ("https://www.clustercollaboration.eu/content/x", "https://clustercollaboration.eu/content/x"),
        ("https://staging.example.org/content/x", "https://staging.example.org/content/x"),
    ],
)
def test_the_base_of_links(address: str | None, base: str) -> None:
    assert base_of(address, "https://clustercollaboration.eu/content/") == base
