"""What the plan for one recipient depends on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cmr_watch.models.planning import OutageNoticeKey, PlanningContext, Recipient, ReminderKey
from cmr_watch.models.recipients import OutageNotice
from cmr_watch.notify import outage_notices, reminders
from cmr_watch.notify.delivery_schedule import Silence


@dataclass(frozen=True, slots=True)
class Inputs:
    """The recipient, the context and the time of a plan, and when nothing is sent to the recipient."""

    recipient: Recipient
    context: PlanningContext
    now: datetime
    silence: Silence

    @property
    def zone(self) -> str:
        """The recipient's time zone."""
        return self.silence.zone

    @property
    def is_paused(self) -> bool:
        """Whether not even what cannot wait is sent now."""
        return self.silence.is_paused(self.now)

    @property
    def quiet_until(self) -> datetime | None:
        """The end of the quiet hours, or of the pause, that apply now; None outside of them."""
        end = self.silence.end(self.now)
        return end if end > self.now else None

    def all_reminders(self) -> reminders.Decision:
        """Decide on reminders, including those that a pending message contains."""
        return self._reminders(self.recipient.sent_reminders)

    def new_reminders(self) -> reminders.Decision:
        """Decide on reminders, without those that a pending message contains."""
        return self._reminders(self.recipient.sent_reminders | self.recipient.pending_reminders)

    def _reminders(self, settled: frozenset[ReminderKey]) -> reminders.Decision:
        cutoffs = reminders.unmuted(self.context.cutoffs, self.recipient.mutes)
        return reminders.decide(cutoffs, self.recipient.subscriptions, settled, self.now)

    def all_outage_notices(self) -> dict[OutageNoticeKey, OutageNotice]:
        """Decide on outage notices, including those that a pending message contains; none in quiet hours or a pause."""
        if self.quiet_until is not None:
            return {}
        recipient = self.recipient
        return outage_notices.decide(
            self.context.outages, recipient.subscriptions, recipient.sent_outage_notices, recipient.known_outages
        )

    def has_other_outage_notices(self) -> bool:
        """Whether there are notices that no pending message contains, or a pending message contains obsolete ones."""
        return self.quiet_until is None and self.all_outage_notices().keys() != self.recipient.pending_outage_notices
