"""Letter: a request for a letter of support, for applicants to copy and send to their authority."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

from cmr_watch.calendar_diff import cutoff_of
from cmr_watch.clock import BRUSSELS
from cmr_watch.languages import ENGLISH, LANGUAGES
from cmr_watch.models.calendar import CalendarEvent
from cmr_watch.render.datetimes import clock_words, cutoff_day, day_words, full_day, zone_words
from cmr_watch.render.i18n import _, in_language, language, pgettext
from cmr_watch.render.sanitize import clean
from cmr_watch.store.public import Overview
from cmr_watch.web.public import words
from cmr_watch.web.public.calendar_entries import cutoffs_of
from cmr_watch.web.public.call_cards import CallCard, CutoffStep, call_card, ordered
from cmr_watch.web.public.plan import MAX_DAYS, STEPS, working_day
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.views import BadRequest, NotFound, Reply, Visit

LEAD_DAYS: Final = next(step.days for step in STEPS if step.name == "letter")
"""The letter is wanted this many days before the cut-off, as in the plan of the calendar."""
MIN_DAYS: Final = 3
"""An authority needs at least this many days; with less, the cut-off itself is named."""
FIELDS: Final = ("cutoff", "letter", "language")
_LEAD: Final = re.compile(r"[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class LetterOptions:
    """Which letter to show: for which cut-off, due how many days before it, and in which language.

    Without a cut-off, for the next one.
    """

    call: str | None = None
    at: datetime | None = None
    days: int = LEAD_DAYS
    language: str = ENGLISH


NEXT: Final = LetterOptions()


@dataclass(frozen=True, slots=True)
class Choice:
    """A cut-off to ask for. `value`: the name of its event."""

    value: str
    words: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class LetterPage:
    """The request. `paragraphs` of the text; what is in square brackets is for the sender to fill in.

    - `cutoff`: the one that the letter is for.
    """

    call: CallCard | None
    cutoff: CutoffStep | None
    subject: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole text."""
        return "\n\n".join(self.paragraphs)

    @property
    def mail_link(self) -> str:
        """A link that opens a new mail with the request."""
        body = quote(self.text.replace("\n", "\r\n"), safe="")
        return f"mailto:?subject={quote(self.subject, safe='')}&body={body}"


def letter(visit: Visit) -> Reply:
    """The page."""
    events = cutoffs_of(visit.store.calendar_events())
    options = _options(visit, events)
    with in_language(options.language):
        shown = letter_page(visit.overview, visit.now, visit.site.page_url, options)
    query = f"?{urlencode(visit.query)}" if visit.query else ""
    choices, contact = _choices(events, shown, visit.now), _contact(visit.overview, shown.call)
    values = {"options": options, "choices": choices, "languages": LANGUAGES, "query": query, "contact": contact}
    return page(visit, "letter.html", shown=shown, **values)


def _contact(overview: Overview, call: CallCard | None) -> str:
    """The contact for questions that the call names; empty if it names none."""
    named = (known.call.contact for known in overview.known.calls if call and known.key == call.key)
    return clean(next(named, None) or "", 100)


def letter_text(visit: Visit) -> Reply:
    """The request as a text file."""
    options = _options(visit, cutoffs_of(visit.store.calendar_events()))
    with in_language(options.language):
        shown = letter_page(visit.overview, visit.now, visit.site.page_url, options)
        subject = _("Subject: {subject}").format(subject=shown.subject)
    text = f"{subject}\n\n{shown.text}\n"
    name = "letter-of-support-request.txt"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Language": options.language}
    return Reply(text.encode("utf-8", "replace"), "text/plain; charset=utf-8", headers=headers)


def letter_page(overview: Overview, now: datetime, page_url: str, options: LetterOptions = NEXT) -> LetterPage:
    """The request for a cut-off, or for the call that can be applied to next; without one, with gaps to fill in."""
    cards = ordered([call_card(known, now) for known in overview.known.calls])
    call = next((card for card in cards if card.is_current and options.call in (None, card.key)), None)
    cutoff = _cutoff(call, options) if call else None
    hosting = call.years if call and call.years else _("[year]")
    subject = _("Letter of support for hosting a “Clusters meet Regions” workshop in {years}").format(years=hosting)
    paragraphs = (*_request(hosting, _deadline(cutoff, options.days, now)), *_contents(hosting), *_end(call, page_url))
    return LetterPage(call, cutoff, subject, paragraphs)


# ── which cut-off ────────────────────────────────────────────────────────────────────────────────────────────────────


