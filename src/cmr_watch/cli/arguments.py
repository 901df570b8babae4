"""Arguments and options that are validated like the settings in the configuration file."""

from __future__ import annotations

from collections.abc import Callable

import click

from cmr_watch.config import setting_types
from cmr_watch.log import redact_address


def parameter_type(setting_type: setting_types.SettingType) -> Callable[[str], str]:
    """A click parameter type that accepts the values of a setting type."""

    def convert(text: str) -> str:
        try:
            return str(setting_type.parse(text))
        except ValueError as error:
            expected = setting_type.expected + setting_types.reason(error)
            raise click.BadParameter(f'found "{redact_address(text)}", expected {expected}') from None

    return convert


address_argument = click.argument("address", type=parameter_type(setting_types.ADDRESS))
country_option = click.option(
    "--country",
    "countries",
    multiple=True,
    type=parameter_type(setting_types.COUNTRY),
    metavar="COUNTRY",
    help="Limit to this country, by name or code. Repeatable.",
)
