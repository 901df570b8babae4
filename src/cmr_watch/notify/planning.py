"""Plans what each recipient is sent, now or later. Pure. `relevance` decides which changes concern a subscription."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from cmr_watch.models import (
    ChangeGroup,
    Contents,
    Digest,
    Known,
    Match,
    OpenCutoff,
    OpenItems,
    OutageNotice,
    Plan,
    PlanningContext,
    QuietHours,
    Recipient,
    RecordedChange,
    Reminder,
    ReminderKey,
    Schedule,
    Subscription,
    mailbox_of,
)
from cmr_watch.notify import delivery_schedule, outage_notices, reminders
from cmr_watch.notify.coalesce import coalesce
from cmr_watch.notify.relevance import NON_URGENT, message_order, open_items, relevant_items, should_notify, topic_of

DueTime = tuple[datetime, str | None]
"""When something is delivered, and the period of the digest; None if it is not part of a digest."""

# ── matching changes to recipients ──────────────────────────────────────────────────────────────────────────────────


def match_changes(
    subscriptions: Sequence[Subscription], changes: Sequence[RecordedChange], now: datetime
) -> Iterator[tuple[str, int, datetime, str | None]]:
    """Yield (mailbox, change id, due time, digest period) once for each recipient and change that concerns them."""
    notifiable = [change for change in changes if topic_of(change.change.kind) is not None]
    for mailbox, subscribed in _by_mailbox(subscriptions):
        for change in notifiable:
            due = _due_time(subscribed, change, now)
            if due:
                yield mailbox, change.id, *due


def _by_mailbox(subscriptions: Sequence[Subscription]) -> Iterable[tuple[str, list[Subscription]]]:
    grouped: dict[str, list[Subscription]] = {}
    for subscription in subscriptions:
        grouped.setdefault(mailbox_of(subscription.address), []).append(subscription)
    return grouped.items()


def _due_time(subscribed: Sequence[Subscription], change: RecordedChange, matched_at: datetime) -> DueTime | None:
    """Return when to deliver a change found at `matched_at`: the earliest time of the recipient's subscriptions.

    None if none of the subscriptions is to be notified of it.
    """
    is_urgent = change.change.kind not in NON_URGENT
    due = [_scheduled(entry.schedule, is_urgent, matched_at) for entry in subscribed if should_notify(entry, change)]
    if not due:
        return None
    at, period = min(due, key=lambda one: one[0])
    quiet, zone = _quiet_hours(subscribed)
    return delivery_schedule.end_of_quiet(quiet, zone, at), period


@lru_cache(maxsize=4096)
def _scheduled(schedule: Schedule, is_urgent: bool, matched_at: datetime) -> DueTime:
    return delivery_schedule.due(schedule, is_urgent, matched_at)


def _quiet_hours(subscribed: Sequence[Subscription]) -> tuple[QuietHours | None, str]:
    """Return the recipient's quiet hours and time zone: those of the first subscription that has quiet hours."""
    schedule = next((entry.schedule for entry in subscribed if entry.schedule.quiet), subscribed[0].schedule)
    return schedule.quiet, schedule.time_zone


# ── shared context ──────────────────────────────────────────────────────────────────────────────────────────────────


def planning_context(known: Known | None, moves: Iterable[RecordedChange], now: datetime) -> PlanningContext:
    """Return what is the same for all recipients, without outages.

    `moves`: all changes that add or move a cut-off, oldest first.
    """
    if known is None:
        return PlanningContext()
    moved: dict[tuple[str, datetime], tuple[datetime, datetime | None]] = {}
    for recorded in moves:
        change = recorded.change
        if change.cutoff_after:
            before = change.cutoff_before.at if change.cutoff_before else None
            moved[change.key, change.cutoff_after.at] = recorded.read_at, before
    return PlanningContext(
        tuple(_open_cutoffs(known, moved)),
        open_items(known, now),
        {entry.key: entry for entry in known.calls if not entry.gone},
        {entry.key: entry for entry in known.editions if not entry.gone},
    )


def _open_cutoffs(
    known: Known, moved: dict[tuple[str, datetime], tuple[datetime, datetime | None]]
) -> Iterator[OpenCutoff]:
    for entry in known.calls:
        if entry.gone or entry.call.status != "open":
            continue
        for cutoff in entry.call.cutoffs:
            since, before = moved.get((entry.key, cutoff.at), (entry.first_seen_at, None))
            yield OpenCutoff(entry.key, entry.call, cutoff, since, before)


