"""Cut-offs: which days are some, and the instant of each."""

from __future__ import annotations

import pytest

from cmr_watch.reading.cutoffs import CutoffSpan, read_cutoffs
from cmr_watch.reading.tokens import scan

MAY, SEPTEMBER, DECEMBER = "2025-05-30", "2025-09-30", "2025-12-20"
INSTANTS = [  # newest bugs on top; after “Deadline: ”
    ("30 May 2025 17:00 CET/CEST", "2025-05-30 15:00", False),
    ("30 May 2025 17:00 CE(S)T", "2025-05-30 15:00", False),
    ("30 May 2025 17:00 UTC+5:30", "2025-05-30 11:30", False),
    ("30 May 2025 17:00 EET", "2025-05-30 15:00", True),
    ("30 May 2025 17:00 EEST", "2025-05-30 14:00", False),
    ("30 May 2025 17:00 cest", "2025-05-30 15:00", False),
    ("30 May 2025 17:00 GMT", "2025-05-30 17:00", False),
    ("30 May 2025 17:00 UTC", "2025-05-30 17:00", False),
    ("30 May 2025, 16h", "2025-05-30 14:00", False),
    ("30 May 2025, 16h00", "2025-05-30 14:00", False),
    ("30 May 2025, 4.00 p.m.", "2025-05-30 14:00", False),
    ("30 May 2025, 4.00 p.m. CEST", "2025-05-30 14:00", False),
    ("30 May 2025, 17:00 (Brussels, Belgium)", "2025-05-30 15:00", False),
    ("30 May 2025, 17:00 Central European Time", "2025-05-30 15:00", False),
    ("30 May 2025, 00:00", "2025-05-29 22:00", False),
    ("30 May 2025, 24:00 UTC", "2025-05-30 23:59", False),
    ("30 May 2025, midnight", "2025-05-30 21:59", False),
    ("30 May 2025 17:00 CET", "2025-05-30 15:00", True),
    ("30 January 2025 17:00 CEST", "2025-01-30 15:00", True),
    ("30 January 2025 17:00 CET", "2025-01-30 16:00", False),
    ("30 May 2025 17:00 CET (Brussels time)", "2025-05-30 15:00", False),
    ("30 May 2025 17:00", "2025-05-30 15:00", False),
    ("30 May 2025", "2025-05-30 21:59", False),
    ("30 May 2025, midnight", "2025-05-30 21:59", False),
    ("30 May 2025, 24:00", "2025-05-30 21:59", False),
    ("30 May 2025 at noon", "2025-05-30 10:00", False),
    ("30 May 2025 at 5 pm", "2025-05-30 15:00", False),
    ("30 May 2025 at 12 pm", "2025-05-30 10:00", False),
    ("30 May 2025 at 12 am", "2025-05-29 22:00", False),
    ("03/07/2023 15 pm CET", "2023-07-03 13:00", True),
    ("30 May 2025 at 17h00", "2025-05-30 15:00", False),
    ("17:00 CEST on 30 May 2025", "2025-05-30 15:00", False),
    ("Friday, 30 May 2025 - 5:00 PM CEST", "2025-05-30 15:00", False),
    ("30 May", "2025-05-30 21:59", False),
]
DAYS = [  # newest bugs on top
    ("Late applications are accepted until 30 May 2025.", []),
    ("Deadline for questions: 30 May 2025", []),
    ("Results of the first cut-off: 30 June 2025", []),
    ("Deadline: 30 May 2025. Information session: 3 March 2025. Register by 1 March 2025.", [MAY]),
    ("The call closed on 30 May 2025", []),
    ("The deadline is 1 May 2025. It has been extended to 30 May 2025.", [MAY]),
    ("Deadline: 1 May 2025 extended to 30 May 2025", [MAY]),
    ("Deadline: 30 May 2025 (instead of 1 May 2025)", [MAY]),
    ("Submit your application no later than 30 May 2025", [MAY]),
    ("Applications are due on 30 May 2025 at the latest", [MAY]),
    ("The call for hosts of events in 2026 is open until 30 May 2025.", [MAY]),
    ("The events may be held until 20 December 2025", []),
    ("Cut-offs: 30 May 2025 – CLOSED; 30 September 2025 – 18:00 CET (Brussels time)", [MAY, SEPTEMBER]),
    ("Cut-off dates: 30 May 2025. Potentially, depending on results, 20 December 2025 (tbc)", [MAY, DECEMBER]),
    ("The call is open from 5 March 2025 to 30 May 2025.", [MAY]),
    ("Applications are taken from 5 March 2025 until 30 May 2025.", [MAY]),
    ("Applications until 30 May 2025. Results by 30 June 2025.", [MAY]),
    ("Published on 3 March 2025. Opening: 5 March 2025. Closing: 30 May 2025.", [MAY]),
    ("Cut-off dates: 30 May 2025, 30 September 2025 and 20 December 2025.", [MAY, SEPTEMBER, DECEMBER]),
    ("Deadline: 30 May 2025. Events take place between 1 September 2025 and 31 December 2026.", [MAY]),
    ("Deadline extended from 1 May 2025 to 30 May 2025", [MAY]),
    ("Apply by 30 May 2025", [MAY]),
    ("Published on 30 May 2025", []),
    ("The call opens on 30 May 2025", []),
    ("An event on 30 May 2025", []),
    ("Deadline: 31 February 2025", []),
    ("Deadline: May 2025", []),
]


