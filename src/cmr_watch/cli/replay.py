"""`cmr-watch replay`"""

from __future__ import annotations

from contextlib import closing

import click

from cmr_watch.app import App
from cmr_watch.cli.context import StoreClock, load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import local_time, print_json, print_line, printable
from cmr_watch.monitor.replay import ReplayDifference
from cmr_watch.plural import counted
from cmr_watch.render.reading_diff import differences
from cmr_watch.serialization import instant


@click.command()
@config_option
@json_option
@click.option("--apply", is_flag=True, help="Store the new results and correct the known editions and calls.")
def command(as_json: bool, apply: bool) -> None:
    """Parse every stored page again with the current parser, and print the differences.

    Sends no notifications, even with --apply.

    \b
    Example:
      cmr-watch replay --apply
    """
    settings = load_settings()
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
