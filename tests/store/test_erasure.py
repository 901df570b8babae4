from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from cmr_watch.cli.subscription_io import entries, import_rows
from cmr_watch.exceptions import RefusedAddress
from cmr_watch.store import plan_writer
from cmr_watch.store.bounce_pauses import Bounces
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.schema import digests, matches, metadata, reminders
from cmr_watch.store.subscriptions import Subscriptions
from tests.factories import MINUTE, NOW, message, wanted
from tests.store.test_match_queue import commit_changes, everything, spread, tell

ADDRESS = "Ada.Lovelace@example.org"
LATER = NOW + MINUTE


@pytest.fixture
def store(database: Database) -> Subscriptions:
    return Subscriptions(database)


def named_in(database: Database, needle: str) -> list[str]:
    """Each table and column in which a text stands, in any spelling."""
    with database.read() as connection:
        return [
            f"{table.name}.{name}"
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
            for name, value in row._mapping.items()
            if needle.casefold() in str(value).casefold()
        ]


def live(database: Database, store: Subscriptions) -> None:
    """Ada leaves a trace in every table that can name her."""
    store.sync([wanted(ADDRESS, name=ADDRESS)], NOW)
    store.add(wanted(ADDRESS.lower(), topics=("calls",)), NOW)
    store.add(wanted("aa@example.org"), NOW)
    commit_changes(database, 1)
    news, outbox = MatchQueue(database), Deliveries(database)
    news.fan_out(everything, NOW, 2)
    spread(news)
    tell(news)
    for entry in outbox.claim(NOW):
        outbox.finish(entry, "failed", NOW, f"550 {entry.message.address} is unknown")
    Bounces(database).pause(ADDRESS, NOW)
    with database.write() as connection:
        box = {"mailbox": ADDRESS.lower()}
        connection.execute(digests.insert(), {**box, "digest_period": "2024-W14"})
        key = {"call_key": "call", "cutoff_at": NOW, "days_before": 7, "settled_at": NOW}
        connection.execute(reminders.insert(), {**box, **key})
        plan_writer.insert_message(database, connection, message(ADDRESS), "operator", NOW)


def test_it_stands_in_no_row_of_any_table(database: Database, store: Subscriptions) -> None:
    live(database, store)
    tables = {place.partition(".")[0] for place in named_in(database, "lovelace")}
    assert tables == {
        "subscriptions",
        "deliveries",
        "matches",
        "delivery_pauses",
        "digests",
        "reminders",
        "incidents",
        "changes",
    }
    assert store.erase(ADDRESS, LATER) > 0
    assert named_in(database, "lovelace") == []
    assert [entry.address for entry in store.active()] == ["aa@example.org"]


def test_a_spread_that_had_come_as_far_goes_on(database: Database, store: Subscriptions) -> None:
    for address in ("aa@b.org", "bb@b.org", "cc@b.org"):
        store.add(wanted(address), NOW)
    commit_changes(database, 1)
    MatchQueue(database).fan_out(everything, NOW, 2)
    store.erase("bb@b.org", NOW)
    assert named_in(database, "bb@b.org") == []
    spread(MatchQueue(database))
    with database.read() as connection:
        boxes = set(connection.execute(select(matches.c.mailbox)).scalars())
    assert {"aa@b.org", "cc@b.org"} < boxes


def test_nothing_is_sent_there_any_more(database: Database, store: Subscriptions) -> None:
    live(database, store)
    store.erase(ADDRESS, LATER)
    outbox = Deliveries(database)
    assert outbox.retry(None, LATER) == 1, "that of the other one"
    assert [entry.message.address for entry in outbox.claim(LATER + timedelta(days=1))] == ["aa@example.org"]
    assert [incident.subject for incident in Incidents(database).unresolved()] == []


def test_whoever_sends_at_this_moment_does_not_bring_it_back(database: Database, store: Subscriptions) -> None:
    store.add(wanted(ADDRESS), NOW)
    commit_changes(database, 1)
    spread(MatchQueue(database))
    tell(MatchQueue(database))
    outbox = Deliveries(database)
    (claimed,) = outbox.claim(NOW)
    store.erase(ADDRESS, NOW)
    assert not outbox.renew(claimed, NOW)
    assert not outbox.finish(claimed, "failed", NOW, f"550 {ADDRESS} is unknown")
    assert not outbox.postpone(claimed, NOW, f"451 {ADDRESS} is busy")
    assert named_in(database, "lovelace") == []


def test_it_is_added_only_when_its_reader_asks_again(store: Subscriptions) -> None:
    store.add(wanted(ADDRESS), NOW)
    store.erase(ADDRESS, NOW)
    with pytest.raises(RefusedAddress, match="was erased"):
        store.add(wanted(ADDRESS.upper()), NOW)
    report = import_rows(entries(io.StringIO(f"address\n{ADDRESS}\n"), "csv", "UTC"), store, NOW)
    assert (report.added, len(report.refused)) == (0, 1)
    assert store.active() == ()
    assert store.add(wanted(ADDRESS), LATER, anew=True).status == "active"


def test_the_configuration_does_not_bring_it_back(database: Database, store: Subscriptions) -> None:
    declared = [wanted(ADDRESS, name="ada")]
    store.sync(declared, NOW)
    store.erase(ADDRESS, NOW)
    for names in (declared, [wanted(ADDRESS, name="other")], [], declared):
        store.sync(names, LATER)
        assert store.active() == ()
    assert named_in(database, "lovelace") == []


def test_a_name_whose_address_was_erased_takes_another(store: Subscriptions) -> None:
    store.sync([wanted(ADDRESS, name="office")], NOW)
    store.erase(ADDRESS, NOW)
    store.sync([wanted("bea@example.org", name="office")], LATER)
    assert [entry.address for entry in store.active()] == ["bea@example.org"]


def test_erased_twice_and_asked_for_again_between(database: Database, store: Subscriptions) -> None:
    live(database, store)
    store.erase(ADDRESS, NOW)
    assert store.erase(ADDRESS, NOW) == 0
    store.add(wanted(ADDRESS), LATER, anew=True)
    commit_changes(database, 1)
    spread(MatchQueue(database))
    tell(MatchQueue(database))
    assert store.erase(ADDRESS, LATER) > 0
    assert named_in(database, "lovelace") == []


def test_what_was_told_before_is_not_told_again(database: Database, store: Subscriptions) -> None:
    live(database, store)
    store.erase(ADDRESS, NOW)
    with database.read() as connection:
        assert len(connection.execute(select(matches)).all()) == 2
    store.add(wanted(ADDRESS), LATER, anew=True)
    spread(MatchQueue(database))
    assert ADDRESS.lower() not in {person.mailbox for person in tell(MatchQueue(database), LATER) if person.matches}


def test_an_address_that_nobody_knew(store: Subscriptions) -> None:
    assert store.erase("nobody@example.org", NOW) == 0
    with pytest.raises(RefusedAddress):
        store.add(wanted("nobody@example.org"), NOW)
