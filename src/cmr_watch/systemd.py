"""Notifies systemd that the service is ready, alive or stopping (sd_notify(3))."""

from __future__ import annotations

import socket
from contextlib import suppress


class Service:
    """The notification socket of a service manager.

    Does nothing if `path` is None. A failed notification is ignored: it must not stop the service.
    """

    def __init__(self, path: str | None) -> None:
        self._socket: socket.socket | None = None
        if path:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            with suppress(OSError):
                # a leading "@" represents the NUL byte of an abstract socket (sd_notify(3))
                self._socket.connect("\0" + path[1:] if path.startswith("@") else path)

    def ready(self) -> None:
        """Notify that start-up is complete."""
        self._send("READY=1")

    def alive(self) -> None:
        """Reset the watchdog timer."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Notify that the service is shutting down."""
        self._send("STOPPING=1")

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()

    def _send(self, state: str) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.send(state.encode())
