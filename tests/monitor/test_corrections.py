"""Corrections of single lines: what they change in a reading and its evidence, and when they cannot be applied."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from cmr_watch.exceptions import CorrectionRefused
from cmr_watch.models.corrections import Correction
from cmr_watch.models.readings import PageKind, PageRef
from cmr_watch.monitor.corrections import Corrected, apply_corrections, find_target
from cmr_watch.reading import read
from tests.factories import NOW
from tests.reading.pages import article

LIST = article(
    "<p>The series began in 2021.</p><p>The call for hosts of events in 2027 is open until 31 May 2026.</p>"
    "<h2>Next editions in 2026</h2><p>Ghent, Belgium – 12-13 March</p><p>Something odd on 2 April 2026</p>"
    "<p>Porto, Portugal<br>5-6 May 2026</p>"
    "<h2>Past editions</h2><p>Lyon, France – 3-4 May 2025</p><p>Bonn, Germany – 3-4 April 2025</p>"
)
CALL = article(
    "<p>The call for hosts of Clusters meet Regions events in 2027 is open.</p><h3>Cut-off dates</h3>"
    "<ul><li>31 May 2026, 18:00</li><li>30 September 2026, 18:00</li></ul><p>Round 3: end of year</p>"
).replace("<h1>", "<h1>Call for hosts of ")


def correct(line: str, kind: PageKind = "initiative", **values: str) -> Corrected:
    """The reading of the page with one correction: the values, or without any “not an entry”."""
    page = {"initiative": LIST, "call": CALL}[kind]
    correction = Correction(PageRef("https://x.org/", kind), line, values or None, NOW)
    return apply_corrections(*read(kind, page.encode()), [correction])


def cities(corrected: Corrected) -> list[str]:
    return [edition.city for edition in corrected.snapshot.editions]


def test_the_days_of_an_edition() -> None:
    found = correct("Ghent, Belgium – 12-13 March", starts_on="2026-03-19", ends_on="2026-03-20")
    edition = found.snapshot.editions[0]
    assert (edition.city, edition.starts_on, edition.ends_on) == ("Ghent", date(2026, 3, 19), date(2026, 3, 20))
    assert found.lapsed == ()


def test_what_follows_from_a_value_is_filled_in() -> None:
    edition = correct("Ghent, Belgium – 12-13 March", country="Portugal", starts_on="2026-04-01").snapshot.editions[0]
    assert (edition.country_code, edition.ends_on, edition.date_precision) == ("PT", date(2026, 4, 1), "day")
    edition = correct("Ghent, Belgium – 12-13 March", section="past").snapshot.editions[0]
    assert (edition.section, edition.status) == ("past", "held")
    edition = correct("Ghent, Belgium – 12-13 March", starts_on="").snapshot.editions[0]
    assert (edition.starts_on, edition.ends_on, edition.date_precision) == (None, None, "unknown")


def test_the_correction_is_the_rule_in_the_evidence() -> None:
    found = correct("Ghent, Belgium – 12-13 March", starts_on="2026-03-19", ends_on="2026-03-20")
    facts = found.evidence.of("editions[0]")
    assert {name: fact.rule for name, fact in facts.items() if fact.rule == "correction"} == {
        "starts_on": "correction",
        "ends_on": "correction",
    }
    (line,) = [use for use in found.evidence.lines if use.text.startswith("Ghent")]
    assert (line.what, line.rule, facts["starts_on"].line) == ("entry", "correction", line.line)


@pytest.mark.parametrize("line", ["Porto, Portugal", "5–6 May 2026", "Porto, Portugal 5-6 May 2026", "porto portugal"])
def test_an_entry_of_two_lines_is_named_by_either_or_both(line: str) -> None:
    found = correct(line, country="Spain")
    assert [edition.country_code for edition in found.snapshot.editions] == ["BE", "ES", "FR", "DE"]


def test_a_line_that_was_not_read_becomes_an_edition() -> None:
    found = correct("Something odd on 2 April 2026", city="Graz", country="Austria", starts_on="2026-04-02")
    assert cities(found) == ["Ghent", "Graz", "Porto", "Lyon", "Bonn"]
    assert found.snapshot.editions[1].section == "upcoming"
    assert found.snapshot.warnings == ()
    assert found.snapshot.outline.unread_lines == 0
    assert found.evidence.shares["entry"] == 6
    texts = {use.line: use.text for use in found.evidence.lines}
    assert texts[found.evidence.of("editions[2]")["city"].line] == "Porto, Portugal"


def test_a_line_that_is_not_an_entry() -> None:
    found = correct("Porto, Portugal")
    assert cities(found) == ["Ghent", "Lyon", "Bonn"]
    texts = {use.line: use.text for use in found.evidence.lines}
    assert texts[found.evidence.of("editions[1]")["city"].line] == "Lyon, France – 3-4 May 2025"
    assert correct("Something odd on 2 April 2026").snapshot.warnings == ()


def test_a_call() -> None:
    line = "The call for hosts of events in 2027 is open until 31 May 2026."
    (call,) = correct(line, status="announced", hosting_years="2027, 2028").snapshot.calls
    assert (call.status, call.hosting_years) == ("announced", (2027, 2028))
    (call,) = correct(line, at="2026-06-15").snapshot.calls
    assert [cutoff.at for cutoff in call.cutoffs] == [datetime(2026, 6, 15, 21, 59, tzinfo=UTC)]


def test_cutoffs_of_a_call_page() -> None:
    found = correct("30 September 2026, 18:00", "call", at="2026-09-30T12:00", tentative="yes")
    assert [(cutoff.at.hour, cutoff.tentative) for cutoff in found.snapshot.calls[0].cutoffs] == [
        (16, False),
        (10, True),
    ]
    found = correct("31 May 2026, 18:00", "call")
    assert [cutoff.at.month for cutoff in found.snapshot.calls[0].cutoffs] == [9]
    assert "cutoffs[1]" not in found.evidence.of("calls[0]")
    found = correct("Round 3: end of year", "call", at="2026-12-31T18:00+01:00")
    assert [cutoff.at.month for cutoff in found.snapshot.calls[0].cutoffs] == [5, 9, 12]


@pytest.mark.parametrize(
    ("line", "values", "reason"),
    [
        ("Ghent, Belgium – 19-20 March", {"city": "Gent"}, "the page has no such line"),
        ("", {"city": "Gent"}, "the page has no such line"),
        ("Ghent, Belgium – 12-13 March", {"place": "Gent"}, '"place" cannot be corrected here'),
        ("Ghent, Belgium – 12-13 March", {"starts_on": "19 March"}, "expected a day such as 2026-03-12"),
        ("Ghent, Belgium – 12-13 March", {"ends_on": "2026-03-01"}, "cannot end on 2026-03-01 if it starts on"),
        ("Ghent, Belgium – 12-13 March", {"country": "Belgum"}, '"Belgum" is not a known country'),
        ("Ghent, Belgium – 12-13 March", {"city": ""}, "an edition needs a city"),
        ("Ghent, Belgium – 12-13 March", {"url": "javascript:alert(1)"}, "an address that begins with http"),
        ("Ghent, Belgium – 12-13 March", {"at": "2026-03-01"}, 'an edition has no "at"'),
        ("The series began in 2021.", {"starts_on": "2026-03-01"}, "give at least city=… and country=…"),
        ("Lyon, France – 3-4 May 2025", {"status": "lost"}, "expected a status"),
    ],
)
def test_what_cannot_be_applied_lapses_with_the_reason(line: str, values: dict[str, str], reason: str) -> None:
    found = correct(line, **values)
    ((_, why),) = found.lapsed
    assert reason in why
    assert (found.snapshot, found.evidence) == read("initiative", LIST.encode())


def test_a_line_that_the_page_has_twice_is_not_corrected() -> None:
    page = LIST.replace("Bonn, Germany – 3-4 April 2025", "Lyon, France – 3-4 May 2025")
    snapshot, evidence = read("initiative", page.encode())
    with pytest.raises(CorrectionRefused, match=r"more than once \(lines 9 and 10\)"):
        find_target(snapshot, evidence, "Lyon, France – 3-4 May 2025")


def test_a_line_with_two_editions_is_not_corrected() -> None:
    page = LIST.replace("Bonn, Germany – 3-4 April 2025", "Bonn, Germany, 3 April 2025; Brno, Czechia, 5 April 2025")
    snapshot, evidence = read("initiative", page.encode())
    with pytest.raises(CorrectionRefused, match="the line holds 2 entries"):
        find_target(snapshot, evidence, "Bonn, Germany, 3 April 2025; Brno, Czechia, 5 April 2025")
