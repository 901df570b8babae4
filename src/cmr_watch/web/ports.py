"""Ports to listen on. They are bound before what serves them is loaded; until then, the kernel lets clients wait."""

from __future__ import annotations

import os
import socket
from typing import Final

from cmr_watch.exceptions import ConfigError

BACKLOG: Final = 128
"""Connections that the kernel accepts for us; as many are taken over at once, beyond the limits for a moment."""


def bind(listen: str, setting: str) -> socket.socket:
    """A socket that listens on `HOST:PORT`. ConfigError if that is not possible; `setting` is where it was set."""
    host, _, port = listen.rpartition(":")
    try:
        family, _, _, _, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0]
        bound = socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as error:  # of a socket that cannot be bound, its text also names the address
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise ConfigError(f"{setting}: cannot listen on {listen}: {reason}") from error
    # `dup` passes this on: a copy that blocks would make all others block too, those of other processes as well
    bound.setblocking(False)
    return bound
