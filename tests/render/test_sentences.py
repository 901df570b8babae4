"""The sentence of each kind of change. Pages are in the notation of tests/monitor/small.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import CallNotice, Change, ChangeKind, Cutoff, Edition, KnownCall, RecordedChange
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.render.headlines import headline
from cmr_watch.render.sentences import contradiction, cutoff_words, days, place, sentence, years
from tests.monitor.small import read

LYON = "Lyon, France – 12-13 October 2023"
SUMMARY = "[Read the event summary](/s)"
CALL = "! The call for hosts of events in 2024 - 2025 is open."
LYON_DAYS = "Lyon, France (12–13 October 2023)"
ROWS = [
    ("", f"> {LYON}", f"New edition: {LYON_DAYS}"),
    ("", f"> {LYON} SAVE THE DATE", f"New edition: {LYON_DAYS} – save the date"),
    ("", f"> {LYON} CANCELLED", f"New edition: {LYON_DAYS} – cancelled"),
    ("", "> Lyon, France – autumn 2023", "New edition: Lyon, France (autumn 2023)"),
    ("", "> Lyon, France – date tbc", "New edition: Lyon, France"),
    ("", "> Luxembourg – 5 June 2024", "New edition: Luxembourg (5 June 2024)"),
    ("", "> Online – 5 June 2024", "New edition: Online (5 June 2024)"),
    ("", "> Porto, Portugal – June 2027", "New edition: Porto, Portugal (June 2027)"),
    ("", f"< {LYON} {SUMMARY}", f"Added to past editions: {LYON_DAYS} – summary published"),
    ("> Lyon, France – autumn 2023", f"> {LYON}", f"Dates confirmed: {LYON_DAYS}"),
    (
        "> Lyon, France – autumn 2023",
        "> Lyon, France – 12 October 2023",
        "Date confirmed: Lyon, France (12 October 2023)",
    ),
    (
        f"> {LYON}",
        "> Lyon, France – 30 November – 1 December 2023",
        "Rescheduled: Lyon, France, from 12–13 October 2023 to 30 November – 1 December 2023",
    ),
    (f"> {LYON}", "> Lyon, France – spring 2024", "Rescheduled: Lyon, France, from 12–13 October 2023 to spring 2024"),
    (f"> {LYON}", "> Lyon, France – date tbc", f"Postponed, new date to be announced: {LYON_DAYS}"),
    ("> Lyon, France – postponed", f"> {LYON}", f"Rescheduled: {LYON_DAYS}"),
    (
        "> Skåne, Sweden – 15 June 2023",
        "> Malmö, Sweden – 15 June 2023",
        "Relocated: from Skåne, Sweden to Malmö, Sweden (15 June 2023)",
    ),
    (f"> {LYON}", f"> {LYON} – postponed", f"Postponed: {LYON_DAYS}"),
    (f"> {LYON}", "> Lyon, France – postponed", f"Postponed: {LYON_DAYS}"),
    (
        f"> {LYON}",
        "> Lyon, France – postponed to spring 2024",
        "Rescheduled: Lyon, France, from 12–13 October 2023 to spring 2024",
    ),
    (f"> {LYON}", "> Lyon, France – CANCELLED", f"Cancelled: {LYON_DAYS}"),
    (f"> {LYON} CANCELLED", f"> {LYON}", f"No longer cancelled: {LYON_DAYS}"),
    (f"> {LYON} – postponed", f"> {LYON}", f"No longer postponed: {LYON_DAYS}"),
    (f"> {LYON}", "", f"Removed from the page: {LYON_DAYS}"),
    (f"< {LYON}", "", f"Removed from past editions: {LYON_DAYS}"),
    (f"> {LYON}", f"< {LYON}", f"{LYON_DAYS} has taken place"),
    (f"< {LYON}", f"< {LYON} {SUMMARY}", f"Summary published: {LYON_DAYS}"),
    (f"> {LYON}", f"> [{LYON}](/x)", f"Details updated: {LYON_DAYS}"),
    ("", CALL, "Call for hosts 2024–2025: now open"),
    ("", "! The call for hosts is open.", "Call for hosts: now open"),
    ("", "! A call for hosts of events in 2024 will open soon.", "Call for hosts 2024: announced"),
    (CALL, CALL.replace("open", "closed"), "Call for hosts 2024–2025: now closed"),
    (CALL, "", "Call for hosts 2024–2025: removed from the page"),
    (CALL, CALL.replace("2025", "2026"), "Call for hosts now covers 2024–2026"),
    (CALL.replace("2025", "2026"), CALL, "Call for hosts 2024–2025: hosting years changed (previously 2024–2026)"),
    (
        f"{CALL} Deadlines: 31 May 2024 and 30 September 2024.",
        f"{CALL} Deadline: 30 September 2024.",
        "Call for hosts 2024–2025: cut-off 31 May 2024 no longer listed",
    ),
    (
        CALL,
        f"{CALL} Deadline: 31 May 2024, 18:00.",
        "Call for hosts 2024–2025: new cut-off 31 May 2024, 18:00 (Brussels time)",
    ),
    (
        f"{CALL} Deadline: 31 May 2024, 18:00.",
        f"{CALL} Deadline: 2 December 2024 at 12:00.",
        "Call for hosts 2024–2025: cut-off moved from 31 May 2024, 18:00 to 2 December 2024, 12:00 (Brussels time)",
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), ROWS)
def test_sentence(old: str, new: str, expected: str) -> None:
    (change,) = compare_pages(read(old), read(new))

    assert sentence(change) == expected


GHENT = Edition("Ghent", None, "Belgium", "BE", date(2027, 3, 4), date(2027, 3, 5), "day")
PAGE_CHANGES = [
    (ChangeKind.EDITION_REGISTRATION_OPENED, "Registration open: "),
    (ChangeKind.EDITION_MATERIALS_PUBLISHED, "New materials: "),
    (ChangeKind.EDITION_REINSTATED, "Back on the page: "),
]


@pytest.mark.parametrize(("kind", "label"), PAGE_CHANGES)
def test_changes_that_two_readings_of_the_list_cannot_show(kind: ChangeKind, label: str) -> None:
    change = Change(kind, "key", GHENT, GHENT)

    assert sentence(change) == f"{label}Ghent, Belgium (4–5 March 2027)"


def test_a_cutoff_that_is_now_closed_beside_years_that_were_added() -> None:
    at = datetime(2026, 5, 31, 16, 0, tzinfo=UTC)
    before = CallNotice("open", (2027,), (Cutoff(at, tentative=True),))
    change = Change(
        ChangeKind.CALL_UPDATED, "key", before, CallNotice("open", (2027, 2028), (Cutoff(at, closed=True),))
    )

    assert (
        sentence(change) == "Call for hosts now covers 2027–2028; cut-off 31 May 2026, 18:00 (Brussels time) now closed"
    )


def test_contradiction() -> None:
    may = Cutoff(datetime(2026, 5, 31, 16, 0, tzinfo=UTC))
    june = Cutoff(datetime(2026, 6, 15, 10, 0, tzinfo=UTC))
    page = CallNotice("open", cutoffs=(may,))
    notice = CallNotice("closed", cutoffs=(may,))

    assert contradiction(KnownCall("key", CALLS[0])) == ()
    assert contradiction(KnownCall("key", CALLS[0], conflicting_notice=notice)) == (
        "The pages disagree: the call page says that the call is open, the list of editions says closed.",
    )
    assert contradiction(KnownCall("key", page, conflicting_notice=CallNotice("open", cutoffs=(may, june)))) == (
        "The pages disagree: the list of editions gives the cut-off 15 June 2026, 12:00 (Brussels time), the call page"
        " does not.",
    )


EDITIONS = (
    Edition("Lyon"),
    Edition("Lyon", None, "France", "FR", date(2023, 10, 12), date(2023, 10, 13), "day", section="past", status="held"),
    Edition("Lyon", None, "France", "FR", date_precision="month", period="2024-06", date_text="June 2024"),
)
CALLS = (CallNotice("open"), CallNotice("closed", (2024, 2026)))
CUTOFF = Cutoff(datetime(2024, 12, 31, 23, 30, tzinfo=UTC), tentative=True)


FIRST_SEEN = (ChangeKind.EDITION_ANNOUNCED, ChangeKind.EDITION_LISTED)
GONE = (ChangeKind.EDITION_WITHDRAWN, ChangeKind.EDITION_DELISTED, ChangeKind.CALL_WITHDRAWN)


def changes(kind: ChangeKind) -> Iterator[Change]:
    """Every combination of sides and cut-offs that a change of this kind can have."""
    nouns = CALLS if kind.value.startswith("call.") else EDITIONS
    for before in (None,) if kind in FIRST_SEEN else nouns:
        for after in (None,) if kind in GONE else EDITIONS[1:2] if kind is ChangeKind.EDITION_DATED else nouns:
            yield Change(kind, "key", before, after)
            yield Change(kind, "key", before, after, None, CUTOFF)
            yield Change(kind, "key", before, after, CUTOFF, CUTOFF)


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_every_kind_has_a_sentence_for_any_combination_of_sides(kind: ChangeKind) -> None:
    for change in changes(kind):
        recorded = RecordedChange(1, change, "https://example.eu/", datetime(2024, 1, 1, tzinfo=UTC))
        head = headline(recorded, None, BRUSSELS)
        for line in (sentence(change), head.sentence, head.kicker, head.title, head.subject, head.brief):
            assert line == " ".join(line.split())
            assert not re.search(r"None|^[:,]|, :|[:,]$|, ,|\(\)|[{}]", line), line


DAYS = [
    ("2023-10-12", "2023-10-12", "12 October 2023"),
    ("2023-10-12", "2023-10-13", "12–13 October 2023"),
    ("2023-11-30", "2023-12-01", "30 November – 1 December 2023"),
    ("2023-12-31", "2024-01-01", "31 December 2023 – 1 January 2024"),
]


@pytest.mark.parametrize(("first", "last", "expected"), DAYS)
def test_days(first: str, last: str, expected: str) -> None:
    edition = Edition("Lyon", starts_on=date.fromisoformat(first), ends_on=date.fromisoformat(last))

    assert days(edition) == expected


def test_places_years_and_cutoffs() -> None:
    assert [place(edition) for edition in EDITIONS[:2]] == ["Lyon", "Lyon, France"]
    assert [years(call) for call in CALLS] == ["", "2024, 2026"]
    assert years(CallNotice("open", (2024, 2025, 2026))) == "2024–2026"
    assert cutoff_words(CUTOFF) == "1 January 2025, 00:30 (Brussels time), to be confirmed"
