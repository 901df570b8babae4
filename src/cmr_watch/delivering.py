"""Writes and sends what is due, and notifies the operator. Imported only when something waits: a quiet check sends
nothing, and imports dominate the time of a one-off check."""

from __future__ import annotations

from collections.abc import Callable

from cmr_watch.clock import Clock
from cmr_watch.config import Settings
from cmr_watch.models.reports import DeliveryReport
from cmr_watch.notify.channels.registry import OpenChannels
from cmr_watch.notify.endings import Endings
from cmr_watch.notify.message_composer import MessageComposer
from cmr_watch.notify.message_settings import operator_writer, subscriber_renderer, write_requested_mails
from cmr_watch.notify.outbox import (
    Pace,
    check_overdue_digests,
    compose,
    deliver,
    enqueue,
    message_ids,
    notify_operator,
)
from cmr_watch.store import unreadable_rows
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.installation import Installation
from cmr_watch.store.match_queue import MatchQueue


class Delivering:
    """The outbox of one installation, with the channels and the texts that its settings ask for."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        sleep: Callable[[float], None],
        open_channels: OpenChannels,
        deliveries: Deliveries,
        endings: Endings,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._sleep = sleep
        self._open_channels = open_channels
        self._endings = endings
        self._queue = MatchQueue(database)
        self._deliveries = deliveries
        self._incidents = Incidents(database)

    def enqueue(self) -> int:
        """Match pending changes to the recipients they concern; return the number of matches."""
        return enqueue(self._queue, self._clock())

    def compose(self) -> int:
        """Write the messages that are due; return the number of recipients that were planned."""
        composer = MessageComposer(
            subscriber_renderer(self._settings),
            message_ids(self._settings.mail.sender),
            Installation(self._database).key(),
            self._incidents,
        )
        return compose(self._queue, composer, self._clock)

    def deliver(self, stop: Callable[[], bool]) -> DeliveryReport:
        """Write and send what is due, and notify the operator of incidents, including those of this run."""
        write_requested_mails(self._settings, self._database, self._clock())
        self.compose()
        unreadable_rows.report(self._database, self._clock())
        self._notify_operator()
        report = self._send(stop)
        unreadable_rows.report(self._database, self._clock())
        zone = self._settings.messages.zone
        check_overdue_digests(self._queue, self._incidents, self._clock(), zone)
        return report + self._send(stop) if self._notify_operator() else report

    def _send(self, stop: Callable[[], bool]) -> DeliveryReport:
        pace = Pace(self._settings.mail.per_minute, self._sleep, stop)
        report = deliver(
            self._deliveries,
            self._open_channels(self._settings, self._clock),
            self._clock,
            pace=pace,
            on_unknown_recipient=self._endings.record_rejection,
        )
        self._endings.apply()
        return report

    def _notify_operator(self) -> int:
        write = operator_writer(self._settings)
        operators = self._settings.operator.to
        return notify_operator(self._deliveries, self._incidents, operators, write, self._clock())
