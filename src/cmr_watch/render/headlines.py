"""A change as the head of a message: what its subject, its heading and its first line say. Pure.

The subject of a mail begins with the news, the newest value first: many programs show only its first 40 characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import CallNotice, Change, ChangeKind, Cutoff, Edition, KnownCall, RecordedChange
from cmr_watch.models.recipients import ChangeGroup
from cmr_watch.places import is_online
from cmr_watch.render.datetimes import at_time, clock_words, cutoff_day, day_words, short_day, without_year
from cmr_watch.render.i18n import N_, _, ngettext, pgettext
from cmr_watch.render.joining import labelled
from cmr_watch.render.message_parts import MAX_SENTENCE, MAX_SHORT, MAX_SUBJECT
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import (
    FIRST_SEEN,
    STATUS_REMARKS,
    added_cutoffs,
    call_in_subject,
    call_name,
    call_within_subject,
    days,
    is_extension,
    label,
    moved_days,
    named_side,
    place,
    relocation,
    sentence,
    years,
)

K = ChangeKind
_EDITION: Final = N_("Edition")
MAX_WITH_OTHERS: Final = 110
"""How long a subject may become by naming further changes."""

_EDITION_BRIEFS: Final = {
    K.EDITION_ANNOUNCED: N_("new edition in {city}"),
    K.EDITION_LISTED: N_("{city} added to past editions"),
    K.EDITION_DATED: N_("{city} dates confirmed"),
    K.EDITION_RESCHEDULED: N_("{city} rescheduled"),
    K.EDITION_RELOCATED: N_("edition moved to {city}"),
    K.EDITION_POSTPONED: N_("{city} postponed"),
    K.EDITION_CANCELLED: N_("{city} cancelled"),
    K.EDITION_REINSTATED: N_("{city} reinstated"),
    K.EDITION_WITHDRAWN: N_("{city} removed from the page"),
    K.EDITION_REGISTRATION_OPENED: N_("registration for {city} open"),
    K.EDITION_HELD: N_("{city} has taken place"),
    K.EDITION_SUMMARY_PUBLISHED: N_("{city} summary published"),
    K.EDITION_MATERIALS_PUBLISHED: N_("{city} materials published"),
    K.EDITION_UPDATED: N_("{city} updated"),
    K.EDITION_DELISTED: N_("{city} removed from past editions"),
}
_CALL_BRIEFS: Final = {
    K.CALL_ANNOUNCED: N_("{call} announced"),
    K.CALL_OPENED: N_("{call} open"),
    K.CALL_CLOSED: N_("{call} closed"),
    K.CALL_UPDATED: N_("{call} updated"),
    K.CALL_WITHDRAWN: N_("{call} removed from the page"),
    K.CALL_CUTOFF_ADDED: N_("{call}: new cut-off"),
    K.CALL_CUTOFF_MOVED: N_("{call}: cut-off moved"),
}
_CALL_KICKERS: Final = {
    K.CALL_ANNOUNCED: N_("Call for hosts: announced"),
    K.CALL_OPENED: N_("Call for hosts: now open"),
    K.CALL_CLOSED: N_("Call for hosts: now closed"),
    K.CALL_WITHDRAWN: N_("Call for hosts: removed from the page"),
}
_CALL_TITLES: Final = {
    K.CALL_ANNOUNCED: N_("A call to host an edition will open"),
    K.CALL_OPENED: N_("Apply to host an edition"),
    K.CALL_CLOSED: N_("The call to host an edition is closed"),
    K.CALL_WITHDRAWN: N_("The call to host an edition is no longer on the page"),
}
_CALL_TITLES_WITH_YEARS: Final = {
    K.CALL_ANNOUNCED: N_("A call to host an edition in {years} will open"),
    K.CALL_OPENED: N_("Apply to host an edition in {years}"),
    K.CALL_CLOSED: N_("The call to host an edition in {years} is closed"),
    K.CALL_WITHDRAWN: N_("The call to host an edition in {years} is no longer on the page"),
}
_CALL_SUBJECTS: Final = {
    K.CALL_ANNOUNCED: N_("{call} announced"),
    K.CALL_OPENED: N_("{call} now open"),
    K.CALL_CLOSED: N_("{call} closed"),
    K.CALL_WITHDRAWN: N_("{call} removed from the page"),
}


@dataclass(frozen=True, slots=True)
class Headline:
    """One change in words.

    - `sentence`: complete, for plain text. `kicker` and `title`: the same as a small label and a heading, for HTML.
    - `subject`: for a message about this change; `brief`: for a message in which another one comes first.
    """

    sentence: str
    kicker: str
    title: str
    subject: str
    brief: str


def headline(recorded: RecordedChange, current: object, zone: ZoneInfo) -> Headline:
    """The change in words. The years of a call are taken from its current state if its notice gives none."""
    change = _with_years(recorded.change, current)
    noun = named_side(change)
    if isinstance(noun, CallNotice):
        made = _of_call(change, noun, next_cutoff(current, recorded.read_at), recorded.read_at, zone)
    else:
        made = _of_edition(change, noun)
    return Headline(
        clean(made.sentence, MAX_SENTENCE),
        clean(made.kicker, MAX_SHORT),
        clean(made.title, MAX_SENTENCE),
        clean(made.subject, MAX_SUBJECT),
        clean(made.brief, MAX_SHORT),
    )


def next_cutoff(current: object, now: datetime) -> Cutoff | None:
    """The soonest cut-off of an open call that can still be met."""
    if not isinstance(current, KnownCall) or current.call.status != "open":
        return None
    ahead = [cutoff for cutoff in current.call.cutoffs if not cutoff.closed and cutoff.at > now]
    return min(ahead, key=lambda cutoff: cutoff.at, default=None)


def subject_with_others(subject: str, briefs: Sequence[str]) -> str:
    """`New cut-off 15 March 2027 (was 28 February) · and Turku rescheduled`; what does not fit is only counted."""
    text = clean(subject, MAX_SUBJECT)
    for index, brief in enumerate(briefs):
        remaining = len(briefs) - index
        joined = _("{subject} · and {other}").format(subject=text, other=brief)
        if remaining > 1:
            joined = _("{subject} · {other}").format(subject=text, other=brief)
        if len(joined) > MAX_WITH_OTHERS:
            more = ngettext("{number} more change", "{number} more changes", remaining)
            return _and_more(text, more)
        text = joined
    return text


def _and_more(text: str, more: str) -> str:
    ending = _("{subject} · and {other}").format(subject="", other=more)
    return clean(text, MAX_SUBJECT - len(ending)) + ending


def lead_and_others(group: ChangeGroup) -> tuple[RecordedChange, tuple[RecordedChange, ...]]:
    """The change that leads a group, and the others that are mentioned.

    What a call says when it is announced, opened or closed is part of that change.
    """
    status_changes = [recorded for recorded in group.changes if recorded.change.kind in _CALL_TITLES]
    if status_changes:
        return status_changes[-1], tuple(status_changes[:-1])
    lead, *others = group.changes
    named = {cutoff.at for cutoff in added_cutoffs(lead.change)}
    return lead, tuple(one for one in others if not (_is_added(one.change) and _new_time(one.change) in named))


def _is_added(change: Change) -> bool:
    return change.kind is K.CALL_CUTOFF_ADDED


def _new_time(change: Change) -> datetime | None:
    return change.cutoff_after.at if change.cutoff_after else None


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_edition(change: Change, edition: Edition) -> Headline:
    full, brief = sentence(change), _edition_brief(change, edition)
    if change.kind is K.EDITION_HELD:
        subject = pgettext("subject", "{city} has taken place").format(city=edition.city)
        title = _("{place} has taken place").format(place=place(edition))
        return Headline(full, _(_EDITION), _dated(title, edition), _dated(subject, edition), brief)
    if sides := relocation(change):
        return _relocated(full, brief, *sides)
    if moved := moved_days(change):
        return _moved(change, edition, full, moved)
    return _labelled(change, edition, full, brief)


def _edition_brief(change: Change, edition: Edition) -> str:
    if change.kind is K.EDITION_ANNOUNCED and is_online(edition.city):
        return _("new online edition")
    return _(_EDITION_BRIEFS[change.kind]).format(city=clean(edition.city, MAX_SHORT))


def _dated(text: str, edition: Edition) -> str:
    when = days(edition)
    return f"{text} ({when})" if when else text


def _labelled(change: Change, edition: Edition, full: str, brief: str) -> Headline:
    """`Cancelled: Lyon, France, 12–13 October 2023`; the subject leaves out the country unless the edition is new."""
    is_new = change.kind in FIRST_SEEN
    remark = _(STATUS_REMARKS[edition.status]) if is_new and edition.status in STATUS_REMARKS else ""
    text = _("{label}: {edition} – {remark}") if remark else _("{label}: {edition}")
    title = text.format(label=label(change), edition=_joined(place(edition), days(edition)), remark=remark)
    subject = text.format(label=label(change), edition=_joined(edition.city, days(edition)), remark=remark)
    return Headline(full, _(_EDITION), title, title if is_new else subject, brief)


def _relocated(full: str, brief: str, before: Edition, after: Edition) -> Headline:
    old = before.city if before.country == after.country else place(before)
    moved = _("{new} (was {old})").format(new=place(after), old=old)
    subject = _("Moved to {edition}").format(edition=_joined(moved, days(after)))
    return Headline(full, _(_EDITION), subject, subject, brief)


def _moved(change: Change, edition: Edition, full: str, moved: tuple[str, str]) -> Headline:
    old, new = _without_same_year(*moved), moved[1]
    is_postponed = change.kind is K.EDITION_POSTPONED
    subject = (
        _("{city} postponed to {new} (was {old})") if is_postponed else _("{city} rescheduled to {new} (was {old})")
    )
    title = subject.format(city=place(edition), new=new, old=old)
    subject = subject.format(city=edition.city, new=new, old=old)
    return Headline(full, _(_EDITION), title, subject, _edition_brief(change, edition))


def _without_same_year(old: str, new: str) -> str:
    """The old days without their year if both end with the same one."""
    year = new[-4:]
    return without_year(old, int(year)) if year.isdecimal() else old


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _with_years(change: Change, current: object) -> Change:
    after = change.after
    if not isinstance(after, CallNotice) or after.hosting_years or not isinstance(current, KnownCall):
        return change
    return replace(change, after=replace(after, hosting_years=current.call.hosting_years))


def _of_call(change: Change, call: CallNotice, upcoming: Cutoff | None, read_at: datetime, zone: ZoneInfo) -> Headline:
    full = sentence(change, zone, read_at)
    if change.kind in (K.CALL_CUTOFF_ADDED, K.CALL_CUTOFF_MOVED) and change.cutoff_after:
        return _of_cutoff(change, call, full, read_at)
    brief = _(_CALL_BRIEFS[change.kind]).format(call=call_within_subject(call))
    if change.kind not in _CALL_TITLES:
        return Headline(full, call_name(call), full, full, brief)
    titles = _CALL_TITLES_WITH_YEARS if call.hosting_years else _CALL_TITLES
    title = _(titles[change.kind]).format(years=years(call))
    if change.kind is K.CALL_OPENED:
        return _opened(change, call, Headline(full, "", title, "", brief), upcoming, read_at)
    subject = _(_CALL_SUBJECTS[change.kind]).format(call=call_in_subject(call))
    return Headline(full, _(_CALL_KICKERS[change.kind]), title, subject, brief)


def _opened(change: Change, call: CallNotice, made: Headline, upcoming: Cutoff | None, read_at: datetime) -> Headline:
    """Complete the headline of a call that opened. One that was closed is open again, not new."""
    was_closed = isinstance(change.before, CallNotice) and change.before.status == "closed"
    kicker = _("Call for hosts: open again") if was_closed else _(_CALL_KICKERS[K.CALL_OPENED])
    if upcoming is None:
        text = _("{call} open again") if was_closed else _(_CALL_SUBJECTS[K.CALL_OPENED])
        return replace(made, kicker=kicker, subject=text.format(call=call_in_subject(call)))
    text = _("{call} open again: apply by {day}") if was_closed else _("{call} open: apply by {day}")
    day = short_day(cutoff_day(upcoming.at), cutoff_day(read_at))
    return replace(made, kicker=kicker, subject=text.format(call=call_in_subject(call), day=day))


def _of_cutoff(change: Change, call: CallNotice, full: str, read_at: datetime) -> Headline:
    """The new cut-off, in Brussels time, and what it replaces."""
    assert change.cutoff_after is not None
    new = change.cutoff_after.at.astimezone(BRUSSELS)
    if change.cutoff_before is None:
        days_ = ", ".join(day_words(cutoff_day(cutoff.at)) for cutoff in added_cutoffs(change))
        number = len(added_cutoffs(change))
        title = ngettext("New cut-off {new}", "New cut-offs {new}", number).format(new=days_)
        subject = f"{title} · {call_within_subject(call)}"
        brief = ngettext("new cut-off {new}", "new cut-offs {new}", number).format(new=days_)
        return Headline(full, call_name(call), title, subject, labelled(call_within_subject(call), brief))
    old = change.cutoff_before.at.astimezone(BRUSSELS)
    text, brief = _("New cut-off {new} (was {old})"), _("new cut-off {new}")
    if is_extension(change, read_at):
        text, brief = _("Cut-off extended to {new} (was {old})"), _("cut-off extended to {new}")
    elif new < old:
        text, brief = _("Cut-off now earlier: {new} (was {old})"), _("cut-off now earlier: {new}")
    words = {"new": day_words(new.date()), "old": short_day(old.date(), new.date())}
    if new.date() == old.date():
        words = {"new": at_time(words["new"], clock_words(new)), "old": clock_words(old)}
    title, of_call = text.format(**words), call_within_subject(call)
    return Headline(full, call_name(call), title, f"{title} · {of_call}", labelled(of_call, brief.format(**words)))
