"""`cmr-watch health`"""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from typing import Final

import click

from cmr_watch.cli.context import load_settings
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import FAILED, FINE, complain, line, plain
from cmr_watch.exceptions import ConfigError

_TIMEOUT: Final = 5.0  # seconds
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # whoever listens everywhere is asked here


@click.command()
@config_option
@click.option("--data", is_flag=True, help="Ask also whether what it knows is fresh: for monitoring, not for restarts.")
def command(data: bool) -> int:
    """Ask the running daemon whether it lives and can work; exit 1 when not.

    For a container's HEALTHCHECK. With --data also whether the last good reading is fresh and nothing waits in the
    outbox: a restart mends neither.

    \b
    Example:
      cmr-watch health --data
    """
    listen = load_settings().daemon.listen
    if not listen:
        raise ConfigError("[daemon] listen is empty: there is nobody to ask")
    problems = [
        found for path in ("/livez", "/readyz", *(["/healthz"] if data else [])) for found in _ask(listen, path)
    ]
    for problem in dict.fromkeys(problems):
        complain(plain(problem))
    if not problems:
        line("ok")
    return FAILED if problems else FINE


def _ask(listen: str, path: str) -> list[str]:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    connection = HTTPConnection(_ANYWHERE.get(host, host), int(port), timeout=_TIMEOUT)
    try:
        connection.request("GET", path)
        return [str(problem) for problem in json.loads(connection.getresponse().read(65_536))["problems"]]
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        return [f"{listen} does not answer: {getattr(error, 'strerror', None) or type(error).__name__}"]
    finally:
        connection.close()
