"""`cmr-watch deliveries`"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Final, get_args

import click

from cmr_watch.cli.context import clock, load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import Refused, json_line, line, local_time, table
from cmr_watch.log import shown
from cmr_watch.models import Delivery
from cmr_watch.render.plural import counted
from cmr_watch.render.sentences import sentence
from cmr_watch.serialization import instant
from cmr_watch.store.deliveries import LEASE, Deliveries, State
from cmr_watch.store.restore_quarantine import Kind, QuarantinedItem, RestoreQuarantine

STATES: Final = [state.replace("_", "-") for state in get_args(State)]


@click.group()
def command() -> None:
    """List the outbox, try again what failed, decide about what a restore holds back."""


@command.command("list", short_help="List the messages.")
@config_option
@json_option
@click.option("--state", type=click.Choice(STATES), default="all", show_default=True, help="Only these.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many, the newest.")
def list_(as_json: bool, state: str, limit: int) -> None:
    """List the messages: sent, waiting for another try, set aside for good.

    \b
    Example:
      cmr-watch deliveries list --state waiting
    """
    settings = load_settings()
    zone = settings.messages.zone
    with closing(open_store(settings)) as database:
        found = Deliveries(database).list(_state(state), limit)
    if as_json:
        for entry in found:
            json_line(_public(entry))
    elif found:
        rows = [
            (str(row.id), local_time(row.created_at, zone), shown(row.message.address), _what(row)) for row in found
        ]
        table(("ID", "WRITTEN", "TO", "WHAT"), rows)
    else:
        line("The outbox is empty." if state == "all" else f"No message is {state}.")


@command.command("retry", short_help="Make messages due now.")
@config_option
@click.argument("ids", nargs=-1, type=click.IntRange(1, 2**63 - 1), metavar="[ID]...")
def retry(ids: tuple[int, ...]) -> None:
    """Make messages due now, as if they had never been tried: these, or all that wait or were set aside.

    The next `cmr-watch check` sends them.

    \b
    Example:
      cmr-watch deliveries retry 17 && cmr-watch check
    """
    with closing(open_store(load_settings())) as database:
        outbox, now = Deliveries(database), clock()
        count, held = outbox.retry(ids or None, now), outbox.held(ids or None, now)
    if ids and not count:
        raise Refused("none of these messages waits or was set aside; see: cmr-watch deliveries list")
    line(f"Due now: {counted(count, 'message')}; the next check sends them{_in_other_hands(held)}.")


@command.command("release", short_help="Decide about what a restore holds back.")
@config_option
@json_option
@click.option("--send", multiple=True, metavar="WHAT", help="Send after all: m17, c4, or all. May be repeated.")
@click.option("--drop", multiple=True, metavar="WHAT", help="Never send: m17, c4, or all. May be repeated.")
def release(as_json: bool, send: tuple[str, ...], drop: tuple[str, ...]) -> None:
    """Decide about what is held back since the database was restored from a copy.

    Without an option: list it. Messages (m17) waited in the copy, and may have been sent since it was made. Changes
    (c4) were found by the first reading after the restore, or were told to some only.

    \b
    Examples:
      cmr-watch deliveries release
      cmr-watch deliveries release --send c4 --drop all
    """
    with closing(open_store(load_settings())) as database:
        holds, now = RestoreQuarantine(database), clock()
        holds.begin(now)
        _refuse_unknown(send, drop, holds.list())
        for words, sends in ((send, True), (drop, False)):
            for kind, ids in _chosen(words, holds.list()):
                count = holds.release(kind, ids, now, send=sends)
                line(
                    f"{'Released' if sends else 'Dropped'}: {counted(count, 'message')}."
                ) if kind == "message" else line(
                    f"{'Released' if sends else 'Dropped'}: {counted(len(ids), 'change')}."
                )
        if not (send or drop):
            _show_held(holds.list(), as_json)


def _summary(entry: QuarantinedItem) -> str:
    return sentence(entry.change) if entry.change else entry.summary


def _called(entry: QuarantinedItem) -> str:
    return f"{entry.kind[0]}{entry.id}"


def _refuse_unknown(send: tuple[str, ...], drop: tuple[str, ...], held: Sequence[QuarantinedItem]) -> None:
    """Before anything is decided."""
    names = {"all", *map(_called, held)}
    unknown = [word for word in (*send, *drop) if word not in names]
    if unknown:
        raise Refused(f"nothing that is held back is called {unknown[0]}; see: cmr-watch deliveries release")
    if both := [word for word in send if word in drop]:
        raise Refused(f"either --send or --drop {both[0]}, not both")


def _chosen(words: tuple[str, ...], held: Sequence[QuarantinedItem]) -> Iterator[tuple[Kind, list[int]]]:
    chosen = [entry for entry in held if "all" in words or _called(entry) in words]
    for kind in get_args(Kind):
        if ids := [entry.id for entry in chosen if entry.kind == kind]:
            yield kind, ids


def _show_held(held: Sequence[QuarantinedItem], as_json: bool) -> None:
    if as_json:
        for entry in held:
            json_line({"what": _called(entry), "kind": entry.kind, "summary": _summary(entry)})
    elif held:
        table(("WHAT", "SAYS"), [(_called(entry), _summary(entry)) for entry in held])
    else:
        line("Nothing is held back.")


def _in_other_hands(held: int) -> str:
    """A process that was killed still holds what it claimed, until its lease is over."""
    minutes = LEASE.seconds // 60
    return f", but for {held} that another process has begun and holds for up to {minutes} minutes" if held else ""


def _state(word: str) -> State:
    return next(state for state in get_args(State) if state == word.replace("-", "_"))


def _what(entry: Delivery) -> str:
    state = (entry.outcome or "pending").replace("_", " ")
    tries = f", {counted(entry.attempts, 'try', 'tries')} so far" if not entry.outcome else ""
    reason = f" ({entry.last_error})" if entry.last_error and entry.outcome != "sent" else ""
    return f"{state}{tries}: {entry.message.subject}{reason}"


def _public(entry: Delivery) -> dict[str, object]:
    return {
        "id": entry.id,
        "address": shown(entry.message.address),
        "subject": entry.message.subject,
        "message_id": entry.message.message_id,
        "change_ids": list(entry.message.change_ids),
        "created_at": instant(entry.created_at),
        "due_at": instant(entry.due_at),
        "attempts": entry.attempts,
        "last_error": entry.last_error,
        "outcome": entry.outcome,
        "done_at": instant(entry.done_at) if entry.done_at else None,
    }
