"""The lines of the stored page, marked by the evidence of the reading."""

from __future__ import annotations

from datetime import UTC, datetime

from cmr_watch.models.evidence import Evidence, Fact, LineUse
from cmr_watch.models.readings import ChangeKind, Cutoff, Material
from cmr_watch.store.public import Sources
from cmr_watch.web.public.change_facts import fact_rows
from cmr_watch.web.public.stored_page import MAX_LINE, MAX_LINES, record_of, source_of, stored_page
from tests.factories import NOW, call, change, edition, snapshot
from tests.web.public.make import HOSTILE, LONG_LINE, stored_snapshot

K = ChangeKind
OLD, NEW = edition(status="save_the_date"), edition()
CHANGE = change(K.EDITION_UPDATED, NEW, before=OLD)


def fact(field: str, line: int, record: str = "editions[1]") -> Fact:
    return Fact(record, field, line, 0, 4, "P1")


def evidence(*facts: Fact, lines: int = 6) -> Evidence:
    return Evidence("found", facts, tuple(LineUse(number, f"line {number}", "entry", "P1") for number in range(lines)))


def page_of(one, *facts: Fact, reading=None, lines: int = 6):
    reading = reading or snapshot(edition("Rome", text="Rome"), NEW)
    source = stored_snapshot(reading, evidence(*facts, lines=lines))
    return stored_page(source, one.after or one.before, fact_rows(one), is_gone=one.after is None)


def test_the_line_of_the_fact_that_differs_is_marked() -> None:
    made = page_of(CHANGE, fact("status", 3), fact("city", 4), fact("status", 5, "editions[0]"))
    assert [(line.number, line.text, line.facts) for line in made.marked] == [(4, "line 3", ("Status",))]
    assert made.first == made.lines[3]
    assert (made.number, len(made.lines), made.note) == (6, 6, "")
    assert (made.read_at, made.sha256) == (NOW, "ab" * 32)


def test_several_facts_mark_several_lines_and_the_first_row_is_named() -> None:
    both = change(K.EDITION_RESCHEDULED, NEW, before=edition(starts_on=None, ends_on=None, status="save_the_date"))
    made = page_of(both, fact("status", 1), fact("starts_on", 4), fact("date_text", 4))
    assert [line.facts for line in made.marked] == [("Status",), ("Dates",)]
    assert made.first is not None
    assert made.first.number == 5


def test_of_a_list_only_the_entry_that_differs_is_marked() -> None:
    times = [Cutoff(datetime(2024, month, 1, 16, tzinfo=UTC)) for month in (5, 6, 7)]
    one = change(
        K.CALL_CUTOFF_MOVED,
        call(cutoffs=(times[0], times[2])),
        before=call(cutoffs=tuple(times[:2])),
        cutoff_before=times[1],
        cutoff_after=times[2],
    )
    facts = (fact("cutoffs[0]", 2, "calls[0]"), fact("cutoffs[1]", 3, "calls[0]"))
    made = page_of(one, *facts, reading=snapshot(calls=(one.after,)))
    assert [line.number for line in made.marked] == [4]


def test_of_materials_only_the_new_ones_are_marked() -> None:
    old, new = (Material("agenda", f"https://example.eu/{name}", name) for name in ("old", "new"))
    one = change(K.EDITION_MATERIALS_PUBLISHED, edition(materials=(old, new)), before=edition(materials=(old,)))
    facts = (fact("materials[0]", 1, "editions[0]"), fact("materials[1]", 2, "editions[0]"))
    assert [line.number for line in page_of(one, *facts, reading=snapshot(one.after)).marked] == [3]


def test_if_no_fact_is_known_the_entry_is_marked() -> None:
    assert [line.facts for line in page_of(CHANGE, fact("text", 2)).marked] == [("Entry",)]


def test_of_an_edition_in_a_list_its_own_line_is_marked_besides_the_heading_that_says_it() -> None:
    held = change(K.EDITION_HELD, edition(section="past", status="held"), before=edition())
    facts = [fact(name, line, "editions[0]") for name, line in (("status", 1), ("section", 1), ("text", 4))]
    made = page_of(held, *facts, reading=snapshot(held.after))
    assert [(line.number, line.facts) for line in made.marked] == [(2, ("Status", "Listed under")), (5, ("Entry",))]
    assert made.first is not None
    assert made.first.number == 2
    own_page = page_of(held, *facts, reading=snapshot(held.after, kind="edition"))
    assert [line.number for line in own_page.marked] == [2]


def test_if_the_reading_has_no_such_entry_nothing_is_marked_and_the_page_says_so() -> None:
    made = page_of(CHANGE, fact("status", 3), reading=snapshot(edition("Rome", text="Rome")))
    assert made.marked == ()
    assert made.first is None
    assert made.number == 6
    assert made.note == "It was not noted from which of these lines this change was read, so none is marked."


def test_a_page_without_evidence_has_no_lines_and_says_why() -> None:
    made = stored_page(stored_snapshot(snapshot(NEW)), NEW, fact_rows(CHANGE), is_gone=False)
    assert made.lines == ()
    assert "did not yet note" in made.note
    assert made.sha256


def test_a_page_that_is_no_longer_stored_is_said_to_be_so() -> None:
    made = stored_page(None, NEW, fact_rows(CHANGE), is_gone=False)
    assert (made.lines, made.sha256, made.read_at) == ((), "", None)
    assert "no longer stored" in made.note


def test_of_what_is_gone_the_page_before_is_shown() -> None:
    before, after = stored_snapshot(snapshot(OLD)), stored_snapshot(snapshot(NEW))
    assert source_of(Sources(before, after), None) is before
    assert source_of(Sources(before, after), NEW) is after
    made = page_of(change(K.EDITION_WITHDRAWN, NEW).__class__(K.EDITION_WITHDRAWN, "key", NEW, None), fact("city", 2))
    assert made.note.startswith("It is no longer on the page")
    assert [line.number for line in made.marked] == [3]


def test_which_record_has_the_content_of_a_change() -> None:
    twice = snapshot(edition("Rome", text="Rome 2024"), edition("Rome", text="Rome 2026"), edition(text="other"))
    assert record_of(twice, edition("Rome", text="Rome 2026")) == "editions[1]"
    assert record_of(twice, edition("Rome", text="neither")) == ""
    assert record_of(twice, edition(text="not the line, but the only one in Lyon")) == "editions[2]"
    assert record_of(twice, edition("Paris")) == ""
    assert record_of(twice, call()) == ""
    assert record_of(snapshot(calls=(call(hosting_years=(2020,)), call())), call(status="closed")) == "calls[1]"


def test_hostile_lines_are_cleaned_and_bounded() -> None:
    uses = (LineUse(0, HOSTILE, "prose", "S4"), LineUse(1, LONG_LINE, "entry", "P1"))
    source = stored_snapshot(snapshot(NEW), Evidence("found", (fact("status", 1, "editions[0]"),), uses))
    made = stored_page(source, NEW, fact_rows(CHANGE), is_gone=False)
    assert all(line.text.isprintable() and len(line.text) <= MAX_LINE for line in made.lines)
    assert made.first == made.lines[1]


def test_of_a_very_long_page_the_lines_around_the_marked_one_are_shown() -> None:
    made = page_of(CHANGE, fact("status", 4_999), lines=9_000)
    assert (len(made.lines), made.number) == (MAX_LINES, 9_000)
    assert made.first in made.lines
    assert made.first is not None
    assert made.first.number == 5_000
