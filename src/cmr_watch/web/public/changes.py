"""Changes: all of them, newest first, by the reading that found them, each with what the page said before and then.

With a cursor, as in the links in mails, the page lists the changes after it, oldest first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Final
from urllib.parse import urlencode

from cmr_watch.clock import BRUSSELS
from cmr_watch.cursors import cursor_of, place_of
from cmr_watch.models.readings import (
    TOPICS,
    ChangeKind,
    Known,
    RecordedChange,
    Topic,
)
from cmr_watch.notify.relevance import TOPIC_BY_KIND
from cmr_watch.render.countries import alphabetical, country_of
from cmr_watch.render.datetimes import day_words
from cmr_watch.render.i18n import N_, _, ngettext
from cmr_watch.render.sanitize import clean
from cmr_watch.store.public import ChangeFilter, Position
from cmr_watch.web.public import words
from cmr_watch.web.public.change_lines import ChangeLine, change_lines
from cmr_watch.web.public.filters import wanted_country
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.views import BadRequest, NotFound, Reply, Visit

PER_PAGE: Final = 25
PERIODS: Final = (7, 30, 90)
"""Days, for readers who come back."""
MAX_ID_DIGITS: Final = 9
"""An ID fits into 32 bits, as those of PostgreSQL do."""
TOPIC_NAMES: Final[dict[Topic, str]] = {
    "calls": N_("Calls and cut-offs"),
    "editions": N_("Editions"),
    "materials": N_("Summaries and materials"),
}
FILTERS: Final = ("topic", "country", "since")
_MAX_COUNTRY: Final = 60
_EARLIEST: Final = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a filter."""

    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The changes that were read in the same minute, in their order."""

    read_at: datetime
    entries: tuple[ChangeLine, ...]


@dataclass(frozen=True, slots=True)
class ChangeList:
    """A part of the list.

    - `next_path`: the part after it; `first_path`: the newest changes, if this is a later part.
    - `count`: how many changes there are in all, in words. `periods`: links to those of the last days.
    - `hint`: why nothing can match.
    """

    readings: tuple[Reading, ...]
    next_path: str = ""
    first_path: str = ""
    topics: tuple[Choice, ...] = ()
    countries: tuple[Choice, ...] = ()
    since: str = ""
    is_filtered: bool = False
    count: str = ""
    periods: tuple[Choice, ...] = ()
    hint: str = ""


def changes(visit: Visit) -> Reply:
    """The list, or the changes after a cursor."""
    if "after" in visit.query:
        return _after(visit)
    wanted = change_filter(visit)
    found, number = visit.store.changes(wanted, PER_PAGE + 1, position(visit)), visit.store.number_of_changes(wanted)
    return page(visit, "changes.html", list=change_list(found, number, visit))


def change_list(found: Sequence[RecordedChange], number: int, visit: Visit) -> ChangeList:
    """A part of the list, of one change more than it shows if there are more. `number`: of all of them."""
    known, query = visit.overview.known, visit.query
    shown, filters = found[:PER_PAGE], {name: query[name] for name in FILTERS if name in query}
    return ChangeList(
        _readings(shown, visit),
        next_path=_path({**filters, "before": str(shown[-1].id)}) if len(found) > PER_PAGE else "",
        first_path=_path(filters) if "before" in query else "",
        topics=tuple(Choice(topic, _(TOPIC_NAMES[topic]), topic == query.get("topic")) for topic in TOPICS),
        countries=country_choices(known, wanted_country(query) or ""),
        since=query.get("since", ""),
        is_filtered=bool(filters),
        count=_count(number, query.get("since")),
        periods=tuple(_period(days, words.brussels(visit.now).date(), filters) for days in PERIODS),
        hint=_hint(query),
    )


def _readings(shown: Sequence[RecordedChange], visit: Visit) -> tuple[Reading, ...]:
    fresh = words.freshness(visit.overview.read_at, visit.now, visit.site.check_interval)
    lines = change_lines(shown, visit.overview.known, is_current=not fresh.is_old)
    minutes = groupby(lines, lambda line: line.read_at.replace(second=0, microsecond=0))
    return tuple(Reading(read_at, tuple(entries)) for read_at, entries in minutes)


def _count(number: int, since: str | None) -> str:
    if since:
        text = ngettext("{number} change since {day}", "{number} changes since {day}", number)
        return text.format(day=day_words(date.fromisoformat(since)))
    return ngettext("{number} change", "{number} changes", number)


def _period(days: int, today: date, filters: Mapping[str, str]) -> Choice:
    since = (today - timedelta(days=days)).isoformat()
    label = ngettext("the last {number} day", "the last {number} days", days)
    return Choice(f"{_path({**filters, 'since': since})}#list", label, filters.get("since") == since)


def _hint(query: Mapping[str, str]) -> str:
    if query.get("topic") == "calls" and "country" in query:
        return _("Calls are for all countries: choose all countries to see their changes.")
    return ""


def country_choices(known: Known, chosen: str = "") -> tuple[Choice, ...]:
    """The countries of all editions, by name as the page spells it."""
    names = {
        entry.edition.country_code: clean(country_of(entry.edition) or entry.edition.country_code, _MAX_COUNTRY)
        for entry in known.editions
        if entry.edition.country_code
    }
    ordered = sorted(names, key=lambda code: alphabetical(names[code]))
    return tuple(Choice(code, names[code], code == chosen) for code in ordered)


# ── parameters ───────────────────────────────────────────────────────────────────────────────────────────────────


def change_filter(visit: Visit) -> ChangeFilter:
    """The changes that the parameters ask for; BadRequest if one is not valid."""
    query, country = visit.query, wanted_country(visit.query)
    return ChangeFilter(
        _kinds(query["topic"]) if "topic" in query else None,
        _keys(country, visit.overview.known) if country else None,
        _since(query["since"]) if "since" in query else None,
    )


def parse_id(text: str) -> int | None:
    """The ID that a text gives; None if it gives none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_ID_DIGITS else None


