"""The last good reading → a reading → believed or not, and why. The notation is that of tests/monitor/small.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cmr_watch.models import Known, Outline, Snapshot
from cmr_watch.monitor.diff import additions, adopt, compare
from cmr_watch.monitor.plausibility import reject_reason
from tests.monitor.small import read, told

NOW = datetime(2023, 10, 1, 12, tzinfo=UTC)
AHEAD = "> Lyon, France – 12-13 October 2023 ;; > Prague, Czechia – 23-24 October 2023"
PAST = [
    "< Burgas, Bulgaria – 13-15 September 2023",
    "< Skåne, Sweden – 15-16 June 2023",
    "< Kittilä, Finland – 25-27 April 2023",
    "< Kosice, Slovakia – 29-30 March 2023",
    "< Barcelona, Spain – 14-16 December 2022",
]
ALL = " ;; ".join([AHEAD, *PAST])


def of(*lines: str) -> str:
    return " ;; ".join(lines)


BELIEVED = [
    ("the same", ALL, ALL),
    ("one more", ALL, of(ALL, "> Iași, Romania – 21-23 November 2023")),
    ("one of two that are to come is gone", ALL, of("> Prague, Czechia – 23-24 October 2023", *PAST)),
    ("both are held", ALL, of(ALL.replace(">", "<"))),
    ("half of the past ones are gone", of(AHEAD, *PAST[:4]), of(AHEAD, PAST[1], PAST[3])),
    ("trimmed to two", ALL, of(AHEAD, *PAST[:2])),
    ("trimmed to one", ALL, of(AHEAD, PAST[0])),
    (
        "trimmed to one that was just held",
        of(AHEAD, PAST[4]),
        of("> Prague, Czechia – 23-24 October 2023", "< Lyon, France – 12-13 October 2023"),
    ),
    (
        "two with days over are gone",
        of("> Oslo, Norway – 1 June 2023 ;; > Bergen, Norway – 5 June 2023", *PAST),
        of(*PAST),
    ),
    ("no upcoming one, as so often", of("> Lyon, France – 12-13 October 2023", *PAST), of(*PAST)),
    (
        "both moved and renamed",
        ALL,
        of("> Nice, France – 12-13 October 2023 ;; > Brno, Czechia – 23-24 October 2023", *PAST),
    ),
    ("a past city hosts again", ALL, of(ALL, "> Burgas, Bulgaria – 5 June 2024")),
    ("nothing at all, twice", "", ""),
]

SUSPECT = [
    ("no editions", ALL, "", "there are no editions where there were 7"),
    ("no edition where there was one", PAST[0], "", "there are no editions where there were 1"),
    ("more than half, not the oldest", ALL, of(AHEAD, *PAST[3:]), "3 of 5 previous editions are gone"),
    ("more than half, here and there", ALL, of(AHEAD, PAST[0], PAST[3]), "3 of 5 previous editions are gone"),
    ("all past ones", ALL, AHEAD, "5 of 5 previous editions are gone"),
    ("two that are to come", ALL, of(*PAST), "2 editions that are still to come vanished at once"),
    (
        "a past one above",
        ALL,
        of(AHEAD, "> Burgas, Bulgaria – 13-15 September 2023", *PAST[1:]),
        "Burgas, known as past",
    ),
    (
        "a past month above",
        of(AHEAD, "< Oslo, Norway – June 2023"),
        of(AHEAD, "> Oslo, Norway – June 2023"),
        "Oslo, known",
    ),
    ("lists swapped", of(*PAST), of(*PAST).replace("<", ">"), "known as past, stands under the upcoming heading"),
]


def doubted(old: str, new: Snapshot) -> str | None:
    return reject_reason(adopt(Known(), read(old), NOW), read(old), new, NOW)


@pytest.mark.parametrize(("old", "new"), [row[1:] for row in BELIEVED], ids=[row[0] for row in BELIEVED])
def test_believed(old: str, new: str) -> None:
    assert doubted(old, read(new)) is None


@pytest.mark.parametrize(("old", "new", "why"), [row[1:] for row in SUSPECT], ids=[row[0] for row in SUSPECT])
def test_suspect(old: str, new: str, why: str) -> None:
    assert why in (doubted(old, read(new)) or "believed")


OUTLINES = [
    (Outline(), None),
    (Outline(complete=False), "the document stops before its </html>"),
    (Outline(sections=("past",)), "the heading of the upcoming editions is missing"),
    (Outline(sections=("upcoming",)), "the heading of the past editions is missing"),
    (Outline(sections=()), "the heading of the upcoming and of the past editions is missing"),
    (Outline(dated_lines=9, unread_lines=3), None),
    (Outline(dated_lines=9, unread_lines=4), "4 of 9 lines with a date could not be read"),
]


@pytest.mark.parametrize(("outline", "why"), OUTLINES)
def test_the_document(outline: Outline, why: str | None) -> None:
    reading = replace(read(ALL), outline=outline)

    assert doubted(ALL, reading) == why
    assert reject_reason(Known(), None, reading, NOW) == why


def test_what_was_believed_once_is_believed_again() -> None:
    accepted = replace(read(ALL), outline=Outline(sections=("past",)))

    assert reject_reason(adopt(Known(), accepted, NOW), accepted, accepted, NOW) is None


def test_an_edition_from_a_suspect_page_holds_no_later_reading_back() -> None:
    known = adopt(Known(), read(ALL), NOW)
    more = of(*PAST, "> Oslo, Norway – 1 June 2024 ;; > Bergen, Norway – 5 June 2024")
    assert reject_reason(known, read(ALL), read(more), NOW) is not None
    known = additions(known, read(more), NOW).known

    assert reject_reason(known, read(ALL), read(ALL), NOW) is None
    assert reject_reason(known, read(ALL), read(of(ALL, "< Malaga, Spain – 16 February 2022")), NOW) is None


# ── what may be announced from a suspect reading ─────────────────────────────────────────────────────────────────

ADDITIONS = [
    ("read whole", "> Oslo, Norway – 1 June 2024", "announced oslo-no-2024-06"),
    ("save the date", "> Oslo, Norway – 1 June 2024 SAVE THE DATE", "announced oslo-no-2024-06"),
    ("no country", "> Oslo – 1 June 2024", ""),
    ("unknown country", "> Oslo, Norwegia – 1 June 2024", ""),
    ("no days", "> Oslo, Norway – June 2024", ""),
    ("days over", "> Oslo, Norway – 1 June 2023", ""),
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


@pytest.mark.parametrize(("said", "expected"), [row[1:] for row in ADDITIONS], ids=[row[0] for row in ADDITIONS])
def test_additions(said: str, expected: str) -> None:
    known = adopt(Known(), read(ALL), NOW)

    added = additions(known, read(said), NOW)

    assert told(added.changes) == expected
    assert added.known.editions[: len(known.editions)] == known.editions
    assert added.known.calls == known.calls
    later = compare(added.known, read(of(ALL, said)), NOW, None).changes
    assert not {change.key for change in added.changes} & {change.key for change in later}


def test_three_a_reading() -> None:
    four = read(
        of(*(f"> {place} – 1 June 2024" for place in ("Oslo, Norway", "Bonn, Germany", "Brno, Czechia", "Bari, Italy")))
    )
    first = additions(adopt(Known(), read(ALL), NOW), four, NOW)
    second = additions(first.known, four, NOW)

    assert [len(first.changes), told(second.changes)] == [3, "announced bari-it-2024-06"]
    assert additions(second.known, four, NOW).changes == ()
