"""Models with default values, so that a test names only the values that it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from cmr_watch.models.readings import (
    CallNotice,
    Change,
    ChangeKind,
    Edition,
    FetchedPage,
    Known,
    KnownCall,
    KnownEdition,
    Snapshot,
    Validators,
)
from cmr_watch.models.recipients import Body, Message, SubscriptionRequest

URL = "https://clustercollaboration.eu/clusters-meet-regions"
NOW = datetime(2024, 4, 2, 9, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

_numbers = count(1)


def edition(city: str = "Lyon", **values: Any) -> Edition:
    """An upcoming edition in France."""
    defaults: dict[str, Any] = {
        "country": "France",
        "country_code": "FR",
        "starts_on": date(2024, 10, 12),
        "ends_on": date(2024, 10, 13),
        "date_precision": "day",
        "date_text": "12-13 October 2024",
        "text": f"{city}, France, 12-13 October 2024",
    }
    return Edition(city, **{**defaults, **values})


def call(**values: Any) -> CallNotice:
    """An open call for hosts."""
    defaults: dict[str, Any] = {
        "status": "open",
        "hosting_years": (2024, 2025),
        "apply_url": "https://clustercollaboration.eu/call",
        "text": "The call for hosts is open.",
    }
    return CallNotice(**{**defaults, **values})


def snapshot(*editions: Edition, calls: tuple[CallNotice, ...] = (), **values: Any) -> Snapshot:
    """A reading; with one edition unless others are given."""
    return Snapshot(editions=editions or (edition(),), calls=calls, **values)


def known(reading: Snapshot, now: datetime = NOW) -> Known:
    """What is known after the first reading of a page."""
    return Known(
        editions=tuple(KnownEdition(entry.city.lower(), entry, first_seen_at=now) for entry in reading.editions),
        calls=tuple(KnownCall(f"call-{number}", entry, now) for number, entry in enumerate(reading.calls, 1)),
    )


def change(kind: ChangeKind = ChangeKind.EDITION_ANNOUNCED, after: Any = None, **values: Any) -> Change:
    """A change; by default, an edition was announced."""
    after = after or edition()
    defaults: dict[str, Any] = {"key": "lyon-fr-2024-10", "before": None, "after": after}
    return Change(kind, **{**defaults, **values})


def page(content: bytes = b"<html></html>", **values: Any) -> FetchedPage:
    """A fetched page."""
    defaults: dict[str, Any] = {
        "url": URL,
        "final_url": URL,
        "charset": "utf-8",
        "validators": Validators('"1"', "Tue, 02 Apr 2024 09:00:00 GMT"),
        "fetched_at": NOW,
    }
    return FetchedPage(content=content, **{**defaults, **values})


def message(address: str = "ada@example.org", *change_ids: int, **values: Any) -> Message:
    """A message. Each one has a different Message-ID."""
    texts = {
        "subject": "Lyon, France: 12–13 October 2024 announced",
        "text": "Lyon, France, 12–13 October 2024: announced",
        "html": "<p>Lyon, France, 12–13 October 2024: announced</p>",
        "more_url": URL,
    }
    body = Body(**{name: values.pop(name, default) for name, default in texts.items()})
    return Message(address, body, values.pop("message_id", f"<{next(_numbers)}@example.org>"), change_ids, **values)


def wanted(address: str = "ada@example.org", **values: Any) -> SubscriptionRequest:
    """A request for a subscription to everything."""
    return SubscriptionRequest(address, **values)
