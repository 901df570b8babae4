"""Mails that recipients ask for on the site: a link with which to manage a subscription, and their data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import Connection, select

from cmr_watch.languages import LANGUAGES
from cmr_watch.models.mail_requests import MailRequest, Managed, RequestKind
from cmr_watch.models.personal_data import PersonalData
from cmr_watch.models.recipients import Message, mailbox_of
from cmr_watch.store import personal_data
from cmr_watch.store.database import Database
from cmr_watch.store.locks import Lock
from cmr_watch.store.mute_rows import select_mutes
from cmr_watch.store.recipients import ACTIVE
from cmr_watch.store.requested_mails import MailKind, hash_of, write_mails
from cmr_watch.store.schema import mail_requests, mutes, subscriptions
from cmr_watch.store.subscription_requests import normalize_address
from cmr_watch.store.subscriptions import select_subscriptions

WriteLink = Callable[[MailRequest, str], Message]
"""Writes the mail with a link, which contains the token."""
WriteExport = Callable[[MailRequest, PersonalData], Message]
"""Writes the mail with the data of an address."""


class MailRequests:
    """The mails that were asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, request: MailRequest) -> None:
        """Store a request. The same statement for every address."""
        address = normalize_address(request.address)
        row = {
            "kind": request.kind,
            "address": address,
            "mailbox": mailbox_of(address),
            "language": request.language,
            "network": request.network,
            "requested_at": request.requested_at,
        }
        with self._database.write() as connection:
            connection.execute(mail_requests.insert(), row)

    def write_links(self, write: WriteLink, now: datetime) -> int:
        """Write the mails with links to addresses that have a subscription; return their number."""

        def link(connection: Connection, request: MailRequest, token: str) -> Message:
            return write(_as_subscribed(connection, request), token)

        return write_mails(self._database, _LINKS, link, now)

    def write_exports(self, write: WriteExport, now: datetime) -> int:
        """Write the mails with the data of addresses; return their number."""

        def export(connection: Connection, request: MailRequest, _: str) -> Message:
            data = personal_data.load(connection, mailbox_of(request.address))
            return write(_as_subscribed(connection, request), data)

        return write_mails(self._database, _EXPORTS, export, now)

    def open(self, token: str, now: datetime) -> Managed | None:
        """What a link opens; None if there is none with this token, or if it does not work any more.

        The database queries are the same for every token.
        """
        with self._database.read() as connection:
            found = _LINKS.load(connection, mail_requests.c.token_hash == hash_of(token))
            request = found[0] if found and found[0].is_valid(now) else None
            mailbox = mailbox_of(request.address) if request else ""
            stored = select_subscriptions(connection, subscriptions.c.mailbox == mailbox)
            muted = select_mutes(connection, mutes.c.mailbox == mailbox, mutes.c.ended_at.is_(None)).get(mailbox, ())
        return Managed(request.address, stored, muted) if request else None


def _as_subscribed(connection: Connection, request: MailRequest) -> MailRequest:
    """The request with the address in the spelling that was confirmed, which may differ from the one entered."""
    stored = select_subscriptions(connection, subscriptions.c.mailbox == mailbox_of(request.address))
    return replace(request, address=stored[-1].address) if stored else request


def request_of(row: Any) -> MailRequest:
    """Return a request from its row. ValueError if its mail could not be written."""
    if row.mailbox != mailbox_of(row.address):
        raise ValueError("mailbox is not valid")
    if row.kind not in get_args(RequestKind):
        raise ValueError("kind is not valid")
    if row.language not in LANGUAGES:
        raise ValueError("language is not valid")
    return MailRequest(row.kind, row.address, row.language, row.network, row.requested_at, row.id, row.mailed_at)


def _has_no_subscription(connection: Connection, address: str) -> bool:
    statement = select(subscriptions.c.id).where(ACTIVE, subscriptions.c.mailbox == mailbox_of(address))
    return connection.execute(statement.limit(1)).first() is None


def _has_no_rows(connection: Connection, address: str) -> bool:
    statement = select(subscriptions.c.id).where(subscriptions.c.mailbox == mailbox_of(address))
    return connection.execute(statement.limit(1)).first() is None


_LINKS = MailKind(mail_requests, mail_requests.c.kind == "link", request_of, "link", Lock.LINKS, _has_no_subscription)
_EXPORTS = MailKind(mail_requests, mail_requests.c.kind == "export", request_of, "export", Lock.LINKS, _has_no_rows)
