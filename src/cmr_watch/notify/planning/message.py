"""Decides what the next message to a recipient contains, and what it settles. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cmr_watch.models.planning import Match, Plan, PlanningContext, ReminderKey
from cmr_watch.models.readings import RecordedChange
from cmr_watch.models.recipients import ChangeGroup, Contents, Digest, OpenItems, Reminder, Subscription
from cmr_watch.notify import delivery_schedule
from cmr_watch.notify.coalesce import coalesce
from cmr_watch.notify.planning.inputs import Inputs
from cmr_watch.notify.planning.matches import MatchDecisions
from cmr_watch.notify.relevance import message_order, relevant_items, should_notify, unmuted_items


@dataclass(frozen=True, slots=True)
class _Welcome:
    """The new subscriptions and the open items to show them; `others` have already been welcomed."""

    new: tuple[Subscription, ...] = ()
    others: tuple[Subscription, ...] = ()
    open_items: OpenItems | None = None

    def should_replace(self, match: Match) -> bool:
        """Whether the open items make the notification of a change redundant; not if another subscription is due it."""
        return match.recorded.change.key in _item_keys(self.open_items) and not any(
            should_notify(entry, match.recorded) for entry in self.others
        )


def plan_message(inputs: Inputs, decisions: MatchDecisions) -> Plan | None:
    """Return the contents of the message to compose and what it settles; None if there is nothing to change."""
    welcome = _welcome(inputs)
    new_reminders = _new_reminders(inputs)
    if not (new_reminders or inputs.recipient.is_stale or _has_new_items(inputs, decisions, welcome)):
        return None
    due = inputs.all_reminders()
    reported_reminders = new_reminders if inputs.quiet_until else due.reminders
    changes = coalesce([match.recorded for match in decisions.now if not welcome.should_replace(match)])
    settled = Plan(supersedes=True, reminders=_settled_reminders(inputs, due.settled, reported_reminders))
    change_ids = _settled_change_ids(inputs, decisions, welcome)
    outages = inputs.all_outage_notices()
    if not (changes or reported_reminders or welcome.new or outages):
        return settled._replace(discarded=change_ids)
    return settled._replace(
        contents=Contents(
            _groups(changes, inputs.context),
            reported_reminders,
            welcome.open_items,
            digest=_digest(inputs, decisions),
            outages=tuple(outages.values()),
        ),
        notified=change_ids,
        outage_notices=tuple(outages),
        periods=_digest_periods(inputs, decisions),
        welcomed=tuple(entry.id for entry in welcome.new),
    )


def _groups(changes: Sequence[RecordedChange], context: PlanningContext) -> tuple[ChangeGroup, ...]:
    """Return the changes grouped by edition or call, in message order, each with what all pages say of it now."""
    grouped: dict[tuple[str, bool], list[RecordedChange]] = {}
    for recorded in sorted(changes, key=message_order):
        grouped.setdefault((recorded.change.key, recorded.change.kind.startswith("call.")), []).append(recorded)
    return tuple(
        ChangeGroup(tuple(group), context.calls.get(key) if is_call else context.editions.get(key))
        for (key, is_call), group in grouped.items()
    )


def _welcome(inputs: Inputs) -> _Welcome:
    """Return the welcome for subscriptions without one, or whose welcome is still in a pending message."""
    subscribed, items = inputs.recipient.subscriptions, inputs.context.open_items
    if inputs.quiet_until or items is None:
        return _Welcome(others=subscribed)
    new = tuple(one for one in subscribed if one.welcomed_at is None or one.id in inputs.recipient.pending_welcomes)
    if not new:
        return _Welcome(others=subscribed)
    shown = unmuted_items(relevant_items(new, items), inputs.recipient.mutes)
    return _Welcome(new, tuple(one for one in subscribed if one not in new), shown)


def _new_reminders(inputs: Inputs) -> tuple[Reminder, ...]:
    """Return due reminders that no pending message contains; in quiet hours only those that cannot wait."""
    if inputs.is_paused:
        return ()
    until = inputs.quiet_until
    return tuple(one for one in inputs.new_reminders().reminders if until is None or one.open.cutoff.at <= until)


def _has_new_items(inputs: Inputs, decisions: MatchDecisions, welcome: _Welcome) -> bool:
    """Whether there is a change, a welcome or an outage notice that no pending message contains, or a notice less."""
    recipient = inputs.recipient
    has_changes = any(not match.is_pending for match in decisions.now)
    has_welcomes = any(one.id not in recipient.pending_welcomes for one in welcome.new)
    return has_changes or has_welcomes or inputs.has_other_outage_notices()


def _settled_change_ids(inputs: Inputs, decisions: MatchDecisions, welcome: _Welcome) -> tuple[int, ...]:
    """Return the ids of the changes that the message settles, including those that the welcome replaces."""
    replaced = {match.recorded.id for match in inputs.recipient.matches if welcome.should_replace(match)}
    return tuple(sorted({match.recorded.id for match in decisions.now} | (replaced - set(decisions.discarded))))


def _digest_periods(inputs: Inputs, decisions: MatchDecisions) -> tuple[str, ...]:
    return tuple(
        sorted({match.digest_period for match in decisions.now if match.digest_period} - inputs.recipient.digests)
    )


def _digest(inputs: Inputs, decisions: MatchDecisions) -> Digest | None:
    """Return the days that the message covers, if all of it is a digest; None if anything in it could not wait."""
    periods = [match.digest_period for match in decisions.now if match.digest_period]
    if not periods or len(periods) < len(decisions.now):
        return None
    is_weekly = any(period.startswith("weekly") for period in periods)
    last_day = delivery_schedule.local_date(inputs.zone, inputs.now)
    found = [delivery_schedule.local_date(inputs.zone, match.recorded.read_at) for match in decisions.now]
    first_day = min(last_day - timedelta(days=7 if is_weekly else 1), *found)
    return Digest("weekly" if is_weekly else "daily", first_day, last_day)


def _settled_reminders(
    inputs: Inputs, keys: tuple[ReminderKey, ...], reported: tuple[Reminder, ...]
) -> tuple[ReminderKey, ...]:
    """Return the keys to settle; in quiet hours only those of reported reminders, as the rest is decided afterwards."""
    if inputs.quiet_until is None:
        return keys
    cutoffs = {(one.open.call_key, one.open.cutoff.at) for one in reported}
    return tuple(key for key in keys if key[:2] in cutoffs)


def _item_keys(items: OpenItems | None) -> frozenset[str]:
    if items is None:
        return frozenset()
    return frozenset([*(entry.key for entry in items.calls), *(entry.key for entry in items.editions)])
