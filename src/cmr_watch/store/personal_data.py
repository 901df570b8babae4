"""Collects everything that the database holds about an address.

Rows that cannot be read are left out, and reported to the operator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, select

from cmr_watch.models.mail_requests import MailRequest
from cmr_watch.models.personal_data import (
    MatchRecord,
    NoticeRecord,
    PersonalData,
    Remark,
    ReminderRecord,
    SentMessage,
)
from cmr_watch.models.recipients import mailbox_of
from cmr_watch.store import erasure, mute_rows, readable, row_mapping, signups
from cmr_watch.store.schema import (
    bodies,
    changes,
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
    reminders,
    subscriptions,
)
from cmr_watch.store.schema import signups as signup_table

Model = TypeVar("Model")


def load(connection: Connection, mailbox: str) -> PersonalData:
    """Return what is stored about a mailbox."""

    def of(table: Table, decode: Callable[[Any], Model], order: Any, *others: Any, joined: Any = None) -> Any:
        statement = select(table, *others)
        if joined is not None:
            statement = statement.select_from(joined)
        found = connection.execute(statement.where(table.c.mailbox == mailbox).order_by(order))
        return tuple(readable.models(connection, table, readable.rows(connection, table, found), decode))

    with_body = deliveries.outerjoin(bodies, bodies.c.id == deliveries.c.body_id)
    with_change = matches.join(changes, changes.c.id == matches.c.change_id)
    with_outage = outage_notices.join(outages, outages.c.id == outage_notices.c.outage_id)
    return PersonalData(
        subscriptions=of(subscriptions, row_mapping.subscription, subscriptions.c.id),
        signups=of(signup_table, signups.signup_of, signup_table.c.id),
        requests=of(mail_requests, _request, mail_requests.c.id),
        messages=of(deliveries, _message, deliveries.c.id, bodies.c.subject, joined=with_body),
        matches=of(matches, _match, matches.c.change_id, changes.c.kind, changes.c.key, joined=with_change),
        reminders=of(reminders, _reminder, reminders.c.settled_at),
        notices=of(outage_notices, _notice, outage_notices.c.settled_at, outages.c.page_url, joined=with_outage),
        digests=of(digests, lambda row: str(row.digest_period), digests.c.digest_period),
        mutes=of(mutes, mute_rows.mute_of, mutes.c.muted_at),
        remarks=(
            *of(hard_bounces, lambda row: Remark(row.noted_at, "bounce", row.reason), hard_bounces.c.noted_at),
            *of(delivery_pauses, _delivery_pause, delivery_pauses.c.paused_until),
            *_incidents(connection, mailbox),
        ),
    )


def _request(row: Any) -> MailRequest:
    return MailRequest(row.kind, row.address, row.language, row.network, row.requested_at, row.id, row.mailed_at)


def _message(row: Any) -> SentMessage:
    return SentMessage(row.created_at, row.subject or "", row.purpose, row.outcome, row.done_at, row.last_error)


def _match(row: Any) -> MatchRecord:
    return MatchRecord(row.matched_at, row.kind, row.key, row.settled_at)


def _reminder(row: Any) -> ReminderRecord:
    return ReminderRecord(row.settled_at, row.call_key, row.cutoff_at, row.days_before)


def _notice(row: Any) -> NoticeRecord:
    return NoticeRecord(row.settled_at, row.page_url, row.phase)


def _delivery_pause(row: Any) -> Remark:
    return Remark(row.paused_until, "delivery-pause", str(row.soft_bounces))


def _incidents(connection: Connection, mailbox: str) -> Iterator[Remark]:
    """What was reported to the operator about this address. Its subject is the address as it was written."""
    found = connection.execute(select(incidents).where(incidents.c.kind.in_(erasure.ADDRESS_INCIDENTS)))
    for row in readable.rows(connection, incidents, found.all()):
        if mailbox_of(row.subject) == mailbox:
            yield Remark(row.opened_at, row.kind, row.detail)
