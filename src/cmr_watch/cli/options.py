"""Options shared by several commands."""

from __future__ import annotations

from pathlib import Path

import click


def _remember(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.find_root().meta[CONFIG] = value


CONFIG = "cmr_watch.config"

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Configuration file.",
    callback=_remember,
    expose_value=False,
    is_eager=True,
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON Lines instead of text.")
page_option = click.option(
    "--page",
    type=click.Choice(["initiative", "call", "edition"]),
    default="initiative",
    metavar="KIND",
    help="Page kind: initiative (the list of editions; default), call or edition.",
)
