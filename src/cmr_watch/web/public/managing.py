"""Managing a subscription by a link, without an account: ask for the link, see what there is, change, pause, end it.

The response to a request is the same for every address, in content and in database queries: whether it has a
subscription is checked later, when the mail is written (`store/mail_requests.py`). What is stored about an address is
sent there, and never shown; nor is the address itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Final

from cmr_watch.models.mail_requests import MailRequest, Managed
from cmr_watch.models.muting import ITEM_KINDS, ItemRef
from cmr_watch.models.recipients import Subscription
from cmr_watch.notify.delivery_schedule import end_of_pause, local_date
from cmr_watch.render.i18n import _, language
from cmr_watch.store.retention import KEEP_ADDRESSES
from cmr_watch.web.public import signup_form
from cmr_watch.web.public.acts import ActRoute, ActView, Errand
from cmr_watch.web.public.managed_words import Shown, shown
from cmr_watch.web.public.muting import item_name
from cmr_watch.web.public.rendering import form_page
from cmr_watch.web.public.signup_form import Choices, Fault
from cmr_watch.web.public.signup_words import form_words
from cmr_watch.web.public.views import Reply

_PATH: Final = "/manage"
LONGEST_PAUSE: Final = timedelta(days=366)
_Act = Callable[[Errand, Managed], Reply]


# ── asking for a link ────────────────────────────────────────────────────────────────────────────────────────────


def show_ask(errand: Errand) -> Reply:
    """The form with the address; or whom to ask, if there are no links."""
    return _ask(errand, "") if errand.site.offers_managing else _closed(errand)


def ask(errand: Errand) -> Reply:
    """Store the request; or show the form again, with what is wrong."""
    if not errand.site.offers_managing:
        return _closed(errand)
    address = signup_form.read(errand.form).address
    if faults := signup_form.address_faults(address):
        return _ask(errand, address, faults)
    if not errand.form.get(signup_form.TRAP):
        errand.desk.ask(MailRequest("link", address, language(), errand.network, errand.now))
    return form_page(errand.site, "manage_ask.html", here=_PATH, state="sent")


def _ask(errand: Errand, address: str, faults: tuple[Fault, ...] = ()) -> Reply:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    values = {"address": address, "faults": faults, "words": form_words()}
    return form_page(errand.site, "manage_ask.html", status, here=_PATH, state="ask", **values)


def _closed(errand: Errand) -> Reply:
    return form_page(errand.site, "manage_ask.html", HTTPStatus.NOT_FOUND, here=_PATH, state="closed")


def invalid(errand: Errand) -> Reply:
    """What a link shows that does not work, or no longer."""
    return form_page(errand.site, "manage_ask.html", HTTPStatus.NOT_FOUND, here=_PATH, state="invalid")


# ── what a link opens ────────────────────────────────────────────────────────────────────────────────────────────


def _with_link(view: _Act, *, needs_active: bool = True) -> ActView:
    """A view of a link that works. `needs_active`: without a subscription, the page with all that is left."""

    def act(errand: Errand) -> Reply:
        managed = errand.desk.managed(errand.parameters["token"], errand.now)
        if managed is None:
            return invalid(errand)
        return view(errand, managed) if managed.active or not needs_active else overview(errand, managed)

    return act


def overview(errand: Errand, managed: Managed) -> Reply:
    """What is subscribed, and what can be done."""
    entries = [shown(entry, errand.now) for entry in managed.active]
    muted = [mute.item for mute in managed.mutes] if managed.active else []
    names = [(f"{item.kind} {item.key}", item_name(errand.desk.entry(item)) or item.key) for item in muted]
    return _page(errand, "manage.html", entries=entries, is_declared=managed.is_declared, muted=names)


def unmute(errand: Errand, managed: Managed) -> Reply:
    """Undo a mute: the form names it."""
    kind, _space, key = errand.form.get("unmute", "").partition(" ")
    found = [one for one in ITEM_KINDS if one == kind]
    if not found or not key:
        return overview(errand, managed)
    errand.desk.unmute(managed, ItemRef(found[0], key), errand.now)
    return _done(errand, "unmuted")


def show_change(errand: Errand, managed: Managed) -> Reply:
    """The form of subscribing, filled in."""
    if managed.is_declared:
        return overview(errand, managed)
    first = managed.active[0]
    return _change_form(errand, first, signup_form.choices_of(first))


def change(errand: Errand, managed: Managed) -> Reply:
    """Change what is sent; or show the form again, with what is wrong; or what a link shows that was just used up."""
    if managed.is_declared:
        return overview(errand, managed)
    first = managed.active[0]
    choices = signup_form.read(errand.form, first.countries)
    if faults := signup_form.choice_faults(choices):
        return _change_form(errand, first, choices, faults)
    if not errand.desk.change(managed, signup_form.changed(first, choices), errand.now):
        return invalid(errand)
    return _done(errand, "changed", until=_paused_until(managed, errand.now))


def _change_form(errand: Errand, entry: Subscription, choices: Choices, faults: tuple[Fault, ...] = ()) -> Reply:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    countries = signup_form.countries(entry.countries)
    values = {"choices": choices, "faults": faults, "countries": countries, "entry": shown(entry, errand.now)}
    return _page(errand, "manage_change.html", status, words=form_words(), **values)


def show_pause(errand: Errand, managed: Managed) -> Reply:
    """The form with the date until which nothing is to be sent."""
    return _pause_form(errand, managed)


def pause(errand: Errand, managed: Managed) -> Reply:
    """Pause; or end the pause; or show the form again, with what is wrong."""
    if "resume" in errand.form:
        errand.desk.pause(managed, None, errand.now)
        return _done(errand, "resumed")
    text = errand.form.get("until", "").strip()
    day = _day(text)
    first_day, last_day = _pause_days(managed, errand.now)
    if day is None or not first_day <= day <= last_day:
        return _pause_form(errand, managed, text[:20], (Fault("until", _pause_fault(day, first_day)),))
    until = end_of_pause(managed.active[0].schedule, day)
    errand.desk.pause(managed, until, errand.now)
    return _done(errand, "paused", until=_local_day(managed, until))


def _pause_form(errand: Errand, managed: Managed, text: str = "", faults: tuple[Fault, ...] = ()) -> Reply:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    first_day, last_day = _pause_days(managed, errand.now)
    values = {"first_day": first_day, "last_day": last_day, "until": text, "faults": faults}
    return _page(errand, "manage_pause.html", status, paused=_paused_until(managed, errand.now), **values)


def _pause_days(managed: Managed, now: datetime) -> tuple[date, date]:
    """The first and the last day on which a pause may end: tomorrow, and in a year."""
    today = local_date(managed.active[0].schedule.time_zone, now)
    return today + timedelta(days=1), today + LONGEST_PAUSE


def _pause_fault(day: date | None, first_day: date) -> str:
    if day is None:
        return _("Enter the day on which the e-mails should begin again, like 2027-01-15.")
    if day < first_day:
        return _("Enter a day that is not before tomorrow.")
    return _("Enter a day within a year. To get nothing any more, end the e-mails.")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2027-01-15") else None
    except ValueError:
        return None


def _paused_until(managed: Managed, now: datetime) -> Shown | None:
    """The subscription that is paused for the longest time, if any is."""
    paused = [entry for entry in managed.active if entry.pause_end(now)]
    latest = max(paused, key=lambda entry: entry.pause_end(now) or now, default=None)
    return shown(latest, now) if latest else None


def _local_day(managed: Managed, at: datetime) -> date:
    return local_date(managed.active[0].schedule.time_zone, at)


def show_end(errand: Errand, _managed: Managed) -> Reply:
    """The form that ends all e-mails."""
    return _page(errand, "manage_confirm.html", act="end")


def end(errand: Errand, managed: Managed) -> Reply:
    """End all e-mails."""
    errand.desk.end(managed, errand.now)
    return _done(errand, "ended", days=KEEP_ADDRESSES.days)


def show_export(errand: Errand, _managed: Managed) -> Reply:
    """The form that asks for all data."""
    return _page(errand, "manage_confirm.html", act="export")


def export(errand: Errand, managed: Managed) -> Reply:
    """Ask for the mail with all data."""
    errand.desk.ask(MailRequest("export", managed.address, language(), errand.network, errand.now))
    return _done(errand, "exported")


def show_erase(errand: Errand, _managed: Managed) -> Reply:
    """The form that erases all data, on a page of its own."""
    return _page(errand, "manage_confirm.html", act="erase")


def erase(errand: Errand, managed: Managed) -> Reply:
    """End all e-mails, and erase the address. The link does not work any more."""
    errand.desk.erase(managed, errand.now)
    return _done(errand, "erased")


def _done(errand: Errand, state: str, **values: object) -> Reply:
    return _page(errand, "manage_done.html", HTTPStatus.OK, state=state, **{"until": None, "days": 0, **values})


def _page(errand: Errand, template: str, status: int = HTTPStatus.OK, **values: object) -> Reply:
    return form_page(errand.site, template, status, token=errand.parameters["token"], **values)


ROUTES: Final = (
    ActRoute(_PATH, show_ask, ask, is_scarce=True),
    ActRoute("/manage/{token}", _with_link(overview, needs_active=False), _with_link(unmute)),
    ActRoute("/manage/{token}/change", _with_link(show_change), _with_link(change)),
    ActRoute("/manage/{token}/pause", _with_link(show_pause), _with_link(pause)),
    ActRoute("/manage/{token}/end", _with_link(show_end), _with_link(end)),
    ActRoute(
        "/manage/{token}/export",
        _with_link(show_export, needs_active=False),
        _with_link(export, needs_active=False),
        is_scarce=True,
    ),
    ActRoute(
        "/manage/{token}/erase", _with_link(show_erase, needs_active=False), _with_link(erase, needs_active=False)
    ),
    ActRoute("/manage/{rest:path}", invalid, invalid),  # a link with something at its end shows a way on
)
