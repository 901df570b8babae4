"""Arguments that may be what the configuration may be, in its words."""

from __future__ import annotations

from collections.abc import Callable

import click

from cmr_watch.config import kinds
from cmr_watch.log import shown


def of_kind(kind: kinds.Kind) -> Callable[[str], str]:
    """A parameter's type: what a setting of this kind may be."""

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
    help="Only there.",
)
