"""Editions whose section no heading says (READING S5), and what a section without its heading proves (B1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cmr_watch.models.readings import Known, Outline, Section, Snapshot
from cmr_watch.monitor.diff import CONFIRMED_AFTER, compare, known_after_reparse, merge_reading
from cmr_watch.monitor.match import match_reading
from tests.monitor.small import describe, read

NOW = datetime(2023, 10, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
LYON, PRAGUE = "> Lyon, France – 12-13 October 2023", "> Prague, Czechia – 23-24 October 2023"
BURGAS, KITTILA = "< Burgas, Bulgaria – 13-15 September 2023", "< Kittilä, Finland – 25-27 April 2023"
ALL = (LYON, PRAGUE, BURGAS, KITTILA)


def page(*lines: str) -> Snapshot:
    return read(" ;; ".join(lines))


def without_headings(*lines: str) -> Snapshot:
    """The lines as they are read where no heading says a section."""
    bare = page(*lines)
    editions = tuple(replace(line, section=None, status=_unheaded(line.status)) for line in bare.editions)
    return replace(bare, editions=editions, outline=replace(bare.outline, sections=(), headings=()))


def _unheaded(status: str) -> str:
    return "scheduled" if status == "held" else status


def under(section: Section, *lines: str) -> Snapshot:
    """All lines under the one heading that is left."""
    status = "held" if section == "past" else "scheduled"
    bare = page(*lines)
    editions = tuple(replace(line, section=section, status=status) for line in bare.editions)
    return replace(bare, editions=editions, outline=Outline(sections=(section,)))


KNOWN = merge_reading(Known(), page(*ALL), NOW)


def changes(known: Known, snapshot: Snapshot, now: datetime = NOW) -> str:
    return describe(compare(known, snapshot, now, CONFIRMED_AFTER).changes)


def test_a_line_without_a_section_takes_the_one_that_is_known() -> None:
    compared = compare(KNOWN, without_headings(*ALL), NOW, CONFIRMED_AFTER)
    assert compared.changes == ()
    assert compared.known == KNOWN


def test_the_clock_alone_moves_nothing_to_the_past() -> None:
    known = compare(Known(), without_headings(*ALL), NOW, CONFIRMED_AFTER).known
    assert [entry.edition.section for entry in known.editions] == ["upcoming", "upcoming", "past", "past"]
    assert [entry.edition.status for entry in known.editions] == ["scheduled", "scheduled", "held", "held"]
    assert changes(known, without_headings(*ALL), NOW + timedelta(days=90)) == ""
    held = page(LYON.replace(">", "<"), PRAGUE, BURGAS, KITTILA)
    assert changes(known, held, NOW + timedelta(days=15)) == "held lyon-fr-2023-10"


def test_a_new_line_without_a_section_is_upcoming_while_its_days_are_not_over() -> None:
    more = without_headings(*ALL, "> Oslo, Norway – 1 June 2024", "< Malaga, Spain – 16 February 2022")
    assert changes(KNOWN, more) == "announced oslo-no-2024-06, listed malaga-es-2022-02"


def test_a_past_edition_is_not_rescheduled_into_a_new_one_without_a_section() -> None:
    again = without_headings(*ALL, "> Burgas, Bulgaria – 10 October 2023")
    assert changes(KNOWN, again) == "announced burgas-bg-2023-10"


def test_a_status_by_its_word_counts_without_a_section() -> None:
    assert changes(KNOWN, without_headings(f"{LYON} CANCELLED", *ALL[1:])) == "cancelled lyon-fr-2023-10"


def test_lines_below_the_only_heading_that_is_left_stay_where_they_were() -> None:
    assert changes(KNOWN, under("upcoming", *ALL)) == ""
    assert changes(KNOWN, under("past", *ALL)) == "", "nothing that is still to come has been held"
    both = page(*(line.replace(">", "<") for line in ALL))
    assert changes(KNOWN, both) == "held lyon-fr-2023-10, held prague-cz-2023-10", "a heading that is left counts"


def test_what_stood_under_a_heading_that_is_gone_is_not_missing() -> None:
    known = KNOWN
    for hours in range(5):
        compared = compare(known, under("past", BURGAS, KITTILA), NOW + timedelta(hours=hours), CONFIRMED_AFTER)
        assert compared.changes == ()
        known = compared.known
    assert known == KNOWN
    no_upcoming = page(BURGAS, KITTILA)
    first = compare(known, replace(no_upcoming, outline=Outline()), NOW, CONFIRMED_AFTER)
    assert first.changes == ()
    assert changes(first.known, no_upcoming, LATER) == "withdrawn lyon-fr-2023-10, withdrawn prague-cz-2023-10"


def test_a_reading_that_proves_nothing_interrupts_an_absence() -> None:
    missing = compare(KNOWN, page(LYON, BURGAS, KITTILA), NOW, CONFIRMED_AFTER).known
    interrupted = compare(missing, under("past", BURGAS, KITTILA), LATER, CONFIRMED_AFTER).known
    assert changes(interrupted, page(LYON, BURGAS, KITTILA), LATER) == ""


def test_without_a_time_a_line_without_a_section_counts_as_upcoming() -> None:
    assert describe(compare(Known(), without_headings(KITTILA), None, None).changes) == "announced kittila-fi-2023-04"


def test_a_newer_parser_that_finds_no_section_keeps_the_known_one() -> None:
    reparsed = known_after_reparse(KNOWN, page(*ALL), without_headings(*ALL), NOW)
    assert reparsed == KNOWN


def test_the_reading_itself_is_kept_as_it_was_parsed() -> None:
    snapshot = without_headings(*ALL)
    matching = match_reading(KNOWN, snapshot, NOW)
    assert matching.as_read is snapshot
    assert {line.section for line in snapshot.editions} == {None}
    assert [line.section for line in matching.reading.editions] == ["upcoming", "upcoming", "past", "past"]
    assert matching.new_lines == ()