def _kinds(topic: str) -> Collection[ChangeKind]:
    if topic not in TOPICS:
        raise BadRequest(_("The topic is one of: {topics}.").format(topics=", ".join(TOPICS)))
    return [kind for kind, of_kind in TOPIC_BY_KIND.items() if of_kind == topic]


def _keys(country: str, known: Known) -> Collection[str]:
    return [entry.key for entry in known.editions if entry.edition.country_code == country]


def _since(text: str) -> datetime:
    """The begin of a day in Brussels. Days before there were such pages count as the first of them."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:  # the week dates and other forms that Python reads as well
        raise BadRequest(_("The date is written as year, month and day: 2026-06-01."))
    return datetime.combine(max(day, _EARLIEST), time(), BRUSSELS)


def position(visit: Visit) -> Position | None:
    """The place in the list after which this part begins."""
    if "before" not in visit.query:
        return None
    change_id = parse_id(visit.query["before"])
    found = visit.store.change(change_id) if change_id is not None else None
    if found is None:
        raise NotFound(_("The list does not continue here."), ("/changes", _("See all changes")))
    return Position(found.read_at, found.id)


def _path(query: Mapping[str, str]) -> str:
    return f"/changes?{urlencode(query)}" if query else "/changes"


# ── what changed since a mail ────────────────────────────────────────────────────────────────────────────────────


def _after(visit: Visit) -> Reply:
    place = place_of(visit.query["after"])
    if place is None:
        raise BadRequest(_("The link is not complete. Copy all of it from the mail."))
    found = visit.store.changes_after(place, PER_PAGE + 1)
    shown = found[:PER_PAGE]
    next_path = _path({"after": cursor_of(shown[-1].place)}) if len(found) > PER_PAGE else ""
    listed = ChangeList(_readings(shown, visit), next_path)
    return page(visit, "changes_after.html", list=listed)
