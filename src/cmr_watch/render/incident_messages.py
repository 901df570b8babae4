"""Incidents in a message to the operator: the problem, since when, and how to fix it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.log import redact_address, redact_page_url
from cmr_watch.models import Incident, IncidentKind
from cmr_watch.plural import counted
from cmr_watch.render.datetimes import day_and_time, local_time
from cmr_watch.render.message_parts import MAX_SENTENCE, Advice, Fact, Item, Quote, Section, max_quote
from cmr_watch.render.sanitize import clean

MAX_ITEMS: Final = 20


@dataclass(frozen=True, slots=True)
class _Wording:
    """`subject_label` names what `Incident.subject` is, empty where it says nothing; `advice` tells how to fix it."""

    opened: str
    resolved: str
    subject_label: str
    advice: str


_WORDING: Final[dict[IncidentKind, _Wording]] = {
    "fetch-failing": _Wording(
        "the page cannot be read",
        "the page could not be read",
        "Page",
        "Check whether the page opens in a browser, then run: cmr-watch doctor",
    ),
    "reading-suspect": _Wording(
        "the page looks wrong, so its content was not used",
        "the page looked wrong, so its content was not used",
        "Page",
        "To compare the content with earlier readings, run cmr-watch snapshots list and cmr-watch snapshots show ID."
        " If the page is correct, run: cmr-watch accept PAGE",
    ),
    "delivery-failed": _Wording(
        "a message cannot be delivered",
        "a message could not be delivered",
        "Affected",
        "To list the messages that failed, run: cmr-watch deliveries list --state failed. Once the cause is fixed,"
        " resend a message with: cmr-watch deliveries retry ID",
    ),
    "subscription-ended": _Wording(
        "ADDRESS no longer exists: the subscription has ended",
        "",
        "",
        "If the address is correct, bring the subscription back with:"
        " cmr-watch subscriptions add ADDRESS --resubscribe",
    ),
    "digest-overdue": _Wording(
        "a digest is late",
        "a digest was late",
        "",
        "To see which messages are pending, and why, run: cmr-watch deliveries list --state pending",
    ),
}
_PAGE_KINDS: Final = frozenset[IncidentKind]({"fetch-failing", "reading-suspect"})


def incident_subject(incidents: Sequence[Incident]) -> str:
    """`Problem: the page cannot be read`, `Resolved: …`, `3 problems`, `2 problems, 1 resolved`."""
    resolved = sum(_is_resolved(incident) for incident in incidents)
    current = len(incidents) - resolved
    if len(incidents) == 1:
        wording = _WORDING[incidents[0].kind]
        opened = wording.opened.partition(": ")[0].replace("ADDRESS", redact_address(incidents[0].subject))
        return f"Resolved: {wording.resolved}" if resolved else f"Problem: {opened}"
    if not current:
        return f"{counted(resolved, 'problem')} resolved"
    return counted(current, "problem") + (f", {resolved} resolved" if resolved else "")


def incident_sections(incidents: Sequence[Incident], chat: bool, zone: ZoneInfo) -> list[Section]:
    """One item for each incident, and the number of those that are not shown."""
    sections = [Section(tuple(_item(incident, chat, zone) for incident in incidents[:MAX_ITEMS]))]
    if len(incidents) > MAX_ITEMS:
        sections.append(Section(lead=f"and {len(incidents) - MAX_ITEMS} more"))
    return sections


def _item(incident: Incident, chat: bool, zone: ZoneInfo) -> Item:
    wording = _WORDING[incident.kind]
    is_resolved = _is_resolved(incident)
    subject = clean(_public_subject(incident), MAX_SENTENCE)
    quote = clean(_detail(incident), max_quote(chat))
    opened = (wording.opened[0].upper() + wording.opened[1:]).replace("ADDRESS", subject)
    advice = wording.advice.replace("PAGE", subject).replace("ADDRESS", subject)
    return Item(
        sentence=f"Resolved: {wording.resolved}" if is_resolved else opened,
        kicker="" if is_resolved else "Problem",
        tone="positive" if is_resolved else "negative",
        facts=(*_subject_fact(wording, subject), *_times(incident, zone)),
        advice=None if is_resolved else Advice("", advice),
        quotes=(Quote("Details", quote),) if quote else (),
    )


def _is_resolved(incident: Incident) -> bool:
    """Whether the problem is over. The end of a subscription is an event: there is nothing to resolve."""
    return incident.resolved_at is not None and incident.kind != "subscription-ended"


def _subject_fact(wording: _Wording, subject: str) -> tuple[Fact, ...]:
    return (Fact(wording.subject_label, subject),) if wording.subject_label and subject else ()


def _times(incident: Incident, zone: ZoneInfo) -> tuple[Fact, ...]:
    opened, closed = incident.opened_at, incident.resolved_at
    if closed is None or not _is_resolved(incident):
        return (Fact("Since", local_time(opened, zone)),)
    lasted = Fact("Duration", f"from {day_and_time(opened, zone)} to {local_time(closed, zone)}")
    return (lasted,) if incident.opened_notified_at else (lasted, Fact("", "Resolved before this message was sent."))


def _public_subject(incident: Incident) -> str:
    """A page as `cmr-watch accept` takes it, without user and query; a recipient without secrets of an Apprise URL."""
    redact = redact_page_url if incident.kind in _PAGE_KINDS else redact_address
    return redact(incident.subject)


def _detail(incident: Incident) -> str:
    """The detail without the secrets of an Apprise URL, which an error message may repeat."""
    return incident.detail.replace(incident.subject, _public_subject(incident)) if incident.subject else incident.detail
