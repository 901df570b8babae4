"""Of several calls on a call page one counts, with its own lines alone (O1, C2)."""

from __future__ import annotations

import pytest

from tests.reading.test_call_kinds import call_of, short

OLD = "<p>The call for hosts of events in 2026 is closed.</p><p>Deadline: 3 May 2025</p><p><a href=/old>Apply</a></p>"
NEW = "<p>The call for hosts of events in 2027 is open.</p><p>Deadline: 3 May 2026</p><p><a href=/new>Apply</a></p>"
NEXT = "<p>The call for hosts of events in 2028 will open soon.</p><p>Deadline: 3 May 2027</p>"
NOW = "open 2027 2026-05-03 21:59 /new"
PAGES = [
    (
        "<h2>Call for hosts 2026</h2><p>This call is closed. The last cut-off was on 3 May 2025.</p>"
        "<h2>Call for hosts 2027</h2><p>The call will be launched on 4 October 2025. Deadline: 3 May 2026</p>"
        "<p><a href=/feedback>Give feedback with this form</a></p>",
        "announced 2027 2026-05-03 21:59",
    ),
    (OLD + NEW, NOW),
    (NEW + OLD, NOW),
    (OLD + NEW + NEXT, NOW),
    (OLD + NEXT, "announced 2028 2027-05-03 21:59"),
    (
        "<h2>Call for hosts of events in 2025</h2><p>It is closed. Deadline: 3 May 2024</p>"
        "<h2>Call for hosts of events in 2026</h2><p>It is closed. Deadline: 3 May 2025</p>",
        "closed 2026 2025-05-03 21:59",
    ),
    (
        "<p>The call for hosts in 2026 is closed; its deadline was 3 May 2025. The call for hosts in 2027 is open. "
        "Deadline: 3 May 2026. <a href=/new>Apply</a></p>",
        NOW,
    ),
    # one call alone: other years without a state or a heading, the same years again, an earlier call in thanks
    (
        f"{NEW}<p>As in our call for hosts of events in 2025, regions pay the hall.</p><p>Deadline: 4 June 2026</p>",
        None,
    ),
    (f"{NEW}<p>The call for hosts in 2027 is open to all.</p><p>Deadline: 4 June 2026</p>", None),
    (f"{NEW}<p>Thank you for answering the call for hosts of 2026!</p><p>Deadline: 4 June 2026</p>", None),
]


@pytest.mark.parametrize(("body", "expected"), PAGES)
def test_the_call_that_counts(body: str, expected: str | None) -> None:
    call = call_of(body, intro="")

    found = [call.status, *map(str, call.hosting_years), *map(short, call.cutoffs)]
    if call.apply_url:
        found.append(call.apply_url.removeprefix("https://clustercollaboration.eu"))
    assert " ".join(found) == (expected or "open 2027 2026-05-03 21:59 2026-06-04 21:59 /new")
