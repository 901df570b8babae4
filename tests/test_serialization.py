"""Models survive a round trip through JSON, and the public form has exactly the documented fields."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.models.readings import CallNotice, Change, ChangeKind, Cutoff, Edition, Outline, ReadingWarning, Snapshot
from cmr_watch.serialization import (
    change_to_dict,
    edition_from_dict,
    edition_to_dict,
    edition_to_row,
    instant,
    reading_to_dict,
    side_from_row,
    side_to_row,
    snapshot_from_dict,
    snapshot_to_dict,
)

texts = st.text(max_size=12)
maybe = st.none() | texts
statuses = st.sampled_from(("scheduled", "save_the_date", "postponed", "cancelled", "held"))
sections: Any = st.sampled_from(("upcoming", "past"))
moments = st.integers(0, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
editions = st.builds(
    Edition,
    city=texts,
    region=maybe,
    country=maybe,
    country_code=maybe,
    starts_on=st.none() | st.dates(),
    ends_on=st.none() | st.dates(),
    date_precision=st.sampled_from(("day", "month", "season", "year", "unknown")),
    period=maybe,
    section=sections,
    status=statuses,
    url=maybe,
    summary_url=maybe,
    date_text=maybe,
    text=texts,
)
cutoffs = st.builds(Cutoff, at=moments, text=texts, closed=st.booleans(), tentative=st.booleans())
calls = st.builds(
    CallNotice,
    status=st.sampled_from(("announced", "open", "closed")),
    hosting_years=st.lists(st.integers(2020, 2040), max_size=3).map(tuple),
    cutoffs=st.lists(cutoffs, max_size=3).map(tuple),
    title=maybe,
    apply_url=maybe,
    text=texts,
)
snapshots = st.builds(
    Snapshot,
    kind=st.just("initiative"),
    editions=st.lists(editions, max_size=3).map(tuple),
    calls=st.lists(calls, max_size=3).map(tuple),
    warnings=st.lists(st.builds(ReadingWarning, texts, texts), max_size=2).map(tuple),
    outline=st.builds(
        Outline,
        st.booleans(),
        st.lists(sections, max_size=2).map(tuple),
        st.integers(0, 99),
        st.integers(0, 99),
    ),
)


def json_round_trip(value: Any) -> Any:
    return json.loads(json.dumps(value))


@given(snapshots)
@settings(deadline=None)
def test_snapshot_round_trip(snapshot: Snapshot) -> None:
    back = snapshot_from_dict(json_round_trip(snapshot_to_dict(snapshot)))

    assert repr(back) == repr(snapshot)  # repr: == ignores fields that do not count as a change


@given(st.none() | editions | calls)
@settings(deadline=None)
def test_round_trip_of_one_side_of_a_change(noun: Edition | CallNotice | None) -> None:
    assert repr(side_from_row(json_round_trip(side_to_row(noun)))) == repr(noun)


@given(editions)
@settings(deadline=None)
def test_edition_round_trip_through_the_public_form_loses_only_the_period(edition: Edition) -> None:
    back = edition_from_dict(json_round_trip(edition_to_dict(edition)))

    assert repr(back) == repr(edition_from_dict({**edition_to_row(edition), "period": None}))


LYON = Edition("Lyon", None, "France", "FR", date(2023, 10, 12), date(2023, 10, 13), "day", text="the line")
CALL = CallNotice("open", (2024, 2025), (Cutoff(datetime(2024, 5, 31, 16, tzinfo=UTC), "31 May"),), text="the notice")


def test_the_public_form_of_a_page() -> None:
    public = reading_to_dict(Snapshot(editions=(LYON,), calls=(CALL,), warnings=(ReadingWarning("duplicate", "x"),)))

    assert list(public) == ["page", "editions", "calls", "warnings"]
    assert public["editions"] == [
        {
            "city": "Lyon",
            "region": None,
            "country": "France",
            "country_code": "FR",
            "starts_on": "2023-10-12",
            "ends_on": "2023-10-13",
            "date_precision": "day",
            "date_text": None,
            "section": "upcoming",
            "status": "scheduled",
            "url": None,
            "summary_url": None,
            "text": "the line",
        }
    ]
    assert public["calls"] == [
        {
            "status": "open",
            "hosting_years": [2024, 2025],
            "title": None,
            "apply_url": None,
            "cutoffs": [{"at": "2024-05-31T16:00:00Z", "text": "31 May", "closed": False, "tentative": False}],
            "text": "the notice",
        }
    ]
    assert public["warnings"] == [{"code": "duplicate", "text": "x"}]


def test_the_public_form_of_a_change() -> None:
    announced = change_to_dict(Change(ChangeKind.EDITION_ANNOUNCED, "lyon-fr-2023-10", None, LYON), "a sentence")
    assert list(announced) == ["kind", "key", "city", "country_code", "before", "after", "sentence"]
    assert [announced[key] for key in ("kind", "key", "city", "country_code", "before", "sentence")] == [
        "edition.announced",
        "lyon-fr-2023-10",
        "Lyon",
        "FR",
        None,
        "a sentence",
    ]
    withdrawn = change_to_dict(Change(ChangeKind.EDITION_WITHDRAWN, "lyon-fr-2023-10", LYON, None), "a sentence")
    assert (withdrawn["city"], withdrawn["country_code"], withdrawn["after"]) == ("Lyon", "FR", None)
    opened = change_to_dict(Change(ChangeKind.CALL_OPENED, "call-2024-2025", None, CALL), "a sentence")
    assert (opened["city"], opened["country_code"], opened["after"]["status"]) == (None, None, "open")


def test_times_are_in_utc() -> None:
    assert instant(datetime(2024, 5, 31, 18, tzinfo=timezone(timedelta(hours=2)))) == "2024-05-31T16:00:00Z"


def test_fields_that_only_an_earlier_version_stored_are_ignored() -> None:
    assert edition_from_dict({**edition_to_row(LYON), "theme": "Skills"}) == LYON
