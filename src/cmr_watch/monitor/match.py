"""Matches the lines of a reading with the editions that are known, by rules in a fixed order (ADR 1 and 3). Pure.

Each rule is applied to all lines before the next one. Matches are one to one, nearest start first:

0. all facts are equal, so that a line matches itself whatever it lacks;
1. same city and country, same start;
2. same URL of the edition's page, if it occurs once on each side, and the year or the city agrees;
3. same city and country, at most 60 days apart (a month counts from its first day to its last);
4. same city and country, the known edition is upcoming and the line is in the upcoming section;
5. same known country and same known days, with one candidate on each side: the place was renamed;
6. same city and same days or period, with one candidate on each side: the country is missing on one of them.

An unknown value never equals an unknown value. A line in the upcoming section matches a past edition only if both have
the same start or the same period.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cmr_watch.models.readings import Edition, Known, KnownEdition, Snapshot
from cmr_watch.monitor.sections import as_known, with_sections
from cmr_watch.monitor.upcoming import date_range, is_upcoming
from cmr_watch.places import city_names, fold, is_online, is_same_city
from cmr_watch.urls import normalised_url

MAX_MOVE: Final = timedelta(days=60)
"""How far an edition may move and still be matched by its place alone (ADR 1)."""

MAX_BLOCK_SIZE: Final = 50
"""How many editions with the same blocking key are compared. Limits the time that a hostile page can take."""

Pair = tuple[KnownEdition, Edition]
Distance = Callable[[KnownEdition, Edition], timedelta | None]
"""How far a known edition and a line are apart; None if they do not match."""


class _Rule(NamedTuple):
    """Compares the editions and lines that have a blocking key in common, and matches the nearest ones first.

    With `unique_only`, it matches only editions and lines with exactly one candidate.
    """

    blocking_keys: Callable[[Edition], Iterable[Hashable]]
    distance: Distance
    unique_only: bool = False


class Matching(NamedTuple):
    """A reading, each of whose lines has a section, and the known editions that its lines are.

    It is made once for each reading: what is assessed is what is then compared. `as_read`: the reading as parsed.
    `has_all_headings`: whether no section heading of the page is gone; if one is, a call may be gone with it (B1).
    """

    reading: Snapshot
    pairs: tuple[Pair, ...]
    as_read: Snapshot
    has_all_headings: bool = True

    @property
    def new_lines(self) -> tuple[Edition, ...]:
        """The lines that are no known edition."""
        matched = {id(line) for _, line in self.pairs}
        return tuple(line for line in self.reading.editions if id(line) not in matched)

    def without(self, lines: Iterable[Edition]) -> Matching:
        """The matching as if these lines, which are no known editions, were not on the page."""
        left_out = {id(line) for line in lines}
        kept = tuple(line for line in self.reading.editions if id(line) not in left_out)
        return self._replace(reading=replace(self.reading, editions=kept)) if left_out else self


def match_reading(known: Known, as_read: Snapshot, now: datetime | None) -> Matching:
    """Find the known editions in a reading. `now` is its time, if that is known."""
    lines, doubtful = with_sections(known, as_read, now)
    line_as_read = dict(zip(map(id, lines), as_read.editions, strict=True))
    reading = replace(as_read, editions=lines)
    settled = {id(line): line for line in lines}
    pairs = []
    for entry, line in match_editions(known, reading, now):
        if id(line) in doubtful:
            settled[id(line)] = as_known(line_as_read[id(line)], entry.edition.section)
        pairs.append((entry, settled[id(line)]))
    return Matching(replace(reading, editions=tuple(settled[id(line)] for line in lines)), tuple(pairs), as_read)


def match_editions(known: Known, reading: Snapshot, now: datetime | None) -> tuple[Pair, ...]:
    """Pairs of a known edition and its line. `now` is the time of the reading, if it is known."""
    remaining, remaining_lines = list(known.editions), list(reading.editions)
    pairs: list[Pair] = []
    for rule in _rules(known, reading, now):
        if not (remaining and remaining_lines):
            break  # usually after the first rule
        matched = _apply_rule(rule, remaining, remaining_lines)
        pairs += matched
        taken = {id(item) for pair in matched for item in pair}
        remaining = [entry for entry in remaining if id(entry) not in taken]
        remaining_lines = [line for line in remaining_lines if id(line) not in taken]
    return tuple(pairs)


def _rules(known: Known, reading: Snapshot, now: datetime | None) -> Iterator[_Rule]:
    yield _Rule(_all_facts, _zero)
    yield _Rule(_cities_and_start, _same_place_distance)
    yield _Rule(_url, _page_url_distance(known, reading))
    yield _Rule(_cities, _near_distance)
    yield _Rule(_cities, _upcoming_distance(now))
    yield _Rule(_country_and_days, _zero, unique_only=True)
    yield _Rule(_cities, _missing_country_distance, unique_only=True)


_Candidate = tuple[timedelta, bool, int, int]
"""The distance, whether the known edition is gone, and the indexes of the edition and of the line: the sort order."""


def _apply_rule(rule: _Rule, known: Sequence[KnownEdition], lines: Sequence[Edition]) -> list[Pair]:
    """The matches of one rule, one to one: the nearest first, editions that are not gone before those that are."""
    candidates = [
        (distance, known[k].gone is not None, k, n)
        for k, n in _pairs_in_blocks(rule, known, lines)
        if (distance := rule.distance(known[k], lines[n])) is not None and not _is_past_as_new(known[k], lines[n])
    ]
    if rule.unique_only:
        candidates = _without_rivals(candidates)
    line_of: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, k, n in sorted(candidates):
        if k not in line_of and n not in taken:
            line_of[k] = n
            taken.add(n)
    return [(known[k], lines[n]) for k, n in line_of.items()]


def _pairs_in_blocks(rule: _Rule, known: Sequence[KnownEdition], lines: Sequence[Edition]) -> set[tuple[int, int]]:
    """The index pairs that share a blocking key, so that not every line is compared with every edition."""
    known_blocks = _blocks(rule, [entry.edition for entry in known])
    line_blocks = _blocks(rule, lines)
    shared = known_blocks.keys() & line_blocks.keys()
    return {(k, n) for key in shared for k in known_blocks[key] for n in line_blocks[key]}


def _blocks(rule: _Rule, editions: Sequence[Edition]) -> dict[Hashable, list[int]]:
    """The indexes of the editions with each blocking key, at most MAX_BLOCK_SIZE."""
    blocks: defaultdict[Hashable, list[int]] = defaultdict(list)
    for index, edition in enumerate(editions):
        for key in rule.blocking_keys(edition):
            if len(blocks[key]) < MAX_BLOCK_SIZE:
                blocks[key].append(index)
    return blocks


def _without_rivals(candidates: list[_Candidate]) -> list[_Candidate]:
    """The candidates whose edition and whose line have no other candidate."""
    per_edition, per_line = Counter(row[2] for row in candidates), Counter(row[3] for row in candidates)
    return [row for row in candidates if per_edition[row[2]] == per_line[row[3]] == 1]


def _is_past_as_new(known: KnownEdition, line: Edition) -> bool:
    """Whether a past edition would become an upcoming one on other days. It is a new edition in the same place."""
    if known.edition.section != "past" or line.section != "upcoming":
        return False
    return not _has_same_start_or_period(known.edition, line)


# ── blocking keys ────────────────────────────────────────────────────────────────────────────────────────────────────


def _all_facts(edition: Edition) -> Iterable[Hashable]:
    return (edition,)


def _cities(edition: Edition) -> Iterable[Hashable]:
    return city_names(edition.city)


def _cities_and_start(edition: Edition) -> Iterable[Hashable]:
    if edition.starts_on:
        yield from ((name, edition.starts_on) for name in city_names(edition.city))


def _url(edition: Edition) -> Iterable[Hashable]:
    url = normalised_url(edition.url)
    if url:
        yield url


def _country_and_days(edition: Edition) -> Iterable[Hashable]:
    if edition.country_code and edition.starts_on:
        yield edition.country_code, edition.starts_on, edition.ends_on


# ── distances ────────────────────────────────────────────────────────────────────────────────────────────────────────

_ZERO: Final = timedelta(0)


def _zero(_known: KnownEdition, _line: Edition) -> timedelta | None:
    return _ZERO


def _same_place_distance(known: KnownEdition, line: Edition) -> timedelta | None:
    return _ZERO if is_same_place(known.edition, line) else None


def _page_url_distance(known: Known, reading: Snapshot) -> Distance:
    """Zero for a URL that occurs once on each side and is the page of an edition, not that of the list or of a call."""
    once_known = _unique_urls(entry.edition for entry in known.editions if entry.gone is None)
    once_now = _unique_urls(reading.editions)
    calls = [*(entry.call for entry in known.calls), *reading.calls]
    other_pages = _NOT_EDITION_PAGES | {normalised_url(call.apply_url) for call in calls}

    def distance(entry: KnownEdition, line: Edition) -> timedelta | None:
        url = normalised_url(line.url)
        if url not in once_now or not (url in once_known or entry.gone) or _is_one_of(other_pages, url):
            return None
        return _ZERO if _has_same_year_or_city(entry.edition, line) else None

    return distance


def _unique_urls(editions: Iterable[Edition]) -> set[str]:
    counts = Counter(url for edition in editions if (url := normalised_url(edition.url)))
    return {url for url, count in counts.items() if count == 1}


_NOT_EDITION_PAGES: Final = frozenset(
    {
        "clustercollaboration.eu/events/organised-by-eccp/clusters-meet-regions",
        "clustercollaboration.eu/content/call-expression-interest-clusters-meet-regions",
    }
)


def _is_one_of(urls: Iterable[str | None], url: str) -> bool:
    """Whether the URL is one of them, with or without its query."""
    return url in urls or url.partition("?")[0] in urls


def _has_same_year_or_city(one: Edition, other: Edition) -> bool:
    first, second = date_range(one), date_range(other)
    has_same_year = first is not None and second is not None and first[0].year == second[0].year
    return has_same_year or is_same_city(one.city, other.city)


def _near_distance(known: KnownEdition, line: Edition) -> timedelta | None:
    """The days between the starts, or between the periods if either has no days; None if that is too far."""
    first, second = date_range(known.edition), date_range(line)
    if first is None or second is None or not is_same_place(known.edition, line):
        return None
    if known.edition.starts_on and line.starts_on:
        distance = abs(known.edition.starts_on - line.starts_on)
    else:
        distance = max(first[0] - second[1], second[0] - first[1], _ZERO)
    return distance if distance <= MAX_MOVE else None


def _upcoming_distance(now: datetime | None) -> Distance:
    """The days between the starts of two upcoming editions, however far; the maximum if a date is unknown."""

    def distance(known: KnownEdition, line: Edition) -> timedelta | None:
        if known.gone or line.section != "upcoming" or not is_same_place(known.edition, line):
            return None
        if not is_upcoming(known.edition, now):
            return None
        first, second = date_range(known.edition), date_range(line)
        return abs(first[0] - second[0]) if first and second else timedelta.max

    return distance


def _missing_country_distance(known: KnownEdition, line: Edition) -> timedelta | None:
    old = known.edition
    if (old.country_code and line.country_code) or not is_same_city(old.city, line.city):
        return None
    return _ZERO if _has_same_start_or_period(old, line) else None


def _has_same_start_or_period(one: Edition, other: Edition) -> bool:
    has_same_start = one.starts_on is not None and one.starts_on == other.starts_on
    has_same_period = one.period is not None and one.period == other.period
    return has_same_start or has_same_period


# ── comparing places and URLs ────────────────────────────────────────────────────────────────────────────────────────


def is_same_place(one: Edition, other: Edition) -> bool:
    """Whether city and country are the same, whatever their spelling (see `places`).

    An online edition needs no country. Anywhere else, an unknown country equals no other.
    """
    if not is_same_city(one.city, other.city):
        return False
    if is_online(one.city) and one.country is None and other.country is None:
        return True
    return _is_same_country(one, other)


def _is_same_country(one: Edition, other: Edition) -> bool:
    """By the code if either is known, otherwise by the name."""
    if one.country_code or other.country_code:
        return one.country_code == other.country_code
    return one.country is not None and other.country is not None and fold(one.country) == fold(other.country)
