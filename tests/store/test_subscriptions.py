"""Adding and ending subscriptions, and applying those of the configuration."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from cmr_watch.models.readings import TOPICS
from cmr_watch.models.recipients import Subscription, SubscriptionRequest
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import Incidents, open_incident
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.subscription_requests import ADDRESS_CHANGED, REMOVED, Synced, differences, normalize
from cmr_watch.store.subscriptions import UNSUBSCRIBED, Subscriptions
from tests.factories import MINUTE, NOW, wanted
from tests.store.test_match_queue import commit_changes, fan_out_all

LATER = NOW + MINUTE


@pytest.fixture
def subscriptions(database: Database) -> Subscriptions:
    return Subscriptions(database)


@pytest.mark.parametrize(
    ("original", "normalized"),
    [
        (wanted(" ada@Example.ORG "), wanted("ada@example.org")),
        (wanted("Ada@Example.org"), wanted("Ada@example.org")),
        (wanted("slack://Token/A/B"), wanted("slack://Token/A/B")),
        (wanted("mailto://Ada:Pass@Example.org"), wanted("mailto://Ada:Pass@Example.org")),
        (wanted(topics=("editions", "calls", "calls")), wanted(topics=("calls", "editions"))),
        (wanted(countries=("fr", "DE", "FR")), wanted(countries=("DE", "FR"))),
        (wanted(name="ada"), wanted(name="ada")),
    ],
)
def test_requests_are_normalized(original: SubscriptionRequest, normalized: SubscriptionRequest) -> None:
    assert normalize(original) == normalized


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_added_subscription_is_active(subscriptions: Subscriptions) -> None:
    added = subscriptions.add(wanted("ada@example.org", topics=("calls",), countries=("FR",)), NOW)
    assert subscriptions.active() == (added,) == subscriptions.list_all()
    assert (added.address, added.topics, added.countries) == ("ada@example.org", ("calls",), ("FR",))
    assert (added.name, added.status, added.created_at, added.after_change_id) == (None, "active", NOW, 0)


def test_a_subscription_covers_changes_after_it_was_added(database: Database, subscriptions: Subscriptions) -> None:
    commit_changes(database, 3)
    assert subscriptions.add(wanted(), NOW).after_change_id == 3


def test_an_equal_subscription_is_not_added_twice(subscriptions: Subscriptions) -> None:
    first = subscriptions.add(wanted(topics=("calls", "editions"), countries=("FR", "DE")), NOW)
    assert subscriptions.add(wanted(topics=("editions", "calls"), countries=("DE", "FR")), LATER) == first
    assert subscriptions.add(wanted(topics=("calls",)), LATER) != first
    assert len(subscriptions.list_all()) == 2


def test_a_subscription_equal_to_a_declared_one_is_not_added(subscriptions: Subscriptions) -> None:
    subscriptions.sync([wanted(name="ada")], NOW)
    assert subscriptions.add(wanted(), LATER) == subscriptions.active()[0]


def test_concurrent_additions_add_one_subscription(database: Database) -> None:
    barrier = threading.Barrier(4)
    ids: set[int] = set()

    def add() -> None:
        barrier.wait()
        ids.add(Subscriptions(database).add(wanted(), NOW).id)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 1
    assert len(Subscriptions(database).list_all()) == 1


def test_a_subscription_is_ended_by_id(subscriptions: Subscriptions) -> None:
    first = subscriptions.add(wanted("a@b.org"), NOW)
    second = subscriptions.add(wanted("c@d.org"), NOW)
    ended = subscriptions.end(first.id, "on request", LATER)
    assert ended == (first._replace(status="ended", ended_at=LATER, end_reason="on request"),)
    assert subscriptions.active() == (second,)
    assert subscriptions.end(first.id, "again", LATER) == ()


def test_subscriptions_are_ended_by_address(subscriptions: Subscriptions) -> None:
    for topic in ("calls", "editions"):
        subscriptions.add(wanted("ada@example.org", topics=(topic,)), NOW)
    subscriptions.add(wanted("bob@example.org"), NOW)
    assert len(subscriptions.end(" ada@EXAMPLE.org", "on request", LATER)) == 2
    assert [entry.address for entry in subscriptions.active()] == ["bob@example.org"]


def test_a_subscription_added_again_covers_changes_from_then_on(
    database: Database, subscriptions: Subscriptions
) -> None:
    first = subscriptions.add(wanted(), NOW)
    subscriptions.end(first.id, "on request", NOW)
    commit_changes(database, 2)
    again = subscriptions.add(wanted(), LATER)
    assert (again.id != first.id, again.after_change_id) == (True, 2)


# ── configuration ────────────────────────────────────────────────────────────────────────────────────────────────

ADA = wanted("ada@example.org", name="ada")
TEAM = wanted("slack://token/a/b", name="team")


def names(subscriptions: Subscriptions) -> list[str | None]:
    return [entry.name for entry in subscriptions.active()]


def test_declared_subscriptions_are_active(subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA, TEAM], NOW)
    assert names(subscriptions) == ["ada", "team"]


def test_without_differences_nothing_is_written(database: Database, subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA, TEAM], NOW)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    subscriptions.sync([TEAM, ADA], LATER)
    written = [statement for statement in statements if not statement.startswith(("SELECT", "BEGIN"))]
    assert written == []
    assert "BEGIN IMMEDIATE" not in statements


def test_changed_options_update_the_subscription(database: Database, subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA], NOW)
    (before,) = subscriptions.active()
    commit_changes(database, 1)
    subscriptions.sync([replace(ADA, topics=("calls",), countries=("FR",))], LATER)
    assert subscriptions.list_all() == (before._replace(topics=("calls",), countries=("FR",)),)


def test_a_changed_address_ends_the_old_subscription(database: Database, subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA], NOW)
    commit_changes(database, 1)
    subscriptions.sync([replace(ADA, address="ada@new.org")], LATER)
    old, new = subscriptions.list_all()
    assert (old.status, old.end_reason, old.ended_at) == ("ended", ADDRESS_CHANGED, LATER)
    assert (new.address, new.status, new.after_change_id) == ("ada@new.org", "active", 1)
    subscriptions.sync([ADA], LATER)
    assert [entry.address for entry in subscriptions.active()] == ["ada@example.org"]


def test_an_entry_takes_over_the_subscription_that_was_added_by_command(
    database: Database, subscriptions: Subscriptions
) -> None:
    first = subscriptions.add(wanted(), NOW)
    subscriptions.add(wanted(topics=("calls",)), NOW)
    commit_changes(database, 1)
    synced = subscriptions.sync([replace(ADA, topics=("editions",)), TEAM], LATER)
    assert (synced.started, synced.taken_over) == (1, 1)
    taken, team = subscriptions.active()
    assert (taken.id, taken.name, taken.topics, taken.after_change_id) == (first.id, "ada", ("editions",), 0)
    assert team.name == "team"
    assert subscriptions.sync([], LATER).ended == 2
    assert subscriptions.active() == ()


def test_an_address_with_two_subscriptions_is_found(subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA, TEAM], NOW)
    assert subscriptions.doubles() == ()
    added = subscriptions.add(wanted(topics=("calls",)), NOW)
    ((declared, double),) = subscriptions.doubles()
    assert (declared.name, double) == ("ada", added)


def test_a_removed_name_is_ended_and_can_be_declared_again(subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA, TEAM], NOW)
    subscriptions.sync([TEAM], LATER)
    assert [(entry.status, entry.end_reason) for entry in subscriptions.list_all()] == [
        ("ended", REMOVED),
        ("active", None),
    ]
    subscriptions.sync([ADA, TEAM], LATER)
    assert names(subscriptions) == ["team", "ada"]


def test_a_subscription_ended_by_its_recipient_stays_ended(subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA], NOW)
    subscriptions.end("ada@example.org", "on request", NOW)
    for declared in (ADA, replace(ADA, topics=("calls",))):
        subscriptions.sync([declared], LATER)
        assert subscriptions.active() == ()
    subscriptions.sync([replace(ADA, address="bob@example.org")], LATER)
    assert [entry.address for entry in subscriptions.active()] == ["bob@example.org"]


@pytest.mark.parametrize("address", ["ada@example.org", "Ada@example.org"])
def test_an_entry_with_another_name_is_the_same_subscription(
    database: Database, subscriptions: Subscriptions, address: str
) -> None:
    subscriptions.sync([ADA], NOW)
    (before,) = subscriptions.active()
    commit_changes(database, 1)
    fan_out_all(MatchQueue(database))
    synced = subscriptions.sync([replace(ADA, name="countess", address=address, countries=("FR",))], LATER)
    assert synced == Synced(renamed=1)
    assert subscriptions.list_all() == (before._replace(name="countess", address=address, countries=("FR",)),)
    with MatchQueue(database).batch(LATER) as batch:
        assert batch is not None
        (recipient,) = batch.recipients
        assert [(match.recorded.id, match.is_pending) for match in recipient.matches] == [(1, False)]


def test_another_spelling_of_an_address_is_the_same_subscription(
    database: Database, subscriptions: Subscriptions
) -> None:
    subscriptions.sync([ADA], NOW)
    (before,) = subscriptions.active()
    commit_changes(database, 1)
    assert subscriptions.sync([replace(ADA, address="ADA@example.org")], LATER) == Synced()
    assert subscriptions.list_all() == (before._replace(address="ADA@example.org"),)
    subscriptions.end("ada@example.org", "on request", LATER)
    assert subscriptions.sync([ADA], LATER) == Synced(), "it stays ended"


def test_two_entries_exchange_their_names(subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA, TEAM], NOW)
    before = {entry.id: entry.address for entry in subscriptions.active()}
    assert subscriptions.sync([replace(ADA, name="team"), replace(TEAM, name="ada")], LATER) == Synced(renamed=2)
    assert {entry.id: entry.address for entry in subscriptions.active()} == before
    assert names(subscriptions) == ["team", "ada"]


def test_a_renamed_entry_and_a_subscription_that_was_added_by_command(subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA], NOW)
    subscriptions.add(wanted("ada@example.org"), NOW)
    subscriptions.sync([replace(ADA, name="countess")], LATER)
    assert names(subscriptions) == ["countess"]


def test_an_entry_that_takes_the_name_of_another_recipient(subscriptions: Subscriptions) -> None:
    """Eve has Ada's name now, and Ada another one."""
    subscriptions.sync([ADA], NOW)
    (before,) = subscriptions.active()
    eve = wanted("eve@example.org", name="ada")
    synced = subscriptions.sync([eve, replace(ADA, name="countess")], LATER)
    assert synced == Synced(started=1, renamed=1)
    assert subscriptions.active()[0] == before._replace(name="countess")
    assert [(entry.name, entry.address) for entry in subscriptions.active()[1:]] == [("ada", "eve@example.org")]


