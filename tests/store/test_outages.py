"""Outages: rows that are opened and closed at the end of a round."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from cmr_watch.models.planning import Plan, Planned
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, insert_returning_id
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.retention import KEEP_HISTORY, Retention
from cmr_watch.store.rounds import Round
from cmr_watch.store.schema import outage_notices, outages
from cmr_watch.store.subscriptions import Subscriptions
from tests.factories import MINUTE, NOW, URL, wanted
from tests.store.test_checks import failed, record

DAY = timedelta(days=1)


def insert_outage(connection: Connection, **values: Any) -> int:
    """Insert an outage of the list, which is open unless `ended_at` is given; return its ID."""
    defaults = {"page_url": URL, "is_list": True, "since": NOW, "opened_at": NOW}
    return insert_returning_id(connection, outages, {**defaults, "after_check_id": 0, "announces_end": True, **values})


def count(database: Database, table: Any) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_a_round_waits_for_planning_at_work(database: Database) -> None:
    """An outage that begins meanwhile is planned afterwards, for the same recipients."""
    Subscriptions(database).add(wanted("ada@example.org"), NOW)
    checks = Checks(database)
    checks.commit(record())
    for day in range(1, 4):
        checks.commit(failed(NOW + day * DAY))
    end = NOW + 3 * DAY
    with ThreadPoolExecutor() as threads:
        with MatchQueue(database).batch(end) as batch:
            assert batch is not None
            assert batch.outages == ()
            round_ = threads.submit(checks.finish_round, Round(), URL, end)
            assert not wait([round_], timeout=0.5).done, "it waits for the planning"
            batch.save([Planned(recipient, Plan()) for recipient in batch.recipients])
        round_.result()
    with MatchQueue(database).batch(end) as batch:
        assert batch is not None
        assert [outage.since for outage in batch.outages] == [NOW]
        assert [recipient.mailbox for recipient in batch.recipients] == ["ada@example.org"]


def test_a_round_in_which_nothing_fails_writes_nothing(database: Database) -> None:
    checks = Checks(database)
    checks.commit(record())
    with database.write(), ThreadPoolExecutor() as threads:  # on SQLite, a second transaction could not write
        threads.submit(checks.finish_round, Round(), URL, NOW).result(timeout=2)
    assert count(database, outages) == 0


def test_an_outage_and_its_notices_are_kept_until_a_year_after_its_end(database: Database) -> None:
    long_ago = NOW - 2 * KEEP_HISTORY
    with database.write() as connection:
        for number, ended_at in enumerate((None, NOW - KEEP_HISTORY, NOW - KEEP_HISTORY - MINUTE)):
            outage_id = insert_outage(connection, since=long_ago, opened_at=long_ago, ended_at=ended_at)
            for phase in ("opened", "ended"):
                row = {"mailbox": f"{number}@example.org", "outage_id": outage_id, "phase": phase}
                connection.execute(outage_notices.insert(), {**row, "settled_at": long_ago})
    removed = Retention(database).run(NOW)
    assert (removed.outage_notices, removed.outages) == (2, 1)
    with database.read() as connection:
        assert sorted(connection.execute(select(outage_notices.c.outage_id)).scalars()) == [1, 1, 2, 2]
