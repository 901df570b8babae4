"""One sentence and one headline for each kind of change, and the phrases they consist of. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cmr_watch.clock import BRUSSELS
from cmr_watch.models import CallNotice, Change, ChangeKind, Cutoff, Edition, KnownCall
from cmr_watch.render.datetimes import MONTHS, cutoff_at, day_and_time, day_words, deadline

__all__ = [
    "MONTHS",
    "call_name",
    "contradiction",
    "cutoff_words",
    "days",
    "headline",
    "place",
    "sentence",
    "years",
]

K = ChangeKind
MAX_CUTOFFS: Final = 4
_FIRST_SEEN: Final = frozenset({K.EDITION_ANNOUNCED, K.EDITION_LISTED})
_STATUS_REMARKS: Final = {"save_the_date": "save the date", "cancelled": "cancelled", "postponed": "postponed"}
_EDITION_LABELS: Final = {
    K.EDITION_ANNOUNCED: "New edition",
    K.EDITION_LISTED: "Added to past editions",
    K.EDITION_DATED: "Dates confirmed",
    K.EDITION_RESCHEDULED: "Rescheduled",
    K.EDITION_RELOCATED: "Relocated",
    K.EDITION_POSTPONED: "Postponed",
    K.EDITION_CANCELLED: "Cancelled",
    K.EDITION_REINSTATED: "Back on the page",
    K.EDITION_WITHDRAWN: "Removed from the page",
    K.EDITION_REGISTRATION_OPENED: "Registration open",
    K.EDITION_SUMMARY_PUBLISHED: "Summary published",
    K.EDITION_MATERIALS_PUBLISHED: "New materials",
    K.EDITION_UPDATED: "Details updated",
    K.EDITION_DELISTED: "Removed from past editions",
}
_CALL_NEWS: Final = {
    K.CALL_ANNOUNCED: "announced",
    K.CALL_OPENED: "now open",
    K.CALL_CLOSED: "now closed",
    K.CALL_UPDATED: "details updated",
    K.CALL_WITHDRAWN: "removed from the page",
    K.CALL_CUTOFF_ADDED: "new cut-off",
    K.CALL_CUTOFF_MOVED: "cut-off moved",
}


def sentence(change: Change) -> str:
    """The change in one line: `Cancelled: Lyon, France (12–13 October 2023)`, `Call for hosts 2024–2025: now open`."""
    noun = _noun(change)
    return _call_sentence(change, noun) if isinstance(noun, CallNotice) else _edition_sentence(change, noun)


def headline(change: Change) -> str:
    """The sentence for a subject line. A known edition goes without its country: `Cancelled: Lyon, 12–13 October 2023`.

    The country stays where it is the changes: of a new edition, and when an edition is relocated.
    """
    noun = _noun(change)
    if isinstance(noun, CallNotice) or change.kind in (*_FIRST_SEEN, K.EDITION_HELD, K.EDITION_RELOCATED):
        return sentence(change)
    return f"{_label(change)}: {noun.city}{_comma(_moved_days(change) or days(noun))}"


# ── phrases ──────────────────────────────────────────────────────────────────────────────────────────────────────


def place(edition: Edition) -> str:
    """City and country as the page spells them; a city state such as Luxembourg once."""
    if edition.country is None or edition.country == edition.city:
        return edition.city
    return f"{edition.city}, {edition.country}"


def days(edition: Edition) -> str:
    """`12–13 October 2023`, `30 November – 1 December 2023`; else the page's text for a month or season, or ``."""
    start, end = edition.starts_on, edition.ends_on
    if start is None or end is None:
        return edition.date_text or "" if edition.period else ""
    if start == end:
        return day_words(start)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}–{day_words(end)}"
    if start.year == end.year:
        return f"{start.day} {MONTHS[start.month - 1]} – {day_words(end)}"
    return f"{day_words(start)} – {day_words(end)}"


