"""R7 with people who subscribed on the site: a restored backup sends nothing twice, and who has left stays away."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cmr_watch.app import App
from cmr_watch.config import DatabaseSection, WebSection
from cmr_watch.store import backup
from cmr_watch.store.database import open_database
from cmr_watch.store.subscriptions import Subscriptions
from cmr_watch.store.suppression_journal import SuppressionJournal
from cmr_watch.web.public.desk import Desk
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.prove.self_service import Reader, Readers
from tests.test_journeys import LYON, PAST, PRAGUE, Journey

STAYS, LEAVES, ERASED, LATE, PAUSES = (
    Reader(f"{name}@example.org", language)
    for name, language in (("stays", "en"), ("leaves", "pl"), ("erased", "de"), ("late", "fr"), ("pauses", "it"))
)


class Restored(Journey):
    """An installation on SQLite with readers from the site, that is backed up and restored."""

    def __init__(self, folder: Path, site: FakeSite, mailbox: Mailbox) -> None:
        self.url = f"sqlite:///{folder / 'watch.db'}"
        self.copy = folder / "copy.db"
        super().__init__(open_database(self.url), site, mailbox)
        self.settings = replace(
            self.settings,
            subscriptions=(),
            web=WebSection(url="https://watch.example.org"),
            database=DatabaseSection(self.url, folder / "ended"),
        )
        self.taken = 0
        self.open()

    def open(self) -> None:
        self.app = App(self.settings, self.database, lambda: self.now, lambda _: None)
        self.journal = SuppressionJournal(self.settings.database.journal)
        everybody = self.readers.all.values() if hasattr(self, "readers") else (STAYS, LEAVES, ERASED, LATE, PAUSES)
        self.readers = Readers(everybody, Desk(self.database, self.journal), lambda: self.now)

    def deliver(self, minutes: int = 10) -> None:
        """Send what is due; a mail arrives in the minute after it was sent."""
        self.app.deliver()
        self.now += timedelta(minutes=1)
        self.readers.take(self.mailbox.mails[self.taken :])
        self.taken = len(self.mailbox.mails)
        self.now += timedelta(minutes=minutes)

    def restore(self) -> None:
        self.app.__exit__(None, None, None)
        self.database.close()
        backup.restore(self.copy, self.url, self.now)
        self.database = open_database(self.url)
        self.open()


@pytest.fixture
def journey(tmp_path: Path):
    with FakeSite() as site, Mailbox() as mailbox:
        journey = Restored(tmp_path, site, mailbox)
        yield journey
        journey.app.__exit__(None, None, None)
        journey.database.close()


def test_a_restored_backup_sends_nothing_twice_and_keeps_who_has_left(journey: Restored) -> None:
    journey.check_lines(LYON, *PAST)
    readers = journey.readers
    for reader in (STAYS, LEAVES, ERASED, PAUSES):
        readers.sign_up(reader)
    journey.deliver()
    for reader in (STAYS, LEAVES, ERASED, PAUSES):
        assert readers.confirm(reader)
    journey.deliver()
    readers.ask(PAUSES, "link")
    readers.ask(ERASED, "link")
    journey.deliver()
    assert readers.pause(PAUSES, 3)
    # waiting when the copy is made: news for the one who pauses, and a request for a subscription, a link and an export
    journey.serve_lines(LYON, PRAGUE, *PAST)
    journey.app.check(notify=False)
    journey.app.enqueue()
    journey.app.compose()
    readers.sign_up(LATE)
    readers.ask(STAYS, "link")
    readers.ask(STAYS, "export")
    backup.create_backup(journey.database, journey.copy)
    journey.deliver()
    assert readers.leave(LEAVES)
    assert readers.erase(ERASED)
    assert readers.confirm(LATE)
    journey.deliver()
    before = Counter(mail.recipient for mail in journey.mailbox.mails)
    assert [kind for kind in ("opt-in", "link", "export", "news") for _ in STAYS.of_kind(kind)] == [
        *("opt-in", "link", "export"),
        *("news", "news"),
    ]

    journey.restore()
    for _ in range(3):
        journey.app.check()
        journey.deliver()
        journey.now += timedelta(days=2)
    assert Counter(mail.recipient for mail in journey.mailbox.mails) == before, "nothing is sent again"
    active = {entry.address for entry in Subscriptions(journey.database).active()}
    assert active == {STAYS.address, PAUSES.address}, "who came later asks again; who has left or was erased stays away"
    readers = journey.readers
    readers.asked.clear()
    for reader in (LEAVES, ERASED):
        readers.ask(reader, "link")
    readers.sign_up(ERASED)
    journey.deliver()
    assert Counter(mail.recipient for mail in journey.mailbox.mails) == before
    assert not readers.confirm(ERASED), "the link of before the backup starts nothing again"
    with journey.database.read() as connection:
        for table in ("subscriptions", "deliveries", "signups", "mail_requests", "mutes", "matches"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert ERASED.address not in str(rows), table
