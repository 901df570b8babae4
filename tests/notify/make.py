"""Recorded changes, subscriptions and messages for the tests of notify and render."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count

from cmr_watch.models.readings import TOPICS, CallNotice, Change, ChangeKind, Edition, RecordedChange, Topic
from cmr_watch.models.recipients import Body, Message, Subscription

PAGE = "https://clustercollaboration.eu/events/organised-by-eccp/clusters-meet-regions"
NOON = datetime(2023, 12, 5, 12, 0, tzinfo=UTC)
K = ChangeKind

_ids = count(1)


class Clock:
    """A clock that advances only by `sleep`."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, **time: float) -> None:
        self.now += timedelta(**time)


def edition(city: str = "Lyon", country: str | None = "France", code: str | None = "FR", **rest: object) -> Edition:
    defaults = {"starts_on": date(2023, 10, 12), "ends_on": date(2023, 10, 13), "date_precision": "day"}
    text = f"{city}, {country} - 12-13 October 2023"
    return Edition(city, None, country, code, **{**defaults, "text": text, **rest})  # type: ignore[arg-type]


def call(status: str = "open", years: tuple[int, ...] = (2024, 2025), **rest: object) -> CallNotice:
    defaults = {"text": "A new call for applications is open now. Apply here!", "apply_url": "https://example.eu/apply"}
    return CallNotice(status, years, **{**defaults, **rest})  # type: ignore[arg-type]


def recorded(
    kind: ChangeKind,
    after: Edition | CallNotice | None = None,
    before: Edition | CallNotice | None = None,
    number: int = 1,
    read_at: datetime = NOON,
) -> RecordedChange:
    """Return a change of this kind; of a default edition or call if neither is given."""
    if after is None and before is None:
        after = call() if kind.startswith("call.") else edition()
        before = None if kind in (K.EDITION_ANNOUNCED, K.CALL_OPENED) else after
    change = Change(kind, "key", before, after)
    return RecordedChange(number, change, PAGE, read_at)


def subscription(
    address: str = "ann@example.org",
    topics: tuple[Topic, ...] = TOPICS,
    countries: tuple[str, ...] = (),
    after: int = 0,
    status: str = "active",
) -> Subscription:
    return Subscription(1, address, topics, countries, status, after, NOON)  # type: ignore[arg-type]


def message_to(address: str, subject: str = "Lyon, France: 12–13 October 2023 announced", **rest: str) -> Message:
    """Return a message like those of `render`, with a unique Message-ID."""
    is_chat = "://" in address
    defaults = {"text": f"{subject}\n", "html": "" if is_chat else f"<p>{subject}</p>", "more_url": PAGE}
    token = rest.pop("token", "")
    body = Body(subject, **{**defaults, **rest})
    return Message(address, body, f"<{next(_ids):032x}@example.org>", token=token)
