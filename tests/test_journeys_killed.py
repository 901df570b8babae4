"""Real processes, killed at random moments or started at once: no loss, and a double only where nobody could know."""

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


class Place:
    """A configuration that real commands read."""

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

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "cmr_watch", "--config", str(self.config), "check"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def finish(self) -> None:
        """An hour later, when every lease is over and every pause too."""
        database = open_database(self.database)
        for hours in (1, 2):
            later = timedelta(hours=hours)
            with App(load(self.config, {}), database, partial(_clock, later)) as app:
                app.check()
        database.close()

    def told(self) -> dict[str, list[str]]:
        """The Message-IDs of the mails that told of each city."""
        told: defaultdict[str, list[str]] = defaultdict(list)
        for mail in self.mailbox.mails:
            for city in CITIES:
                if city in mail.part("plain"):
                    told[city].append(mail.message_id)
        return told


def _clock(later: timedelta) -> datetime:
    return datetime.now(UTC) + later


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with FakeSite() as site, Mailbox() as mailbox:
        yield Place(tmp_path, site, mailbox)


def test_checks_that_are_killed_lose_nothing(place: Place) -> None:
    place.serve(0)
    usual = 0.0
    for _ in range(2):  # the first one also makes the database
        begun = time.monotonic()
        assert place.start().wait(60) == 0
        usual = time.monotonic() - begun
    moments, kills = random.Random(7), 0
    for number in range(1, len(CITIES) + 1):
        place.serve(number)
        process = place.start()
        time.sleep(usual * moments.uniform(0.5, 1.1))
        kills += process.poll() is None
        process.kill()
        process.wait(30)
    place.finish()

    told = place.told()
    assert {city: len(set(ids)) for city, ids in told.items()} == dict.fromkeys(CITIES, 1)
    assert len(place.mailbox.mails) - len({mail.message_id for mail in place.mailbox.mails}) <= kills


def test_two_checks_at_once_tell_once(place: Place) -> None:
    place.serve(0)
    assert place.start().wait(60) == 0
    for number in (3, 6, 9, 12):
        place.serve(number)
        both = [place.start() for _ in range(2)]
        assert [process.wait(60) for process in both] == [0, 0]

    assert {city: len(ids) for city, ids in place.told().items()} == dict.fromkeys(CITIES, 1)
