"""Requests for a subscription that were made on the site, until their addresses confirm them.

A request writes one row, whatever its address. Its mail is written later (`write_mails`), so that no response reveals
whether an address is known, and a hundred requests for one address cause one mail. Rows that get no mail are deleted.
The token in the mail is random, and only its hash is kept here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select, true, update

from cmr_watch.languages import LANGUAGES
from cmr_watch.models.recipients import Message, SubscriptionRequest, mailbox_of
from cmr_watch.models.signups import Signup, inbox_of
from cmr_watch.store import erasure, row_mapping
from cmr_watch.store.database import Database
from cmr_watch.store.installation import address_hashes
from cmr_watch.store.locks import Lock
from cmr_watch.store.pauses import Pauses
from cmr_watch.store.recipients import ACTIVE
from cmr_watch.store.requested_mails import MailKind, hash_of, write_mails
from cmr_watch.store.schema import signups, subscriptions
from cmr_watch.store.subscription_requests import normalize
from cmr_watch.store.subscriptions import (
    BOUNCED,
    UNSUBSCRIBED,
    UNSUBSCRIBED_ONLINE,
    Subscriptions,
    select_subscriptions,
)

WriteMail = Callable[[SubscriptionRequest, str], Message]
"""Writes the mail that asks for confirmation of a request, with a token."""
Outcome = Literal["started", "changed", "kept"]
"""The result of a confirmation: `kept` means that the operator has declared the subscription."""


class Signups:
    """The requests that were made on the site."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, signup: Signup) -> None:
        """Store a request. The same statement for every address."""
        request = normalize(signup.request)
        row = {
            **row_mapping.request_row(request),
            "address": request.address,
            "mailbox": mailbox_of(request.address),
            "consent_text": signup.consent_text,
            "network": signup.network,
            "requested_at": signup.requested_at,
        }
        with self._database.write() as connection:
            connection.execute(signups.insert(), row)

    def write_mails(self, write: WriteMail, now: datetime) -> int:
        """Write the mails of the requests that wait for theirs into the outbox; return their number.

        None is written to an address that was erased, or to which mail bounces. (200 an hour may go to addresses that
        have not been confirmed.)
        """
        return write_mails(self._database, _KIND, lambda _, signup, token: write(signup.request, token), now)

    def find(self, token: str, now: datetime) -> Signup | None:
        """The request that a token belongs to; None if there is none, or if it can no longer be confirmed.

        A link that was used does not start again what has ended since.
        """
        with self._database.read() as connection:
            found = _KIND.load(connection, signups.c.token_hash == hash_of(token))
            if not found or not found[0].is_valid(now):
                return None
            is_used_up = found[0].confirmed_at is not None and not _has_subscription(connection, found[0].address)
        return None if is_used_up else found[0]

    def confirm(self, token: str, store: Subscriptions, now: datetime) -> Outcome | None:
        """Start what was asked for; None if the token is not valid.

        An address has one subscription: an active one gets the choices of the request, unless the configuration
        declares it. A process that is killed in between has started the subscription; confirming again changes nothing.
        If the address was erased in between, it is erased again.
        """
        signup = self.find(token, now)
        if signup is None:
            return None
        outcome = self._apply(store, signup, now)
        with self._database.write() as connection:
            is_first = (signups.c.id == signup.id, signups.c.confirmed_at.is_(None))
            connection.execute(update(signups).where(*is_first).values(confirmed_at=now))
            is_there = connection.execute(select(signups.c.id).where(signups.c.id == signup.id)).first() is not None
        if not is_there:
            store.erase(signup.address, now)
        return outcome if is_there else None

    def _apply(self, store: Subscriptions, signup: Signup, now: datetime) -> Outcome | None:
        active = [entry for entry in store.find(signup.address) if entry.status == "active"]
        if any(entry.name is not None for entry in active):
            return "kept"
        if signup.confirmed_at is not None:
            return "started" if active else None
        consent = signup.consent(now)
        if not active:
            store.add(signup.request, now, consent=consent, resubscribe=True)
            return "started"
        first = active[0]
        store.edit(first.id, replace(signup.request, address=first.address), now, consent=consent)
        Pauses(self._database).pause(first.id, None, now)  # a person who subscribes wants mails
        return "changed"


def _has_subscription(connection: Connection, address: str) -> bool:
    return bool(select_subscriptions(connection, ACTIVE, subscriptions.c.mailbox == mailbox_of(address)))


def _is_refused(connection: Connection, address: str) -> bool:
    """Whether no mail that asks for confirmation is sent to an address."""
    if erasure.is_erased(connection, address):
        return not _has_only_left(connection, address)
    history = select_subscriptions(connection, subscriptions.c.mailbox == mailbox_of(address))
    return bool(history) and history[-1].status == "ended" and history[-1].end_reason == BOUNCED


def _has_only_left(connection: Connection, address: str) -> bool:
    """Whether an address was not erased on request, but some weeks after its recipient had unsubscribed."""
    placeholders = [erasure.placeholder_of(hashed) for hashed in address_hashes(connection, address)]
    of_recipient = select(subscriptions.c.end_reason).where(subscriptions.c.mailbox.in_(placeholders))
    last = connection.execute(of_recipient.order_by(subscriptions.c.id.desc()).limit(1)).scalar()
    return last in (UNSUBSCRIBED, UNSUBSCRIBED_ONLINE)


def signup_of(row: Any) -> Signup:
    """Return a request from its row. ValueError if it could not be confirmed."""
    if row.mailbox != mailbox_of(row.address):
        raise ValueError("mailbox is not valid")
    if not all(0 <= days <= row_mapping.MAX_DAYS for days in row.reminders):
        raise ValueError("reminders is not valid")
    if row.language not in LANGUAGES:
        raise ValueError("language is not valid")
    request = SubscriptionRequest(
        address=row.address,
        topics=tuple(row.topics),
        countries=tuple(row.countries),
        schedule=row_mapping.schedule_from_row(**row.schedule),
        reminders=tuple(row.reminders),
        still_watching=row.still_watching,
        language=row.language,
    )
    return Signup(
        request=request,
        consent_text=row.consent_text,
        network=row.network,
        requested_at=row.requested_at,
        id=row.id,
        mailed_at=row.mailed_at,
        confirmed_at=row.confirmed_at,
    )


_KIND = MailKind(signups, true(), signup_of, row_mapping.OPT_IN, Lock.SIGNUPS, _is_refused, inbox_of)
