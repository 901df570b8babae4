"""Erasing addresses from all records."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from cmr_watch.cli.subscription_io import entries, import_rows
from cmr_watch.exceptions import RefusedAddress
from cmr_watch.store import plan_writer
from cmr_watch.store.bounce_pauses import BouncePauses
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.schema import digests, matches, metadata, mutes, outage_notices, reminders
from cmr_watch.store.subscriptions import Subscriptions
from tests.factories import MINUTE, NOW, message, wanted
from tests.store.test_match_queue import commit_changes, fan_out, fan_out_all, plan_all
from tests.store.test_outages import insert_outage

ADDRESS = "Ada.Lovelace@example.org"
LATER = NOW + MINUTE


@pytest.fixture
def store(database: Database) -> Subscriptions:
    return Subscriptions(database)


def columns_with(database: Database, needle: str) -> list[str]:
    """Return the columns (`table.name`) that contain a text, ignoring case."""
    with database.read() as connection:
        return [
            f"{table.name}.{name}"
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
            for name, value in row._mapping.items()
            if needle.casefold() in str(value).casefold()
        ]


def insert_everywhere(database: Database, store: Subscriptions) -> None:
    """Store Ada's address in every table that can contain it."""
    store.sync([wanted(ADDRESS, name=ADDRESS)], NOW)
    store.add(wanted(ADDRESS.lower(), topics=("calls",)), NOW)
    store.add(wanted("aa@example.org"), NOW)
    commit_changes(database, 1)
    queue, outbox = MatchQueue(database), Deliveries(database)
    fan_out(queue, NOW, 2)
    fan_out_all(queue)
    plan_all(queue)
    for entry in outbox.claim(NOW):
        outbox.finish(entry, "failed", NOW, f"550 {entry.message.address} is unknown")
    BouncePauses(database).pause(ADDRESS, NOW)
    with database.write() as connection:
        mailbox = {"mailbox": ADDRESS.lower()}
        connection.execute(digests.insert(), {**mailbox, "digest_period": "2024-W14"})
        key = {"call_key": "call", "cutoff_at": NOW, "days_before": 7, "settled_at": NOW}
        connection.execute(reminders.insert(), {**mailbox, **key})
        connection.execute(mutes.insert(), {**mailbox, "kind": "call", "key": "call", "muted_at": NOW})
        notice = {"outage_id": insert_outage(connection), "phase": "opened", "settled_at": NOW}
        connection.execute(outage_notices.insert(), {**mailbox, **notice})
        plan_writer.insert_message(database, connection, message(ADDRESS), "operator", NOW)


def test_an_address_is_erased_from_every_table(database: Database, store: Subscriptions) -> None:
    insert_everywhere(database, store)
    tables = {column.partition(".")[0] for column in columns_with(database, "lovelace")}
    assert tables == {
        "subscriptions",
        "deliveries",
        "matches",
        "delivery_pauses",
        "digests",
        "reminders",
        "mutes",
        "outage_notices",
        "incidents",
        "changes",
    }
    assert store.erase(ADDRESS, LATER) > 0
    assert columns_with(database, "lovelace") == []
    assert [entry.address for entry in store.active()] == ["aa@example.org"]


def test_a_fan_out_that_stopped_at_the_address_continues(database: Database, store: Subscriptions) -> None:
    for address in ("aa@b.org", "bb@b.org", "cc@b.org"):
        store.add(wanted(address), NOW)
    commit_changes(database, 1)
    fan_out(MatchQueue(database), NOW, 2)
    store.erase("bb@b.org", NOW)
    assert columns_with(database, "bb@b.org") == []
    fan_out_all(MatchQueue(database))
    with database.read() as connection:
        mailboxes = set(connection.execute(select(matches.c.mailbox)).scalars())
    assert {"aa@b.org", "cc@b.org"} < mailboxes


def test_no_more_messages_are_sent_to_an_erased_address(database: Database, store: Subscriptions) -> None:
    insert_everywhere(database, store)
    store.erase(ADDRESS, LATER)
    outbox = Deliveries(database)
    assert outbox.retry(None, LATER) == 1, "that of the other recipient"
    assert [entry.message.address for entry in outbox.claim(LATER + timedelta(days=1))] == ["aa@example.org"]
    unresolved = [incident.subject for incident in Incidents(database).unresolved()]
    assert unresolved == ["aa@example.org"], "until a message reaches the other recipient"


