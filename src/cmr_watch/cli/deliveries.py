"""`cmr-watch deliveries`"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Final, get_args
from zoneinfo import ZoneInfo

import click

from cmr_watch.cli.arguments import ID, whole_number
from cmr_watch.cli.context import clock, load_settings, open_store
from cmr_watch.cli.end_reasons import endings, how_to_resume
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import (
    FAILED,
    OK,
    CommandError,
    in_zone,
    local_time,
    print_error,
    print_json,
    print_line,
    print_table,
    printable,
)
from cmr_watch.log import redact_address
from cmr_watch.models.recipients import Delivery
from cmr_watch.notify.planning import match_changes
from cmr_watch.plural import counted
from cmr_watch.render.sentences import sentence
from cmr_watch.serialization import instant
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import LEASE, Deliveries, State
from cmr_watch.store.mutes import Mutes
from cmr_watch.store.restore_quarantine import Kind, QuarantinedItem, RestoreQuarantine
from cmr_watch.store.subscriptions import Subscriptions

_SENT: Final = {True: "probably", None: "perhaps", False: "unlikely"}
"""Whether a held item was sent after the backup was made, by `QuarantinedItem.was_due`."""
STATES: Final[tuple[State, ...]] = get_args(State)


@click.group()
def command() -> None:
    """List the outbox, retry failed messages, review messages held after a restore."""


@command.command("list", short_help="List the messages in the outbox.")
@config_option
@json_option
@click.option(
    "--state",
    type=click.Choice(STATES, case_sensitive=False),
    default="all",
    show_default=True,
    help="Show only messages in this state.",
)
@click.option(
    "--limit", default=50, show_default=True, metavar="N", type=whole_number(1), help="Show only the newest N."
)
def list_(as_json: bool, state: State, limit: int) -> None:
    """List the messages in the outbox, oldest first.

    A message is pending (not sent yet, or waiting for a retry), sent, logged (no mail server is configured), failed
    (permanently), superseded by a newer message, cancelled (the recipient is no longer subscribed) or
    discarded (by an operator).

    \b
    Example:
      cmr-watch deliveries list --state pending
    """
    settings = load_settings()
    zone = settings.messages.zone
    with closing(open_store(settings)) as database:
        deliveries = Deliveries(database).list(state, limit)
    if as_json:
        for delivery in deliveries:
            print_json(_delivery_to_dict(delivery))
    elif deliveries:
        rows = [
            (str(row.id), local_time(row.created_at, zone), redact_address(row.message.address), _describe(row))
            for row in deliveries
        ]
        print_table(("ID", in_zone("CREATED", zone), "TO", "MESSAGE"), rows)
    else:
        print_line("The outbox is empty." if state == "all" else f"No {state} messages.")


@command.command("retry", short_help="Retry messages now.")
@config_option
@click.argument("ids", nargs=-1, type=ID, metavar="[ID]...")
def retry(ids: tuple[int, ...]) -> int:
    """Retry the given messages now, or all that are pending or failed.

    Resets their attempt counters and makes them due immediately. The next check, or a running daemon or worker, sends
    them; if there is more to report to the recipient by then, one new message reports everything and the old one is
    superseded. A message whose recipient is no longer subscribed is not sent again.

    \b
    Example:
      cmr-watch deliveries retry 17 && cmr-watch check
    """
    with closing(open_store(load_settings())) as database:
        outbox, now = Deliveries(database), clock()
        which = ids or None
        count, leased = outbox.retry(which, now), outbox.count_leased(which, now)
        notes = list(_unwanted_notes(outbox.without_subscriber(which), Subscriptions(database), outbox))
    if count:
        fate = f"will be sent by the next check, or replaced by a newer one with the same news{_leased_note(leased)}"
        print_line(f"{counted(count, 'message')} {fate}.")
    for note in notes:
        print_error(printable(note))
    if count or notes:
        return OK if count else FAILED
    if ids:
        raise CommandError("none of these messages is pending or failed; see: cmr-watch deliveries list")
    print_line("No messages to retry.")
    return OK


@command.command("release", short_help="Review messages held after a restore.")
@config_option
@json_option
@click.option("--send", multiple=True, metavar="ID", help="Send this item (m17, c4), or all. Repeatable.")
@click.option("--discard", multiple=True, metavar="ID", help="Never send this item (m17, c4), or all. Repeatable.")
def release(as_json: bool, send: tuple[str, ...], discard: tuple[str, ...]) -> None:
    """Review what has been on hold since the database was restored, and decide what to send.

    Without options, list the held items: since when they are held, to whom or to how many subscribers they would be
    sent, and whether they were probably sent after the backup was made, because they were due before the restore.
    Messages (m17) were pending in the backup. Changes (c4) were found by the first check after the restore, or have not
    reached all recipients.

    \b
    Examples:
      cmr-watch deliveries release
      cmr-watch deliveries release --send c4 --discard all
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        quarantine, now = RestoreQuarantine(database), clock()
        quarantine.quarantine_if_restored(now)
        held = quarantine.list()
        _validate_ids(send, discard, held)
        for chosen, is_sent in ((send, True), (discard, False)):
            for kind, ids in _selected(chosen, quarantine.list()):
                released = quarantine.release(kind, ids, now, send=is_sent)
                count = released if kind == "message" else len(ids)
                print_line(f"{'Released' if is_sent else 'Discarded'} {counted(count, kind)}.")
        if not held or not (send or discard):
            zone = settings.messages.zone
            _print_held(_with_recipients(held, database, now), zone, as_json)


