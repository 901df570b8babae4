"""Conversion between rows and models."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from cmr_watch import serialization
from cmr_watch.languages import LANGUAGES
from cmr_watch.log import redact_address
from cmr_watch.models.readings import Change, ChangeKind, Cutoff, KnownCall, KnownEdition, RecordedChange
from cmr_watch.models.recipients import (
    REQUESTED,
    Body,
    Delivery,
    Frequency,
    Message,
    Purpose,
    QuietHours,
    Schedule,
    Subscription,
    SubscriptionRequest,
    mailbox_of,
)

OPT_IN: Purpose = "opt-in"
MAX_DAYS = 3650
"""No reminder is due earlier before a cut-off."""
_LAST_YEAR = 9000
"""No pause ends later, so that days can be added to its end."""
Row = Any
"""An SQLAlchemy row, with columns as attributes."""


def known_rows(page_url: str, known: Iterable[KnownEdition | KnownCall]) -> dict[str, dict[str, Any]]:
    """Return rows of `editions` or `calls`, by key."""
    return {entry.key: _known_row(page_url, position, entry) for position, entry in enumerate(known)}


def _known_row(page_url: str, position: int, entry: KnownEdition | KnownCall) -> dict[str, Any]:
    noun = entry.edition if isinstance(entry, KnownEdition) else entry.call
    return {
        "page_url": page_url,
        "key": entry.key,
        "position": position,
        "first_seen_at": entry.first_seen_at,
        "missing_since": entry.missing_since,
        "gone": entry.gone,
        "body": serialization.side_to_row(noun),
    }


def known_edition(row: Row) -> KnownEdition:
    """Return an edition from its row."""
    return KnownEdition(edition=serialization.edition_from_dict(row.body), **_lifecycle(row))


def known_call(row: Row) -> KnownCall:
    """Return a call from its row."""
    return KnownCall(call=serialization.call_from_dict(row.body), **_lifecycle(row))


def _lifecycle(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("key", "first_seen_at", "missing_since", "gone")}


def change_row(page_url: str, read_at: datetime, change: Change) -> dict[str, Any]:
    """Return a row of `changes`."""
    return {
        "page_url": page_url,
        "read_at": read_at,
        "kind": change.kind.value,
        "key": change.key,
        "before": serialization.side_to_row(change.before),
        "after": serialization.side_to_row(change.after),
        "cutoff_before": change.cutoff_before and serialization.cutoff_to_dict(change.cutoff_before),
        "cutoff_after": change.cutoff_after and serialization.cutoff_to_dict(change.cutoff_after),
    }


def recorded_change(row: Row) -> RecordedChange:
    """Return a change from its row."""
    change = Change(
        kind=ChangeKind(row.kind),
        key=row.key,
        before=serialization.side_from_row(row.before),
        after=serialization.side_from_row(row.after),
        cutoff_before=_cutoff(row.cutoff_before),
        cutoff_after=_cutoff(row.cutoff_after),
    )
    return RecordedChange(row.id, change, row.page_url, row.read_at, row.published or 0)


def _cutoff(row: dict[str, Any] | None) -> Cutoff | None:
    return Cutoff(**{**row, "at": datetime.fromisoformat(row["at"])}) if row else None


def subscription(row: Row) -> Subscription:
    """Return a subscription from its row. ValueError if nothing could be sent to it."""
    if row.mailbox != mailbox_of(row.address):
        raise ValueError("mailbox is not valid")
    if not all(0 <= days <= MAX_DAYS for days in row.reminders):
        raise ValueError("reminders is not valid")
    if row.language not in LANGUAGES:
        raise ValueError("language is not valid")
    if row.paused_until is not None and row.paused_until.year > _LAST_YEAR:
        raise ValueError("paused_until is not valid")
    return Subscription(
        id=row.id,
        address=row.address,
        topics=tuple(row.topics),
        countries=tuple(row.countries),
        status=row.status,
        after_change_id=row.after_change_id,
        created_at=row.created_at,
        name=row.name,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        schedule=schedule_from_row(**row.schedule),
        reminders=tuple(row.reminders),
        still_watching=row.still_watching,
        language=row.language,
        consent=row.consent,
        activated_at=row.activated_at,
        welcomed_at=row.welcomed_at,
        paused_until=row.paused_until,
    )


def new_subscription_row(
    request: SubscriptionRequest, name: str | None, last_change: int, now: datetime, consent: str
) -> dict[str, Any]:
    """Return the row of a new subscription, which covers the changes after `last_change`."""
    return {
        **request_row(request),
        "name": name,
        "address": request.address,
        "mailbox": mailbox_of(request.address),
        "status": "active",
        "consent": consent,
        "after_change_id": last_change,
        "created_at": now,
        "activated_at": now,
        "next_action_at": now,
    }


def request_row(request: SubscriptionRequest) -> dict[str, Any]:
    """Return the columns of `subscriptions` that hold what was requested."""
    return {
        "topics": list(request.topics),
        "countries": list(request.countries),
        "schedule": schedule_row(request.schedule),
        "reminders": list(request.reminders),
        "still_watching": request.still_watching,
        "language": request.language,
    }


def schedule_row(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule as JSON. The order of the keys matters, as the database compares the text."""
    quiet = str(schedule.quiet) if schedule.quiet else None
    return {
        "frequency": schedule.frequency,
        "hour": schedule.hour,
        "weekday": schedule.weekday,
        "time_zone": schedule.time_zone,
        "quiet": quiet,
    }


