"""Section headings that have changed (READING B4): what is announced, what is held, and what the operator is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cmr_watch.models.readings import Known, Outline, Section, Snapshot
from cmr_watch.monitor.diff import merge_reading
from cmr_watch.monitor.layout import LayoutReview, layout_of, review_layout, with_expected_layout
from cmr_watch.monitor.match import match_reading
from cmr_watch.monitor.plausibility import reject_reason
from tests.monitor.small import read
from tests.monitor.test_sections import ALL, page, without_headings

NOW = datetime(2023, 10, 1, 12, tzinfo=UTC)
LAST = page(*ALL)
KNOWN = merge_reading(Known(), LAST, NOW)
OSLO = "> Oslo, Norway – 3 May 2024"
OF_SERIES = "> Clusters meet Regions – Bonn, Germany – 4 May 2024"
LINKED = "> [Graz, Austria](https://x.example/content/clusters-meet-regions-graz) – 5 May 2024"


def review(snapshot: Snapshot, last: Snapshot = LAST) -> LayoutReview:
    return review_layout(KNOWN, last, match_reading(KNOWN, snapshot, NOW), NOW)


def headed(*headings: str, sections: tuple[Section, ...] = ("upcoming", "past")) -> Snapshot:
    return replace(LAST, outline=Outline(sections=sections, headings=headings))


USUAL = ("Next “Clusters meet Regions” editions", "Previous editions 2023")
SAME = [
    ("the same", headed(*USUAL)),
    ("a new year", headed(USUAL[0], "Previous editions 2024")),
    ("other words around it", headed("Next events", "Previous workshops")),
    ("more headings", headed("About", *USUAL, "Contact")),
    ("headings that are not stored", headed()),
]
OTHER = [
    ("another word", headed("Upcoming editions", USUAL[1]), "now: upcoming (upcoming), past (previous)"),
    ("another order", headed(*reversed(USUAL), sections=("past", "upcoming")), "now: past (previous), upcoming (next)"),
    ("one is gone", headed(USUAL[1], sections=("past",)), "now: past (previous)"),
    ("both are gone", headed("Our events", sections=()), "now: none"),
]


@pytest.mark.parametrize("snapshot", [row[1] for row in SAME], ids=[row[0] for row in SAME])
def test_the_same_layout(snapshot: Snapshot) -> None:
    assert review(snapshot, headed(*USUAL)) == LayoutReview()


@pytest.mark.parametrize(("snapshot", "now"), [row[1:] for row in OTHER], ids=[row[0] for row in OTHER])
def test_another_layout(snapshot: Snapshot, now: str) -> None:
    found = review(snapshot, headed(*USUAL))
    assert found.notice == f"Section headings before: upcoming (next), past (previous); {now}"
    assert found.expected == layout_of(headed(*USUAL).outline)
    assert reject_reason(KNOWN, headed(*USUAL), snapshot, NOW) is None


def test_on_another_layout_only_what_names_the_series_is_announced() -> None:
    found = review(without_headings(*ALL, OSLO, OF_SERIES, LINKED))
    assert [line.city for line in found.waiting] == ["Oslo"]
    assert found.notice.endswith("; now: none. Waiting: “Oslo, Norway – 3 May 2024”")


def test_the_operator_is_told_once_and_again_of_each_line_that_waits() -> None:
    changed = without_headings(*ALL, OSLO)
    stored = with_expected_layout(changed, review(changed).expected)
    assert review(changed, stored).notice == ""
    assert [line.city for line in review(changed, stored).waiting] == ["Oslo"]
    assert review(without_headings(*ALL), stored).notice == ""
    assert "Bari" in review(without_headings(*ALL, OSLO, "> Bari, Italy – 3 May 2024"), stored).notice


def test_the_usual_layout_again_is_believed() -> None:
    stored = with_expected_layout(without_headings(*ALL), review(without_headings(*ALL)).expected)
    assert review(page(*ALL, OSLO), stored) == LayoutReview()


def test_an_accepted_layout_is_believed() -> None:
    accepted = with_expected_layout(without_headings(*ALL), None)
    assert review(without_headings(*ALL, OSLO), accepted) == LayoutReview()


def test_lines_that_do_not_fit_are_counted() -> None:
    many = without_headings(*ALL, *(f"> Town{n}, Spain – {n} May 2024" for n in range(1, 13)))
    assert review(many).notice.endswith("and 2 more")


def test_the_snapshot_is_the_same_object_if_nothing_differs() -> None:
    assert with_expected_layout(LAST, None) is LAST
    assert read("") == with_expected_layout(read(""), None)
