"""The site beside the daemon: it fails alone, and is started again."""

from __future__ import annotations

import socket
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cmr_watch.config import Settings, WebSection
from cmr_watch.exceptions import ConfigError
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import Incidents
from cmr_watch.web.public.server import SiteServer

SETTINGS = replace(Settings(), web=WebSection(listen="127.0.0.1:0"))


@dataclass
class FakeListener:
    """A listener that a test can let die."""

    is_alive: bool = True
    port: int = 1

    def close(self) -> None:
        self.is_alive = False


class Ports:
    """Opens fake listeners; while `is_taken`, the port cannot be used."""

    def __init__(self) -> None:
        self.opened: list[FakeListener] = []
        self.is_taken = False

    def open(self, *_: Any) -> Any:
        if self.is_taken:
            raise ConfigError("[web] listen: cannot listen on 127.0.0.1:0: Address already in use")
        self.opened.append(FakeListener())
        return self.opened[-1]


def now() -> datetime:
    return datetime(2026, 11, 28, tzinfo=UTC)


def test_a_site_that_has_failed_is_started_again_and_the_operator_is_told(database: Database) -> None:
    ports = Ports()
    site = SiteServer(SETTINGS, database, now, open_listener=ports.open)
    site.tend()
    assert len(ports.opened) == 1
    assert Incidents(database).unnotified() == ()
    ports.opened[0].is_alive, ports.is_taken = False, True
    site.tend()
    site.tend()
    [open_] = Incidents(database).unresolved()
    assert (open_.kind, open_.resolved_at) == ("site-failed", None)
    ports.is_taken = False
    site.tend()
    assert len(ports.opened) == 2
    assert Incidents(database).unresolved() == ()
    site.tend()
    assert len(ports.opened) == 2
    site.close()
    assert not ports.opened[-1].is_alive


def test_a_busy_port_is_a_plain_error(database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = replace(SETTINGS, web=WebSection(listen=f"127.0.0.1:{taken.getsockname()[1]}"))
        with pytest.raises(
            ConfigError, match=r"\[web\] listen: cannot listen on 127.0.0.1:\d+: Address already in use"
        ):
            SiteServer(busy, database, now)


def test_a_site_on_a_shared_socket_listens_on_it_again(database: Database) -> None:
    opened: list[int] = []

    def open_listener(listen: socket.socket, *_: Any) -> Any:
        opened.append(listen.getsockname()[1])
        listen.close()
        return FakeListener(is_alive=len(opened) > 1)

    with socket.create_server(("127.0.0.1", 0)) as shared:
        site = SiteServer(SETTINGS, database, now, shared, open_listener=open_listener)  # type: ignore[arg-type]
        site.tend()
        assert opened == [shared.getsockname()[1]] * 2
    assert Incidents(database).unresolved() == ()
