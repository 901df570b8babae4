"""What changed between what is known and what a page says now. Pure: the caller knows the time.

The closed list of kinds stands in `models.ChangeKind`. A first-seen edition gives one change, a known one gives one for
each changed fact (`facts` says which), and everything that is no change gives silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from cmr_watch.models import Change, ChangeKind, Edition, Known, KnownEdition, Snapshot
from cmr_watch.monitor.call_diff import compare_calls, match_calls
from cmr_watch.monitor.edition_dates import confirmed, still_to_come
from cmr_watch.monitor.edition_diff import changed_facts, still_cancelled
from cmr_watch.monitor.keys import Keys
from cmr_watch.monitor.match import is_same_place, match_editions

K = ChangeKind
CONFIRMED_AFTER: Final = timedelta(minutes=30)
"""A line is gone when a second believable reading, this much later, misses it too."""
MOST_FROM_SUSPECT: Final = 3
"""How many editions a reading that is not believed may announce."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes, calls first, then in the page's order; and what is known from now on."""

    changes: tuple[Change, ...]
    known: Known


def compare(known: Known, snapshot: Snapshot, now: datetime | None, confirmed_after: timedelta | None) -> Comparison:
    """Compare a believable reading with what is known.

    `now` is the instant of the reading, or None where only the headings can tell what is still to come;
    with `confirmed_after` None a missing line is gone at once.
    """
    told, editions = _compare_editions(known, snapshot, now, confirmed_after)
    told_of_calls, calls = compare_calls(known.calls, snapshot.calls, now, confirmed_after)
    return Comparison(told_of_calls + told, Known(editions, calls))


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────

_Missing = tuple[list[Change], KnownEdition]


def _compare_editions(
    known: Known, snapshot: Snapshot, now: datetime | None, confirmed_after: timedelta | None
) -> tuple[tuple[Change, ...], tuple[KnownEdition, ...]]:
    found = {id(line): one for one, line in match_editions(known, snapshot, now)}
    keys = Keys(one.key for one in known.editions)
    changes: list[Change] = []
    seen: dict[str, KnownEdition] = {}
    for line in snapshot.editions:
        one = found.get(id(line))
        if one is None:
            one = KnownEdition(keys.edition(line), line, now)
            changes.append(_first_seen(one, now))
        else:
            line = still_cancelled(one.edition, line)
            changes += changed_facts(one, line, now)
        seen[one.key] = replace(one, edition=line, missing_since=None, gone=None)
    for one in known.editions:
        if one.key not in seen:
            change, seen[one.key] = _missing(one, now, confirmed_after)
            changes += change
    return tuple(changes), _in_order(known, seen)


def _in_order(known: Known, seen: dict[str, KnownEdition]) -> tuple[KnownEdition, ...]:
    """As they were first seen."""
    order = {one.key: n for n, one in enumerate(known.editions)}
    return tuple(sorted(seen.values(), key=lambda one: order.get(one.key, len(order))))


def _first_seen(one: KnownEdition, now: datetime | None) -> Change:
    """The one change of an edition that was never seen before."""
    kind = K.EDITION_ANNOUNCED if still_to_come(one.edition, now) else K.EDITION_LISTED
    return Change(kind, one.key, None, one.edition)


def _missing(one: KnownEdition, now: datetime | None, confirmed_after: timedelta | None) -> _Missing:
    """A line that is not there: withdrawn or delisted once it is confirmed.

    Days that are over end in silence, and so does a cancelled edition: that it is off was told.
    """
    if one.gone:
        return [], one
    waiting = replace(one, missing_since=one.missing_since or now)
    if not confirmed(one.missing_since, now, confirmed_after):
        return [], waiting
    if one.edition.section == "past":
        return [Change(K.EDITION_DELISTED, one.key, one.edition, None)], replace(waiting, gone="delisted")
    if one.edition.status == "cancelled":
        return [], replace(waiting, gone="delisted")
    if still_to_come(one.edition, now):
        return [Change(K.EDITION_WITHDRAWN, one.key, one.edition, None)], replace(waiting, gone="withdrawn")
    return [], waiting