def call_name(call: CallNotice) -> str:
    """`Call for hosts 2024–2025`, or `Call for hosts` without years."""
    return f"Call for hosts {years(call)}".rstrip()


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
    notice = known.conflicting_notice
    if notice is None:
        return ()
    cutoffs = [f"cut-off {cutoff_words(cutoff)}" for cutoff in notice.cutoffs if not cutoff.closed]
    return (f"The list of editions disagrees: {'; '.join([f'the call is {notice.status}', *cutoffs[:MAX_CUTOFFS]])}",)


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _noun(change: Change) -> Edition | CallNotice:
    """The edition or call that the sentence is about: normally the new side."""
    before, after = change.before, change.after
    noun = (before if _names_old_days(change) else after) or after or before
    assert noun is not None, "a change has at least one side"
    return noun


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
    before, after = change.before, change.after
    if change.kind is K.EDITION_HELD:
        return f"{_place_and_days(edition)} has taken place"
    if change.kind is K.EDITION_RELOCATED and isinstance(before, Edition) and isinstance(after, Edition):
        return f"{_label(change)}: from {place(before)} to {_place_and_days(after)}"
    if moved := _moved_days(change):
        return f"{_label(change)}: {place(edition)}, {moved}"
    remarks = _remarks(edition) if change.kind in _FIRST_SEEN else ""
    return f"{_label(change)}: {_place_and_days(edition)}{remarks}"


def _label(change: Change) -> str:
    if change.kind is K.EDITION_RESCHEDULED and not _days_of(change.after):
        return "Postponed, new date to be announced"
    if change.kind is K.EDITION_DATED and isinstance(change.after, Edition) and _is_one_day(change.after):
        return "Date confirmed"
    if change.kind is K.EDITION_REINSTATED and (ended := _ended_status(change)):
        return f"No longer {ended}"
    return _EDITION_LABELS[change.kind]


def _is_one_day(edition: Edition) -> bool:
    return edition.starts_on == edition.ends_on


def _ended_status(change: Change) -> str:
    """`cancelled` or `postponed` if the edition was and no longer is; empty otherwise."""
    before, after = change.before, change.after
    if not isinstance(before, Edition) or not isinstance(after, Edition) or before.status == after.status:
        return ""
    return before.status if before.status in ("cancelled", "postponed") else ""


def _moved_days(change: Change) -> str:
    """`from 12–13 October 2023 to spring 2024`; empty unless the edition moved between two known dates."""
    old, new = _days_of(change.before), _days_of(change.after)
    if change.kind not in (K.EDITION_RESCHEDULED, K.EDITION_POSTPONED) or not old or not new or old == new:
        return ""
    return f"from {old} to {new}"


def _remarks(edition: Edition) -> str:
    remarks = [_STATUS_REMARKS[edition.status]] if edition.status in _STATUS_REMARKS else []
    remarks += ["summary published"] if edition.summary_url else []
    return f" – {', '.join(remarks)}" if remarks else ""


def _place_and_days(edition: Edition) -> str:
    when = days(edition)
    return f"{place(edition)} ({when})" if when else place(edition)


def _comma(phrase: str) -> str:
    return f", {phrase}" if phrase else ""


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _call_sentence(change: Change, call: CallNotice) -> str:
    if change.kind is K.CALL_UPDATED and isinstance(change.before, CallNotice):
        return _call_update(change.before, call)
    return f"{call_name(call)}: {_CALL_NEWS[change.kind]}{_cutoff_change(change)}"


def _cutoff_change(change: Change) -> str:
    before, after = change.cutoff_before, change.cutoff_after
    if change.kind is K.CALL_CUTOFF_ADDED and after:
        return f" {cutoff_words(after)}"
    if change.kind is K.CALL_CUTOFF_MOVED and before and after:
        return f" from {day_and_time(before.at, BRUSSELS)} to {cutoff_words(after)}"
    return ""


def _call_update(before: CallNotice, after: CallNotice) -> str:
    """The years that changed, and the cut-offs that are now closed or gone."""
    cutoffs = [f"cut-off {deadline(cutoff.at, BRUSSELS)} {what}" for cutoff, what in _ended_cutoffs(before, after)]
    if before.hosting_years and set(before.hosting_years) < set(after.hosting_years):
        return "; ".join([f"Call extended to {years(after)}", *cutoffs])
    parts = []
    if before.hosting_years != after.hosting_years:
        parts.append(f"hosting years changed (previously {years(before) or 'none given'})")
    return f"{call_name(after)}: {'; '.join([*parts, *cutoffs]) or _CALL_NEWS[K.CALL_UPDATED]}"


def _ended_cutoffs(before: CallNotice, after: CallNotice) -> Iterator[tuple[Cutoff, str]]:
    """Cut-offs that are now closed or gone. If there are as many as before, a missing one moved: another change."""
    current = {cutoff.at: cutoff for cutoff in after.cutoffs}
    has_fewer = len(after.cutoffs) < len(before.cutoffs)
    for cutoff in before.cutoffs:
        same = current.get(cutoff.at)
        if same is None and has_fewer:
            yield cutoff, "no longer listed"
        elif same and same.closed and not cutoff.closed:
            yield cutoff, "now closed"
