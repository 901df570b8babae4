"""Looking up records with a real name server on loopback."""

from __future__ import annotations

import time

import pytest

from cmr_watch.doctor.name_server import NameServer, NamesUnavailable
from cmr_watch.exceptions import ConfigError
from tests.fakes.names import Zone, serve_names

LONG = "v=spf1 " + " ".join(f"ip4:192.0.2.{number}" for number in range(60)) + " -all"
ZONE: Zone = {
    ("watch.eu", "TXT"): [LONG, "something else"],
    ("watch.eu", "MX"): ["10 mx.watch.eu."],
    ("mx.watch.eu", "A"): ["192.0.2.1"],
}


def test_records_arrive_as_text_and_a_long_text_as_one() -> None:
    with serve_names(ZONE) as address:
        names = NameServer(address)

        assert sorted(names.records("watch.eu", "TXT")) == ["something else", LONG]
        assert names.records("watch.eu", "MX") == ("10 mx.watch.eu.",)
        assert names.records("mx.watch.eu", "A") == ("192.0.2.1",)


@pytest.mark.parametrize(
    "name", ["mx.watch.eu", "none.watch.eu", "a..b", "x" * 64 + ".eu", ".".join(["x" * 60] * 5), "é" * 70]
)
def test_what_does_not_exist_has_no_records(name: str) -> None:  # fmt: skip
    with serve_names(ZONE) as address:
        assert NameServer(address).records(name, "TXT") == ()


def test_a_question_is_asked_once() -> None:
    with serve_names(ZONE) as address:
        names = NameServer(address)
        first = names.records("watch.eu", "MX")
    assert names.records("watch.eu", "MX") == first, "the server is gone"


def test_a_silent_name_server_takes_limited_time() -> None:
    started = time.monotonic()
    with serve_names(ZONE, silent=True) as address:
        names = NameServer(address, deadline=0.5)
        with pytest.raises(NamesUnavailable, match="no name server answered in time"):
            names.records("watch.eu", "TXT")
        with pytest.raises(NamesUnavailable, match="the name servers took too long"):
            names.records("watch.eu", "MX")
    assert time.monotonic() - started < 4


def test_a_broken_name_server_is_no_answer() -> None:
    with serve_names(ZONE, broken=True) as address, pytest.raises(NamesUnavailable, match="knows an answer about"):
        NameServer(address).records("watch.eu", "TXT")


@pytest.mark.parametrize("address", ["dns.watch.eu", "9.9.9", "9.9.9.9:x", "", ":53"])
def test_a_name_server_is_given_by_its_address(address: str) -> None:
    with pytest.raises(ConfigError, match="is not the IP address of a name server"):
        NameServer(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "127.0.0.1:5353", "2620:fe::fe", "::1"])
def test_addresses_of_name_servers(address: str) -> None:
    NameServer(address)