# ── from a reading that is not believed ──────────────────────────────────────────────────────────────────────────


def additions(known: Known, snapshot: Snapshot, now: datetime) -> Comparison:
    """What may be announced from a reading that is not believed: at most three editions, read whole and never known."""
    keys = Keys(one.key for one in known.editions)
    lines = islice(_never_known(known, snapshot, now), MOST_FROM_SUSPECT)
    fresh = tuple(KnownEdition(keys.edition(line), line, now) for line in lines)
    changes = tuple(Change(K.EDITION_ANNOUNCED, one.key, None, one.edition) for one in fresh)
    return Comparison(changes, Known((*known.editions, *fresh), known.calls))


def _never_known(known: Known, snapshot: Snapshot, now: datetime) -> Iterator[Edition]:
    """Lines read whole that are no known edition: neither beside the others nor each taken alone."""
    matched = {id(line) for _, line in match_editions(known, snapshot, now)}
    for line in snapshot.editions:
        if id(line) in matched or not _read_whole(line, now) or _resembles(line, known):
            continue
        if not match_editions(known, replace(snapshot, editions=(line,)), now):
            yield line


def _read_whole(line: Edition, now: datetime) -> bool:
    told = line.status in ("scheduled", "save_the_date")
    return bool(line.country_code and line.starts_on) and told and still_to_come(line, now)


def _resembles(line: Edition, known: Known) -> bool:
    """Same place and same day of the year: on a damaged page that is an old line with a wrong year."""
    day = line.starts_on and (line.starts_on.month, line.starts_on.day)
    starts = (one.edition.starts_on for one in known.editions if is_same_place(one.edition, line))
    return any(start and (start.month, start.day) == day for start in starts)


# ── without telling anybody ──────────────────────────────────────────────────────────────────────────────────────


def adopt(known: Known, snapshot: Snapshot, now: datetime | None) -> Known:
    """What is known when a reading is taken as it is, silently. What it does not name stays as it was known."""
    taken = compare(known, snapshot, now, CONFIRMED_AFTER).known
    editions = {one.key: one for one in known.editions}
    calls = {one.key: one for one in known.calls}
    return Known(
        tuple(one if one.missing_since is None else editions[one.key] for one in taken.editions),
        tuple(one if one.missing_since is None else calls[one.key] for one in taken.calls),
    )


def read_again(known: Known, before: Snapshot, after: Snapshot, now: datetime) -> Known:
    """What is known when a newer parser reads the same page as `after`: nobody is told, and keys stay.

    A line of the same words is the same edition, whatever is read in it. What only the older parser saw on this page
    was a misreading and is forgotten; what was never on it (it had gone, or a suspect page named it) stays known.
    """
    adopted = adopt(_by_words(known, before, after, now), after, now)
    forgotten = _keys_on(known, before, now) - _keys_on(adopted, after, now)
    return Known(
        tuple(one for one in adopted.editions if one.key not in forgotten),
        tuple(one for one in adopted.calls if one.key not in forgotten),
    )


def _by_words(known: Known, before: Snapshot, after: Snapshot, now: datetime) -> Known:
    """The editions of `before` as `after` reads the lines of the same words."""
    line_of = {line.text: line for line in after.editions if line.text}
    read = {one.key: line_of.get(line.text, one.edition) for one, line in match_editions(known, before, now)}
    editions = (replace(one, edition=read.get(one.key, one.edition)) for one in known.editions)
    return replace(known, editions=tuple(editions))


def _keys_on(known: Known, page: Snapshot, now: datetime) -> set[str]:
    calls = match_calls(known.calls, page.calls).values()
    return {one.key for one, _ in match_editions(known, page, now)} | {one.key for one in calls}
