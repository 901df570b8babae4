"""Subscribing by oneself: a form, “Check your e-mail”, and the link of the mail, which shows a form to confirm with.

The answer to a form is the same for every address, in content and in what the database is asked: whether an address is
known, was erased or bounces is looked at later, when its mail is written (`store/signups.py`).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from cmr_watch.models.signups import Signup
from cmr_watch.render.countries import country_words
from cmr_watch.render.datetimes import hours_words
from cmr_watch.render.i18n import language
from cmr_watch.web.public import signup_form
from cmr_watch.web.public.acts import ActRoute, Errand
from cmr_watch.web.public.rendering import form_page
from cmr_watch.web.public.signup_form import CONSENT_TEXT, Choices, Fault
from cmr_watch.web.public.signup_words import form_words
from cmr_watch.web.public.views import Reply

_PATH: Final = "/subscribe"


def show(errand: Errand) -> Reply:
    """The form; or whom to ask, if readers cannot subscribe themselves."""
    return _form(errand, Choices(language=language())) if errand.site.accepts_signups else _closed(errand)


def submit(errand: Errand) -> Reply:
    """Store what is asked for; or show the form again, with what is wrong."""
    if not errand.site.accepts_signups:
        return _closed(errand)
    choices = signup_form.read(errand.form)
    if faults := signup_form.faults(choices, errand.site.subscribe_domains):
        return _form(errand, choices, faults)
    if not errand.form.get(signup_form.TRAP):
        request = signup_form.request(choices)
        errand.desk.sign_up(Signup(request, f"{CONSENT_TEXT} ({language()})", errand.network, errand.now))
    return form_page(errand.site, "subscribed.html", here=_PATH, state="sent")


def show_confirm(errand: Errand) -> Reply:
    """The form to confirm with, which says what was asked for."""
    signup = errand.desk.signup(errand.parameters["token"], errand.now)
    if signup is None:
        return _invalid(errand)
    state, wanted = "ask" if signup.confirmed_at is None else "started", signup.request
    values = {"request": wanted, "countries": [country_words(code) for code in wanted.countries], "words": form_words()}
    quiet = wanted.schedule.quiet
    hours = hours_words(quiet.start, quiet.end) if quiet else ""
    return form_page(errand.site, "subscribed.html", HTTPStatus.OK, state=state, quiet=hours, **values)


def confirm(errand: Errand) -> Reply:
    """Start the subscription."""
    outcome = errand.desk.confirm(errand.parameters["token"], errand.now)
    return _invalid(errand) if outcome is None else form_page(errand.site, "subscribed.html", state=outcome)


def _form(errand: Errand, choices: Choices, faults: tuple[Fault, ...] = ()) -> Reply:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    values = {"choices": choices, "faults": faults, "countries": signup_form.countries(), "words": form_words()}
    return form_page(errand.site, "subscribe.html", status, here=_PATH, **values)


def _closed(errand: Errand) -> Reply:
    return form_page(errand.site, "subscribed.html", HTTPStatus.NOT_FOUND, here=_PATH, state="closed")


def _invalid(errand: Errand) -> Reply:
    return form_page(errand.site, "subscribed.html", HTTPStatus.NOT_FOUND, state="invalid")


ROUTES: Final = (
    ActRoute("/confirm/{token:path}", show_confirm, confirm),
    ActRoute(_PATH, show, submit, is_scarce=True),
)
