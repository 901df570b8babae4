"""Rows to models and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cmr_watch import wire
from cmr_watch.models import (
    Change,
    ChangeKind,
    Cutoff,
    Delivery,
    Known,
    KnownCall,
    KnownEdition,
    Message,
    RecordedChange,
    Subscription,
)

Row = Any
"""A row of SQLAlchemy: its columns are attributes."""


def known_rows(page_url: str, known: Iterable[KnownEdition | KnownCall]) -> dict[str, dict[str, Any]]:
    """Rows of `editions` or `calls`, by key."""
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
        "body": wire.noun_to_row(noun),
    }


def known(editions: Iterable[Mapping[Any, Any]], calls: Iterable[Mapping[Any, Any]]) -> Known:
    """The state of a page, or of all."""
    return Known(
        editions=tuple(KnownEdition(edition=wire.edition_from_dict(row["body"]), **_life(row)) for row in editions),
        calls=tuple(KnownCall(call=wire.call_from_dict(row["body"]), **_life(row)) for row in calls),
    )


def _life(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("key", "first_seen_at", "missing_since", "gone")}


def change_row(page_url: str, read_at: datetime, change: Change, sentence: str) -> dict[str, Any]:
    """A row of `changes`."""
    return {
        "page_url": page_url,
        "read_at": read_at,
        "kind": change.kind.value,
        "key": change.key,
        "before": wire.noun_to_row(change.before),
        "after": wire.noun_to_row(change.after),
        "cutoff_before": change.cutoff_before and wire.cutoff_to_dict(change.cutoff_before),
        "cutoff_after": change.cutoff_after and wire.cutoff_to_dict(change.cutoff_after),
        "sentence": sentence,
    }


def recorded_change(row: Row) -> RecordedChange:
    """A change from its row."""
    change = Change(
        kind=ChangeKind(row.kind),
        key=row.key,
        before=wire.noun_from_row(row.before),
        after=wire.noun_from_row(row.after),
        cutoff_before=_cutoff(row.cutoff_before),
        cutoff_after=_cutoff(row.cutoff_after),
    )
    return RecordedChange(row.id, change, row.sentence, row.page_url, row.read_at)


def _cutoff(row: dict[str, Any] | None) -> Cutoff | None:
    return Cutoff(**{**row, "at": datetime.fromisoformat(row["at"])}) if row else None


def subscription(row: Row) -> Subscription:
    """A subscription from its row."""
    values = dict(row._mapping)
    return Subscription(**{**values, "topics": tuple(values["topics"]), "countries": tuple(values["countries"])})


def message_row(message: Message) -> dict[str, Any]:
    """The message's part of a row of `deliveries`."""
    return {
        "address": message.address,
        "channel": message.channel,
        "message_id": message.message_id,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
    }


def delivery(row: Row, change_ids: Mapping[int, tuple[int, ...]]) -> Delivery:
    """A delivery from its row and the changes of every delivery."""
    message = Message(row.address, row.subject, row.text, row.html, row.message_id, change_ids.get(row.id, ()))
    return Delivery(
        id=row.id,
        message=message,
        created_at=row.created_at,
        due_at=row.due_at,
        attempts=row.attempts,
        last_error=row.last_error,
        outcome=row.outcome,
        done_at=row.done_at,
        token=row.token,
    )
