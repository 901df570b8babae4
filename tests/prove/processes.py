"""R1 and R2 with real processes, real databases, and a real mail server on loopback: SIGKILL at each marked point."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cmr_watch.app import App
from cmr_watch.config import load
from cmr_watch.store.database import open_database
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.monitor.small import html
from tests.prove.crashing_process import ANSWER
from tests.prove.kill_points import POINTS
from tests.prove.kills import CITIES, PAST, Figures

PATH = "/clusters-meet-regions"
AFTER_A_LEASE = 6
"""Minutes from one victim to the next: what the dead one held is free again, and the next finds work to die at."""
ROOT = Path(__file__).parents[2]
PEOPLE = ("anna@example.org", "bruno@example.org", "clara@example.org")


def run(folder: Path, database_url: str, kills: int, first: int = 0) -> Figures:
    """As many processes as asked for, each killed at the next point; then the rows are brought to their end."""
    with FakeSite() as site, Mailbox() as mailbox:
        return _Place(folder, database_url, site, mailbox).figures(kills, first)


class _Place:
    def __init__(self, folder: Path, url: str, site: FakeSite, mailbox: Mailbox) -> None:
        self.site, self.mailbox, self.url = site, mailbox, url
        self.config = folder / "watch.toml"
        people = "".join(f'[[subscriptions]]\nname = "{one}"\nto = "{one}"\n' for one in PEOPLE)
        self.config.write_text(
            f'[database]\nurl = "{url}"\njournal = "{folder / "ended"}"\n[fetch]\nretries = 0\nrobots = false\n'
            f'[page]\nurl = "{site.url(PATH)}"\nhosts = ["{site.host}"]\nprivate_addresses = true\n'
            f'[mail]\nhost = "127.0.0.1"\nport = {mailbox.port}\nsecurity = "plain"\n'
            f'from = "watch@example.org"\n{people}',
            encoding="utf-8",
        )

    def figures(self, kills: int, first: int) -> Figures:
        counted = Figures(runs=kills)
        self._serve(0)
        self._process("none", 0)
        unknowable = 0
        for number in range(kills):
            self._serve(number % len(CITIES) + 1)
            point = POINTS[(first + number) % len(POINTS)]
            self.mailbox.slow(ANSWER if point == "inside DATA" else 0.0)
            died = self._process(point, (number + 1) * AFTER_A_LEASE)
            counted.kills[point] += died
            unknowable += died and point in ("inside DATA", "after the 250")
        self.mailbox.slow(0.0)
        self._finish()
        self._count(counted, min(kills, len(CITIES)), unknowable)
        return counted

    def _serve(self, cities: int) -> None:
        lines = [f"> {city} – {day} June 2099" for day, city in enumerate(CITIES[:cities], 1)]
        self.site.page(PATH, html(" ;; ".join([*lines, PAST])))

    def _process(self, point: str, later: int) -> bool:
        command = [sys.executable, "-m", "tests.prove.crashing_process", str(self.config), point, str(later)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60)
        assert ended.returncode in (0, -9), ended.stderr.decode()
        return ended.returncode == -9

    def _finish(self) -> None:
        """Hours later, when every lease is over and every pause too."""
        database = open_database(self.url)
        for hours in (1, 2, 4):
            with App(load(self.config, {}), database, partial(_later, timedelta(hours=hours))) as app:
                app.check()
        database.close()

    def _count(self, counted: Figures, cities: int, unknowable: int) -> None:
        told: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for mail in self.mailbox.mails:
            for city in CITIES:
                if city in mail.part("plain"):
                    told[mail.recipient, city].add(mail.message_id)
        wanted = [(person, city) for person in PEOPLE for city in CITIES[:cities]]
        times = Counter(mail.message_id for mail in self.mailbox.mails)
        counted.due = len(wanted)
        counted.lost = sum(not told[key] for key in wanted)
        counted.doubled = sum(count - 1 for count in times.values())
        counted.unexplained = max(0, counted.doubled - unknowable) + sum(len(told[key]) > 1 for key in wanted)


def _later(later: timedelta) -> datetime:
    return datetime.now(UTC) + later
