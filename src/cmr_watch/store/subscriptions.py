"""Subscriptions. Those with a name are declared in the configuration file, the others were added by command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, func, select, update

from cmr_watch.exceptions import RefusedAddress
from cmr_watch.log import redact_address
from cmr_watch.models.recipients import Subscription, SubscriptionRequest, mailbox_of
from cmr_watch.store import doubles, erasure, last_configuration, readable, recipients, row_mapping
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import record_event, resolve_incidents, settle_unnotified
from cmr_watch.store.installation import address_hash
from cmr_watch.store.last_configuration import MissingConfiguration
from cmr_watch.store.recipients import ACTIVE
from cmr_watch.store.schema import changes, hard_bounces, subscriptions
from cmr_watch.store.subscription_requests import (
    ADDRESS_CHANGED,
    REMOVED,
    Differences,
    Requests,
    Synced,
    differences,
    differs,
    normalize,
    normalize_address,
)
from cmr_watch.store.suppression_journal import SuppressionJournal

REPLACED = "replaced by the subscription in the configuration"
MERGED = "its recipient has made one subscription of several"
UNSUBSCRIBED = "unsubscribed by mail"
UNSUBSCRIBED_ONLINE = "unsubscribed online"
BOUNCED = "mail to it bounces"
COMPLAINED = "reported our mail as spam"
LEFT = (UNSUBSCRIBED, UNSUBSCRIBED_ONLINE, COMPLAINED)
"""The reasons that are the recipient's own decision."""
SUPPRESSING_REASONS = (*LEFT, BOUNCED)
"""The reasons for which an address must not be subscribed again by an import."""

# each check asks for it: to build it takes longer than to run it
_NAMED = select(subscriptions).where(subscriptions.c.name.is_not(None)).order_by(subscriptions.c.id)


