"""Wires the settings to store, page and channels; it *is* the verbs: check, enqueue, deliver."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cmr_watch.config import Settings
from cmr_watch.exceptions import ConfigError, StoreError
from cmr_watch.health import HealthStatus
from cmr_watch.log import redact_page_url
from cmr_watch.models import (
    PARSER_VERSION,
    Body,
    Channel,
    CheckResult,
    Contents,
    FetchedPage,
    Incident,
    Message,
    PageRef,
    RecordedChange,
)
from cmr_watch.monitor.check import AcceptPreview, accept, preview_accept
from cmr_watch.monitor.fetch import Fetcher, FetchSettings, MemoryRobots
from cmr_watch.monitor.site import check_site
from cmr_watch.notify.channels import Sender
from cmr_watch.notify.channels.apprise import AppriseChannel
from cmr_watch.notify.channels.mail import MailChannel, MailSettings
from cmr_watch.notify.message_composer import MessageComposer, Render
from cmr_watch.notify.outbox import (
    DeliveryReport,
    Pace,
    check_overdue_digests,
    compose,
    deliver,
    enqueue,
    message_ids,
    notify_operator,
)
from cmr_watch.notify.planning import match_changes
from cmr_watch.render.messages import MessageContext, body, delivery_test_body, operator_body
from cmr_watch.store.bounce_pauses import Bounces
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.installation import Installation
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.restore_quarantine import RestoreQuarantine
from cmr_watch.store.schema import REVISION
from cmr_watch.store.subscriptions import BOUNCED, Subscriptions
from cmr_watch.store.suppression_journal import Journal

if TYPE_CHECKING:  # loaded by the methods that need them: a one-off check pays for every import
    from cmr_watch.monitor.archive.backfill import BackfillReport, Progress
    from cmr_watch.monitor.archive.memento_client import Archive
    from cmr_watch.monitor.replay import ReplayDifference
    from cmr_watch.notify.bounce_processing import BounceReport
    from cmr_watch.notify.channels.mailbox import MailboxSettings
    from cmr_watch.store.backup import Copy
    from cmr_watch.store.retention import RetentionReport

Clock = Callable[[], datetime]
_NOT_STORED = 2**62
"""The first ID of changes that are not stored: greater than that of any stored change."""


def _never() -> bool:
    return False


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


def open_archive(settings: Settings, fetcher: Fetcher, sleep: Callable[[float], None]) -> Archive:
    """The archive that the configuration names; `fetcher` is made with `archive_settings`."""
    from cmr_watch.monitor.archive.memento_client import Archive

    def get(url: str) -> FetchedPage:
        page = fetcher.fetch(url)
        assert page is not None, "an unconditional GET has no 304"
        return page

    return Archive(settings.archive.timemap, get, lambda: sleep(settings.archive.pause))


def archive_settings(settings: Settings) -> FetchSettings:
    """How an archive is asked: its own host is allowed, and its lists are no HTML."""
    from cmr_watch.monitor.archive.memento_client import TIMEMAP_TYPES

    host = urlsplit(settings.archive.timemap).netloc
    own = fetch_settings(settings)
    return replace(own, allowed_hosts=(*own.allowed_hosts, host), kinds=TIMEMAP_TYPES)


def mail_settings(settings: Settings) -> MailSettings | None:
    """What the configuration says about the mail server; None when there is none."""
    mail = settings.mail
    if mail.host is None or mail.sender is None:
        return None
    return MailSettings(
        host=mail.host,
        port=mail.effective_port,
        sender=mail.sender,
        security=mail.security,
        user=mail.user,
        password=mail.password,
        sender_name=mail.sender_name,
        ca_file=str(mail.ca_file) if mail.ca_file else None,
        unsubscribe=mail.unsubscribe,
        web_url=settings.web.url,
    )


def fetch_page(settings: Settings, url: str, clock: Clock) -> FetchedPage:
    """A page as the configuration lets it be fetched, past the store."""
    with Fetcher(fetch_settings(settings), MemoryRobots(), clock) as fetcher:
        page = fetcher.fetch(url)
    assert page is not None, "an unconditional GET has no 304"
    return page


def message_context(settings: Settings) -> MessageContext:
    """What the configuration says about messages."""
    mail = settings.mail
    return MessageContext(
        source_url=settings.page.url,
        time_zone=settings.messages.zone,
        sender_name=mail.sender_name,
        contact=settings.fetch.contact or mail.sender,
        unsubscribe_address=mail.unsubscribe or mail.sender,
        web_url=settings.web.url,
    )


def open_channels(settings: Settings, clock: Clock) -> dict[Channel, Sender]:
    """The ways out that are configured; each connects when it is first used."""
    channels: dict[Channel, Sender] = {"apprise": AppriseChannel(sender_name=settings.mail.sender_name)}
    if mail := mail_settings(settings):
        channels["mail"] = MailChannel(mail, clock)
    return channels


def mailbox_settings(settings: Settings) -> MailboxSettings:
    """What the configuration says about the mailbox that mail comes back to."""
    from cmr_watch.notify.channels.mailbox import MailboxSettings

    bounces = settings.bounces
    if bounces.maildir is None and bounces.host is None:
        raise ConfigError("no mailbox is configured: set maildir, or host and user, in [bounces]")
    return MailboxSettings(
        maildir=bounces.maildir,
        host=bounces.host or "",
        port=bounces.port,
        security=bounces.security,
        user=bounces.user,
        password=bounces.password,
        folder=bounces.folder,
        ca_file=bounces.ca_file,
    )


OpenChannels = Callable[[Settings, Clock], Mapping[Channel, Sender]]
"""Opens the ways out."""


def send_test_message(settings: Settings, address: str, clock: Clock) -> None:
    """Send a test message at once, past the outbox; ConfigError when there is no way to send it."""
    body = delivery_test_body(message_context(settings), chat="://" in address)
    trial = Message(address, body, message_ids(settings.mail.sender)())
    channel = open_channels(settings, clock).get(trial.channel)
    if channel is None:
        raise ConfigError("no mail server is configured: set [mail] host and from")
    with closing(channel):
        channel.send(trial)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What one round did: the list's check, and those of the pages that it leads to.

    `delivery` is None when nobody was to be told.
    """

    check: CheckResult
    delivery: DeliveryReport | None = None
    others: tuple[CheckResult, ...] = ()

    @property
    def has_failures(self) -> bool:
        """Whether the list or the call page was not read or not believed, or a message did not go out."""
        calls = any(other.has_failed for other in self.others if other.page.kind == "call")
        return self.check.has_failed or calls or (self.delivery is not None and self.delivery.has_failures)

    @property
    def changed(self) -> bool:
        """Whether any page has changed."""
        return any(result.changes for result in (self.check, *self.others))

    @property
    def problems(self) -> tuple[str, ...]:
        """What the sentence does not say: pages that were not read or not believed, messages that did not go out."""
        pages = tuple(f"{redact_page_url(other.page.url)}: {other.detail}" for other in self.others if other.has_failed)
        return pages + (self.delivery.failures if self.delivery else ())


