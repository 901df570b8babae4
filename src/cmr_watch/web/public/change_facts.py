"""The facts in which the two sides of a change differ, in the words of readers. Pure. All text is sanitised."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cmr_watch.models.readings import CallNotice, CallStatus, Change, Cutoff, Edition, EditionStatus, Material, Section
from cmr_watch.render.countries import country_of
from cmr_watch.render.datetimes import day_words
from cmr_watch.render.i18n import N_, _
from cmr_watch.render.joining import in_turn
from cmr_watch.render.message_parts import MAX_SENTENCE
from cmr_watch.render.sanitize import clean, safe_link
from cmr_watch.render.sentences import cutoff_words, days, years

MAX_CUTOFFS: Final = 12
"""Rows of cut-offs: a call has about five."""
EDITION_STATUSES: Final[dict[EditionStatus, str]] = {
    "scheduled": N_("scheduled"),
    "save_the_date": N_("save the date"),
    "postponed": N_("postponed"),
    "cancelled": N_("cancelled"),
    "held": N_("has taken place"),
}
CALL_STATUSES: Final[dict[CallStatus, str]] = {
    "announced": N_("announced"),
    "open": N_("open"),
    "closed": N_("closed"),
}
SECTIONS: Final[dict[Section, str]] = {"upcoming": N_("upcoming editions"), "past": N_("past editions")}
Side = Edition | CallNotice
_QUOTED: Final = frozenset({"materials", "needs", "title"})
"""Facts that the platform words itself."""


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact that differs.

    - `before`, `after`: empty if the page did not give it.
    - `before_url`, `after_url`: what the values link to.
    - `fields`: of which it consists, as evidence names them.
    - `items`: of a list, the entries that differ: the time of a cut-off, the address of materials, a sentence.
    """

    label: str
    before: str
    after: str
    fields: tuple[str, ...] = ()
    before_url: str = ""
    after_url: str = ""
    items: frozenset[object] = frozenset()

    @property
    def is_quoted(self) -> bool:
        """Whether the values are the platform's own words."""
        return not _QUOTED.isdisjoint(self.fields)

    @property
    def link_words(self) -> str:
        """The words of a link, if there is only one: two different addresses must remain distinguishable."""
        if not (self.before_url or self.after_url) or (self.before and self.after):
            return ""
        address = self.before_url or self.after_url
        return f"{self.label} (PDF)" if address.lower().endswith(".pdf") else self.label


def fact_rows(change: Change) -> tuple[FactRow, ...]:
    """A row for each fact that differs, the most important ones first."""
    one = change.after or change.before
    if isinstance(one, Edition):
        return tuple(_edition_rows(*(side if isinstance(side, Edition) else None for side in _sides(change))))
    return (
        *_cutoff_rows(change),
        *_call_rows(*(side if isinstance(side, CallNotice) else None for side in _sides(change))),
    )


def _sides(change: Change) -> tuple[Side | None, Side | None]:
    return change.before, change.after


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _edition_rows(before: Edition | None, after: Edition | None) -> Iterator[FactRow]:
    for label, fields, words in _EDITION_FACTS:
        yield from _row(_(label), fields, [words(side) if side else "" for side in (before, after)])
    yield from _materials(before, after)
    if before and after:  # the heading under which a new entry is listed is not a change
        sides = [_(SECTIONS[side.section]) if side.section else "" for side in (before, after)]
        yield from _row(_("Listed under"), ("section",), sides)
        yield from _country_code(before, after)


def _country_code(before: Edition, after: Edition) -> Iterator[FactRow]:
    """The code, if only it differs; otherwise the place says it."""
    if _place(before) == _place(after):
        yield from _row(_("Country code"), ("country_code",), [side.country_code or "" for side in (before, after)])


def _place(edition: Edition) -> str:
    parts = dict.fromkeys(filter(None, (edition.city, edition.region, country_of(edition))))
    return ", ".join(parts)


def _days(edition: Edition) -> str:
    return days(edition) or _("to be announced")


def _status(edition: Edition) -> str:
    if edition.status == "scheduled" and edition.starts_on is None:
        return _("date to be confirmed")
    return _(EDITION_STATUSES[edition.status])


def _closing_day(edition: Edition) -> str:
    return day_words(edition.registration_closes_on) if edition.registration_closes_on else ""