class Subscriptions:
    """All subscriptions, including ended ones. Those that end, and erased addresses, are recorded in the `journal`."""

    def __init__(self, database: Database, journal: SuppressionJournal | None = None) -> None:
        self._database = database
        self._journal = journal or SuppressionJournal(None)

    def active(self) -> tuple[Subscription, ...]:
        """Return the active subscriptions."""
        with self._database.read() as connection:
            return select_subscriptions(connection, ACTIVE)

    def list_all(self) -> tuple[Subscription, ...]:
        """Return all subscriptions, including ended ones."""
        with self._database.read() as connection:
            return select_subscriptions(connection)

    def find(self, id_or_address: int | str) -> tuple[Subscription, ...]:
        """Return the subscription with an ID, or all of an address, including ended ones."""
        with self._database.read() as connection:
            return select_subscriptions(connection, _has_id_or_address(id_or_address))

    def add(
        self, request: SubscriptionRequest, now: datetime, *, consent: str = "operator", resubscribe: bool = False
    ) -> Subscription:
        """Add a subscription without a name, or return the active one that is equal.

        RefusedAddress if the recipient has unsubscribed or been erased, or if mail to the address has bounced, unless
        `resubscribe` is set.
        """
        request = normalize(request)
        with self._database.write() as connection:
            if resubscribe:
                erasure.remove_hash(connection, request.address)
            elif reason := _refusal(connection, request.address):
                raise RefusedAddress(reason)
            return _find_equal(connection, request) or self._insert(connection, request, None, now, consent)

    def start(self, declared: SubscriptionRequest, now: datetime) -> Subscription:
        """Start an entry of the configuration file, at the recipient's request: also if it has ended or was erased."""
        request = normalize(declared)
        with self._database.write() as connection:
            erasure.remove_hash(connection, request.address)
            todo = differences([request.name], {request.name: request}, _latest_by_name(connection))
            self._apply(connection, todo, now, Synced())
            return _latest_by_name(connection)[request.name]

    def refusal(self, address: str) -> str | None:
        """Why `add` refuses this address, or None."""
        with self._database.read() as connection:
            return _refusal(connection, normalize_address(address))

    def end(self, id_or_address: int | str, reason: str, now: datetime, detail: str = "") -> tuple[Subscription, ...]:
        """End the subscription with an ID, or all of an address; return those that were active.

        `detail` is what is reported to the operator about it.
        """
        with self._database.write() as connection:
            return self._end_permanently(connection, _has_id_or_address(id_or_address), reason, now, detail)

    def end_recipient(self, subscription_id: int, reason: str, now: datetime) -> tuple[Subscription, ...]:
        """End all subscriptions of the recipient of this one: to unsubscribe applies to all messages."""
        mailbox = select(subscriptions.c.mailbox).where(subscriptions.c.id == subscription_id).scalar_subquery()
        with self._database.write() as connection:
            return self._end_permanently(connection, subscriptions.c.mailbox == mailbox, reason, now)

    def erase(self, address: str, now: datetime) -> int:
        """End the subscriptions of an address and erase it from all records; return the number of rows changed.

        Only a hash of the address is kept, so that no more mail is sent there.
        """
        address = normalize_address(address)
        with self._database.write() as connection:
            self._end_permanently(connection, subscriptions.c.mailbox == mailbox_of(address), erasure.ERASED, now)
            self._journal.record_erased(connection, address_hash(connection, address), now)
            return erasure.erase(self._database, connection, address, now)

    def sync(self, declared: Sequence[SubscriptionRequest], now: datetime, file: Path | None = None) -> Synced:
        """Make the subscriptions with a name match the configuration `file`, where each of them has a name.

        - A new name is added.
        - Changed options are updated. The subscription keeps its position, and unsent messages are planned again.
        - With a changed address, the old subscription is ended, and a new one is added.
        - A name whose recipient has another name now is renamed, with all that is pending.
        - A removed name is ended. If it is declared again, it is added again.
        - If a subscription was ended by other means, such as unsubscribing, it stays ended until its address changes.
        - An erased address is not added, whatever the name.
        - An address has one subscription: a new entry takes over one that was added by command, which then has the
          name and the options of the entry; of several, the first is taken over, and the others are ended.
        """
        synced = Synced()
        requests = {entry.name: normalize(entry) for entry in declared}
        path = last_configuration.absolute(file)
        with self._database.read() as connection:
            is_known = path in (None, last_configuration.known(connection))
            if is_known and not _changed_names(connection, requests):
                return synced
        with self._database.write() as connection:
            if path:
                last_configuration.remember(connection, path)
            latest = _latest_by_name(connection)
            names = _changed_names(connection, requests)
            self._apply(connection, differences(names, requests, latest), now, synced)
            # at the end, as an address may have moved from one name to another
            changed = [latest[name] for name in names if name in latest]
            _resolve_delivery_incidents(connection, changed, REMOVED, now)
        return synced

    def _apply(self, connection: Connection, todo: Differences, now: datetime, synced: Synced) -> None:
        new_names = {request.name for request in todo.new}
        for old in todo.ended:
            is_moved = old.name in new_names
            _end(connection, subscriptions.c.id == old.id, ADDRESS_CHANGED if is_moved else REMOVED, now)
            synced.ended += not is_moved
        moved = {old.name for old in todo.ended} & new_names
        synced.renamed += _change(connection, todo.changed, now)
        for request in todo.new:
            if _take_over(connection, request, now):
                synced.taken_over += 1
                continue
            with suppress(readable.UnreadableRow):  # it is stored, but damaged: reported, and the others are applied
                self._insert(connection, request, request.name, now, "operator")
                synced.moved += request.name in moved
                synced.started += request.name not in moved

    def _end_permanently(
        self, connection: Connection, condition: Any, reason: str, now: datetime, detail: str = ""
    ) -> tuple[Subscription, ...]:
        """End subscriptions, and record them in the journal."""
        ended = _end(connection, condition, reason, now)
        hashes = [(entry.id, address_hash(connection, entry.address)) for entry in ended]
        self._journal.record_ended(connection, hashes, reason, now)
        _resolve_delivery_incidents(connection, ended, reason, now, detail)
        return ended

    def _insert(
        self, connection: Connection, request: SubscriptionRequest, name: str | None, now: datetime, consent: str
    ) -> Subscription:
        last_change = connection.execute(select(func.coalesce(func.max(changes.c.id), 0))).scalar_one()
        row = row_mapping.new_subscription_row(request, name, last_change, now, consent)
        # on PostgreSQL, two processes can add equal ones at the same time; a unique index rejects the second
        statement = self._database.insert(subscriptions).values(row).on_conflict_do_nothing().returning(subscriptions)
        inserted = connection.execute(statement).first()
        if inserted:
            return row_mapping.subscription(inserted)
        named = select_subscriptions(connection, ACTIVE, subscriptions.c.name == name) if name is not None else ()
        existing = named[0] if named else _find_equal(connection, request)
        if existing is None:
            raise readable.UnreadableRow(f"the subscription of {redact_address(request.address)} cannot be read")
        return existing

    def edit(
        self, subscription_id: int, request: SubscriptionRequest, now: datetime, *, consent: str | None = None
    ) -> Subscription | None:
        """Change the options of an active subscription, and its `consent`; pending messages are planned again.

        Returns None, and changes nothing, if it is no longer active, or if another subscription of the same address
        asks for exactly that.
        """
        request = normalize(request)
        has_id = subscriptions.c.id == subscription_id
        with self._database.write() as connection:
            selected = select_subscriptions(connection, ACTIVE, has_id, subscriptions.c.address == request.address)
            equal = _find_equal(connection, request)
            if not selected or (equal and equal.id != subscription_id):
                return None
            _update(connection, selected[0], request, now, consent or selected[0].consent)
            return select_subscriptions(connection, has_id)[0]

    def missing_configuration(self) -> MissingConfiguration | None:
        """What to say if no configuration file was found; None if none has ever been applied to this database."""
        with self._database.read() as connection:
            return last_configuration.missing(connection)

    def out_of_step(self, declared: Sequence[SubscriptionRequest] | None) -> frozenset[str | None]:
        """The names whose subscriptions `sync` would start, change or end; none if no configuration was found."""
        if declared is None:
            return frozenset()
        with self._database.read() as connection:
            return frozenset(_changed_names(connection, {entry.name: normalize(entry) for entry in declared}))

    def doubles(self) -> tuple[tuple[Subscription, Subscription], ...]:
        """Return each active subscription of the configuration with one that was added by command for its address."""
        with self._database.read() as connection:
            return doubles.load(connection)

    def recipients_after_sync(self, declared: Sequence[SubscriptionRequest] | None) -> tuple[str, ...]:
        """An address of each recipient that has an active subscription once `sync` has applied the configuration."""
        due = self.out_of_step(declared)
        current = [entry.address for entry in self.active() if entry.name not in due]
        new = [entry.address for entry in declared or () if entry.name in due]
        return tuple({mailbox_of(address): address for address in (*new, *current)}.values())

    def is_erased(self, address: str) -> bool:
        """Whether this address was erased, and has not been subscribed again since."""
        with self._database.read() as connection:
            return erasure.is_erased(connection, normalize_address(address))


