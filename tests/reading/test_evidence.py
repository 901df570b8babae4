"""Where each fact of a list stands, and what became of each line."""

from __future__ import annotations

from cmr_watch.reading import Reading, read
from tests.reading.pages import article

PAGE = article(
    "<p>The series began in Malaga, Spain, on 16-17 February 2022.</p>"
    "<h2>Next editions in 2026</h2><p>📍 Ghent, Belgium<br>12-13 March</p><p>Something odd on 12 March 2026</p>"
    "<p>The call for hosts of events in 2027 is open.</p>"
    "<h2>Past editions</h2><p>Lyon, France – 3-4 May 2025</p><h3>Other events</h3><p>Porto, Portugal – 1 May 2025</p>"
)


def reading() -> Reading:
    return read("initiative", PAGE.encode())


def test_each_fact_names_its_line_and_its_words() -> None:
    found = reading()
    texts = {line.line: line.text for line in found.evidence.lines}

    city, starts_on = (found.evidence.of("editions[1]")[name] for name in ("city", "starts_on"))

    assert texts[city.line][city.start : city.end] == "Lyon, France"
    assert texts[starts_on.line][starts_on.start : starts_on.end] == "3-4 May 2025"
    assert (city.rule, starts_on.rule) == ("P2", "D1")


def test_every_line_has_its_use_and_a_rule() -> None:
    uses = {line.text: (line.what, line.rule) for line in reading().evidence.lines}

    assert uses == {
        "Clusters meet Regions": ("other", "S4"),
        "The series began in Malaga, Spain, on 16-17 February 2022.": ("other", "S4"),
        "Next editions in 2026": ("heading", "S1"),
        "📍 Ghent, Belgium\t12-13 March": ("edition", "P1"),
        "12-13 March": ("part of the entry above", "D4"),
        "Something odd on 12 March 2026": ("line-unread", "O5"),
        "The call for hosts of events in 2027 is open.": ("call", "C1"),
        "Past editions": ("heading", "S1"),
        "Lyon, France – 3-4 May 2025": ("edition", "P1"),
        "Other events": ("heading", "S3"),
        "Porto, Portugal – 1 May 2025": ("not ours", "S3"),
    }


def test_the_article_is_told_how_it_was_found() -> None:
    assert reading().evidence.article == "article"
    page = PAGE.replace("<article>", "<article class=field--name-body>")
    assert read("initiative", page.encode()).evidence.article == "body field"
