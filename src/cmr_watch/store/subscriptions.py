"""Who hears of what.

Those with a name are declared in the configuration file and follow it; the others were added one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from cmr_watch.exceptions import RefusedAddress
from cmr_watch.models import TOPICS, Subscription, SubscriptionRequest, mailbox_of
from cmr_watch.store import erasure, recipients, row_mapping
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import resolve_incidents
from cmr_watch.store.installation import mark
from cmr_watch.store.recipients import ACTIVE
from cmr_watch.store.schema import changes, subscriptions
from cmr_watch.store.suppression_journal import Journal

REMOVED = "removed from the configuration"
ADDRESS_CHANGED = "its address changed in the configuration"
UNSUBSCRIBED = "unsubscribed by mail"
BOUNCED = "mail to it bounces"


def normal(wanted: SubscriptionRequest) -> SubscriptionRequest:
    """The one spelling of each wish, so that equal ones are equal rows."""
    return SubscriptionRequest(
        address=normal_address(wanted.address),
        topics=tuple(topic for topic in TOPICS if topic in wanted.topics),
        countries=tuple(sorted({code.upper() for code in wanted.countries})),
        name=wanted.name,
        schedule=wanted.schedule,
        reminders=tuple(sorted(set(wanted.reminders), reverse=True)),
        still_watching=wanted.still_watching,
    )


def normal_address(address: str) -> str:
    """A mail address with its domain in lower case (RFC 5321 §2.4); any other as it is."""
    address = address.strip()
    local, at, domain = address.rpartition("@")
    return address if "://" in address else f"{local}{at}{domain.lower()}"


class Subscriptions:
    """The subscriptions, ended ones too. `journal` remembers beside the database who must not be written to."""

    def __init__(self, database: Database, journal: Journal | None = None) -> None:
        self._database = database
        self._journal = journal or Journal(None)

    def active(self) -> tuple[Subscription, ...]:
        """Those that hear of changes."""
        with self._database.read() as connection:
            return _found(connection, ACTIVE)

    def all(self) -> tuple[Subscription, ...]:
        """Every one that ever was."""
        with self._database.read() as connection:
            return _found(connection)

    def of(self, id_or_address: int | str) -> tuple[Subscription, ...]:
        """One, or all of an address, ended ones too."""
        with self._database.read() as connection:
            return _found(connection, _which(id_or_address))

    def add(
        self, wanted: SubscriptionRequest, now: datetime, *, consent: str = "operator", anew: bool = False
    ) -> Subscription:
        """A new one, without a name; or the active one that says the same.

        RefusedAddress: whoever reads there said no, or mail bounces; `anew`: it is known that this has changed.
        """
        wanted = normal(wanted)
        with self._database.write() as connection:
            if anew:
                erasure.forget(connection, wanted.address)
            else:
                _refuse_who_said_no(connection, wanted.address)
            return self._same(connection, wanted) or self._insert(connection, wanted, None, now, consent)

    def end(self, id_or_address: int | str, reason: str, now: datetime) -> tuple[Subscription, ...]:
        """End one, or all of an address; those that were active are returned, as they are now."""
        with self._database.write() as connection:
            return self._end_for_good(connection, _which(id_or_address), reason, now)

    def end_recipient(self, subscription_id: int, reason: str, now: datetime) -> tuple[Subscription, ...]:
        """End all that the reader of this subscription has: whoever unsubscribes from a message wants none."""
        with self._database.write() as connection:
            box = select(subscriptions.c.mailbox).where(subscriptions.c.id == subscription_id).scalar_subquery()
            return self._end_for_good(connection, subscriptions.c.mailbox == box, reason, now)

    def erase(self, address: str, now: datetime) -> int:
        """Blank an address wherever it stands, and remember only that it must not be written to; how many rows.

        Its subscriptions end. What was sent there is forgotten, not only the address.
        """
        address = normal_address(address)
        with self._database.write() as connection:
            box = mailbox_of(address)
            self._end_for_good(connection, subscriptions.c.mailbox == box, "erased", now)
            self._journal.erased(connection, mark(connection, address), now)
            return erasure.erase(self._database, connection, address, now)

    def sync(self, declared: Sequence[SubscriptionRequest], now: datetime) -> None:
        """Make those with a name follow the configuration, where each has one. Nothing is written when nothing differs.

        - A new name: active from now on.
        - Other wishes: changed in place, it goes on hearing from where it was; what was not told yet is told as it
          wishes now.
        - Another address: the old one is ended, the new one is active from now on.
        - A name that is gone: ended. When it comes back, it is active again, from then on.
        - Ended by other means (somebody said no): stays ended for as long as name and address are the same.
        - Erased: stays so, under any name.
        """
        wanted = {entry.name: normal(entry) for entry in declared}
        with self._database.read() as connection:
            if not _differences(connection, wanted):
                return
        with self._database.write() as connection:
            latest = _latest(connection)
            differences = _differences(connection, wanted)
            for name in differences:
                self._follow(connection, wanted.get(name), latest.get(name), now)
            # after all of them: an address may have gone from one name to another
            _forget_trouble(connection, [latest[name] for name in differences if name in latest], now)

    def _follow(
        self, connection: Connection, wanted: SubscriptionRequest | None, old: Subscription | None, now: datetime
    ) -> None:
        if wanted and old and old.status == "active" and old.address == wanted.address:
            _update(connection, old, wanted, now)
            return
        if old and old.status == "active":
            reason = ADDRESS_CHANGED if wanted else REMOVED
            _end(connection, subscriptions.c.id == old.id, reason, now)
        if wanted:
            self._insert(connection, wanted, wanted.name, now, "operator")

    def _end_for_good(self, connection: Connection, which: Any, reason: str, now: datetime) -> tuple[Subscription, ...]:
        ended = _end(connection, which, reason, now)
        marked = [(entry.id, mark(connection, entry.address)) for entry in ended]
        self._journal.ended(connection, marked, reason, now)
        _forget_trouble(connection, ended, now)
        return ended

    def _same(self, connection: Connection, wanted: SubscriptionRequest) -> Subscription | None:
        wishes = [subscriptions.c[name] == value for name, value in row_mapping.request_row(wanted).items()]
        found = _found(connection, ACTIVE, subscriptions.c.address == wanted.address, *wishes)
        return found[0] if found else None

    def _insert(
        self, connection: Connection, wanted: SubscriptionRequest, name: str | None, now: datetime, consent: str
    ) -> Subscription:
        row = {
            **row_mapping.request_row(wanted),
            "name": name,
            "address": wanted.address,
            "mailbox": mailbox_of(wanted.address),
            "status": "active",
            "consent": consent,
            "after_change_id": connection.execute(select(func.coalesce(func.max(changes.c.id), 0))).scalar_one(),
            "created_at": now,
            "activated_at": now,
            "next_action_at": now,
        }
        # on PostgreSQL two processes may add the same one at the same time: the index lets one through
        statement = self._database.insert(subscriptions).values(row).on_conflict_do_nothing().returning(subscriptions)
        inserted = connection.execute(statement).first()
        return row_mapping.subscription(inserted) if inserted else self._there(connection, wanted, name)

    def _there(self, connection: Connection, wanted: SubscriptionRequest, name: str | None) -> Subscription:
        if name is not None:
            return _found(connection, ACTIVE, subscriptions.c.name == name)[0]
        same = self._same(connection, wanted)
        assert same is not None
        return same

    def edit(self, subscription_id: int, wanted: SubscriptionRequest, now: datetime) -> Subscription | None:
        """Change what an active subscription asks for; messages that were not sent yet are planned again.

        Returns None, and changes nothing, if it is no longer active, or if another subscription of the same address
        asks for exactly that.
        """
        wanted = normal(wanted)
        which = subscriptions.c.id == subscription_id
        with self._database.write() as connection:
            found = _found(connection, ACTIVE, which, subscriptions.c.address == wanted.address)
            same = self._same(connection, wanted)
            if not found or (same and same.id != subscription_id):
                return None
            _update(connection, found[0], wanted, now)
            return _found(connection, which)[0]

    def out_of_step(self, declared: Sequence[SubscriptionRequest]) -> frozenset[str | None]:
        """The names whose subscriptions `sync` would start, change or end."""
        with self._database.read() as connection:
            return frozenset(_differences(connection, {entry.name: normal(entry) for entry in declared}))

    def is_erased(self, address: str) -> bool:
        """Whether this address was erased, and has not been subscribed again since."""
        with self._database.read() as connection:
            return erasure.is_erased(connection, normal_address(address))


def _refuse_who_said_no(connection: Connection, address: str) -> None:
    if erasure.is_erased(connection, address):
        raise RefusedAddress
    found = _found(connection, subscriptions.c.mailbox == mailbox_of(address))
    if found and found[-1].status == "ended" and found[-1].end_reason in (UNSUBSCRIBED, BOUNCED):
        raise RefusedAddress(f"this address is not written to any more: {found[-1].end_reason}")


def _which(id_or_address: int | str) -> Any:
    if isinstance(id_or_address, int):
        return subscriptions.c.id == id_or_address
    return subscriptions.c.mailbox == mailbox_of(normal_address(id_or_address))


def _found(connection: Connection, *conditions: Any) -> tuple[Subscription, ...]:
    found = connection.execute(select(subscriptions).where(*conditions).order_by(subscriptions.c.id))
    return tuple(row_mapping.subscription(row) for row in found)


def _latest(connection: Connection) -> dict[str | None, Subscription]:
    """The newest of each name."""
    return {entry.name: entry for entry in _found(connection, subscriptions.c.name.is_not(None))}


def _differences(connection: Connection, wanted: dict[str | None, SubscriptionRequest]) -> list[str | None]:
    latest = _latest(connection)
    names = [name for name in dict.fromkeys([*latest, *wanted]) if _differs(wanted.get(name), latest.get(name))]
    # looked up only for those that differ: mostly none does
    return [name for name in names if not _is_erased(connection, wanted.get(name), latest.get(name))]


def _is_erased(connection: Connection, wanted: SubscriptionRequest | None, old: Subscription | None) -> bool:
    if wanted is None or (old is not None and old.status == "active"):
        return False
    return erasure.is_erased(connection, wanted.address)


def _differs(wanted: SubscriptionRequest | None, old: Subscription | None) -> bool:
    if wanted is None or old is None:
        return wanted is not None or (old is not None and old.status == "active")
    if old.status == "active":
        return old.address != wanted.address or _wishes(old) != _wishes(wanted)
    return old.end_reason in (REMOVED, ADDRESS_CHANGED) or old.address != wanted.address


def _wishes(entry: Subscription | SubscriptionRequest) -> tuple[object, ...]:
    return entry.topics, entry.countries, entry.schedule, entry.reminders, entry.still_watching


def _end(connection: Connection, which: Any, reason: str, now: datetime) -> tuple[Subscription, ...]:
    statement = (
        update(subscriptions)
        .where(which, ACTIVE)
        .values(status="ended", ended_at=now, end_reason=reason, next_action_at=None)
        .returning(subscriptions)
    )
    ended = [row_mapping.subscription(row) for row in connection.execute(statement)]
    if ended:
        recipients.replan(connection, (mailbox_of(entry.address) for entry in ended), now)
    return tuple(sorted(ended, key=lambda entry: entry.id))


def _forget_trouble(connection: Connection, ended: Iterable[Subscription], now: datetime) -> None:
    """What was set aside for an address that hears of nothing more is nobody's trouble."""
    for address in sorted({entry.address for entry in ended}):
        if not _found(connection, ACTIVE, subscriptions.c.address == address):
            resolve_incidents(connection, address, now, "delivery-failed")


def _update(connection: Connection, old: Subscription, wanted: SubscriptionRequest, now: datetime) -> None:
    values = row_mapping.request_row(wanted)
    connection.execute(update(subscriptions).where(subscriptions.c.id == old.id).values(values))
    recipients.replan(connection, [mailbox_of(old.address)], now)
