"""Which edition is it? Lines of a reading are matched with the editions ever known, by rules in order.

Each rule runs over all lines before the next, one to one, nearest start first:

0. the same facts (so that a line always matches itself, whatever it lacks);
1. same city and country, same start;
2. same edition-page address, if it stands once on each side, and year or city agrees;
3. same city and country, at most 60 days apart (a month counts from its first day to its last);
4. same city and country, the known one still to come and the new line upcoming;
5. same known country and same known days, one candidate on each side (its place was renamed);
6. same city and days or span, the country missing on one side (it was forgotten, or has been added).

Unknown never equals unknown. A past edition is never moved into a new one: under the upcoming heading it is found only
by its start.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cmr_watch.models import Edition, KnownEdition
from cmr_watch.places import fold, is_online, same_city

BRUSSELS: Final = ZoneInfo("Europe/Brussels")
NEAR: Final = timedelta(days=60)
"""How far an edition may move and still be the same without other evidence (ADR 1)."""

Pair = tuple[KnownEdition, Edition]
_Distance = Callable[[KnownEdition, Edition], timedelta | None]


def match_editions(known: Sequence[KnownEdition], lines: Sequence[Edition], now: datetime | None) -> tuple[Pair, ...]:
    """Pairs of a known edition and its line. `now` is the reading's instant where it is known."""
    left_known, left_lines = list(known), list(lines)
    pairs: list[Pair] = []
    for rule in (
        _same_facts,
        _same_start,
        _address_rule(known, lines),
        _near,
        _upcoming(now),
        _renamed,
        _without_country,
    ):
        found = _closest(rule, left_known, left_lines)
        pairs += found
        taken_known, taken_lines = {id(one) for one, _ in found}, {id(other) for _, other in found}
        left_known = [one for one in left_known if id(one) not in taken_known]
        left_lines = [line for line in left_lines if id(line) not in taken_lines]
        if not left_lines or not left_known:
            break
    return tuple(pairs)


def _closest(rule: _Distance, known: Sequence[KnownEdition], lines: Sequence[Edition]) -> list[Pair]:
    """One to one by a rule: the nearest first, what is on the list before what is gone, then in order."""
    rated = [
        (distance, one.gone is not None, k, n)
        for k, one in enumerate(known)
        for n, line in enumerate(lines)
        if (distance := rule(one, line)) is not None and not _past_into_new(one, line)
    ]
    if rule in (_renamed, _without_country):
        rated = _without_rivals(rated)
    taken_known: set[int] = set()
    taken_lines: set[int] = set()
    pairs = []
    for _, _, k, n in sorted(rated):
        if k not in taken_known and n not in taken_lines:
            taken_known.add(k)
            taken_lines.add(n)
            pairs.append((known[k], lines[n]))
    return pairs


_Rated = tuple[timedelta, bool, int, int]


def _without_rivals(rated: list[_Rated]) -> list[_Rated]:
    ones, others = Counter(row[2] for row in rated), Counter(row[3] for row in rated)
    return [row for row in rated if ones[row[2]] == others[row[3]] == 1]


def _past_into_new(known: KnownEdition, line: Edition) -> bool:
    moved = known.edition.starts_on is None or known.edition.starts_on != line.starts_on
    return known.edition.section == "past" and line.section == "upcoming" and moved


# ── the rules: a distance, or None ───────────────────────────────────────────────────────────────────────────────

_ZERO: Final = timedelta(0)


def _same_facts(known: KnownEdition, line: Edition) -> timedelta | None:
    return _ZERO if known.edition == line else None


def _same_start(known: KnownEdition, line: Edition) -> timedelta | None:
    start = known.edition.starts_on
    return _ZERO if start is not None and start == line.starts_on and same_place(known.edition, line) else None


def _address_rule(known: Sequence[KnownEdition], lines: Sequence[Edition]) -> _Distance:
    once_known, once_now = _once(one.edition for one in known if one.gone is None), _once(lines)

    def rule(one: KnownEdition, line: Edition) -> timedelta | None:
        address = bare_address(line.url)
        if address is None or address != bare_address(one.edition.url):
            return None
        if address not in once_now or not (address in once_known or one.gone):
            return None
        return _ZERO if _year_or_city_agrees(one.edition, line) else None

    return rule


