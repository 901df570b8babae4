"""Adding many subscriptions at once: what is stored is read once, and everything is written in one transaction.

A statement or a commit for each row would take most of the time: 10,000 rows took 89 seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from cmr_watch.exceptions import RefusedAddress
from cmr_watch.models.recipients import Subscription, SubscriptionRequest, mailbox_of
from cmr_watch.store import erasure, row_mapping, subscriptions
from cmr_watch.store.database import Database
from cmr_watch.store.schema import changes
from cmr_watch.store.schema import subscriptions as table
from cmr_watch.store.subscription_requests import normalize, normalize_address, request_key


@contextmanager
def importing(database: Database, now: datetime) -> Iterator[SubscriptionImport]:
    """Add subscriptions in one transaction; nothing is added if the block raises."""
    with database.write() as connection:
        batch = SubscriptionImport(database, connection, now)
        yield batch
        batch.write()


class SubscriptionImport:
    """The subscriptions as they are stored, and those that are added, which `write` stores."""

    def __init__(self, database: Database, connection: Connection, now: datetime) -> None:
        self._database = database
        self._connection = connection
        self._now = now
        self._is_erased = erasure.erased_addresses_in(connection)
        self._history: defaultdict[str, list[Subscription]] = defaultdict(list)
        for entry in subscriptions.select_subscriptions(connection):
            self._history[mailbox_of(entry.address)].append(entry)
        self._requests = {request_key(entry) for entry in self._active()}
        self._new: list[tuple[SubscriptionRequest, datetime | None]] = []

    def _active(self) -> Sequence[Subscription]:
        return [entry for history in self._history.values() for entry in history if entry.status == "active"]

    def find(self, address: str) -> Sequence[Subscription]:
        """Return all subscriptions of an address, including ended ones, but not those that are being added."""
        return self._history.get(mailbox_of(normalize_address(address)), [])

    def refusal(self, address: str) -> str | None:
        """Why `add` refuses this address, or None."""
        return subscriptions.refusal_of(self.find(address), is_erased=self._is_erased(address))

    def has_equal(self, request: SubscriptionRequest) -> bool:
        """Whether an active subscription, or one that is being added, has this address and these options."""
        return request_key(normalize(request)) in self._requests

    def add(self, request: SubscriptionRequest, paused_until: datetime | None = None) -> None:
        """Add a subscription without a name. RefusedAddress if nothing more may be sent to the address."""
        request = normalize(request)
        if reason := self.refusal(request.address):
            raise RefusedAddress(reason)
        self._requests.add(request_key(request))
        self._new.append((request, paused_until))

    def write(self) -> None:
        """Store what was added."""
        if not self._new:
            return
        last_change = self._connection.execute(select(func.coalesce(func.max(changes.c.id), 0))).scalar_one()
        rows: list[dict[str, Any]] = [
            {
                **row_mapping.new_subscription_row(request, None, last_change, self._now, "operator"),
                "paused_until": paused_until,
            }
            for request, paused_until in self._new
        ]
        # on PostgreSQL, another process may have added an equal one meanwhile
        self._connection.execute(self._database.insert(table).on_conflict_do_nothing(), rows)
