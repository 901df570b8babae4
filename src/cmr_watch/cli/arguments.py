"""Arguments and options that are validated like the settings in the configuration file."""

from __future__ import annotations

from collections.abc import Callable

import click

from cmr_watch.config import kinds
from cmr_watch.log import shown


def of_kind(kind: kinds.Kind) -> Callable[[str], str]:
    """A click parameter type that accepts the values of this kind of setting."""

    def convert(text: str) -> str:
        try:
            return str(kind.take(text))
        except ValueError:
            raise click.BadParameter(f'found "{shown(text)}", expected {kind.expected}') from None

    return convert


address_argument = click.argument("address", type=of_kind(kinds.ADDRESS))
country_option = click.option(
    "--country",
    "countries",
    multiple=True,
    type=of_kind(kinds.COUNTRY),
    metavar="COUNTRY",
    help="Limit to this country, by name or code. Repeatable.",
)
