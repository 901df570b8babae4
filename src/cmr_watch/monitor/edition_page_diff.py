"""What an edition's own page tells beside the list. Pure.

The page belongs to the edition of the list that links to it, if place or days agree: a line that links to another
edition's page gives that page nothing to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from cmr_watch.models import Change, ChangeKind, Edition, Known, KnownEdition, Snapshot
from cmr_watch.monitor.diff import Comparison, adopt, compare
from cmr_watch.monitor.edition_dates import still_to_come
from cmr_watch.monitor.edition_diff import changed_facts
from cmr_watch.monitor.match import bare_address, is_same_place
from cmr_watch.places import fold, is_same_city

K = ChangeKind
_OF_THE_LIST: Final = frozenset({K.EDITION_HELD})
"""Held is what stands under the past heading, and the heading is the list's."""


def compare_edition_page(
    known: Known, snapshot: Snapshot, now: datetime | None, listed: Sequence[KnownEdition], page_url: str
) -> Comparison:
    """Compare an edition's page with its own last reading. A page without an owner says nothing."""
    page = next(iter(snapshot.editions), None)
    owner = owning_edition(page, listed, page_url) if page else None
    if page is None or owner is None:
        return Comparison((), known)
    one = next((entry for entry in known.editions if entry.key == owner.key), None)
    if one is None:
        return Comparison((), Known((KnownEdition(owner.key, page, now),)))
    changes = tuple(Change(kind, one.key, one.edition, page) for kind in _kinds(one, page, now))
    return Comparison(changes, Known((replace(one, edition=_remembering(one.edition, page)),)))


def _remembering(old: Edition, page: Edition) -> Edition:
    """With every material that was ever there: one that is missing for a while is no news when it comes back."""
    there = {bare_address(one.url) for one in page.materials}
    gone = tuple(one for one in old.materials if bare_address(one.url) not in there)
    return replace(page, materials=page.materials + gone)


def compare_pages(old: Snapshot, new: Snapshot, at: datetime | None = None) -> tuple[Change, ...]:
    """What changed between two saved pages of a kind: no verdict, and a missing line is gone."""
    known = adopt(Known(), old, at)
    if new.kind != "edition" or not (known.editions and new.editions):
        return compare(known, new, at, None).changes
    one, page = known.editions[0], new.editions[0]
    return tuple(Change(kind, one.key, one.edition, page) for kind in _kinds(one, page, at))


def owning_edition(page: Edition, listed: Sequence[KnownEdition], page_url: str) -> KnownEdition | None:
    """The edition of the list that a page belongs to: it links there, and place or days agree."""
    address = bare_address(page_url)
    linked = [one for one in listed if bare_address(one.edition.url) == address]
    fits = [one for one in linked if _agrees(one.edition, page)]
    return min(fits, key=lambda one: _distance(one.edition, page), default=None)


def _agrees(line: Edition, page: Edition) -> bool:
    if page.starts_on and line.starts_on:
        near = abs((page.starts_on - line.starts_on).days) <= _NEAR
        return near and (_same_place(line, page) or (page.starts_on, page.ends_on) == (line.starts_on, line.ends_on))
    return _same_place(line, page)


_NEAR: Final = 60
"""Days, as in the rule that finds a rescheduled edition."""


def _same_place(line: Edition, page: Edition) -> bool:
    names = (page.city, *filter(None, (page.region,)))
    return is_same_place(line, page) or any(is_same_city(line.city, name) for name in names)


def _distance(line: Edition, page: Edition) -> int:
    return abs((page.starts_on - line.starts_on).days) if page.starts_on and line.starts_on else _NEAR


def _kinds(one: KnownEdition, page: Edition, now: datetime | None) -> Iterator[ChangeKind]:
    old = one.edition
    kinds = [change.kind for change in changed_facts(one, page, now) if change.kind not in _OF_THE_LIST]
    if old.registration_url is None and page.registration_url and still_to_come(page, now):
        kinds.append(K.EDITION_REGISTRATION_OPENED)
    if _added(old, page):
        kinds.append(K.EDITION_MATERIALS_PUBLISHED)
    yield from kinds
    if not kinds and _private(old) != _private(page):
        yield K.EDITION_UPDATED


def _added(old: Edition, page: Edition) -> bool:
    """Whether there is something new to read or to watch; a summary has a kind of its own."""
    known = {bare_address(one.url) for one in old.materials}
    return any(one.kind != "summary" and bare_address(one.url) not in known for one in page.materials)


def _private(edition: Edition) -> tuple[object, ...]:
    materials = {(one.kind, bare_address(one.url)) for one in edition.materials}
    return fold(edition.venue or ""), bare_address(edition.registration_url), edition.registration_closes_on, materials
