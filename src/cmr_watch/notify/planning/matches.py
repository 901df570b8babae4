"""Decides which of a recipient's matches are reported now. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cmr_watch.models.planning import Match
from cmr_watch.notify.planning.due_times import DueTime, due_time, scheduled
from cmr_watch.notify.planning.inputs import Inputs
from cmr_watch.notify.relevance import should_notify


@dataclass(frozen=True, slots=True)
class MatchDecisions:
    """What to do with the recipient's matches: report them now, drop them (no longer wanted), or postpone them."""

    now: tuple[Match, ...]
    discarded: tuple[int, ...]
    postponed: tuple[tuple[int, datetime, str | None], ...]


def decide_matches(inputs: Inputs) -> MatchDecisions:
    subscribed, mutes = inputs.recipient.subscriptions, inputs.recipient.mutes
    due = {match: due_time(subscribed, match.recorded, mutes, match.matched_at) for match in inputs.recipient.matches}
    discarded = tuple(match.recorded.id for match, when in due.items() if when is None)
    wanted = [(match, _in_unwritten_digest(inputs, match, when)) for match, when in due.items() if when is not None]
    until = inputs.quiet_until
    if until is not None:
        waiting = [(match, (max(at, until), period)) for match, (at, period) in wanted if not match.is_pending]
        return MatchDecisions((), discarded, _postponed(waiting))
    reminded = {reminder.open.call_key for reminder in inputs.new_reminders().reminders}
    return _decide_outside_quiet_hours(wanted, discarded, reminded, inputs.now)


def _decide_outside_quiet_hours(
    wanted: list[tuple[Match, DueTime]], discarded: tuple[int, ...], reminded: set[str], now: datetime
) -> MatchDecisions:
    """`reminded`: the keys of the calls of which a reminder is due, so that news about them comes with it.

    So does news about what a pending message says, which would otherwise be sent although it is known to be outdated.
    """
    due_items = reminded | {match.recorded.change.key for match, (at, _) in wanted if at <= now or match.is_pending}
    reported, rest = [], []
    for match, (at, period) in wanted:
        if at <= now:
            reported.append(match._replace(digest_period=period))
        elif match.is_pending or match.recorded.change.key in due_items:
            reported.append(match._replace(digest_period=None))  # sent early, so this is not its digest
        else:
            rest.append((match, (at, period)))
    return MatchDecisions(tuple(reported), discarded, _postponed(rest))


def _postponed(matches: list[tuple[Match, DueTime]]) -> tuple[tuple[int, datetime, str | None], ...]:
    return tuple((match.recorded.id, *when) for match, when in matches)


def _in_unwritten_digest(inputs: Inputs, match: Match, when: DueTime) -> DueTime:
    """Return `when`, or the time of a later digest if that one is already written: each is written only once."""
    at, period = when
    written = inputs.recipient.digests
    if period not in written or match.is_pending:
        return when
    if match.digest_period is not None and match.digest_period not in written:
        return match.due_at, match.digest_period  # already postponed to that digest
    schedules = [entry.schedule for entry in inputs.recipient.subscriptions if should_notify(entry, match.recorded)]
    return min((scheduled(schedule, False, max(at, inputs.now)) for schedule in schedules), key=lambda one: one[0])
