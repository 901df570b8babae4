"""CPU time of a check by a program that keeps running: ours beside changedetection.io."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.fakes.site import FakeSite

from bench.peers import page_states
from bench.peers.hook import Hook
from bench.peers.measuring import HEAD, Row, paired
from bench.peers.running import OurProcess, RunningChangedetection
from bench.peers.stage import PATH, DidNotWork
from bench.peers.watchers import Channel

CHECKS: Final = 15  # of each program in each round
PEER: Final = "changedetection.io"
PageOf = Callable[[int], str]
"""The page before a check; the argument is another one for each check."""


def measure(rounds: int) -> None:
    page = page_states.large()
    print(HEAD)
    _row("warm check, same bytes, CPU", "≤ 0.25", lambda _: page, rounds)
    _row("warm check, other bytes around the article, CPU", "≤ 0.12", lambda n: page_states.noise(page, n), rounds)
    _row("change stored, one web hook sent, CPU", "≤ 0.2", lambda n: page_states.moved(page, n), rounds, changes=True)


def _row(work: str, goal: str, page_of: PageOf, rounds: int, *, changes: bool = False) -> None:
    with tempfile.TemporaryDirectory() as place, Pair(Path(place), page_of, changes=changes) as pair:
        results = paired({"ours": pair.ours, "theirs": pair.theirs}, rounds)
    print(Row(work, PEER, results["ours"], results["theirs"], "ms", goal).markdown(), flush=True)


class Pair:
    """Both programs, each with a site and a web hook of its own, so that what each of them does can be counted.

    With `changes`, each check finds a change and sends a notification; otherwise nothing may be sent.
    """

    def __init__(self, folder: Path, page_of: PageOf, *, changes: bool, as_daemon: bool = False) -> None:
        self._page_of, self._changes = page_of, changes
        self._numbers = count(1)
        with ExitStack() as stack:  # what was started is ended if the rest cannot be
            self.sites = [stack.enter_context(FakeSite()) for _ in range(2)]
            self.hooks = [stack.enter_context(Hook()) for _ in range(2)]
            for site in self.sites:
                site.page(PATH, page_of(next(self._numbers)))
            (url, their_url), (channel, their_channel) = (
                [site.url(PATH) for site in self.sites],
                [Channel("hook", hook.port) for hook in self.hooks],
            )
            self.our_process = stack.enter_context(OurProcess(folder / "ours", url, channel, as_daemon=as_daemon))
            self.peer = stack.enter_context(RunningChangedetection(folder / "theirs", their_url, their_channel))
            self.our_process.check()
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def serve(self, whose: int) -> None:
        self.sites[whose].page(PATH, self._page_of(next(self._numbers)))

    def ours(self, checks: int = CHECKS) -> float:
        """Seconds of CPU time of one of our checks."""
        with _Counted(self, 0, checks):
            return self.our_process.cpu_of_checks(checks, lambda: self.serve(0))

    def theirs(self, checks: int = CHECKS) -> float:
        """Seconds of CPU time of one of its checks, which has ended when its notification has arrived."""
        hook, sent = self.hooks[1], len(self.hooks[1].received)

        def before() -> None:
            nonlocal sent
            self.serve(1)
            sent += self._changes

        with _Counted(self, 1, checks):
            return self.peer.cpu_of_checks(checks, before, lambda: len(hook.received) >= sent)


class _Counted:
    """Makes sure that each check made one request, and sent one notification if there was something to notify of."""

    def __init__(self, pair: Pair, whose: int, checks: int) -> None:
        self._site, self._hook = pair.sites[whose], pair.hooks[whose]
        self._expected = (checks, checks * pair._changes)
        self._who = ("cmr-watch", PEER)[whose]

    def _counts(self) -> tuple[int, int]:
        return len(self._site.paths()), len(self._hook.received)

    def __enter__(self) -> None:
        self._before = self._counts()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        done = tuple(now - before for now, before in zip(self._counts(), self._before, strict=True))
        if kind is None and done != self._expected:
            raise DidNotWork(f"{self._who}: requests and notifications: expected {self._expected}, counted {done}")
