"""What the plan for one recipient depends on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cmr_watch.models import OutageNotice, PlanningContext, QuietHours, Recipient, ReminderKey
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
        return reminders.decide(self.context.cutoffs, self.recipient.subscriptions, settled, self.now)

    def outage_notices(self, settled: frozenset[OutageNotice]) -> tuple[OutageNotice, ...]:
        """Decide on outage notices; none in quiet hours."""
        if self.quiet_until is not None:
            return ()
        context = self.context
        return outage_notices.decide(context.outages, context.last_read_at, self.recipient.subscriptions, settled)
