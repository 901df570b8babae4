"""The rows of `subscriptions list`: what is stored, and what the next check makes of the configuration file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from cmr_watch.cli.end_reasons import Ending, endings, how_to_resume
from cmr_watch.cli.subscription_options import describe, options_to_dict, subscription_to_dict
from cmr_watch.cli.subscription_pauses import pause_note
from cmr_watch.log import redact_address
from cmr_watch.models.recipients import Subscription, SubscriptionRequest
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.subscriptions import Subscriptions

NextCheck = Literal["starts", "changes", "ends"]
_NOTES: Final[dict[NextCheck | None, str]] = {
    "starts": "starts with the next check",
    "changes": "changes with the next check, as configured",
    "ends": "ends with the next check: removed from the configuration",
}
ERASED: Final = "not started: this address was erased"


@dataclass(frozen=True, slots=True)
class Row:
    """A subscription: as stored, as declared in the configuration file, or both. At least one of them is given.

    `next_check` is what the next check does with it, None if nothing. `ending` says why it ended; `pause`, until when
    it is paused.
    """

    stored: Subscription | None
    declared: SubscriptionRequest | None
    next_check: NextCheck | None = None
    ending: Ending | None = None
    pause: str | None = None

    def cells(self) -> tuple[str, ...]:
        """The cells of the table."""
        entry = self.stored or self.declared
        assert entry is not None
        number = str(self.stored.id) if self.stored else "–"
        return number, redact_address(entry.address), entry.name or "–", describe(entry) + self._note()

    def to_dict(self) -> dict[str, object]:
        """The row as JSON. The status of a subscription that was never stored is `declared`."""
        if self.stored:
            return {**subscription_to_dict(self.stored, self.ending), "next_check": self.next_check}
        assert self.declared is not None
        return {
            "id": None,
            "address": redact_address(self.declared.address),
            "name": self.declared.name,
            **options_to_dict(self.declared),
            "status": "declared",
            "end_reason": None if self.next_check else "erased",
            "next_check": self.next_check,
        }

    def is_current(self) -> bool:
        """Whether it is active, or starts with the next check."""
        return self.next_check == "starts" or (self.stored is not None and self.stored.status == "active")

    def can_be_resumed(self) -> bool:
        """Whether `subscriptions show` says how to bring it back."""
        return self.ending is not None and self.stored is not None and how_to_resume(self.stored) is not None

    def _note(self) -> str:
        ended = str(self.ending) if self.ending else None
        not_started = ERASED if self.stored is None and self.next_check is None else None
        notes = [note for note in (ended, not_started, self.pause, _NOTES.get(self.next_check)) if note]
        return f" ({'; '.join(notes)})" if notes else ""


def listing(
    store: Subscriptions,
    deliveries: Deliveries,
    declared: Sequence[SubscriptionRequest] | None,
    now: datetime,
    *,
    include_ended: bool,
) -> Iterator[Row]:
    """The active subscriptions, and those that start with the next check; with `include_ended`, all others too.

    `declared`: those in the configuration; None if there is no file, so that the next check changes nothing.
    """
    rows = _rows(store, deliveries, declared, now)
    return rows if include_ended else filter(Row.is_current, rows)


def _rows(
    store: Subscriptions, deliveries: Deliveries, declared: Sequence[SubscriptionRequest] | None, now: datetime
) -> Iterator[Row]:
    stored = store.list_all()
    latest: dict[str | None, Subscription] = {entry.name: entry for entry in stored if entry.name}
    due = store.out_of_step(declared)
    ended = endings(stored, deliveries)
    requests = {request.name: request for request in declared or ()}
    for entry in stored:
        request = requests.get(entry.name) if latest.get(entry.name) is entry else None
        is_due = entry.name in due and latest.get(entry.name) is entry
        pause = pause_note(entry, now) if entry.status == "active" else None
        yield Row(entry, request, _next_check(entry, request) if is_due else None, ended.get(entry.id), pause)
    yield from (_new_row(request, due) for request in declared or () if request.name not in latest)


def _new_row(request: SubscriptionRequest, due: Collection[str | None]) -> Row:
    return Row(None, request, "starts" if request.name in due else None)


def _next_check(stored: Subscription, declared: SubscriptionRequest | None) -> NextCheck:
    if declared is None:
        return "ends"
    return "changes" if stored.status == "active" else "starts"
