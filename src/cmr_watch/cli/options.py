"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from cmr_watch.config import kinds
from cmr_watch.log import shown


def _remember(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.find_root().meta[CONFIG] = value


def of_kind(kind: kinds.Kind) -> Callable[[str], str]:
    """A parameter's type, with the words of the configuration's."""

    def convert(text: str) -> str:
        try:
            return str(kind.take(text))
        except ValueError:
            raise click.BadParameter(f'found "{shown(text)}", expected {kind.expected}') from None

    return convert


CONFIG = "cmr_watch.config"

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The configuration file.",
    callback=_remember,
    expose_value=False,
    is_eager=True,
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON Lines.")
page_option = click.option(
    "--page",
    type=click.Choice(["initiative", "call", "edition"]),
    default="initiative",
    metavar="KIND",
    help="What kind of page it is: initiative (the default), call, edition.",
)
address_argument = click.argument("address", type=of_kind(kinds.ADDRESS))
