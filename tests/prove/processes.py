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
from cmr_watch.store.subscriptions import Subscriptions
from cmr_watch.store.suppression_journal import SuppressionJournal
from cmr_watch.web.public.desk import Desk
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.monitor.small import html
from tests.prove.crashing_process import RESPONSE_DELAY
from tests.prove.kill_points import POINTS, REQUEST_POINTS
from tests.prove.kills import CITIES, PAST, Figures
from tests.prove.self_service import Reader, Readers

PATH = "/clusters-meet-regions"
MINUTES_APART = 6
"""Between two processes: longer than a lease, so that the next one can claim what the killed one had claimed."""
ROOT = Path(__file__).parents[2]
ADDRESSES = ("anna@example.org", "bruno@example.org", "clara@example.org")
PROGRAM_POINTS = (*POINTS, *REQUEST_POINTS)
READERS = (("dora@example.org", "fr"), ("emil@example.org", "pl"), ("fay@example.org", "de"))
"""They subscribe on the site: Dora stays, Emil leaves when his first mail has come, Fay is erased before hers can."""


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
            f'from = "watch@example.org"\n[web]\nurl = "https://watch.example.org"\n{subscriptions}',
            encoding="utf-8",
        )
        self.offset = timedelta()
        self.taken = 0
        self.has_killed_confirmation = False
        self.dora, self.emil, self.fay = (Reader(*reader) for reader in READERS)
        self.database = open_database(url)
        desk = Desk(self.database, SuppressionJournal(folder / "ended"))
        self.readers = Readers((self.dora, self.emil, self.fay), desk, lambda: _now(self.offset))

    def figures(self, kills: int, first: int) -> Figures:
        counts = Figures(runs=kills)
        self._serve(0)
        self._run_process("none", 0)
        uncertain = 0
        for reader in self.readers.all.values():
            self.readers.sign_up(reader)
        Subscriptions(self.database, SuppressionJournal(self.config.parent / "ended")).erase(
            self.fay.address, _now(self.offset)
        )
        self.readers.asked[self.fay.address, "opt-in"] = 0
        for number in range(kills):
            self._serve(number % len(CITIES) + 1)
            self.offset = timedelta(minutes=(number + 1) * MINUTES_APART)
            self._act(counts)
            point = PROGRAM_POINTS[(first + number) % len(PROGRAM_POINTS)]
            if point in REQUEST_POINTS:  # so that there is a mail to write and a token to blank
                self.readers.join(Reader(f"guest{number}@example.org", "it"))
            self.mailbox.slow(RESPONSE_DELAY if point == "inside DATA" else 0.0)
            was_killed = self._run_process(point, (number + 1) * MINUTES_APART)
            counts.kills[point] += was_killed
            uncertain += was_killed and point in ("inside DATA", "after the 250", "after the mark")
        self.mailbox.slow(0.0)
        self._finish(counts)
        self._count_readers(counts, min(kills, len(CITIES)))
        self.database.close()
        self._count(counts, min(kills, len(CITIES)), uncertain)
        return counts

    def _serve(self, cities: int) -> None:
        lines = [f"> {city} – {day} June 2099" for day, city in enumerate(CITIES[:cities], 1)]
        self.site.page(PATH, html(" ;; ".join([*lines, PAST])))

    def _act(self, counts: Figures) -> None:
        """Let the readers do what they can with the mails that have come."""
        self.readers.take(self.mailbox.mails[self.taken :])
        self.taken = len(self.mailbox.mails)
        if not self.dora.confirmed_at and (token := self.readers.confirmation(self.dora)):
            if not self.has_killed_confirmation:
                self.has_killed_confirmation = True
                minutes = int(self.offset.total_seconds() // 60)
                counts.kills["after the request"] += self._run_process("after the request", minutes, token)
            elif self.readers.confirm(self.dora):
                self.readers.ask(self.dora, "link")
                self.readers.ask(self.dora, "export")
        if not self.emil.confirmed_at:
            self.readers.confirm(self.emil)
        elif self.emil.silent_since is None:
            self.readers.leave(self.emil)

    def _run_process(self, point: str, minutes: int, *token: str) -> bool:
        """Whether it was killed. Any other failure is an assertion error."""
        command = [sys.executable, "-m", "tests.prove.crashing_process", str(self.config), point, str(minutes), *token]
        completed = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60)
        assert completed.returncode in (0, -9), completed.stderr.decode()
        return completed.returncode == -9

    def _finish(self, counts: Figures) -> None:
        """Check again hours later, when all leases and pauses have expired."""
        for hours in (1, 2, 4, 6, 8, 10):
            self.offset = timedelta(hours=hours)
            self._act(counts)
            with App(load(self.config, {}), self.database, partial(_now, self.offset)) as app:
                app.check()
        self._act(counts)

    def _count_readers(self, counts: Figures, cities: int) -> None:
        faults = list(self.readers.faults())
        told = "".join(mail.part("plain") for _, mail in self.dora.of_kind("news"))
        faults += [f"lost: {city} for Dora" for city in CITIES[:cities] if city.split(",")[0] not in told]
        if not (self.dora.confirmed_at and self.emil.silent_since):
            faults.append("lost: Dora or Emil has got no mail to act on")
        counts.faults, counts.unwanted = faults, len(faults)

    def _count(self, counts: Figures, cities: int, uncertain: int) -> None:
        notified: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for mail in self.mailbox.mails:
            for city in CITIES:
                if city in mail.part("plain"):
                    notified[mail.recipient, city].add(mail.message_id)
        due = [(address, city) for address in ADDRESSES for city in CITIES[:cities]]
        times = Counter(mail.message_id for mail in self.mailbox.mails)
        counts.due = len(due) + sum(self.readers.asked.values()) + cities
        counts.lost = sum(not notified[key] for key in due)
        counts.duplicates = sum(count - 1 for count in times.values())
        counts.unexplained = max(0, counts.duplicates - uncertain) + sum(len(notified[key]) > 1 for key in due)


def _now(offset: timedelta) -> datetime:
    return datetime.now(UTC) + offset