@lru_cache(maxsize=1024)
def schedule_from_row(frequency: Frequency, hour: int, weekday: int, time_zone: str, quiet: str | None) -> Schedule:
    """Return a schedule from its JSON. ValueError if it names no time."""
    if hour not in range(24) or weekday not in range(7) or not _is_zone(time_zone):
        raise ValueError("schedule is not valid")
    return Schedule(frequency, hour, weekday, time_zone, _quiet(quiet) if quiet else None)


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (OSError, ValueError, LookupError):  # a folder of zones, a path that leads out, an unknown zone
        return False


def _quiet(text: str) -> QuietHours:
    start, end = map(time.fromisoformat, text.split("-"))
    if start.tzinfo or end.tzinfo:
        raise ValueError("quiet is not valid")
    return QuietHours(start, end)


def _quiet_hours(value: list[str] | None) -> tuple[QuietHours, str] | None:
    """Return quiet hours and their time zone from their JSON."""
    if value is None:
        return None
    hours, zone = value
    if not _is_zone(zone):
        raise ValueError("quiet_hours is not valid")
    return _quiet(hours), zone


def quiet_row(quiet: tuple[QuietHours, str] | None) -> list[str] | None:
    """Return quiet hours and their time zone as JSON."""
    return [str(quiet[0]), quiet[1]] if quiet else None


def message_row(message: Message) -> dict[str, Any]:
    """Return the columns of `deliveries` that hold the message."""
    return {
        "address": message.address,
        "mailbox": mailbox_of(message.address),
        "route": route(message.address),
        "message_id": message.message_id,
        "unsubscribe_token": message.token,
    }


def route(address: str) -> str:
    """Return the route of an address: `mail`, or the service or host of an Apprise URL."""
    return redact_address(address) if "://" in address else "mail"


def body_row(body: Body) -> dict[str, Any]:
    """Return a row of `bodies`."""
    return {"subject": body.subject, "text": body.text, "html": body.html, "more_url": body.more_url}


def delivery(row: Row, body: Body, change_ids: tuple[int, ...]) -> Delivery:
    """Return a delivery from its row, its body, and the changes that it reports. ValueError if damaged."""
    if row.mailbox != mailbox_of(row.address):
        raise ValueError("mailbox is not valid")
    return Delivery(
        id=row.id,
        message=Message(
            row.address,
            body,
            row.message_id,
            change_ids,
            row.unsubscribe_token,
            unsubscribes=row.purpose not in REQUESTED,
        ),
        created_at=row.created_at,
        due_at=row.due_at,
        attempts=row.attempts,
        last_error=row.last_error,
        outcome=row.outcome,
        done_at=row.done_at,
        claim=row.claim_token,
        purpose=row.purpose,
        uncertain=row.uncertain,
        quiet=_quiet_hours(row.quiet_hours),
        stale_at=row.stale_at,
        held_at=row.held_at,
    )
