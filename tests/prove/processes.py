"""R1 and R2 with real processes, databases, and a mail server on loopback: SIGKILL at each of the given points."""

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
from tests.prove.crashing_process import RESPONSE_DELAY
from tests.prove.kill_points import POINTS
from tests.prove.kills import CITIES, PAST, Figures

PATH = "/clusters-meet-regions"
MINUTES_APART = 6
"""Between two processes: longer than a lease, so that the next one can claim what the killed one had claimed."""
ROOT = Path(__file__).parents[2]
ADDRESSES = ("anna@example.org", "bruno@example.org", "clara@example.org")


def run(folder: Path, database_url: str, kills: int, first: int = 0) -> Figures:
    """Run `kills` processes, each killed at the next point; then let everything that is pending be delivered."""
    with FakeSite() as site, Mailbox() as mailbox:
        return _Installation(folder, database_url, site, mailbox).figures(kills, first)


class _Installation:
    def __init__(self, folder: Path, url: str, site: FakeSite, mailbox: Mailbox) -> None:
        self.site, self.mailbox, self.url = site, mailbox, url
        self.config = folder / "watch.toml"
        subscriptions = "".join(f'[[subscriptions]]\nname = "{address}"\nto = "{address}"\n' for address in ADDRESSES)
        self.config.write_text(
            f'[database]\nurl = "{url}"\njournal = "{folder / "ended"}"\n[fetch]\nretries = 0\nrobots = false\n'
            f'[page]\nurl = "{site.url(PATH)}"\nhosts = ["{site.host}"]\nprivate_addresses = true\n'
            f'[mail]\nhost = "127.0.0.1"\nport = {mailbox.port}\nsecurity = "plain"\n'
            f'from = "watch@example.org"\n{subscriptions}',
            encoding="utf-8",
        )

    def figures(self, kills: int, first: int) -> Figures:
        counts = Figures(runs=kills)
        self._serve(0)
        self._run_process("none", 0)
        uncertain = 0
        for number in range(kills):
            self._serve(number % len(CITIES) + 1)
            point = POINTS[(first + number) % len(POINTS)]
            self.mailbox.slow(RESPONSE_DELAY if point == "inside DATA" else 0.0)
            was_killed = self._run_process(point, (number + 1) * MINUTES_APART)
            counts.kills[point] += was_killed
            uncertain += was_killed and point in ("inside DATA", "after the 250")
        self.mailbox.slow(0.0)
        self._finish()
        self._count(counts, min(kills, len(CITIES)), uncertain)
        return counts

    def _serve(self, cities: int) -> None:
        lines = [f"> {city} – {day} June 2099" for day, city in enumerate(CITIES[:cities], 1)]
        self.site.page(PATH, html(" ;; ".join([*lines, PAST])))

    def _run_process(self, point: str, minutes: int) -> bool:
        """Whether it was killed. Any other failure is an assertion error."""
        command = [sys.executable, "-m", "tests.prove.crashing_process", str(self.config), point, str(minutes)]
        completed = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60)
        assert completed.returncode in (0, -9), completed.stderr.decode()
        return completed.returncode == -9

    def _finish(self) -> None:
        """Check again hours later, when all leases and pauses have expired."""
        database = open_database(self.url)
        for hours in (1, 2, 4):
            with App(load(self.config, {}), database, partial(_now, timedelta(hours=hours))) as app:
                app.check()
        database.close()

    def _count(self, counts: Figures, cities: int, uncertain: int) -> None:
        notified: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for mail in self.mailbox.mails:
            for city in CITIES:
                if city in mail.part("plain"):
                    notified[mail.recipient, city].add(mail.message_id)
        due = [(address, city) for address in ADDRESSES for city in CITIES[:cities]]
        times = Counter(mail.message_id for mail in self.mailbox.mails)
        counts.due = len(due)
        counts.lost = sum(not notified[key] for key in due)
        counts.duplicates = sum(count - 1 for count in times.values())
        counts.unexplained = max(0, counts.duplicates - uncertain) + sum(len(notified[key]) > 1 for key in due)


def _now(offset: timedelta) -> datetime:
    return datetime.now(UTC) + offset
