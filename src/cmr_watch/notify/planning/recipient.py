"""Plans what one recipient is sent now, and when to plan again. Pure."""

from __future__ import annotations

from datetime import datetime

from cmr_watch.models.planning import Plan, PlanningContext, Recipient
from cmr_watch.models.recipients import Contents, QuietHours
from cmr_watch.notify import delivery_schedule
from cmr_watch.notify.planning.due_times import silence
from cmr_watch.notify.planning.inputs import Inputs
from cmr_watch.notify.planning.matches import MatchDecisions, decide_matches
from cmr_watch.notify.planning.message import plan_message


def plan(recipient: Recipient, context: PlanningContext, now: datetime) -> Plan:
    """Plan what one recipient is sent now, and when to plan again.

    - Changes that the recipient is no longer subscribed to are dropped.
    - A change that is due is sent together with all pending changes of the same edition or call, to keep their order.
      A pending message counts as due: it is replaced when there is news of what it is about.
    - Changes that were undone or superseded before they were sent are coalesced.
    - A pending message is replaced when there is more to send or when it has become out of date.
    - In quiet hours nothing is sent except reminders of cut-offs that fall within them; in a pause, nothing at all.
    """
    if not recipient.subscriptions:
        return Plan(supersedes=True, discarded=tuple(match.recorded.id for match in recipient.matches))
    inputs = Inputs(recipient, context, now, silence(recipient.subscriptions))
    decisions = decide_matches(inputs)
    planned = plan_message(inputs, decisions) or _plan_monthly_status(inputs) or Plan()
    return _with_times(inputs, planned, decisions)


def _plan_monthly_status(inputs: Inputs) -> Plan | None:
    """Return the monthly status message for recipients who asked for it, if it is due."""
    due_at = _monthly_status_at(inputs, inputs.recipient)
    if due_at is None or due_at > inputs.now or inputs.quiet_until or inputs.context.open_items is None:
        return None
    return Plan(Contents(monthly_status=True))


def _monthly_status_at(inputs: Inputs, recipient: Recipient) -> datetime | None:
    """Return when it is due: at the start of a month, at least four weeks after the recipient's last message.

    The time counts from the activation if that is later: a restore of the database, which may lack the last messages,
    activates again. During an outage of the list it is postponed, because it says that the page is being watched. The
    end of the outage makes the recipient due for planning.
    """
    subscribed = [entry for entry in recipient.subscriptions if entry.still_watching]
    if not subscribed or any(outage.is_open and outage.is_list for outage in inputs.context.outages):
        return None
    activated_at = subscribed[0].activated_at or subscribed[0].created_at
    since = max(activated_at, recipient.last_message_at or activated_at)
    return delivery_schedule.next_monthly_status(subscribed[0].schedule, since)


def _wake_at(inputs: Inputs, planned: Plan) -> datetime | None:
    """Return when to plan for the recipient again, even if there are no new changes."""
    if inputs.context.open_items is None:
        return inputs.now  # no page has been read yet: the welcome waits for the first reading
    recipient = inputs.recipient if planned.contents is None else inputs.recipient._replace(last_message_at=inputs.now)
    times = (inputs.new_reminders().next_at, _monthly_status_at(inputs, recipient), inputs.quiet_until)
    return min((at for at in times if at is not None and at > inputs.now), default=None)


def _with_times(inputs: Inputs, planned: Plan, decisions: MatchDecisions) -> Plan:
    cutoffs = [one.open.cutoff.at for one in planned.contents.reminders] if planned.contents else []
    return planned._replace(
        discarded=planned.discarded + decisions.discarded,
        postponed=tuple(one for one in decisions.postponed if one[0] not in planned.notified),
        next_action_at=_wake_at(inputs, planned),
        quiet=_message_quiet_hours(inputs, cutoffs),
        stale_at=min([delivery_schedule.next_midnight(inputs.zone, inputs.now), *cutoffs]) if cutoffs else None,
    )


def _message_quiet_hours(inputs: Inputs, cutoffs: list[datetime]) -> tuple[QuietHours, str] | None:
    """Return the hours in which the message must not be sent; None if a cut-off in it would pass meanwhile."""
    quiet = inputs.silence.quiet
    end = delivery_schedule.end_of_quiet(quiet, inputs.zone, inputs.now)
    if quiet is None or any(at <= end for at in cutoffs):
        return None
    return quiet, inputs.zone