# ── one recipient ───────────────────────────────────────────────────────────────────────────────────────────────────


def plan(recipient: Recipient, context: PlanningContext, now: datetime) -> Plan:
    """Plan what one recipient is sent now, and when to plan again.

    - Changes that the recipient is no longer subscribed to are dropped.
    - A change that is due is sent together with all pending changes of the same edition or call, to keep their order.
    - Changes that were undone or superseded before they were sent are coalesced.
    - A pending message is replaced when there is more to send or when it has become out of date.
    - In quiet hours nothing is sent except reminders of cut-offs that fall within them.
    """
    if not recipient.subscriptions:
        return Plan(supersedes=True, discarded=tuple(match.recorded.id for match in recipient.matches))
    inputs = _Inputs(recipient, context, now, *_quiet_hours(recipient.subscriptions))
    decisions = _decide_matches(inputs)
    planned = _plan_message(inputs, decisions) or _plan_monthly_status(inputs) or Plan()
    return _with_times(inputs, planned, decisions)


@dataclass(frozen=True, slots=True)
class _Inputs:
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


# ── matches ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _MatchDecisions:
    """What to do with the recipient's matches: report them now, drop them (no longer wanted), or postpone them."""

    now: tuple[Match, ...]
    discarded: tuple[int, ...]
    postponed: tuple[tuple[int, datetime, str | None], ...]


def _decide_matches(inputs: _Inputs) -> _MatchDecisions:
    subscribed = inputs.recipient.subscriptions
    due = {match: _due_time(subscribed, match.recorded, match.matched_at) for match in inputs.recipient.matches}
    discarded = tuple(match.recorded.id for match, when in due.items() if when is None)
    wanted = [(match, _in_unwritten_digest(inputs, match, when)) for match, when in due.items() if when is not None]
    until = inputs.quiet_until
    if until is not None:
        waiting = [(match, (max(at, until), period)) for match, (at, period) in wanted if not match.is_pending]
        return _MatchDecisions((), discarded, _postponed(waiting))
    return _decide_outside_quiet_hours(wanted, discarded, inputs.now)


def _decide_outside_quiet_hours(
    wanted: list[tuple[Match, DueTime]], discarded: tuple[int, ...], now: datetime
) -> _MatchDecisions:
    due_items = {match.recorded.change.key for match, (at, _) in wanted if at <= now and not match.is_pending}
    reported, rest = [], []
    for match, (at, period) in wanted:
        if at <= now:
            reported.append(replace(match, digest_period=period))
        elif match.is_pending or match.recorded.change.key in due_items:
            reported.append(replace(match, digest_period=None))  # sent early, so this is not its digest
        else:
            rest.append((match, (at, period)))
    return _MatchDecisions(tuple(reported), discarded, _postponed(rest))


def _postponed(matches: list[tuple[Match, DueTime]]) -> tuple[tuple[int, datetime, str | None], ...]:
    return tuple((match.recorded.id, *when) for match, when in matches)


def _in_unwritten_digest(inputs: _Inputs, match: Match, when: DueTime) -> DueTime:
    """Return `when`, or the time of a later digest if that one is already written: each is written only once."""
    at, period = when
    written = inputs.recipient.digests
    if period not in written or match.is_pending:
        return when
    if match.digest_period is not None and match.digest_period not in written:
        return match.due_at, match.digest_period  # already postponed to that digest
    schedules = [entry.schedule for entry in inputs.recipient.subscriptions if should_notify(entry, match.recorded)]
    return min((_scheduled(schedule, False, max(at, inputs.now)) for schedule in schedules), key=lambda one: one[0])


# ── a message ───────────────────────────────────────────────────────────────────────────────────────────────────────


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