def test_a_recipient_who_left_stays_so_under_another_name(subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA], NOW)
    subscriptions.end("ada@example.org", UNSUBSCRIBED, LATER)
    assert subscriptions.sync([replace(ADA, name="countess")], LATER) == Synced()
    assert subscriptions.active() == ()


@given(st.data())
def test_the_same_recipients_keep_their_subscriptions(data: st.DataObject) -> None:
    """Whatever the entries are called: those that ask for the same are neither ended nor added."""
    addresses = [f"{letter}@example.org" for letter in "abcde"]
    before = dict(zip(data.draw(st.permutations("vwxyz")), data.draw(st.permutations(addresses)), strict=True))
    stored = {
        name: Subscription(number, address, TOPICS, (), "active", 0, NOW, name)
        for number, (name, address) in enumerate(before.items())
    }
    renamed = dict(zip(data.draw(st.permutations("stuvwxyz"))[:5], data.draw(st.permutations(addresses)), strict=True))
    kept = data.draw(st.sets(st.sampled_from(list(renamed))))
    requests = {name: normalize(wanted(renamed[name], name=name)) for name in renamed if name in kept}
    todo = differences([*stored, *(name for name in requests if name not in stored)], requests, stored)
    assert {(old.address, request.address) for old, request in todo.changed} == {
        (request.address, request.address) for request in requests.values()
    }
    assert todo.new == ()
    assert {entry.address for entry in todo.ended} == {*addresses} - {entry.address for entry in requests.values()}


