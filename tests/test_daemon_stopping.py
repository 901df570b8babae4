"""The daemon is stopped while a page is read or a message is sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from cmr_watch.app import App
from cmr_watch.models.recipients import Message
from cmr_watch.store.deliveries import Deliveries
from tests.fakes.senders import Sender
from tests.test_daemon import Running, running, until
from tests.test_journeys import LYON, PAST, PATH

__all__ = ["running"]


def test_stopping_during_a_check_reads_no_further_page(running: Running) -> None:
    pages = [f"{PATH}/{number}" for number in range(3)]
    links = [f"> [Oslo, Norway]({running.site.url(path)}) – {day + 1} March 2099" for day, path in enumerate(pages)]
    running.settings = replace(running.settings, fetch=replace(running.settings.fetch, pause=30, retries=0))
    running.serve(LYON, *links, *PAST)
    with running.daemon() as daemon:
        until(lambda: PATH in running.site.paths())
        time.sleep(0.3)
        began = time.monotonic()
        assert daemon.stop(20)
    assert time.monotonic() - began < 10
    assert not set(pages) & set(running.site.paths())
    assert running.pings() == ["/start", ""], "what was read was a success"


def test_messages_to_a_server_that_does_not_respond_are_released(running: Running) -> None:
    hanging, released = threading.Event(), threading.Event()

    class HangingSender(Sender):
        def send(self, message: Message, is_ours: Callable[[], bool]) -> None:
            hanging.set()
            released.wait(20)

    def open_app(*arguments: object) -> App:
        channels: Mapping[str, Sender] = {"mail": HangingSender(), "apprise": Sender()}
        return App(*arguments, open_channels=lambda *_: channels)  # type: ignore[arg-type, return-value]

    with running.daemon(open_app) as daemon:
        assert hanging.wait(20)
        assert not daemon.stop(0.2)
        try:
            assert Deliveries(running.database).claim(running.clock())
        finally:
            released.set()
            daemon._locks["deliver"].acquire(timeout=20)
