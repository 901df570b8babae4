"""Compares an edition's own page with its last reading, and decides which edition it belongs to (ADR 8). Pure.

A page belongs to an edition whose line links to it, if place or days agree. Lines can link to the wrong page, so a page
that agrees with none of them is ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from cmr_watch.models.readings import Change, ChangeKind, Edition, Known, KnownEdition, Snapshot
from cmr_watch.monitor.diff import Comparison, compare, merge_reading
from cmr_watch.monitor.edition_diff import changed_facts
from cmr_watch.monitor.match import MAX_MOVE, is_same_place
from cmr_watch.monitor.upcoming import date_range, is_upcoming
from cmr_watch.places import fold, is_same_city
from cmr_watch.urls import normalised_url

_LIST_KINDS: Final = frozenset({ChangeKind.EDITION_HELD})
"""Changes that only the list can give: an edition was held if it is in the past section there."""
_NEWS_UNTIL: Final = timedelta(days=90)
"""How long after an edition the first reading of its page can be news."""
_OF_CANCELLED: Final = frozenset({ChangeKind.EDITION_CANCELLED, ChangeKind.EDITION_REINSTATED})
"""What a cancelled edition's own page may announce."""


def compare_edition_page(
    known: Known, snapshot: Snapshot, now: datetime | None, listed: Sequence[KnownEdition], page_url: str
) -> Comparison:
    """Compare a reading of an edition's page with what is known from that page.

    The first reading, and a page that belongs to no edition of the list (`listed`), give no changes.
    """
    page = next(iter(snapshot.editions), None)
    owner = owning_edition(page, listed, page_url) if page else None
    if page is None or owner is None:
        return Comparison((), known)
    entry = next((entry for entry in known.editions if entry.key == owner.key), None)
    if entry is None:
        return Comparison((), Known((KnownEdition(owner.key, page, now),)))
    changes = _changes(entry, page, now, owner.edition)
    return Comparison(changes, Known((replace(entry, edition=_with_earlier_links(page, entry.edition)),)))


def first_changes(entry: KnownEdition, now: datetime, listed: Edition) -> tuple[Change, ...]:
    """The changes of a page that is new: before it, there was no way to register, and there were no documents.

    None for an edition that has been over for a long time: such a page is an archive.
    """
    days = date_range(listed)
    if days and now.date() - days[1] > _NEWS_UNTIL:
        return ()
    empty = replace(entry.edition, registration_url=None, materials=(), summary_url=None)
    return _changes(replace(entry, edition=empty), entry.edition, now, listed)


def compare_pages(old: Snapshot, new: Snapshot, at: datetime | None = None) -> tuple[Change, ...]:
    """What changed between two readings of any page, without a plausibility check. A missing line counts as removed."""
    known = merge_reading(Known(), old, at)
    if new.kind != "edition" or not (known.editions and new.editions):
        return compare(known, new, at, None).changes
    return _changes(known.editions[0], new.editions[0], at, new.editions[0])


# ── which edition the page belongs to ────────────────────────────────────────────────────────────────────────────────


def owning_edition(page: Edition, listed: Sequence[KnownEdition], page_url: str) -> KnownEdition | None:
    """The edition of the list that links to the page and agrees with it; the nearest one if there are several."""
    url = normalised_url(page_url)
    linked = [entry for entry in listed if normalised_url(entry.edition.url) == url]
    agreeing = [entry for entry in linked if _agree(entry.edition, page)]
    return min(agreeing, key=lambda entry: _distance(entry.edition, page), default=None)


def _agree(line: Edition, page: Edition) -> bool:
    """Whether the place is the same and the starts are near, or the days are the same, if both starts are known."""
    if page.starts_on and line.starts_on:
        is_near = abs(page.starts_on - line.starts_on) <= MAX_MOVE
        has_same_days = (page.starts_on, page.ends_on) == (line.starts_on, line.ends_on)
        return is_near and (has_same_days or _is_same_place(line, page))
    return _is_same_place(line, page)


def _is_same_place(line: Edition, page: Edition) -> bool:
    """Whether the line names the page's place, or its city or region without regard to the country."""
    names = (page.city, *filter(None, (page.region,)))
    return is_same_place(line, page) or any(is_same_city(line.city, name) for name in names)


def _distance(line: Edition, page: Edition) -> timedelta:
    return abs(page.starts_on - line.starts_on) if page.starts_on and line.starts_on else MAX_MOVE


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _changes(entry: KnownEdition, page: Edition, now: datetime | None, listed: Edition) -> tuple[Change, ...]:
    """The changes of the page; `listed` is the edition as the list has it, whose status takes precedence."""
    kinds = list(_kinds(entry, page, now, listed))
    if listed.status == "cancelled" or page.status == "cancelled":
        kinds = list(dict.fromkeys(kind if kind in _OF_CANCELLED else ChangeKind.EDITION_UPDATED for kind in kinds))
    return tuple(Change(kind, entry.key, entry.edition, page) for kind in kinds)


def _kinds(entry: KnownEdition, page: Edition, now: datetime | None, listed: Edition) -> Iterator[ChangeKind]:
    old = entry.edition
    kinds = [change.kind for change in changed_facts(entry, page, now) if change.kind not in _LIST_KINDS]
    if _is_first_registration(old, page) and _can_register(page, listed, now):
        kinds.append(ChangeKind.EDITION_REGISTRATION_OPENED)
    if _has_new_material(old, page):
        kinds.append(ChangeKind.EDITION_MATERIALS_PUBLISHED)
    yield from kinds
    if not kinds and _page_facts(old) != _page_facts(page):
        yield ChangeKind.EDITION_UPDATED


def _is_first_registration(old: Edition, page: Edition) -> bool:
    """Whether the page has a way to register, and had none. One that comes back unchanged was not opened again."""
    if old.registration_url or not page.registration_url:
        return False
    return normalised_url(old.former_registration_url) != normalised_url(page.registration_url)


def _can_register(page: Edition, listed: Edition, now: datetime | None) -> bool:
    """Whether an open registration is news: not for a cancelled, postponed or past edition, whichever page says so."""
    is_on = not {"cancelled", "postponed", "held"} & {page.status, listed.status}
    return is_on and is_upcoming(page, now) and listed.section != "past"


def _has_new_material(old: Edition, page: Edition) -> bool:
    """Whether the page has new materials. A summary does not count: it has a change kind of its own."""
    known = {normalised_url(material.url) for material in old.materials}
    return any(material.kind != "summary" and normalised_url(material.url) not in known for material in page.materials)


def _page_facts(edition: Edition) -> tuple[object, ...]:
    """The facts that only the edition's own page gives, for comparison."""
    return (
        fold(edition.venue or ""),
        normalised_url(edition.registration_url),
        edition.registration_closes_on,
        {(material.kind, normalised_url(material.url)) for material in edition.materials},
    )


def _with_earlier_links(page: Edition, old: Edition) -> Edition:
    """The page's facts, with all materials and the last registration that it had.

    A link that disappears, perhaps because the page was misread, and comes back is not news.
    """
    current = {normalised_url(material.url) for material in page.materials}
    earlier = tuple(material for material in old.materials if normalised_url(material.url) not in current)
    former = None if page.registration_url else old.registration_url or old.former_registration_url
    return replace(page, materials=page.materials + earlier, former_registration_url=former)
