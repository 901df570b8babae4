"""Options shared by several commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

CONFIG = "cmr_watch.config"
STARTED_AT = "cmr_watch.started_at"

Command = TypeVar("Command", bound=Callable[..., Any])


def _remember_as(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def remember(ctx: click.Context, _: click.Parameter, value: Any) -> None:
        if value is not None:
            ctx.find_root().meta[name] = value

    return remember


_config = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Configuration file.",
    callback=_remember_as(CONFIG),
    expose_value=False,
    is_eager=True,
)
_at = click.option(  # for the demo, whose recorded pages are of certain days
    "--at",
    type=click.DateTime(["%Y-%m-%dT%H:%M"]),
    hidden=True,
    callback=_remember_as(STARTED_AT),
    expose_value=False,
    is_eager=True,
)


def config_option(command: Command) -> Command:
    """The options that all commands have which use an installation."""
    return _config(_at(command))


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON Lines instead of text.")
page_option = click.option(
    "--page",
    type=click.Choice(["initiative", "call", "edition"]),
    default="initiative",
    metavar="KIND",
    help="Page kind: initiative (the list of editions; default), call or edition.",
)
