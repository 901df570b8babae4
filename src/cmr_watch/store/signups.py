"""Requests for a subscription that were made on the site, until their addresses confirm them.

A request writes one row, whatever its address. Its mail is written later (`write_mails`), so that nobody learns from an
answer whether an address is known, and a hundred requests for one address cause one mail. Rows that get no mail are
deleted. The token in the mail is random, and only its hash is kept here.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Literal

from sqlalchemy import Connection, func, select, update

from cmr_watch.languages import LANGUAGES
from cmr_watch.models.recipients import TOKEN_SLOT, Message, SubscriptionRequest, mailbox_of
from cmr_watch.models.signups import Signup
from cmr_watch.store import erasure, plan_writer, readable, row_mapping
from cmr_watch.store.database import Database
from cmr_watch.store.locks import Lock
from cmr_watch.store.schema import signups, subscriptions
from cmr_watch.store.subscription_requests import normalize
from cmr_watch.store.subscriptions import BOUNCED, Subscriptions, select_subscriptions

WriteMail = Callable[[SubscriptionRequest, str], Message]
"""Writes the mail that asks for confirmation of a request, with a token."""
Outcome = Literal["started", "changed", "kept"]
"""What came of a confirmation: `kept` means that the operator has declared the subscription."""
MAX_PER_HOUR: Final = 200
"""Mails that ask for confirmation, of the whole installation: they go to addresses that nobody has checked."""
ONCE_PER: Final = timedelta(days=1)
"""An address gets one such mail within this time."""
_BATCH: Final = 500
_LETTERS: Final = string.ascii_lowercase + "234567"  # 5 bits each


def new_token() -> str:
    """A random token of 210 bits. It begins with a letter, so it never looks like one that unsubscribes."""
    return "c" + "".join(secrets.choice(_LETTERS) for _ in TOKEN_SLOT[1:])


def hash_of(token: str) -> str:
    """What is stored of a token: whoever reads the database cannot confirm anything with it."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


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

        Of several for one address, the newest counts. None is written to an address that was erased, or to which mail
        bounces, nor twice a day to the same one.
        """
        if not self._is_any_waiting():
            return 0
        with self._database.write() as connection:
            if not self._database.try_lock(connection, Lock.SIGNUPS):
                return 0
            waiting = _load(connection, signups.c.mailed_at.is_(None))
            newest = {mailbox_of(signup.request.address): signup for signup in waiting}
            refused = {box for box, signup in newest.items() if _is_refused(connection, signup.request.address, now)}
            wanted = [signup for box, signup in newest.items() if box not in refused]
            dropped = {signup.id for signup in waiting} - {signup.id for signup in wanted}
            connection.execute(signups.delete().where(signups.c.id.in_(dropped)))
            written = wanted[: max(0, MAX_PER_HOUR - _count_mailed(connection, now - timedelta(hours=1), now))]
            for signup in written:
                self._write_mail(connection, signup, write, now)
            return len(written)

    def _is_any_waiting(self) -> bool:
        statement = select(signups.c.id).where(signups.c.mailed_at.is_(None)).limit(1)
        with self._database.read() as connection:
            return connection.execute(statement).first() is not None

    def _write_mail(self, connection: Connection, signup: Signup, write: WriteMail, now: datetime) -> None:
        token = new_token()
        values = {"mailed_at": now, "token_hash": hash_of(token)}
        connection.execute(update(signups).where(signups.c.id == signup.id).values(values))
        plan_writer.insert_message(self._database, connection, write(signup.request, token), row_mapping.OPT_IN, now)

    def find(self, token: str, now: datetime) -> Signup | None:
        """The request that a token belongs to; None if there is none, or if it can no longer be confirmed."""
        with self._database.read() as connection:
            found = _load(connection, signups.c.token_hash == hash_of(token))
        return found[0] if found and found[0].is_valid(now) else None

    def confirm(self, token: str, store: Subscriptions, now: datetime) -> Outcome | None:
        """Start what was asked for; None if the token is not valid.

        An address has one subscription: an active one gets the choices of the request, unless the configuration
        declares it. A process that is killed in between has started the subscription; confirming again changes nothing.
        """
        signup = self.find(token, now)
        if signup is None:
            return None
        outcome = _apply(store, signup, now)
        with self._database.write() as connection:
            is_first = (signups.c.id == signup.id, signups.c.confirmed_at.is_(None))
            connection.execute(update(signups).where(*is_first).values(confirmed_at=now))
        return outcome


def _apply(store: Subscriptions, signup: Signup, now: datetime) -> Outcome | None:
    active = [entry for entry in store.find(signup.request.address) if entry.status == "active"]
    if any(entry.name is not None for entry in active):
        return "kept"
    if signup.confirmed_at is not None:  # the link does not start again what has ended since
        return "started" if active else None
    if not active:
        store.add(signup.request, now, consent=signup.consent(now), resubscribe=True)
        return "started"
    first = active[0]
    store.edit(first.id, replace(signup.request, address=first.address), now)
    return "changed"


def _is_refused(connection: Connection, address: str, now: datetime) -> bool:
    """Whether no mail that asks for confirmation is sent to an address."""
    if erasure.is_erased(connection, address):
        return True
    mailbox = mailbox_of(address)
    history = select_subscriptions(connection, subscriptions.c.mailbox == mailbox)
    is_dead = bool(history) and history[-1].status == "ended" and history[-1].end_reason == BOUNCED
    return is_dead or _count_mailed(connection, now - ONCE_PER, now, signups.c.mailbox == mailbox) > 0


def _count_mailed(connection: Connection, since: datetime, now: datetime, *conditions: Any) -> int:
    """How many requests got their mail since a time. Those from the future were mailed by a clock that was wrong."""
    is_recent = (signups.c.mailed_at > since, signups.c.mailed_at <= now)
    return connection.execute(select(func.count()).select_from(signups).where(*is_recent, *conditions)).scalar_one()


def _load(connection: Connection, *conditions: Any) -> Sequence[Signup]:
    """The oldest requests that meet the conditions, in order."""
    rows = connection.execute(select(signups).where(*conditions).order_by(signups.c.id).limit(_BATCH))
    return tuple(readable.models(connection, signups, rows, signup_of))


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
