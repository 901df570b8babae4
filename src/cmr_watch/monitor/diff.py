"""What changed between what is known and what a page says now. Pure: the caller knows the time.

The closed list of kinds stands in `models.ChangeKind`. A first-seen edition gives one change, a known one gives one for
each changed fact, and everything that is no change gives silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from cmr_watch.models import Change, ChangeKind, Edition, Known, KnownEdition, Snapshot
from cmr_watch.monitor.calls import compare_calls
from cmr_watch.monitor.match import bare_address, confirmed, match_editions, same_place, still_to_come
from cmr_watch.places import fold

K = ChangeKind
CONFIRMED_AFTER: Final = timedelta(minutes=30)
"""A line is gone when a second believable reading, this much later, misses it too."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes, in the page's order, and what is known from now on."""

    changes: tuple[Change, ...]
    known: Known


def compare(known: Known, snapshot: Snapshot, now: datetime | None, confirmed_after: timedelta | None) -> Comparison:
    """Compare a believable reading with what is known.

    `now` is the instant of the reading, or None where only the headings can tell what is still to come;
    with `confirmed_after` None a missing line is gone at once.
    """
    editions = _compare_editions(known.editions, snapshot.editions, now, confirmed_after)
    calls = compare_calls(known.calls, snapshot.calls, now, confirmed_after)
    return Comparison(calls[0] + editions[0], Known(editions[1], calls[1]))


def compare_pages(old: Snapshot, new: Snapshot, at: datetime | None = None) -> tuple[Change, ...]:
    """What changed between two saved pages: no verdict, and a missing line is gone."""
    return compare(adopt(Known(), old, at), new, at, None).changes


def adopt(known: Known, snapshot: Snapshot, now: datetime | None) -> Known:
    """Take a reading as it is, silently: the first baseline, or the baseline's page read again by a newer parser.

    What the same page no longer yields was a misreading and is forgotten; what had gone before stays known.
    """
    taken = compare(known, snapshot, now, None).known
    editions = {one.key: one for one in known.editions if one.gone or one.missing_since}
    calls = {one.key: one for one in known.calls if one.gone or one.missing_since}
    return Known(
        tuple(
            editions.get(one.key, one) if one.gone else one
            for one in taken.editions
            if not one.gone or one.key in editions
        ),
        tuple(calls.get(one.key, one) if one.gone else one for one in taken.calls if not one.gone or one.key in calls),
    )


def additions(known: Known, snapshot: Snapshot, now: datetime) -> Comparison:
    """What may be announced from a reading that is not believed: at most three editions, read whole and never known."""
    matched = {id(line) for _, line in match_editions(known.editions, snapshot.editions, now)}
    new = [
        line
        for line in snapshot.editions
        if id(line) not in matched and _read_whole(line, now) and not _resembles(line, known.editions)
    ]
    fresh: list[KnownEdition] = []
    for line in new[:MOST_FROM_SUSPECT]:
        fresh.append(KnownEdition(new_key(line, (*known.editions, *fresh)), line, now))
    changes = tuple(Change(K.EDITION_ANNOUNCED, one.key, None, one.edition) for one in fresh)
    return Comparison(changes, Known((*known.editions, *fresh), known.calls))


MOST_FROM_SUSPECT: Final = 3


def _read_whole(line: Edition, now: datetime) -> bool:
    told = line.status in ("scheduled", "save_the_date")
    return bool(line.country_code and line.starts_on) and told and still_to_come(line, now)


def _resembles(line: Edition, known: Iterable[KnownEdition]) -> bool:
    """Same place and same day of the year: on a damaged page that is an old line with a wrong year."""
    day = line.starts_on and (line.starts_on.month, line.starts_on.day)
    starts = (one.edition.starts_on for one in known if same_place(one.edition, line))
    return any(start and (start.month, start.day) == day for start in starts)


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────

_Compared = tuple[tuple[Change, ...], tuple[KnownEdition, ...]]


def _compare_editions(
    known: Sequence[KnownEdition], lines: Sequence[Edition], now: datetime | None, confirmed_after: timedelta | None
) -> _Compared:
    found = {id(line): one for one, line in match_editions(known, lines, now)}
    changes: list[Change] = []
    seen: dict[str, KnownEdition] = {}
    for line in lines:
        one = found.get(id(line))
        if one is None:
            one = KnownEdition(new_key(line, (*known, *seen.values())), line, now)
            changes.append(first_seen(one, now))
        else:
            line = _still_cancelled(one.edition, line)
            changes += _changed(one, line, now)
        seen[one.key] = replace(one, edition=line, missing_since=None, gone=None)
    for one in known:
        if one.key not in seen:
            change, seen[one.key] = _missing(one, now, confirmed_after)
            changes += change
    order = {one.key: n for n, one in enumerate(known)}
    return tuple(changes), tuple(sorted(seen.values(), key=lambda one: order.get(one.key, len(order))))


def first_seen(one: KnownEdition, now: datetime | None) -> Change:
    """The one change of an edition that was never seen before."""
    to_come = still_to_come(one.edition, now)
    return Change(K.EDITION_ANNOUNCED if to_come else K.EDITION_LISTED, one.key, None, one.edition)