class App:
    """One page, one database, one fetcher (with its one client and TLS context), the channels. To be closed.

    `sleep` waits some seconds, where a limit on mails per minute asks for it; `open_channels` opens the ways out.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
        open_channels: OpenChannels = open_channels,
    ) -> None:
        self._ways = open_channels
        self._settings = settings
        self._database = database
        self._clock = clock
        self._sleep = sleep
        self._checks = Checks(database, patience=settings.operator.after_failures)
        self._journal = Journal(settings.database.journal)
        self._subscriptions = Subscriptions(database, self._journal)
        self._news = MatchQueue(database)
        self._deliveries = Deliveries(database)
        self._incidents = Incidents(database)
        self._fetcher = Fetcher(fetch_settings(settings), self._checks, clock)
        self._is_ready = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._fetcher.close()

    def check(self, *, notify: bool = True) -> CheckReport:
        """Look at the page; then, also when that failed, tell people what waits to be told."""
        self._prepare()
        self._subscriptions.sync(self._settings.subscriptions, self._clock())
        results = check_site(self._settings.page.url, self._fetcher, self._checks, self._clock, self._pause)
        return self._told(results, notify)

    def accept(self, page_url: str | None = None, *, notify: bool = True) -> CheckReport:
        """Make the newest suspect reading of a page the baseline; of the list, unless another page is named."""
        self._prepare()
        self._subscriptions.sync(self._settings.subscriptions, self._clock())
        return self._told((accept(self._page(page_url), self._checks, self._clock),), notify)

    def preview_accept(self, page_url: str | None = None) -> tuple[AcceptPreview, tuple[int, ...]]:
        """What `accept` would do, and how many recipients each of its changes concerns. Stores nothing."""
        page, now = self._page(page_url), self._clock()
        preview = preview_accept(page, self._checks, self._clock)
        recorded = [
            RecordedChange(_NOT_STORED + number, change, page.url, now) for number, change in enumerate(preview.changes)
        ]
        matches = match_changes(self._subscriptions.active(), recorded, now)
        counts = Counter(change_id for _, change_id, *_ in matches)
        return preview, tuple(counts[change.id] for change in recorded)

    def enqueue(self) -> int:
        """Find whom the changes concern; how many matches."""
        self._prepare()
        return enqueue(self._news, self._clock())

    def compose(self) -> int:
        """Write the messages that are due; for how many people something was decided."""
        context = message_context(self._settings)
        render: Render = partial(_body, context)
        new_id = message_ids(self._settings.mail.sender)
        writer = MessageComposer(render, new_id, Installation(self._database).key(), self._incidents)
        return compose(self._news, writer, self._clock)

    def deliver(self, stop: Callable[[], bool] = _never) -> DeliveryReport:
        """Write and send what is due; tell the operator of trouble, also of what this run has met."""
        self._prepare()
        if self._news.is_idle(self._clock()):
            return DeliveryReport()
        check_overdue_digests(self._news, self._incidents, self._clock())
        self.compose()
        self._notify_operator()
        report = self._send(stop)
        check_overdue_digests(self._news, self._incidents, self._clock())
        return report + self._send(stop) if self._notify_operator() else report

    def backfill(self, progress: Progress) -> Iterator[BackfillReport]:
        """Fill in what was announced before the first check, page by page; nobody is told."""
        from cmr_watch.monitor.archive.backfill import backfill_page, pages_to_backfill
        from cmr_watch.store.archive_history import ArchiveHistory

        archived = ArchiveHistory(self._database, PARSER_VERSION)
        with Fetcher(archive_settings(self._settings), self._checks, self._clock) as fetcher:
            archive = open_archive(self._settings, fetcher, self._sleep)
            for page in pages_to_backfill(self._settings.page.url, self._checks):
                yield backfill_page(page, archive, archived, self._checks, progress)

    def replay(self, *, apply: bool) -> Iterator[ReplayDifference]:
        """Read every stored page again with today's parser; nobody is told."""
        from cmr_watch.monitor.replay import replay_pages

        return replay_pages(self._checks, self._clock, apply=apply)

    def bounces(self) -> BounceReport:
        """Read the mail that came back; ConfigError when no mailbox is configured."""
        self._prepare()
        # loaded here, for only this command needs to take strange mails apart
        from cmr_watch.notify.bounce_processing import BounceProcessor
        from cmr_watch.notify.channels.mailbox import open_mailbox

        bounces, key = Bounces(self._database), Installation(self._database).key()
        returned = BounceProcessor(self._deliveries, self._subscriptions, bounces, key, self._clock)
        with open_mailbox(mailbox_settings(self._settings)) as inbox:
            return returned.process(inbox)

    def daily_backup(self) -> Copy | None:
        """Today's copy into the configured folder, and the oldest ones away; None where none is wanted."""
        from cmr_watch.store.backup import name_at, prune

        wanted = self._settings.backup
        if wanted.folder is None:
            return None
        wanted.folder.mkdir(parents=True, exist_ok=True)
        copy = self.backup(wanted.folder / name_at(self._clock()))
        prune(wanted.folder, wanted.keep)
        return copy

    def observe(self) -> HealthStatus:
        """How it goes; a database that cannot be used is what was found, and no error."""
        interval = timedelta(minutes=self._settings.daemon.check_every)
        try:
            now = self._clock()
            if (revision := self._database.revision()) != REVISION:
                return HealthStatus(now, interval, f"{self._database.name} has the schema {revision}, not {REVISION}")
            due = [at for at in (self._deliveries.oldest_due(now), self._news.oldest_due(now)) if at]
            read_at = self._checks.read_at(self._settings.page.url)
            return HealthStatus(
                now, interval, None, read_at, min(due, default=None), self._deliveries.counts()["pending"]
            )
        except StoreError as error:
            return HealthStatus(self._clock(), interval, str(error))

    def deliveries_by_channel(self) -> dict[tuple[str, str], int]:
        """How many messages went by mail and by other ways, with each outcome."""
        return self._deliveries.counts_by_channel()

    def was_checked_within(self, span: timedelta) -> bool:
        """Whether some process has just checked the list."""
        last = self._checks.last_check(self._settings.page.url)
        return last is not None and self._clock() - last.checked_at < span

    def retain(self) -> RetentionReport:
        """Remove what was kept long enough; what was removed."""
        from cmr_watch.store.retention import Retention

        self._prepare()
        return Retention(self._database).run(self._clock())

    def backup(self, path: Path, *, force: bool = False) -> Copy:
        """Copy the database into a file that is not there yet, or that is replaced by `force`."""
        from cmr_watch.store.backup import make

        return make(self._database, path, force=force)

    def _prepare(self) -> None:
        """Once: a database that came back from a copy tells nothing by itself, and learns who said no meanwhile."""
        if not self._is_ready:
            RestoreQuarantine(self._database).begin(self._clock())
            self._journal.replay(self._database, self._clock())
            self._is_ready = True

    def _send(self, stop: Callable[[], bool]) -> DeliveryReport:
        pace = Pace(self._settings.mail.per_minute, self._sleep, stop)
        return deliver(
            self._deliveries,
            self._ways(self._settings, self._clock),
            self._clock,
            pace=pace,
            on_unknown_recipient=self._end,
        )

    def _end(self, address: str) -> None:
        """Nobody is there: the mail server said so to our face."""
        self._subscriptions.end(address, BOUNCED, self._clock())

    def _notify_operator(self) -> int:
        context, new_id = message_context(self._settings), message_ids(self._settings.mail.sender)

        def write(address: str, incidents: Sequence[Incident]) -> Message:
            return Message(address, operator_body(incidents, context, "://" in address), new_id())

        operators = self._settings.operator.to
        return notify_operator(self._deliveries, self._incidents, operators, write, self._clock())

    def _told(self, results: Sequence[CheckResult], notify: bool) -> CheckReport:
        first, *others = results
        if not notify:
            return CheckReport(first, None, tuple(others))
        self.enqueue()
        return CheckReport(first, self.deliver(), tuple(others))

    def _page(self, page_url: str | None) -> PageRef:
        """The page with this address, which may lack the query, as in messages; of several, one to be accepted."""
        url = page_url or self._settings.page.url
        fetched = [last.page for last in self._checks.last_fetches()]
        pages = [page for page in fetched if page.url == url] or [
            page for page in fetched if redact_page_url(page.url) == url
        ]
        suspect = [page for page in pages if self._checks.newest_suspect(page.url)]
        return next(iter((*suspect, *pages)), PageRef(url, "initiative"))

    def _pause(self) -> None:
        self._sleep(self._settings.fetch.pause)


def _body(context: MessageContext, contents: Contents, chat: bool, zone: ZoneInfo) -> Body:
    return body(contents, context, chat, zone)
