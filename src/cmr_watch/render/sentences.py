"""One sentence and one headline for each kind of change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models import CallNotice, Change, ChangeKind, Cutoff, Edition, KnownCall

K = ChangeKind
BRUSSELS: Final = ZoneInfo("Europe/Brussels")
# strftime would follow the machine's locale
MONTHS: Final = tuple(
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_STATUS_WORDS: Final = {"save_the_date": "save the date", "cancelled": "cancelled", "postponed": "postponed"}
_PLAIN: Final = {
    K.EDITION_REGISTRATION_OPENED: "registration is open",
    K.EDITION_HELD: "held",
    K.EDITION_SUMMARY_PUBLISHED: "summary published",
    K.EDITION_MATERIALS_PUBLISHED: "materials published",
    K.EDITION_UPDATED: "details updated",
    K.EDITION_DELISTED: "no longer listed",
    K.EDITION_WITHDRAWN: "withdrawn, no longer on the page",
    K.EDITION_CANCELLED: "cancelled",
    K.EDITION_POSTPONED: "postponed",
    K.EDITION_REINSTATED: "back on the page",
}
_CALL_WORDS: Final = {
    K.CALL_ANNOUNCED: "Call announced",
    K.CALL_OPENED: "Call open",
    K.CALL_CLOSED: "Call closed",
    K.CALL_UPDATED: "Call updated",
    K.CALL_WITHDRAWN: "Call withdrawn",
    K.CALL_CUTOFF_ADDED: "New cut-off",
    K.CALL_CUTOFF_MOVED: "Cut-off moved",
}


def sentence(change: Change) -> str:
    """What a person reads: “Lyon, France, 12–13 October 2023: announced”."""
    noun = _noun(change)
    if isinstance(noun, CallNotice):
        return _call(change, noun)
    if change.kind in (K.EDITION_RESCHEDULED, K.EDITION_DATED):
        return f"{place(noun)}: {_what(change)}"
    return f"{_place_and_days(noun)}: {_what(change)}"


def headline(change: Change) -> str:
    """What a subject says: “Lyon, France: 12–13 October 2023 announced”, “Call open: host an edition in 2024–2025”."""
    noun = _noun(change)
    if isinstance(noun, CallNotice):
        return _call(change, noun)
    if change.kind in (K.EDITION_RESCHEDULED, K.EDITION_DATED, K.EDITION_RELOCATED):
        return f"{place(noun)}: {_what(change)}"
    return f"{place(noun)}: {' '.join(part for part in (days(noun), _what(change)) if part)}"


def place(edition: Edition) -> str:
    """City and country, in the page's words; a lone name once."""
    if edition.country is None or edition.country == edition.city:
        return edition.city
    return f"{edition.city}, {edition.country}"


def days(edition: Edition) -> str:
    """`12–13 October 2023`, `30 November – 1 December 2023`; without days the page's own words, or nothing."""
    start, end = edition.starts_on, edition.ends_on
    if start is None or end is None:
        return edition.date_text or "" if edition.period else ""
    if start == end:
        return _day(start)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}–{_day(end)}"
    if start.year == end.year:
        return f"{start.day} {MONTHS[start.month - 1]} – {_day(end)}"
    return f"{_day(start)} – {_day(end)}"


def years(call: CallNotice) -> str:
    """`2024–2025` for years in a row, `2024, 2026` otherwise, empty for none."""
    all_years = call.hosting_years
    if len(all_years) > 1 and all_years == tuple(range(all_years[0], all_years[-1] + 1)):
        return f"{all_years[0]}–{all_years[-1]}"
    return ", ".join(map(str, all_years))


def cutoff_words(cutoff: Cutoff) -> str:
    """`31 May 2024, 18:00 (Brussels time)`, with `, to be confirmed` where the page says so."""
    local = cutoff.at.astimezone(BRUSSELS)
    tentative = ", to be confirmed" if cutoff.tentative else ""
    return f"{_day(local.date())}, {local:%H:%M} (Brussels time){tentative}"


def contradiction(known: KnownCall) -> tuple[str, ...]:
    """Where the notice on the list disagrees with the call page, which takes precedence; empty where they agree."""
    other = known.conflicting_notice
    if other is None:
        return ()
    cutoffs = [cutoff_words(cutoff) for cutoff in other.cutoffs if not cutoff.closed]
    said = "; ".join([f"the call is {other.status}", *(f"cut-off {words}" for words in cutoffs[:_MOST_CUTOFFS])])
    return (f"The list of editions says conflicting_notice: {said}",)


