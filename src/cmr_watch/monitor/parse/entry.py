"""One line of a list: what kind of line it is, and the edition that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import urljoin, urlsplit

from cmr_watch.models import Edition, EditionStatus, Precision, ReadingWarning, Section
from cmr_watch.monitor.parse import words
from cmr_watch.monitor.parse.dates import Found, find_dates
from cmr_watch.monitor.parse.lines import Line, Link
from cmr_watch.monitor.parse.place import Place, read_place
from cmr_watch.places import is_online

_LONGEST: Final = 1_000
_RANK: Final[dict[Precision, int]] = {"day": 0, "unknown": 0, "month": 1, "season": 2, "year": 3}

Kind = Literal["edition", "place", "date", "unread", "other"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line, understood. `place`: no date in it; `date`: nothing but a date; `unread`: a date and no place we can read."""

    kind: Kind
    line: Line
    place: Place | None = None
    date: Found | None = None


def read_entry(line: Line, year: int | None) -> Entry:
    """What a line of a list is. `year` is the nearest heading's."""
    if len(line.text) > _LONGEST:
        return Entry("unread" if _whole_dates(find_dates(line.text, year)) else "other", line)
    dates = find_dates(line.text, year)
    chosen = choose(line.text, dates)
    if chosen is None or chosen.precision == "year":
        return _without_days(line, chosen, dates)
    place = read_place(line.text[: _cut(dates)])
    if place is None and not _has_words(line.text[: _cut(dates)]):
        place = read_place(line.text[chosen.end :])
        if place is None and _only_remarks(line.text[chosen.end :]):
            return Entry("date", line, None, chosen)
    return Entry("edition" if place else "unread", line, place, chosen)


def choose(text: str, dates: tuple[Found, ...]) -> Found | None:
    """The edition's date among those of its line: not one led in by “from”, “instead of” or “register by”."""
    leads = [
        text[before.end if before else 0 : date.start] for before, date in zip((None, *dates), dates, strict=False)
    ]
    rated = [
        (not words.NEW_DATE.search(lead), bool(words.FROM.search(lead)), _RANK[date.precision], date.start, date)
        for lead, date in zip(leads, dates, strict=True)
        if not _belongs_to_something_else(text, lead, date)
    ]
    return min(rated, key=lambda row: row[:4])[4] if rated else None


def _belongs_to_something_else(text: str, lead: str, date: Found) -> bool:
    before = text[max(0, date.start - 80) : date.start] if "from" in lead else lead
    return bool(words.NOT_ITS_DATE.search(before))


def _whole_dates(dates: tuple[Found, ...]) -> bool:
    return any(date.precision != "year" for date in dates)


def _cut(dates: tuple[Found, ...]) -> int:
    """Where the first date begins: the place ends there. A bare year is no date while there is a better one."""
    return min(date.start for date in dates if date.precision != "year")


_NO_WORDS: Final = re.compile(r"(?:[\W\d_]|\b(?:from|on|the|date|dates|when|between|new)\b)*", re.I)


def _has_words(text: str) -> bool:
    prefix = words.PREFIX.match(text)
    return not _NO_WORDS.fullmatch(text[prefix.end() if prefix else 0 :])


def _only_remarks(text: str) -> bool:
    bare = text.strip(" \t.,;:–-()!")
    return not bare or bool(words.REMARK.match(bare) or words.REMARK_PART.match(bare))


def _without_days(line: Line, year: Found | None, dates: tuple[Found, ...]) -> Entry:
    """A line without days or a month: a place alone counts when nothing but remarks follows it."""
    end = year.start if year else _cut(dates) if _whole_dates(dates) else len(line.text)
    place = read_place(line.text[:end])
    if place is None:
        return Entry("other", line)
    return Entry("place", line, place, year)


def stands_alone(entry: Entry) -> bool:
    """Whether a place without a date is an edition: its country is known, or it says that its date is to come."""
    place = entry.place
    if place is None:
        return False
    if place.country_code or is_online(place.city):
        return len(entry.line.text) <= 160
    return bool(words.TENTATIVE.search(entry.line.text))


