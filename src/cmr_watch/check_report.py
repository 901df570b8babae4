"""The report of a check of the whole site: what was found on each page, and what was sent."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from cmr_watch.log import redact_address, redact_page_url
from cmr_watch.models.readings import CheckResult
from cmr_watch.models.recipients import Subscription
from cmr_watch.models.reports import DeliveryReport
from cmr_watch.plural import counted
from cmr_watch.store.subscription_requests import Synced


def held_items(count: int) -> str:
    """`8 items are on hold since the restore`."""
    return f"{counted(count, 'item')} {'is' if count == 1 else 'are'} on hold since the restore"


def configured(synced: Synced, file: Path | None) -> tuple[str, ...]:
    """`2 subscriptions ended: removed from /etc/cmr-watch/cmr-watch.toml`."""
    place = file or "the configuration"
    counts = (
        (synced.started, f"started: declared in {place}"),
        (synced.renamed, f"renamed: the address has another name in {place} now"),
        (synced.moved, f"moved to another address: changed in {place}"),
        (synced.taken_over, f"added by command taken over: the address is declared in {place} now"),
        (synced.ended, f"ended: removed from {place}"),
    )
    return tuple(f"{counted(number, 'subscription')} {what}" for number, what in counts if number)


def links_elsewhere(host: str, list_url: str) -> str:
    """That no page which the list links to is read, and why."""
    return (
        f"the links of the list lead only to pages on {host}, which are not read, because [page] url is on"
        f" {urlsplit(list_url).hostname} (relative links are resolved against the canonical address of the list)"
    )


def double(declared: Subscription, added: Subscription, file: Path | None) -> str:
    """That an address has two subscriptions, and how to end the one that was added by command."""
    place = file or "the configuration"
    return (
        f'{redact_address(added.address)} has two subscriptions: "{declared.name}" in {place}, and subscription'
        f" {added.id}, added by command; to end the second, run: cmr-watch subscriptions end {added.id}"
    )


def undelivered(delivery: DeliveryReport) -> str:
    """`2 messages could not be delivered`; empty if all could. The errors may contain addresses, so none is named."""
    count = delivery.pending + delivery.failed
    return f"{counted(count, 'message')} could not be delivered" if count else ""


class CheckReport(NamedTuple):
    """The result for the list of editions, or for the page that was accepted, and for the pages linked from the list.

    - `delivery`: None if no notifications were requested.
    - `failing`: the pages that could not be read, or were suspect, before.
    - `held`: how many items have been on hold since the database was restored.
    - `waiting`: how many messages are pending, besides those that could not be sent now.
    - `remark`: what the operator should know about the configuration, one clause; usually empty.
    - `doubles`: the addresses that have two subscriptions, one clause for each.
    - `configured`: what the configuration has started or ended, one line for each; usually empty.
    """

    check: CheckResult
    delivery: DeliveryReport | None = None
    linked: tuple[CheckResult, ...] = ()
    failing: frozenset[str] = frozenset()
    held: int = 0
    waiting: int = 0
    remark: str = ""
    doubles: tuple[str, ...] = ()
    configured: tuple[str, ...] = ()

    @property
    def results(self) -> tuple[CheckResult, ...]:
        """The results for all pages."""
        return (self.check, *self.linked)

    @property
    def recovered(self) -> tuple[CheckResult, ...]:
        """The results for the pages that can be read again."""
        return tuple(result for result in self.results if result.has_succeeded and result.page.url in self.failing)

    @property
    def has_failures(self) -> bool:
        """Whether the list or a call page failed or is suspect, or a message was not delivered (ADR 8)."""
        return bool(self.failure)

    @property
    def failure(self) -> str:
        """Why `check` exits with 1, for the dead man's switch; empty if it does not."""
        for result in self.results:
            if result.has_failed and result.page.kind != "edition":
                return result.detail or result.outcome
        return undelivered(self.delivery) if self.delivery else ""

    @property
    def has_changes(self) -> bool:
        """Whether any page has changed."""
        return any(result.changes for result in self.results)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is true of each check until the operator decides something: one line each."""
        return tuple(filter(None, (self.hold, self.remark, *self.doubles)))

    @property
    def hold(self) -> str:
        """That items are on hold, and what to do; empty if none are."""
        return f"{held_items(self.held)}: cmr-watch deliveries release" if self.held else ""

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each linked page that failed or is suspect, and for each message that was not delivered."""
        pages = tuple(
            f"{redact_page_url(result.page.url)}: {result.detail}" for result in self.linked if result.has_failed
        )
        return pages + (self.delivery.failures if self.delivery else ())
