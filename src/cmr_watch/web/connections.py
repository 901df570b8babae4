"""Which connections may stay open. Pure.

A client that opens hundreds of connections, and sends a byte now and then, must not lock anyone out, not even
itself, since monitoring may come from the same host. Refusing new connections would do that. So the newest one is
always accepted, and an old one is closed for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Generic, Protocol, TypeVar

Networks = Sequence[IPv4Network | IPv6Network]

_PREFIXES: Final = {4: 24, 6: 56}
"""The bits of an address that name the network of one customer or organisation, by IP version."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the clients of a listener may use.

    - `connections`: the number that is open at a time. Far below 1024, the usual limit of open files in a process.
    - `per_network`: the same, from one network: a /24 of IPv4, a /56 of IPv6.
    - `request_seconds`: how long one request may take, from its first byte until its response has been sent. For the
      first one of a connection, from when it was opened.
    - `idle_seconds`: how long a connection stays open between two requests.
    """

    connections: int = 64
    per_network: int = 32
    request_seconds: float = 10.0
    idle_seconds: int = 5


class Connection(Protocol):
    """An open connection."""

    @property
    def is_waiting(self) -> bool:
        """Whether it is the client's turn: no complete request is being answered."""


C = TypeVar("C", bound=Connection)


class OpenConnections(Generic[C]):
    """The open connections of a listener. One of `trusted` networks may have any number: its clients share it."""

    def __init__(self, limits: Limits, trusted: Networks = ()) -> None:
        self._limits = limits
        self._trusted = trusted
        self._origins: dict[C, _Origin] = {}  # oldest first

    def add(self, connection: C, address: str) -> C | None:
        """Add a connection from an IP address. Returns the one to close for it, if there are too many."""
        network = network_of(address)
        counts = Counter(origin.network for origin in self._origins.values())
        surplus = None
        if counts[network] >= self._limits.per_network and not is_in(address, self._trusted):
            surplus = self._surplus(network)
        elif counts.total() >= self._limits.connections:
            surplus = self._surplus(counts.most_common(1)[0][0])
        if surplus is not None:
            self.remove(surplus)
        self._origins[connection] = _Origin(network, address)
        return surplus

    def remove(self, connection: C) -> None:
        """Forget a connection that was closed."""
        self._origins.pop(connection, None)

    def _surplus(self, network: str) -> C:
        """The connection from the network that is closed first.

        One that waits for its client, if there is one; of these, one from the address that has most of them, so that a
        client is not locked out by a neighbour; of these, the oldest one.
        """
        candidates = [connection for connection, origin in self._origins.items() if origin.network == network]
        waiting = [connection for connection in candidates if connection.is_waiting] or candidates
        counts = Counter(self._origins[connection].address for connection in waiting)
        address = counts.most_common(1)[0][0]
        return next(connection for connection in waiting if self._origins[connection].address == address)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a connection comes from."""

    network: str
    address: str


def network_of(address: str) -> str:
    """The network that an IP address belongs to."""
    ip = _ip(address)
    return str(ip_network(f"{ip}/{_PREFIXES[ip.version]}", strict=False))


def is_in(address: str, networks: Networks) -> bool:
    """Whether an IP address belongs to one of these networks."""
    return any(_ip(address) in network for network in networks)


def client_of(peer: str, forwarded: str, trusted: Networks) -> str:
    """The IP address of the client: that of the other end of the connection, unless it is a trusted proxy.

    `forwarded`: X-Forwarded-For, to which each proxy appends the address of its own client. So it is read from the
    right, up to the first address that is not a trusted proxy's; anything before that may be forged.
    """
    for address in (peer, *reversed(forwarded.split(","))):
        try:
            if not is_in(address.strip(), trusted):
                return address.strip()
        except ValueError:  # not an address: nothing before it can be believed
            break
        peer = address.strip()
    return peer


def _ip(address: str) -> IPv4Address | IPv6Address:
    """The address; an IPv4 address may be mapped to IPv6 (RFC 4291 §2.5.5.2)."""
    ip = ip_address(address.partition("%")[0])
    return ip.ipv4_mapped if isinstance(ip, IPv6Address) and ip.ipv4_mapped else ip