def _once(editions: Iterable[Edition]) -> set[str]:
    counted = Counter(address for edition in editions if (address := bare_address(edition.url)))
    return {address for address, count in counted.items() if count == 1 and address not in _NOT_AN_EDITION}


_NOT_AN_EDITION: Final = frozenset(
    {
        "clustercollaboration.eu/events/organised-by-eccp/clusters-meet-regions",
        "clustercollaboration.eu/content/call-expression-interest-clusters-meet-regions",
    }
)


def bare_address(url: str | None) -> str | None:
    """An address without scheme, `www.`, fragment and closing slash: the two hosts are one site."""
    if url is None:
        return None
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}{query}"


def _year_or_city_agrees(one: Edition, other: Edition) -> bool:
    first, second = span(one), span(other)
    same_year = first is not None and second is not None and first[0].year == second[0].year
    return same_year or same_city(one.city, other.city)


def _near(known: KnownEdition, line: Edition) -> timedelta | None:
    first, second = span(known.edition), span(line)
    if first is None or second is None or not same_place(known.edition, line):
        return None
    if known.edition.starts_on and line.starts_on:
        distance = abs(known.edition.starts_on - line.starts_on)
    else:
        distance = max(first[0] - second[1], second[0] - first[1], _ZERO)
    return distance if distance <= NEAR else None


def _upcoming(now: datetime | None) -> _Distance:
    def rule(known: KnownEdition, line: Edition) -> timedelta | None:
        if known.gone or line.section != "upcoming" or not same_place(known.edition, line):
            return None
        if not still_to_come(known.edition, now):
            return None
        first, second = span(known.edition), span(line)
        return abs(first[0] - second[0]) if first and second else timedelta.max

    return rule


def _renamed(known: KnownEdition, line: Edition) -> timedelta | None:
    old = known.edition
    same_days = old.starts_on is not None and (old.starts_on, old.ends_on) == (line.starts_on, line.ends_on)
    same_country = old.country_code is not None and old.country_code == line.country_code
    return _ZERO if same_days and same_country else None


def _without_country(known: KnownEdition, line: Edition) -> timedelta | None:
    old = known.edition
    if old.country_code and line.country_code or not same_city(old.city, line.city):
        return None
    same_days = old.starts_on is not None and old.starts_on == line.starts_on
    same_span = old.period is not None and old.period == line.period
    return _ZERO if same_days or same_span else None


# ── what the rules ask ───────────────────────────────────────────────────────────────────────────────────────────


def same_place(one: Edition, other: Edition) -> bool:
    """Same city and country, folded and by aliases. Online has no country; elsewhere an unknown one equals nothing."""
    if not same_city(one.city, other.city):
        return False
    if is_online(one.city) and one.country is None and other.country is None:
        return True
    if one.country_code or other.country_code:
        return one.country_code == other.country_code
    return one.country is not None and other.country is not None and fold(one.country) == fold(other.country)


def span(edition: Edition) -> tuple[date, date] | None:
    """First and last day: of its days, of its months, else of its year."""
    if edition.starts_on and edition.ends_on:
        return edition.starts_on, edition.ends_on
    if edition.period is None:
        return None
    year = int(edition.period[:4])
    if edition.date_precision != "month":
        return date(year, 1, 1), date(year, 12, 31)
    months = [int(part[-2:]) for part in edition.period.split("/")]
    return date(year, months[0], 1), date(year, months[-1], monthrange(year, months[-1])[1])


def still_to_come(edition: Edition, now: datetime | None) -> bool:
    """Under the upcoming heading and, where the instant of the reading is known, with days that are not over."""
    if edition.section != "upcoming":
        return False
    days = span(edition)
    return now is None or days is None or days[1] >= now.astimezone(BRUSSELS).date()


def confirmed(missing_since: datetime | None, now: datetime | None, after: timedelta | None) -> bool:
    """Whether a missing line is gone: at once when `after` is None, else when it is missed again that much later."""
    if after is None:
        return True
    return missing_since is not None and now is not None and now - missing_since >= after
