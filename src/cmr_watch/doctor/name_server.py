"""Looks up records in the DNS, within a limited time."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from cmr_watch.exceptions import CmrWatchError, ConfigError

if TYPE_CHECKING:
    from dns.resolver import Resolver

Kind = Literal["TXT", "MX", "A", "AAAA", "NS"]
_PORT: Final = 53
_QUERY: Final = 5.0  # seconds for one question, asked again within them if the answer does not come
_DEADLINE: Final = 20.0  # seconds for all questions of one NameServer
_MOST: Final = 50  # records; no mail domain needs more
_LONGEST: Final = 4096  # characters of a record


class NamesUnavailable(CmrWatchError):
    """The DNS gave no answer; the message says why."""


class Names(Protocol):
    """Where records are looked up."""

    def records(self, name: str, kind: Kind) -> tuple[str, ...]:
        """The records as text, such as "10 mx.example.org." for MX; none if there are none, or there is no such name.

        Raises NamesUnavailable.
        """


class NameServer:
    """The name servers of this machine, or the one at `address`: an IP address, or "address:port" for IPv4.

    Raises ConfigError if it is neither.
    """

    def __init__(self, address: str | None = None, deadline: float = _DEADLINE) -> None:
        self._host: str | None = None
        self._port = _PORT
        if address is not None:
            self._host, self._port = _host_and_port(address)
        self._ends_at = time.monotonic() + deadline
        self._resolver: Resolver | None = None
        self._known: dict[tuple[str, Kind], tuple[str, ...]] = {}

    def records(self, name: str, kind: Kind) -> tuple[str, ...]:
        """See Names."""
        if (name, kind) not in self._known:
            self._known[name, kind] = self._asked(name, kind)
        return self._known[name, kind]

    def _asked(self, name: str, kind: Kind) -> tuple[str, ...]:
        import dns.exception
        import dns.name
        import dns.resolver

        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise NamesUnavailable("the name servers took too long")
        try:
            question = dns.name.from_text(name)
        except (dns.exception.DNSException, UnicodeError):  # records of other domains may name anything
            return ()
        try:
            answer = self._opened().resolve(
                question, kind, lifetime=min(left, _QUERY), raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN:
            return ()
        except (dns.exception.DNSException, OSError) as error:
            raise NamesUnavailable(_why(error, name)) from error
        return tuple(_text(record)[:_LONGEST] for record in _first(answer.rrset or ()))

    def _opened(self) -> Resolver:
        if self._resolver is None:
            self._resolver = _resolver(self._host, self._port)
        return self._resolver


def _resolver(host: str | None, port: int) -> Resolver:
    import dns.resolver

    if host is None:
        return dns.resolver.Resolver()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [host]
    resolver.port = port
    return resolver


def _host_and_port(address: str) -> tuple[str, int]:
    """The parts of an IP address, or of "127.0.0.1:5353". Raises ConfigError."""
    host, colon, port = address.rpartition(":")
    has_port = bool(colon) and ":" not in host  # an IPv6 address has more colons
    try:
        parts = (host, int(port)) if has_port else (address, _PORT)
        ipaddress.ip_address(parts[0])
    except ValueError:
        raise ConfigError(f"{address!r} is not the IP address of a name server") from None
    return parts


def _why(error: Exception, name: str) -> str:
    import dns.exception
    import dns.resolver

    if isinstance(error, dns.resolver.NoResolverConfiguration):
        return "this machine has no name server"
    if isinstance(error, dns.exception.Timeout):
        return "no name server answered in time"
    return f"no name server knows an answer about {name}"


def _first(records: Iterable[Any]) -> list[Any]:
    return [record for _, record in zip(range(_MOST), records, strict=False)]


def _text(record: Any) -> str:
    strings = getattr(record, "strings", None)  # of TXT: they are one text (RFC 7208 §3.3)
    if strings is not None:
        return b"".join(strings).decode("utf-8", "replace")
    return str(record.to_text())