def test_subscriptions_without_a_name_are_not_affected(subscriptions: Subscriptions) -> None:
    added = subscriptions.add(wanted("eve@example.org"), NOW)
    subscriptions.sync([ADA], NOW)
    subscriptions.sync([], LATER)
    assert subscriptions.active() == (added,)


def test_concurrent_synchronization(database: Database) -> None:
    barrier = threading.Barrier(4)
    failures: list[Exception] = []

    def sync(declared: Sequence[SubscriptionRequest]) -> None:
        barrier.wait()
        try:
            Subscriptions(database).sync(declared, NOW)
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=sync, args=([ADA, TEAM],)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(map(str, names(Subscriptions(database)))) == ["ada", "team"]


# ── incidents of failed deliveries ───────────────────────────────────────────────────────────────────────────────


def fail_permanently(database: Database, address: str) -> None:
    with database.write() as connection:
        open_incident(database, connection, "delivery-failed", address, "no such user", NOW)


def incident_subjects(database: Database) -> list[str]:
    return [incident.subject for incident in Incidents(database).unresolved()]


def test_ending_the_last_subscription_resolves_the_incident(database: Database, subscriptions: Subscriptions) -> None:
    first = subscriptions.add(wanted("a@b.org", topics=("calls",)), NOW)
    second = subscriptions.add(wanted("a@b.org", topics=("editions",)), NOW)
    fail_permanently(database, "a@b.org")
    fail_permanently(database, "c@d.org")
    subscriptions.end(first.id, "on request", LATER)
    assert incident_subjects(database) == ["a@b.org", "c@d.org"]
    subscriptions.end(second.id, "on request", LATER)
    assert incident_subjects(database) == ["c@d.org"]


