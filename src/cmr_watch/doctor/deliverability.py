"""Checks whether mail can reach its recipients, and whether they can leave: the DNS, a test mail, and the settings."""

from __future__ import annotations

from collections.abc import Iterator

from cmr_watch.config import Settings
from cmr_watch.doctor.finding import Finding
from cmr_watch.doctor.mail_domain import check_mail_domain
from cmr_watch.doctor.name_server import Names, NamesUnavailable
from cmr_watch.doctor.received_mail import check_authentication, check_headers


def check_deliverability(settings: Settings, names: Names, test_mail: bytes | None) -> Iterator[Finding]:
    """Check all of it. Without an answer from the DNS, one finding says so; that is no problem of the installation."""
    yield from _check_site(settings)
    yield from _check_unsubscribing(settings)
    if test_mail is not None:
        yield from check_headers(test_mail, settings)
    try:
        yield from check_mail_domain(settings, names)
        if test_mail is not None:
            yield from check_authentication(test_mail, names)
    except NamesUnavailable as error:
        text = f"SPF, DMARC and the like were not checked to the end: {error}"
        yield Finding("dns", None, text, "Run doctor where there is a name server, or name one with --name-server.")


def _check_site(settings: Settings) -> Iterator[Finding]:
    """What a public site lacks. Without `url`, it is not meant to be public."""
    web = settings.web
    if not (web.listen and web.url):
        return
    if not web.contact:
        text = "the site is public, but its pages “About” and “Privacy” name nobody to write to"
        yield Finding("site", None, text, "Set “contact” in [web].")
    if web.subscribe and settings.sends_mail and not web.secure_url:
        text = f"readers cannot subscribe themselves, because {web.url} does not begin with https"
        advice = "Serve the site over https, and set “url” in [web]; or set subscribe = false there."
        yield Finding("site", None, text, advice)


def _check_unsubscribing(settings: Settings) -> Iterator[Finding]:
    """Whether requests to unsubscribe would go unread."""
    has_mailbox = settings.bounces.maildir or settings.bounces.host
    if not settings.sends_mail or settings.web.secure_url or has_mailbox:
        return
    address = settings.mail.unsubscribe or settings.mail.sender
    text = f"recipients can only unsubscribe by mail to {address}, and no mailbox is read"
    advice = "Set its mailbox in [bounces]; or serve the site over https, and set “url” in [web]."
    yield Finding("unsubscribing", None, text, advice)
