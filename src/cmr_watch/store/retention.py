"""Retention: how long data is kept. Expired rows are removed in small batches, so that other writers need not wait.

- Message texts: 7 days after the message was sent, superseded or cancelled. Failed messages keep theirs for a retry.
- Addresses: 28 days after their last subscription has ended, or was requested but not confirmed. A hash of an address
  that must not receive mail is kept (erasure.py).
- Requests for a link or for one's data: 7 days.
- Mutes: as long as the address; those that were undone, a year.
- Deliveries, matches, reminders, outages that are over and their notices, digests, checks and resolved incidents: a
  year. Changes are kept indefinitely.
- Readings: one for each period during which a page has the same reading. Suspect ones: 28 days; the newest is kept
  until a plausible one follows. Copies from an archive are kept indefinitely.

Removes nothing that is pending, no baselines, and nothing that prevents a change from being announced twice. A second
run at the same time removes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from cmr_watch.models.mail_requests import KEPT_FOR as KEEP_MAIL_REQUESTS
from cmr_watch.models.recipients import REQUESTED, mailbox_of
from cmr_watch.models.signups import KEPT_FOR, VALID_FOR
from cmr_watch.store import erasure, recipients
from cmr_watch.store.bounce_pauses import RESET_AFTER
from cmr_watch.store.check_records import ARCHIVED, DERIVED
from cmr_watch.store.database import Database
from cmr_watch.store.hard_bounces import expired as hard_bounce_expired
from cmr_watch.store.incidents import UNNOTIFIED
from cmr_watch.store.installation import address_hash
from cmr_watch.store.locks import Lock
from cmr_watch.store.schema import (
    bodies,
    changes,
    checks,
    contents,
    deliveries,
    delivery_pauses,
    digests,
    hard_bounces,
    incidents,
    mail_requests,
    matches,
    mutes,
    outage_notices,
    outages,
    pages,
    reminders,
    signups,
    snapshots,
    subscriptions,
)
from cmr_watch.store.subscription_requests import ADDRESS_CHANGED, REMOVED
from cmr_watch.store.subscriptions import SUPPRESSING_REASONS

KEEP_TEXTS: Final = timedelta(days=7)
KEEP_ADDRESSES: Final = timedelta(days=28)
KEEP_SUSPECTS: Final = timedelta(days=28)
KEEP_HISTORY: Final = timedelta(days=365)

BATCH_SIZE: Final = 200
_SMALL_BATCH_SIZE: Final = 10
"""For rows that take more than one statement each, such as addresses."""

_SETTLED: Final = (matches, reminders, outage_notices, digests)
"""The tables whose rows name the delivery that settled them."""
_LOCKS: Final = {bodies: Lock.PLAN, contents: Lock.CONTENTS}
"""What is held while such a row is reused, for example by planning: the rows are then left for the next run."""
_CONFIGURATION_REASONS = (REMOVED, ADDRESS_CHANGED)


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """The number of rows removed. `texts` counts messages whose text was removed, `addresses` mailboxes erased."""

    texts: int = 0
    tokens: int = 0
    bodies: int = 0
    unconfirmed: int = 0
    mail_requests: int = 0
    addresses: int = 0
    pauses: int = 0
    hard_bounces: int = 0
    mutes: int = 0
    matches: int = 0
    reminders: int = 0
    outage_notices: int = 0
    outages: int = 0
    digests: int = 0
    deliveries: int = 0
    checks: int = 0
    incidents: int = 0
    snapshots: int = 0
    contents: int = 0


@dataclass(frozen=True, slots=True)
class _Rule:
    """Rows to delete, or with `values`, to update.

    `expensive_condition` is checked only when rows are selected, not again in the write transaction: once true for a
    row, it must remain true.
    """

    table: Table
    condition: ColumnElement[bool]
    expensive_condition: ColumnElement[bool] | None = None
    values: dict[str, Any] | None = None
    batch_size: int = BATCH_SIZE

    @property
    def key(self) -> Any:
        """Return the primary key."""
        return tuple_(*self.table.primary_key)


class Retention:
    """Removes expired rows, in transactions of at most `batch_size` rows."""

    def __init__(self, database: Database, batch_size: int = BATCH_SIZE) -> None:
        self._database = database
        self._batch_size = batch_size

    def run(self, now: datetime) -> RetentionReport:
        """Remove everything that has expired."""
        year = now - KEEP_HISTORY
        return RetentionReport(
            unconfirmed=_repeat(lambda: self._erase_unconfirmed(now)) + _repeat(lambda: self._erase_signups(now)),
            mail_requests=self._apply(_Rule(mail_requests, mail_requests.c.requested_at < now - KEEP_MAIL_REQUESTS)),
            addresses=_repeat(lambda: self._erase_ended(now)),
            texts=self._apply(_texts(now - KEEP_TEXTS)),
            tokens=self._apply(_expired_tokens(now - VALID_FOR)),
            pauses=self._apply(_Rule(delivery_pauses, delivery_pauses.c.paused_until < now - RESET_AFTER)),
            hard_bounces=self._apply(_Rule(hard_bounces, hard_bounce_expired(now))),
            mutes=self._apply(_Rule(mutes, mutes.c.ended_at < year)),
            matches=self._apply(_matches(year)),
            reminders=self._apply(_reminders(year)),
            outage_notices=self._apply(_outage_notices(year)),
            outages=self._apply(_outages(year)),
            digests=self._apply(_digests(year)),
            deliveries=self._apply(_deliveries(year)),
            bodies=self._apply(_bodies()),
            checks=self._apply(_checks(year)),
            incidents=self._apply(_Rule(incidents, and_(incidents.c.resolved_at < year, not_(UNNOTIFIED)))),
            snapshots=self._apply(_superseded_readings()) + self._apply(_suspect_readings(now - KEEP_SUSPECTS)),
            contents=self._apply(_contents()),
        )

    def _apply(self, rule: _Rule) -> int:
        return _repeat(lambda: self._apply_to_batch(rule))

    def _apply_to_batch(self, rule: _Rule) -> int:
        """Select rows in a read transaction, which takes longest, and check them again in the write transaction."""
        conditions = (
            [rule.condition] if rule.expensive_condition is None else [rule.condition, rule.expensive_condition]
        )
        statement = select(*rule.table.primary_key).where(*conditions).limit(min(rule.batch_size, self._batch_size))
        with self._database.read() as connection:
            keys = [tuple(row) for row in connection.execute(statement)]
        if not keys:
            return 0
        is_selected = and_(rule.key.in_(keys), rule.condition)
        with self._database.write() as connection:
            lock = _LOCKS.get(rule.table)
            if lock is not None and not self._database.try_lock(connection, lock):
                return 0  # left for the next run
            if rule.values is None:
                return connection.execute(delete(rule.table).where(is_selected)).rowcount
            return connection.execute(update(rule.table).where(is_selected).values(rule.values)).rowcount

    def _erase_unconfirmed(self, now: datetime) -> int:
        """Delete subscriptions that were never confirmed; erase their addresses if they have no other subscription."""
        is_expired = (subscriptions.c.status == "pending", subscriptions.c.created_at < now - KEEP_ADDRESSES)
        is_unused = not_(_has_pending(subscriptions.c.mailbox))
        expired = select(subscriptions.c.id).where(*is_expired, is_unused).limit(_SMALL_BATCH_SIZE)
        with self._database.write() as connection:
            ids = connection.execute(expired).scalars().all()
            if not ids:
                return 0
            statement = delete(subscriptions).where(subscriptions.c.id.in_(ids)).returning(subscriptions.c.mailbox)
            for mailbox in sorted(set(connection.execute(statement).scalars())):
                if not _has_row(connection, subscriptions, mailbox):
                    self._erase(connection, mailbox, now, keep_hash=False)
            return len(ids)

    def _erase_signups(self, now: datetime) -> int:
        """Delete requests made on the site; erase addresses without a subscription or a newer request."""
        is_expired = (signups.c.requested_at < now - KEPT_FOR, not_(_has_pending(signups.c.mailbox)))
        expired = select(signups.c.id).where(*is_expired).limit(_SMALL_BATCH_SIZE)
        with self._database.write() as connection:
            ids = connection.execute(expired).scalars().all()
            statement = delete(signups).where(signups.c.id.in_(ids)).returning(signups.c.mailbox)
            for mailbox in sorted(set(connection.execute(statement).scalars())) if ids else ():
                if not _has_row(connection, subscriptions, mailbox) and not _has_row(connection, signups, mailbox):
                    self._erase(connection, mailbox, now, keep_hash=False)
            return len(ids)

    def _erase_ended(self, now: datetime) -> int:
        """Erase addresses whose subscriptions have all ended, once nothing is pending for them."""
        expired = _select_ended(now - KEEP_ADDRESSES)
        with self._database.read() as connection:
            found = connection.execute(expired.limit(self._batch_size)).scalars().all()
        batches = (found[start : start + _SMALL_BATCH_SIZE] for start in range(0, len(found), _SMALL_BATCH_SIZE))
        return sum(self._erase_batch(expired.where(subscriptions.c.mailbox.in_(batch)), now) for batch in batches)

    def _erase_batch(self, expired: Any, now: datetime) -> int:
        with self._database.write() as connection:
            mailboxes = connection.execute(expired).scalars().all()
            for mailbox in mailboxes:
                self._erase(connection, mailbox, now, keep_hash=_is_suppressed(connection, mailbox))
            return len(mailboxes)

    def _erase(self, connection: Connection, mailbox: str, now: datetime, *, keep_hash: bool) -> None:
        keep_hash = keep_hash or erasure.is_erased(connection, mailbox)
        hashed = address_hash(connection, mailbox)
        erasure.erase_by_hash(self._database, connection, hashed, mailbox_of(mailbox), now, keeps_requests=True)
        if not keep_hash:
            erasure.remove_hash(connection, mailbox)


def _repeat(remove_batch: Callable[[], int]) -> int:
    """Remove batches until one is empty; return the total number of rows."""
    total = 0
    while count := remove_batch():
        total += count
    return total


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────


def _has_row(connection: Connection, table: Table, mailbox: str) -> bool:
    statement = select(table.c.id).where(table.c.mailbox == mailbox).limit(1)
    return connection.execute(statement).first() is not None


def _has_pending(mailbox: Any) -> ColumnElement[bool]:
    """Return the condition that a message (possibly to an operator) or a match is pending for a mailbox."""
    is_unsent = exists().where(deliveries.c.mailbox == mailbox, deliveries.c.outcome.is_(None))
    return or_(is_unsent, exists().where(matches.c.mailbox == mailbox, matches.c.settled_at.is_(None)))


def _select_ended(before: datetime) -> Any:
    """Select the mailboxes whose last subscription ended before a time."""
    mailbox = subscriptions.c.mailbox
    not_ended = func.sum(case((subscriptions.c.status == "ended", 0), else_=1))
    statement = select(mailbox).where(not_(mailbox.startswith(erasure.PLACEHOLDER_PREFIX)), not_(_has_pending(mailbox)))
    grouped = statement.group_by(mailbox).having(not_ended == 0, func.max(subscriptions.c.ended_at) < before)
    return grouped.order_by(mailbox)


def _is_suppressed(connection: Connection, mailbox: str) -> bool:
    """Whether the address must not be subscribed again by an import or by the configuration.

    - The recipient has unsubscribed from the last subscription, or mail has bounced.
    - A subscription from the configuration was ended by other means.
    """
    statement = select(subscriptions).where(subscriptions.c.mailbox == mailbox).order_by(subscriptions.c.id)
    rows = connection.execute(statement).all()
    is_declared = any(row.name is not None and row.end_reason not in _CONFIGURATION_REASONS for row in rows)
    return is_declared or rows[-1].end_reason in SUPPRESSING_REASONS


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _texts(before: datetime) -> _Rule:
    is_final = and_(deliveries.c.outcome.is_not(None), deliveries.c.outcome != "failed")
    is_expired = and_(is_final, deliveries.c.done_at < before, deliveries.c.body_id.is_not(None))
    return _Rule(deliveries, is_expired, values={"body_id": None})


def _expired_tokens(before: datetime) -> _Rule:
    """Tokens of what was asked for, of mails that were not sent until they expired."""
    is_expired = and_(deliveries.c.purpose.in_(REQUESTED), deliveries.c.created_at < before)
    return _Rule(deliveries, and_(is_expired, deliveries.c.unsubscribe_token != ""), values={"unsubscribe_token": ""})


def _bodies() -> _Rule:
    # not NOT IN: PostgreSQL would read all messages for each body
    is_used = exists().where(deliveries.c.body_id == bodies.c.id)
    return _Rule(bodies, not_(is_used))


def _is_done(table: Table, before: datetime) -> ColumnElement[bool]:
    """Return the condition that a row has no message, or one that was done before a time."""
    is_recent = or_(deliveries.c.outcome.is_(None), deliveries.c.done_at >= before)
    return or_(table.c.delivery_id.is_(None), not_(exists().where(deliveries.c.id == table.c.delivery_id, is_recent)))


def _matches(before: datetime) -> _Rule:
    # until the fan-out of a change is complete, its matches prevent duplicates
    is_fanned_out = exists().where(changes.c.id == matches.c.change_id, changes.c.enqueued_at < before)
    return _Rule(matches, and_(matches.c.settled_at < before, is_fanned_out, _is_done(matches, before)))


def _reminders(before: datetime) -> _Rule:
    is_expired = and_(reminders.c.settled_at < before, reminders.c.cutoff_at < before)
    return _Rule(reminders, and_(is_expired, _is_done(reminders, before)))


def _outage_notices(before: datetime) -> _Rule:
    is_over = exists().where(outages.c.id == outage_notices.c.outage_id, outages.c.ended_at < before)
    other = outage_notices.alias()
    is_same = and_(other.c.mailbox == outage_notices.c.mailbox, other.c.outage_id == outage_notices.c.outage_id)
    # a recipient without the notice of the end, but with that of the beginning, would be due one of the end
    is_last = or_(outage_notices.c.phase == "opened", not_(exists().where(is_same, other.c.phase == "opened")))
    is_expired = and_(outage_notices.c.settled_at < before, is_over, is_last)
    return _Rule(outage_notices, and_(is_expired, _is_done(outage_notices, before)))


def _outages(before: datetime) -> _Rule:
    has_notices = exists().where(outage_notices.c.outage_id == outages.c.id)
    return _Rule(outages, and_(outages.c.ended_at < before, not_(has_notices)), batch_size=_SMALL_BATCH_SIZE)


def _digests(before: datetime) -> _Rule:
    date = func.substr(digests.c.digest_period, func.length(digests.c.digest_period) - 9)  # “weekly 2024-04-01”
    return _Rule(digests, and_(date < before.date().isoformat(), _is_done(digests, before)))


def _deliveries(before: datetime) -> _Rule:
    is_referenced = [exists().where(table.c.delivery_id == deliveries.c.id) for table in _SETTLED]
    is_expired = and_(deliveries.c.outcome.is_not(None), deliveries.c.done_at < before, not_(or_(*is_referenced)))
    # the monthly status message depends on the time of the last message to each subscriber
    is_subscribed = exists().where(recipients.ACTIVE, subscriptions.c.mailbox == deliveries.c.mailbox)
    newer = deliveries.alias()
    is_same = and_(newer.c.mailbox == deliveries.c.mailbox, newer.c.purpose == "subscriber")
    has_newer = exists().where(is_same, newer.c.id > deliveries.c.id)
    is_newest = and_(deliveries.c.purpose == "subscriber", is_subscribed, not_(has_newer))
    return _Rule(deliveries, is_expired, expensive_condition=not_(is_newest))


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _checks(before: datetime) -> _Rule:
    """Keep the newest check of each page, the first plausible one, and those that found changes."""
    other = checks.alias()
    newest = select(func.max(other.c.id)).where(other.c.outcome.not_in(DERIVED)).group_by(other.c.page_url)
    first = select(func.min(other.c.id)).where(other.c.outcome == "baseline").group_by(other.c.page_url)
    is_needed = or_(checks.c.id.in_(newest), checks.c.id.in_(first), checks.c.id.in_(select(changes.c.check_id)))
    is_expired = and_(checks.c.checked_at < before, checks.c.outcome != ARCHIVED)
    return _Rule(checks, is_expired, expensive_condition=not_(is_needed))


def _is_baseline() -> ColumnElement[bool]:
    return exists().where(pages.c.baseline_id == snapshots.c.id)


def _superseded_readings() -> _Rule:
    """Plausible readings that are equal to the next one, because a newer parser was used."""
    following = func.lead(snapshots.c.reading).over(partition_by=snapshots.c.page_url, order_by=snapshots.c.id)
    readings = select(snapshots.c.id, snapshots.c.reading, following.label("following"))
    plausible = readings.where(snapshots.c.assessment == "plausible").subquery()
    repeated = select(plausible.c.id).where(plausible.c.reading == plausible.c.following)
    is_removable = and_(snapshots.c.assessment == "plausible", not_(_is_baseline()))
    return _Rule(snapshots, is_removable, expensive_condition=snapshots.c.id.in_(repeated))


def _suspect_readings(before: datetime) -> _Rule:
    newer = snapshots.alias()
    is_superseded = exists().where(
        newer.c.page_url == snapshots.c.page_url, newer.c.assessment == "suspect", newer.c.id > snapshots.c.id
    )
    is_resolved = exists().where(pages.c.url == snapshots.c.page_url, pages.c.read_at >= snapshots.c.fetched_at)
    is_expired = and_(snapshots.c.assessment == "suspect", snapshots.c.fetched_at < before, not_(_is_baseline()))
    return _Rule(snapshots, and_(is_expired, or_(is_superseded, is_resolved)))


def _contents() -> _Rule:
    return _Rule(contents, not_(exists().where(snapshots.c.content_sha256 == contents.c.sha256)))
