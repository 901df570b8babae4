"""`cmr-watch replay`"""

from __future__ import annotations

from contextlib import closing
from typing import Final

import click

from cmr_watch.app import App
from cmr_watch.cli.context import StoreClock, load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import local_time, print_json, print_line, printable
from cmr_watch.config import Settings
from cmr_watch.monitor.replay import ReplayDifference
from cmr_watch.plural import counted
from cmr_watch.render.reading_diff import differences
from cmr_watch.render.sentences import sentence
from cmr_watch.serialization import change_to_dict, instant

_NOTHING_AHEAD: Final = "There is nothing ahead of which subscribers were not notified."


@click.command()
@config_option
@json_option
@click.option("--apply", is_flag=True, help="Store the new results and correct the known editions and calls.")
@click.option("--notify", is_flag=True, help="Notify subscribers of what the current parser was the first to read.")
def command(as_json: bool, apply: bool, notify: bool) -> None:
    """Parse every stored page again with the current parser, and print the differences.

    Sends no notifications to subscribers, even with --apply: after an upgrade, the operator is notified of what the
    current parser was the first to read and is still ahead. With --notify, nothing is parsed: subscribers are notified
    of these facts, as far as they are still ahead.

    \b
    Examples:
      cmr-watch replay --apply
      cmr-watch replay --notify
    """
    if apply and notify:
        raise click.UsageError("--apply and --notify exclude each other: run one after the other")
    settings = load_settings()
    if notify:
        _notify(settings, as_json)
        return
    with closing(open_store(settings)) as database, App(settings, database, StoreClock(database)) as app:
        count = 0
        for count, reading in enumerate(app.replay(apply=apply), 1):  # noqa: B007  # used after the loop
            if as_json:
                print_json(_reading_to_dict(reading))
                continue
            print_line(f"Reading {reading.snapshot_id}, {local_time(reading.fetched_at, settings.messages.zone)}:")
            for difference in _differences(reading):
                print_line(printable(f"  {difference}"))
    if not as_json:
        print_line(_summary(count, apply))


def _notify(settings: Settings, as_json: bool) -> None:
    with closing(open_store(settings)) as database, App(settings, database, StoreClock(database)) as app:
        changes, delivery = app.notify_of_newly_read()
    if as_json:
        for row in changes:
            print_json({"id": row.id, **change_to_dict(row.change, sentence(row.change))})
        return
    for row in changes:
        print_line(printable(f"  {sentence(row.change)}"))
    sent = f"; {counted(delivery.sent, 'message')} sent" if delivery.sent else ""
    print_line(f"{counted(len(changes), 'change')} handed over for delivery{sent}." if changes else _NOTHING_AHEAD)


def _differences(reading: ReplayDifference) -> list[str]:
    if reading.after is None:
        return [f"can no longer be parsed: {reading.error}"]
    return list(differences(reading.before, reading.after))


def _reading_to_dict(reading: ReplayDifference) -> dict[str, object]:
    return {
        "snapshot_id": reading.snapshot_id,
        "page_url": reading.page_url,
        "fetched_at": instant(reading.fetched_at),
        "differences": _differences(reading),
    }


def _summary(count: int, apply: bool) -> str:
    if not count:
        return "No differences."
    if apply:
        return f"{counted(count, 'reading')} corrected. No notifications were sent."
    return f"{counted(count, 'reading')} would change. To apply, run: cmr-watch replay --apply"
