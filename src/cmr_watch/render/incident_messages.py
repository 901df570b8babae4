"""Trouble in words for the operator: what happened, since when, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.log import shown
from cmr_watch.models import Incident, IncidentKind
from cmr_watch.render.datetimes import local_time
from cmr_watch.render.message_parts import SENTENCE_LENGTH, Item, Section, quoted_length
from cmr_watch.render.plural import counted
from cmr_watch.render.sanitize import clean

SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class _Words:
    now: str
    over: str
    about: str
    to_do: str


_WORDS: Final[dict[IncidentKind, _Words]] = {
    "fetch-failing": _Words(
        "the page cannot be read",
        "the page could not be read",
        "Page",
        "Look whether the page opens in a browser, then run: cmr-watch doctor",
    ),
    "reading-suspect": _Words(
        "what the page says is not believed",
        "what the page said was not believed",
        "Page",
        "See what it said before and what it says now: cmr-watch snapshots list, then cmr-watch snapshots show ID – and"
        " if the page is right: cmr-watch accept PAGE",
    ),
    "delivery-failed": _Words(
        "a message cannot be delivered",
        "a message could not be delivered",
        "Recipient",
        "See what is set aside: cmr-watch deliveries list --state set-aside – and when the reason is gone, send it"
        " again: cmr-watch deliveries retry ID",
    ),
    "digest-overdue": _Words(
        "a digest is late",
        "a digest was late",
        "Recipient",
        "See what is waiting, and why: cmr-watch deliveries list --state waiting",
    ),
}


def trouble_subject(incidents: Sequence[Incident]) -> str:
    """`Trouble: the page cannot be read`, `Over: …`, `3 troubles`, `2 troubles, 1 over`."""
    over = sum(incident.resolved_at is not None for incident in incidents)
    running = len(incidents) - over
    if len(incidents) == 1:
        words = _WORDS[incidents[0].kind]
        return f"Over: {words.over}" if over else f"Trouble: {words.now}"
    if not running:
        return f"{counted(over, 'trouble')} over"
    return counted(running, "trouble") + (f", {over} over" if over else "")


def trouble_sections(incidents: Sequence[Incident], chat: bool, zone: ZoneInfo) -> list[Section]:
    """One item each, and how many more there are."""
    sections = [Section(tuple(_item(incident, chat, zone) for incident in incidents[:SHOWN]))]
    if len(incidents) > SHOWN:
        sections.append(Section(lead=f"and {len(incidents) - SHOWN} more"))
    return sections


def _item(incident: Incident, chat: bool, zone: ZoneInfo) -> Item:
    words = _WORDS[incident.kind]
    over = incident.resolved_at is not None
    sentence = words.over if over else words.now
    subject = clean(shown(incident.subject), SENTENCE_LENGTH)
    return Item(
        kicker="Over" if over else "Trouble",
        tone="call" if over else "sad",
        sentence=sentence[0].upper() + sentence[1:],
        quoted_from="Detail",
        quote=clean(_detail(incident), quoted_length(chat)),
        facts=(*([f"{words.about}: {subject}"] if subject else []), *_times(incident, zone)),
        advice="" if over else words.to_do.replace("PAGE", subject),
    )


def _times(incident: Incident, zone: ZoneInfo) -> tuple[str, ...]:
    began = local_time(incident.opened_at, zone)
    if incident.resolved_at is None:
        return (f"Since {began}",)
    lasted = f"Over: from {began} until {local_time(incident.resolved_at, zone)}"
    return (lasted,) if incident.opened_notified_at else (lasted, "It was over before it could be told.")


def _detail(incident: Incident) -> str:
    """An Apprise URL is a secret, so it is not to be read from the reason of a failure either."""
    subject = incident.subject
    return incident.detail.replace(subject, shown(subject)) if "://" in subject else incident.detail
