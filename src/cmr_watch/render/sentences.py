"""One sentence for each kind of change, and the phrases that it consists of. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.clock import BRUSSELS
from cmr_watch.merge_pages import is_given
from cmr_watch.models.readings import CallNotice, Change, ChangeKind, Cutoff, Edition, KnownCall
from cmr_watch.render.countries import country_of
from cmr_watch.render.datetimes import (
    clock_words,
    cutoff_at,
    cutoff_time,
    day_range,
    day_words,
    deadline,
    period_words,
    short_day,
)
from cmr_watch.render.i18n import N_, _, pgettext
from cmr_watch.render.joining import in_turn, labelled

__all__ = [
    "call_in_subject",
    "call_name",
    "call_within",
    "call_within_subject",
    "contradiction",
    "cutoff_words",
    "days",
    "is_extension",
    "label",
    "place",
    "place_and_days",
    "sentence",
    "years",
]

K = ChangeKind
MAX_CUTOFFS: Final = 4
EXTENDED_BEFORE: Final = timedelta(days=14)
"""A cut-off that moves to a later date is extended if the old date was less than this time away."""
FIRST_SEEN: Final = frozenset({K.EDITION_ANNOUNCED, K.EDITION_LISTED})
STATUS_REMARKS: Final = {
    "save_the_date": N_("save the date"),
    "cancelled": N_("cancelled"),
    "postponed": N_("postponed"),
}
_SAYS_EXTENDED: Final = re.compile(r"\b(?:extended|extension|prolonged)\b", re.IGNORECASE)
_EDITION_LABELS: Final = {
    K.EDITION_ANNOUNCED: N_("New edition"),
    K.EDITION_LISTED: N_("Added to past editions"),
    K.EDITION_DATED: N_("Dates confirmed"),
    K.EDITION_RESCHEDULED: N_("Rescheduled"),
    K.EDITION_RELOCATED: N_("Relocated"),
    K.EDITION_POSTPONED: N_("Postponed"),
    K.EDITION_CANCELLED: N_("Cancelled"),
    K.EDITION_REINSTATED: N_("Back on the page"),
    K.EDITION_WITHDRAWN: N_("Removed from the page"),
    K.EDITION_REGISTRATION_OPENED: N_("Registration open"),
    K.EDITION_HELD: N_("Has taken place"),
    K.EDITION_SUMMARY_PUBLISHED: N_("Summary published"),
    K.EDITION_MATERIALS_PUBLISHED: N_("New materials"),
    K.EDITION_UPDATED: N_("Details updated"),
    K.EDITION_DELISTED: N_("Removed from past editions"),
}
_NO_LONGER: Final = {"cancelled": N_("No longer cancelled"), "postponed": N_("No longer postponed")}
_CALL_SENTENCES: Final = {
    K.CALL_ANNOUNCED: N_("{call}: announced"),
    K.CALL_OPENED: N_("{call}: now open"),
    K.CALL_CLOSED: N_("{call}: now closed"),
    K.CALL_UPDATED: N_("{call}: details updated"),
    K.CALL_WITHDRAWN: N_("{call}: removed from the page"),
    K.CALL_CUTOFF_ADDED: N_("{call}: new cut-off {new}"),
    K.CALL_CUTOFF_MOVED: N_("{call}: cut-off moved from {old} to {new}"),
}
_CALL_KINDS: Final = {
    **_CALL_SENTENCES,
    K.CALL_CUTOFF_ADDED: N_("{call}: new cut-off"),
    K.CALL_CUTOFF_MOVED: N_("{call}: cut-off moved"),
}
_STATUS_WORDS: Final = {"announced": N_("announced"), "open": N_("open"), "closed": N_("closed")}


def sentence(change: Change, zone: ZoneInfo = BRUSSELS, read_at: datetime | None = None) -> str:
    """The change in one line: `Cancelled: Lyon, France (12–13 October 2023)`, `Call for hosts 2024–2025: now open`.

    With the time at which the page was read, a cut-off that moved shortly before its date is called extended.
    """
    noun = named_side(change)
    if isinstance(noun, CallNotice):
        return _call_sentence(change, noun, zone, read_at)
    return _edition_sentence(change, noun)


def kind_and_key(kind: str, key: str) -> str:
    """What a stored change says of an edition or call, by its key: `Cancelled: lyon-2023`, `call-2024: now open`.

    A kind that is not known, because an earlier version has stored it, is given as it is.
    """
    if kind in _CALL_KINDS:
        return _(_CALL_KINDS[K(kind)]).format(call=key)
    return labelled(_(_EDITION_LABELS[K(kind)]) if kind in _EDITION_LABELS else kind, key)


# ── phrases ──────────────────────────────────────────────────────────────────────────────────────────────────────


def place(edition: Edition) -> str:
    """City and country as the page spells them; a city state such as Luxembourg once."""
    country = country_of(edition)
    if country is None or edition.city in (country, edition.country):
        return edition.city
    return f"{edition.city}, {country}"


def days(edition: Edition) -> str:
    """`12–13 October 2023`, `30 November – 1 December 2023`; else the page's text for a month or season, or ``."""
    if edition.starts_on is None or edition.ends_on is None:
        return period_words(edition.period, edition.date_text or "") if edition.period else ""
    return day_range(edition.starts_on, edition.ends_on)