# ── from entry to edition ────────────────────────────────────────────────────────────────────────────────────────


def edition_of(entry: Entry, section: Section, base: str) -> tuple[Edition, tuple[ReadingWarning, ...]]:
    """The edition that an entry names, with what could not be read of it. `base` resolves relative links."""
    place, date, text = entry.place, entry.date, entry.line.shown
    assert place is not None, "an edition has a place"
    precision: Precision = date.precision if date else "unknown"
    url, summary_url = _addresses(entry, base)
    edition = Edition(
        place.city,
        place.region,
        place.country,
        place.country_code,
        date.starts_on if date else None,
        date.ends_on if date else None,
        precision,
        date.period if date else None,
        section,
        status_of(text, section),
        url,
        summary_url,
        entry.line.text[date.start : date.end].replace("\t", " ") if date else None,
        text,
    )
    return edition, tuple(ReadingWarning(code, text) for code in _doubts(edition, date))


def status_of(text: str, section: Section) -> EditionStatus:
    """Cancelled or postponed where said; else held under a past heading; else save the date; else scheduled."""
    if words.CANCELLED.search(text):
        return "cancelled"
    if words.POSTPONED.search(text):
        return "postponed"
    if section == "past":
        return "held"
    return "save_the_date" if words.SAVE_THE_DATE.search(text) else "scheduled"


def _doubts(edition: Edition, date: Found | None) -> list[str]:
    codes = []
    if edition.date_precision == "unknown":
        codes.append("date-impossible" if date and date.impossible else "date-unknown")
    elif edition.date_precision == "day" and words.TENTATIVE.search(edition.text):
        codes.append("date-tentative")
    if edition.country_code is None and not is_online(edition.city):
        codes.append("country-unknown" if edition.country else "country-missing")
    return codes


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _addresses(entry: Entry, base: str) -> tuple[str | None, str | None]:
    """The edition's page, and its summary: by what each link's text says and what it covers."""
    text, links = entry.line.text, entry.line.links
    summary = next((link for link in links if is_summary(text, link) and resolve(base, link.href)), None)
    core = entry.date.end if entry.date else len(text)
    rest = [link for link in links if link is not summary and not is_summary(text, link) and resolve(base, link.href)]
    own = next((link for link in rest if link.start < core and not _is_material(text, link)), None)
    own = own or next((link for link in rest if not _is_material(text, link)), None)
    return (resolve(base, own.href) if own else None), (resolve(base, summary.href) if summary else None)


_SUMMARY_PHRASE: Final = re.compile(r"\b(?:read|see|find|view|download|check)\b[^.;]{0,30}?\bsummar(?:y|ies)\b", re.I)


def is_summary(text: str, link: Link) -> bool:
    """Whether a link leads to the summary: it says so, or it covers a part of “Read the event summary”."""
    if words.SUMMARY.search(text, link.start, link.end):
        return True
    return any(phrase.start() <= link.start < phrase.end() for phrase in _SUMMARY_PHRASE.finditer(text))


def _is_material(text: str, link: Link) -> bool:
    return bool(words.OTHER_MATERIAL.search(text, link.start, link.end))


def resolve(base: str, href: str) -> str | None:
    """An absolute http(s) address, or None: nothing else is ever followed or shown."""
    try:
        address = urljoin(base, re.sub(r"[\t\r\n]", "", href).strip().replace(" ", "%20"))
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or address.rstrip("#") == base:
        return None
    return address


def joined(first: Entry, second: Entry, year: int | None) -> Entry:
    """Two lines that are one edition (a place, then its date; or the other way round), read as one."""
    gap = f"{first.line.text}\t"
    moved = tuple(Link(k.start + len(gap), k.end + len(gap), k.href) for k in second.line.links)
    line = replace(first.line, text=gap + second.line.text, links=first.line.links + moved)
    return read_entry(line, year)
