"""Properties of matching and comparing. The generated readings have few cities and days, so that many rules apply."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.models.readings import CallNotice, Change, Cutoff, Edition, Known, Snapshot
from cmr_watch.monitor.diff import CONFIRMED_AFTER, compare, compare_suspect, known_after_reparse, merge_reading
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.monitor.match import is_same_place, match_editions, match_reading
from cmr_watch.monitor.plausibility import reject_reason
from cmr_watch.urls import normalised_url
from tests.monitor.small import read

NOW = datetime(2024, 4, 2, 9, tzinfo=UTC)
LATER = NOW + CONFIRMED_AFTER
FIRST_SEEN = {"edition.announced", "edition.listed"}
SITE = "https://clustercollaboration.eu/content/"

places = st.sampled_from(
    [
        ("Lyon", "France", "FR"),
        ("Lyon", None, None),
        ("Lyon", "Frnace", None),
        ("Nice", "France", "FR"),
        ("Donostia / San Sebastián", "Spain", "ES"),
        ("San Sebastián", "Spain", "ES"),
        ("Online", None, None),
    ]
)
days = st.sampled_from([date(2023, 10, 12), date(2024, 3, 30), date(2024, 4, 2), date(2024, 6, 5), date(2024, 10, 12)])


@st.composite
def editions(draw: st.DrawFn) -> Edition:
    city, country, code = draw(places)
    when: dict[str, Any] = {}
    how = draw(st.sampled_from(("day", "day", "day", "month", "season", "unknown")))
    if how == "day":
        start = draw(days)
        when = {"starts_on": start, "ends_on": start + timedelta(draw(st.integers(0, 2)))}
    elif how != "unknown":
        when = {"period": {"month": "2024-06", "season": "2024-autumn"}[how]}
    section: Any = draw(st.sampled_from(("upcoming", "past")))
    usual = "scheduled" if section == "upcoming" else "held"
    status: Any = draw(st.sampled_from((usual, usual, "cancelled", "postponed")))
    url = draw(st.none() | st.sampled_from("abc").map(SITE.__add__))
    summary = draw(st.sampled_from((None, None, SITE + "summary")))
    return Edition(city, None, country, code, date_precision=how, section=section, status=status, url=url,
                   summary_url=summary, **when)  # fmt: skip


cutoffs = st.sampled_from([datetime(2024, month, 28, 16, tzinfo=UTC) for month in (3, 5, 9, 12)])
calls = st.builds(
    CallNotice,
    status=st.sampled_from(("announced", "open", "closed")),
    hosting_years=st.sampled_from(((), (2024,), (2024, 2025), (2026,))),
    cutoffs=st.lists(st.builds(Cutoff, cutoffs, closed=st.booleans()), max_size=3, unique_by=lambda one: one.at).map(
        tuple
    ),
)
readings = st.builds(
    Snapshot,
    editions=st.lists(editions(), max_size=6).map(tuple),
    calls=st.lists(calls, max_size=2).map(tuple),
)
instants = st.sampled_from((None, NOW))
no_deadline = settings(deadline=None)


def known_of(reading: Snapshot) -> Known:
    return merge_reading(Known(), reading, NOW)


def kinds(changes: tuple[Change, ...]) -> list[str]:
    return [change.kind.value for change in changes]


def keys(known: Known) -> list[str]:
    return [one.key for one in (*known.editions, *known.calls)]


@given(readings, instants, st.randoms())
@no_deadline
def test_the_same_lines_in_any_order_are_no_change(reading: Snapshot, now: datetime | None, random: Any) -> None:
    mixed = replace(
        reading,
        editions=tuple(random.sample(reading.editions, len(reading.editions))),
        calls=tuple(random.sample(reading.calls, len(reading.calls))),
    )

    assert kinds(compare_pages(reading, reading, now)) == []
    assert kinds(compare_pages(reading, mixed, now)) == []
    assert reject_reason(known_of(reading), reading, mixed, NOW) is None


@given(readings, st.lists(editions(), min_size=1, max_size=3), instants)
@no_deadline
def test_each_added_line_is_announced_or_listed(reading: Snapshot, added: list[Edition], now: datetime | None) -> None:
    changes = compare_pages(reading, replace(reading, editions=(*added, *reading.editions)), now)

    assert len(changes) == len(added)
    assert set(kinds(changes)) <= FIRST_SEEN
    assert all(change.before is None for change in changes)


@given(readings, st.data(), instants)
@no_deadline
def test_removed_lines_are_withdrawn_or_delisted(reading: Snapshot, data: st.DataObject, now: datetime | None) -> None:
    kept = tuple(line for line in reading.editions if data.draw(st.booleans()))
    changes = compare_pages(reading, replace(reading, editions=kept), now)

    removed = Counter(reading.editions) - Counter(kept)
    assert {change.after for change in changes} <= {None}
    assert Counter(change.before for change in changes) <= removed
    if now is None:
        cancelled = sum(
            number for line, number in removed.items() if (line.section, line.status) == ("upcoming", "cancelled")
        )
        assert len(changes) == removed.total() - cancelled


@given(readings, readings, instants)
@no_deadline
def test_matching_is_one_to_one_and_keys_do_not_change(old: Snapshot, new: Snapshot, now: datetime | None) -> None:
    known = known_of(old)
    pairs = match_editions(known, new, now)
    assert len({id(one) for one, _ in pairs}) == len({id(line) for _, line in pairs}) == len(pairs)

    compared = compare(known, new, now, CONFIRMED_AFTER)

    assert len(set(keys(compared.known))) == len(keys(compared.known))
    assert set(keys(known)) <= set(keys(compared.known))
    assert {change.key for change in compared.changes} <= set(keys(compared.known))
    assert not [kind for kind in kinds(compared.changes) if kind.endswith(("withdrawn", "delisted"))]
    assert compare(compared.known, new, now, CONFIRMED_AFTER).changes == ()
    new_keys = [change.key for change in compared.changes if change.before is None]
    assert not set(new_keys) & set(keys(known))


@given(readings, readings)
@no_deadline
def test_a_merged_reading_has_no_changes_afterwards(old: Snapshot, new: Snapshot) -> None:
    known = merge_reading(known_of(old), new, NOW)

    assert (
        compare(known, new, LATER, CONFIRMED_AFTER).changes == compare(known, new, NOW, CONFIRMED_AFTER).changes == ()
    )


@given(readings, st.data())
@no_deadline
def test_an_entry_missing_from_one_reading_is_not_a_change(reading: Snapshot, data: st.DataObject) -> None:
    known = known_of(reading)
    incomplete = replace(
        reading,
        editions=tuple(line for line in reading.editions if data.draw(st.booleans())),
        calls=tuple(call for call in reading.calls if data.draw(st.booleans())),
    )
    missing = compare(known, incomplete, NOW, CONFIRMED_AFTER)
    back = compare(missing.known, reading, LATER, CONFIRMED_AFTER)

    assert kinds(missing.changes) == kinds(back.changes) == []
    assert Counter(keys(back.known)) == Counter(keys(known))


@given(readings, readings)
@no_deadline
def test_a_past_edition_is_never_matched_with_a_new_one(old: Snapshot, new: Snapshot) -> None:
    for one, line in match_editions(known_of(old), new, NOW):
        if one.edition.section == "past" and line.section == "upcoming":
            assert (one.edition.starts_on, one.edition.period) == (line.starts_on, line.period) or (
                one.edition.starts_on == line.starts_on is not None
            )


@given(readings, readings, instants)
@no_deadline
def test_urgent_changes_are_about_upcoming_editions(old: Snapshot, new: Snapshot, now: datetime | None) -> None:
    for change in compare_pages(old, new, now):
        side = change.after or change.before
        if change.kind.value in ("edition.announced", "edition.dated", "edition.rescheduled", "edition.relocated",
                                 "edition.reinstated", "edition.withdrawn"):  # fmt: skip
            assert isinstance(side, Edition)
            assert side.section == "upcoming"
        if change.kind.value in ("edition.held", "edition.withdrawn"):
            assert isinstance(change.before, Edition)
            assert change.before.status != "cancelled"
        if change.kind.value == "edition.relocated":
            assert isinstance(change.before, Edition)
            assert isinstance(change.after, Edition)
            assert not is_same_place(change.before, change.after)


@given(readings, readings)
@no_deadline
def test_a_suspect_reading_only_adds(old: Snapshot, new: Snapshot) -> None:
    known = known_of(old)
    added = compare_suspect(known, old, match_reading(known, new, NOW), NOW)

    assert len(added.changes) <= 3
    assert set(kinds(added.changes)) <= {"edition.announced"}
    assert added.known.editions[: len(known.editions)] == known.editions
    assert added.known.calls == known.calls
    assert len(added.known.editions) == len(known.editions) + len(added.changes)


@given(readings, readings, readings)
@no_deadline
def test_parsing_again_gives_no_changes_and_keeps_what_was_not_on_the_page(
    old: Snapshot, before: Snapshot, after: Snapshot
) -> None:
    known = compare(known_of(old), before, NOW, CONFIRMED_AFTER).known
    not_on_page = {entry.key for entry in known.editions if entry.missing_since}

    reparsed = known_after_reparse(known, before, after, NOW)

    assert compare(reparsed, after, NOW, CONFIRMED_AFTER).changes == ()
    assert not_on_page <= set(keys(reparsed))
    assert Counter(keys(known_after_reparse(known, before, before, NOW))) == Counter(keys(known))


def test_parsing_again_keeps_the_key_of_a_line_that_is_read_differently() -> None:
    known = known_of(Snapshot(editions=(Edition("Skåne region", text="Lyon, France – 12 October 2023"),)))

    reparsed = known_after_reparse(
        known, Snapshot(editions=(known.editions[0].edition,)), read("> Lyon, France – 12 October 2023"), NOW
    )

    assert [(one.key, one.edition.city) for one in reparsed.editions] == [("skane-region", "Lyon")]


def test_parsing_again_keeps_editions_from_a_suspect_reading() -> None:
    page = read("> Lyon, France – 12 October 2024")
    both = read("> Oslo, Norway – 1 June 2024 ;; > Lyon, France – 12 October 2024")
    known = compare_suspect(known_of(page), page, match_reading(known_of(page), both, NOW), NOW).known

    reparsed = known_after_reparse(known, page, page, NOW)

    assert [one.key for one in reparsed.editions] == ["lyon-fr-2024-10", "oslo-no-2024-06"]
    assert compare(reparsed, both, NOW, None).changes == ()


URLS = [
    (None, None),
    ("https://www.clustercollaboration.eu/content/x/", "clustercollaboration.eu/content/x"),
    ("http://clustercollaboration.eu/content/x?a=1#top", "clustercollaboration.eu/content/x?a=1"),
    ("http://[no", "http://[no"),
]


@pytest.mark.parametrize(("url", "expected"), URLS)
def test_normalised_url(url: str | None, expected: str | None) -> None:
    assert normalised_url(url) == expected