def place_and_days(edition: Edition) -> str:
    """`Lyon, France (12–13 October 2023)`."""
    when = days(edition)
    return f"{place(edition)} ({when})" if when else place(edition)


def call_name(call: CallNotice) -> str:
    """`Call for hosts 2024–2025`, or `Call for hosts` without years."""
    return _("Call for hosts {years}").format(years=years(call)) if call.hosting_years else _("Call for hosts")


def call_within(call: CallNotice) -> str:
    """The same within a sentence: `call for hosts 2024–2025`."""
    return _("call for hosts {years}").format(years=years(call)) if call.hosting_years else _("call for hosts")


def call_in_subject(call: CallNotice) -> str:
    """`call_name` for the subject of a message, where some languages shorten it."""
    if not call.hosting_years:
        return call_name(call)
    return pgettext("subject", "Call for hosts {years}").format(years=years(call))


def call_within_subject(call: CallNotice) -> str:
    """The same within a sentence."""
    if not call.hosting_years:
        return call_within(call)
    return pgettext("subject", "call for hosts {years}").format(years=years(call))


def years(call: CallNotice) -> str:
    """`2024–2025` for consecutive years, `2024, 2026` for others, empty for none."""
    all_years = call.hosting_years
    if len(all_years) > 1 and all_years == tuple(range(all_years[0], all_years[-1] + 1)):
        return f"{all_years[0]}–{all_years[-1]}"
    return ", ".join(map(str, all_years))


def cutoff_words(cutoff: Cutoff) -> str:
    """`31 May 2024, 18:00 (Brussels time)`, followed by `, to be confirmed` if the page says so."""
    return cutoff_at(cutoff, BRUSSELS)


def contradiction(known: KnownCall) -> tuple[str, ...]:
    """What the notice on the list of editions says if it contradicts the call page, which takes precedence."""
    notice, page = known.conflicting_notice, known.call
    if notice is None:
        return ()
    if notice.status != page.status:
        text = _("The pages disagree: the call page says that the call is {status}, the list of editions says {other}.")
        return (text.format(status=_(_STATUS_WORDS[page.status]), other=_(_STATUS_WORDS[notice.status])),)
    listed = (cutoff for cutoff in notice.cutoffs if not cutoff.closed)
    other = [cutoff_words(cutoff) for cutoff in listed if not is_given(cutoff, page.cutoffs)]
    if not other:
        return ()
    text = _("The pages disagree: the list of editions gives the cut-off {cutoffs}, the call page does not.")
    return (text.format(cutoffs=in_turn(other[:MAX_CUTOFFS])),)