def new_key(edition: Edition, taken: Iterable[KnownEdition]) -> str:
    """`lyon-fr-2023-10`, with `-2` if it is taken: given once, and never changed."""
    when = f"{edition.starts_on:%Y-%m}" if edition.starts_on else (edition.period or "").split("/")[0]
    parts = [fold(edition.city), (edition.country_code or "").lower(), when]
    stem = "-".join("-".join(part.split()) for part in parts if part)[:80] or "edition"
    keys = {one.key for one in taken}
    return (
        stem if stem not in keys else next(key for n in range(2, len(keys) + 3) if (key := f"{stem}-{n}") not in keys)
    )


def _still_cancelled(old: Edition, line: Edition) -> Edition:
    """A cancelled edition that is moved below the past heading without a word was still not held."""
    return replace(line, status="cancelled") if old.status == "cancelled" and line.status == "held" else line


def _missing(
    one: KnownEdition, now: datetime | None, confirmed_after: timedelta | None
) -> tuple[list[Change], KnownEdition]:
    """A line that is not there: withdrawn or delisted once it is confirmed; days that are over end in silence."""
    if one.gone:
        return [], one
    waiting = replace(one, missing_since=one.missing_since or now)
    if not confirmed(one.missing_since, now, confirmed_after):
        return [], waiting
    if one.edition.section == "past" or one.edition.status == "cancelled":
        return [Change(K.EDITION_DELISTED, one.key, one.edition, None)], replace(waiting, gone="delisted")
    if still_to_come(one.edition, now):
        return [Change(K.EDITION_WITHDRAWN, one.key, one.edition, None)], replace(waiting, gone="withdrawn")
    return [], waiting


# ── a known edition's facts ──────────────────────────────────────────────────────────────────────────────────────


def _changed(one: KnownEdition, new: Edition, now: datetime | None) -> list[Change]:
    old = one.edition
    if old == new and one.gone is None:
        return []
    kinds = [kind for kind in (_state(one, new), _dates(old, new, now), _place(old, new, now)) if kind]
    if old.summary_url is None and new.summary_url is not None:
        kinds.append(K.EDITION_SUMMARY_PUBLISHED)
    if one.gone == "delisted" or _rest(old, new, set(kinds)):
        kinds.append(K.EDITION_UPDATED)
    return [Change(kind, one.key, old, new) for kind in kinds]


def _state(one: KnownEdition, new: Edition) -> ChangeKind | None:
    old = one.edition
    if new.status != old.status and new.status in ("cancelled", "postponed"):
        return K.EDITION_CANCELLED if new.status == "cancelled" else K.EDITION_POSTPONED
    if old.section == "upcoming" and new.status == "held":
        return K.EDITION_HELD
    if new.section == "upcoming" and _is_back(one, new):
        return K.EDITION_REINSTATED
    return None


def _is_back(one: KnownEdition, new: Edition) -> bool:
    """Withdrawn or cancelled before; or postponed, and now on again on the same days (new days are a rescheduling)."""
    old = one.edition
    if one.gone == "withdrawn" or (old.status == "cancelled" and new.status != "cancelled"):
        return True
    return old.status == "postponed" != new.status and (new.starts_on is None or new.starts_on == old.starts_on)


def _dates(old: Edition, new: Edition, now: datetime | None) -> ChangeKind | None:
    before, after = (old.starts_on, old.ends_on), (new.starts_on, new.ends_on)
    if before == after or not still_to_come(new, now):
        return None
    if old.starts_on is None:
        return K.EDITION_RESCHEDULED if old.status == "postponed" else K.EDITION_DATED
    if new.starts_on is None and new.status in ("cancelled", "postponed") and new.status != old.status:
        return None  # that its days no longer hold is what the word says
    return K.EDITION_RESCHEDULED


def _place(old: Edition, new: Edition, now: datetime | None) -> ChangeKind | None:
    moved = not same_place(old, new) and _country(old) is not None and _country(new) is not None
    return K.EDITION_RELOCATED if moved and still_to_come(new, now) else None


def _country(edition: Edition) -> str | None:
    return edition.country_code or edition.country


_DATED: Final = {K.EDITION_DATED, K.EDITION_RESCHEDULED}
_STATED: Final = {K.EDITION_CANCELLED, K.EDITION_POSTPONED, K.EDITION_HELD, K.EDITION_REINSTATED}


def _rest(old: Edition, new: Edition, told: set[ChangeKind]) -> bool:
    """Whether something is different that no other kind tells: spelling, link, remark, a correction of the past."""
    stated, dated = bool(told & _STATED), bool(told & _DATED)
    return (
        (K.EDITION_RELOCATED not in told and _spelling(old) != _spelling(new))
        or bare_address(old.url) != bare_address(new.url)
        or (old.summary_url is not None and bare_address(old.summary_url) != bare_address(new.summary_url))
        or (not stated and old.section != new.section)
        or (not stated and not dated and old.status != new.status)
        or (not dated and not _lost_days(new, told) and _when(old) != _when(new))
    )


def _lost_days(new: Edition, told: set[ChangeKind]) -> bool:
    return new.starts_on is None and bool(told & {K.EDITION_CANCELLED, K.EDITION_POSTPONED})


def _spelling(edition: Edition) -> tuple[str, str, str]:
    return fold(edition.city), fold(edition.region or ""), fold(edition.country or "")


def _when(edition: Edition) -> tuple[object, ...]:
    return edition.starts_on, edition.ends_on, edition.period
