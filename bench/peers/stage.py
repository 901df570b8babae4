"""A page, the servers that notifications go to, and one program that watches the page."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fakes.mailbox import Mail, Mailbox
from tests.fakes.site import FakeSite

from bench.peers import page_states
from bench.peers.changedetection import Changedetection
from bench.peers.hook import Hook, Moment
from bench.peers.judge import Notification, Verdict, judge
from bench.peers.watchers import Channel, CmrWatch, Kind, Urlwatch, Watcher, Webchanges

PATH: Final = "/events/organised-by-eccp/clusters-meet-regions"
PROGRAMS: Final = (CmrWatch, Urlwatch, Webchanges, Changedetection)
Program = type[CmrWatch] | type[Urlwatch] | type[Webchanges] | type[Changedetection]


class DidNotWork(Exception):
    """A program did not make a request when it was to check."""


@dataclass
class Stage:
    """One program, after it has stored its baseline."""

    site: FakeSite
    hook: Hook
    mailbox: Mailbox
    watcher: Watcher
    folder: Path
    kind: Kind
    before: int = 0

    def serve(self, body: str, status: int = 200) -> None:
        self.site.page(PATH, body, status=status)

    def check(self) -> None:
        requests = len(self.site.requests)
        self.watcher.check()
        if len(self.site.requests) == requests:
            lines = (self.folder / "output").read_text(errors="replace").strip().splitlines() or ["no output"]
            raise DidNotWork(f"made no request; its last line: {lines[-1]}")

    def down(self) -> None:
        self.hook.close() if self.kind == "hook" else self.mailbox.stop()

    def up(self) -> None:
        self.hook.open() if self.kind == "hook" else self.mailbox.start()

    def kill_while_sending(self, moment: Moment) -> None:
        """Kill the program during its next notification: before or after the hook accepted it, but has not said so."""
        self.hook.interrupt(moment, self.watcher.kill)

    def start_counting(self) -> None:
        """Only what is received from now on is judged: not what a new subscriber is welcomed with."""
        self.before = len(self._received())

    def notifications(self) -> list[Notification]:
        return [self.watcher.notification(*received) for received in self._received()[self.before :]]

    def _received(self) -> list[tuple[str, str]]:
        if self.kind == "hook":
            return self.hook.received
        return [(mail.recipient, _text(mail)) for mail in self.mailbox.mails]

    def verdict(self, facts: tuple[str, ...]) -> Verdict:
        return judge(facts, self.notifications())


def _text(mail: Mail) -> str:
    body = mail.parsed.get_body(("plain", "html"))
    return f"{mail.subject}\n{body.get_content() if body else ''}"


@contextmanager
def stage(program: Program, kind: Kind = "hook") -> Iterator[Stage]:
    """The program, after two checks of the baseline, of which the second shows that the first was stored."""
    with tempfile.TemporaryDirectory() as folder, FakeSite() as site, Hook() as hook, Mailbox() as mailbox:
        channel = Channel(kind, hook.port if kind == "hook" else mailbox.port)
        place = Path(folder, program.name)
        with program(place, site.url(PATH), channel) as watcher:
            ready = Stage(site, hook, mailbox, watcher, place, kind)
            ready.serve(page_states.baseline())
            ready.check()
            ready.check()
            ready.start_counting()
            yield ready
