"""Which edition is it? Lines of a reading are matched with the editions ever known, by rules in order.

Each rule runs over all lines before the next, one to one, nearest start first:

0. the same facts (so that a line always matches itself, whatever it lacks);
1. same city and country, same start;
2. same edition-page address, if it stands once on each side, and year or city agrees;
3. same city and country, at most 60 days apart (a month counts from its first day to its last);
4. same city and country, the known one still to come and the new line upcoming;
5. same known country and same known days, one candidate on each side (its place was renamed);
6. same city and days or span, the country missing on a side (it was forgotten, or has been added).

Unknown never equals unknown. A past edition is never moved into a new one: under the upcoming heading it is found only
by its start. See docs/adr/0001 and 0003.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from cmr_watch.models import Edition, Known, KnownEdition, Snapshot
from cmr_watch.monitor.edition_dates import span, still_to_come
from cmr_watch.places import city_names, fold, is_online, is_same_city

NEAR: Final = timedelta(days=60)
"""How far an edition may move and still be the same without other evidence (ADR 1)."""

MOST_OF_ONE_MARK: Final = 50
"""No city hosts more often. It keeps the time of a hostile page within bounds."""

Pair = tuple[KnownEdition, Edition]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pair that shares one of `marks` is rated by `distance`, which says None when it is no pair.

    `alone`: it takes only what is the one candidate on each side.
    """

    marks: Callable[[Edition], Iterable[Hashable]]
    distance: Callable[[KnownEdition, Edition], timedelta | None]
    alone: bool = False


def match_editions(known: Known, reading: Snapshot, now: datetime | None) -> tuple[Pair, ...]:
    """Pairs of a known edition and its line. `now` is the reading's instant where it is known."""
    left_known, left_lines = list(known.editions), list(reading.editions)
    pairs: list[Pair] = []
    for rule in _rules(known, reading, now):
        found = _closest(rule, left_known, left_lines)
        pairs += found
        taken = {id(one) for pair in found for one in pair}
        left_known = [one for one in left_known if id(one) not in taken]
        left_lines = [line for line in left_lines if id(line) not in taken]
    return tuple(pairs)


def _rules(known: Known, reading: Snapshot, now: datetime | None) -> Iterator[_Rule]:
    yield _Rule(lambda edition: (edition,), _at_once)
    yield _Rule(_cities_and_start, _same_start)
    yield _Rule(_addresses, _own_address(known, reading))
    yield _Rule(_cities, _near)
    yield _Rule(_cities, _upcoming(now))
    yield _Rule(_country_and_days, _at_once, alone=True)
    yield _Rule(_cities, _without_country, alone=True)


_Rated = tuple[timedelta, bool, int, int]


def _closest(rule: _Rule, known: Sequence[KnownEdition], lines: Sequence[Edition]) -> list[Pair]:
    """One to one by a rule: the nearest first, what is on the list before what is gone, then in order."""
    rated = [
        (distance, known[k].gone is not None, k, n)
        for k, n in _sharing(rule, known, lines)
        if (distance := rule.distance(known[k], lines[n])) is not None and not _past_into_new(known[k], lines[n])
    ]
    if rule.alone:
        rated = _without_rivals(rated)
    line_of: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, k, n in sorted(rated):
        if k not in line_of and n not in taken:
            line_of[k] = n
            taken.add(n)
    return [(known[k], lines[n]) for k, n in line_of.items()]


def _sharing(rule: _Rule, known: Sequence[KnownEdition], lines: Sequence[Edition]) -> set[tuple[int, int]]:
    """The pairs that share a mark: not each line is held against each edition."""
    ones = _by_mark(rule, [one.edition for one in known])
    others = _by_mark(rule, lines)
    return {(k, n) for mark in ones.keys() & others.keys() for k in ones[mark] for n in others[mark]}


def _by_mark(rule: _Rule, editions: Sequence[Edition]) -> dict[Hashable, list[int]]:
    marked: defaultdict[Hashable, list[int]] = defaultdict(list)
    for number, edition in enumerate(editions):
        for mark in rule.marks(edition):
            if len(marked[mark]) < MOST_OF_ONE_MARK:
                marked[mark].append(number)
    return marked


def _without_rivals(rated: list[_Rated]) -> list[_Rated]:
    ones, others = Counter(row[2] for row in rated), Counter(row[3] for row in rated)
    return [row for row in rated if ones[row[2]] == others[row[3]] == 1]


def _past_into_new(known: KnownEdition, line: Edition) -> bool:
    if known.edition.section != "past" or line.section != "upcoming":
        return False
    same_start = known.edition.starts_on is not None and known.edition.starts_on == line.starts_on
    same_period = known.edition.period is not None and known.edition.period == line.period
    return not (same_start or same_period)


