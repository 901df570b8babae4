"""What the plan for one recipient depends on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cmr_watch.models.planning import OutageNoticeKey, PlanningContext, Recipient, ReminderKey
from cmr_watch.models.recipients import OutageNotice, QuietHours
from cmr_watch.notify import delivery_schedule, outage_notices, reminders


@dataclass(frozen=True, slots=True)
class Inputs:
    """The recipient, the context and the time of a plan, with the recipient's quiet hours and time zone."""

    recipient: Recipient
    context: PlanningContext
    now: datetime
    quiet: QuietHours | None
    zone: str

    @property
    def quiet_until(self) -> datetime | None:
        """The end of the quiet hours that apply now; None outside quiet hours."""
        end = delivery_schedule.end_of_quiet(self.quiet, self.zone, self.now)
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
        """Decide on outage notices, including those that a pending message contains; none in quiet hours."""
        if self.quiet_until is not None:
            return {}
        recipient = self.recipient
        return outage_notices.decide(
            self.context.outages, recipient.subscriptions, recipient.sent_outage_notices, recipient.known_outages
        )

    def has_other_outage_notices(self) -> bool:
        """Whether there are notices that no pending message contains, or a pending message contains obsolete ones."""
        return self.quiet_until is None and self.all_outage_notices().keys() != self.recipient.pending_outage_notices
