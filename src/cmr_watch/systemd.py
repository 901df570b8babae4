"""What systemd is told: that the service is ready, alive, stopping (sd_notify(3)). Without a socket, nobody."""

from __future__ import annotations

import socket
from contextlib import suppress


class Service:
    """The socket of a service manager, if there is one. A manager that does not listen is no trouble of ours."""

    def __init__(self, path: str | None) -> None:
        self._socket: socket.socket | None = None
        if path:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            with suppress(OSError):
                self._socket.connect("\0" + path[1:] if path.startswith("@") else path)

    def ready(self) -> None:
        """It works from now on."""
        self._say("READY=1")

    def alive(self) -> None:
        """It is still there: the watchdog need not bite."""
        self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """It ends in order."""
        self._say("STOPPING=1")

    def close(self) -> None:
        """Say no more."""
        if self._socket is not None:
            self._socket.close()

    def _say(self, what: str) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.send(what.encode())
