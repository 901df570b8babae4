"""Editions as the pages of the public site show them in lists. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from cmr_watch.models.readings import Edition, KnownEdition, RecordedChange
from cmr_watch.monitor.upcoming import date_range, is_over, is_upcoming
from cmr_watch.render.datetimes import short_day, short_month
from cmr_watch.render.edition_parts import register_link
from cmr_watch.render.i18n import _
from cmr_watch.render.message_parts import Link, safe_links
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import days, place
from cmr_watch.web.public import words
from cmr_watch.web.public.moves import Move, edition_move

MAX_PLACE: Final = 90
MAX_DAYS: Final = 60
_OFF: Final = frozenset({"cancelled", "postponed"})

Tone = Literal["go", "unsure", "bad", ""]
"""It takes place, or it may, or it does not; of what is past, none."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of a calendar: `Dec 2026` above `11–12`; `2027` above `Jun`."""

    head: str
    text: str


@dataclass(frozen=True, slots=True)
class EditionCard:
    """An edition in a list.

    - `days`: `11–12 December 2026`, `June 2027 (tbc)`; empty if the page gives none.
    - `days_ahead`: from today in Brussels to its first day, and `countdown`: `in 13 days`; only of an edition that will
      take place on known days.
    - `tag`: its status in a word or two, in the colour of `tone`.
    - `is_off`: it is cancelled, postponed or no longer on the page (`is_gone`).
    - `has_calendar`: it is worth adding to a calendar.
    - `move`: from when it was moved, if it was.
    - `register`: the registration, while it is open; `register_by`: the last day, as far as the page says, in words:
      `register by 4 December`.
    - `links`: leave the site.
    """

    key: str
    place: str
    days: str
    days_ahead: int | None
    countdown: str
    leaf: Leaf
    tag: str
    tone: Tone
    is_off: bool
    is_gone: bool
    is_ahead: bool
    has_days: bool
    has_calendar: bool
    year: int | None
    move: Move | None = None
    register: Link | None = None
    register_by: str = ""
    links: tuple[Link, ...] = ()

    @property
    def path(self) -> str:
        """Its page."""
        return edition_path(self.key)

    @property
    def name(self) -> str:
        """`Kraków, Poland, 11–12 December 2026`: a city may host more than once."""
        return f"{self.place}, {self.days}" if self.days else self.place

    @property
    def calendar_path(self) -> str:
        """Its calendar file."""
        return f"/calendar/editions/{self.key}.ics"


def edition_path(key: str) -> str:
    """The page of an edition."""
    return f"/editions/{key}"


def country_path(code: str) -> str:
    """The page of a country."""
    return f"/countries/{code.lower()}"


def edition_card(known: KnownEdition, now: datetime, changes: Sequence[RecordedChange] = ()) -> EditionCard:
    """The edition in a list. It says that it moved if that is among `changes`, which are newest first."""
    edition = known.edition
    range_ = date_range(edition)
    is_ahead = is_next(known, now)
    ahead = _days_ahead(edition, now) if is_ahead else None
    tag, tone = _tag(known, now)
    register = _register(edition, now) if is_ahead else None
    return EditionCard(
        key=known.key,
        place=clean(place(edition), MAX_PLACE),
        days=clean(days(edition), MAX_DAYS),
        days_ahead=ahead,
        countdown="" if ahead is None else _countdown(ahead),
        leaf=_leaf(edition, range_),
        tag=tag,
        tone=tone,
        is_off=known.gone is not None or edition.status in _OFF,
        is_gone=known.gone is not None,
        is_ahead=is_ahead,
        has_days=edition.starts_on is not None,
        has_calendar=ahead is not None,
        year=range_[0].year if range_ else None,
        move=edition_move(edition, known.key, changes) if is_ahead else None,
        register=register,
        register_by=_register_by(edition) if register else "",
        links=safe_links(
            (_("Page on the platform"), edition.url),
            (_("Event summary"), edition.summary_url),
        ),
    )


def is_closed(edition: Edition, now: datetime) -> bool:
    """Whether the page gave a last day to register, and it is over."""
    last = edition.registration_closes_on
    return last is not None and words.days_until(last, now) < 0


def _register(edition: Edition, now: datetime) -> Link | None:
    return None if is_closed(edition, now) else register_link(edition)


def _register_by(edition: Edition) -> str:
    last = edition.registration_closes_on
    if last is None:
        return ""
    return _("register by {day}").format(day=short_day(last, edition.starts_on or last))


def is_next(known: KnownEdition, now: datetime) -> bool:
    """Whether the edition is on the page and not over; it may be cancelled or postponed."""
    return known.gone is None and known.edition.status != "held" and is_upcoming(known.edition, now)


def is_planned(known: KnownEdition, now: datetime) -> bool:
    """Whether the edition is going to take place, as far as is known."""
    return is_next(known, now) and known.edition.status not in _OFF


def next_editions(editions: Iterable[KnownEdition], now: datetime) -> tuple[KnownEdition, ...]:
    """The editions that are not over, the soonest first, those without days in their period or last."""
    ahead = [known for known in editions if is_next(known, now)]
    return tuple(sorted(ahead, key=lambda known: (_first_day(known.edition), known.edition.starts_on is None)))


def _first_day(edition: Edition) -> date:
    range_ = date_range(edition)
    return range_[0] if range_ else date.max


def _days_ahead(edition: Edition, now: datetime) -> int | None:
    if edition.starts_on is None or edition.status in _OFF:
        return None
    return words.days_until(edition.starts_on, now)


def _countdown(days_ahead: int) -> str:
    return _("taking place now") if days_ahead < 0 else words.in_days(days_ahead)


def _leaf(edition: Edition, range_: tuple[date, date] | None) -> Leaf:
    if range_ is None:
        return Leaf(_("no date"), "–")
    first, last = range_
    month = short_month(first)
    if edition.starts_on:
        text = str(first.day) if first == last else f"{first.day}–{last.day}"
        return Leaf(f"{month} {first.year}", text)
    if (last - first).days > 300:
        return Leaf(_("year"), str(first.year))
    is_one_month = (first.year, first.month) == (last.year, last.month)
    return Leaf(str(first.year), month if is_one_month else f"{month}–{short_month(last)}")


def _tag(known: KnownEdition, now: datetime) -> tuple[str, Tone]:
    edition = known.edition
    if known.gone:
        return (_("removed from the page"), "bad") if known.gone == "withdrawn" else (_("no longer listed"), "")
    if edition.status in _OFF:
        return _(edition.status), "bad" if edition.status == "cancelled" else "unsure"
    if edition.status == "held" or edition.section == "past" or is_over(edition, now):
        return _("past"), ""
    if edition.status == "save_the_date":
        return _("save the date"), "unsure"
    return (_("upcoming"), "go") if edition.starts_on else (_("date to be confirmed"), "unsure")
