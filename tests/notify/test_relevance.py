from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from cmr_watch.models import ChangeKind, Cutoff, Known, KnownCall, KnownEdition, OpenItems
from cmr_watch.notify.relevance import NEVER_NOTIFIED, reading_order, shown_to, standing, topic_of, wants
from tests.notify.make import K, call, edition, recorded, subscription

LYON, MALMO = edition(), edition("Malmö", "Sweden", "SE")
NOWHERE = edition("Online", None, None)

# newest oddities on top
HEARS = [
    # kind, before, after, countries of the subscription, does it hear?
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


@pytest.mark.parametrize(("kind", "before", "after", "countries", "hears"), HEARS)
def test_countries(kind, before, after, countries, hears):
    assert wants(subscription(countries=countries), recorded(kind, after, before)) is hears


def test_every_kind_has_a_topic_or_is_never_told():
    assert {kind for kind in ChangeKind if topic_of(kind) is None} == NEVER_NOTIFIED


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
    assert wants(subscription(topics=(topic,)), recorded(kind))
    others = tuple({"calls", "editions", "materials"} - {topic})
    assert not wants(subscription(topics=others), recorded(kind))


def test_what_came_before_a_subscription_is_no_news():
    assert not wants(subscription(after=7), recorded(K.CALL_OPENED, number=7))
    assert wants(subscription(after=7), recorded(K.CALL_OPENED, number=8))


def test_an_ended_subscription_hears_nothing():
    assert not wants(subscription(status="ended"), recorded(K.CALL_OPENED))


def test_telling_order():
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
    # calls, editions by date, materials; in each what is told at once before what could have waited
    assert [change.id for change in sorted(changes, key=reading_order)] == [7, 6, 5, 3, 2, 4, 1]


# ── what stands at a moment ──────────────────────────────────────────────────────────────────────────────────────

NOW = datetime(2023, 10, 20, 9, tzinfo=UTC)


def known(*editions, calls=()) -> Known:
    return Known(
        tuple(KnownEdition(f"e{number}", one) for number, one in enumerate(editions)),
        tuple(KnownCall(f"c{number}", one) for number, one in enumerate(calls)),
    )


@pytest.mark.parametrize(
    ("values", "stands"),
    [
        ({"starts_on": None, "ends_on": None}, True),
        ({"starts_on": date(2023, 10, 19), "ends_on": date(2023, 10, 20)}, True),
        ({"starts_on": date(2023, 10, 18), "ends_on": date(2023, 10, 19)}, False),
        ({"ends_on": date(2024, 1, 1), "status": "postponed"}, True),
        ({"ends_on": date(2024, 1, 1), "status": "cancelled"}, False),
        ({"ends_on": date(2024, 1, 1), "section": "past"}, False),
    ],
)
def test_what_is_still_to_come(values, stands):
    assert len(standing(known(edition(**values)), NOW).editions) == stands


def test_what_is_gone_or_closed_does_not_stand():
    gone = Known(
        (KnownEdition("e", edition(ends_on=date(2024, 1, 1)), gone="withdrawn"),), (KnownCall("c", call("closed")),)
    )
    assert standing(gone, NOW) == OpenItems()


def test_only_cut_offs_that_can_be_met_stand():
    cutoffs = tuple(
        Cutoff(NOW + timedelta(days=days), closed=closed) for days, closed in ((-1, False), (1, True), (2, False))
    )
    (shown,) = standing(known(calls=[call(cutoffs=cutoffs)]), NOW).calls
    assert shown.call.cutoffs == cutoffs[2:]


def test_who_is_shown_what():
    soon = {"starts_on": date(2023, 11, 1), "ends_on": date(2023, 11, 2)}
    whole = standing(known(edition(**soon), edition("Malmö", "Sweden", "SE", **soon), calls=[call()]), NOW)
    assert shown_to([subscription(topics=("calls",))], whole) == OpenItems(whole.calls, ())
    assert shown_to([subscription(topics=("editions",), countries=("SE",))], whole) == OpenItems((), whole.editions[1:])
    assert shown_to([subscription(topics=("materials",))], whole) == OpenItems()
