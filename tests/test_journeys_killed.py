"""Real processes that are killed at random times or run concurrently.

No message is lost. A message arrives twice only if its process was killed before it could record the server's reply.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from cmr_watch.app import App
from cmr_watch.config import load
from cmr_watch.store.database import open_database
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.monitor.small import html

PATH = "/clusters-meet-regions"
PAST = " ;; ".join(f"< Bonn, Germany – {day} May 20{year}" for year, day in ((22, 5), (21, 6), (20, 7)))
CITIES = (
    "Oslo, Norway",
    "Graz, Austria",
    "Brno, Czechia",
    "Lyon, France",
    "Turin, Italy",
    "Riga, Latvia",
    "Varna, Bulgaria",
    "Porto, Portugal",
    "Gdynia, Poland",
    "Malmö, Sweden",
    "Košice, Slovakia",
    "Split, Croatia",
)


class Installation:
    """A configuration file for real commands, with a database in the same folder."""

    def __init__(self, folder: Path, site: FakeSite, mailbox: Mailbox) -> None:
        self.site, self.mailbox, self.config = site, mailbox, folder / "watch.toml"
        self.database = f"sqlite:///{folder / 'watch.db'}"
        self.config.write_text(
            f'[database]\nurl = "{self.database}"\n[fetch]\nretries = 0\nrobots = false\n'
            f'[page]\nurl = "{site.url(PATH)}"\nhosts = ["{site.host}"]\nprivate_addresses = true\n'
            f'[mail]\nhost = "127.0.0.1"\nport = {mailbox.port}\nsecurity = "plain"\nfrom = "watch@example.org"\n'
            '[[subscriptions]]\nname = "anna"\nto = "anna@example.org"\n',
            encoding="utf-8",
        )

    def serve(self, cities: int) -> None:
        lines = [f"> {city} – {day} June 2099" for day, city in enumerate(CITIES[:cities], 1)]
        self.site.page(PATH, html(" ;; ".join([*lines, PAST])))

    def start_check(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "cmr_watch", "--config", str(self.config), "check"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def finish(self) -> None:
        """Check again hours later, when all leases and pauses have expired."""
        database = open_database(self.database)
        for hours in (1, 2):
            with App(load(self.config, {}), database, partial(_now, timedelta(hours=hours))) as app:
                app.check()
        database.close()

    def message_ids(self) -> dict[str, list[str]]:
        """Return the Message-IDs of the mails about each city."""
        message_ids: defaultdict[str, list[str]] = defaultdict(list)
        for mail in self.mailbox.mails:
            for city in CITIES:
                if city in mail.part("plain"):
                    message_ids[city].append(mail.message_id)
        return message_ids


def _now(offset: timedelta) -> datetime:
    return datetime.now(UTC) + offset


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with FakeSite() as site, Mailbox() as mailbox:
        yield Installation(tmp_path, site, mailbox)


def test_killed_checks_lose_nothing(installation: Installation) -> None:
    installation.serve(0)
    duration = 0.0
    for _ in range(2):  # the first one also creates the database
        started = time.monotonic()
        assert installation.start_check().wait(60) == 0
        duration = time.monotonic() - started
    chance, kills = random.Random(7), 0
    for number in range(1, len(CITIES) + 1):
        installation.serve(number)
        process = installation.start_check()
        time.sleep(duration * chance.uniform(0.5, 1.1))
        kills += process.poll() is None
        process.kill()
        process.wait(30)
    installation.finish()

    message_ids = installation.message_ids()
    assert {city: len(set(ids)) for city, ids in message_ids.items()} == dict.fromkeys(CITIES, 1)
    assert len(installation.mailbox.mails) - len({mail.message_id for mail in installation.mailbox.mails}) <= kills


def test_two_concurrent_checks_notify_once(installation: Installation) -> None:
    installation.serve(0)
    assert installation.start_check().wait(60) == 0
    for number in (3, 6, 9, 12):
        installation.serve(number)
        processes = [installation.start_check() for _ in range(2)]
        assert [process.wait(60) for process in processes] == [0, 0]

    assert {city: len(ids) for city, ids in installation.message_ids().items()} == dict.fromkeys(CITIES, 1)