# ── what the rules look at ───────────────────────────────────────────────────────────────────────────────────────

_ZERO: Final = timedelta(0)


def _cities(edition: Edition) -> Iterable[Hashable]:
    return city_names(edition.city)


def _cities_and_start(edition: Edition) -> Iterable[Hashable]:
    if edition.starts_on:
        yield from ((name, edition.starts_on) for name in city_names(edition.city))


def _addresses(edition: Edition) -> Iterable[Hashable]:
    address = bare_address(edition.url)
    if address:
        yield address


def _country_and_days(edition: Edition) -> Iterable[Hashable]:
    if edition.country_code and edition.starts_on:
        yield edition.country_code, edition.starts_on, edition.ends_on


# ── the rules: a distance, or None ───────────────────────────────────────────────────────────────────────────────


def _at_once(_known: KnownEdition, _line: Edition) -> timedelta | None:
    return _ZERO


def _same_start(known: KnownEdition, line: Edition) -> timedelta | None:
    return _ZERO if is_same_place(known.edition, line) else None


def _own_address(known: Known, reading: Snapshot) -> Callable[[KnownEdition, Edition], timedelta | None]:
    """Whether it stands once in each reading and belongs to an edition: not to the list, nor to a call."""
    once_known = _once(one.edition for one in known.editions if one.gone is None)
    once_now = _once(reading.editions)
    calls = [*(one.call for one in known.calls), *reading.calls]
    others = _NO_EDITIONS | {bare_address(call.apply_url) for call in calls}

    def distance(one: KnownEdition, line: Edition) -> timedelta | None:
        address = bare_address(line.url)
        if address not in once_now or not (address in once_known or one.gone) or _is_one_of(others, address):
            return None
        return _ZERO if _year_or_city_agrees(one.edition, line) else None

    return distance


def _once(editions: Iterable[Edition]) -> set[str]:
    counted = Counter(address for edition in editions if (address := bare_address(edition.url)))
    return {address for address, count in counted.items() if count == 1}


_NO_EDITIONS: Final = frozenset(
    {
        "clustercollaboration.eu/events/organised-by-eccp/clusters-meet-regions",
        "clustercollaboration.eu/content/call-expression-interest-clusters-meet-regions",
    }
)


def _is_one_of(others: Iterable[str | None], address: str) -> bool:
    return address in others or address.partition("?")[0] in others


def bare_address(url: str | None) -> str | None:
    """An address without scheme, `www.`, fragment and closing slash: the two hosts are one site."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:  # what an editor typed is no address at all
        return url
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{parts.path.rstrip('/')}{query}"


def _year_or_city_agrees(one: Edition, other: Edition) -> bool:
    first, second = span(one), span(other)
    same_year = first is not None and second is not None and first[0].year == second[0].year
    return same_year or is_same_city(one.city, other.city)


def _near(known: KnownEdition, line: Edition) -> timedelta | None:
    first, second = span(known.edition), span(line)
    if first is None or second is None or not is_same_place(known.edition, line):
        return None
    if known.edition.starts_on and line.starts_on:
        distance = abs(known.edition.starts_on - line.starts_on)
    else:
        distance = max(first[0] - second[1], second[0] - first[1], _ZERO)
    return distance if distance <= NEAR else None


def _upcoming(now: datetime | None) -> Callable[[KnownEdition, Edition], timedelta | None]:
    def distance(known: KnownEdition, line: Edition) -> timedelta | None:
        if known.gone or line.section != "upcoming" or not is_same_place(known.edition, line):
            return None
        if not still_to_come(known.edition, now):
            return None
        first, second = span(known.edition), span(line)
        return abs(first[0] - second[0]) if first and second else timedelta.max

    return distance


def _without_country(known: KnownEdition, line: Edition) -> timedelta | None:
    old = known.edition
    if (old.country_code and line.country_code) or not is_same_city(old.city, line.city):
        return None
    same_days = old.starts_on is not None and old.starts_on == line.starts_on
    same_span = old.period is not None and old.period == line.period
    return _ZERO if same_days or same_span else None


# ── what the rules ask ───────────────────────────────────────────────────────────────────────────────────────────


def is_same_place(one: Edition, other: Edition) -> bool:
    """Same city and country, folded and by aliases. Online has no country; elsewhere an unknown one equals nothing."""
    if not is_same_city(one.city, other.city):
        return False
    if is_online(one.city) and one.country is None and other.country is None:
        return True
    return is_same_country(one, other)


def is_same_country(one: Edition, other: Edition) -> bool:
    """By the code where one is known, else by the word."""
    if one.country_code or other.country_code:
        return one.country_code == other.country_code
    return one.country is not None and other.country is not None and fold(one.country) == fold(other.country)
