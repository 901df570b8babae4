"""Compares a reading with what is known: which changes there are, and what is known afterwards. Pure.

`models.ChangeKind` lists all kinds of change. An edition that is seen for the first time gives one change; a known one
gives a change for each fact that changed (`edition_diff`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from cmr_watch.models.readings import Change, ChangeKind, Edition, Known, KnownEdition, Snapshot
from cmr_watch.monitor.call_diff import compare_calls, match_calls
from cmr_watch.monitor.edition_diff import changed_facts, keep_cancelled
from cmr_watch.monitor.keys import KeyGenerator
from cmr_watch.monitor.match import Matching, is_same_place, match_reading
from cmr_watch.monitor.recognition import is_mostly_found, listed_editions
from cmr_watch.monitor.sections import as_known
from cmr_watch.monitor.upcoming import is_absence_confirmed, is_upcoming

CONFIRMED_AFTER: Final = timedelta(minutes=30)
"""A missing line counts as gone when it is still missing in a second plausible reading, at least this much later."""
MAX_FROM_SUSPECT: Final = 3
"""How many new editions one suspect reading may announce (ADR 2)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes (calls first, then editions in page order), and what is known afterwards."""

    changes: tuple[Change, ...]
    known: Known


def compare(known: Known, snapshot: Snapshot, now: datetime | None, confirmed_after: timedelta | None) -> Comparison:
    """Compare a plausible reading with what is known.

    - `now` is the time of the reading. With None, an edition is upcoming if its section says so, whatever its days.
    - `confirmed_after`: how long a line must be missing until it counts as gone. With None it counts immediately.
    """
    return compare_matched(known, match_reading(known, snapshot, now), now, confirmed_after)


def compare_matched(
    known: Known, matching: Matching, now: datetime | None, confirmed_after: timedelta | None
) -> Comparison:
    """Compare a reading whose lines have been matched with the known editions; otherwise like `compare`."""
    edition_changes, editions = _compare_editions(known, matching, now, confirmed_after)
    proves = confirmed_after is None or matching.has_all_headings
    call_changes, calls = compare_calls(
        known.calls, matching.reading.calls, now, confirmed_after, proves_absence=proves
    )
    return Comparison(call_changes + edition_changes, Known(editions, calls))


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _compare_editions(
    known: Known, matching: Matching, now: datetime | None, confirmed_after: timedelta | None
) -> tuple[tuple[Change, ...], tuple[KnownEdition, ...]]:
    matches = {id(line): entry for entry, line in matching.pairs}
    keys = KeyGenerator(entry.key for entry in known.editions)
    changes: list[Change] = []
    seen: dict[str, KnownEdition] = {}
    for line in matching.reading.editions:
        entry = matches.get(id(line))
        if entry is None:
            entry = KnownEdition(keys.for_edition(line), line, now)
            changes.append(first_change(entry, now))
        else:
            line = keep_cancelled(entry.edition, line)
            changes += changed_facts(entry, line, now)
        seen[entry.key] = replace(entry, edition=line, missing_since=None, gone=None)
    for entry in [entry for entry in known.editions if entry.key not in seen]:
        change, seen[entry.key] = _absent_edition(entry, matching.reading, now, confirmed_after)
        changes += change
    return tuple(changes), _in_known_order(known, seen)


def _absent_edition(
    entry: KnownEdition, reading: Snapshot, now: datetime | None, confirmed_after: timedelta | None
) -> tuple[list[Change], KnownEdition]:
    """An edition that is not found is missing only where the heading of its section stands (READING B1).

    What stood under a heading that is gone may be anywhere: such a reading interrupts an absence.
    """
    if confirmed_after is None or entry.edition.section in reading.outline.sections:
        return _missing_edition(entry, now, confirmed_after)
    return [], replace(entry, missing_since=None) if entry.gone is None else entry


def _in_known_order(known: Known, seen: dict[str, KnownEdition]) -> tuple[KnownEdition, ...]:
    """The known editions in their order, then the new ones in page order."""
    order = {entry.key: index for index, entry in enumerate(known.editions)}
    return tuple(sorted(seen.values(), key=lambda entry: order.get(entry.key, len(order))))


def first_change(entry: KnownEdition, now: datetime | None) -> Change:
    """The change of an edition that is seen for the first time."""
    kind = ChangeKind.EDITION_ANNOUNCED if is_upcoming(entry.edition, now) else ChangeKind.EDITION_LISTED
    return Change(kind, entry.key, None, entry.edition)


def _missing_edition(
    entry: KnownEdition, now: datetime | None, confirmed_after: timedelta | None
) -> tuple[list[Change], KnownEdition]:
    """The change, if any, and the new state of an edition without a line.

    - gone already: nothing;
    - absence not confirmed: still known, without a change;
    - in the past section: delisted;
    - cancelled: delisted, without a change, because the cancellation was announced;
    - upcoming: withdrawn;
    - otherwise its days are over: still known, without a change, as it may be added to the past section later.
    """
    if entry.gone:
        return [], entry
    edition = entry.edition
    missing = replace(entry, missing_since=entry.missing_since or now)
    if not is_absence_confirmed(entry.missing_since, now, confirmed_after):
        return [], missing
    if edition.section == "past":
        return [Change(ChangeKind.EDITION_DELISTED, entry.key, edition, None)], replace(missing, gone="delisted")
    if edition.status == "cancelled":
        return [], replace(missing, gone="delisted")
    if is_upcoming(edition, now):
        return [Change(ChangeKind.EDITION_WITHDRAWN, entry.key, edition, None)], replace(missing, gone="withdrawn")
    return [], missing


# ── suspect readings ─────────────────────────────────────────────────────────────────────────────────────────────────


def compare_suspect(
    known: Known, last: Snapshot, matching: Matching, now: datetime, good_until: datetime | None = None
) -> Comparison:
    """Compare a suspect reading of the list: it only announces new editions, and changes nothing else (READING B5).

    At least half of the editions of the last good reading must be found in it, and it must not be garbled. Since that
    reading, which was last confirmed at `good_until`, at most MAX_FROM_SUSPECT are announced.
    """
    from cmr_watch.monitor.garbled import garbled_lines  # imported only for a suspect reading

    if garbled_lines(matching.reading, last) or not is_mostly_found(listed_editions(known, last, now), matching):
        return Comparison((), known)
    keys = KeyGenerator(entry.key for entry in known.editions)
    lines = islice(
        _new_lines(known, matching, now), max(MAX_FROM_SUSPECT - _announced_since(good_until, known, now), 0)
    )
    added = tuple(KnownEdition(keys.for_edition(line), line, now) for line in lines)
    changes = tuple(Change(ChangeKind.EDITION_ANNOUNCED, entry.key, None, entry.edition) for entry in added)
    return Comparison(changes, Known((*known.editions, *added), known.calls))


def _announced_since(good_until: datetime | None, known: Known, now: datetime) -> int:
    return sum(good_until is not None and (entry.first_seen_at or now) > good_until for entry in known.editions)


def _new_lines(known: Known, matching: Matching, now: datetime) -> Iterator[Edition]:
    """Complete lines that match and resemble no known edition.

    Each line is also matched alone: next to others, the edition that it belongs to may be matched with another line.
    """
    headed = {line.text for line in matching.as_read.editions if line.section == "upcoming"}
    for line in matching.new_lines:
        if line.text not in headed or not _is_complete(line, now) or _resembles_known(line, known):
            continue
        if not match_reading(known, replace(matching.reading, editions=(line,)), now).pairs:
            yield line


def _is_complete(line: Edition, now: datetime) -> bool:
    """Whether it is an upcoming edition with a known country and days, neither cancelled nor postponed."""
    is_planned = line.status in ("scheduled", "save_the_date")
    return bool(line.country_code and line.starts_on) and is_planned and is_upcoming(line, now)


def _resembles_known(line: Edition, known: Known) -> bool:
    """Whether place and day are those of a known edition, in any year. A damaged page may show an incorrect year."""
    day = line.starts_on and (line.starts_on.month, line.starts_on.day)
    starts = (entry.edition.starts_on for entry in known.editions if is_same_place(entry.edition, line))
    return any(start and (start.month, start.day) == day for start in starts)


# ── without changes ──────────────────────────────────────────────────────────────────────────────────────────────────


def merge_reading(known: Known, snapshot: Snapshot, now: datetime | None) -> Known:
    """What is known after a reading, without reporting its changes. Entries that it does not contain are unchanged."""
    merged = compare(known, snapshot, now, CONFIRMED_AFTER).known
    editions = {entry.key: entry for entry in known.editions}
    calls = {entry.key: entry for entry in known.calls}
    return Known(
        tuple(entry if entry.missing_since is None else editions[entry.key] for entry in merged.editions),
        tuple(entry if entry.missing_since is None else calls[entry.key] for entry in merged.calls),
    )


def known_after_reparse(known: Known, before: Snapshot, after: Snapshot, now: datetime) -> Known:
    """What is known when the page that was read as `before` is parsed as `after` by a newer parser (ADR 5).

    - A line with the same text is the same edition and keeps its key, whatever the parser extracts from it.
    - An entry that only the older parser found on this page was a mistake, and is removed.
    - An entry that was not on this page (it is gone, or comes from a suspect reading) is unchanged.
    """
    merged = merge_reading(_with_reparsed_lines(known, before, after, now), after, now)
    mistakes = _keys_on_page(known, before, now) - _keys_on_page(merged, after, now)
    return Known(
        tuple(entry for entry in merged.editions if entry.key not in mistakes),
        tuple(entry for entry in merged.calls if entry.key not in mistakes),
    )


def _with_reparsed_lines(known: Known, before: Snapshot, after: Snapshot, now: datetime) -> Known:
    """The known state, with the editions of `before` replaced by the lines of `after` that have the same text."""
    line_by_text = {line.text: line for line in after.editions if line.text}
    reparsed = {
        entry.key: _as_reparsed(entry, line_by_text[line.text])
        for entry, line in match_reading(known, before, now).pairs
        if line.text in line_by_text
    }
    editions = (replace(entry, edition=reparsed.get(entry.key, entry.edition)) for entry in known.editions)
    return replace(known, editions=tuple(editions))


def _as_reparsed(entry: KnownEdition, line: Edition) -> Edition:
    """The line as the newer parser reads it; if no heading says its section, in the one that is known."""
    return line if line.section else as_known(line, entry.edition.section)


def _keys_on_page(known: Known, page: Snapshot, now: datetime) -> set[str]:
    calls = match_calls(known.calls, page.calls).values()
    return {entry.key for entry, _ in match_reading(known, page, now).pairs} | {entry.key for entry in calls}
