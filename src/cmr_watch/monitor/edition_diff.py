"""Finds what changed in a known edition: one change for each fact that a subscriber is notified of (ADR 4). Pure.

All other differences together give one `edition.updated`, which is recorded in the history.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from cmr_watch.models.readings import Change, ChangeKind, Edition, EditionStatus, KnownEdition
from cmr_watch.monitor.upcoming import is_upcoming
from cmr_watch.places import fold, is_same_city
from cmr_watch.spelling import is_one_slip
from cmr_watch.urls import normalised_url

_CALLED_OFF: Final[dict[EditionStatus, ChangeKind]] = {
    "cancelled": ChangeKind.EDITION_CANCELLED,
    "postponed": ChangeKind.EDITION_POSTPONED,
}
_CALLED_OFF_KINDS: Final = frozenset(_CALLED_OFF.values())
_STATUS_KINDS: Final = _CALLED_OFF_KINDS | {ChangeKind.EDITION_HELD, ChangeKind.EDITION_REINSTATED}
_DATE_KINDS: Final = frozenset({ChangeKind.EDITION_DATED, ChangeKind.EDITION_RESCHEDULED})


def changed_facts(known: KnownEdition, new: Edition, now: datetime | None) -> list[Change]:
    """The changes of a known edition whose line is now `new`."""
    old = known.edition
    kinds = list(_notified_kinds(known, new, now))
    has_other_changes = _has_other_difference(old, new, set(kinds)) or (not kinds and _remarks(old) != _remarks(new))
    if known.gone == "delisted" or has_other_changes:
        kinds.append(ChangeKind.EDITION_UPDATED)
    return [Change(kind, known.key, old, new) for kind in kinds]


def keep_cancelled(old: Edition, line: Edition) -> Edition:
    """The line, still cancelled if only its section says that it was held: a cancelled edition was not."""
    return replace(line, status="cancelled") if old.status == "cancelled" and line.status == "held" else line


def _notified_kinds(known: KnownEdition, new: Edition, now: datetime | None) -> Iterator[ChangeKind]:
    old = known.edition
    status_kind = _status_kind(known, new)
    if status_kind:
        yield status_kind
    if is_upcoming(new, now):
        date_kind = _date_kind(old, new)
        if date_kind:
            yield date_kind
        if _is_relocated(old, new):
            yield ChangeKind.EDITION_RELOCATED
    if old.summary_url is None and new.summary_url is not None:
        yield ChangeKind.EDITION_SUMMARY_PUBLISHED


def _status_kind(known: KnownEdition, new: Edition) -> ChangeKind | None:
    """The change of status.

    - newly cancelled or postponed: that; None if the edition was already in the past section (a correction);
    - moved to the past section: held;
    - back in the upcoming section, or no longer called off: reinstated.
    """
    old = known.edition
    if new.status != old.status and new.status in _CALLED_OFF:
        return None if old.section == new.section == "past" else _CALLED_OFF[new.status]
    if old.section == "upcoming" and new.status == "held":
        return ChangeKind.EDITION_HELD
    return ChangeKind.EDITION_REINSTATED if new.section == "upcoming" and _is_reinstated(known, new) else None


def _is_reinstated(known: KnownEdition, new: Edition) -> bool:
    """Whether it was withdrawn or cancelled before, or postponed and is now on the same days as before."""
    old = known.edition
    if known.gone == "withdrawn" or (old.status == "cancelled" != new.status):
        return True
    return old.status == "postponed" != new.status and _dates(old) == _dates(new)


def _date_kind(old: Edition, new: Edition) -> ChangeKind | None:
    """The change of dates.

    - same days: rescheduled if a postponed edition got a new period, otherwise None;
    - days for an edition that had none and was not postponed: dated;
    - days removed because it was called off: None, as that change says so already;
    - otherwise: rescheduled.
    """
    was_postponed = old.status == "postponed"
    if _days(old) == _days(new):
        has_new_period = was_postponed and new.period and new.period != old.period
        return ChangeKind.EDITION_RESCHEDULED if has_new_period else None
    if old.starts_on is None and not was_postponed:
        return ChangeKind.EDITION_DATED
    if new.starts_on is None and new.status in _CALLED_OFF and new.status != old.status:
        return None
    return ChangeKind.EDITION_RESCHEDULED


def _is_relocated(old: Edition, new: Edition) -> bool:
    is_same = is_same_city(old.city, new.city) or is_one_slip(old.city, new.city)
    return not is_same or _has_other_country(old, new)


def _has_other_country(old: Edition, new: Edition) -> bool:
    """Whether both countries are known and differ."""
    if old.country_code or new.country_code:
        return None not in (old.country_code, new.country_code) and old.country_code != new.country_code
    return None not in (old.country, new.country) and fold(old.country or "") != fold(new.country or "")


# ── differences that are only recorded ───────────────────────────────────────────────────────────────────────────────


def _has_other_difference(old: Edition, new: Edition, kinds: set[ChangeKind]) -> bool:
    """Whether anything differs that is not covered by `kinds`: a spelling, a link, a correction in the past section."""
    return (
        _has_other_place_names(old, new, kinds)
        or _has_other_links(old, new)
        or _has_other_status(old, new, kinds)
        or _has_other_dates(old, new, kinds)
    )


def _has_other_place_names(old: Edition, new: Edition, kinds: set[ChangeKind]) -> bool:
    if ChangeKind.EDITION_RELOCATED in kinds:
        return False
    return _place_names(old) != _place_names(new)


def _has_other_links(old: Edition, new: Edition) -> bool:
    """Whether the link to the page changed, or the one to the summary; a first summary is a change of its own."""
    if normalised_url(old.url) != normalised_url(new.url):
        return True
    return old.summary_url is not None and normalised_url(old.summary_url) != normalised_url(new.summary_url)


def _has_other_status(old: Edition, new: Edition, kinds: set[ChangeKind]) -> bool:
    if kinds & _STATUS_KINDS:
        return False
    return old.section != new.section or (not kinds & _DATE_KINDS and old.status != new.status)


def _has_other_dates(old: Edition, new: Edition, kinds: set[ChangeKind]) -> bool:
    if kinds & _DATE_KINDS or (new.starts_on is None and kinds & _CALLED_OFF_KINDS):
        return False
    return _dates(old) != _dates(new)


_REMARKS: Final = re.compile(
    r"\b(?:fully booked|sold out|wait(?:ing)? ?list|last (?:seats|places)|hybrid|new dates?|new venue"
    r"|t\.?b\.?[cad]\b|to be (?:confirmed|announced)|provisional|tentative"
    r"|registrations? (?:is |are )?(?:now )?(?:open|closed))",
    re.I,
)
"""The remarks whose appearance or removal is a change. Any other wording may change without meaning anything."""


def _remarks(edition: Edition) -> set[str]:
    return {fold(remark) for remark in _REMARKS.findall(edition.text[:500])}


def _place_names(edition: Edition) -> tuple[str, ...]:
    """Folded; “THE NETHERLANDS” is another spelling of “the Netherlands”, whose article is no part of the name (P2)."""
    city, region, country = (fold(name or "") for name in (edition.city, edition.region, edition.country))
    return city, region, country.removeprefix("the ")


def _days(edition: Edition) -> tuple[object, ...]:
    return edition.starts_on, edition.ends_on


def _dates(edition: Edition) -> tuple[object, ...]:
    return edition.starts_on, edition.ends_on, edition.period
