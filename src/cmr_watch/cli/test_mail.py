"""`cmr-watch test-mail`"""

from __future__ import annotations

import click

from cmr_watch.cli.arguments import address_argument
from cmr_watch.cli.context import clock, load_settings
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import print_line
from cmr_watch.log import redact_address
from cmr_watch.notify.message_settings import send_test_message


@click.command()
@config_option
@address_argument
def command(address: str) -> None:
    """Send a test message to ADDRESS, an e-mail address or an Apprise URL, immediately.

    \b
    Example:
      cmr-watch test-mail anna@example.eu
    """
    send_test_message(load_settings(), address, clock)
    server = "service" if "://" in address else "mail server"
    print_line(f"The {server} accepted the test message to {redact_address(address)}.")
