"""Checks an installation part by part, and advises how to fix each problem."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Final
from urllib.parse import urlsplit

from cmr_watch.check_report import double, held_items, links_elsewhere
from cmr_watch.clock import Clock
from cmr_watch.config import Settings
from cmr_watch.doctor.deliverability import check_deliverability
from cmr_watch.doctor.finding import Finding
from cmr_watch.doctor.name_server import Names, NameServer
from cmr_watch.doctor.services import check_services
from cmr_watch.doctor.stored import Stored, load, stored_findings
from cmr_watch.exceptions import (
    CmrWatchError,
    ConfigError,
    DatabaseDamaged,
    DeliveryError,
    FetchError,
    ParseError,
    StoreError,
)
from cmr_watch.log import redact_address, redact_page_url
from cmr_watch.merge_pages import known_of_kind
from cmr_watch.models.readings import Known
from cmr_watch.models.recipients import Delivery, Incident, IncidentKind, SubscriptionRequest
from cmr_watch.monitor.crawl_schedule import skipped_links
from cmr_watch.monitor.current_parser import with_current_parser
from cmr_watch.monitor.fetch import fetch_page, fetch_settings
from cmr_watch.monitor.page_reading import parse
from cmr_watch.monitor.plausibility import reject_reason
from cmr_watch.notify.channels.apprise import AppriseChannel
from cmr_watch.notify.channels.mail import MailChannel
from cmr_watch.notify.channels.settings import mail_settings
from cmr_watch.plural import counted
from cmr_watch.render.datetimes import zone_words
from cmr_watch.store.check_records import Baseline
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.deliveries import Deliveries, Pending
from cmr_watch.store.incidents import PAGE_INCIDENTS, Incidents
from cmr_watch.store.last_configuration import MissingConfiguration
from cmr_watch.store.restore_quarantine import RestoreQuarantine
from cmr_watch.store.subscriptions import Subscriptions
from cmr_watch.store.suppression_journal import SuppressionJournal

__all__ = [
    "PAGE_INCIDENTS",
    "Checks",
    "Database",
    "Deliveries",
    "Delivery",
    "Finding",
    "Incident",
    "IncidentKind",
    "Incidents",
    "MissingConfiguration",
    "Pending",
    "RestoreQuarantine",
    "SubscriptionRequest",
    "Subscriptions",
    "double",
    "examine",
    "held_items",
    "known_of_kind",
    "links_elsewhere",
    "redact_page_url",
    "skipped_links",
    "with_current_parser",
    "zone_words",
]

CONNECT_TIMEOUT: Final = 10.0  # seconds


def examine(
    settings: Settings, clock: Clock, names: Names | None = None, test_mail: bytes | None = None
) -> Iterator[Finding]:
    """Check every part of the installation; yields each finding as soon as it is available.

    `names`: where to look up records of the DNS, by default in that of this machine. `test_mail`: one as it arrived.
    """
    yield from _check_configuration(settings)
    try:
        with closing(open_database(settings.database.url)) as database:
            database.require_sound()
            database.require_writable()
            SuppressionJournal(settings.database.journal).replay(database, clock())
            yield Finding("database", True, f"{database.name} can be used and is up to date")
            stored = load(database, settings)
    except (StoreError, ConfigError) as error:
        stored = Stored(tuple(request.address for request in settings.subscriptions))
        yield _database_problem(error)
    if stored.missing:
        text = stored.missing.described(is_sending=settings.sends_mail)
        yield Finding("configuration", None, text)
    network = _check_network(settings)
    yield network
    if network.good:
        yield _check_page(settings, clock, stored.baseline)
    yield _check_mail(settings, clock, sum("://" not in address for address in stored.recipients))
    yield from check_deliverability(settings, names or NameServer(), test_mail)
    yield from _check_apprise_urls(sorted(address for address in stored.recipients if "://" in address))
    yield from check_services(settings)
    yield from stored_findings(stored, settings, clock())


def _check_configuration(settings: Settings) -> Iterator[Finding]:
    text = f"{settings.file} is valid" if settings.file else "no file found; using defaults"
    yield Finding("configuration", True, text)
    if not (settings.fetch.contact or settings.mail.sender):
        advice = "Set [fetch] contact to your e-mail address or web page."
        yield Finding("configuration", None, "requests carry no contact address", advice)


def _database_problem(error: CmrWatchError) -> Finding:
    if isinstance(error, DatabaseDamaged):
        return Finding("database", False, str(error), "Stop cmr-watch, and run: cmr-watch restore FILE")
    advice = error.advice if isinstance(error, StoreError) else ""
    return Finding("database", False, str(error), advice or "Fix [database] url, or the permissions of the file.")


def _check_network(settings: Settings) -> Finding:
    """Whether the host of the page can be connected to, or else the proxy. A password of the proxy is not shown."""
    if settings.fetch.proxy:
        host, port = _host_and_port(settings.fetch.proxy)
        name, key, use = f"the proxy {host}", "[fetch] proxy", "; pages are fetched through it"
    else:
        host, port = _host_and_port(settings.page.url)
        name, key, use = host, "[page] url", ""
    try:
        with socket.create_connection((host, port), CONNECT_TIMEOUT):
            return Finding("network", True, f"{name} accepts connections on port {port}{use}")
    except socket.gaierror:
        advice = f"Check the host name in {key}, and the DNS and network settings of this machine."
        return Finding("network", False, f"{name} cannot be resolved", advice)
    except OSError as error:
        advice = f"Check {key}, and the network and firewall settings of this machine."
        return Finding("network", False, f"{name} cannot be reached on port {port}: {error}", advice)


def _host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _check_page(settings: Settings, clock: Clock, baseline: Baseline | None) -> Finding:
    """Whether the list can be fetched, and a check would find its reading plausible."""
    page_advice = "Check that [page] url is the page that lists the editions."
    try:
        page = fetch_page(fetch_settings(settings), settings.page.url, clock)
        reading = parse(page, "initiative").snapshot
    except FetchError as error:
        return Finding("page", False, str(error), f"Open {settings.page.url} in a browser; check [page] and [fetch].")
    except ParseError as error:
        return Finding("page", False, str(error), page_advice)
    counts = f"{counted(len(reading.editions), 'edition')}, {counted(len(reading.calls), 'call')}"
    known, last = (baseline.known, baseline.snapshot) if baseline else (Known(), None)
    reason = reject_reason(known, last, reading, page.fetched_at, settings.page.url)
    if reason is None:
        return Finding("page", True, f"was fetched and read ({counts})")
    advice = f"{page_advice} If it is, its template has changed."
    return Finding("page", False, f"{reason} ({counts})", advice)


def _check_mail(settings: Settings, clock: Clock, recipients: int) -> Finding:
    mail = mail_settings(settings)
    if mail is None:
        text = f"no mail server is configured, so mail to {counted(recipients, 'recipient')} is only logged"
        return Finding("mail", None, text, "To send mail, set “host” and “from” in [mail].")
    try:
        with closing(MailChannel(mail, clock)) as channel:
            channel.check()
    except CmrWatchError as error:
        return Finding("mail", False, str(error), "Correct [mail] in the configuration, and run doctor again.")
    login = "login OK; " if mail.user else ""
    return Finding("mail", True, f"connected to {mail.host}:{mail.port} ({mail.security}); {login}nothing was sent")


def _check_apprise_urls(urls: list[str]) -> Iterator[Finding]:
    channel = AppriseChannel()
    for url in urls:
        try:
            channel.check(url)
        except DeliveryError as error:
            yield Finding("channel", False, str(error), "For the format, see https://appriseit.com/services/.")
        else:
            yield Finding("channel", True, f"{redact_address(url)} is a valid Apprise URL")
