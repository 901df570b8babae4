"""What is told to one person, now or later: pure. The rules of who hears of what are digest's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from cmr_watch.models import (
    Contents,
    Known,
    Match,
    OpenCutoff,
    OpenItems,
    Person,
    Plan,
    PlanningContext,
    Quiet,
    RecordedChange,
    Reminder,
    ReminderKey,
    Schedule,
    Subscription,
    mailbox_of,
)
from cmr_watch.notify import delivery_schedule, reminders
from cmr_watch.notify.coalesce import coalesce
from cmr_watch.notify.relevance import NON_URGENT, message_order, open_items, relevant_items, should_notify, topic_of

# ── changes find people ─────────────────────────────────────────────────────────────────────────────────────────────


def match_changes(
    subscriptions: Sequence[Subscription], changes: Sequence[RecordedChange], now: datetime
) -> Iterator[tuple[str, int, datetime, str | None]]:
    """(mailbox, change, when, in which digest): once for each person and change, the soonest of their subscriptions."""
    told = [change for change in changes if topic_of(change.change.kind) is not None]
    for mailbox, own in _by_mailbox(subscriptions):
        for change in told:
            due = _due(own, change, now)
            if due:
                yield mailbox, change.id, *due


def _by_mailbox(subscriptions: Sequence[Subscription]) -> Iterable[tuple[str, list[Subscription]]]:
    found: dict[str, list[Subscription]] = {}
    for subscription in subscriptions:
        found.setdefault(mailbox_of(subscription.address), []).append(subscription)
    return found.items()


def _due(own: Sequence[Subscription], change: RecordedChange, found_at: datetime) -> tuple[datetime, str | None] | None:
    """When and in which digest a change that was found then is told; None: none of these wants to hear of it."""
    at_once = change.change.kind not in NON_URGENT
    due = [_told_at(entry.rhythm, at_once, found_at) for entry in own if should_notify(entry, change)]
    if not due:
        return None
    at, period = min(due, key=lambda one: one[0])
    quiet, zone = _quiet(own)
    return delivery_schedule.end_of_quiet(quiet, zone, at), period


@lru_cache(maxsize=4096)
def _told_at(rhythm: Schedule, at_once: bool, found_at: datetime) -> tuple[datetime, str | None]:
    return delivery_schedule.due(rhythm, at_once, found_at)


def _quiet(own: Sequence[Subscription]) -> tuple[Quiet | None, str]:
    """Quiet hours are a person's: those of the first subscription that has some hold for all."""
    having = next((entry.rhythm for entry in own if entry.rhythm.quiet), own[0].rhythm)
    return having.quiet, having.time_zone


# ── the world ───────────────────────────────────────────────────────────────────────────────────────────────────────


def planning_context(known: Known | None, moves: Iterable[RecordedChange], now: datetime) -> PlanningContext:
    """What is the same for everybody. `moves`: every cut-off that was added or moved, oldest first."""
    if known is None:
        return PlanningContext()
    moved: dict[tuple[str, datetime], tuple[datetime, datetime | None]] = {}
    for recorded in moves:
        change = recorded.change
        if change.cutoff_after:
            before = change.cutoff_before.at if change.cutoff_before else None
            moved[change.key, change.cutoff_after.at] = recorded.read_at, before
    return PlanningContext(tuple(_open_cutoffs(known, moved)), open_items(known, now))


def _open_cutoffs(
    known: Known, moved: dict[tuple[str, datetime], tuple[datetime, datetime | None]]
) -> Iterator[OpenCutoff]:
    for entry in known.calls:
        if entry.gone or entry.call.status != "open":
            continue
        for cutoff in entry.call.cutoffs:
            since, before = moved.get((entry.key, cutoff.at), (entry.first_seen_at, None))
            yield OpenCutoff(entry.key, entry.call, cutoff, since, before)


# ── one person ──────────────────────────────────────────────────────────────────────────────────────────────────────

_When = tuple[datetime, str | None]
"""When something is told, and in which digest."""


def plan(person: Person, around: PlanningContext, now: datetime) -> Plan:
    """What one person is told now.

    - Only what somebody is still subscribed to; everything else is dropped.
    - What is due, and all that waits about the same edition or call, so that its news stays in order.
    - What was undone before it was told is told truthfully, or not at all.
    - A message that was not sent yet is written anew when there is more to tell, or when it is not true any more.
    - In quiet hours nothing, but for a cut-off that would not wait.
    """
    if not person.subscriptions:
        return Plan(absorbs=True, dropped=tuple(match.recorded.id for match in person.matches))
    look = _Look(person, around, now, *_quiet(person.subscriptions))
    decided = _decide(look)
    written = _written(look, decided) or _monthly_status(look) or Plan()
    return _with_times(look, written, decided)


