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
    Person,
    Plan,
    Quiet,
    RecordedChange,
    Reminder,
    ReminderKey,
    Rhythm,
    Standing,
    Subscription,
    World,
    mailbox_of,
)
from cmr_watch.notify import periods, reminders
from cmr_watch.notify.digest import CAN_WAIT, shown_to, standing, telling_order, topic_of, wants
from cmr_watch.notify.fold import fold

# ── changes find people ──────────────────────────────────────────────────────────────────────────────────────────


def find(
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
    at_once = change.change.kind not in CAN_WAIT
    due = [_told_at(entry.rhythm, at_once, found_at) for entry in own if wants(entry, change)]
    if not due:
        return None
    at, period = min(due, key=lambda one: one[0])
    quiet, zone = _quiet(own)
    return periods.after_quiet(quiet, zone, at), period


@lru_cache(maxsize=4096)
def _told_at(rhythm: Rhythm, at_once: bool, found_at: datetime) -> tuple[datetime, str | None]:
    return periods.due(rhythm, at_once, found_at)


def _quiet(own: Sequence[Subscription]) -> tuple[Quiet | None, str]:
    """Quiet hours are a person's: those of the first subscription that has some hold for all."""
    having = next((entry.rhythm for entry in own if entry.rhythm.quiet), own[0].rhythm)
    return having.quiet, having.time_zone


# ── the world ────────────────────────────────────────────────────────────────────────────────────────────────────


def world(known: Known | None, moves: Iterable[RecordedChange], now: datetime) -> World:
    """What is the same for everybody. `moves`: every cut-off that was added or moved, oldest first."""
    if known is None:
        return World()
    moved: dict[tuple[str, datetime], tuple[datetime, datetime | None]] = {}
    for recorded in moves:
        change = recorded.change
        if change.cutoff_after:
            before = change.cutoff_before.at if change.cutoff_before else None
            moved[change.key, change.cutoff_after.at] = recorded.read_at, before
    return World(tuple(_open_cutoffs(known, moved)), standing(known, now))


def _open_cutoffs(
    known: Known, moved: dict[tuple[str, datetime], tuple[datetime, datetime | None]]
) -> Iterator[OpenCutoff]:
    for entry in known.calls:
        if entry.gone or entry.call.status != "open":
            continue
        for cutoff in entry.call.cutoffs:
            since, before = moved.get((entry.key, cutoff.at), (entry.first_seen_at, None))
            yield OpenCutoff(entry.key, entry.call, cutoff, since, before)


# ── one person ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Decided:
    """What is to be done with each match: told now, dropped for nobody wants it, or looked at later."""

    now: tuple[Match, ...]
    dropped: tuple[int, ...]
    later: tuple[tuple[int, datetime, str | None], ...]


@dataclass(frozen=True, slots=True)
class _Urgent:
    """Reminders that are due and stand in no message yet; in quiet hours only those that cannot wait."""

    tell: tuple[Reminder, ...]
    in_silence: bool


def plan(person: Person, around: World, now: datetime) -> Plan:
    """What one person is told now.

    - Only what somebody is still subscribed to; everything else is dropped.
    - What is due, and all that waits about the same edition or call, so that its news stays in order.
    - What was undone before it was told is told truthfully, or not at all.
    - A message that was not sent yet is written anew when there is more to tell, or when it is not true any more.
    - In quiet hours nothing, but for a cut-off that would not wait.
    """
    if not person.subscriptions:
        return Plan(dropped=tuple(match.recorded.id for match in person.matches))
    quiet, zone = _quiet(person.subscriptions)
    silence = quiet if quiet and periods.is_quiet(quiet, zone, now) else None
    until = periods.after_quiet(silence, zone, now)
    decided = _decide(person, now, until if silence else None)
    urgent = _urgent(person, around, now, until if silence else None)
    month_at = _quiet_month_at(person)
    written = _written(person, around, decided, urgent, now)
    if written is None and month_at and month_at <= now and not silence and around.standing is not None:
        written = Plan(Contents(quiet_month=True))
    if written is not None and written.contents is not None:
        month_at = _quiet_month_at(replace(person, spoken_at=now))
    wake_at = _wake_at(person, around, now, month_at, until if silence else None)
    return _with_times(written or Plan(dropped=()), decided, wake_at, (quiet, zone), now)


def _decide(person: Person, now: datetime, silent_until: datetime | None) -> _Decided:
    dropped: list[int] = []
    due: list[tuple[Match, datetime, str | None]] = []
    for match in person.matches:
        when = _due(person.subscriptions, match.recorded, match.found_at)
        if when is None:
            dropped.append(match.recorded.id)
        else:
            due.append((match, *_not_again(person, match, when, now)))
    if silent_until:
        held = [(match.recorded.id, max(at, silent_until), period) for match, at, period in due if not match.waiting]
        return _Decided((), tuple(dropped), tuple(held))
    ready = {match.recorded.change.key for match, at, _ in due if at <= now and not match.waiting}
    told = [
        replace(match, period=period if at <= now else None)  # what is told along is no digest
        for match, at, period in due
        if at <= now or match.waiting or match.recorded.change.key in ready
    ]
    ids = {match.recorded.id for match in told}
    later = [(match.recorded.id, at, period) for match, at, period in due if match.recorded.id not in ids]
    return _Decided(tuple(told), tuple(dropped), tuple(later))


def _not_again(
    person: Person, match: Match, when: tuple[datetime, str | None], now: datetime
) -> tuple[datetime, str | None]:
    """Each digest is written once: what came too late for it goes into the next."""
    at, period = when
    if period is None or period not in person.digests or match.waiting:
        return when
    if match.period is not None and match.period not in person.digests:
        return match.due_at, match.period  # it was put off already, to this one
    later = [
        _told_at(entry.rhythm, False, max(at, now)) for entry in person.subscriptions if wants(entry, match.recorded)
    ]
    return min(later, key=lambda one: one[0])


def _urgent(person: Person, around: World, now: datetime, silent_until: datetime | None) -> _Urgent:
    told = person.reminded | person.reminded_waiting
    found = reminders.decide(around.cutoffs, person.subscriptions, told, now).tell
    tell = tuple(one for one in found if silent_until is None or one.open.cutoff.at <= silent_until)
    return _Urgent(tell, silent_until is not None)


def _unwelcomed(person: Person) -> tuple[Subscription, ...]:
    """Those that were not welcomed yet, or only in a message that was not sent."""
    return tuple(one for one in person.subscriptions if one.welcomed_at is None or one.id in person.welcoming)


def _written(person: Person, around: World, decided: _Decided, urgent: _Urgent, now: datetime) -> Plan | None:
    """The message that is to be written, with what it settles; None: there is nothing to write."""
    new = () if urgent.in_silence or around.standing is None else _unwelcomed(person)
    fresh = any(not match.waiting for match in decided.now) or any(one.id not in person.welcoming for one in new)
    if not (fresh or urgent.tell or person.is_stale):
        return None
    again = reminders.decide(around.cutoffs, person.subscriptions, person.reminded, now)
    tell = urgent.tell if urgent.in_silence else again.tell
    welcome = shown_to(new, around.standing) if new and around.standing is not None else None
    old = [entry for entry in person.subscriptions if entry not in new]
    news = [match.recorded for match in decided.now if not _is_shown(match, _keys(welcome), old)]
    told = tuple(sorted(fold(news), key=telling_order))
    shown = {match.recorded.id for match in person.matches if _is_shown(match, _keys(welcome), old)}
    ids = tuple(sorted({match.recorded.id for match in decided.now} | (shown - set(decided.dropped))))
    settled = Plan(absorbs=True, reminders=_settled(again.settled, tell, urgent.in_silence))
    if not (told or tell or welcome is not None):
        return replace(settled, dropped=ids)
    return replace(
        settled,
        contents=Contents(told, tell, welcome),
        told=ids,
        periods=tuple(sorted({match.period for match in decided.now if match.period} - person.digests)),
        welcomed=tuple(entry.id for entry in new),
    )


def _settled(keys: tuple[ReminderKey, ...], tell: tuple[Reminder, ...], in_silence: bool) -> tuple[ReminderKey, ...]:
    """In quiet hours only what is told is settled: the rest is decided when they are over."""
    told = {(one.open.call_key, one.open.cutoff.at) for one in tell}
    return tuple(key for key in keys if not in_silence or key[:2] in told)


def _keys(shown: Standing | None) -> frozenset[str]:
    if shown is None:
        return frozenset()
    return frozenset([*(entry.key for entry in shown.calls), *(entry.key for entry in shown.editions)])


def _is_shown(match: Match, keys: frozenset[str], old: Sequence[Subscription]) -> bool:
    """A welcome shows how things stand: that is no news beside it, but for an older subscription's."""
    return match.recorded.change.key in keys and not any(wants(entry, match.recorded) for entry in old)


# ── times ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _quiet_month_at(person: Person) -> datetime | None:
    """When the line of a quiet month is due: at the beginning of the month after whatever was told last."""
    watching = [entry for entry in person.subscriptions if entry.still_watching]
    if not watching:
        return None
    since = person.spoken_at or watching[0].activated_at or watching[0].created_at
    return periods.next_quiet_month(watching[0].rhythm, since)


def _wake_at(
    person: Person, around: World, now: datetime, month_at: datetime | None, silent_until: datetime | None
) -> datetime | None:
    if around.standing is None:
        return now  # nothing was read yet: the welcome waits for the first reading
    told = person.reminded | person.reminded_waiting
    found = reminders.decide(around.cutoffs, person.subscriptions, told, now)
    times = [found.next_at, month_at, silent_until]
    coming = [at for at in times if at is not None and at > now]
    return min(coming, default=None)


def _with_times(
    written: Plan, decided: _Decided, wake_at: datetime | None, quiet: tuple[Quiet | None, str], now: datetime
) -> Plan:
    hours, zone = quiet
    told = written.contents.reminders if written.contents else ()
    cutoffs = [one.open.cutoff.at for one in told]
    hurry = hours is not None and any(at <= periods.after_quiet(hours, zone, now) for at in cutoffs)
    return replace(
        written,
        dropped=written.dropped + decided.dropped,
        postponed=tuple(one for one in decided.later if one[0] not in written.told),
        wake_at=wake_at,
        quiet=(hours, zone) if hours and not hurry else None,
        stale_at=min([periods.next_midnight(zone, now), *cutoffs]) if cutoffs else None,
    )