def _refusal(connection: Connection, address: str) -> str | None:
    """Why mail may not be sent: the address was erased, or its last subscription ended by its recipient or a bounce."""
    history = select_subscriptions(connection, subscriptions.c.mailbox == mailbox_of(address))
    return refusal_of(history, is_erased=erasure.is_erased(connection, address))


def refusal_of(history: Sequence[Subscription], *, is_erased: bool) -> str | None:
    """Why mail may not be sent to the address of these subscriptions, the newest of which comes last; or None."""
    if is_erased:
        return str(RefusedAddress())
    if history and history[-1].status == "ended" and history[-1].end_reason in SUPPRESSING_REASONS:
        return f"this address no longer receives mail: {history[-1].end_reason}"
    return None


def _has_id_or_address(id_or_address: int | str) -> Any:
    if isinstance(id_or_address, int):
        return subscriptions.c.id == id_or_address
    return subscriptions.c.mailbox == mailbox_of(normalize_address(id_or_address))


def select_subscriptions(connection: Connection, *conditions: Any) -> tuple[Subscription, ...]:
    """Return the subscriptions that meet the conditions, oldest first."""
    return _load(connection, select(subscriptions).where(*conditions).order_by(subscriptions.c.id))


def _load(connection: Connection, statement: Any) -> tuple[Subscription, ...]:
    rows = connection.execute(statement)
    return tuple(readable.models(connection, subscriptions, rows, row_mapping.subscription))


def _of_address(address: str) -> tuple[Any, ...]:
    return subscriptions.c.mailbox == mailbox_of(address), subscriptions.c.address == address  # the first has an index


def _find_equal(connection: Connection, request: SubscriptionRequest) -> Subscription | None:
    """Return the active subscription with the address and the options of a request."""
    options = [subscriptions.c[name] == value for name, value in row_mapping.request_row(request).items()]
    equal = select_subscriptions(connection, ACTIVE, *_of_address(request.address), *options)
    return equal[0] if equal else None


def _latest_by_name(connection: Connection) -> dict[str | None, Subscription]:
    """Return the newest subscription with each name."""
    return {entry.name: entry for entry in _load(connection, _NAMED)}


def _changed_names(connection: Connection, requests: Requests) -> list[str | None]:
    """Return the names for which the subscriptions differ from the configuration."""
    latest = _latest_by_name(connection)
    names = [name for name in dict.fromkeys([*latest, *requests]) if differs(requests.get(name), latest.get(name))]
    # checked last, as there are usually no differences
    return [name for name in names if not _stays_ended(connection, requests, requests.get(name), latest.get(name))]