def _summary(item: QuarantinedItem) -> str:
    return sentence(item.recorded.change) if item.recorded else item.subject


def _with_recipients(items: Sequence[QuarantinedItem], database: Database, now: datetime) -> Iterator[QuarantinedItem]:
    """The items, with the number of recipients also of the changes that have not been matched to them yet."""
    unmatched = [item.recorded for item in items if item.recorded and not item.recipients]
    subscribed, mutes = Subscriptions(database).active(), Mutes(database).by_mailbox()
    counts = Counter(change_id for _, change_id, *_ in match_changes(subscribed, unmatched, mutes, now))
    for item in items:
        yield item._replace(recipients=item.recipients or counts[item.id])


def _to(item: QuarantinedItem) -> str:
    return item.address or (counted(item.recipients, "subscriber") if item.recipients else "no subscriber")


def _item_id(item: QuarantinedItem) -> str:
    return f"{item.kind[0]}{item.id}"


def _validate_ids(send: tuple[str, ...], discard: tuple[str, ...], held: Sequence[QuarantinedItem]) -> None:
    """Reject unknown and contradictory IDs before anything is released."""
    known = {"all", *map(_item_id, held)}
    unknown = [item_id for item_id in (*send, *discard) if item_id not in known]
    if unknown:
        raise CommandError(f"no held item has the ID {unknown[0]!r}; see: cmr-watch deliveries release")
    if both := [item_id for item_id in send if item_id in discard]:
        raise CommandError(f"{both[0]} is given to both --send and --discard")


def _selected(item_ids: tuple[str, ...], held: Sequence[QuarantinedItem]) -> Iterator[tuple[Kind, list[int]]]:
    items = [item for item in held if "all" in item_ids or _item_id(item) in item_ids]
    for kind in get_args(Kind):
        if ids := [item.id for item in items if item.kind == kind]:
            yield kind, ids


def _print_held(held: Iterable[QuarantinedItem], zone: ZoneInfo, as_json: bool) -> None:
    if as_json:
        for item in held:
            print_json(_held_to_dict(item))
        return
    rows = [
        (_item_id(item), local_time(item.held_at, zone), _to(item), _SENT[item.was_due], _summary(item))
        for item in held
    ]
    if rows:
        print_table(("ID", in_zone("HELD SINCE", zone), "TO", "SENT?", "DESCRIPTION"), rows)
    else:
        print_line("Nothing is on hold.")


def _held_to_dict(item: QuarantinedItem) -> dict[str, object]:
    return {
        "id": _item_id(item),
        "kind": item.kind,
        "held_at": instant(item.held_at),
        "address": item.address or None,
        "recipients": item.recipients,
        "sent": _SENT[item.was_due],
        "description": _summary(item),
    }


def _unwanted_notes(unwanted: Sequence[Delivery], subscriptions: Subscriptions, outbox: Deliveries) -> Iterator[str]:
    """For each recipient that is no longer subscribed, which messages are not sent, why, and what to do."""
    for address in dict.fromkeys(delivery.message.address for delivery in unwanted):
        ids = [str(delivery.id) for delivery in unwanted if delivery.message.address == address]
        what = f"message {ids[0]}" if len(ids) == 1 else f"messages {', '.join(ids)}"
        text = f"{what} will not be sent: {redact_address(address)} is no longer subscribed"
        for last in subscriptions.find(address)[-1:]:
            if ending := endings([last], outbox).get(last.id):
                how = how_to_resume(last)
                text += f" ({ending.why})" + (f"; to subscribe it again: {how}" if how else "")
        yield text


def _leased_note(leased: int) -> str:
    """A process that was killed keeps what it claimed until the lease expires."""
    minutes = LEASE.seconds // 60
    return f", but {leased} of them may be claimed by another process for up to {minutes} minutes" if leased else ""


def _describe(delivery: Delivery) -> str:
    """`failed: Call open (550 no such user)`."""
    attempts = f" after {counted(delivery.attempts, 'attempt')}" if not delivery.outcome and delivery.attempts else ""
    reason = f" ({delivery.last_error})" if delivery.last_error and delivery.outcome != "sent" else ""
    return f"{_state(delivery)}{_hold(delivery)}{attempts}: {delivery.message.subject}{reason}"


def _state(delivery: Delivery) -> str:
    return delivery.outcome or "pending"


def _hold(delivery: Delivery) -> str:
    return ", on hold since the restore" if delivery.held_at and not delivery.outcome else ""


def _delivery_to_dict(delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "address": redact_address(delivery.message.address),
        "subject": delivery.message.subject,
        "message_id": delivery.message.message_id,
        "change_ids": list(delivery.message.change_ids),
        "created_at": instant(delivery.created_at),
        "due_at": instant(delivery.due_at),
        "attempts": delivery.attempts,
        "last_error": delivery.last_error,
        "state": _state(delivery),
        "held_at": instant(delivery.held_at) if delivery.held_at else None,
        "done_at": instant(delivery.done_at) if delivery.done_at else None,
    }
