"""Letter: a request for a letter of support, for applicants to copy and send to their authority."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import quote

from cmr_watch.render.datetimes import cutoff_day
from cmr_watch.render.i18n import _
from cmr_watch.store.public import Overview
from cmr_watch.web.public import words
from cmr_watch.web.public.call_cards import CallCard, call_card, ordered
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.views import Reply, Visit

LEAD_DAYS: Final = 7
"""The letter is wanted this many days before the cut-off, for the application to be put together."""
MIN_DAYS: Final = 3
"""An authority needs at least this many days; with less, the cut-off itself is named."""


@dataclass(frozen=True, slots=True)
class LetterPage:
    """The request. `paragraphs` of the text; what is in square brackets is for the sender to fill in."""

    call: CallCard | None
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
    return page(visit, "letter.html", shown=letter_page(visit.overview, visit.now, visit.site.page_url))


def letter_text(visit: Visit) -> Reply:
    """The request as a text file."""
    shown = letter_page(visit.overview, visit.now, visit.site.page_url)
    subject = _("Subject: {subject}").format(subject=shown.subject)
    text = f"{subject}\n\n{shown.text}\n"
    name = "letter-of-support-request.txt"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Reply(text.encode("utf-8", "replace"), "text/plain; charset=utf-8", headers=headers)


def letter_page(overview: Overview, now: datetime, page_url: str) -> LetterPage:
    """The request for the call that can be applied to next; without one, with gaps to fill in."""
    cards = ordered([call_card(known, now) for known in overview.known.calls])
    call = next((card for card in cards if card.is_current), None)
    hosting = call.years if call and call.years else _("[year]")
    subject = _("Letter of support for hosting a “Clusters meet Regions” workshop in {years}").format(years=hosting)
    return LetterPage(call, subject, (*_request(call, hosting, now), *_contents(hosting), *_end(call, page_url)))


def _request(call: CallCard | None, hosting: str, now: datetime) -> tuple[str, ...]:
    who = _(
        "[Name of our organisation] intends to apply to host a “Clusters meet Regions” workshop in [city or region] in "
        "{years}. In this series of the European Cluster Collaboration Platform, cluster organisations meet "
        "policymakers in a host region, to develop its economy together."
    )
    why = _("Applicants are asked for a letter of support from the regional or national authority.")
    return (_("Dear [name],"), who.format(years=hosting), f"{why} {_deadline(call, now)}")


def _deadline(call: CallCard | None, now: datetime) -> str:
    if call is None or call.next is None:
        return _("The date of the next cut-off is [date]. May we ask you for a signed letter by [date]?")
    at = words.full_cutoff(call.next.at) + (" " + _("(Brussels time)") if call.next.hour else "")
    wanted = _wanted_by(cutoff_day(call.next.at), words.brussels(now).date())
    if wanted is None:
        text = _("The next cut-off for applications is {cutoff}. May we ask you for a signed letter before then?")
        return text.format(cutoff=at)
    text = _("The next cut-off for applications is {cutoff}. May we ask you for a signed letter by {day}?")
    return text.format(cutoff=at, day=words.full_day(wanted))


def _wanted_by(cutoff: date, today: date) -> date | None:
    wanted = cutoff - timedelta(days=LEAD_DAYS)
    return wanted if (wanted - today).days >= MIN_DAYS else None


def _contents(hosting: str) -> tuple[str, ...]:
    points = (
        _("is on the letterhead of your authority, with a date and a signature;"),
        _("names [our organisation], and hosting a “Clusters meet Regions” workshop in {years};"),
        _("says that you support the workshop taking place in [city or region];"),
        _("says how you would take part, for example by speaking, by inviting others, or by offering a venue."),
    )
    lines = "\n".join(f"- {point.format(years=hosting)}" for point in points)
    opening = _("It would help us if the letter")
    return (f"{opening}\n{lines}", _("We are glad to send you a draft."))


def _end(call: CallCard | None, page_url: str) -> tuple[str, ...]:
    url = call.apply.url if call and call.apply else page_url
    signature = _("Kind regards,\n[Name]\n[Function, organisation]\n[Telephone]")
    return (
        _("About the call: {url}").format(url=url),
        _("Thank you for your support."),
        signature,
    )
