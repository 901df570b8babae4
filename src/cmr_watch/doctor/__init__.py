"""Checks an installation part by part, and advises how to fix each problem."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cmr_watch.check_report import double, held_items, links_elsewhere
from cmr_watch.clock import Clock
from cmr_watch.config import Settings
from cmr_watch.doctor.finding import Finding
from cmr_watch.doctor.services import check_services
from cmr_watch.exceptions import (
    CmrWatchError,
    ConfigError,
    DatabaseDamaged,
    DeliveryError,
    FetchError,
    ParseError,
    SchemaError,
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

__all__ = ["Finding", "examine"]

CONNECT_TIMEOUT: Final = 10.0  # seconds
_INCIDENTS: Final[dict[IncidentKind, tuple[str, str]]] = {
    "fetch-failing": ("page failing", "Check whether the page opens in a browser."),
    "reading-suspect": ("suspect reading", "Check the page. If it is correct, run: cmr-watch accept {subject}"),
    "reading-unusable": (
        "page without its usual content",
        "Open it in a browser. If it is under maintenance, wait: each check reads it again.",
    ),
    "reading-still-suspect": ("suspect reading for a week", "Check the page. See: cmr-watch snapshots list"),
    "newly-read": ("read for the first time", "To notify subscribers, run: cmr-watch replay --notify"),
    "layout-changed": (
        "other section headings",
        "If the list is read correctly, run: cmr-watch accept {subject}",
    ),
    "correction-lapsed": ("correction ended", "See: cmr-watch correct list --all"),
    "delivery-failed": ("delivery failed", "See: cmr-watch deliveries list --state failed"),
    "subscription-ended": ("subscription ended", "See: cmr-watch subscriptions list --all"),
    "part-unrenderable": ("part left out of the messages", "This is a bug: report it with the details."),
    "row-unreadable": ("damaged row", "Correct it with SQL, or delete it; if there are many, restore a backup."),
    "digest-overdue": ("digest overdue", "See: cmr-watch deliveries list --state pending"),
}
"""What each kind of incident is called, and the advice about it."""


def examine(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Check every part of the installation; yields each finding as soon as it is available."""
    yield from _check_configuration(settings)
    try:
        with closing(open_database(settings.database.url)) as database:
            database.require_sound()
            SuppressionJournal(settings.database.journal).replay(database, clock())
            yield Finding("database", True, f"{database.name} can be used and is up to date")
            stored = _load(database, settings)
    except (StoreError, ConfigError) as error:
        stored = _Stored(tuple(request.address for request in settings.subscriptions))
        yield _database_problem(error)
    if stored.missing:
        text = stored.missing.described(is_sending=settings.sends_mail)
        yield Finding("configuration", None, text)
    network = _check_network(settings)
    yield network
    if network.good:
        yield _check_page(settings, clock, stored.baseline)
    yield _check_mail(settings, clock, sum("://" not in address for address in stored.recipients))
    yield from _check_apprise_urls(sorted(address for address in stored.recipients if "://" in address))
    yield from check_services(settings)
    yield _count_recipients(len(stored.recipients))
    if stored.recipients and not settings.operator.to:
        yield Finding("operator", None, "nobody is notified of problems", "Set “to” in [operator] to your address.")
    yield from (_erased_entry(request, settings) for request in stored.erased)
    if stored.other_host:
        yield Finding("page", None, links_elsewhere(stored.other_host, settings.page.url))
    yield from (Finding("subscriptions", None, text) for text in stored.doubles)
    yield from _quarantined(stored)
    if stored.failing and stored.pending:
        yield _outbox_problem(stored.failing, stored.pending, settings, clock())
    elif stored.pending:
        advice = "See: cmr-watch deliveries list --state pending"
        yield Finding("outbox", None, _waiting(stored.pending, settings.messages.zone), advice)
    yield from (_unresolved_incident(incident, settings.messages.zone) for incident in stored.incidents)


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the database contains. `recipients`: one address of each, as of the next check.

    - `erased`: the entries of the configuration file whose addresses were erased.
    - `doubles`: the addresses that have two subscriptions, one clause for each.
    - `other_host`: where all links of the list lead, if that is not its own site.
    - `baseline`: what the next reading of the list is compared with.
    - `held`: the number of quarantined items. `is_restored`: nothing has been held yet since a restore.
    """

    recipients: Sequence[str] = ()
    erased: Sequence[SubscriptionRequest] = ()
    missing: MissingConfiguration | None = None
    failing: Sequence[Delivery] = ()
    pending: Pending | None = None
    incidents: Sequence[Incident] = ()
    doubles: Sequence[str] = ()
    other_host: str | None = None
    held: int = 0
    is_restored: bool = False
    baseline: Baseline | None = None


def _load(database: Database, settings: Settings) -> _Stored:
    store, deliveries, quarantine = Subscriptions(database), Deliveries(database), RestoreQuarantine(database)
    checks = Checks(database)
    return _Stored(
        recipients=store.recipients_after_sync(settings.declared),
        erased=[request for request in settings.subscriptions if store.is_erased(request.address)],
        missing=store.missing_configuration() if settings.declared is None else None,
        failing=deliveries.failing(),
        pending=deliveries.pending(),
        incidents=Incidents(database).unresolved(),
        doubles=[double(*pair, settings.file) for pair in store.doubles()],
        other_host=skipped_links(known_of_kind(checks.known_pages(), "initiative"), settings.page.url),
        held=quarantine.count(),
        is_restored=quarantine.is_due(),
        baseline=with_current_parser(checks, checks.baseline(settings.page.url)),
    )


def _quarantined(stored: _Stored) -> Iterator[Finding]:
    if stored.held:
        yield Finding("quarantine", False, held_items(stored.held), "See: cmr-watch deliveries release")
    elif stored.is_restored:
        text = "the database was restored: what it contains is put on hold by the next check"
        yield Finding("quarantine", None, text, "After the check, see: cmr-watch deliveries release")


def _check_configuration(settings: Settings) -> Iterator[Finding]:
    text = f"{settings.file} is valid" if settings.file else "no file found; using defaults"
    yield Finding("configuration", True, text)
    if not (settings.fetch.contact or settings.mail.sender):
        advice = "Set [fetch] contact to your e-mail address or web page."
        yield Finding("configuration", None, "requests carry no contact address", advice)


def _database_problem(error: CmrWatchError) -> Finding:
    if isinstance(error, DatabaseDamaged):
        return Finding("database", False, str(error), "Stop cmr-watch, and run: cmr-watch restore FILE")
    advice = error.advice if isinstance(error, SchemaError) else ""
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


def _count_recipients(count: int) -> Finding:
    if count:
        return Finding("subscriptions", True, counted(count, "recipient"))
    return Finding("subscriptions", None, "there are no subscriptions", "See: cmr-watch subscriptions add --help")


def _erased_entry(request: SubscriptionRequest, settings: Settings) -> Finding:
    address = redact_address(request.address)
    text = f'{address} was erased, but {settings.file} still contains it, as "{request.name}"; it is not started'
    return Finding("subscriptions", None, text, "Remove the entry from the file.")


def _outbox_problem(failing: Sequence[Delivery], pending: Pending, settings: Settings, now: datetime) -> Finding:
    zone = settings.messages.zone
    due = min(delivery.due_at for delivery in failing)
    retry = f"at {due.astimezone(zone):%Y-%m-%d %H:%M}" if due > now else "by the next check"
    error = failing[-1].last_error
    advice = "See: cmr-watch deliveries list --state pending"
    return Finding("outbox", False, f"{_waiting(pending, zone)}: {error}; will be retried {retry}", advice)


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} ({zone_words(zone)})"


def _waiting(pending: Pending, zone: ZoneInfo) -> str:
    verb = "has" if pending.count == 1 else "have"
    return f"{counted(pending.count, 'message')} {verb} been waiting since {_local(pending.since, zone)}"


def _unresolved_incident(incident: Incident, zone: ZoneInfo) -> Finding:
    name, advice = _INCIDENTS[incident.kind]
    is_page = incident.kind in (*PAGE_INCIDENTS, "layout-changed")
    subject = redact_page_url(incident.subject) if is_page else redact_address(incident.subject)
    text = f"{name} since {_local(incident.opened_at, zone)}: {subject}, {incident.detail}"
    return Finding("incident", False, text, advice.format(subject=subject))