def _options(visit: Visit, events: Sequence[CalendarEvent]) -> LetterOptions:
    """What the address asks for. BadRequest or NotFound if there is no such cut-off or number of days."""
    days, wanted = visit.query.get("letter", str(LEAD_DAYS)), _language(visit)
    if not _LEAD.fullmatch(days) or int(days) > MAX_DAYS:
        raise BadRequest(_("The days before a cut-off must be a number from 0 to {max}.").format(max=MAX_DAYS))
    if "cutoff" not in visit.query:
        return LetterOptions(days=int(days), language=wanted)
    event = next((event for event in events if event.uid == visit.query["cutoff"]), None)
    cutoff = cutoff_of(event) if event else None
    if event is None or cutoff is None:
        raise NotFound(_("There is no such cut-off."), ("/letter", _("Choose a cut-off")))
    return LetterOptions(event.key, cutoff.at, int(days), wanted)


def _language(visit: Visit) -> str:
    """The language of the letter; that of the page, unless another one is asked for."""
    wanted = visit.query.get("language", language())
    if wanted not in LANGUAGES:
        raise BadRequest(_("The language must be one of these: {codes}.").format(codes=", ".join(LANGUAGES)))
    return wanted


def _cutoff(call: CallCard, options: LetterOptions) -> CutoffStep | None:
    """The wanted cut-off, if it is still to come; else the next one."""
    wanted = (step for step in call.steps if step.at == options.at and not step.is_over)
    return next(wanted, call.next)


def _choices(events: Sequence[CalendarEvent], shown: LetterPage, now: datetime) -> tuple[Choice, ...]:
    """The cut-offs to come of the call, if there are several."""
    if shown.call is None:
        return ()
    of_call = [
        (event.uid, cutoff)
        for event in events
        if event.is_on and event.key == shown.call.key and (cutoff := cutoff_of(event)) and cutoff.at > now
    ]
    chosen = shown.cutoff.at if shown.cutoff else None
    choices = tuple(Choice(uid, words.full_cutoff(cutoff.at), cutoff.at == chosen) for uid, cutoff in of_call)
    return choices if len(choices) > 1 else ()


# ── the text ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _request(hosting: str, deadline: str) -> tuple[str, ...]:
    who = _(
        "[Name of our organisation] intends to apply to host a “Clusters meet Regions” workshop in [city or region] in "
        "{years}. In this series of the European Cluster Collaboration Platform, cluster organisations meet "
        "policymakers in a host region, to develop its economy together."
    )
    why = _("Applicants are asked for a letter of support from their regional authority.")
    return (_("Dear [name],"), who.format(years=hosting), f"{why} {deadline}")


def _deadline(cutoff: CutoffStep | None, days: int, now: datetime) -> str:
    if cutoff is None:
        return _("The date of the next cut-off is [date]. May we ask you for a signed letter by [date]?")
    day, hour = _day(cutoff_day(cutoff.at)), clock_words(words.brussels(cutoff.at))
    at = pgettext("letter", "{day}, {hour} ({zone})").format(day=day, hour=hour, zone=zone_words(BRUSSELS))
    if not cutoff.hour:
        at = day
    wanted = _wanted_by(cutoff_day(cutoff.at), days, words.brussels(now).date())
    if wanted is None:
        text = _("The cut-off for applications is {cutoff}. May we ask you for a signed letter before then?")
        return text.format(cutoff=at)
    text = _("The cut-off for applications is {cutoff}. May we ask you for a signed letter by {day}?")
    return text.format(cutoff=at, day=_day(wanted))


def _day(day: date) -> str:
    """The day, in English with its weekday: in other languages that would be declined."""
    return full_day(day) if language() == ENGLISH else day_words(day)


def _wanted_by(cutoff: date, days: int, today: date) -> date | None:
    wanted = working_day(cutoff - timedelta(days=days))
    return wanted if days and (wanted - today).days >= MIN_DAYS else None


def _contents(hosting: str) -> tuple[str, ...]:
    points = (
        _("is on the letterhead of your authority, with a date and a signature;"),
        _("names [our organisation], and hosting a “Clusters meet Regions” workshop in {years};"),
        _("says that you support the workshop taking place in [city or region];"),
        _("explains how you would take part, for example by speaking, by inviting others, or by offering a venue."),
    )
    lines = "\n".join(f"- {point.format(years=hosting)}" for point in points)
    opening = _("It would help us if the letter")
    return (f"{opening}\n{lines}", _("We would be happy to send you a draft."))


def _end(call: CallCard | None, page_url: str) -> tuple[str, ...]:
    """Where to read about it. The page of the call is not known, only its form."""
    links = [_("About the workshops and the call: {url}").format(url=page_url)]
    if call and call.apply:
        links.append(_("The application: {url}").format(url=call.apply.url))
    signature = _("Kind regards,\n[Name]\n[Function, organisation]\n[Telephone]")
    return ("\n".join(links), _("Thank you for your support."), signature)
