"""Where each fact of a list stands, and what became of each line."""

from __future__ import annotations

import pytest

from cmr_watch.models.readings import PageKind
from cmr_watch.reading import Reading, read
from tests.reading.pages import article

PAGE = article(
    "<p>The series began in Malaga, Spain, on 16-17 February 2022.</p>"
    "<h2>Next editions in 2026</h2><p>📍 Ghent, Belgium<br>12-13 March</p><p>Something odd on 12 March 2026</p>"
    "<p>The call for hosts of events in 2027 is open.</p>"
    "<h2>Past editions</h2><p>Lyon, France – 3-4 May 2025</p><h3>Other events</h3><p>Porto, Portugal – 1 May 2025</p>"
)
PLAIN = "<h2>Next editions</h2><p>Ghent, Belgium – 12-13 March 2026</p><h2>Past editions</h2>"


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
        "Clusters meet Regions": ("prose", "S4"),
        "The series began in Malaga, Spain, on 16-17 February 2022.": ("prose", "S4"),
        "Next editions in 2026": ("heading", "S1"),
        "📍 Ghent, Belgium": ("entry", "P1"),
        "12-13 March": ("entry", "P1"),
        "Something odd on 12 March 2026": ("not taken", "O5"),
        "The call for hosts of events in 2027 is open.": ("call", "C1"),
        "Past editions": ("heading", "S1"),
        "Lyon, France – 3-4 May 2025": ("entry", "P1"),
        "Other events": ("heading", "S3"),
        "Porto, Portugal – 1 May 2025": ("of others", "S3"),
    }


def test_the_article_is_told_how_it_was_found() -> None:
    assert reading().evidence.article == "article"
    page = PAGE.replace("<article>", "<article class=field--name-body>")
    assert read("initiative", page.encode()).evidence.article == "body field"


def words(reading: Reading, record: str, field: str) -> list[str]:
    """The words that a field was read from, line by line."""
    texts = {use.line: use.text for use in reading.evidence.lines}
    facts = (fact for fact in reading.evidence.facts if (fact.record, fact.field) == (record, field))
    return [texts[fact.line][fact.start : fact.end] for fact in facts]


def read_list(lines: str) -> Reading:
    return read("initiative", article(f"<h2>Next editions in 2026</h2>{lines}<h2>Past editions</h2>").encode())


def test_the_section_and_the_state_are_those_of_their_headings() -> None:
    found = reading()
    assert words(found, "editions[0]", "section") == ["Next editions in 2026"]
    assert words(found, "editions[1]", "section") == words(found, "editions[1]", "status") == ["Past editions"]

    found = read_list("<p>Ghent, Belgium – 12-13 March 2026</p><h3>Postponed</h3><p>Porto, Portugal – 5 May 2026</p>")
    assert words(found, "editions[0]", "status") == ["Ghent, Belgium – 12-13 March 2026"]
    assert words(found, "editions[1]", "status") == ["Postponed"]


def test_editions_that_share_a_line_have_each_its_own_words() -> None:
    found = read_list("<p>Ghent, Belgium – 12 March 2026; Porto, Portugal – 5 May 2026</p>")
    assert words(found, "editions[1]", "city") == ["Porto, Portugal"]
    assert words(found, "editions[1]", "starts_on") == ["5 May 2026"]

    found = read_list("<p>Ghent, Belgium, 12 March 2026 / Porto, Portugal, 5 May 2026</p>")
    assert words(found, "editions[1]", "city") == ["Porto, Portugal"]


def test_an_entry_of_several_lines_names_each_line() -> None:
    found = read_list("<table><tr><td>• Porto, Portugal</td><td>5 May 2026</td><td>6 May 2026</td></tr></table>")
    assert words(found, "editions[0]", "city") == ["Porto, Portugal"]
    assert words(found, "editions[0]", "starts_on") == ["5 May 2026", "6 May 2026"]


def test_a_status_below_an_entry_and_a_summary_are_of_their_lines() -> None:
    found = read_list(
        "<ul><li>Ghent, Belgium – 12 March 2026<br>This event has been <b>cancelled</b>.<br>"
        "<a href=/content/summary>Event summary</a></li></ul>"
    )
    assert words(found, "editions[0]", "status") == ["cancelled"]
    assert words(found, "editions[0]", "summary_url") == ["Event summary"]


def test_a_call_names_the_words_of_each_field() -> None:
    found = read_list(
        "<p>The call for hosts of events in 2027/2028 is open. <a href=/content/call>Apply here</a>"
        "<br>Cut-off dates: 31 May 2026, 18:00<br>Cut-off: 30 September 2026</p>"
    )
    assert [cutoff.text for cutoff in found.snapshot.calls[0].cutoffs] == ["31 May 2026, 18:00", "30 September 2026"]
    assert words(found, "calls[0]", "status") == ["open"]
    assert words(found, "calls[0]", "hosting_years") == ["2027/2028"]
    assert words(found, "calls[0]", "apply_url") == ["Apply here"]
    assert words(found, "calls[0]", "cutoffs[1]") == ["30 September 2026"]


def test_of_two_calls_in_a_notice_each_has_its_own_words() -> None:
    found = read_list(
        "<p>The call for hosts of events in 2026 is closed. A new call for hosts of events in 2027 is open now.</p>"
    )
    assert [words(found, f"calls[{number}]", "hosting_years") for number in (0, 1)] == [["2026"], ["2027"]]
    assert [words(found, f"calls[{number}]", "status") for number in (0, 1)] == [["closed"], ["open"]]


def test_a_line_that_no_rule_explains_has_a_warning() -> None:
    found = reading()
    lost = [use.text for use in found.evidence.lines if use.what == "not taken"]
    assert lost == [warning.text for warning in found.snapshot.warnings] == ["Something odd on 12 March 2026"]


def test_the_shares_count_each_line_once() -> None:
    shares = reading().evidence.shares
    assert shares == {"heading": 3, "entry": 3, "prose": 2, "not taken": 1, "call": 1, "of others": 1}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("initiative", "<h2>Next editions</h2><p>Ghent, Belgium – 12-13 March 2026, 14</p>"),
        ("initiative", "<p>The call for hosts of events in 2027 is open. Deadline: 28 28 May 2026, 18:00</p>" + PLAIN),
        ("call", "<p>The call for hosts of events in 2027 is open.</p><p>Deadline: 28 28 May 2026</p>"),
        ("edition", "<p>Ghent, Belgium</p><p>When: 12-13 March 2026 9</p>"),
        ("edition", "<p>Ghent, Belgium</p><p>Date: 12-12 13 March 2026</p>"),
    ],
)
def test_no_number_of_an_entry_or_a_cutoff_is_dropped_without_a_warning(kind: PageKind, body: str) -> None:
    snapshot = read(kind, article(body).encode()).snapshot
    assert [warning.code for warning in snapshot.warnings] == ["date-remainder"]
