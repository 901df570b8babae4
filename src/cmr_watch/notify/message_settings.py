"""Combines the texts of `render` with the names, addresses and links from the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.clock import Clock
from cmr_watch.config import Settings
from cmr_watch.exceptions import ConfigError
from cmr_watch.models.mail_requests import MailRequest
from cmr_watch.models.personal_data import PersonalData
from cmr_watch.models.recipients import TOKEN_SLOT, Body, Contents, Incident, Message, SubscriptionRequest
from cmr_watch.notify.channels.registry import open_channels
from cmr_watch.notify.message_composer import Render
from cmr_watch.notify.outbox import WriteOperator, message_ids
from cmr_watch.render.i18n import in_language
from cmr_watch.render.messages import (
    Consent,
    MessageContext,
    body,
    delivery_test_body,
    export_body,
    link_body,
    operator_body,
    opt_in_body,
)
from cmr_watch.store.database import Database
from cmr_watch.store.mail_requests import MailRequests
from cmr_watch.store.signups import Signups, WriteMail

_TEST_TOKEN: Final = "0" * len(TOKEN_SLOT)
"""Has the form of a token, but unsubscribes no one."""


def message_context(settings: Settings) -> MessageContext:
    """The settings that appear in messages."""
    mail, site = settings.mail, settings.web.url
    return MessageContext(
        source_url=settings.page.url,
        time_zone=settings.messages.zone,
        sender_name=mail.sender_name,
        contact=settings.fetch.contact or mail.sender,
        unsubscribe_address=mail.unsubscribe or mail.sender,
        site_url=settings.web.secure_url,
        offers_managing=settings.offers_managing,
        web_url=site,
    )


def subscriber_renderer(settings: Settings) -> Render:
    """Return the function that renders messages to subscribers."""
    context = message_context(settings)

    def render(contents: Contents, chat: bool, zone: ZoneInfo, consent: Consent | None, language: str) -> Body:
        with in_language(language):
            return body(contents, context, chat, zone, consent)

    return render


def operator_writer(settings: Settings) -> WriteOperator:
    """Return the function that writes a message about incidents to an operator."""
    context, new_id = message_context(settings), message_ids(settings.mail.sender)

    def write(address: str, incidents: Sequence[Incident]) -> Message:
        return Message(address, operator_body(incidents, context, "://" in address), new_id())

    return write


def write_requested_mails(settings: Settings, database: Database, now: datetime) -> int:
    """Write the mails that were asked for on the site; return their number."""
    if not settings.offers_managing:
        return 0
    asked, new_id, context = MailRequests(database), message_ids(settings.mail.sender), message_context(settings)

    def link(request: MailRequest, token: str) -> Message:
        with in_language(request.language):
            return Message(request.address, link_body(context), new_id(), token=token, unsubscribes=False)

    def export(request: MailRequest, data: PersonalData) -> Message:
        with in_language(request.language):
            return Message(request.address, export_body(data, context, context.time_zone), new_id(), unsubscribes=False)

    opt_ins = Signups(database).write_mails(_opt_in_writer(settings), now)
    return opt_ins + asked.write_links(link, now) + asked.write_exports(export, now)


def _opt_in_writer(settings: Settings) -> WriteMail:
    new_id = message_ids(settings.mail.sender)

    @cache  # rendered only if there is one to write
    def text(language: str) -> Body:
        with in_language(language):
            return opt_in_body(message_context(settings))

    def write(request: SubscriptionRequest, token: str) -> Message:
        return Message(request.address, text(request.language), new_id(), token=token, unsubscribes=False)

    return write


def send_test_message(settings: Settings, address: str, clock: Clock) -> None:
    """Send a test message immediately, without the outbox. Raises ConfigError if its channel is not configured.

    A mail has the headers that news has, so that a mail server can be tested with it.
    """
    test_body = delivery_test_body(message_context(settings), chat="://" in address)
    message = Message(address, test_body, message_ids(settings.mail.sender)(), token=_TEST_TOKEN)
    channel = open_channels(settings, clock).get(message.channel)
    if channel is None:
        raise ConfigError("no mail server is configured: set [mail] host and from")
    with closing(channel):
        channel.send(message)
