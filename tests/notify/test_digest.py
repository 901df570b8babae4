from __future__ import annotations

from datetime import date

import pytest

from cmr_watch.models import ChangeKind, Subscription
from cmr_watch.notify.digest import NEVER_TOLD, recipients, topic_of, wants
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
    assert {kind for kind in ChangeKind if topic_of(kind) is None} == NEVER_TOLD


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


def told(changes, *subscriptions: Subscription) -> dict[str, list[int]]:
    return {address: [change.id for change in news] for address, news in recipients(changes, subscriptions)}


def test_one_message_for_an_address_with_several_subscriptions():
    changes = [recorded(K.EDITION_ANNOUNCED, LYON, number=1), recorded(K.CALL_OPENED, number=2)]
    several = (
        subscription(topics=("calls",)),
        subscription(topics=("editions",), countries=("FR",)),
        subscription(topics=("calls", "editions")),
        subscription("Ann@Example.org"),
        subscription("bob@example.org", topics=("materials",)),
    )
    assert told(changes, *several) == {"ann@example.org": [2, 1]}


def test_an_apprise_address_counts_letter_by_letter():
    changes = [recorded(K.CALL_OPENED)]
    assert len(told(changes, subscription("slack://A/B/C"), subscription("slack://a/b/c"))) == 2


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
    assert told(changes, subscription()) == {"ann@example.org": [7, 6, 5, 3, 2, 4, 1]}


def test_nobody_hears_of_nothing():
    assert recipients([], [subscription()]) == ()
    assert recipients([recorded(K.EDITION_UPDATED)], [subscription()]) == ()
