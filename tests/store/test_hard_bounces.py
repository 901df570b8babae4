"""When an address counts as dead: the law of the second report, and how long one is remembered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmr_watch.store.database import Database
from cmr_watch.store.hard_bounces import CONFIRMED_AFTER, FORGOTTEN_AFTER, HELD_FOR, HardBounces
from cmr_watch.store.schema import delivery_pauses, hard_bounces
from cmr_watch.store.subscriptions import Subscriptions
from tests.factories import NOW, wanted

ADA = "Ada@example.org"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def store(database: Database) -> HardBounces:
    Subscriptions(database).add(wanted(ADA), NOW)
    return HardBounces(database)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.lists(st.integers(0, 60), min_size=1, max_size=5), repeats=st.integers(1, 3))
def test_reports_confirm_each_other_if_a_day_lies_between_their_messages(database, hours, repeats):
    """In whatever order the reports come, however often each is read."""
    with database.write() as connection:
        for table in (hard_bounces, delivery_pauses):
            connection.execute(table.delete())
    store = HardBounces(database)
    Subscriptions(database).add(wanted(ADA), NOW)
    confirmed = False
    for hour in hours:
        for _ in range(repeats):
            until = store.record_report(ADA.lower(), NOW + hour * HOUR, "550 5.1.1 unknown", NOW)
            confirmed = confirmed or until is None
    first = hours[0]
    assert confirmed == any(abs(hour - first) >= 24 for hour in hours)
    assert bool(store.due()) == confirmed


def test_a_rejection_is_due_at_once(store: HardBounces) -> None:
    store.record_rejection(ADA, "550 5.1.1 unknown", NOW)
    (due,) = store.due()
    assert (due.address, due.since, due.reason) == (ADA, NOW, "550 5.1.1 unknown")


def test_a_report_of_another_year_confirms_nothing(store: HardBounces) -> None:
    assert store.record_report(ADA, NOW, "unknown", NOW)
    assert store.record_report(ADA, NOW + FORGOTTEN_AFTER + DAY, "unknown", NOW)
    assert store.record_report(ADA, NOW + FORGOTTEN_AFTER + 2 * DAY, "unknown", NOW) is None


def test_what_is_not_confirmed_is_forgotten(database: Database, store: HardBounces) -> None:
    store.record_rejection(ADA, "unknown", NOW)
    store.record_report("bob@example.org", NOW, "unknown", NOW)
    store.forget_expired(NOW + HELD_FOR)
    assert store.due()
    store.forget_expired(NOW + HELD_FOR + HOUR)
    assert not store.due()
    assert store.record_report("bob@example.org", NOW + CONFIRMED_AFTER, "unknown", NOW) is None


def test_an_ended_subscription_starts_again_without_a_record(database: Database, store: HardBounces) -> None:
    store.record_rejection(ADA, "unknown", NOW)
    subscriptions = Subscriptions(database)
    subscriptions.end(ADA, "by the operator", NOW)
    subscriptions.add(wanted(ADA), NOW, resubscribe=True)
    assert not store.due()


def test_recipients_are_counted_once_and_without_chats(database: Database, store: HardBounces) -> None:
    subscriptions = Subscriptions(database)
    for request in (wanted("bob@example.org"), wanted(ADA, topics=("calls",)), wanted("slack://A/B/C")):
        subscriptions.add(request, NOW)
    subscriptions.end("bob@example.org", "mail to it bounces", NOW)
    assert store.recent(NOW + HOUR) == (1, 2)
    assert store.recent(NOW + DAY) == (0, 1)
