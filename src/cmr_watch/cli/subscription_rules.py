"""Which addresses `add` and `import` may subscribe, and how an ended subscription is brought back.

An address has one subscription, which is edited. That of an address in the configuration file is changed there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from cmr_watch.cli.output import CommandError
from cmr_watch.cli.subscription_options import apply_options, default_request, describe, request_of
from cmr_watch.config import Settings
from cmr_watch.log import redact_address
from cmr_watch.models.recipients import Subscription, SubscriptionRequest, mailbox_of
from cmr_watch.store.subscription_import import SubscriptionImport
from cmr_watch.store.subscription_requests import ADDRESS_CHANGED, REMOVED
from cmr_watch.store.subscriptions import Subscriptions


def active(subscriptions: Iterable[Subscription]) -> list[Subscription]:
    """Those that are active."""
    return [subscription for subscription in subscriptions if subscription.status == "active"]


def entries_of(address: str, settings: Settings) -> list[SubscriptionRequest]:
    """The entries of the configuration file with this address."""
    mailbox = mailbox_of(address.strip())
    return [entry for entry in settings.subscriptions if mailbox_of(entry.address) == mailbox]


def why_not_added(
    address: str, stored: Subscriptions | SubscriptionImport, store: Subscriptions, settings: Settings
) -> str | None:
    """Why this address may not be subscribed by command: it already is, or the configuration file declares it.

    `stored` is what is asked for its subscriptions: `store`, or an import, which has read them all.
    """
    if subscribed := active(stored.find(address)):
        return _already_subscribed(subscribed, settings)
    entries = entries_of(address, settings)
    if not entries or stored.refusal(address):  # a refusal has a reason of its own
        return None
    declared = f'{redact_address(address)} is declared in {settings.file} as "{entries[0].name}"'
    if entries[0].name in store.out_of_step(settings.declared):
        return f"{declared}, and starts with the next check"
    shown = address if "://" not in address else "ADDRESS"
    return f"{declared}, but has ended; to bring it back, run: cmr-watch subscriptions add {shown} --resubscribe"


def _already_subscribed(subscribed: Sequence[Subscription], settings: Settings) -> str:
    first = subscribed[0]
    address = redact_address(first.address)
    if first.name is not None:
        return f"{address} is already subscribed to {describe(first)}; {in_the_configuration(first, settings)}"
    edit = f"cmr-watch subscriptions edit {address if '://' not in address and len(subscribed) == 1 else first.id}"
    return f"{address} is already subscribed to {describe(first)} (subscription {first.id}); to change it, run: {edit}"


def in_the_configuration(subscription: Subscription, settings: Settings) -> str:
    """Where a subscription is declared, and so changed."""
    place = settings.file or "the configuration file"
    return f'subscription {subscription.id} is declared in {place} as "{subscription.name}"; change it there'


def last_ended(address: str, store: Subscriptions) -> Subscription | None:
    """The subscription of this address that ended last; None if there is none, or if the address was erased."""
    ended = [subscription for subscription in store.find(address) if subscription.ended_at]
    return max(ended, key=lambda subscription: (subscription.ended_at, subscription.id), default=None)


def request_for(
    address: str, previous: Subscription | None, options: Mapping[str, Any], settings: Settings
) -> SubscriptionRequest:
    """What `add` subscribes an address to: the choices of its previous subscription, if any, changed by the options."""
    base = default_request(address, settings.messages.time_zone)
    if previous is not None:
        _require_file_of(previous, settings)
        base = replace(request_of(previous), address=address, name=None)
    return apply_options(base, options)


def _require_file_of(previous: Subscription, settings: Settings) -> None:
    """CommandError if the configuration file may still declare this subscription, but was not found."""
    if previous.name and settings.declared is None and previous.end_reason not in (REMOVED, ADDRESS_CHANGED):
        address = redact_address(previous.address)
        raise CommandError(
            f'{address} was declared in a configuration file as "{previous.name}", but none was found;'
            " name it with --config FILE"
        )


def bring_back(
    address: str, options: Mapping[str, Any], store: Subscriptions, settings: Settings, now: datetime
) -> list[Subscription]:
    """Start the subscriptions again that the configuration file declares for this address; none if it has no entry.

    CommandError if options are given, because the next check would apply those in the file.
    """
    entries = entries_of(address, settings)
    if not entries:
        return []
    if apply_options(entries[0], options) != entries[0]:
        place = f'{settings.file} as "{entries[0].name}"'
        raise CommandError(f"{redact_address(address)} is declared in {place}; change its options there")
    return [store.start(entry, now) for entry in entries]
