"""The outline of a page before and after it changed."""

from __future__ import annotations

from cmr_watch.models.readings import CallNotice, Edition, Outline, Snapshot
from cmr_watch.monitor.outline_difference import describe_difference

BASELINE = Snapshot(
    editions=(Edition("Lyon"), Edition("Bonn")),
    calls=(CallNotice("open"),),
    outline=Outline(dated_lines=3, unread_lines=1, headings=("Upcoming editions", "Past editions")),
)
FOUND = "Found 0 editions, 0 calls; 0 of 0 dated lines understood; no headings."


def test_a_page_that_lost_its_content():
    assert describe_difference(BASELINE, Snapshot(outline=Outline(sections=()))) == (
        "Expected 2 editions, 1 call; 2 of 3 dated lines understood; sections: upcoming, past;"
        f" headings: “Upcoming editions”, “Past editions”. {FOUND}"
    )


def test_without_a_baseline():
    assert describe_difference(None, Snapshot(outline=Outline(sections=()))) == FOUND


def test_long_headings_are_truncated_and_many_left_out():
    many = Snapshot(outline=Outline(headings=("x" * 100, *"abcdefg")))
    assert describe_difference(None, many).endswith(f"headings: “{'x' * 60}”, “a”, “b”, “c”, “d”, “e”.")
