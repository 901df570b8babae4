"""Walks the whole installation, one thing after the other, and says what to do about each fault."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from cmr_watch.app import fetch_page, mail_settings
from cmr_watch.config import Settings
from cmr_watch.exceptions import (
    CmrWatchError,
    ConfigError,
    DeliveryError,
    FetchError,
    ParseError,
    SchemaError,
    StoreError,
)
from cmr_watch.log import shown
from cmr_watch.models import Delivery, Incident
from cmr_watch.monitor.parse import read_initiative
from cmr_watch.notify.channels.apprise import AppriseChannel
from cmr_watch.notify.channels.mail import MailChannel
from cmr_watch.render.plural import counted
from cmr_watch.store.database import open_database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.subscriptions import Subscriptions

CONNECT_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """`good` is None for what is no fault and still worth knowing; `advice` says what to do."""

    what: str
    good: bool | None
    words: str
    advice: str = ""


def examine(settings: Settings, clock: Callable[[], datetime]) -> Iterator[Finding]:
    """Each finding as soon as it is made."""
    yield from _configuration(settings)
    addresses = {wanted.address for wanted in settings.subscriptions}
    try:
        with closing(open_database(settings.database.url)) as database:
            yield Finding("database", True, f"{database.name} is open and up to date")
            addresses |= {entry.address for entry in Subscriptions(database).active()}
            incidents = Incidents(database).unresolved()
            failing = Deliveries(database).failing()
    except (StoreError, ConfigError) as error:
        incidents, failing = (), ()
        yield _unusable(error)
    network = _network(settings)
    yield network
    if network.good:
        yield _page(settings, clock)
    yield _mail(settings, clock, sum("://" not in address for address in addresses))
    yield from _channels(sorted(address for address in addresses if "://" in address))
    yield _subscriptions(len(addresses))
    if failing:
        yield _outbox(failing, settings, clock())
    yield from map(_incident, incidents)


def _configuration(settings: Settings) -> Iterator[Finding]:
    words = f"{settings.file} is right" if settings.file else "there is no file: the built-in settings hold"
    yield Finding("configuration", True, words)
    if not (settings.fetch.contact or settings.mail.sender):
        advice = "Set [fetch] contact to an address of yours."
        yield Finding("configuration", None, "requests do not say whom the site can write to", advice)


def _unusable(error: CmrWatchError) -> Finding:
    advice = error.advice if isinstance(error, SchemaError) else ""
    return Finding("database", False, str(error), advice or "Mend [database] url, or the rights on the file.")


def _network(settings: Settings) -> Finding:
    page = urlsplit(settings.page.url)
    host, port = page.hostname or "", page.port or (443 if page.scheme == "https" else 80)
    try:
        with socket.create_connection((host, port), CONNECT_TIMEOUT):
            return Finding("network", True, f"{host} answers on port {port}")
    except socket.gaierror:
        advice = "Check the name in [page] url, and this machine's DNS and network."
        return Finding("network", False, f"{host} is not known to the DNS", advice)
    except OSError as error:
        advice = "Check this machine's network and firewall."
        return Finding("network", False, f"{host} cannot be reached on port {port}: {error}", advice)


def _page(settings: Settings, clock: Callable[[], datetime]) -> Finding:
    try:
        page = fetch_page(settings, settings.page.url, clock)
        reading = read_initiative(page.content, page.charset)
    except FetchError as error:
        return Finding("page", False, str(error), f"Open {settings.page.url} in a browser; check [page] and [fetch].")
    except ParseError as error:
        return Finding("page", False, str(error), "Is [page] url the page that lists the editions?")
    found = f"{counted(len(reading.editions), 'edition')}, {counted(len(reading.calls), 'call')}"
    if len(reading.outline.sections) == 2:
        return Finding("page", True, f"it may be fetched and was read: {found}")
    advice = "Is [page] url the page that lists the editions? If it is, its template has changed."
    return Finding("page", False, f"its two headings were not found ({found})", advice)


def _mail(settings: Settings, clock: Callable[[], datetime], people: int) -> Finding:
    mail = mail_settings(settings)
    if mail is None:
        words = f"no mail server is configured: mail to {counted(people, 'address', 'addresses')} is only logged"
        return Finding("mail", None, words, "Set [mail] host and from, to send it.")
    try:
        with closing(MailChannel(mail, clock)) as channel:
            channel.check()
    except CmrWatchError as error:
        return Finding("mail", False, str(error), "Check host, port, security, user and password_file in [mail].")
    logged_in = " and lets us in" if mail.user else ""
    return Finding("mail", True, f"{mail.host}:{mail.port} answers ({mail.security}){logged_in}; nothing was sent")


def _channels(addresses: list[str]) -> Iterator[Finding]:
    channel = AppriseChannel()
    for address in addresses:
        try:
            channel.check(address)
        except DeliveryError as error:
            yield Finding("channel", False, str(error), "Compare it with https://appriseit.com/services/.")
        else:
            yield Finding("channel", True, f"{shown(address)} is an address that Apprise understands")


def _subscriptions(count: int) -> Finding:
    if count:
        return Finding("subscriptions", True, f"{counted(count, 'address', 'addresses')} to tell")
    return Finding("subscriptions", None, "nobody is subscribed", "See: cmr-watch subscriptions add --help")


def _outbox(failing: Sequence[Delivery], settings: Settings, now: datetime) -> Finding:
    zone = settings.messages.zone
    verb, they = ("waits", "it is") if len(failing) == 1 else ("wait", "they are")
    since = min(entry.created_at for entry in failing).astimezone(zone)
    due = min(entry.due_at for entry in failing)
    again = f"at {due.astimezone(zone):%Y-%m-%d %H:%M}" if due > now else "by the next check"
    words = f"{counted(len(failing), 'message')} {verb} since {since:%Y-%m-%d %H:%M}: {failing[-1].last_error}"
    return Finding("outbox", False, f"{words}; {they} tried again {again}", "See: cmr-watch deliveries list")


def _incident(incident: Incident) -> Finding:
    words = (
        f"{incident.kind.replace('-', ' ')} since {incident.opened_at:%Y-%m-%d %H:%M} UTC: {shown(incident.subject)}"
    )
    advice = {
        "reading-suspect": f"Look at the page; if it is right: cmr-watch accept {shown(incident.subject)}",
        "delivery-failed": "See: cmr-watch deliveries list --state set-aside",
        "digest-overdue": "See: cmr-watch deliveries list --state waiting",
    }
    return Finding("trouble", False, f"{words}, {incident.detail}", advice.get(incident.kind, "See page, above."))