def _plan_message(inputs: _Inputs, decisions: _MatchDecisions) -> Plan | None:
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
    outages = inputs.outage_notices(inputs.recipient.sent_outage_notices)
    if not (changes or reported_reminders or welcome.new or outages):
        return replace(settled, discarded=change_ids)
    return replace(
        settled,
        contents=Contents(
            _groups(changes, inputs.context),
            reported_reminders,
            welcome.open_items,
            digest=_digest(inputs, decisions),
            outages=outages,
        ),
        notified=change_ids,
        outage_notices=outages,
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


def _welcome(inputs: _Inputs) -> _Welcome:
    """Return the welcome for subscriptions without one, or whose welcome is still in a pending message."""
    subscribed, items = inputs.recipient.subscriptions, inputs.context.open_items
    if inputs.quiet_until or items is None:
        return _Welcome(others=subscribed)
    new = tuple(one for one in subscribed if one.welcomed_at is None or one.id in inputs.recipient.pending_welcomes)
    if not new:
        return _Welcome(others=subscribed)
    return _Welcome(new, tuple(one for one in subscribed if one not in new), relevant_items(new, items))


def _new_reminders(inputs: _Inputs) -> tuple[Reminder, ...]:
    """Return due reminders that no pending message contains; in quiet hours only those that cannot wait."""
    until = inputs.quiet_until
    return tuple(one for one in inputs.new_reminders().reminders if until is None or one.open.cutoff.at <= until)


def _has_new_items(inputs: _Inputs, decisions: _MatchDecisions, welcome: _Welcome) -> bool:
    """Whether there is a change, a welcome or an outage notice that no pending message contains."""
    recipient = inputs.recipient
    has_changes = any(not match.is_pending for match in decisions.now)
    has_welcomes = any(one.id not in recipient.pending_welcomes for one in welcome.new)
    has_notices = bool(inputs.outage_notices(recipient.sent_outage_notices | recipient.pending_outage_notices))
    return has_changes or has_welcomes or has_notices


def _settled_change_ids(inputs: _Inputs, decisions: _MatchDecisions, welcome: _Welcome) -> tuple[int, ...]:
    """Return the ids of the changes that the message settles, including those that the welcome replaces."""
    replaced = {match.recorded.id for match in inputs.recipient.matches if welcome.should_replace(match)}
    return tuple(sorted({match.recorded.id for match in decisions.now} | (replaced - set(decisions.discarded))))


def _digest_periods(inputs: _Inputs, decisions: _MatchDecisions) -> tuple[str, ...]:
    return tuple(
        sorted({match.digest_period for match in decisions.now if match.digest_period} - inputs.recipient.digests)
    )


def _digest(inputs: _Inputs, decisions: _MatchDecisions) -> Digest | None:
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
    inputs: _Inputs, keys: tuple[ReminderKey, ...], reported: tuple[Reminder, ...]
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


# ── times ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _plan_monthly_status(inputs: _Inputs) -> Plan | None:
    """Return the monthly status message for recipients who asked for it, if it is due."""
    due_at = _monthly_status_at(inputs.recipient)
    if due_at is None or due_at > inputs.now or inputs.quiet_until or inputs.context.open_items is None:
        return None
    return Plan(Contents(monthly_status=True))


def _monthly_status_at(recipient: Recipient) -> datetime | None:
    """Return when it is due: at the start of the month after the recipient's last message."""
    subscribed = [entry for entry in recipient.subscriptions if entry.still_watching]
    if not subscribed:
        return None
    since = recipient.last_message_at or subscribed[0].activated_at or subscribed[0].created_at
    return delivery_schedule.next_monthly_status(subscribed[0].schedule, since)


def _wake_at(inputs: _Inputs, planned: Plan) -> datetime | None:
    """Return when to plan for the recipient again, even if there are no new changes."""
    if inputs.context.open_items is None:
        return inputs.now  # no page has been read yet: the welcome waits for the first reading
    recipient = inputs.recipient if planned.contents is None else replace(inputs.recipient, last_message_at=inputs.now)
    times = (inputs.new_reminders().next_at, _monthly_status_at(recipient), inputs.quiet_until)
    return min((at for at in times if at is not None and at > inputs.now), default=None)


def _with_times(inputs: _Inputs, planned: Plan, decisions: _MatchDecisions) -> Plan:
    cutoffs = [one.open.cutoff.at for one in planned.contents.reminders] if planned.contents else []
    return replace(
        planned,
        discarded=planned.discarded + decisions.discarded,
        postponed=tuple(one for one in decisions.postponed if one[0] not in planned.notified),
        next_action_at=_wake_at(inputs, planned),
        quiet=_message_quiet_hours(inputs, cutoffs),
        stale_at=min([delivery_schedule.next_midnight(inputs.zone, inputs.now), *cutoffs]) if cutoffs else None,
    )


def _message_quiet_hours(inputs: _Inputs, cutoffs: list[datetime]) -> tuple[QuietHours, str] | None:
    """Return the hours in which the message must not be sent; None if a cut-off in it would pass meanwhile."""
    end = delivery_schedule.end_of_quiet(inputs.quiet, inputs.zone, inputs.now)
    if inputs.quiet is None or any(at <= end for at in cutoffs):
        return None
    return inputs.quiet, inputs.zone
