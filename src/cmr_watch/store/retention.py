"""What is kept how long; the rest goes, in small pieces, so that nobody who writes waits long.

- Mail texts: 7 days after the message is done. One that was set aside keeps its words: it could be tried again.
- Addresses: 28 days after the last subscription there has ended, or was asked for and never confirmed. A mark in their
  place still says whom not to write to (erasure.py).
- What was sent, matched, sent_reminders of; checks; troubles that are over: a year. Changes stay.
- Readings: one a change of reading. Of suspect ones, 28 days; the newest of a page stays until a good one has come.
  Copies from an archive stay.

Nothing that waits, no baseline and nothing that could still be told again is ever touched. To run it twice is to run
it once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
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

from cmr_watch.models import mailbox_of
from cmr_watch.store import erasure, recipients
from cmr_watch.store.bounce_pauses import FORGOTTEN_AFTER
from cmr_watch.store.checks import ARCHIVED
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import UNNOTIFIED
from cmr_watch.store.installation import mark
from cmr_watch.store.schema import (
    bodies,
    changes,
    checks,
    contents,
    deliveries,
    delivery_pauses,
    digests,
    incidents,
    matches,
    pages,
    reminders,
    snapshots,
    subscriptions,
)
from cmr_watch.store.subscriptions import ADDRESS_CHANGED, BOUNCED, REMOVED, UNSUBSCRIBED

TEXTS: Final = timedelta(days=7)
ADDRESSES: Final = timedelta(days=28)
SUSPECTS: Final = timedelta(days=28)
HISTORY: Final = timedelta(days=365)

PIECE: Final = 200
_SLOW_PIECE: Final = 10
"""For rows that others point to without an index: each costs a look through the whole outbox."""
_PLAN_LOCK: Final = 0x636D7204  # news.py's: who plans may just be pointing a new message to old words

_BLANKED = "erased:"  # how erasure.py begins what it puts in an address's place
_SAID_NO = (UNSUBSCRIBED, BOUNCED)
_BY_CONFIGURATION = (REMOVED, ADDRESS_CHANGED)


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """How many of each are gone. `texts`: messages that lost their words; `addresses`: people that were forgotten."""

    texts: int = 0
    bodies: int = 0
    unconfirmed: int = 0
    addresses: int = 0
    pauses: int = 0
    matches: int = 0
    reminders: int = 0
    digests: int = 0
    deliveries: int = 0
    checks: int = 0
    incidents: int = 0
    snapshots: int = 0
    contents: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return sum(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True, slots=True)
class _Rule:
    """Rows of a table that go; or, with `values`, that get these.

    `first` is only asked when they are looked for, outside the writing: what it says of a row cannot become untrue.
    """

    table: Table
    condition: ColumnElement[bool]
    first: ColumnElement[bool] | None = None
    values: dict[str, Any] | None = None
    size: int = PIECE

    @property
    def key(self) -> Any:
        """What names a row."""
        return tuple_(*self.table.primary_key)


class Retention:
    """Removes what has been kept long enough; each piece is a transaction of its own, of at most `piece` rows."""

    def __init__(self, database: Database, piece: int = PIECE) -> None:
        self._database = database
        self._piece = piece

    def run(self, now: datetime) -> RetentionReport:
        """All of it; what was removed."""
        year = now - HISTORY
        return RetentionReport(
            unconfirmed=self._all(self._forget_unconfirmed, now),
            addresses=self._all(self._forget_ended, now),
            texts=self._by(_texts(now - TEXTS)),
            pauses=self._by(_Rule(delivery_pauses, delivery_pauses.c.paused_until < now - FORGOTTEN_AFTER)),
            matches=self._by(_matches(year)),
            reminders=self._by(_reminders(year)),
            digests=self._by(_digests(year)),
            deliveries=self._by(_deliveries(year)),
            bodies=self._by(_bodies()),
            checks=self._by(_checks(year)),
            incidents=self._by(_Rule(incidents, and_(incidents.c.resolved_at < year, not_(UNNOTIFIED)))),
            snapshots=self._by(_repeated()) + self._by(_suspects(now - SUSPECTS)),
            contents=self._by(_contents()),
        )

    def _by(self, rule: _Rule) -> int:
        total = 0
        while count := self._one_piece(rule):
            total += count
        return total

    def _one_piece(self, rule: _Rule) -> int:
        """Looked for in a transaction that only reads, for that takes longest; and once more in the one that writes."""
        wanted = and_(rule.condition, *([] if rule.first is None else [rule.first]))
        looked_for = select(*rule.table.primary_key).where(wanted).limit(min(rule.size, self._piece))
        with self._database.read() as connection:
            keys = [tuple(row) for row in connection.execute(looked_for)]
        if not keys:
            return 0
        there = and_(rule.key.in_(keys), rule.condition)
        with self._database.write() as connection:
            if rule.table is bodies and not self._database.try_lock(connection, _PLAN_LOCK):
                return 0  # next time
            statement = delete(rule.table) if rule.values is None else update(rule.table).values(rule.values)
            return connection.execute(statement.where(there)).rowcount

    def _all(self, forget: Callable[[datetime], int], now: datetime) -> int:
        total = 0
        while count := forget(now):
            total += count
        return total

    def _forget_unconfirmed(self, now: datetime) -> int:
        """Whoever never confirmed: the rows go, and the address with them where there is nothing else of it."""
        pending = (subscriptions.c.status == "pending", subscriptions.c.created_at < now - ADDRESSES)
        old = select(subscriptions.c.id).where(*pending, not_(_waits(subscriptions.c.mailbox))).limit(_SLOW_PIECE)
        with self._database.write() as connection:
            ids = connection.execute(old).scalars().all()
            if not ids:
                return 0
            gone = delete(subscriptions).where(subscriptions.c.id.in_(ids)).returning(subscriptions.c.mailbox)
            for mailbox in sorted(set(connection.execute(gone).scalars())):
                if not _is_there(connection, mailbox):
                    self._blank(connection, mailbox, now, remember=False)
            return len(ids)

    def _forget_ended(self, now: datetime) -> int:
        """Whoever has ended everything, and was sent all that waited."""
        with self._database.write() as connection:
            boxes = connection.execute(_long_ended(now - ADDRESSES).limit(_SLOW_PIECE)).scalars().all()
            for mailbox in boxes:
                self._blank(connection, mailbox, now, remember=_must_be_remembered(connection, mailbox))
            return len(boxes)

    def _blank(self, connection: Connection, mailbox: str, now: datetime, *, remember: bool) -> None:
        remember = remember or erasure.is_erased(connection, mailbox)
        erasure.erase_by_hash(self._database, connection, mark(connection, mailbox), mailbox_of(mailbox), now)
        if not remember:
            erasure.forget(connection, mailbox)


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _is_there(connection: Connection, mailbox: str) -> bool:
    found = select(subscriptions.c.id).where(subscriptions.c.mailbox == mailbox).limit(1)
    return connection.execute(found).first() is not None


def _waits(mailbox: Any) -> ColumnElement[bool]:
    """Whether anything is still to be sent there or decided: the operator may read there, too."""
    unsent = exists().where(deliveries.c.mailbox == mailbox, deliveries.c.outcome.is_(None))
    return or_(unsent, exists().where(matches.c.mailbox == mailbox, matches.c.settled_at.is_(None)))


def _long_ended(before: datetime) -> Any:
    """Mailboxes where nothing has been wanted since then."""
    lives = func.sum(case((subscriptions.c.status == "ended", 0), else_=1))
    found = select(subscriptions.c.mailbox).where(not_(subscriptions.c.mailbox.startswith(_BLANKED)))
    idle = found.where(not_(_waits(subscriptions.c.mailbox))).group_by(subscriptions.c.mailbox)
    return idle.having(lives == 0, func.max(subscriptions.c.ended_at) < before).order_by(subscriptions.c.mailbox)


def _must_be_remembered(connection: Connection, mailbox: str) -> bool:
    """Whether an import, or the configuration, would otherwise bring it back against its reader's will.

    - The last one was ended by its reader, or because mail bounces.
    - One that the configuration names was ended by other means: it stays so under this name.
    """
    mine = select(subscriptions).where(subscriptions.c.mailbox == mailbox).order_by(subscriptions.c.id)
    found = connection.execute(mine).all()
    named = [row for row in found if row.name is not None and row.end_reason not in _BY_CONFIGURATION]
    return bool(named) or found[-1].end_reason in _SAID_NO


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _texts(before: datetime) -> _Rule:
    for_good = and_(deliveries.c.outcome.is_not(None), deliveries.c.outcome != "failed")
    old = and_(for_good, deliveries.c.done_at < before, deliveries.c.body_id.is_not(None))
    return _Rule(deliveries, old, values={"body_id": None})


def _bodies() -> _Rule:
    used = select(deliveries.c.body_id).where(deliveries.c.body_id.is_not(None))
    return _Rule(bodies, bodies.c.id.not_in(used), size=_SLOW_PIECE)


def _told_by(table: Table, before: datetime) -> ColumnElement[bool]:
    """No message tells it, or one that was done with before then."""
    open_ = or_(deliveries.c.outcome.is_(None), deliveries.c.done_at >= before)
    return or_(table.c.delivery_id.is_(None), not_(exists().where(deliveries.c.id == table.c.delivery_id, open_)))


def _matches(before: datetime) -> _Rule:
    # they keep a change from being told twice for as long as it is not spread to everybody
    spread = exists().where(changes.c.id == matches.c.change_id, changes.c.enqueued_at < before)
    return _Rule(matches, and_(matches.c.settled_at < before, spread, _told_by(matches, before)))


def _reminders(before: datetime) -> _Rule:
    past = and_(reminders.c.settled_at < before, reminders.c.cutoff_at < before)
    return _Rule(reminders, and_(past, _told_by(reminders, before)))


def _digests(before: datetime) -> _Rule:
    day = func.substr(digests.c.digest_period, func.length(digests.c.digest_period) - 9)  # “weekly 2024-04-01”
    return _Rule(digests, and_(day < before.date().isoformat(), _told_by(digests, before)))


def _deliveries(before: datetime) -> _Rule:
    told = [exists().where(table.c.delivery_id == deliveries.c.id) for table in (matches, reminders, digests)]
    old = and_(deliveries.c.outcome.is_not(None), deliveries.c.done_at < before, not_(or_(*told)))
    # the last one that somebody got says since when it has been quiet
    reading = select(subscriptions.c.mailbox).where(recipients.ACTIVE)
    newest = select(func.max(deliveries.c.id)).where(
        deliveries.c.purpose == "subscriber", deliveries.c.mailbox.in_(reading)
    )
    last = newest.group_by(deliveries.c.mailbox)
    return _Rule(deliveries, old, first=deliveries.c.id.not_in(last))


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _checks(before: datetime) -> _Rule:
    """Not the newest of a page, nor its first good one: since then it is known."""
    own = checks.alias()
    of_ours = select(func.max(own.c.id)).where(own.c.outcome != ARCHIVED).group_by(own.c.page_url)
    first = select(func.min(own.c.id)).where(own.c.outcome == "baseline").group_by(own.c.page_url)
    needed = or_(checks.c.id.in_(of_ours), checks.c.id.in_(first), checks.c.id.in_(select(changes.c.check_id)))
    old = and_(checks.c.checked_at < before, checks.c.outcome != ARCHIVED)
    return _Rule(checks, old, first=not_(needed))


def _is_baseline() -> ColumnElement[bool]:
    return exists().where(pages.c.baseline_id == snapshots.c.id)


def _repeated() -> _Rule:
    """Good readings after which the page said the same again: a newer parser has read it anew."""
    following = func.lead(snapshots.c.reading).over(partition_by=snapshots.c.page_url, order_by=snapshots.c.id)
    readings = select(snapshots.c.id, snapshots.c.reading, following.label("following"))
    good = readings.where(snapshots.c.assessment == "plausible").subquery()
    same = select(good.c.id).where(good.c.reading == good.c.following)
    unused = and_(snapshots.c.assessment == "plausible", not_(_is_baseline()))
    return _Rule(snapshots, unused, first=snapshots.c.id.in_(same))


def _suspects(before: datetime) -> _Rule:
    newer = snapshots.alias()
    superseded = exists().where(
        newer.c.page_url == snapshots.c.page_url, newer.c.assessment == "suspect", newer.c.id > snapshots.c.id
    )
    over = exists().where(pages.c.url == snapshots.c.page_url, pages.c.read_at >= snapshots.c.fetched_at)
    old = and_(snapshots.c.assessment == "suspect", snapshots.c.fetched_at < before, not_(_is_baseline()))
    return _Rule(snapshots, and_(old, or_(superseded, over)))


def _contents() -> _Rule:
    return _Rule(contents, not_(exists().where(snapshots.c.content_sha256 == contents.c.sha256)))