_MOST_CUTOFFS: Final = 4


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _noun(change: Change) -> Edition | CallNotice:
    """The side that the sentence is about: the new one, but the old place and days of what is no longer there."""
    before, after = change.before, change.after
    noun = before if _is_of_the_past(change) else after
    noun = noun or after or before
    assert noun is not None, "a change has at least one side"
    return noun


def _is_of_the_past(change: Change) -> bool:
    if change.kind in (K.EDITION_POSTPONED, K.EDITION_CANCELLED):
        days_kept = change.kind is K.EDITION_CANCELLED and _days_of(change.after)
        return bool(_days_of(change.before)) and not days_kept
    return change.kind is K.EDITION_RELOCATED


def _days_of(noun: Edition | CallNotice | None) -> str:
    return days(noun) if isinstance(noun, Edition) else ""


def _place_and_days(edition: Edition) -> str:
    return ", ".join(part for part in (place(edition), days(edition)) if part)


def _what(change: Change) -> str:
    before, after = change.before, change.after
    if not isinstance(after, Edition):
        return _PLAIN[change.kind]
    if change.kind in (K.EDITION_ANNOUNCED, K.EDITION_LISTED):
        return _first_seen(change.kind, after)
    return _moved(change.kind, before, after) if isinstance(before, Edition) else _PLAIN[change.kind]


def _moved(kind: ChangeKind, before: Edition, after: Edition) -> str:
    if kind is K.EDITION_RELOCATED:
        return f"moved to {place(after)}"
    if kind is K.EDITION_DATED:
        return f"dates set, {days(after)}"
    if kind is K.EDITION_RESCHEDULED:
        return _rescheduled(before, after)
    if kind is K.EDITION_POSTPONED and days(before) and days(after) not in ("", days(before)):
        return f"postponed to {days(after)}"
    return _PLAIN[kind]


def _first_seen(kind: ChangeKind, edition: Edition) -> str:
    words = ["announced" if kind is K.EDITION_ANNOUNCED else "listed"]
    if edition.status in _STATUS_WORDS:
        words.append(_STATUS_WORDS[edition.status])
    if edition.summary_url:
        words.append("summary published")
    return ", ".join(words)


def _rescheduled(before: Edition, after: Edition) -> str:
    old, new = days(before), days(after)
    if not new:
        return f"{old} no longer holds, new date to be announced" if old else "new date to be announced"
    return f"moved from {old} to {new}" if old and old != new else f"new date, {new}"


def _call(change: Change, call: CallNotice) -> str:
    subject = _CALL_WORDS[change.kind]
    if change.kind is K.CALL_CUTOFF_ADDED and change.cutoff_after:
        return f"{subject}: {cutoff_words(change.cutoff_after)}{_to_host(call, ' ')}"
    if change.kind is K.CALL_CUTOFF_MOVED and change.cutoff_after and change.cutoff_before:
        moved = f"from {cutoff_words(change.cutoff_before)} to {cutoff_words(change.cutoff_after)}"
        return f"{subject}: {moved}{_to_host(call, ' ')}"
    told = f"{subject}: {_to_host(call)}"
    return f"{told}{_updated(change.before, call)}" if change.kind is K.CALL_UPDATED else told


def _updated(before: Edition | CallNotice | None, call: CallNotice) -> str:
    """What is different in an updated call: its years, and the cut-offs that are closed or gone."""
    if not isinstance(before, CallNotice):
        return ""
    words = [f"was {years(before) or 'without years'}"] if before.hosting_years != call.hosting_years else []
    words += [f"{cutoff_words(cutoff)} {what}" for cutoff, what in _ended(before, call)]
    return f" ({'; '.join(words)})" if words else ""


def _ended(before: CallNotice, after: CallNotice) -> Iterator[tuple[Cutoff, str]]:
    """Cut-offs that are closed now, or gone; where as many have come, the gone ones moved, which is told elsewhere."""
    now = {cutoff.at: cutoff for cutoff in after.cutoffs}
    fewer = len(after.cutoffs) < len(before.cutoffs)
    for cutoff in before.cutoffs:
        same = now.get(cutoff.at)
        if same is None and fewer:
            yield cutoff, "no longer listed"
        elif same and same.closed and not cutoff.closed:
            yield cutoff, "closed"


def _to_host(call: CallNotice, lead: str = "") -> str:
    if lead:
        return f" – to host an edition in {years(call)}" if call.hosting_years else ""
    return f"host an edition in {years(call)}" if call.hosting_years else "host an edition"