def test_an_incident_is_kept_when_its_address_moves_to_another_name(
    database: Database, subscriptions: Subscriptions
) -> None:
    subscriptions.sync([wanted("a@b.org", name="one"), wanted("c@d.org", name="two")], NOW)
    fail_permanently(database, "a@b.org")
    fail_permanently(database, "c@d.org")
    subscriptions.sync([wanted("c@d.org", name="one"), wanted("a@b.org", name="two")], LATER)
    assert incident_subjects(database) == ["a@b.org", "c@d.org"]
    subscriptions.sync([wanted("c@d.org", name="one")], LATER)
    assert incident_subjects(database) == ["c@d.org"]
    subscriptions.sync([], LATER)
    assert incident_subjects(database) == []


# ── edit ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_edit_keeps_everything_but_the_options(database: Database, subscriptions: Subscriptions) -> None:
    before = subscriptions.add(wanted("ada@example.org", topics=("calls",)), NOW, consent="form")
    commit_changes(database, 3)
    edited = subscriptions.edit(before.id, wanted("ada@example.org", topics=("editions",), countries=("fr",)), LATER)
    assert edited == before._replace(topics=("editions",), countries=("FR",))
    assert subscriptions.list_all() == (edited,)


def test_edit_of_an_ended_subscription_changes_nothing(subscriptions: Subscriptions) -> None:
    added = subscriptions.add(wanted("ada@example.org"), NOW)
    subscriptions.end(added.id, "ended by the operator", NOW)
    before = subscriptions.list_all()
    assert subscriptions.edit(added.id, wanted("ada@example.org", topics=("calls",)), LATER) is None
    assert subscriptions.list_all() == before


def test_edit_makes_no_second_subscription_to_the_same(subscriptions: Subscriptions) -> None:
    first = subscriptions.add(wanted("ada@example.org", topics=("calls",)), NOW)
    second = subscriptions.add(wanted("ada@example.org", topics=("editions",)), NOW)
    assert subscriptions.edit(second.id, wanted("ada@example.org", topics=("calls",)), LATER) is None
    assert subscriptions.active() == (first, second)


def test_names_that_are_out_of_step_with_the_configuration(subscriptions: Subscriptions) -> None:
    subscriptions.sync([wanted("a@b.org", name="a"), wanted("b@b.org", name="b"), wanted("c@b.org", name="c")], NOW)
    declared = [wanted("a@b.org", name="a"), wanted("b@b.org", name="b", topics=("calls",)), wanted(name="d")]
    assert subscriptions.out_of_step(declared) == {"b", "c", "d"}
    subscriptions.sync(declared, LATER)
    assert subscriptions.out_of_step(declared) == frozenset()
