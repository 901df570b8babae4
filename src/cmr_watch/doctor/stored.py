"""What the database says about an installation, and what of it is a problem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.check_report import double, held_items, links_elsewhere
from cmr_watch.config import Settings
from cmr_watch.doctor.finding import Finding
from cmr_watch.log import redact_address, redact_page_url
from cmr_watch.merge_pages import known_of_kind
from cmr_watch.models.recipients import Delivery, Incident, IncidentKind, SubscriptionRequest
from cmr_watch.monitor.crawl_schedule import skipped_links
from cmr_watch.monitor.current_parser import with_current_parser
from cmr_watch.plural import counted
from cmr_watch.render.datetimes import zone_words
from cmr_watch.store.check_records import Baseline
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries, Pending
from cmr_watch.store.incidents import PAGE_INCIDENTS, Incidents
from cmr_watch.store.last_configuration import MissingConfiguration
from cmr_watch.store.restore_quarantine import RestoreQuarantine
from cmr_watch.store.subscriptions import Subscriptions

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


@dataclass(frozen=True, slots=True)
class Stored:
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


def load(database: Database, settings: Settings) -> Stored:
    store, deliveries, quarantine = Subscriptions(database), Deliveries(database), RestoreQuarantine(database)
    checks = Checks(database)
    return Stored(
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


def stored_findings(stored: Stored, settings: Settings, now: datetime) -> Iterator[Finding]:
    """What the database says about recipients, and what is on hold, waiting, or unresolved."""
    yield from _recipients(stored, settings)
    if stored.other_host:
        yield Finding("page", None, links_elsewhere(stored.other_host, settings.page.url))
    yield from (Finding("subscriptions", None, text) for text in stored.doubles)
    yield from _quarantined(stored)
    if stored.failing and stored.pending:
        yield _outbox_problem(stored.failing, stored.pending, settings, now)
    elif stored.pending:
        advice = "See: cmr-watch deliveries list --state pending"
        yield Finding("outbox", None, _waiting(stored.pending, settings.messages.zone), advice)
    yield from (_unresolved_incident(incident, settings.messages.zone) for incident in stored.incidents)


def _recipients(stored: Stored, settings: Settings) -> Iterator[Finding]:
    yield _count_recipients(len(stored.recipients))
    if stored.recipients and not settings.operator.to:
        yield Finding("operator", None, "nobody is notified of problems", "Set “to” in [operator] to your address.")
    yield from (_erased_entry(request, settings) for request in stored.erased)


def _quarantined(stored: Stored) -> Iterator[Finding]:
    if stored.held:
        yield Finding("quarantine", False, held_items(stored.held), "See: cmr-watch deliveries release")
    elif stored.is_restored:
        text = "the database was restored: what it contains is put on hold by the next check"
        yield Finding("quarantine", None, text, "After the check, see: cmr-watch deliveries release")


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
