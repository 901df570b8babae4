"""How much of the last good reading is found again in another one. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cmr_watch.models.readings import Edition, Known, KnownEdition, Snapshot
from cmr_watch.monitor.match import Matching, match_reading


def listed_editions(known: Known, last: Snapshot, now: datetime) -> tuple[KnownEdition, ...]:
    """The known editions that were on the page in its last good reading (ADR 5)."""
    return tuple(entry for entry, _ in match_reading(known, last, now).pairs)


def found_with_days(matching: Matching) -> frozenset[str]:
    """The keys of the editions that a reading has with the days, or the period, that are known."""
    return frozenset(entry.key for entry, line in matching.pairs if _days(entry.edition) == _days(line))


def is_mostly_found(listed: Iterable[KnownEdition], matching: Matching) -> bool:
    """Whether at least half of these editions are found with their days."""
    keys = {entry.key for entry in listed}
    return 2 * len(keys & found_with_days(matching)) >= len(keys)


def _days(edition: Edition) -> tuple[object, ...]:
    return edition.starts_on, edition.ends_on, edition.period
