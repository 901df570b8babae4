"""The sockets. Every line is opened, spoken on and given up here, with a reason in plain words.

- A name is looked up once, and the line goes to an address that this look-up gave and that was judged: nobody can
  answer “public” to the judge and “127.0.0.1” to the socket (DNS rebinding). TLS and the Host header keep the name.
- One deadline counts for everything from the look-up to the last byte: a server that drips is dropped.
- No proxy of the environment is used: behind one, neither of the above could be kept.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore

from cmr_watch.exceptions import FetchError
from cmr_watch.monitor.fetch.errors import TransientError, shown
from cmr_watch.monitor.fetch.ip_addresses import Resolve, is_address, is_public
from cmr_watch.monitor.fetch.settings import FetchSettings

_CERTIFICATE_FAULTS = {  # X509_V_ERR_…: https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
    9: "is not valid yet",
    10: "has expired",
    18: "is signed by itself",
    19: "is signed by an authority that this machine does not trust",
    20: "is signed by an authority that this machine does not know",
    62: "is for another name",
    64: "is for another address",
}


class Exchange:
    """One question and its answer: how long it may take, and what has come so far."""

    def __init__(self, seconds: float, whole: float) -> None:
        self._ends = time.monotonic() + seconds
        self._whole = whole
        self.received = 0
        self.ended = False

    def left(self, host: str) -> float:
        """The seconds left; raises when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise self.late(host)
        return left

    def is_over(self) -> bool:
        return time.monotonic() >= self._ends

    def late(self, host: str) -> FetchError:
        if not self.received:
            return TransientError(f"{host} did not answer within {self._whole:g} seconds")
        return FetchError(f"{host} sent its answer too slowly: dropped after {self._whole:g} seconds")


class Connections(httpcore.NetworkBackend):
    """Opens lines for httpcore. `exchange` is what is going on now: one at a time."""

    def __init__(
        self, settings: FetchSettings, resolve: Resolve, sockets: httpcore.NetworkBackend | None = None
    ) -> None:
        self.settings = settings
        self._resolve = resolve
        self._sockets = sockets or httpcore.SyncBackend()
        self.exchange = Exchange(settings.deadline, settings.deadline)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        name = _name(host, port)
        addresses = self._addresses(name, host, port)
        ends = time.monotonic() + self.settings.connect_timeout
        trouble: Exception | None = None
        for tried, address in enumerate(addresses):
            share = (ends - time.monotonic()) / (len(addresses) - tried)  # a dead address leaves time for the next
            try:
                stream = self._sockets.connect_tcp(address, port, min(max(share, 0.01), self.exchange.left(name)))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
            else:
                return _Line(stream, self, name)
        raise self._no_line(name, trouble) from trouble

    def _no_line(self, name: str, trouble: Exception | None) -> FetchError:
        if self.exchange.is_over():
            return self.exchange.late(name)
        if isinstance(trouble, httpcore.ConnectTimeout):
            return TransientError(f"{name} could not be reached within {self.settings.connect_timeout:g} seconds")
        if isinstance(trouble and trouble.__cause__, ConnectionRefusedError):
            return TransientError(f"{name} refused the connection")
        return TransientError(f"{name} could not be reached ({_reason(trouble)})")

    def _addresses(self, name: str, host: str, port: int) -> Sequence[str]:
        found = (host,) if is_address(host) else self._look_up(name, host, port)
        if self.settings.private_addresses:
            return found
        public = [address for address in found if is_public(address)]
        if found and not public:
            raise FetchError(f"{name} is at {found[0]}, which is not a public address: refused")
        return public

    def _look_up(self, name: str, host: str, port: int) -> Sequence[str]:
        """In a thread of its own: the system's resolver knows no time limit."""
        found: list[Sequence[str] | Exception] = []

        def ask() -> None:
            try:
                found.append(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                found.append(error)

        thread = threading.Thread(target=ask, name=f"look up {host}", daemon=True)
        thread.start()
        thread.join(min(self.settings.connect_timeout, self.exchange.left(name)))
        answer = found[0] if found else TimeoutError("the name server does not answer")
        if isinstance(answer, Exception) or not answer:
            trouble = answer if isinstance(answer, Exception) else None
            raise TransientError(
                f"{name} could not be found: its name does not resolve ({_reason(trouble)})"
            ) from trouble
        return answer


class _Line(httpcore.NetworkStream):
    """A line whose every step ends with the exchange's deadline."""

    def __init__(self, stream: httpcore.NetworkStream, lines: Connections, name: str) -> None:
        self._stream = stream
        self._lines = lines
        self._name = name

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        exchange = self._lines.exchange
        patience = self._lines.settings.read_timeout
        try:
            data = self._stream.read(max_bytes, min(patience, exchange.left(self._name)))
        except httpcore.ReadTimeout as error:
            if exchange.is_over():
                raise exchange.late(self._name) from error
            raise TransientError(f"{self._name} was silent for {patience:g} seconds") from error
        except httpcore.ReadError as error:
            raise TransientError(f"{self._name} broke the connection off ({_reason(error)})") from error
        exchange.received += len(data)
        exchange.ended = not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._stream.write(buffer, min(self._lines.settings.read_timeout, self._lines.exchange.left(self._name)))
        except httpcore.WriteTimeout as error:
            raise TransientError(f"{self._name} does not take the question") from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        patience = self._lines.settings.connect_timeout
        left = min(patience, self._lines.exchange.left(self._name))
        try:
            return _Line(self._stream.start_tls(ssl_context, server_hostname, left), self._lines, self._name)
        except httpcore.ConnectTimeout as error:
            words = f"{self._name} did not agree on a secure connection within {patience:g} seconds"
            raise TransientError(words) from error
        except httpcore.ConnectError as error:
            raise _no_tls(self._name, error.__cause__) from error

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _no_tls(name: str, cause: BaseException | None) -> FetchError:
    if isinstance(cause, ssl.SSLCertVerificationError):
        fault = _CERTIFICATE_FAULTS.get(cause.verify_code, f"is not valid ({shown(cause.verify_message)})")
        return FetchError(f"the TLS certificate of {name} {fault}")
    return TransientError(f"no secure connection to {name} could be made ({_reason(cause)})")


def _reason(error: BaseException | None) -> str:
    cause = error.__cause__ if error is not None and isinstance(error.__cause__, OSError) else error
    if isinstance(cause, ssl.SSLError) and cause.reason:
        return shown(cause.reason.replace("_", " ").lower())
    words = cause.strerror if isinstance(cause, OSError) else None
    return shown(words or str(cause or "") or "no reason given")


def _name(host: str, port: int) -> str:
    shown_host = f"[{host}]" if ":" in host else host
    return shown(shown_host if port in (80, 443) else f"{shown_host}:{port}")
