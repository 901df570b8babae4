"""`cmr-watch health`"""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from typing import Final

import click

from cmr_watch.cli.context import load_settings
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import FAILED, OK, print_error, print_line, printable
from cmr_watch.exceptions import ConfigError

_TIMEOUT: Final = 5.0  # seconds
_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # loopback, if it listens on all interfaces


@click.command()
@config_option
@click.option("--data", is_flag=True, help="Also check that data is fresh and messages go out.")
def command(data: bool) -> int:
    """Check that the daemon is alive and ready; exit 1 if not.

    Suitable for a container's HEALTHCHECK. --data also checks that the last successful reading is recent and that no
    message is overdue. Use that for monitoring only: a restart fixes neither.

    \b
    Example:
      cmr-watch health --data
    """
    listen = load_settings().daemon.listen
    if not listen:
        raise ConfigError("the health endpoints are disabled: [daemon] listen is empty")
    paths = ["/livez", "/readyz", *(["/healthz"] if data else [])]
    problems = [problem for path in paths for problem in _problems(listen, path)]
    for problem in dict.fromkeys(problems):
        print_error(printable(problem))
    if not problems:
        print_line("ok")
    return FAILED if problems else OK


def _problems(listen: str, path: str) -> list[str]:
    """The problems that an endpoint reports; the only one is the error if it cannot be queried."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    connection = HTTPConnection(_LOOPBACK.get(host, host), int(port), timeout=_TIMEOUT)
    try:
        connection.request("GET", path)
        return [str(problem) for problem in json.loads(connection.getresponse().read(65_536))["problems"]]
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        return [f"no response from {listen}: {getattr(error, 'strerror', None) or type(error).__name__}"]
    finally:
        connection.close()
