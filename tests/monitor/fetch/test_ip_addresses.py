"""Public and private IP addresses, and name resolution."""

from __future__ import annotations

import pytest

from cmr_watch.monitor.fetch.ip_addresses import is_ip_address, is_public, resolve


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "52.59.10.7",
        "2a00:1450:4001:81b::200e",
        "::ffff:1.1.1.1",  # mapped
        "2002:0101:0101::1",  # 6to4
        "64:ff9b::1.1.1.1",  # NAT64
    ],
)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",  # the metadata service of cloud providers
        "172.16.0.1",
        "172.31.255.255",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::",
        "64:ff9b::127.0.0.1",
        "64:ff9b:1::1.1.1.1",
        "2001::1",
        "2001:db8::1",
        "fc00::1",
        "fd00::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(address)


def test_names_are_not_ip_addresses() -> None:
    assert is_ip_address("127.0.0.1")
    assert is_ip_address("::1")
    assert not is_ip_address("localhost")
    assert not is_ip_address("2130706433")  # a name; the address that the system resolves it to is checked afterwards
    assert not is_public(resolve("2130706433", 80)[0])


def test_resolve_returns_each_address_once() -> None:
    addresses = resolve("localhost", 80)
    assert addresses
    assert len(set(addresses)) == len(addresses)
    assert not any(map(is_public, addresses))
