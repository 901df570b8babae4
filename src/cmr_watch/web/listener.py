"""A listening port that serves an ASGI application with uvicorn, in a thread of its own, with limits on its clients.

uvicorn limits neither how long a request may take to arrive nor how many connections are open: docs/adr/0019.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self, cast
from urllib.parse import unquote

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from cmr_watch.web.connections import Limits, Networks, OpenConnections
from cmr_watch.web.ports import BACKLOG, bind

DEFAULT_LIMITS: Final = Limits()
_MAX_HEAD: Final = 16_384
"""Bytes of a request's head, and of any part of its body that is kept."""
_PIECE: Final = 1_024
"""Bytes that are parsed at once: h11 limits what is incomplete, so a long head that came as one piece would pass."""
_QUEUE: Final = 4
"""Requests that are being answered, as a multiple of the connections: some clients may have gone. More get a 503."""
_TICK: Final = 1.0
"""Seconds between two looks at the clock, for the Date header."""
_ADDRESS: Final = re.compile(rb"https?://[^/]*", re.IGNORECASE)
_SEND_BUFFER: Final = 65_536
"""Bytes that the kernel takes over from each connection, which it doubles: enough for 2 MB a second in Europe."""
_STOP_SECONDS: Final = 2
"""How long requests may still be answered after the listener was closed."""
_SETTLE_SECONDS: Final = 0.01
"""After that, a connection that was accepted at the last moment is known."""


class Listener:
    """Listens until it is closed, on `HOST:PORT` or on a socket that other processes may share.

    ConfigError: `listen` cannot be used, for instance because the port is taken. `setting` is where it was set.
    """

    def __init__(
        self,
        listen: str | socket.socket,
        app: Any,
        setting: str,
        limits: Limits = DEFAULT_LIMITS,
        trusted: Networks = (),
    ) -> None:
        self._socket = bind(listen, setting) if isinstance(listen, str) else listen
        self._port = int(self._socket.getsockname()[1])
        self._server = _Server(_Config(app, limits, trusted))
        # A daemon thread, and with it the threads that it starts: one that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="web", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that is listened on, also when `listen` asked for any free one (port 0)."""
        return self._port

    @property
    def is_alive(self) -> bool:
        """Whether it still listens: a fault would have ended its thread."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop listening. What is being answered is finished, if that takes no more than two seconds."""
        self._server.stop()
        self._thread.join(_STOP_SECONDS + 1)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class _Server(uvicorn.Server):
    """Wakes up once a second, for the Date header, and when it is to stop: uvicorn does so ten times a second."""

    _loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), _TICK)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the connections: uvicorn leaves open those that it had accepted, but not begun to serve."""
        await super().shutdown(sockets)
        await asyncio.sleep(_SETTLE_SECONDS)
        for connection in list(self.server_state.connections):
            cast(_Connection, connection).transport.abort()
        await asyncio.sleep(0)  # it closes them in the next step

    def stop(self) -> None:
        """Stop serving. Called from another thread."""
        self.should_exit = True
        if self._loop:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._stopped.set)


class _Config(uvicorn.Config):
    """The configuration of uvicorn, with what all of its connections share."""

    def __init__(self, app: Any, limits: Limits, trusted: Networks) -> None:
        super().__init__(
            _PathOnly(app),
            loop="asyncio",
            http=_Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level=logging.ERROR,  # a client that sends nonsense is no event
            access_log=False,
            proxy_headers=False,
            server_header=False,
            headers=[("Server", "cmr-watch")],  # `doctor` knows us by it
            backlog=BACKLOG,
            limit_concurrency=_QUEUE * limits.connections,
            timeout_keep_alive=limits.idle_seconds,
            timeout_graceful_shutdown=_STOP_SECONDS,
            h11_max_incomplete_event_size=_MAX_HEAD,
        )
        self.limits = limits
        self.open_connections: OpenConnections[_Connection] = OpenConnections(limits, trusted)


class _PathOnly:
    """The application, for requests that name a whole address, which every server must accept (RFC 9112 §3.2.2)."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and (address := _ADDRESS.match(scope["raw_path"])):
            raw_path = scope["raw_path"][address.end() :] or b"/"
            scope = {**scope, "raw_path": raw_path, "path": unquote(raw_path.decode("ascii"))}
        await self._app(scope, receive, send)


class _Joining:
    """A transport that sends what is written one after the other at once: the head of a response with its body."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._pending: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send it with all that is written in this step of the event loop."""
        if not self._pending:
            self._loop.call_soon(self._flush)
        self._pending.append(data)

    def close(self) -> None:
        """Close the connection once everything was sent."""
        self._flush()
        self._transport.close()

    def get_write_buffer_size(self) -> int:
        """The bytes that were not sent yet."""
        return self._transport.get_write_buffer_size() + sum(map(len, self._pending))

    def _flush(self) -> None:
        pending, self._pending = self._pending, []
        if data := b"".join(pending):
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Connection(H11Protocol):
    """A connection that is dropped when a request takes too long, or when too many are open."""

    config: _Config
    _deadline: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Joining(transport, self.loop))  # type: ignore[arg-type]
        # the head and the body are written one after the other: otherwise the kernel would hold the body back until the
        # client has acknowledged the head, for 40 ms. asyncio does this only for sockets that name their protocol
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # a client that does not read must not fill the memory of the kernel: it would let the buffer grow to megabytes
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        transport.set_write_buffer_limits(high=_SEND_BUFFER // 4)
        self._start_request()
        surplus = self.config.open_connections.add(self, self.client[0] if self.client else "127.0.0.1")
        if surplus:
            surplus.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.cancel()
        self.config.open_connections.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_between_requests:
            self._deadline.cancel()
            self._start_request()
        for start in range(0, len(data), _PIECE):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + _PIECE])

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the connection of a client that has sent its request, and nothing more, until it is answered."""
        if self.is_waiting or self.cycle is None:
            return False
        self.cycle.keep_alive = False
        return True

    def _start_request(self) -> None:
        # at the end the connection is dropped, whichever side is late: closing it would wait for the client to read
        self._deadline = self.loop.call_later(self.config.limits.request_seconds, self.transport.abort)

    @property
    def is_waiting(self) -> bool:
        """Whether it is the client's turn: no complete request is being answered."""
        is_received = self.conn.their_state in (h11.DONE, h11.MUST_CLOSE)
        return not is_received or self.cycle is None or self.cycle.response_complete

    @property
    def _is_between_requests(self) -> bool:
        """Whether a response has been sent, and nothing of another request has arrived."""
        is_answered = self.cycle is not None and self.cycle.response_complete
        is_new = self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]
        return is_answered and is_new and not self.transport.get_write_buffer_size()
