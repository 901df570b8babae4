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
from cmr_watch.monitor.parse.place import Place, names_a_country, read_place
from cmr_watch.places import is_online

_LONGEST: Final = 1_000
_SHORTEST_SENTENCE: Final = 6
_TIMES: Final = re.compile(
    r"^[\s,;()|‐‑‒–—―−-]*(?:\d{1,2}[:.h]\d\d\s?(?:[ap]\.?m\.?)?[\s‐‑‒–—―−-]*(?:to\s)?){1,2}(?:CES?T|h)?"
)
_RANK: Final[dict[Precision, int]] = {"day": 0, "unknown": 0, "month": 1, "season": 2, "year": 3}

Kind = Literal["edition", "place", "date", "unread", "other"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line, understood.

    `place`: no date in it; `date`: nothing but a date; `unread`: a date, and no place that we can read.
    """

    kind: Kind
    line: Line
    place: Place | None = None
    date: Found | None = None


def read_entry(line: Line, year: int | None) -> Entry:
    """What a line of a list is. `year` is the nearest heading's."""
    text = line.text
    dates = find_dates(text[:_LONGEST], year)
    if len(text) > _LONGEST:
        return Entry("unread" if _whole_dates(dates) and names_a_country(text) else "other", line)
    chosen = choose(text, dates)
    if chosen is None or chosen.precision == "year":
        return _without_days(line, chosen, dates)
    place = _place_beside(text, dates, chosen)
    return Entry("edition", line, place, chosen) if place else _without_place(line, dates, chosen)


def _without_place(line: Line, dates: tuple[Found, ...], chosen: Found) -> Entry:
    if not _has_words(line.text[: _cut(dates)]) and _only_remarks(line.text[chosen.end :]):
        return Entry("date", line, None, chosen)
    return Entry("other" if _is_sentence(line.text) else "unread", line, None, chosen)


def _place_beside(text: str, dates: tuple[Found, ...], chosen: Found) -> Place | None:
    """Before the first date; else between another and the edition's; else, where no words stand before it, after."""
    place = read_place(text[: _cut(dates)])
    if place:
        return place
    gap = max((date.end for date in dates if date.end <= chosen.start), default=0)
    lead = text[gap : chosen.start]
    between = read_place(lead) if gap else None
    if between and between.country_code:
        return between
    return None if _has_words(lead) else read_place(_TIMES.sub("", text[chosen.end :]))


def _is_sentence(text: str) -> bool:
    """Whether a line with a date is prose that looks like no edition: it is long enough and names no country."""
    return len(text.split()) >= _SHORTEST_SENTENCE and not names_a_country(text)


def choose(text: str, dates: tuple[Found, ...]) -> Found | None:
    """The edition's date among those of its line: not one led in by “from”, “instead of” or “register by”.

    “12-13 October 2024, postponed to spring 2025” keeps its days: only days take the place of days.
    """
    leads = [
        text[before.end if before else 0 : date.start] for before, date in zip((None, *dates), dates, strict=False)
    ]
    rated = [
        (not _is_new_date(lead, date), bool(words.FROM.search(lead)), _RANK[date.precision], date.start, date)
        for lead, date in zip(leads, dates, strict=True)
        if not _belongs_to_something_else(text, lead, date)
    ]
    return min(rated, key=lambda row: row[:4])[4] if rated else None


def _is_new_date(lead: str, date: Found) -> bool:
    return bool(words.NEW_DATE.search(lead)) and (date.precision == "day" or not words.POSTPONED.search(lead))


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
    bare = text.strip(" \t.,;:‐‑‒–—―−-()!")
    return not bare or bool(words.REMARK.match(bare) or words.REMARK_PART.match(bare))


def _without_days(line: Line, year: Found | None, dates: tuple[Found, ...]) -> Entry:
    """A line without days or a month: a place alone counts when nothing but remarks follows it."""
    end = year.start if year else _cut(dates) if _whole_dates(dates) else len(line.text)
    place = read_place(line.text[:end])
    if place is None:
        return Entry("other", line)
    if year and _BROKEN_DATE.search(line.text[:end]):
        return Entry("edition", line, place)
    return Entry("place", line, place, year)


_BROKEN_DATE: Final = re.compile(r"(?<!\d)\d{1,2}(?:st|nd|rd|th)?[\s.,‐‑‒–—―−-]{0,3}[^\W\d_]{1,12}[\s.,‐‑‒–—―−-]{0,3}$")
"""Days, and a word that should be a month: “12-13 Ocotber 2024” is more than a year, and not understood."""


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
    country = None
    if edition.country_code is None and not is_online(edition.city):
        country = "country-unknown" if edition.country else "country-missing"
    return [code for code in (_doubt_of_date(edition, date), country) if code]


def _doubt_of_date(edition: Edition, date: Found | None) -> str | None:
    if edition.date_precision == "unknown":
        return "date-impossible" if date and date.impossible else "date-unknown"
    return "date-tentative" if edition.date_precision == "day" and words.TENTATIVE.search(edition.text) else None


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _addresses(entry: Entry, base: str) -> tuple[str | None, str | None]:
    """The edition's page, and its summary: by what each link's text says and what it covers."""
    text, links = entry.line.text, entry.line.links
    core = entry.date.end if entry.date else len(text)
    found = [(link, resolve(base, link.href)) for link in links[:_MOST_LINKS]]
    summaries = [url for link, url in found if url and is_summary(text, link)]
    others = [(link, url) for link, url in found if url and not is_summary(text, link) and not _is_material(text, link)]
    near = [url for link, url in others if link.start < core]
    return next(iter([*near, *(url for _, url in others)]), None), next(iter(summaries), None)


_MOST_LINKS: Final = 20
_SUMMARY_PHRASE: Final = re.compile(
    r"\b(?:read|see|find|view|download|check)\b[^.;]{0,30}?\bsummar(?:y|ies)\b(?:[\s:‐‑‒–—―−-]{0,3}(?:here|link))?",
    re.I,
)


def is_summary(text: str, link: Link) -> bool:
    """Whether a link leads to the summary: it says so, or it covers a part of “Read the event summary”."""
    if words.SUMMARY.search(text, link.start, link.end):
        return True
    near = text[max(0, link.start - _PHRASE_REACH) : link.end + _PHRASE_REACH]
    at = min(link.start, _PHRASE_REACH)
    return any(phrase.start() <= at < phrase.end() for phrase in _SUMMARY_PHRASE.finditer(near))


_PHRASE_REACH: Final = 60


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
