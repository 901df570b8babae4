"""Which connection is closed for a new one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.web.connections import Limits, OpenConnections, client_of, network_of


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


def test_a_client_is_not_locked_out_by_a_neighbour_with_many_connections() -> None:
    neighbours = [Client("192.0.2.2") for _ in range(9)]
    reader, more = Client("192.0.2.1"), [Client("192.0.2.2") for _ in range(20)]
    closed = opened(Limits(per_network=5), *neighbours, reader, *more)
    assert reader not in closed
    assert [client for client in closed if client] == [*neighbours, *more[:-4]]


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


# ── the client behind a proxy ────────────────────────────────────────────────────────────────────────────────────

TRUSTED = (ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48"))
PROXIES = st.sampled_from(["127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3", "2001:db8:ffff::1"])
STRANGERS = st.sampled_from(["192.0.2.1", "198.51.100.9", "2001:db8::1", "::ffff:192.0.2.1"])
MADE_UP = st.one_of(PROXIES, STRANGERS, st.sampled_from(["", "unknown", "_x", "1.2.3", "203.0.113.1:80"]), st.text())


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.9", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("127.0.0.1", "203.0.113.1, 198.51.100.9", "198.51.100.9"),
        ("127.0.0.1", "203.0.113.1, 198.51.100.9, 10.1.2.3", "198.51.100.9"),
        ("127.0.0.1", "203.0.113.1, unknown", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.1, unknown, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
    ],
)
def test_the_client_is_the_one_that_the_outermost_trusted_proxy_names(peer: str, forwarded: str, client: str) -> None:
    assert client_of(peer, forwarded, TRUSTED) == client


@given(st.lists(MADE_UP), STRANGERS, st.lists(PROXIES, min_size=1))
def test_a_made_up_part_is_never_believed(made_up: list[str], client: str, proxies: list[str]) -> None:
    """Each proxy appends the address of its own client; the last proxy is the other end of the connection."""
    forwarded = ", ".join([*made_up, client, *proxies[:-1]])
    assert client_of(proxies[-1], forwarded, TRUSTED) == client


@given(st.lists(MADE_UP), STRANGERS)
def test_nothing_that_a_stranger_forwards_is_believed(made_up: list[str], client: str) -> None:
    assert client_of(client, ", ".join(made_up), TRUSTED) == client


@given(LIMITS)
def test_only_the_total_limits_a_trusted_proxy(limits: Limits) -> None:
    connections: OpenConnections[Client] = OpenConnections(limits, TRUSTED)
    proxies = [Client("10.1.2.3") for _ in range(limits.connections)]
    assert [connections.add(proxy, proxy.address) for proxy in proxies] == [None] * limits.connections
    assert connections.add(Client(), "192.0.2.1") is proxies[0]
