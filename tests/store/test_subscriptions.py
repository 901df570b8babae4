from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import event

from cmr_watch.models import SubscriptionRequest
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import Incidents, open_incident
from cmr_watch.store.subscriptions import ADDRESS_CHANGED, REMOVED, Subscriptions, normal
from tests.factories import MINUTE, NOW, wanted
from tests.store.test_match_queue import commit_changes

LATER = NOW + MINUTE


@pytest.fixture
def subscriptions(database: Database) -> Subscriptions:
    return Subscriptions(database)


@pytest.mark.parametrize(
    ("asked", "kept"),
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
def test_one_spelling_of_each_wish(asked: SubscriptionRequest, kept: SubscriptionRequest) -> None:
    assert normal(asked) == kept


# ── one by one ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_added_is_active(subscriptions: Subscriptions) -> None:
    added = subscriptions.add(wanted("ada@example.org", topics=("calls",), countries=("FR",)), NOW)
    assert subscriptions.active() == (added,) == subscriptions.all()
    assert (added.address, added.topics, added.countries) == ("ada@example.org", ("calls",), ("FR",))
    assert (added.name, added.status, added.created_at, added.after_change_id) == (None, "active", NOW, 0)


def test_what_came_before_is_no_news(database: Database, subscriptions: Subscriptions) -> None:
    commit_changes(database, 3)
    assert subscriptions.add(wanted(), NOW).after_change_id == 3


def test_the_same_again_is_the_same_one(subscriptions: Subscriptions) -> None:
    first = subscriptions.add(wanted(topics=("calls", "editions"), countries=("FR", "DE")), NOW)
    assert subscriptions.add(wanted(topics=("editions", "calls"), countries=("DE", "FR")), LATER) == first
    assert subscriptions.add(wanted(topics=("calls",)), LATER) != first
    assert len(subscriptions.all()) == 2


def test_the_same_as_a_declared_one_is_that_one(subscriptions: Subscriptions) -> None:
    subscriptions.sync([wanted(name="ada")], NOW)
    assert subscriptions.add(wanted(), LATER) == subscriptions.active()[0]


def test_of_many_threads_one_adds(database: Database) -> None:
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
    assert len(Subscriptions(database).all()) == 1


def test_ended_by_id(subscriptions: Subscriptions) -> None:
    first = subscriptions.add(wanted("a@b.org"), NOW)
    second = subscriptions.add(wanted("c@d.org"), NOW)
    ended = subscriptions.end(first.id, "asked to", LATER)
    assert ended == (replace(first, status="ended", ended_at=LATER, end_reason="asked to"),)
    assert subscriptions.active() == (second,)
    assert subscriptions.end(first.id, "again", LATER) == ()


def test_ended_by_address(subscriptions: Subscriptions) -> None:
    for topic in ("calls", "editions"):
        subscriptions.add(wanted("ada@example.org", topics=(topic,)), NOW)
    subscriptions.add(wanted("bob@example.org"), NOW)
    assert len(subscriptions.end(" ada@EXAMPLE.org", "asked to", LATER)) == 2
    assert [entry.address for entry in subscriptions.active()] == ["bob@example.org"]


def test_added_again_after_its_end_hears_from_then_on(database: Database, subscriptions: Subscriptions) -> None:
    first = subscriptions.add(wanted(), NOW)
    subscriptions.end(first.id, "asked to", NOW)
    commit_changes(database, 2)
    again = subscriptions.add(wanted(), LATER)
    assert (again.id != first.id, again.after_change_id) == (True, 2)


# ── as the configuration says ────────────────────────────────────────────────────────────────────────────────────

ADA = wanted("ada@example.org", name="ada")
TEAM = wanted("slack://token/a/b", name="team")


def names(subscriptions: Subscriptions) -> list[str | None]:
    return [entry.name for entry in subscriptions.active()]


def test_declared_ones_are_active(subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA, TEAM], NOW)
    assert names(subscriptions) == ["ada", "team"]


def test_nothing_is_written_when_nothing_differs(database: Database, subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA, TEAM], NOW)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    subscriptions.sync([TEAM, ADA], LATER)
    written = [one for one in statements if not one.startswith(("SELECT", "BEGIN"))]
    assert written == []
    assert "BEGIN IMMEDIATE" not in statements


def test_other_topics_are_changed_in_place(database: Database, subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA], NOW)
    (before,) = subscriptions.active()
    commit_changes(database, 1)
    subscriptions.sync([replace(ADA, topics=("calls",), countries=("FR",))], LATER)
    assert subscriptions.all() == (replace(before, topics=("calls",), countries=("FR",)),)


