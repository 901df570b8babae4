"""What a person reads of each kind of change. The notation is that of tests/monitor/small.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from cmr_watch.models import CallNotice, Change, ChangeKind, Cutoff, Edition
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.render.sentences import cutoff_words, days, headline, place, sentence, years
from tests.monitor.small import read

LYON = "Lyon, France – 12-13 October 2023"
SUMMARY = "[Read the event summary](/s)"
CALL = "! The call for hosts of events in 2024 - 2025 is open."
ROWS = [
    ("", f"> {LYON}", "Lyon, France, 12–13 October 2023: announced", "Lyon, France: 12–13 October 2023 announced"),
    ("", f"> {LYON} SAVE THE DATE", "Lyon, France, 12–13 October 2023: announced, save the date", None),
    ("", f"> {LYON} CANCELLED", "Lyon, France, 12–13 October 2023: announced, cancelled", None),
    ("", "> Lyon, France – autumn 2023", "Lyon, France, autumn 2023: announced", "Lyon, France: autumn 2023 announced"),
    ("", "> Lyon, France – date tbc", "Lyon, France: announced", "Lyon, France: announced"),
    ("", "> Luxembourg – 5 June 2024", "Luxembourg, 5 June 2024: announced", "Luxembourg: 5 June 2024 announced"),
    ("", "> Online – 5 June 2024", "Online, 5 June 2024: announced", None),
    ("", f"< {LYON} {SUMMARY}", "Lyon, France, 12–13 October 2023: listed, summary published", None),
    (
        "> Lyon, France – autumn 2023",
        f"> {LYON}",
        "Lyon, France: dates set, 12–13 October 2023",
        "Lyon, France: dates set, 12–13 October 2023",
    ),
    (
        f"> {LYON}",
        "> Lyon, France – 30 November – 1 December 2023",
        "Lyon, France: moved from 12–13 October 2023 to 30 November – 1 December 2023",
        None,
    ),
    (f"> {LYON}", "> Lyon, France – spring 2024", "Lyon, France: moved from 12–13 October 2023 to spring 2024", None),
    (
        f"> {LYON}",
        "> Lyon, France – date tbc",
        "Lyon, France: 12–13 October 2023 no longer holds, new date to be announced",
        None,
    ),
    ("> Lyon, France – postponed", f"> {LYON}", "Lyon, France: new date, 12–13 October 2023", None),
    (
        "> Skåne, Sweden – 15 June 2023",
        "> Malmö, Sweden – 15 June 2023",
        "Skåne, Sweden, 15 June 2023: moved to Malmö, Sweden",
        "Skåne, Sweden: moved to Malmö, Sweden",
    ),
    (f"> {LYON}", f"> {LYON} – postponed", "Lyon, France, 12–13 October 2023: postponed", None),
    (f"> {LYON}", "> Lyon, France – postponed", "Lyon, France, 12–13 October 2023: postponed", None),
    (
        f"> {LYON}",
        "> Lyon, France – postponed to spring 2024",
        "Lyon, France, 12–13 October 2023: postponed to spring 2024",
        "Lyon, France: 12–13 October 2023 postponed to spring 2024",
    ),
    (f"> {LYON}", "> Lyon, France – CANCELLED", "Lyon, France, 12–13 October 2023: cancelled", None),
    (f"> {LYON} CANCELLED", f"> {LYON}", "Lyon, France, 12–13 October 2023: back on the page", None),
    (f"> {LYON}", "", "Lyon, France, 12–13 October 2023: withdrawn, no longer on the page", None),
    (f"< {LYON}", "", "Lyon, France, 12–13 October 2023: no longer listed", None),
    (f"> {LYON}", f"< {LYON}", "Lyon, France, 12–13 October 2023: held", "Lyon, France: 12–13 October 2023 held"),
    (f"< {LYON}", f"< {LYON} {SUMMARY}", "Lyon, France, 12–13 October 2023: summary published", None),
    (f"> {LYON}", f"> [{LYON}](/x)", "Lyon, France, 12–13 October 2023: details updated", None),
    ("", CALL, "Call open: host an edition in 2024–2025", "Call open: host an edition in 2024–2025"),
    ("", "! The call for hosts is open.", "Call open: host an edition", None),
    ("", "! A call for hosts of events in 2024 will open soon.", "Call announced: host an edition in 2024", None),
    (CALL, CALL.replace("open", "closed"), "Call closed: host an edition in 2024–2025", None),
    (CALL, "", "Call withdrawn: host an edition in 2024–2025", None),
    (CALL, CALL.replace("2025", "2026"), "Call updated: host an edition in 2024–2026 (was 2024–2025)", None),
    (
        f"{CALL} Deadlines: 31 May 2024 and 30 September 2024.",
        f"{CALL} Deadline: 30 September 2024.",
        "Call updated: host an edition in 2024–2025 (31 May 2024, 23:59 (Brussels time) no longer listed)",
        None,
    ),
    (
        CALL,
        f"{CALL} Deadline: 31 May 2024, 18:00.",
        "New cut-off: 31 May 2024, 18:00 (Brussels time) – to host an edition in 2024–2025",
        None,
    ),
    (
        f"{CALL} Deadline: 31 May 2024, 18:00.",
        f"{CALL} Deadline: 2 December 2024 at 12:00.",
        "Cut-off moved: from 31 May 2024, 18:00 (Brussels time) to 2 December 2024, 12:00 (Brussels time)"
        " – to host an edition in 2024–2025",
        None,
    ),
]


@pytest.mark.parametrize(("old", "new", "words", "subject"), ROWS)
def test_sentence_and_headline(old: str, new: str, words: str, subject: str | None) -> None:
    (change,) = compare_pages(read(old), read(new))

    assert sentence(change) == words
    assert headline(change) == subject if subject else headline(change)


EDITIONS = (
    Edition("Lyon"),
    Edition("Lyon", None, "France", "FR", date(2023, 10, 12), date(2023, 10, 13), "day", section="past", status="held"),
    Edition("Lyon", None, "France", "FR", date_precision="month", period="2024-06", date_text="June 2024"),
)
CALLS = (CallNotice("open"), CallNotice("closed", (2024, 2026)))
CUTOFF = Cutoff(datetime(2024, 12, 31, 23, 30, tzinfo=UTC), tentative=True)


SEEN_FIRST = (ChangeKind.EDITION_ANNOUNCED, ChangeKind.EDITION_LISTED)
GONE = (ChangeKind.EDITION_WITHDRAWN, ChangeKind.EDITION_DELISTED, ChangeKind.CALL_WITHDRAWN)


def changes(kind: ChangeKind) -> Iterator[Change]:
    """All that a change of this kind can be made of."""
    nouns = CALLS if kind.value.startswith("call.") else EDITIONS
    for before in (None,) if kind in SEEN_FIRST else nouns:
        for after in (None,) if kind in GONE else EDITIONS[1:2] if kind is ChangeKind.EDITION_DATED else nouns:
            yield Change(kind, "key", before, after)
            yield Change(kind, "key", before, after, None, CUTOFF)
            yield Change(kind, "key", before, after, CUTOFF, CUTOFF)


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_every_kind_has_words_whatever_its_sides_lack(kind: ChangeKind) -> None:
    for change in changes(kind):
        for words in (sentence(change), headline(change)):
            assert words == " ".join(words.split())
            assert not re.search(r"None|^[:,]|, :|:$|, ,", words), words


DAYS = [
    ("2023-10-12", "2023-10-12", "12 October 2023"),
    ("2023-10-12", "2023-10-13", "12–13 October 2023"),
    ("2023-11-30", "2023-12-01", "30 November – 1 December 2023"),
    ("2023-12-31", "2024-01-01", "31 December 2023 – 1 January 2024"),
]


@pytest.mark.parametrize(("first", "last", "words"), DAYS)
def test_days(first: str, last: str, words: str) -> None:
    edition = Edition("Lyon", starts_on=date.fromisoformat(first), ends_on=date.fromisoformat(last))

    assert days(edition) == words


def test_places_years_and_cutoffs() -> None:
    assert [place(edition) for edition in EDITIONS[:2]] == ["Lyon", "Lyon, France"]
    assert [years(call) for call in CALLS] == ["", "2024, 2026"]
    assert years(CallNotice("open", (2024, 2025, 2026))) == "2024–2026"
    assert cutoff_words(CUTOFF) == "1 January 2025, 00:30 (Brussels time), to be confirmed"
