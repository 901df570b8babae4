"""Wires the settings to store, page and channels; it *is* the verbs: check, enqueue, deliver."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from cmr_watch.config import Settings
from cmr_watch.exceptions import ConfigError
from cmr_watch.models import Channel, CheckResult, Page
from cmr_watch.monitor.check import accept, check_page
from cmr_watch.monitor.fetch import Fetcher, FetchSettings, MemoryRobots
from cmr_watch.notify.channels import Sender
from cmr_watch.notify.channels.apprise import AppriseChannel
from cmr_watch.notify.channels.mail import MailChannel, MailSettings
from cmr_watch.notify.outbox import DeliveryReport, deliver, enqueue, message_ids
from cmr_watch.render.messages import MessageContext, message, trial_message
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.subscriptions import Subscriptions

Clock = Callable[[], datetime]


def fetch_settings(settings: Settings) -> FetchSettings:
    """What the configuration says about fetching."""
    return FetchSettings(
        contact=settings.fetch.contact or settings.mail.sender or "",
        allowed_hosts=settings.page.hosts,
        private_addresses=settings.page.private_addresses,
        deadline=settings.fetch.deadline,
        retries=settings.fetch.retries,
        robots=settings.fetch.robots,
    )


def mail_settings(settings: Settings) -> MailSettings | None:
    """What the configuration says about the mail server; None when there is none."""
    mail = settings.mail
    if mail.host is None or mail.sender is None:
        return None
    return MailSettings(
        host=mail.host,
        port=mail.port_or_usual,
        sender=mail.sender,
        security=mail.security,
        user=mail.user,
        password=mail.password,
        sender_name=mail.sender_name,
        ca_file=str(mail.ca_file) if mail.ca_file else None,
    )


def fetch_page(settings: Settings, url: str, clock: Clock) -> Page:
    """A page as the configuration lets it be fetched, past the store."""
    with Fetcher(fetch_settings(settings), MemoryRobots(), clock) as fetcher:
        page = fetcher.fetch(url)
    assert page is not None, "an unconditional GET has no 304"
    return page


def message_context(settings: Settings) -> MessageContext:
    """What the configuration says about messages."""
    contact = settings.fetch.contact or settings.mail.sender
    return MessageContext(settings.page.url, settings.messages.zone, settings.mail.sender_name, contact)


def open_channels(settings: Settings, clock: Clock) -> dict[Channel, Sender]:
    """The ways out that are configured; each connects when it is first used."""
    channels: dict[Channel, Sender] = {"apprise": AppriseChannel(sender_name=settings.mail.sender_name)}
    if mail := mail_settings(settings):
        channels["mail"] = MailChannel(mail, clock)
    return channels


def send_trial(settings: Settings, address: str, clock: Clock) -> None:
    """Send a test message at once, past the outbox; ConfigError when there is no way to send it."""
    trial = trial_message(address, message_context(settings), message_ids(settings.mail.sender)())
    channel = open_channels(settings, clock).get(trial.channel)
    if channel is None:
        raise ConfigError("no mail server is configured: set [mail] host and from")
    with closing(channel):
        channel.send(trial)


@dataclass(frozen=True, slots=True)
class RoundReport:
    """What one round did. `delivery` is None when nobody was to be told."""

    check: CheckResult
    delivery: DeliveryReport | None = None

    @property
    def failed(self) -> bool:
        """Whether the page was not read or not believed, or a message did not go out."""
        return self.check.failed or (self.delivery is not None and self.delivery.failed)

    @property
    def troubles(self) -> tuple[str, ...]:
        """Why messages did not go out."""
        return self.delivery.failures if self.delivery else ()


class App:
    """One page, one database, one fetcher (with its one client and TLS context), the channels. To be closed."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._checks = Checks(database)
        self._subscriptions = Subscriptions(database)
        self._deliveries = Deliveries(database)
        self._fetcher = Fetcher(fetch_settings(settings), self._checks, clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._fetcher.close()

    def check(self, *, notify: bool = True) -> RoundReport:
        """Look at the page; then, also when that failed, tell people what waits to be told."""
        self._subscriptions.sync(self._settings.subscriptions, self._clock())
        result = check_page(self._settings.page.url, "initiative", self._fetcher, self._checks, self._clock)
        return self._told(result, notify)

    def accept(self, *, notify: bool = True) -> RoundReport:
        """Make the newest suspect reading the baseline."""
        self._subscriptions.sync(self._settings.subscriptions, self._clock())
        result = accept(self._settings.page.url, "initiative", self._checks, self._clock)
        return self._told(result, notify)

    def enqueue(self) -> int:
        """Turn changes into messages; how many."""
        context, new_id = message_context(self._settings), message_ids(self._settings.mail.sender)
        return enqueue(
            self._deliveries,
            self._subscriptions,
            lambda address, changes: message(address, changes, context, new_id()),
            self._clock(),
        )

    def deliver(self) -> DeliveryReport:
        """Send what is due."""
        return deliver(self._deliveries, open_channels(self._settings, self._clock), self._clock)

    def _told(self, result: CheckResult, notify: bool) -> RoundReport:
        if not notify:
            return RoundReport(result)
        self.enqueue()
        return RoundReport(result, self.deliver())
