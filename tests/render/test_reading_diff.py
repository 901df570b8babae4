"""The differences between two readings of one page."""

from __future__ import annotations

from datetime import date

from cmr_watch.models.readings import Edition, ReadingWarning, Snapshot
from cmr_watch.render.reading_diff import differences

LYON = Edition("Lyon", starts_on=date(2023, 10, 12), text="Lyon, 12 October 2023")
MOVED = Edition("Lyon", starts_on=date(2023, 10, 13), text="Lyon, 12 October 2023")


def test_equal_readings_have_no_differences():
    assert list(differences(Snapshot(editions=(LYON,)), Snapshot(editions=(LYON,)))) == []


def test_an_entry_with_the_same_text_shows_its_changed_fields():
    assert list(differences(Snapshot(editions=(LYON,)), Snapshot(editions=(MOVED,)))) == [
        "Lyon: starts_on 2023-10-12 → 2023-10-13"
    ]


def test_added_and_removed_entries():
    before = Snapshot(editions=(LYON,))
    after = Snapshot(warnings=(ReadingWarning("date-unknown", "Lyon, 12 Foo"),))
    assert list(differences(before, after)) == ["removed: Lyon", "added: date-unknown: Lyon, 12 Foo"]
