"""Who hears of what.

Those with a name are declared in the configuration file and follow it; the others were added one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from cmr_watch.models import TOPICS, Subscription, Wanted
from cmr_watch.store import rows
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import close_incidents
from cmr_watch.store.schema import changes, subscriptions

REMOVED = "removed from the configuration"
ADDRESS_CHANGED = "its address changed in the configuration"

_active = subscriptions.c.status == "active"


def normal(wanted: Wanted) -> Wanted:
    """The one spelling of each wish, so that equal ones are equal rows."""
    return Wanted(
        address=normal_address(wanted.address),
        topics=tuple(topic for topic in TOPICS if topic in wanted.topics),
        countries=tuple(sorted({code.upper() for code in wanted.countries})),
        name=wanted.name,
    )


def normal_address(address: str) -> str:
    """A mail address with its domain in lower case (RFC 5321 §2.4); any other as it is."""
    address = address.strip()
    local, at, domain = address.rpartition("@")
    return address if "://" in address else f"{local}{at}{domain.lower()}"


class Subscriptions:
    """The subscriptions, ended ones too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def active(self) -> tuple[Subscription, ...]:
        """Those that hear of changes."""
        with self._database.read() as connection:
            return _found(connection, _active)

    def all(self) -> tuple[Subscription, ...]:
        """Every one that ever was."""
        with self._database.read() as connection:
            return _found(connection)

    def add(self, wanted: Wanted, now: datetime) -> Subscription:
        """A new one, without a name; or the active one that says the same."""
        wanted = normal(wanted)
        with self._database.write() as connection:
            return self._same(connection, wanted) or self._insert(connection, wanted, None, now)

    def end(self, id_or_address: int | str, reason: str, now: datetime) -> tuple[Subscription, ...]:
        """End one, or all of an address; those that were active are returned, as they are now."""
        if isinstance(id_or_address, int):
            which = subscriptions.c.id == id_or_address
        else:
            which = subscriptions.c.address == normal_address(id_or_address)
        with self._database.write() as connection:
            ended = _end(connection, which, reason, now)
            _forget_trouble(connection, ended, now)
            return ended

    def sync(self, declared: Sequence[Wanted], now: datetime) -> None:
        """Make those with a name follow the configuration, where each has one. Nothing is written when nothing differs.

        - A new name: active from now on.
        - Other topics or countries: changed in place, it goes on hearing from where it was.
        - Another address: the old one is ended, the new one is active from now on.
        - A name that is gone: ended. When it comes back, it is active again, from then on.
        - Ended by other means (somebody said no): stays ended for as long as name and address are the same.
        """
        wanted = {entry.name: normal(entry) for entry in declared}
        with self._database.read() as connection:
            if not _differences(wanted, _latest(connection)):
                return
        with self._database.write() as connection:
            latest = _latest(connection)
            differences = _differences(wanted, latest)
            for name in differences:
                self._follow(connection, wanted.get(name), latest.get(name), now)
            # after all of them: an address may have gone from one name to another
            _forget_trouble(connection, [latest[name] for name in differences if name in latest], now)

    def _follow(self, connection: Connection, wanted: Wanted | None, old: Subscription | None, now: datetime) -> None:
        if wanted and old and old.status == "active" and old.address == wanted.address:
            _update(connection, old, wanted)
            return
        if old and old.status == "active":
            reason = ADDRESS_CHANGED if wanted else REMOVED
            _end(connection, subscriptions.c.id == old.id, reason, now)
        if wanted:
            self._insert(connection, wanted, wanted.name, now)

    def _same(self, connection: Connection, wanted: Wanted) -> Subscription | None:
        found = _found(
            connection,
            _active,
            subscriptions.c.address == wanted.address,
            subscriptions.c.topics == list(wanted.topics),
            subscriptions.c.countries == list(wanted.countries),
        )
        return found[0] if found else None

    def _insert(self, connection: Connection, wanted: Wanted, name: str | None, now: datetime) -> Subscription:
        row = {
            "name": name,
            "address": wanted.address,
            "topics": list(wanted.topics),
            "countries": list(wanted.countries),
            "status": "active",
            "after_change_id": connection.execute(select(func.coalesce(func.max(changes.c.id), 0))).scalar_one(),
            "created_at": now,
        }
        # on PostgreSQL two processes may add the same one at the same time: the index lets one through
        statement = self._database.insert(subscriptions).values(row).on_conflict_do_nothing().returning(subscriptions)
        inserted = connection.execute(statement).first()
        return rows.subscription(inserted) if inserted else self._there(connection, wanted, name)

    def _there(self, connection: Connection, wanted: Wanted, name: str | None) -> Subscription:
        if name is not None:
            return _found(connection, _active, subscriptions.c.name == name)[0]
        same = self._same(connection, wanted)
        assert same is not None
        return same


def _found(connection: Connection, *conditions: Any) -> tuple[Subscription, ...]:
    found = connection.execute(select(subscriptions).where(*conditions).order_by(subscriptions.c.id))
    return tuple(rows.subscription(row) for row in found)


def _latest(connection: Connection) -> dict[str | None, Subscription]:
    """The newest of each name."""
    return {entry.name: entry for entry in _found(connection, subscriptions.c.name.is_not(None))}


def _differences(wanted: dict[str | None, Wanted], latest: dict[str | None, Subscription]) -> list[str | None]:
    names = dict.fromkeys([*latest, *wanted])
    return [name for name in names if _differs(wanted.get(name), latest.get(name))]


def _differs(wanted: Wanted | None, old: Subscription | None) -> bool:
    if wanted is None or old is None:
        return wanted is not None or (old is not None and old.status == "active")
    if old.status == "active":
        return (old.address, old.topics, old.countries) != (wanted.address, wanted.topics, wanted.countries)
    return old.end_reason in (REMOVED, ADDRESS_CHANGED) or old.address != wanted.address


def _end(connection: Connection, which: Any, reason: str, now: datetime) -> tuple[Subscription, ...]:
    statement = (
        update(subscriptions)
        .where(which, _active)
        .values(status="ended", ended_at=now, end_reason=reason)
        .returning(subscriptions)
    )
    ended = [rows.subscription(row) for row in connection.execute(statement)]
    return tuple(sorted(ended, key=lambda entry: entry.id))


def _forget_trouble(connection: Connection, ended: Iterable[Subscription], now: datetime) -> None:
    """What was set aside for an address that hears of nothing more is nobody's trouble."""
    for address in sorted({entry.address for entry in ended}):
        if not _found(connection, _active, subscriptions.c.address == address):
            close_incidents(connection, address, now, "delivery-set-aside")


def _update(connection: Connection, old: Subscription, wanted: Wanted) -> None:
    values = {"topics": list(wanted.topics), "countries": list(wanted.countries)}
    connection.execute(update(subscriptions).where(subscriptions.c.id == old.id).values(values))
