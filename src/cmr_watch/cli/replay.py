"""`cmr-watch replay`"""

from __future__ import annotations

from contextlib import closing

import click

from cmr_watch.app import App
from cmr_watch.cli.context import load_settings, open_store, store_clock
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import json_line, line, local_time, plain
from cmr_watch.monitor.replay import ReplayDifference
from cmr_watch.render.plural import counted
from cmr_watch.render.reading_diff import differences
from cmr_watch.serialization import instant


@click.command()
@config_option
@json_option
@click.option("--apply", is_flag=True, help="Correct what is stored, and what is known by it.")
def command(as_json: bool, apply: bool) -> None:
    """Read every stored page again with today's parser, and print what would be different.

    Nobody is told anything, with --apply neither.

    \b
    Example:
      cmr-watch replay --apply
    """
    settings = load_settings()
    with closing(open_store(settings)) as database, App(settings, database, store_clock(database)) as app:
        found = 0
        for found, correction in enumerate(app.replay(apply=apply), 1):  # noqa: B007  # how many there were
            lines = _lines(correction)
            if as_json:
                json_line({**_about(correction), "differences": lines})
                continue
            line(f"{correction.snapshot_id}, {local_time(correction.fetched_at, settings.messages.zone)}:")
            for difference in lines:
                line(plain(f"  {difference}"))
    if not as_json:
        line(_summary(found, apply))


def _lines(correction: ReplayDifference) -> list[str]:
    if correction.after is None:
        return [f"can no longer be read: {correction.trouble}"]
    return list(differences(correction.before, correction.after))


def _about(correction: ReplayDifference) -> dict[str, object]:
    at = instant(correction.fetched_at)
    return {"snapshot": correction.snapshot_id, "page_url": correction.page_url, "fetched_at": at}


def _summary(found: int, apply: bool) -> str:
    if not found:
        return "Every stored page is read as before."
    if apply:
        return f"{counted(found, 'reading')} corrected; nobody was told."
    return f"{counted(found, 'reading')} would be different; to correct them: cmr-watch replay --apply"
