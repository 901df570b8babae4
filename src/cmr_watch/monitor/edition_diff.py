"""What changed in an edition that was known: one kind of change for each changed fact. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from cmr_watch.models import Change, ChangeKind, Edition, KnownEdition
from cmr_watch.monitor.edition_dates import still_to_come
from cmr_watch.monitor.match import bare_address
from cmr_watch.places import fold, is_same_city

K = ChangeKind
_SAID: Final = {"cancelled": K.EDITION_CANCELLED, "postponed": K.EDITION_POSTPONED}
_STATED: Final = frozenset({*_SAID.values(), K.EDITION_HELD, K.EDITION_REINSTATED})
_DATED: Final = frozenset({K.EDITION_DATED, K.EDITION_RESCHEDULED})


def changed_facts(one: KnownEdition, new: Edition, now: datetime | None) -> list[Change]:
    """The changes of a known edition whose line now says `new`."""
    kinds = list(_told(one, new, now))
    if one.gone == "delisted" or _rest(one.edition, new, set(kinds)) or (not kinds and _remarked(one.edition, new)):
        kinds.append(K.EDITION_UPDATED)
    return [Change(kind, one.key, one.edition, new) for kind in kinds]


def still_cancelled(old: Edition, line: Edition) -> Edition:
    """A cancelled edition that is moved below the past heading without a word was still not held."""
    return replace(line, status="cancelled") if old.status == "cancelled" and line.status == "held" else line


def _told(one: KnownEdition, new: Edition, now: datetime | None) -> Iterator[ChangeKind]:
    old = one.edition
    state = _state(one, new)
    if state:
        yield state
    if still_to_come(new, now):
        dates = _dates(old, new)
        if dates:
            yield dates
        if _elsewhere(old, new):
            yield K.EDITION_RELOCATED
    if old.summary_url is None and new.summary_url is not None:
        yield K.EDITION_SUMMARY_PUBLISHED


def _state(one: KnownEdition, new: Edition) -> ChangeKind | None:
    """Cancelled and postponed are news until the edition stands among the past ones; there they are corrections."""
    old = one.edition
    if new.status != old.status and new.status in _SAID:
        return None if old.section == new.section == "past" else _SAID[new.status]
    if old.section == "upcoming" and new.status == "held":
        return K.EDITION_HELD
    return K.EDITION_REINSTATED if new.section == "upcoming" and _is_back(one, new) else None


def _is_back(one: KnownEdition, new: Edition) -> bool:
    """Withdrawn or cancelled before; or postponed, and now on again as it was (new days are a rescheduling)."""
    old = one.edition
    if one.gone == "withdrawn" or (old.status == "cancelled" != new.status):
        return True
    return old.status == "postponed" != new.status and _when(old) == _when(new)


def _dates(old: Edition, new: Edition) -> ChangeKind | None:
    was_postponed = old.status == "postponed"
    if _days(old) == _days(new):
        return K.EDITION_RESCHEDULED if was_postponed and new.period and new.period != old.period else None
    if old.starts_on is None and not was_postponed:
        return K.EDITION_DATED
    if new.starts_on is None and new.status in _SAID and new.status != old.status:
        return None  # that its days no longer hold is what the word says
    return K.EDITION_RESCHEDULED


def _elsewhere(old: Edition, new: Edition) -> bool:
    return not is_same_city(old.city, new.city) or _other_country(old, new)


def _other_country(old: Edition, new: Edition) -> bool:
    """One that is missing or unknown on a side is not another one."""
    if old.country_code or new.country_code:
        return None not in (old.country_code, new.country_code) and old.country_code != new.country_code
    return None not in (old.country, new.country) and fold(old.country or "") != fold(new.country or "")


# ── what is history only ─────────────────────────────────────────────────────────────────────────────────────────


def _rest(old: Edition, new: Edition, told: set[ChangeKind]) -> bool:
    """Whether something is different that no other kind tells: spelling, link, a correction of the past."""
    return (
        _other_words(old, new, told)
        or _other_links(old, new)
        or _other_state(old, new, told)
        or _other_dates(old, new, told)
    )


def _other_dates(old: Edition, new: Edition, told: set[ChangeKind]) -> bool:
    if told & _DATED or (new.starts_on is None and not told.isdisjoint(_SAID.values())):
        return False
    return _when(old) != _when(new)


def _other_words(old: Edition, new: Edition, told: set[ChangeKind]) -> bool:
    if K.EDITION_RELOCATED in told:
        return False
    return any(fold(was or "") != fold(now or "") for was, now in zip(_place(old), _place(new), strict=True))


def _other_links(old: Edition, new: Edition) -> bool:
    if bare_address(old.url) != bare_address(new.url):
        return True
    return old.summary_url is not None and bare_address(old.summary_url) != bare_address(new.summary_url)


def _other_state(old: Edition, new: Edition, told: set[ChangeKind]) -> bool:
    if told & _STATED:
        return False
    return old.section != new.section or (not told & _DATED and old.status != new.status)


_REMARKS: Final = re.compile(
    r"\b(?:fully booked|sold out|wait(?:ing)? ?list|last (?:seats|places)|hybrid|new dates?|new venue"
    r"|t\.?b\.?[cad]\b|to be (?:confirmed|announced)|provisional|tentative"
    r"|registrations? (?:is |are )?(?:now )?(?:open|closed))",
    re.I,
)


def _remarked(old: Edition, new: Edition) -> bool:
    """Whether a remark has come or gone. Only known words: all others may be typed anew without meaning anything."""
    return _remarks(old) != _remarks(new)


def _remarks(edition: Edition) -> set[str]:
    return {fold(found) for found in _REMARKS.findall(edition.text[:500])}


def _place(edition: Edition) -> tuple[str | None, ...]:
    return edition.city, edition.region, edition.country


def _days(edition: Edition) -> tuple[object, ...]:
    return edition.starts_on, edition.ends_on


def _when(edition: Edition) -> tuple[object, ...]:
    return edition.starts_on, edition.ends_on, edition.period