_EDITION_FACTS: Final[tuple[tuple[str, tuple[str, ...], Callable[[Edition], str]], ...]] = (
    (N_("Place"), ("city", "region", "country", "country_code"), _place),
    (N_("Dates"), ("starts_on", "ends_on", "period", "date_precision", "date_text"), _days),
    (N_("Status"), ("status",), _status),
    (N_("Venue"), ("venue",), lambda edition: edition.venue or ""),
    (N_("Registration"), ("registration_url",), lambda edition: edition.registration_url or ""),
    (N_("Registration closes on"), ("registration_closes_on",), _closing_day),
    (N_("Event summary"), ("summary_url",), lambda edition: edition.summary_url or ""),
    (N_("Edition page"), ("url",), lambda edition: edition.url or ""),
)


def _materials(before: Edition | None, after: Edition | None) -> Iterator[FactRow]:
    """The materials of which the other side has not the address."""
    old, new = ({one.url: one for one in side.materials} if side else {} for side in (before, after))
    gone = [one for url, one in old.items() if url not in new]
    added = [one for url, one in new.items() if url not in old]
    urls = frozenset(one.url for one in (*added, *gone))
    yield from _row(_("Materials"), ("materials",), [_titles(gone), _titles(added)], urls)


def _titles(materials: Iterable[Material]) -> str:
    return in_turn(one.title or one.kind for one in materials)


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _call_rows(before: CallNotice | None, after: CallNotice | None) -> Iterator[FactRow]:
    for label, fields, words in _CALL_FACTS:
        yield from _row(_(label), fields, [words(side) if side else "" for side in (before, after)])
    yield from _needs(before.needs if before else (), after.needs if after else ())


def _needs(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[FactRow]:
    """What applicants need not submit any more, and what they have to submit from now on."""
    gone = [need for need in old if need not in new]
    added = [need for need in new if need not in old]
    yield from _row(_("What to submit"), ("needs",), [" ".join(gone), " ".join(added)], frozenset((*added, *gone)))


_CALL_FACTS: Final[tuple[tuple[str, tuple[str, ...], Callable[[CallNotice], str]], ...]] = (
    (N_("Status"), ("status",), lambda call: _(CALL_STATUSES[call.status])),
    (N_("Hosting years"), ("hosting_years",), years),
    (N_("Title"), ("title",), lambda call: call.title or ""),
    (N_("How to apply"), ("apply_url",), lambda call: call.apply_url or ""),
    (N_("Questions to"), ("contact",), lambda call: call.contact or ""),
)


def _cutoff_rows(change: Change) -> Iterator[FactRow]:
    """The cut-off that the change is about, and then the others that only one side has, or has otherwise."""
    for before, after in _cutoff_pairs(change)[:MAX_CUTOFFS]:
        items: frozenset[object] = frozenset(cutoff.at for cutoff in (before, after) if cutoff)
        yield from _row(_("Cut-off"), ("cutoffs",), [_cutoff_text(before), _cutoff_text(after)], items)


def _cutoff_pairs(change: Change) -> list[tuple[Cutoff | None, Cutoff | None]]:
    old, new = _cutoffs(change.before), _cutoffs(change.after)
    first = (change.cutoff_before, change.cutoff_after)
    done = {cutoff.at for cutoff in first if cutoff}
    others = [(old.get(at), new.get(at)) for at in sorted(old.keys() | new.keys()) if at not in done]
    changed = [(before, after) for before, after in others if before != after]
    return [first, *changed] if done else changed


def _cutoffs(side: Side | None) -> dict[datetime, Cutoff]:
    return {cutoff.at: cutoff for cutoff in side.cutoffs} if isinstance(side, CallNotice) else {}


def _cutoff_text(cutoff: Cutoff | None) -> str:
    if cutoff is None:
        return ""
    return _("{cutoff}, closed").format(cutoff=cutoff_words(cutoff)) if cutoff.closed else cutoff_words(cutoff)


def _row(
    label: str, fields: tuple[str, ...], sides: Sequence[str], items: frozenset[object] = frozenset()
) -> Iterator[FactRow]:
    """The row of a fact, if its sides differ as they are shown."""
    before, after = (clean(side, MAX_SENTENCE) for side in sides)
    if before != after:
        before_url, after_url = (safe_link(side) or "" for side in sides)
        yield FactRow(label, before, after, fields, before_url, after_url, items)
