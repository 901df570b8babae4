"""Subscriptions as they are requested, and what must be done to match those of the configuration file. Pure.

A subscription belongs to a mailbox: an entry that gets another name, or whose address is only spelled differently, is
the same subscription, and keeps what is pending for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cmr_watch.models.readings import TOPICS
from cmr_watch.models.recipients import Subscription, SubscriptionRequest, mailbox_of

REMOVED = "removed from the configuration"
ADDRESS_CHANGED = "its address changed in the configuration"

Requests = Mapping[str | None, SubscriptionRequest]
"""The entries of the configuration file by name."""
Latest = Mapping[str | None, Subscription]
"""The newest subscription with each name, which may have ended."""


@dataclass(slots=True)
class Synced:
    """How many subscriptions the configuration started, moved to another address, ended, renamed, and took over."""

    started: int = 0
    renamed: int = 0
    moved: int = 0
    ended: int = 0
    taken_over: int = 0


def normalize(request: SubscriptionRequest) -> SubscriptionRequest:
    """Return the canonical form of a request, so that equivalent requests become equal rows."""
    return SubscriptionRequest(
        address=normalize_address(request.address),
        topics=tuple(topic for topic in TOPICS if topic in request.topics),
        countries=tuple(sorted({code.upper() for code in request.countries})),
        name=request.name,
        schedule=request.schedule,
        reminders=tuple(sorted(set(request.reminders), reverse=True)),
        still_watching=request.still_watching,
        language=request.language,
    )


def normalize_address(address: str) -> str:
    """Return an e-mail address with its domain in lower case (RFC 5321 §2.4); Apprise URLs are not changed."""
    address = address.strip()
    local, at, domain = address.rpartition("@")
    return address if "://" in address else f"{local}{at}{domain.lower()}"


class Differences(NamedTuple):
    """What must be done, in this order, so that the subscriptions match the configuration file.

    - `ended`: no entry of the file continues them.
    - `changed`: the same recipient, with another name, other options, or another spelling of the address.
    - `new`: added, or taken over from a subscription that was added by command.
    """

    ended: tuple[Subscription, ...]
    changed: tuple[tuple[Subscription, SubscriptionRequest], ...]
    new: tuple[SubscriptionRequest, ...]


def differences(names: Sequence[str | None], requests: Requests, latest: Latest) -> Differences:
    """Return what must be done for the entries and the subscriptions with these names."""
    stored = [latest[name] for name in names if name in latest]
    active = [entry for entry in stored if entry.status == "active"]
    kept = {entry.name: entry for entry in active if _is_of_recipient(entry, requests.get(entry.name))}
    leaving = [entry for entry in active if entry.name not in kept]
    arriving = [requests[name] for name in names if name in requests and name not in kept]
    renamed = _renamed(leaving, arriving)
    continued = [(entry, requests[name]) for name, entry in kept.items()]
    return Differences(tuple(leaving), (*continued, *renamed), tuple(arriving))


def _renamed(
    leaving: list[Subscription], arriving: list[SubscriptionRequest]
) -> list[tuple[Subscription, SubscriptionRequest]]:
    """Take out the subscriptions that continue under another name, and return each with its entry."""
    pairs = []
    for entry in tuple(leaving):
        request = next((one for one in arriving if _is_of_recipient(entry, one)), None)
        if request is not None:
            leaving.remove(entry)
            arriving.remove(request)
            pairs.append((entry, request))
    return pairs


def _is_of_recipient(entry: Subscription, request: SubscriptionRequest | None) -> bool:
    return request is not None and mailbox_of(entry.address) == mailbox_of(request.address)


def differs(request: SubscriptionRequest | None, old: Subscription | None) -> bool:
    """Whether a subscription is not as the entry of the configuration file with its name says."""
    if request is None or old is None:
        return request is not None or (old is not None and old.status == "active")
    if old.status == "active":
        return old.address != request.address or options(old) != options(request)
    return old.end_reason in (REMOVED, ADDRESS_CHANGED) or not _is_of_recipient(old, request)


def request_key(entry: Subscription | SubscriptionRequest) -> tuple[object, ...]:
    """Return what makes two active subscriptions equal: the address and the options."""
    return entry.address, *options(entry)


def options(entry: Subscription | SubscriptionRequest) -> tuple[object, ...]:
    """Return what was asked for, apart from the address."""
    rest = (entry.reminders, entry.still_watching, entry.language)
    return entry.topics, entry.countries, entry.schedule, *rest