def added_cutoffs(change: Change) -> tuple[Cutoff, ...]:
    """The cut-offs that the change adds: all open ones of the notice if it had none before (K2)."""
    before, after = change.before, change.after
    if change.kind is not K.CALL_CUTOFF_ADDED or change.cutoff_after is None:
        return ()
    if not isinstance(after, CallNotice) or (isinstance(before, CallNotice) and before.cutoffs):
        return (change.cutoff_after,)
    first = change.cutoff_after.at
    return tuple(cutoff for cutoff in after.cutoffs if not cutoff.closed and cutoff.at >= first)


def is_extension(change: Change, read_at: datetime | None) -> bool:
    """Whether a cut-off moved to a later date, and its line calls that extended or the old date was near.

    Another cut-off of the same call may have been extended before, so the rest of the page does not count.
    """
    old, new = change.cutoff_before, change.cutoff_after
    if change.kind is not K.CALL_CUTOFF_MOVED or old is None or new is None or new.at <= old.at:
        return False
    is_near = read_at is not None and old.at - read_at < EXTENDED_BEFORE
    return is_near or bool(_SAYS_EXTENDED.search(new.text))


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def named_side(change: Change) -> Edition | CallNotice:
    """The edition or call that the sentence is about: normally the new side."""
    before, after = change.before, change.after
    noun = (before if _names_old_days(change) else after) or after or before
    assert noun is not None, "a change has at least one side"
    return noun


def label(change: Change) -> str:
    """What happened to an edition: `New edition`, `Rescheduled`."""
    return _(_label(change))


def moved_days(change: Change) -> tuple[str, str] | None:
    """The old and the new days of an edition that was moved; None unless both are known and differ."""
    old, new = _days_of(change.before), _days_of(change.after)
    if change.kind not in (K.EDITION_RESCHEDULED, K.EDITION_POSTPONED) or not old or not new or old == new:
        return None
    return old, new


def relocation(change: Change) -> tuple[Edition, Edition] | None:
    """The edition before and after it was relocated; None for other changes."""
    before, after = change.before, change.after
    is_known = isinstance(before, Edition) and isinstance(after, Edition)
    return (before, after) if change.kind is K.EDITION_RELOCATED and is_known else None  # type: ignore[return-value]


def _names_old_days(change: Change) -> bool:
    """Whether the sentence is about the old side: its days no longer apply, and the new side may have none."""
    if not _days_of(change.before):
        return False
    if change.kind is K.EDITION_POSTPONED:
        return True
    return change.kind in (K.EDITION_CANCELLED, K.EDITION_RESCHEDULED) and not _days_of(change.after)


def _days_of(noun: Edition | CallNotice | None) -> str:
    return days(noun) if isinstance(noun, Edition) else ""


def _edition_sentence(change: Change, edition: Edition) -> str:
    if change.kind is K.EDITION_HELD:
        return _("{edition} has taken place").format(edition=place_and_days(edition))
    if sides := relocation(change):
        text = _("{label}: from {old} to {new}")
        return text.format(label=label(change), old=place(sides[0]), new=place_and_days(sides[1]))
    if moved := moved_days(change):
        text = _("{label}: {place}, from {old} to {new}")
        return text.format(label=label(change), place=place(edition), old=moved[0], new=moved[1])
    remarks = _remarks(edition) if change.kind in FIRST_SEEN else ""
    return labelled(label(change), f"{place_and_days(edition)}{remarks}")


def _label(change: Change) -> str:
    if change.kind is K.EDITION_RESCHEDULED and not _days_of(change.after):
        return N_("Postponed, new date to be announced")
    if change.kind is K.EDITION_DATED and isinstance(change.after, Edition) and _is_one_day(change.after):
        return N_("Date confirmed")
    if change.kind is K.EDITION_REINSTATED and (ended := _ended_status(change)):
        return _NO_LONGER[ended]
    return _EDITION_LABELS[change.kind]


