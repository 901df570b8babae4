"""Constructs everything from the settings, and runs the operations: check, enqueue, deliver and the others."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from cmr_watch.check_report import CheckReport, configured, double, links_elsewhere
from cmr_watch.clock import Clock
from cmr_watch.config import Settings
from cmr_watch.exceptions import CmrWatchError
from cmr_watch.log import redact_page_url
from cmr_watch.merge_pages import known_of_kind
from cmr_watch.models.readings import PARSER_VERSION, Change, CheckResult, PageRef, RecordedChange
from cmr_watch.models.reports import DeliveryReport
from cmr_watch.monitor.check_site import check_site
from cmr_watch.monitor.crawl_schedule import skipped_links
from cmr_watch.monitor.fetch import DeadMansSwitch, Fetcher, fetch_settings
from cmr_watch.store import unreadable_rows
from cmr_watch.store.checks import Checks
from cmr_watch.store.clock_corrections import note_time
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.installation import Installation
from cmr_watch.store.last_configuration import MissingConfiguration
from cmr_watch.store.mutes import Mutes
from cmr_watch.store.restore_quarantine import RestoreQuarantine
from cmr_watch.store.robots import StoredRobots
from cmr_watch.store.subscription_requests import Synced
from cmr_watch.store.subscriptions import Subscriptions
from cmr_watch.store.suppression_journal import SuppressionJournal
from cmr_watch.store.waiting import is_idle

if TYPE_CHECKING:  # imported by the methods that need them, because imports dominate the time of a one-off check
    from cmr_watch.delivering import Delivering
    from cmr_watch.monitor.accept import AcceptPreview
    from cmr_watch.monitor.archive.backfill import BackfillReport, Progress
    from cmr_watch.monitor.correct import CorrectionPreview
    from cmr_watch.monitor.replay import ReplayDifference
    from cmr_watch.notify.bounce_processing import BounceReport
    from cmr_watch.notify.channels.registry import OpenChannels
    from cmr_watch.notify.endings import Endings
    from cmr_watch.observer import Observer
    from cmr_watch.store.backup import Backup
    from cmr_watch.store.deliveries import Deliveries
    from cmr_watch.store.retention import RetentionReport


log = logging.getLogger(__name__)

_NOTED_EVERY: Final = timedelta(minutes=1)
_NOT_STORED: Final = 2**62
"""The first ID of changes that are not stored: greater than that of any stored change."""


class App:
    """One installation. A context manager: leaving it closes the connections of its fetcher.

    ConfigError: the address of the dead man's switch is not valid.

    `sleep` waits the given number of seconds: between two pages, and to keep the limit of mails per minute.
    `open_channels` opens the delivery channels; by default, those of the settings.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
        open_channels: OpenChannels | None = None,
    ) -> None:
        self._open_channels = open_channels
        self._settings = settings
        self._database = database
        self._clock = clock
        self._sleep = sleep
        self._checks = Checks(database, failures_until_incident=settings.operator.after_failures)
        self._journal = SuppressionJournal(settings.database.journal)
        self._subscriptions = Subscriptions(database, self._journal)
        self._switch = DeadMansSwitch(settings.daemon.ping) if settings.daemon.ping else None
        self._quarantine = RestoreQuarantine(database)
        self._robots = StoredRobots(database)
        self._fetcher = Fetcher(fetch_settings(settings), self._robots, clock)
        self._is_ready = False
        self._noted_at: datetime | None = None
        self._has_warned = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._fetcher.close()

    def check(
        self, *, notify: bool = True, is_complete: bool = True, stop: Callable[[], bool] = lambda: False
    ) -> CheckReport:
        """Check the list and the linked pages that are due; then send what is due, even if the check failed.

        The dead man's switch, if there is one, is notified when the check begins, and of a failure if the report has
        failures or an error is raised. It is notified of success unless `is_complete` is false: then the caller
        delivers what was found, and reports the result. When `stop` returns True, no further page is read.
        """
        if self._switch:
            self._switch.started()
        try:
            report = self._check(notify, stop)
        except CmrWatchError as error:
            self.report_result(str(error))
            raise
        if report.has_failures or is_complete:
            self.report_result(report.failure)
        return report

    def report_result(self, failure: str) -> None:
        """Tell the dead man's switch, if there is one, that a check succeeded, or why it failed."""
        if self._switch:
            self._switch.failed(failure) if failure else self._switch.succeeded()

    def _check(self, notify: bool, stop: Callable[[], bool]) -> CheckReport:
        if not self._is_ready:
            self._prepare()  # not in the snapshot, which would not show what this writes
        with self._database.snapshot():
            self._note_time(self._clock())
            is_examined = unreadable_rows.was_examined(self._database, self._clock())
            synced, failing = self._apply_configuration(), self._checks.failing_pages()
        if not is_examined:
            self.examine()
        url = self._settings.page.url
        results = check_site(url, self._fetcher, self._checks, self._clock, self._pause, stop)
        unreadable_rows.report(self._database, self._clock())
        report = self._finish_check(results, notify)
        return report._replace(failing=failing, configured=configured(synced, self._settings.file))

    def _skipped_links(self) -> str:
        """Which host the links of the list lead to, if none of them leads to the site of the list; else nothing."""
        url = self._settings.page.url
        host = skipped_links(known_of_kind(self._checks.known_pages(), "initiative"), url)
        return links_elsewhere(host, url) if host else ""

    def accept(self, page_url: str | None = None, *, notify: bool = True) -> CheckReport:
        """Make the newest suspect reading of a page the baseline. The default is the list of editions.

        Raises NothingToAccept if there is none.
        """
        from cmr_watch.monitor.accept import accept

        self._prepare()
        self._apply_configuration()
        return self._finish_check((accept(self._page(page_url), self._checks, self._clock),), notify)

    def preview_accept(self, page_url: str | None = None) -> tuple[AcceptPreview, tuple[frozenset[str], ...]]:
        """What `accept` would do, and the recipients that each of its changes concerns. Stores nothing.

        The recipients of the changes come first, then those of the changes that the next check would report.
        """
        from cmr_watch.monitor.accept import preview_accept

        page = self._page(page_url)
        preview = preview_accept(page, self._checks, self._clock)
        return preview, self.recipients_of((*preview.changes, *preview.later), page.url)

    def correct(self, preview: CorrectionPreview, *, notify: bool) -> CheckReport | None:
        """Store what a preview showed; with `notify`, notify the subscribers, and return the report."""
        from cmr_watch.monitor.correct import store_correction

        self._prepare()
        result = store_correction(preview, self._checks, notify=notify)
        return self._finish_check((result,), notify) if result else None

    def recipients_of(self, changes: Sequence[Change], page_url: str) -> tuple[frozenset[str], ...]:
        """The mailboxes that each of these changes, which are not stored, concerns."""
        from cmr_watch.notify.planning import match_changes

        now = self._clock()
        recorded = [
            RecordedChange(_NOT_STORED + number, change, page_url, now) for number, change in enumerate(changes)
        ]
        mailboxes: dict[int, set[str]] = defaultdict(set)
        mutes = Mutes(self._database).by_mailbox()
        for mailbox, change_id, *_ in match_changes(self._subscriptions.active(), recorded, mutes, now):
            mailboxes[change_id].add(mailbox)
        return tuple(frozenset(mailboxes[change.id]) for change in recorded)

    def enqueue(self) -> int:
        """Match pending changes to the recipients they concern; return the number of matches."""
        self._prepare()
        return 0 if self._is_idle() else self._delivering.enqueue()

    def compose(self) -> int:
        """Write the messages that are due; return the number of recipients that were planned."""
        return self._delivering.compose()

    def deliver(self, stop: Callable[[], bool] = lambda: False) -> DeliveryReport:
        """Write and send what is due, and notify the operator of incidents, including those of this run.

        `stop` is called before each message; when it returns True, no more messages are sent. Nothing is written or
        sent if the configuration file is missing: without a mail server, mail would only be logged, and so be lost.
        """
        self._prepare()
        if (self._missing_configuration() and not self._settings.sends_mail) or self._is_idle():
            return DeliveryReport()
        return self._delivering.deliver(stop)

    def give_back(self) -> None:
        """Give up the leases of the messages that this process is sending, because it ends now."""
        self._deliveries.give_back()

    def backfill(self, progress: Progress) -> Iterator[BackfillReport]:
        """Fill in the history from before the first check, page by page. Sends no notifications."""
        from cmr_watch.monitor.archive.backfill import backfill_page, pages_to_backfill
        from cmr_watch.monitor.archive.open_archive import open_archive
        from cmr_watch.store.archive_history import ArchiveHistory

        archived = ArchiveHistory(self._database, PARSER_VERSION)
        with open_archive(self._settings, self._robots, self._clock, self._sleep) as archive:
            for page in pages_to_backfill(self._settings.page.url, self._checks):
                yield backfill_page(page, archive, archived, self._checks, progress)

    def replay(self, *, apply: bool) -> Iterator[ReplayDifference]:
        """Parse every stored page again with the current parser. Sends no notifications."""
        from cmr_watch.monitor.replay import replay_pages

        return replay_pages(self._checks, self._clock, apply=apply)

    def notify_of_newly_read(self) -> tuple[tuple[RecordedChange, ...], DeliveryReport]:
        """Notify subscribers of what the current parser was the first to read, as far as it is still ahead.

        Returns the changes of which they are notified, and what was sent.
        """
        from cmr_watch.monitor.newly_read import still_news
        from cmr_watch.store.newly_read import NewlyRead

        self._prepare()
        store, now = NewlyRead(self._database), self._clock()
        waiting = store.waiting()
        ahead = still_news(waiting, now)
        if not store.release(waiting, ahead):
            return (), DeliveryReport()
        self._apply_configuration()
        return ahead, self._enqueue_and_deliver()

    def process_bounces(self) -> BounceReport:
        """Process bounces and unsubscribe mails. Raises ConfigError if no mailbox is configured."""
        self._prepare()
        from cmr_watch.notify.bounce_processing import BounceProcessor
        from cmr_watch.notify.channels.mailbox import mailbox_settings, open_mailbox
        from cmr_watch.store.mailbox_position import MailboxPosition

        processor = BounceProcessor(
            self._database, self._subscriptions, self._endings, Incidents(self._database), self._clock
        )
        with open_mailbox(mailbox_settings(self._settings), MailboxPosition(self._database)) as inbox:
            return processor.process(inbox)

    @property
    def endings(self) -> Endings:
        """Ends the subscriptions of dead addresses."""
        self._prepare()
        return self._endings

    def daily_backup(self) -> Backup | None:
        """Back up into the configured folder and delete the oldest backups there; None if no folder is configured."""
        from cmr_watch.store.backup import scheduled_backup

        config = self._settings.backup
        return scheduled_backup(self._database, config.folder, config.keep, self._clock()) if config.folder else None

    @cached_property
    def observer(self) -> Observer:
        """What the database says about the health of the installation."""
        from cmr_watch.observer import Observer

        return Observer(self._database, self._settings, self._clock)

    def apply_retention(self) -> RetentionReport:
        """Delete data whose retention period has passed; return what was deleted."""
        from cmr_watch.store.retention import Retention

        self._prepare()
        return Retention(self._database).run(self._clock())

    def examine(self) -> int:
        """Read the whole database, and report rows that cannot be read. DatabaseDamaged if the file is damaged."""
        from cmr_watch.store.examination import examine

        return examine(self._database, self._clock())

    def backup(self, path: Path, *, force: bool = False) -> Backup:
        """Back up the database into a file. Raises ConfigError if the file exists, unless `force` is set."""
        from cmr_watch.store.backup import create_backup

        return create_backup(self._database, path, force=force)

    def _prepare(self) -> None:
        """Note the time. Before the first operation, quarantine a restored database, and replay the journal."""
        self._note_time(self._clock())
        if not self._is_ready:
            Installation(self._database).keep_both_keys()
            self._quarantine.quarantine_if_restored(self._clock())
            self._journal.replay(self._database, self._clock())
            self._is_ready = True

    def _note_time(self, now: datetime) -> None:
        if self._noted_at is None or not self._noted_at <= now < self._noted_at + _NOTED_EVERY:
            note_time(self._database, now)
            self._noted_at = now

    def _apply_configuration(self) -> Synced:
        """Start, change and end subscriptions as the configuration declares. Without a file, they stay as they are."""
        settings = self._settings
        if settings.declared is None:
            self._missing_configuration()
            return Synced()
        return self._subscriptions.sync(settings.declared, self._clock(), settings.file)

    def _missing_configuration(self) -> MissingConfiguration | None:
        """What is missing if there is no configuration file, although one was used before. Logged once."""
        if self._settings.declared is not None:
            return None
        missing = self._subscriptions.missing_configuration()
        if missing and not self._has_warned:
            self._has_warned = True
            log.warning("%s", missing.described(is_sending=self._settings.sends_mail))
        return missing

    @cached_property
    def _delivering(self) -> Delivering:
        from cmr_watch.delivering import Delivering
        from cmr_watch.notify.channels.registry import open_channels

        shared = self._open_channels or open_channels, self._deliveries, self._endings
        return Delivering(self._settings, self._database, self._clock, self._sleep, *shared)

    @cached_property
    def _deliveries(self) -> Deliveries:
        from cmr_watch.store.deliveries import Deliveries

        return Deliveries(self._database)

    @cached_property
    def _endings(self) -> Endings:
        from cmr_watch.notify.endings import Endings

        return Endings(self._database, self._subscriptions, Incidents(self._database), self._clock)

    def _finish_check(self, results: Sequence[CheckResult], notify: bool) -> CheckReport:
        with self._database.snapshot():
            if self._is_idle():
                return self._report(results, DeliveryReport() if notify else None)
        delivery = self._enqueue_and_deliver() if notify else None
        with self._database.snapshot():
            pending, retried = self._deliveries.pending(), delivery.pending if delivery else 0
            waiting = max(0, pending.count - retried) if pending else 0
            return self._report(results, delivery, waiting)

    def _report(self, results: Sequence[CheckResult], delivery: DeliveryReport | None, waiting: int = 0) -> CheckReport:
        first, *linked = results
        return CheckReport(
            first,
            delivery,
            tuple(linked),
            held=self._quarantine.count(),
            waiting=waiting,
            remark=self._skipped_links() if first.has_succeeded else "",
            doubles=tuple(double(*pair, self._settings.file) for pair in self._subscriptions.doubles()),
        )

    def _enqueue_and_deliver(self) -> DeliveryReport:
        self.enqueue()
        return self.deliver()

    def _is_idle(self) -> bool:
        return is_idle(self._database, self._clock(), has_operators=bool(self._settings.operator.to))

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
        """Wait before the next page. The site may ask for more time than the configuration does."""
        self._sleep(max(self._settings.fetch.pause, self._fetcher.crawl_delay()))
