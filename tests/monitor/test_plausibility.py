"""Which readings are suspect, and why. The notation is that of tests/monitor/small.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cmr_watch.models.readings import Known, Outline, Snapshot
from cmr_watch.monitor.diff import Comparison, compare, compare_suspect, merge_reading
from cmr_watch.monitor.match import match_reading
from cmr_watch.monitor.plausibility import reject_reason
from tests.monitor.small import describe, read

NOW = datetime(2023, 10, 1, 12, tzinfo=UTC)
UPCOMING = "> Lyon, France – 12-13 October 2023 ;; > Prague, Czechia – 23-24 October 2023"
PAST = [
    "< Burgas, Bulgaria – 13-15 September 2023",
    "< Skåne, Sweden – 15-16 June 2023",
    "< Kittilä, Finland – 25-27 April 2023",
    "< Kosice, Slovakia – 29-30 March 2023",
    "< Barcelona, Spain – 14-16 December 2022",
]
ALL = " ;; ".join([UPCOMING, *PAST])


def of(*lines: str) -> str:
    return " ;; ".join(lines)


PLAUSIBLE = [
    ("the same", ALL, ALL),
    ("one more", ALL, of(ALL, "> Iași, Romania – 21-23 November 2023")),
    ("one of two upcoming editions is missing", ALL, of("> Prague, Czechia – 23-24 October 2023", *PAST)),
    ("both are held", ALL, of(ALL.replace(">", "<"))),
    ("half of the past editions are missing", of(UPCOMING, *PAST[:4]), of(UPCOMING, PAST[1], PAST[3])),
    ("trimmed to two", ALL, of(UPCOMING, *PAST[:2])),
    ("trimmed to one", ALL, of(UPCOMING, PAST[0])),
    (
        "trimmed to one that was just held",
        of(UPCOMING, PAST[4]),
        of("> Prague, Czechia – 23-24 October 2023", "< Lyon, France – 12-13 October 2023"),
    ),
    (
        "two editions that are over are missing",
        of("> Oslo, Norway – 1 June 2023 ;; > Bergen, Norway – 5 June 2023", *PAST),
        of(*PAST),
    ),
    ("the only upcoming edition is missing", of("> Lyon, France – 12-13 October 2023", *PAST), of(*PAST)),
    (
        "both moved and renamed",
        ALL,
        of("> Nice, France – 12-13 October 2023 ;; > Brno, Czechia – 23-24 October 2023", *PAST),
    ),
    ("a past city hosts again", ALL, of(ALL, "> Burgas, Bulgaria – 5 June 2024")),
    ("no editions, twice", "", ""),
]

SUSPECT = [
    ("no editions", ALL, "", "the page lists no editions; the last reading had 7"),
    ("no edition where there was one", PAST[0], "", "the page lists no editions; the last reading had 1"),
    ("more than half, not the oldest", ALL, of(UPCOMING, *PAST[3:]), "3 of 5 past editions are missing"),
    ("more than half, of any age", ALL, of(UPCOMING, PAST[0], PAST[3]), "3 of 5 past editions are missing"),
    ("all past ones", ALL, UPCOMING, "5 of 5 past editions are missing"),
    ("two upcoming editions", ALL, of(*PAST), "2 upcoming editions are missing"),
    (
        "a past edition in the upcoming section",
        ALL,
        of(UPCOMING, "> Burgas, Bulgaria – 13-15 September 2023", *PAST[1:]),
        "Burgas, a past edition, is listed as upcoming",
    ),
    (
        "a past month in the upcoming section",
        of(UPCOMING, "< Oslo, Norway – June 2023"),
        of(UPCOMING, "> Oslo, Norway – June 2023"),
        "Oslo, a past edition",
    ),
    ("sections swapped", of(*PAST), of(*PAST).replace("<", ">"), "a past edition, is listed as upcoming"),
]


def suspect(known: Known, page: str, good_until: datetime | None = None) -> Comparison:
    """What a suspect reading of the page announces after ALL."""
    return compare_suspect(known, read(ALL), match_reading(known, read(page), NOW), NOW, good_until)


def reason(old: str, new: Snapshot) -> str | None:
    """Why `new` is suspect after `old`."""
    return reject_reason(merge_reading(Known(), read(old), NOW), read(old), new, NOW)


@pytest.mark.parametrize(("old", "new"), [row[1:] for row in PLAUSIBLE], ids=[row[0] for row in PLAUSIBLE])
def test_plausible(old: str, new: str) -> None:
    assert reason(old, read(new)) is None


@pytest.mark.parametrize(("old", "new", "expected"), [row[1:] for row in SUSPECT], ids=[row[0] for row in SUSPECT])
def test_suspect(old: str, new: str, expected: str) -> None:
    assert expected in (reason(old, read(new)) or "plausible")


OUTLINES = [
    (Outline(), None),
    (Outline(complete=False), "the page is incomplete: it ends before its closing </html> tag"),
    (Outline(sections=()), None),
    (Outline(dated_lines=9, unread_lines=3), None),
    (Outline(dated_lines=9, unread_lines=4), "4 of 9 dated lines were not understood"),
]


@pytest.mark.parametrize(("outline", "expected"), OUTLINES)
def test_document(outline: Outline, expected: str | None) -> None:
    reading = replace(read(ALL), outline=outline)

    assert reason(ALL, reading) == expected
    assert reject_reason(Known(), None, reading, NOW) == expected


FIRST = [
    (Outline(sections=("past",)), ALL, "the heading of the upcoming editions is missing"),
    (Outline(sections=("upcoming",)), ALL, "the heading of the past editions is missing"),
    (Outline(sections=()), UPCOMING, "the headings of the upcoming and past editions are missing"),
    (Outline(sections=()), of(UPCOMING, PAST[0]), None),
    (Outline(address="clustercollaboration.eu/login"), ALL, "the page was found at another address: "),
]


@pytest.mark.parametrize(("outline", "page", "expected"), FIRST)
def test_the_first_reading_of_the_list(outline: Outline, page: str, expected: str | None) -> None:
    found = reject_reason(Known(), None, replace(read(page), outline=outline), NOW, "https://clustercollaboration.eu/x")
    assert found is expected is None or (expected and found and expected in found)


def test_a_reading_that_equals_the_last_plausible_one_is_plausible() -> None:
    accepted = replace(read(ALL), outline=Outline(sections=("past",)))

    assert reject_reason(merge_reading(Known(), accepted, NOW), accepted, accepted, NOW) is None


def test_an_edition_announced_from_a_suspect_reading_does_not_make_later_readings_suspect() -> None:
    known = merge_reading(Known(), read(ALL), NOW)
    more = of(*PAST, "> Oslo, Norway – 1 June 2024 ;; > Bergen, Norway – 5 June 2024")
    assert reject_reason(known, read(ALL), read(more), NOW) is not None
    known = suspect(known, more).known
    assert len(known.editions) == 9

    assert reject_reason(known, read(ALL), read(ALL), NOW) is None
    assert reject_reason(known, read(ALL), read(of(ALL, "< Malaga, Spain – 16 February 2022")), NOW) is None


# ── what may be announced from a suspect reading ─────────────────────────────────────────────────────────────────────

NEW_LINES = [
    ("complete", "> Oslo, Norway – 1 June 2024", "announced oslo-no-2024-06"),
    ("save the date", "> Oslo, Norway – 1 June 2024 SAVE THE DATE", "announced oslo-no-2024-06"),
    ("no country", "> Oslo – 1 June 2024", ""),
    ("unknown country", "> Oslo, Norwegia – 1 June 2024", ""),
    ("no days", "> Oslo, Norway – June 2024", ""),
    ("over", "> Oslo, Norway – 1 June 2023", ""),
    ("past", "< Oslo, Norway – 1 June 2022", ""),
    ("cancelled", "> Oslo, Norway – 1 June 2024 CANCELLED", ""),
    ("known", "> Lyon, France – 12-13 October 2023", ""),
    ("known, on other days", "> Lyon, France – 1 March 2024", ""),
    ("known, twice on other days", "> Lyon, France – 1 March 2024 ;; > Lyon, France – 3 May 2024", ""),
    ("known by its days", "> Nice, France – 12-13 October 2023", ""),
    ("known, with a wrong year", "> Burgas, Bulgaria – 13-15 September 2024", ""),
    ("a known city again", "> Burgas, Bulgaria – 5 June 2024", "announced burgas-bg-2024-06"),
    ("a call", "! The call for hosts of events in 2024 is open.", ""),
]


@pytest.mark.parametrize(("page", "expected"), [row[1:] for row in NEW_LINES], ids=[row[0] for row in NEW_LINES])
def test_what_a_suspect_reading_announces(page: str, expected: str) -> None:
    known = merge_reading(Known(), read(ALL), NOW)

    added = suspect(known, of(ALL, page))

    assert describe(added.changes) == expected
    assert added.known.editions[: len(known.editions)] == known.editions
    assert added.known.calls == known.calls
    later = compare(added.known, read(of(ALL, page)), NOW, None).changes
    assert not {change.key for change in added.changes} & {change.key for change in later}


FOUR = of(*(f"> {place} – 1 June 2024" for place in ("Oslo, Norway", "Bonn, Germany", "Brno, Czechia", "Bari, Italy")))


def test_suspect_readings_announce_at_most_three_editions_until_the_next_good_one() -> None:
    good_until = NOW - timedelta(hours=1)
    first = suspect(merge_reading(Known(), read(ALL), good_until), of(ALL, FOUR), good_until)
    second = suspect(first.known, of(ALL, FOUR), good_until)
    after_good_one = suspect(first.known, of(ALL, FOUR), NOW)

    assert [len(first.changes), second.changes] == [3, ()]
    assert describe(after_good_one.changes) == "announced bari-it-2024-06"


NOTHING_FROM = [
    ("less than half of the editions is found", of("> Oslo, Norway – 1 June 2024", *PAST[:3])),
    ("garbled", of(ALL.replace("Skåne", "Sk\ufffdne"), "> Oslo, Norway – 1 June 2024")),
    ("doubly encoded", of(ALL.replace("Skåne", "SkÃ¥ne"), "> Oslo, Norway – 1 June 2024")),
]


@pytest.mark.parametrize("page", [row[1] for row in NOTHING_FROM], ids=[row[0] for row in NOTHING_FROM])
def test_what_announces_nothing(page: str) -> None:
    assert suspect(merge_reading(Known(), read(ALL), NOW), page).changes == ()
