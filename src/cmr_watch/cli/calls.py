"""`cmr-watch calls`"""

from __future__ import annotations

from contextlib import closing

import click

from cmr_watch.cli.context import load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import print_json, print_line, print_table
from cmr_watch.models.readings import KnownCall
from cmr_watch.render.sentences import contradiction, cutoff_words, years
from cmr_watch.serialization import call_to_dict, instant
from cmr_watch.store.checks import Checks


@click.command()
@config_option
@json_option
def command(as_json: bool) -> None:
    """List the known calls for hosts.

    \b
    Example:
      cmr-watch calls
    """
    with closing(open_store(load_settings())) as database:
        known = Checks(database).known().calls
    if as_json:
        for entry in known:
            print_json(_call_to_dict(entry))
    elif known:
        print_table(("STATUS", "FOR HOSTING IN", "PAGE TEXT"), [_row(entry) for entry in known])
    else:
        print_line("No calls known yet. To fetch them, run: cmr-watch check")


def _call_to_dict(entry: KnownCall) -> dict[str, object]:
    """`conflicting_notice` is the call as the list of editions gives it, if that contradicts the call page."""
    call = entry.call
    return {
        "key": entry.key,
        **call_to_dict(call),
        "contact": call.contact,
        "needs": list(call.needs),
        "conflicting_notice": call_to_dict(entry.conflicting_notice) if entry.conflicting_notice else None,
        "removal": entry.gone,
        "first_seen_at": instant(entry.first_seen_at) if entry.first_seen_at else None,
    }


def _row(entry: KnownCall) -> tuple[str, str, str]:
    cutoffs = [f"Cut-off: {cutoff_words(cutoff)}." for cutoff in entry.call.cutoffs if not cutoff.closed]
    link = [entry.call.apply_url] if entry.call.apply_url else []
    text = " ".join([entry.call.text, *cutoffs, *contradiction(entry), *link])
    return entry.gone or entry.call.status, years(entry.call) or "–", text
