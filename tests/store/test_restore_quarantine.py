"""A copy that came back: everything waits, until somebody decides."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.restore_quarantine import QuarantinedItem, RestoreQuarantine, mark_restored, waits_for_reading
from cmr_watch.store.schema import matches, subscriptions
from cmr_watch.store.subscriptions import Subscriptions
from tests.factories import MINUTE, NOW, URL, change, message, wanted
from tests.store.test_checks import failed, suspect
from tests.store.test_checks import record as reading
from tests.store.test_deliveries import SLACK, put
from tests.store.test_match_queue import commit_changes, everything, spread, tell

LATER = NOW + MINUTE


@pytest.fixture
def holds(database: Database) -> RestoreQuarantine:
    return RestoreQuarantine(database)


def restore(database: Database, at: datetime = NOW) -> bool:
    """It is a copy, and is opened."""
    with database.write() as connection:
        mark_restored(connection)
    return RestoreQuarantine(database).begin(at)


def waits(database: Database) -> None:
    """A message waits to be sent, a match to be decided, a change to be spread."""
    Subscriptions(database).add(wanted(SLACK), NOW)
    commit_changes(database, 1)
    spread(MatchQueue(database))
    tell(MatchQueue(database))
    commit_changes(database, 1)
    spread(MatchQueue(database))
    commit_changes(database, 1)


def words(holds: RestoreQuarantine) -> list[tuple[str, int, str]]:
    return [(entry.kind, entry.id, entry.change.key if entry.change else entry.summary) for entry in holds.list()]


SUBJECT = "slack://…: Lyon, France: 12–13 October 2024 announced"
HELD = [("message", 1, SUBJECT), ("change", 2, "edition-0"), ("change", 3, "edition-0")]


def test_a_database_that_is_no_copy_holds_nothing(database: Database, holds: RestoreQuarantine) -> None:
    waits(database)
    assert not holds.begin(NOW)
    assert holds.list() == ()
    assert len(Deliveries(database).claim(NOW)) == 1


def test_what_waits_is_put_aside_and_named_without_secrets(database: Database, holds: RestoreQuarantine) -> None:
    waits(database)
    assert restore(database)
    assert words(holds) == HELD
    assert [entry.recipients for entry in holds.list()] == [1, 1, 0]


def test_nothing_of_it_goes_on_by_itself(database: Database) -> None:
    waits(database)
    restore(database)
    news = MatchQueue(database)
    assert news.pending() == ()
    assert news.fan_out(everything, LATER) is None
    assert [person.matches for person in tell(news, LATER)] == [()]
    assert Deliveries(database).claim(LATER + timedelta(days=1)) == ()
    assert news.overdue_digest_since(LATER + timedelta(days=9)) is None


def test_to_begin_again_changes_nothing(database: Database, holds: RestoreQuarantine) -> None:
    waits(database)
    restore(database)
    holds.release("message", [1], LATER, send=True)
    assert not holds.begin(LATER)
    assert words(holds) == HELD[1:]


def test_what_somebody_had_claimed_when_the_copy_was_made(database: Database, holds: RestoreQuarantine) -> None:
    waits(database)
    (claimed,) = Deliveries(database).claim(NOW)
    restore(database)
    assert not Deliveries(database).finish(claimed, "sent", LATER)
    assert words(holds)[0] == HELD[0]


def test_the_first_good_reading_is_held_the_second_is_not(database: Database, holds: RestoreQuarantine) -> None:
    commit_changes(database, 0)
    restore(database)
    checks = Checks(database)
    for broken in (failed(), suspect(revision=1)):
        checks.commit(broken)
    commit_changes(database, 1)
    commit_changes(database, 1)
    assert words(holds) == [("change", 1, "edition-0")]
    assert [entry.id for entry in MatchQueue(database).pending()] == [2]


def test_a_first_reading_without_changes_is_the_first_too(database: Database, holds: RestoreQuarantine) -> None:
    commit_changes(database, 0)
    restore(database)
    Checks(database).commit(reading(outcome="unchanged", revision=1))
    with database.read() as connection:
        assert not waits_for_reading(connection, URL)
    commit_changes(database, 1)
    assert holds.list() == ()


@pytest.mark.parametrize("send", [True, False])
def test_a_message_is_sent_after_all_or_dropped(database: Database, holds: RestoreQuarantine, send: bool) -> None:
    waits(database)
    restore(database)
    assert holds.release("message", [1, 99], LATER, send=send) == 1
    assert words(holds) == HELD[1:]
    assert len(Deliveries(database).claim(LATER)) == send
    assert [entry.outcome for entry in Deliveries(database).list()] == [None if send else "discarded"]
    assert holds.release("message", [1], LATER, send=send) == 0


@pytest.mark.parametrize("send", [True, False])
def test_changes_are_told_after_all_or_dropped(database: Database, holds: RestoreQuarantine, send: bool) -> None:
    waits(database)
    restore(database)
    assert [holds.release("change", [number], LATER, send=send) for number in (2, 3, 99)] == [1, 1, 0]
    assert words(holds) == HELD[:1]
    spread(MatchQueue(database))
    met = [match.recorded.id for person in tell(MatchQueue(database), LATER) for match in person.matches]
    assert met == ([2, 3] if send else [])
    with database.read() as connection:
        assert connection.execute(select(matches).where(matches.c.settled_at.is_(None))).all() == []


def test_what_was_dropped_does_not_come_back(database: Database, holds: RestoreQuarantine) -> None:
    waits(database)
    restore(database)
    for kind, number in (("message", 1), ("change", 2), ("change", 3)):
        holds.release(kind, [number], LATER, send=False)  # type: ignore[arg-type]
    MatchQueue(database).find_again([SLACK], LATER)
    spread(MatchQueue(database))
    assert [person.matches for person in tell(MatchQueue(database), LATER)] == [()]
    assert Deliveries(database).claim(LATER) == ()


def test_who_ended_meanwhile_is_sent_nothing_that_is_released(database: Database, holds: RestoreQuarantine) -> None:
    waits(database)
    restore(database)
    Subscriptions(database).end(SLACK, "asked to", LATER)
    for entry in holds.list():
        holds.release(entry.kind, [entry.id], LATER, send=True)
    spread(MatchQueue(database))
    assert [person.subscriptions for person in tell(MatchQueue(database), LATER)] == [()]
    assert Deliveries(database).claim(LATER) == ()


def test_retry_does_not_promise_what_is_held(database: Database) -> None:
    put(database, message("ada@example.org"))
    restore(database)
    assert Deliveries(database).retry(None, LATER) == 0


def test_what_fell_due_before_was_sent(database: Database) -> None:
    """Welcomes, reminders and the operator's mails: those that were not written yet are not written for then."""
    Subscriptions(database).add(wanted("ada@example.org"), NOW)
    incidents = Incidents(database)
    incidents.open("fetch-failing", "x", "503", NOW)
    incidents.open("reading-suspect", "x", "half a page", NOW)
    incidents.resolve("reading-suspect", "x", NOW)
    restore(database, LATER)
    with database.read() as connection:
        row = connection.execute(select(subscriptions)).one()
    assert (row.activated_at, row.welcomed_at, row.next_action_at) == (LATER, LATER, LATER)
    assert incidents.unnotified() == ()


def test_a_change_that_some_were_told_of(database: Database, holds: RestoreQuarantine) -> None:
    for address in ("a@b.org", "c@d.org"):
        Subscriptions(database).add(wanted(address), NOW)
    commit_changes(database, 1)
    MatchQueue(database).fan_out(everything, NOW, 1)
    restore(database)
    assert holds.list() == (QuarantinedItem("change", 1, 1, change=change(key="edition-0")),)
    holds.release("change", [1], LATER, send=True)
    spread(MatchQueue(database))
    tell(MatchQueue(database), LATER)
    assert [entry.message.address for entry in Deliveries(database).list()] == ["a@b.org", "c@d.org"]
