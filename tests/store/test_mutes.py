"""Mutes: added, undone, and kept no longer than the address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from cmr_watch.models.muting import ItemRef, Mute
from cmr_watch.models.recipients import Subscription
from cmr_watch.notify.planning import match_changes
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.mutes import Mutes
from cmr_watch.store.restore_quarantine import RestoreQuarantine, mark_restored
from cmr_watch.store.retention import KEEP_ADDRESSES, KEEP_HISTORY, Retention
from cmr_watch.store.schema import matches
from cmr_watch.store.schema import mutes as table
from cmr_watch.store.subscriptions import Subscriptions
from tests.factories import MINUTE, NOW, wanted
from tests.store.test_match_queue import commit_changes, fan_out_all, plan_all

EDITION, CALL = ItemRef("edition", "edition-0"), ItemRef("call", "edition-0")
LATER = NOW + MINUTE
DAY = timedelta(days=1)


@pytest.fixture
def mutes(database: Database) -> Mutes:
    return Mutes(database)


@pytest.fixture
def ada(database: Database) -> Subscription:
    Subscriptions(database).add(wanted("bob@example.org"), NOW)
    return Subscriptions(database).add(wanted("Ada@example.org"), NOW)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    executed: list[str] = []

    def note(*call: object) -> None:
        executed.append(str(call[2]))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def rows(database: Database) -> list[tuple[str, str, str]]:
    with database.read() as connection:
        return [(row.mailbox, row.kind, row.key) for row in connection.execute(select(table))]


def test_a_mute_is_that_of_the_recipient(database: Database, mutes: Mutes, ada: Subscription) -> None:
    other = Subscriptions(database).add(wanted("ada@example.org", topics=("calls",)), NOW)
    assert mutes.add(ada.id, EDITION, NOW)
    assert mutes.of_recipient(other.id) == mutes.of_recipient(ada.id) == (Mute("edition", "edition-0", NOW),)
    assert rows(database) == [("ada@example.org", "edition", "edition-0")]


def test_muting_twice_keeps_the_first_time(mutes: Mutes, ada: Subscription) -> None:
    assert mutes.add(ada.id, EDITION, NOW)
    assert mutes.add(ada.id, EDITION, LATER)
    assert [mute.muted_at for mute in mutes.of_recipient(ada.id)] == [NOW]


def test_an_edition_and_a_call_may_share_a_key(mutes: Mutes, ada: Subscription) -> None:
    mutes.add(ada.id, CALL, NOW)
    assert not mutes.standing(ada.id, EDITION).is_muted
    assert mutes.standing(ada.id, CALL).is_muted
    mutes.remove(ada.id, EDITION, LATER)
    assert mutes.standing(ada.id, CALL).is_muted


def test_undoing_keeps_the_time_and_muting_again_starts_anew(mutes: Mutes, ada: Subscription) -> None:
    mutes.add(ada.id, EDITION, NOW)
    assert mutes.remove(ada.id, EDITION, LATER)
    assert mutes.of_recipient(ada.id) == ()
    assert mutes.by_mailbox() == {"ada@example.org": (Mute("edition", "edition-0", NOW, LATER),)}
    mutes.add(ada.id, EDITION, LATER + MINUTE)
    assert mutes.of_recipient(ada.id) == (Mute("edition", "edition-0", LATER + MINUTE),)


@pytest.mark.parametrize("number", [0, 99])
def test_nobody_can_mute_for_a_subscription_that_does_not_exist(database: Database, mutes: Mutes, number: int) -> None:
    assert not mutes.add(number, EDITION, NOW)
    assert not mutes.remove(number, EDITION, NOW)
    assert (mutes.of_recipient(number), rows(database)) == ((), [])


def test_nothing_is_muted_once_the_subscription_has_ended(database: Database, mutes: Mutes, ada: Subscription) -> None:
    Subscriptions(database).end(ada.id, "ended", NOW)
    assert not mutes.add(ada.id, EDITION, NOW)
    assert not mutes.standing(ada.id, EDITION).is_subscribed
    assert rows(database) == []


def test_the_statements_are_the_same_for_all(database: Database, mutes: Mutes, ada: Subscription) -> None:
    commit_changes(database, 1)
    mutes.add(ada.id, EDITION, NOW)
    executed = []
    for number, item in ((ada.id, EDITION), (ada.id, CALL), (0, EDITION), (0, ItemRef("edition", ""))):
        with statements(database) as each:
            mutes.standing(number, item)
        executed.append(each)
    assert executed[0]
    assert executed == [executed[0]] * 4


def test_a_repeated_request_plans_nothing_again(database: Database, mutes: Mutes, ada: Subscription) -> None:
    mutes.add(ada.id, EDITION, NOW)
    with statements(database) as executed:
        mutes.add(ada.id, EDITION, LATER)
    assert not [statement for statement in executed if statement.startswith("UPDATE")]


def test_what_waits_is_withdrawn_and_planned_without_it(database: Database, mutes: Mutes, ada: Subscription) -> None:
    commit_changes(database, 2)
    queue, outbox = MatchQueue(database), Deliveries(database)
    fan_out_all(queue)
    plan_all(queue)
    mutes.add(ada.id, EDITION, LATER)
    with queue.batch(LATER) as batch:
        assert batch is not None
        (recipient,) = batch.recipients
    assert (recipient.mailbox, recipient.mutes) == ("ada@example.org", (Mute("edition", "edition-0", LATER),))
    assert [entry.message.address for entry in outbox.list("pending")] == ["bob@example.org"]
    assert [entry.outcome for entry in outbox.list("superseded")] == ["superseded"]


def test_the_fan_out_leaves_out_what_is_muted(database: Database, mutes: Mutes, ada: Subscription) -> None:
    mutes.add(ada.id, EDITION, NOW - MINUTE)
    commit_changes(database, 2)
    with MatchQueue(database).fan_out_batch(NOW) as batch:
        assert batch is not None
        batch.save(match_changes(batch.subscriptions, batch.changes, batch.mutes, NOW))
    with database.read() as connection:
        matched = {tuple(row) for row in connection.execute(select(matches.c.mailbox, matches.c.change_id))}
    assert matched == {("ada@example.org", 2), ("bob@example.org", 1), ("bob@example.org", 2)}


# ── for how long ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_mutes_go_with_the_address(database: Database, mutes: Mutes, ada: Subscription) -> None:
    mutes.add(ada.id, EDITION, NOW)
    Subscriptions(database).end(ada.id, "ended", NOW)
    Retention(database).run(NOW + KEEP_ADDRESSES)
    assert rows(database) == [("ada@example.org", "edition", "edition-0")]
    Retention(database).run(NOW + KEEP_ADDRESSES + MINUTE)
    assert rows(database) == []


def test_mutes_are_kept_while_the_recipient_is_subscribed_and_undone_ones_a_year(
    database: Database, mutes: Mutes, ada: Subscription
) -> None:
    mutes.add(ada.id, EDITION, NOW)
    mutes.add(ada.id, CALL, NOW)
    mutes.remove(ada.id, CALL, NOW)
    assert Retention(database).run(NOW + KEEP_HISTORY).mutes == 0
    assert Retention(database).run(NOW + KEEP_HISTORY + MINUTE).mutes == 1
    assert rows(database) == [("ada@example.org", "edition", "edition-0")]


@pytest.mark.parametrize("act", [Mutes.add, Mutes.remove])
def test_erasing_removes_them_and_the_link_does_nothing(
    database: Database, mutes: Mutes, ada: Subscription, act: Callable[..., bool]
) -> None:
    mutes.add(ada.id, EDITION, NOW)
    Subscriptions(database).erase("ada@example.org", NOW)
    assert rows(database) == []
    assert not act(mutes, ada.id, EDITION, LATER)
    assert rows(database) == []


def test_a_restore_keeps_them(database: Database, mutes: Mutes, ada: Subscription) -> None:
    mutes.add(ada.id, EDITION, NOW)
    with database.write() as connection:
        mark_restored(connection, NOW)
    assert RestoreQuarantine(database).quarantine_if_restored(NOW + DAY)
    assert mutes.of_recipient(ada.id) == (Mute("edition", "edition-0", NOW),)
