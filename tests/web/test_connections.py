"""Which connection is closed for a new one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.web.connections import Limits, OpenConnections, network_of


@dataclass(eq=False)
class Client:
    address: str = "192.0.2.1"
    is_waiting: bool = True


def opened(limits: Limits, *clients: Client) -> list[Client | None]:
    """The connections that are closed for each of the clients."""
    connections: OpenConnections[Client] = OpenConnections(limits)
    return [connections.add(client, client.address) for client in clients]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2ff::1", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
    ],
)
def test_networks(address: str, network: str) -> None:
    assert network_of(address) == network


def test_the_oldest_connection_of_a_network_is_closed_for_its_next_one() -> None:
    other, first, second, third = Client("198.51.100.1"), Client(), Client("192.0.2.2"), Client("192.0.2.3")
    assert opened(Limits(connections=9, per_network=2), other, first, second, third) == [None, None, None, first]


def test_beyond_all_limits_the_network_with_the_most_connections_loses_one() -> None:
    other, first, second, new = Client("198.51.100.1"), Client(), Client(), Client("203.0.113.1")
    assert opened(Limits(connections=3, per_network=3), other, first, second, new) == [None, None, None, first]


def test_a_connection_whose_request_is_being_answered_is_closed_last() -> None:
    busy, waiting = Client(is_waiting=False), Client()
    assert opened(Limits(per_network=2), busy, waiting, Client()) == [None, None, waiting]
    assert opened(Limits(per_network=1), busy, waiting) == [None, busy]


ADDRESSES = st.sampled_from(["192.0.2.1", "192.0.2.9", "198.51.100.1", "203.0.113.1", "2001:db8::1"])
CLIENTS = st.lists(st.builds(Client, ADDRESSES, st.booleans()), max_size=60)
LIMITS = st.builds(Limits, connections=st.integers(1, 12), per_network=st.integers(1, 12))


@given(CLIENTS, LIMITS)
def test_the_newest_is_always_accepted_and_no_limit_is_exceeded(clients: list[Client], limits: Limits) -> None:
    connections: OpenConnections[Client] = OpenConnections(limits)
    still_open: list[Client] = []
    for client in clients:
        closed = connections.add(client, client.address)
        assert closed is not client
        if closed:
            still_open.remove(closed)
        still_open.append(client)
        counts = Counter(network_of(one.address) for one in still_open)
        assert len(still_open) <= limits.connections
        assert max(counts.values()) <= limits.per_network
    assert clients[-1:] == still_open[-1:]
