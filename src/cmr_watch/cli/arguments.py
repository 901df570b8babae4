"""Arguments and options that are validated like the settings in the configuration file."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import click

from cmr_watch.config import setting_types
from cmr_watch.log import redact_address

MAX_ID: Final = 2**63 - 1
"""The largest number that the database can store."""


def parameter_type(setting_type: setting_types.SettingType) -> Callable[[str], str]:
    """A click parameter type that accepts the values of a setting type."""

    def convert(text: str) -> str:
        try:
            return str(setting_type.parse(text))
        except ValueError as error:
            expected = setting_type.expected + setting_types.reason(error)
            raise click.BadParameter(f'found "{redact_address(text)}", expected {expected}') from None

    return convert


def whole_number(low: int, high: int = MAX_ID) -> Callable[[str | int], int]:
    """A click parameter type: a whole number from `low` to `high`. Numbers have at most 19 digits."""

    def convert(text: str | int) -> int:  # click converts defaults, too
        number = int(text) if re.fullmatch(r"[0-9]{1,19}", str(text)) else -1
        if not low <= number <= high:
            is_limit_of_interest = high < MAX_ID or len(str(text)) > 18
            expected = f"a whole number from {low}" + (f" to {high}" if is_limit_of_interest else "")
            raise click.BadParameter(f'found "{str(text)[:80]}", expected {expected}')
        return number

    return convert


ID: Final = whole_number(1)
address_argument = click.argument("address", type=parameter_type(setting_types.ADDRESS))
country_option = click.option(
    "--country",
    "countries",
    multiple=True,
    type=parameter_type(setting_types.COUNTRY),
    metavar="COUNTRY",
    help="Limit to this country, by name or code. Repeatable.",
)