def _is_one_day(edition: Edition) -> bool:
    return edition.starts_on == edition.ends_on


def _ended_status(change: Change) -> str:
    """`cancelled` or `postponed` if the edition was and no longer is; empty otherwise."""
    before, after = change.before, change.after
    if not isinstance(before, Edition) or not isinstance(after, Edition) or before.status == after.status:
        return ""
    return before.status if before.status in _NO_LONGER else ""


def _remarks(edition: Edition) -> str:
    remarks = [_(STATUS_REMARKS[edition.status])] if edition.status in STATUS_REMARKS else []
    remarks += [_("summary published")] if edition.summary_url else []
    return f" – {', '.join(remarks)}" if remarks else ""


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _call_sentence(change: Change, call: CallNotice, zone: ZoneInfo, read_at: datetime | None) -> str:
    if change.kind is K.CALL_UPDATED and isinstance(change.before, CallNotice):
        return _call_update(change.before, call, zone)
    if is_extension(change, read_at):
        return _extension(change, call)
    text = _(_CALL_SENTENCES[change.kind if _has_cutoffs(change) else K.CALL_UPDATED])
    added = added_cutoffs(change)
    if len(added) > 1:
        text = _("{call}: new cut-offs {new}")
        return text.format(call=call_name(call), new=in_turn(cutoff_at(cutoff, zone) for cutoff in added))
    old, new = change.cutoff_before, change.cutoff_after
    return text.format(
        call=call_name(call),
        old=cutoff_time(old.at, zone) if old else "",
        new=cutoff_at(new, zone) if new else "",
    )


def _extension(change: Change, call: CallNotice) -> str:
    old, new = (side.at.astimezone(BRUSSELS) for side in (change.cutoff_before, change.cutoff_after) if side)
    text = _("{call}: cut-off extended from {old} to {new}")
    if old.date() == new.date():
        return text.format(call=call_name(call), old=clock_words(old), new=deadline(new, BRUSSELS))
    return text.format(call=call_name(call), old=short_day(old.date(), new.date()), new=day_words(new.date()))


def _has_cutoffs(change: Change) -> bool:
    """Whether a change of a cut-off names its cut-offs, as its sentence needs them."""
    if change.kind is K.CALL_CUTOFF_MOVED:
        return change.cutoff_before is not None and change.cutoff_after is not None
    return change.kind is not K.CALL_CUTOFF_ADDED or change.cutoff_after is not None


def _call_update(before: CallNotice, after: CallNotice, zone: ZoneInfo) -> str:
    """The years that changed, and the cut-offs that are now closed or gone."""
    cutoffs = [_(text).format(cutoff=deadline(cutoff.at, zone)) for cutoff, text in _ended_cutoffs(before, after)]
    if before.hosting_years and set(before.hosting_years) < set(after.hosting_years):
        return in_turn([_("Call for hosts now covers {years}").format(years=years(after)), *cutoffs])
    parts = []
    if before.hosting_years != after.hosting_years:
        old = years(before) or pgettext("hosting years", "not given")
        parts.append(_("hosting years changed (previously {years})").format(years=old))
    details = in_turn([*parts, *cutoffs]) or _("details updated")
    return labelled(call_name(after), details)


def _ended_cutoffs(before: CallNotice, after: CallNotice) -> Iterator[tuple[Cutoff, str]]:
    """Cut-offs that are now closed or gone. If there are as many as before, a missing one moved: another change."""
    current = {cutoff.at: cutoff for cutoff in after.cutoffs}
    has_fewer = len(after.cutoffs) < len(before.cutoffs)
    for cutoff in before.cutoffs:
        same = current.get(cutoff.at)
        if same is None and has_fewer:
            yield cutoff, N_("cut-off {cutoff} no longer listed")
        elif same and same.closed and not cutoff.closed:
            yield cutoff, N_("cut-off {cutoff} now closed")
