"""A check by a command that starts, makes one check of an unchanged page, and ends."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.fakes.site import FakeSite

from bench.peers import page_states
from bench.peers.environments import OURS, CannotInstall, environment
from bench.peers.hook import Hook
from bench.peers.measuring import HEAD, Row, Usage, paired, run
from bench.peers.stage import PATH, DidNotWork
from bench.peers.watchers import Channel, CmrWatch, OneOff, Urlwatch, Webchanges, plain_environment

SCRIPT: Final = """
import sys, click, httpx, sqlalchemy
assert httpx.get(sys.argv[1], headers={"If-None-Match": '"1"'}).status_code == 304
engine = sqlalchemy.create_engine("sqlite:///" + sys.argv[2])
with engine.connect() as connection:
    assert connection.execute(sqlalchemy.text("SELECT value FROM facts")).scalar_one() == "known"
"""
BARE: Final = "a script: click, httpx, SQLAlchemy, one GET, one SELECT"
GOALS: Final = {BARE: "≤ 1.25", "webchanges": "≤ 1.15", "urlwatch": ""}


def measure(rounds: int) -> None:
    """The page has an ETag, and each program asks with it: nothing but the headers is sent."""
    with tempfile.TemporaryDirectory() as place, FakeSite() as site, Hook() as hook:
        site.page(PATH, page_states.large(), etag='"1"')
        commands = {BARE: _script(Path(place), site.url(PATH)), **_watchers(Path(place), site, hook)}
        results = paired({name: _counted(site, command) for name, command in commands.items()}, rounds)
        assert not hook.requests, "a page that has not changed was notified"
    ours = results.pop(OURS)
    print(HEAD)
    for what in ("wall", "cpu"):
        for peer, theirs in results.items():
            our, their = ([getattr(usage, what) for usage in usages] for usages in (ours, theirs))
            work = f"cold check, nothing changed (304), {'CPU' if what == 'cpu' else what}"
            print(Row(work, peer, our, their, "s", GOALS[peer]).markdown())


def _script(folder: Path, url: str) -> list[str]:
    database = folder / "facts.db"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE facts (value TEXT)")
        connection.execute("INSERT INTO facts VALUES ('known')")
    return [environment(OURS).python, "-c", SCRIPT, url, str(database)]


def _watchers(folder: Path, site: FakeSite, hook: Hook) -> dict[str, Sequence[str]]:
    """The command of each program that can be run, which then has its baseline."""
    commands: dict[str, Sequence[str]] = {}
    for program in (CmrWatch, Webchanges, Urlwatch):
        try:
            watcher: OneOff = program(folder / program.name, site.url(PATH), Channel("hook", hook.port))
        except CannotInstall as error:
            print(f"no result: {error}\n")
            continue
        if isinstance(watcher, CmrWatch):
            watcher.is_timed = True
        for _ in range(2):
            watcher.check()
        commands[program.name] = watcher.command()
    hook.requests = 0  # what a new subscriber is welcomed with
    return commands


def _counted(site: FakeSite, command: Sequence[str]) -> Callable[[], Usage]:
    """Run the command, and check that it has succeeded and made exactly one request."""

    def measured() -> Usage:
        before = len(site.paths())
        usage = run(command, plain_environment(Path.home()))
        if usage.status or len(site.paths()) != before + 1:
            raise DidNotWork(f"{command[0]}: status {usage.status}, {len(site.paths()) - before} requests")
        return usage

    return measured
