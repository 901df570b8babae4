"""The network backend of httpcore: host names, sockets and TLS, with deadlines and clear error messages.

- A host name is resolved once, the addresses are checked, and the socket connects to a checked address. A DNS server
  therefore cannot pass the check with a public address and then send the socket to 127.0.0.1 (DNS rebinding). TLS and
  the Host header still use the name.
- One deadline covers everything from the DNS query to the last byte, so a server that sends one byte at a time is cut
  off.
- Through the proxy that is configured, only addresses that are written out can be checked: the proxy resolves names,
  and decides which hosts can be reached. Proxies from the environment are ignored, so that none is used by accident.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore

from cmr_watch.exceptions import FetchError
from cmr_watch.monitor.fetch.errors import TransientError, printable
from cmr_watch.monitor.fetch.ip_addresses import Resolve, is_ip_address, is_public
from cmr_watch.monitor.fetch.response_head import HeadFilter
from cmr_watch.monitor.fetch.settings import FetchSettings

_CERTIFICATE_ERRORS = {  # X509_V_ERR_…: https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
    9: "not valid yet",
    10: "expired",
    18: "self-signed",
    19: "issued by an untrusted authority",
    20: "issued by an unknown authority",
    62: "issued for another host name",
    64: "issued for another IP address",
}


class Exchange:
    """One request and its response: the time that is left, and how much has been received.

    `seconds` are left now; `total` is the limit that messages name.
    """

    def __init__(self, seconds: float, total: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._total = total
        self.received = 0
        self.closed_by_server = False

    def time_left(self, host: str) -> float:
        """Seconds until the deadline. Raises FetchError once it has passed."""
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise self.timeout_error(host)
        return seconds

    def has_expired(self) -> bool:
        return time.monotonic() >= self._deadline

    def timeout_error(self, host: str) -> FetchError:
        if not self.received:
            return TransientError(f"{host} did not respond within {self._total:g} seconds")
        return FetchError(f"{host} sent its response too slowly; gave up after {self._total:g} seconds")


class Connections(httpcore.NetworkBackend):
    """Opens connections for httpcore. `exchange` is the current request; there is only one at a time."""

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
        name = _display_name(host, port)
        addresses = self._addresses(name, host, port)
        deadline = time.monotonic() + self.settings.connect_timeout
        last_error: Exception | None = None
        for tried, address in enumerate(addresses):
            # an equal share for each address that is left, so that a dead one leaves time for the next
            share = (deadline - time.monotonic()) / (len(addresses) - tried)
            try:
                stream = self._sockets.connect_tcp(address, port, min(max(share, 0.01), self.exchange.time_left(name)))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last_error = error
            else:
                return _Connection(stream, self, name, host)
        raise self._connect_error(name, last_error) from last_error

    def check_behind_proxy(self, host: str, port: int) -> None:
        """Raise FetchError if a host that the proxy is to connect to is a private IP address, and those are refused."""
        address = host.strip("[]")
        if not self.settings.private_addresses and is_ip_address(address) and not is_public(address):
            raise _private_address_error(_display_name(address, port))

    def _connect_error(self, name: str, error: Exception | None) -> FetchError:
        if self.exchange.has_expired():
            return self.exchange.timeout_error(name)
        if isinstance(error, httpcore.ConnectTimeout):
            return TransientError(f"{name} could not be reached within {self.settings.connect_timeout:g} seconds")
        if isinstance(error and error.__cause__, ConnectionRefusedError):
            return TransientError(f"{name} refused the connection")
        return TransientError(f"{name} could not be reached ({_reason(error)})")

    def _addresses(self, name: str, host: str, port: int) -> Sequence[str]:
        """The addresses to connect to. Raises FetchError if all of them are private and private ones are refused."""
        addresses = (host,) if is_ip_address(host) else self._resolve_in_time(name, host, port)
        if self.settings.private_addresses or self.settings.proxy:  # the proxy itself is often on a private address
            return addresses
        public = [address for address in addresses if is_public(address)]
        if addresses and not public:
            subject = name if is_ip_address(host) else f"{name} resolves to {addresses[0]}, which"
            raise _private_address_error(subject)
        return public

    def _resolve_in_time(self, name: str, host: str, port: int) -> Sequence[str]:
        """Resolve in a separate thread, because the system's resolver has no timeout."""
        results: list[Sequence[str] | Exception] = []

        def run() -> None:
            try:
                results.append(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                results.append(error)

        thread = threading.Thread(target=run, name=f"resolve {host}", daemon=True)
        thread.start()
        thread.join(min(self.settings.connect_timeout, self.exchange.time_left(name)))
        result = results[0] if results else TimeoutError("the DNS server did not respond")
        if isinstance(result, Exception) or not result:
            error = result if isinstance(result, Exception) else None
            raise TransientError(f"{name} cannot be resolved ({_reason(error)})") from error
        return result


class _Connection(httpcore.NetworkStream):
    """A connection on which every operation respects the exchange's deadline."""

    def __init__(self, stream: httpcore.NetworkStream, connections: Connections, name: str, host: str) -> None:
        self._stream = stream
        self._host = host
        self._connections = connections
        self._name = name
        self._head = HeadFilter()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes of the response, whose head is passed on as a whole; empty at the end of the connection."""
        while True:
            data = self._receive(max_bytes)
            ready = self._head.feed(data)
            if ready or not data:
                return ready

    def _receive(self, max_bytes: int) -> bytes:
        exchange = self._connections.exchange
        read_timeout = self._connections.settings.read_timeout
        try:
            data = self._stream.read(max_bytes, min(read_timeout, exchange.time_left(self._name)))
        except httpcore.ReadTimeout as error:
            if exchange.has_expired():
                raise exchange.timeout_error(self._name) from error
            raise TransientError(f"{self._name} sent no data for {read_timeout:g} seconds") from error
        except httpcore.ReadError as error:
            raise TransientError(f"{self._name} closed the connection unexpectedly ({_reason(error)})") from error
        exchange.received += len(data)
        exchange.closed_by_server = not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._head = HeadFilter()
        seconds = min(self._connections.settings.read_timeout, self._connections.exchange.time_left(self._name))
        try:
            self._stream.write(buffer, seconds)
        except httpcore.WriteTimeout as error:
            raise TransientError(f"{self._name} did not accept the request") from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        host = server_hostname or self._host
        name = self._name if host == self._host else printable(host)  # the site behind a proxy
        connect_timeout = self._connections.settings.connect_timeout
        seconds = min(connect_timeout, self._connections.exchange.time_left(name))
        try:
            stream = self._stream.start_tls(ssl_context, server_hostname, seconds)
        except httpcore.ConnectTimeout as error:
            message = f"{name} did not complete the TLS handshake within {connect_timeout:g} seconds"
            raise TransientError(message) from error
        except httpcore.ConnectError as error:
            raise _tls_error(name, error.__cause__) from error
        return _Connection(stream, self._connections, name, host)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _private_address_error(subject: str) -> FetchError:
    return FetchError(f"{subject} is not a public address; private addresses are not allowed")


def _tls_error(name: str, cause: BaseException | None) -> FetchError:
    if isinstance(cause, ssl.SSLCertVerificationError):
        problem = _CERTIFICATE_ERRORS.get(cause.verify_code) or printable(cause.verify_message)
        return FetchError(f"{name} presents an invalid certificate ({problem})")
    return TransientError(f"the TLS handshake with {name} failed ({_reason(cause)})")


def _reason(error: BaseException | None) -> str:
    """The cause of an error in the words of the operating system or of OpenSSL."""
    cause = error.__cause__ if error is not None and isinstance(error.__cause__, OSError) else error
    if isinstance(cause, ssl.SSLError) and cause.reason:
        return printable(cause.reason.replace("_", " ").lower())
    text = cause.strerror if isinstance(cause, OSError) else None
    return printable(text or str(cause or "") or "unknown reason")


def _display_name(host: str, port: int) -> str:
    """The host for messages, with its port unless that is 80 or 443."""
    display_host = f"[{host}]" if ":" in host else host
    return printable(display_host if port in (80, 443) else f"{display_host}:{port}")