LISTED = [  # under a heading “Deadlines”
    ("– 30 May 2025 – 18:00 CET (Brussels time)", [MAY]),
    ("Round 1: 30 May 2025", [MAY]),
    ("Potentially, depending on previous selections’ results, 20 December 2025 (tbc)", [DECEMBER]),
    ("30 May 2025 (results by 30 June 2025)", [MAY]),
    ("The series began on 16 February 2022", []),
    ("scheduled for 22 September", []),
    ("version of 9 January", []),
    ("Regulation (EU) 2018/1724 of 23 October 2018", []),
    ("Brussels, 3 March 2025", []),
    ("15 July 2025: results", []),
    ("Info day: 3 March 2025", []),
    ("late applications until 30 May 2025", []),
]


def cutoffs_of(text: str, year: int | None = 2025, heading: str | None = None) -> tuple[CutoffSpan, ...]:
    return read_cutoffs(scan(text), year, heading=heading)


@pytest.mark.parametrize(("text", "expected"), LISTED)
def test_a_heading_decides_where_no_word_does(text: str, expected: list[str]) -> None:
    assert [f"{found.cutoff.at:%Y-%m-%d}" for found in cutoffs_of(text, heading="cutoff")] == expected


@pytest.mark.parametrize(("text", "at", "is_wrong"), INSTANTS, ids=[row[0] for row in INSTANTS])
def test_the_instant(text: str, at: str, is_wrong: bool) -> None:
    (found,) = cutoffs_of(f"Deadline: {text}")

    assert f"{found.cutoff.at:%Y-%m-%d %H:%M}" == at
    assert found.zone_is_right != is_wrong


@pytest.mark.parametrize(("text", "expected"), DAYS, ids=[row[0] for row in DAYS])
def test_the_days(text: str, expected: list[str]) -> None:
    assert [f"{found.cutoff.at:%Y-%m-%d}" for found in cutoffs_of(text)] == expected


def test_days_of_a_list_share_the_time_that_stands_once() -> None:
    after = cutoffs_of("Cut-offs: 30 May, 30 September and 20 December 2025 at 18:00 (Brussels time)", None)
    before = cutoffs_of("Cut-offs: 18:00 (Brussels time) on 30 May, 30 September and 20 December 2025", None)

    for cutoffs in (after, before):
        assert [f"{found.cutoff.at:%H:%M}" for found in cutoffs] == ["16:00", "16:00", "17:00"]


def test_marks() -> None:
    cutoffs = cutoffs_of("Cut-offs: 30 May 2025 – CLOSED, 30 September 2025, 20 December 2025 (tbc)", None)

    assert [(found.cutoff.closed, found.cutoff.tentative) for found in cutoffs] == [
        (True, False),
        (False, False),
        (False, True),
    ]