def test_a_delivery_in_progress_does_not_restore_the_address(database: Database, store: Subscriptions) -> None:
    store.add(wanted(ADDRESS), NOW)
    commit_changes(database, 1)
    fan_out_all(MatchQueue(database))
    plan_all(MatchQueue(database))
    outbox = Deliveries(database)
    (claimed,) = outbox.claim(NOW)
    store.erase(ADDRESS, NOW)
    assert not outbox.renew(claimed, NOW)
    assert outbox.finish(claimed, "failed", NOW, f"550 {ADDRESS} is unknown") == (False, False)
    assert not outbox.postpone(claimed, NOW, f"451 {ADDRESS} is busy")
    assert columns_with(database, "lovelace") == []


def test_an_erased_address_is_added_only_with_resubscribe(database: Database, store: Subscriptions) -> None:
    store.add(wanted(ADDRESS), NOW)
    store.erase(ADDRESS, NOW)
    with pytest.raises(RefusedAddress, match="was erased"):
        store.add(wanted(ADDRESS.upper()), NOW)
    report = import_rows(entries(f"address\n{ADDRESS}\n", "csv", "UTC"), database, NOW, lambda *_: None)
    assert (report.added, len(report.refused)) == (0, 1)
    assert store.active() == ()
    assert store.add(wanted(ADDRESS), LATER, resubscribe=True).status == "active"


def test_the_configuration_does_not_restore_an_erased_address(database: Database, store: Subscriptions) -> None:
    declared = [wanted(ADDRESS, name="ada")]
    store.sync(declared, NOW)
    store.erase(ADDRESS, NOW)
    for requests in (declared, [wanted(ADDRESS, name="other")], [], declared):
        store.sync(requests, LATER)
        assert store.active() == ()
    assert columns_with(database, "lovelace") == []


def test_a_name_with_an_erased_address_can_get_another(store: Subscriptions) -> None:
    store.sync([wanted(ADDRESS, name="office")], NOW)
    store.erase(ADDRESS, NOW)
    store.sync([wanted("bea@example.org", name="office")], LATER)
    assert [entry.address for entry in store.active()] == ["bea@example.org"]


def test_an_address_can_be_erased_again_after_a_resubscription(database: Database, store: Subscriptions) -> None:
    insert_everywhere(database, store)
    store.erase(ADDRESS, NOW)
    assert store.erase(ADDRESS, NOW) == 0
    store.add(wanted(ADDRESS), LATER, resubscribe=True)
    commit_changes(database, 1)
    fan_out_all(MatchQueue(database))
    plan_all(MatchQueue(database))
    assert store.erase(ADDRESS, LATER) > 0
    assert columns_with(database, "lovelace") == []


def test_changes_are_not_announced_again_after_an_erasure(database: Database, store: Subscriptions) -> None:
    insert_everywhere(database, store)
    store.erase(ADDRESS, NOW)
    with database.read() as connection:
        assert len(connection.execute(select(matches)).all()) == 2
    store.add(wanted(ADDRESS), LATER, resubscribe=True)
    fan_out_all(MatchQueue(database))
    assert ADDRESS.lower() not in {entry.mailbox for entry in plan_all(MatchQueue(database), LATER) if entry.matches}


def test_an_unknown_address_can_be_erased(store: Subscriptions) -> None:
    assert store.erase("unknown@example.org", NOW) == 0
    with pytest.raises(RefusedAddress):
        store.add(wanted("unknown@example.org"), NOW)


def test_the_data_of_somebody_else_are_kept_even_if_their_text_is_the_same(database: Database) -> None:
    ada, ben = (message(address, message_id=f"<{address}>") for address in ("ada@example.org", "ben@example.org"))
    with database.write() as connection:
        for mail in (ada, ben):
            plan_writer.insert_message(database, connection, mail, "export", NOW)
    Subscriptions(database).erase("ada@example.org", NOW)
    (kept,) = (entry for entry in Deliveries(database).list() if entry.message.address == "ben@example.org")
    assert kept.message.text == ben.text
    Subscriptions(database).erase("ben@example.org", NOW)
    assert all(entry.message.text == "" for entry in Deliveries(database).list())
