"""The form with which readers subscribe: what it holds, what is wrong with it, and what it asks for. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import Final

from cmr_watch.exceptions import DeliveryError
from cmr_watch.languages import ENGLISH, LANGUAGES
from cmr_watch.models.readings import TOPICS, Topic
from cmr_watch.models.recipients import (
    FREQUENCIES,
    REMINDERS,
    Frequency,
    QuietHours,
    Schedule,
    Subscription,
    SubscriptionRequest,
)
from cmr_watch.notify.channels.mail_addresses import parse
from cmr_watch.render.countries import alphabetical, country_words
from cmr_watch.render.i18n import _, language

CONSENT_TEXT: Final = "1"
"""The version of the text below the form that says what a reader agrees to: raise it when that text changes."""
TRAP: Final = "website"
"""A field that readers do not see. Programs that fill in every field are not served."""
MAX_ADDRESS: Final = 254  # RFC 5321 §4.5.3.1.3, without the angle brackets
_EUROPE: Final = (
    *("AL", "AD", "AM", "AT", "AZ", "BE", "BA", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "GE", "DE", "GR", "HU"),
    *("IS", "IE", "IL", "IT", "XK", "LV", "LI", "LT", "LU", "MT", "MD", "MC", "ME", "NL", "MK", "NO", "PL", "PT", "RO"),
    *("RS", "SK", "SI", "ES", "SE", "CH", "TR", "UA", "GB"),
)
"""The countries of the single market, their neighbours and those whose clusters take part."""
_HOUR: Final = re.compile(r"[01]?\d|2[0-3]")


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form holds. `quiet_from` and `quiet_until`: whole hours, as text; empty if there are none."""

    address: str = ""
    topics: tuple[Topic, ...] = ("calls", "editions")
    countries: tuple[str, ...] = ()
    frequency: Frequency = "immediately"
    reminders: bool = True
    still_watching: bool = False
    language: str = ENGLISH
    quiet_from: str = ""
    quiet_until: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and the ID of the field to correct."""

    field: str
    text: str


def read(form: Mapping[str, str], offered: Sequence[str] = ()) -> Choices:
    """What a form that was sent holds. Values that the form does not offer are left out.

    `offered`: countries that it offers besides the usual ones.
    """
    frequencies = [one for one in FREQUENCIES if one == form.get("frequency")]
    return Choices(
        address=_address(form.get("address", "")),
        topics=tuple(topic for topic in TOPICS if f"topic-{topic}" in form),
        countries=tuple(code for code in (*_EUROPE, *offered) if f"country-{code}" in form),
        frequency=frequencies[0] if frequencies else "immediately",
        reminders="reminders" in form,
        still_watching="still-watching" in form,
        language=form["language"] if form.get("language") in LANGUAGES else language(),
        quiet_from=_hour(form.get("quiet-from", "")),
        quiet_until=_hour(form.get("quiet-until", "")),
    )


def _address(text: str) -> str:
    """An address as it was written, in the form NFC in which mail programs send it (RFC 6532 §3.1).

    Some characters are others in that form: the sign of the kelvin is the letter K. Otherwise a mail could go to an
    address that only looks like that of a recipient, and open or change what belongs to the recipient.
    """
    return unicodedata.normalize("NFC", text[: MAX_ADDRESS + 1].strip())[: MAX_ADDRESS + 1]


def faults(choices: Choices, domains: Sequence[str] = ()) -> tuple[Fault, ...]:
    """What must be corrected. `domains`: those of which addresses are accepted; none: of all."""
    return (*address_faults(choices.address, domains), *choice_faults(choices))


def address_faults(address: str, domains: Sequence[str] = ()) -> tuple[Fault, ...]:
    """What is wrong with an address as it was written; whether it is known plays no part."""
    wrong = _address_fault(address, domains)
    return (Fault("address", wrong),) if wrong else ()


def choice_faults(choices: Choices) -> tuple[Fault, ...]:
    """What must be corrected, apart from the address."""
    found = [
        Fault("topic-calls", "" if choices.topics else _("Choose what the e-mails should be about.")),
        Fault("quiet-from", _quiet_fault(choices)),
    ]
    return tuple(fault for fault in found if fault.text)


def request(choices: Choices) -> SubscriptionRequest:
    """What the form asks for; it must have no faults."""
    return SubscriptionRequest(
        address=choices.address,
        topics=choices.topics,
        countries=choices.countries,
        schedule=Schedule(choices.frequency, quiet=_quiet_hours(choices)),
        reminders=REMINDERS if choices.reminders else (),
        still_watching=choices.still_watching,
        language=choices.language,
    )


def choices_of(subscription: Subscription) -> Choices:
    """What the form holds that changes a subscription."""
    quiet = subscription.schedule.quiet
    return Choices(
        topics=subscription.topics,
        countries=subscription.countries,
        frequency=subscription.schedule.frequency,
        reminders=bool(subscription.reminders),
        still_watching=subscription.still_watching,
        quiet_from=str(quiet.start.hour) if quiet else "",
        quiet_until=str(quiet.end.hour) if quiet else "",
        language=subscription.language,
    )


def changed(subscription: Subscription, choices: Choices) -> SubscriptionRequest:
    """What a subscription becomes by the form. What the form does not offer, such as the hour of digests, is kept."""
    wanted, before = request(choices), choices_of(subscription)
    is_same_quiet = (choices.quiet_from, choices.quiet_until) == (before.quiet_from, before.quiet_until)
    quiet = subscription.schedule.quiet if is_same_quiet else wanted.schedule.quiet
    return replace(
        wanted,
        address=subscription.address,
        schedule=replace(subscription.schedule, frequency=choices.frequency, quiet=quiet),
        reminders=(subscription.reminders or REMINDERS) if choices.reminders else (),
    )


def _quiet_hours(choices: Choices) -> QuietHours | None:
    if not choices.quiet_from:
        return None
    return QuietHours(time(int(choices.quiet_from)), time(int(choices.quiet_until)))


def countries(offered: tuple[str, ...] = ()) -> tuple[tuple[str, str], ...]:
    """The countries to choose from: codes and names, by name. `offered`: others that are among them."""
    codes = dict.fromkeys((*_EUROPE, *offered))
    return tuple(sorted(((code, country_words(code)) for code in codes), key=lambda pair: alphabetical(pair[1])))


def _address_fault(address: str, domains: Sequence[str]) -> str:
    try:
        domain = parse(address).domain.lower()
    except DeliveryError:
        domain = ""
    if len(address) > MAX_ADDRESS or "." not in domain:
        return _("Enter an e-mail address in the correct format, like name@example.com.")
    if domains and domain not in domains:
        allowed = ", ".join(domains)
        return _("Only addresses of these domains can subscribe here: {domains}.").format(domains=allowed)
    return ""


def _quiet_fault(choices: Choices) -> str:
    if bool(choices.quiet_from) != bool(choices.quiet_until):
        return _("Choose both hours between which nothing should be sent, or neither.")
    if choices.quiet_from and choices.quiet_from == choices.quiet_until:
        return _("Choose two different hours between which nothing should be sent.")
    return ""


def _hour(text: str) -> str:
    return str(int(text)) if _HOUR.fullmatch(text) and text.isascii() else ""
