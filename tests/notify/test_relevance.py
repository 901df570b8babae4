"""Which changes and open items concern a subscription: topics, countries and the order in a message."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from cmr_watch.models.muting import Mute
from cmr_watch.models.readings import ChangeKind, Cutoff, Known, KnownCall, KnownEdition
from cmr_watch.models.recipients import OpenItems
from cmr_watch.notify.relevance import (
    message_order,
    open_items,
    relevant_items,
    should_notify,
    topic_of,
    unmuted_items,
)
from tests.notify.make import NOON, K, call, edition, recorded, subscription

LYON, MALMO = edition(), edition("Malmö", "Sweden", "SE")
NOWHERE = edition("Online", None, None)

# add new cases at the top
CASES = [
    # kind, before, after, countries of the subscription, expected
    (K.EDITION_RELOCATED, LYON, MALMO, ("FR",), True),
    (K.EDITION_RELOCATED, LYON, MALMO, ("SE",), True),
    (K.EDITION_RELOCATED, LYON, MALMO, ("BE",), False),
    (K.EDITION_RELOCATED, NOWHERE, MALMO, ("BE",), True),
    (K.EDITION_WITHDRAWN, LYON, None, ("FR",), True),
    (K.EDITION_WITHDRAWN, LYON, None, ("SE",), False),
    (K.EDITION_ANNOUNCED, None, NOWHERE, ("SE",), True),
    (K.EDITION_ANNOUNCED, None, LYON, ("SE", "FR"), True),
    (K.EDITION_ANNOUNCED, None, LYON, ("SE",), False),
    (K.EDITION_ANNOUNCED, None, LYON, (), True),
    (K.CALL_OPENED, None, call(), ("SE",), True),
    (K.CALL_WITHDRAWN, call(), None, ("SE",), True),
    (K.EDITION_UPDATED, LYON, LYON, (), False),
    (K.EDITION_DELISTED, LYON, LYON, (), False),
]


@pytest.mark.parametrize(("kind", "before", "after", "countries", "expected"), CASES)
def test_countries(kind, before, after, countries, expected):
    assert should_notify(subscription(countries=countries), recorded(kind, after, before)) is expected


def test_every_kind_has_a_topic_or_is_never_notified():
    in_history_only = {ChangeKind.EDITION_UPDATED, ChangeKind.EDITION_DELISTED}
    assert {kind for kind in ChangeKind if topic_of(kind) is None} == in_history_only


@pytest.mark.parametrize(
    ("kind", "topic"),
    [
        (K.CALL_OPENED, "calls"),
        (K.CALL_CUTOFF_MOVED, "calls"),
        (K.EDITION_HELD, "editions"),
        (K.EDITION_LISTED, "editions"),
        (K.EDITION_SUMMARY_PUBLISHED, "materials"),
        (K.EDITION_MATERIALS_PUBLISHED, "materials"),
    ],
)
def test_topics(kind, topic):
    assert topic_of(kind) == topic
    assert should_notify(subscription(topics=(topic,)), recorded(kind))
    others = tuple({"calls", "editions", "materials"} - {topic})
    assert not should_notify(subscription(topics=others), recorded(kind))


def test_changes_before_the_activation_are_not_notified():
    assert not should_notify(subscription(after=7), recorded(K.CALL_OPENED, number=7))
    assert should_notify(subscription(after=7), recorded(K.CALL_OPENED, number=8))


def test_an_ended_subscription_is_not_notified():
    assert not should_notify(subscription(status="ended"), recorded(K.CALL_OPENED))


def test_message_order():
    later = edition("Prague", "Czechia", "CZ", starts_on=date(2024, 10, 23))
    undated = edition("Bonn", "Germany", "DE", starts_on=None, ends_on=None)
    changes = [
        recorded(K.EDITION_SUMMARY_PUBLISHED, LYON, LYON, number=1),
        recorded(K.EDITION_ANNOUNCED, undated, number=2),
        recorded(K.EDITION_ANNOUNCED, later, number=3),
        recorded(K.EDITION_HELD, LYON, LYON, number=4),
        recorded(K.EDITION_CANCELLED, MALMO, MALMO, number=5),
        recorded(K.CALL_UPDATED, number=6),
        recorded(K.CALL_OPENED, number=7),
    ]
    # calls, editions by date, materials; in each, urgent changes before those that can wait for a digest
    assert [change.id for change in sorted(changes, key=message_order)] == [7, 6, 5, 3, 2, 4, 1]


# ── open items ──────────────────────────────────────────────────────────────────────────────────────────────────────

NOW = datetime(2023, 10, 20, 9, tzinfo=UTC)


def known(*editions, calls=()) -> Known:
    return Known(
        tuple(KnownEdition(f"e{number}", one) for number, one in enumerate(editions)),
        tuple(KnownCall(f"c{number}", one) for number, one in enumerate(calls)),
    )


@pytest.mark.parametrize(
    ("values", "is_open"),
    [
        ({"starts_on": None, "ends_on": None}, True),
        ({"starts_on": date(2023, 10, 19), "ends_on": date(2023, 10, 20)}, True),
        ({"starts_on": date(2023, 10, 18), "ends_on": date(2023, 10, 19)}, False),
        ({"ends_on": date(2024, 1, 1), "status": "postponed"}, True),
        ({"ends_on": date(2024, 1, 1), "status": "cancelled"}, False),
        ({"ends_on": date(2024, 1, 1), "section": "past"}, False),
    ],
)
def test_upcoming_editions(values, is_open):
    assert len(open_items(known(edition(**values)), NOW).editions) == is_open


def test_withdrawn_editions_and_closed_calls_are_not_open():
    gone = Known(
        (KnownEdition("e", edition(ends_on=date(2024, 1, 1)), gone="withdrawn"),), (KnownCall("c", call("closed")),)
    )
    assert open_items(gone, NOW) == OpenItems()


def test_only_cut_offs_that_can_still_be_met_are_included():
    cutoffs = tuple(
        Cutoff(NOW + timedelta(days=days), closed=closed) for days, closed in ((-1, False), (1, True), (2, False))
    )
    (open_call,) = open_items(known(calls=[call(cutoffs=cutoffs)]), NOW).calls
    assert open_call.call.cutoffs == cutoffs[2:]


def test_items_are_selected_by_topic_and_country():
    soon = {"starts_on": date(2023, 11, 1), "ends_on": date(2023, 11, 2)}
    items = open_items(known(edition(**soon), edition("Malmö", "Sweden", "SE", **soon), calls=[call()]), NOW)
    assert relevant_items([subscription(topics=("calls",))], items) == OpenItems(items.calls, (), ("calls",))
    assert relevant_items([subscription(topics=("editions",), countries=("SE",))], items) == OpenItems(
        (), items.editions[1:], ("editions",), has_countries=True
    )
    assert relevant_items([subscription(topics=("materials",))], items) == OpenItems(topics=("materials",))


def test_muted_items_are_left_out_by_kind_and_key():
    items = OpenItems((KnownCall("one", call()),), (KnownEdition("one", edition()), KnownEdition("two", edition())))
    mutes = [Mute("edition", "one", NOON), Mute("call", "two", NOON), Mute("edition", "two", NOON, ended_at=NOON)]
    left = unmuted_items(items, mutes)
    assert ([entry.key for entry in left.calls], [entry.key for entry in left.editions]) == (["one"], ["two"])
    assert left.has_muted
    assert unmuted_items(items, []) == items