def test_another_address_is_another_subscription(database: Database, subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA], NOW)
    commit_changes(database, 1)
    subscriptions.sync([replace(ADA, address="ada@new.org")], LATER)
    old, new = subscriptions.all()
    assert (old.status, old.end_reason, old.ended_at) == ("ended", ADDRESS_CHANGED, LATER)
    assert (new.address, new.status, new.after_change_id) == ("ada@new.org", "active", 1)
    subscriptions.sync([ADA], LATER)
    assert [entry.address for entry in subscriptions.active()] == ["ada@example.org"]


def test_a_name_that_is_gone_is_ended_and_may_come_back(subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA, TEAM], NOW)
    subscriptions.sync([TEAM], LATER)
    assert [(entry.status, entry.end_reason) for entry in subscriptions.all()] == [("ended", REMOVED), ("active", None)]
    subscriptions.sync([ADA, TEAM], LATER)
    assert names(subscriptions) == ["team", "ada"]


def test_who_said_no_is_not_asked_again(subscriptions: Subscriptions) -> None:
    subscriptions.sync([ADA], NOW)
    subscriptions.end("ada@example.org", "asked to", NOW)
    for declared in (ADA, replace(ADA, topics=("calls",))):
        subscriptions.sync([declared], LATER)
        assert subscriptions.active() == ()
    subscriptions.sync([replace(ADA, address="bob@example.org")], LATER)
    assert [entry.address for entry in subscriptions.active()] == ["bob@example.org"]


def test_those_without_a_name_are_left_alone(subscriptions: Subscriptions) -> None:
    added = subscriptions.add(wanted("eve@example.org"), NOW)
    subscriptions.sync([ADA], NOW)
    subscriptions.sync([], LATER)
    assert subscriptions.active() == (added,)


def test_many_threads_may_follow_at_once(database: Database) -> None:
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


# ── trouble of an address that is gone ───────────────────────────────────────────────────────────────────────────


def fail_permanently(database: Database, address: str) -> None:
    with database.write() as connection:
        open_incident(database, connection, "delivery-failed", address, "no such user", NOW)


def troubled(database: Database) -> list[str]:
    return [incident.subject for incident in Incidents(database).unresolved()]


def test_the_last_end_of_an_address_ends_its_trouble(database: Database, subscriptions: Subscriptions) -> None:
    first = subscriptions.add(wanted("a@b.org", topics=("calls",)), NOW)
    second = subscriptions.add(wanted("a@b.org", topics=("editions",)), NOW)
    fail_permanently(database, "a@b.org")
    fail_permanently(database, "c@d.org")
    subscriptions.end(first.id, "asked to", LATER)
    assert troubled(database) == ["a@b.org", "c@d.org"]
    subscriptions.end(second.id, "asked to", LATER)
    assert troubled(database) == ["c@d.org"]


def test_trouble_follows_the_addresses_of_the_configuration(database: Database, subscriptions: Subscriptions) -> None:
    subscriptions.sync([wanted("a@b.org", name="one"), wanted("c@d.org", name="two")], NOW)
    fail_permanently(database, "a@b.org")
    fail_permanently(database, "c@d.org")
    subscriptions.sync([wanted("c@d.org", name="one"), wanted("a@b.org", name="two")], LATER)
    assert troubled(database) == ["a@b.org", "c@d.org"]
    subscriptions.sync([wanted("c@d.org", name="one")], LATER)
    assert troubled(database) == ["c@d.org"]
    subscriptions.sync([], LATER)
    assert troubled(database) == []


# ── edit ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_edit_keeps_all_but_the_wishes(database: Database, subscriptions: Subscriptions) -> None:
    before = subscriptions.add(wanted("ada@example.org", topics=("calls",)), NOW, consent="form")
    commit_changes(database, 3)
    edited = subscriptions.edit(before.id, wanted("ada@example.org", topics=("editions",), countries=("fr",)), LATER)
    assert edited == replace(before, topics=("editions",), countries=("FR",))
    assert subscriptions.all() == (edited,)


def test_edit_of_an_ended_subscription_changes_nothing(subscriptions: Subscriptions) -> None:
    added = subscriptions.add(wanted("ada@example.org"), NOW)
    subscriptions.end(added.id, "ended by the operator", NOW)
    before = subscriptions.all()
    assert subscriptions.edit(added.id, wanted("ada@example.org", topics=("calls",)), LATER) is None
    assert subscriptions.all() == before


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