@dataclass(frozen=True, slots=True)
class _Look:
    """One person at one moment, with the quiet hours that hold for them."""

    person: Person
    around: PlanningContext
    now: datetime
    quiet: Quiet | None
    zone: str

    @property
    def silent_until(self) -> datetime | None:
        """When the quiet hours end that it is now; None outside them."""
        end = delivery_schedule.end_of_quiet(self.quiet, self.zone, self.now)
        return end if end > self.now else None

    def reminders(self, *, anew: bool = False) -> reminders.Decision:
        """What is due of cut-offs; `anew`: as if nothing stood in a message that waits."""
        told = self.person.reminded if anew else self.person.reminded | self.person.pending_reminders
        return reminders.decide(self.around.cutoffs, self.person.subscriptions, told, self.now)


# ── matches ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Decided:
    """What is to be done with each match: told now, dropped for nobody wants it, or looked at later."""

    now: tuple[Match, ...]
    dropped: tuple[int, ...]
    later: tuple[tuple[int, datetime, str | None], ...]


def _decide(look: _Look) -> _Decided:
    due = {match: _due(look.person.subscriptions, match.recorded, match.found_at) for match in look.person.matches}
    dropped = tuple(match.recorded.id for match, when in due.items() if when is None)
    wanted = [(match, _not_again(look, match, when)) for match, when in due.items() if when is not None]
    until = look.silent_until
    if until is not None:
        held = [(match, (max(at, until), period)) for match, (at, period) in wanted if not match.waiting]
        return _Decided((), dropped, _later(held))
    return _parted(wanted, dropped, look.now)


def _parted(wanted: list[tuple[Match, _When]], dropped: tuple[int, ...], now: datetime) -> _Decided:
    ready = {match.recorded.change.key for match, (at, _) in wanted if at <= now and not match.waiting}
    told, rest = [], []
    for match, (at, period) in wanted:
        if at <= now:
            told.append(replace(match, period=period))
        elif match.waiting or match.recorded.change.key in ready:
            told.append(replace(match, period=None))  # what is told along is no digest
        else:
            rest.append((match, (at, period)))
    return _Decided(tuple(told), dropped, _later(rest))


def _later(wanted: list[tuple[Match, _When]]) -> tuple[tuple[int, datetime, str | None], ...]:
    return tuple((match.recorded.id, *when) for match, when in wanted)


def _not_again(look: _Look, match: Match, when: _When) -> _When:
    """Each digest is written once: what came too late for it goes into the next."""
    at, period = when
    written = look.person.digests
    if period not in written or match.waiting:
        return when
    if match.period is not None and match.period not in written:
        return match.due_at, match.period  # it was put off already, to this one
    wanting = [entry for entry in look.person.subscriptions if should_notify(entry, match.recorded)]
    return min((_told_at(entry.rhythm, False, max(at, look.now)) for entry in wanting), key=lambda one: one[0])


# ── a message ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Welcome:
    """Who is new, and what they are shown; `others` are the subscriptions that are not new."""

    new: tuple[Subscription, ...] = ()
    others: tuple[Subscription, ...] = ()
    shown: OpenItems | None = None

    def tells(self, match: Match) -> bool:
        """A welcome shows how things stand: that is no news beside it, but for an older subscription's."""
        return match.recorded.change.key in _keys(self.shown) and not any(
            should_notify(entry, match.recorded) for entry in self.others
        )


def _written(look: _Look, decided: _Decided) -> Plan | None:
    """The message that is to be written, with what it settles; None: there is nothing to write."""
    welcome = _welcome(look)
    urgent = _urgent(look)
    if not (urgent or look.person.is_stale or _is_fresh(look, decided, welcome)):
        return None
    again = look.reminders(anew=True)
    tell = urgent if look.silent_until else again.reminders
    news = coalesce([match.recorded for match in decided.now if not welcome.tells(match)])
    settled = Plan(absorbs=True, reminders=_settled(look, again.settled, tell))
    ids = _ids(look, decided, welcome)
    if not (news or tell or welcome.new):
        return replace(settled, dropped=ids)
    contents = Contents(tuple(sorted(news, key=message_order)), tell, welcome.shown)
    new = tuple(entry.id for entry in welcome.new)
    return replace(settled, contents=contents, told=ids, periods=_periods(look, decided), welcomed=new)


