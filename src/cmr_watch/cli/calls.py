"""`cmr-watch calls`"""

from __future__ import annotations

from contextlib import closing

import click

from cmr_watch.cli.context import load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import json_line, line, table
from cmr_watch.models import KnownCall
from cmr_watch.render.sentences import contradiction, cutoff_words, years
from cmr_watch.serialization import call_to_dict, instant
from cmr_watch.store.checks import Checks


@click.command()
@config_option
@json_option
def command(as_json: bool) -> None:
    """List the calls for hosts that are known.

    \b
    Example:
      cmr-watch calls
    """
    with closing(open_store(load_settings())) as database:
        known = Checks(database).known().calls
    if as_json:
        for entry in known:
            seen = instant(entry.first_seen_at) if entry.first_seen_at else None
            json_line({**_public(entry), "gone": entry.gone, "first_seen_at": seen})
    elif known:
        table(("STATUS", "TO HOST IN", "WHAT THE PAGE SAYS"), [_row(entry) for entry in known])
    else:
        line("No call is known yet; cmr-watch check looks for them.")


def _public(entry: KnownCall) -> dict[str, object]:
    """`conflicting_notice`: the notice on the list, where it contradicts the call page."""
    call = entry.call
    conflicting_notice = call_to_dict(entry.conflicting_notice) if entry.conflicting_notice else None
    own = {"contact": call.contact, "needs": list(call.needs), "conflicting_notice": conflicting_notice}
    return {"key": entry.key, **call_to_dict(call), **own}


def _row(entry: KnownCall) -> tuple[str, str, str]:
    cutoffs = [f"Cut-off: {cutoff_words(cutoff)}." for cutoff in entry.call.cutoffs if not cutoff.closed]
    others = [f"{words}." for words in contradiction(entry)]
    address = [entry.call.apply_url] if entry.call.apply_url else []
    words = " ".join([entry.call.text, *cutoffs, *others, *address])
    return entry.gone or entry.call.status, years(entry.call) or "–", words
