"""The dead man's switch: the URLs that each kind of monitor expects, and what the log says about failures."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from cmr_watch.exceptions import ConfigError
from cmr_watch.monitor.fetch import DeadMansSwitch
from tests.fakes.site import FakeSite

UUID = "/5f1c-secret"
PUSH = "/api/push/secret-token"


@pytest.fixture
def monitor() -> Iterator[FakeSite]:
    with FakeSite() as site:
        for path in (UUID, f"{UUID}/start", f"{UUID}/fail", PUSH):
            site.page(path, b"ok")
        yield site


def requested(monitor: FakeSite, path: str) -> list[str]:
    """The request targets that a failed check and a successful one produce."""
    switch = DeadMansSwitch(monitor.url(path))
    switch.started()
    switch.failed("site.example could not be reached")
    switch.started()
    switch.succeeded()
    return [request.path for request in monitor.requests]


def test_healthchecks(monitor: FakeSite) -> None:
    assert requested(monitor, UUID) == [f"{UUID}/start", f"{UUID}/fail", f"{UUID}/start", UUID]


def test_a_query_stays_behind_the_suffix(monitor: FakeSite) -> None:
    assert requested(monitor, f"{UUID}?rid=7")[:2] == [f"{UUID}/start?rid=7", f"{UUID}/fail?rid=7"]


@pytest.mark.parametrize("query", ["?status=up&msg=OK&ping=", ""])
def test_uptime_kuma(monitor: FakeSite, query: str) -> None:
    rest = {"ping": [""]} if query else {}
    down, up = map(urlsplit, requested(monitor, PUSH + query))
    assert (down.path, up.path) == (PUSH, PUSH)
    reason = "site.example could not be reached"
    assert parse_qs(down.query, keep_blank_values=True) == {"status": ["down"], "msg": [reason], **rest}
    assert parse_qs(up.query, keep_blank_values=True) == {"status": ["up"], "msg": ["OK"], **rest}


def test_a_signal_that_the_monitor_does_not_support_is_sent_once(
    monitor: FakeSite, caplog: pytest.LogCaptureFixture
) -> None:
    monitor.remove(f"{UUID}/start")
    monitor.fail(f"{UUID}/fail", 405)
    switch = DeadMansSwitch(monitor.url(UUID))
    with caplog.at_level(logging.INFO, "cmr_watch"):
        for _ in range(3):
            switch.started()
            switch.failed("")
            switch.succeeded()
    assert monitor.paths() == [f"{UUID}/start", f"{UUID}/fail", UUID, UUID, UUID]
    assert [record.levelname for record in caplog.records] == ["INFO", "INFO"]
    assert caplog.messages[0] == "the dead man's switch at 127.0.0.1 does not support /start, so it is not sent"


@pytest.mark.parametrize("path", [UUID, PUSH + "?status=up&msg=OK"])
@pytest.mark.parametrize(("status", "name"), [(404, "404 Not Found"), (503, "503 Service Unavailable")])
def test_an_error_is_logged_with_its_status_and_without_the_url(
    monitor: FakeSite, caplog: pytest.LogCaptureFixture, path: str, status: int, name: str
) -> None:
    monitor.fail(path, status)
    DeadMansSwitch(monitor.url(path)).succeeded()
    assert caplog.messages == [f"the dead man's switch at 127.0.0.1 returned {name}"]


def test_a_monitor_that_cannot_be_reached(caplog: pytest.LogCaptureFixture) -> None:
    with FakeSite() as site:
        url = site.url(UUID)
    DeadMansSwitch(url.replace("://", "://user:word@")).succeeded()
    assert caplog.messages == ["the dead man's switch at 127.0.0.1 could not be reached (ConnectError)"]


def test_an_invalid_url() -> None:
    with pytest.raises(ConfigError, match=r"^\[daemon\] ping: is not a valid URL$"):
        DeadMansSwitch("https://ho st\x00/")