def _welcome(look: _Look) -> _Welcome:
    """For those that were not welcomed yet, or only in a message that was not sent."""
    subscribed, standing_now = look.person.subscriptions, look.around.standing
    if look.silent_until or standing_now is None:
        return _Welcome(others=subscribed)
    new = tuple(one for one in subscribed if one.welcomed_at is None or one.id in look.person.pending_welcomes)
    if not new:
        return _Welcome(others=subscribed)
    return _Welcome(new, tuple(one for one in subscribed if one not in new), relevant_items(new, standing_now))


def _urgent(look: _Look) -> tuple[Reminder, ...]:
    """Reminders that are due and stand in no message yet; in quiet hours only those that cannot wait."""
    until = look.silent_until
    return tuple(one for one in look.reminders().reminders if until is None or one.open.cutoff.at <= until)


def _is_fresh(look: _Look, decided: _Decided, welcome: _Welcome) -> bool:
    """Whether there is something that stands in no message yet."""
    news = any(not match.waiting for match in decided.now)
    return news or any(one.id not in look.person.pending_welcomes for one in welcome.new)


def _ids(look: _Look, decided: _Decided, welcome: _Welcome) -> tuple[int, ...]:
    """The changes that are settled with the message."""
    shown = {match.recorded.id for match in look.person.matches if welcome.tells(match)}
    return tuple(sorted({match.recorded.id for match in decided.now} | (shown - set(decided.dropped))))


def _periods(look: _Look, decided: _Decided) -> tuple[str, ...]:
    return tuple(sorted({match.period for match in decided.now if match.period} - look.person.digests))


def _settled(look: _Look, keys: tuple[ReminderKey, ...], tell: tuple[Reminder, ...]) -> tuple[ReminderKey, ...]:
    """In quiet hours only what is told is settled: the rest is decided when they are over."""
    if look.silent_until is None:
        return keys
    told = {(one.open.call_key, one.open.cutoff.at) for one in tell}
    return tuple(key for key in keys if key[:2] in told)


def _keys(shown: OpenItems | None) -> frozenset[str]:
    if shown is None:
        return frozenset()
    return frozenset([*(entry.key for entry in shown.calls), *(entry.key for entry in shown.editions)])


# ── times ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _monthly_status(look: _Look) -> Plan | None:
    """The line of a month without news, for those who want it."""
    at = _monthly_status_at(look.person)
    if at is None or at > look.now or look.silent_until or look.around.standing is None:
        return None
    return Plan(Contents(monthly_status=True))


def _monthly_status_at(person: Person) -> datetime | None:
    """When it is due: at the beginning of the month after whatever was told last."""
    watching = [entry for entry in person.subscriptions if entry.still_watching]
    if not watching:
        return None
    since = person.last_message_at or watching[0].activated_at or watching[0].created_at
    return delivery_schedule.next_monthly_status(watching[0].rhythm, since)


def _wake_at(look: _Look, written: Plan) -> datetime | None:
    """When there is something to decide beside new changes."""
    if look.around.standing is None:
        return look.now  # nothing was read yet: the welcome waits for the first reading
    person = look.person if written.contents is None else replace(look.person, last_message_at=look.now)
    times = (look.reminders().next_at, _monthly_status_at(person), look.silent_until)
    return min((at for at in times if at is not None and at > look.now), default=None)


def _with_times(look: _Look, written: Plan, decided: _Decided) -> Plan:
    cutoffs = [one.open.cutoff.at for one in written.contents.reminders] if written.contents else []
    return replace(
        written,
        dropped=written.dropped + decided.dropped,
        postponed=tuple(one for one in decided.later if one[0] not in written.told),
        wake_at=_wake_at(look, written),
        quiet=_hours(look, cutoffs),
        stale_at=min([delivery_schedule.next_midnight(look.zone, look.now), *cutoffs]) if cutoffs else None,
    )


def _hours(look: _Look, cutoffs: list[datetime]) -> tuple[Quiet, str] | None:
    """The hours in which the message is not sent: none where a cut-off would pass meanwhile."""
    end = delivery_schedule.end_of_quiet(look.quiet, look.zone, look.now)
    if look.quiet is None or any(at <= end for at in cutoffs):
        return None
    return look.quiet, look.zone