def _stays_ended(
    connection: Connection, requests: Requests, request: SubscriptionRequest | None, old: Subscription | None
) -> bool:
    """Whether the address was erased, or its subscription ended by other means before the entry got another name."""
    if request is None or (old is not None and old.status == "active"):
        return False
    return erasure.is_erased(connection, request.address) or _has_left(connection, requests, request.address)


def _has_left(connection: Connection, requests: Requests, address: str) -> bool:
    """Whether the newest subscription of an address was ended by other means, and its name is not declared any more."""
    *_, last = select_subscriptions(connection, subscriptions.c.mailbox == mailbox_of(address)) or (None,)
    if last is None or last.status != "ended" or last.name is None or last.name in requests:
        return False
    return last.end_reason not in (REMOVED, ADDRESS_CHANGED, REPLACED)


def _end(connection: Connection, condition: Any, reason: str, now: datetime) -> tuple[Subscription, ...]:
    statement = (
        update(subscriptions)
        .where(condition, ACTIVE)
        .values(status="ended", ended_at=now, end_reason=reason, next_action_at=None)
        .returning(subscriptions)
    )
    rows = connection.execute(statement).all()
    if rows:
        mailboxes = {row.mailbox for row in rows if isinstance(row.mailbox, str)}
        connection.execute(hard_bounces.delete().where(hard_bounces.c.mailbox.in_(mailboxes)))
        recipients.replan(connection, mailboxes, now)
    ended = readable.models(connection, subscriptions, rows, row_mapping.subscription)
    return tuple(sorted(ended, key=lambda entry: entry.id))


def _resolve_delivery_incidents(
    connection: Connection, ended: Iterable[Subscription], reason: str, now: datetime, detail: str = ""
) -> None:
    """Resolve the incidents of failed deliveries to addresses that have no active subscription any more.

    If the address bounced, the operator is notified that its subscription has ended, instead of the failed delivery; if
    the recipient complained, of that.
    """
    for address in sorted({entry.address for entry in ended}):
        if select_subscriptions(connection, ACTIVE, *_of_address(address)):
            continue
        if reason == BOUNCED:
            error = settle_unnotified(connection, "delivery-failed", address, now)
            record_event(connection, "subscription-ended", address, error or detail, now)
        if reason == COMPLAINED:
            record_event(connection, "complaint", address, detail, now)
        resolve_incidents(connection, address, now, "delivery-failed")


def _take_over(connection: Connection, request: SubscriptionRequest, now: datetime) -> bool:
    """Let an entry of the configuration take over a subscription that was added by command, if there is one."""
    added = _added_by_command(connection, request.address)
    if not added:
        return False
    _end_others(connection, added[1:], now)
    _change(connection, ((added[0], request),), now)
    return True


def _added_by_command(connection: Connection, address: str) -> tuple[Subscription, ...]:
    of_recipient = subscriptions.c.mailbox == mailbox_of(address)
    return select_subscriptions(connection, ACTIVE, of_recipient, subscriptions.c.name.is_(None))


def _end_others(connection: Connection, others: Sequence[Subscription], now: datetime) -> None:
    if others:
        _end(connection, subscriptions.c.id.in_([entry.id for entry in others]), REPLACED, now)


def _change(connection: Connection, changed: Sequence[tuple[Subscription, SubscriptionRequest]], now: datetime) -> int:
    """Give subscriptions the name, the address and the options of an entry; return how many of them are renamed."""
    renamed = [(old, request) for old, request in changed if old.name not in (None, request.name)]
    for old, request in renamed:
        _end_others(connection, _added_by_command(connection, request.address), now)
        # a name is unique, and two entries may have exchanged theirs
        connection.execute(update(subscriptions).where(subscriptions.c.id == old.id).values(name=uuid4().hex))
    for old, request in changed:
        named = {"name": request.name, "address": request.address}
        connection.execute(update(subscriptions).where(subscriptions.c.id == old.id).values(**named))
        _update(connection, old, request, now, old.consent)
    return len(renamed)


def _update(
    connection: Connection, old: Subscription, request: SubscriptionRequest, now: datetime, consent: str
) -> None:
    values = {**row_mapping.request_row(request), "consent": consent}
    connection.execute(update(subscriptions).where(subscriptions.c.id == old.id).values(values))
    recipients.replan(connection, [mailbox_of(old.address)], now)
