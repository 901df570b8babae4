"""The suppression journal: replayed after a restore."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text

from cmr_watch.exceptions import StoreUnavailable
from cmr_watch.store import erasure, installation
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.schema import subscriptions as table
from cmr_watch.store.subscriptions import UNSUBSCRIBED, Subscriptions
from cmr_watch.store.suppression_journal import SuppressionJournal
from tests.factories import MINUTE, NOW, message, wanted
from tests.store.test_deliveries import insert_messages

ROOT = Path(__file__).parents[2]
LATER = NOW + MINUTE


class Installation:
    """An SQLite database with a journal, and a backup of the database."""

    def __init__(self, folder: Path) -> None:
        self.file, self.backup = folder / "watch.db", folder / "backup.db"
        self.path = folder / "watch.db.ended"
        self.journal = SuppressionJournal(self.path)

    @contextmanager
    def open(self) -> Iterator[tuple[Database, Subscriptions]]:
        with closing(open_database(f"sqlite:///{self.file}")) as database:
            yield database, Subscriptions(database, self.journal)

    def back_up(self) -> None:
        with self.open() as (database, _), database.engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        shutil.copyfile(self.file, self.backup)

    def restore(self) -> None:
        for path in self.file.parent.glob("watch.db-*"):
            path.unlink()
        shutil.copyfile(self.backup, self.file)


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path) -> Installation:
    shutil.copyfile(sqlite_template, tmp_path / "watch.db")
    return Installation(tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ended"


def states(store: Subscriptions) -> dict[str, tuple[str, str | None]]:
    return {entry.address: (entry.status, entry.end_reason) for entry in store.list_all()}


# ── after a restore ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_ended_subscription_is_ended_again_for_the_same_reason(place: Installation) -> None:
    with place.open() as (_, store):
        for address in ("ada@b.org", "bob@b.org"):
            store.add(wanted(address), NOW)
    place.back_up()
    with place.open() as (_, store):
        store.end("ada@b.org", UNSUBSCRIBED, LATER)
    place.restore()
    with place.open() as (database, store):
        assert states(store)["ada@b.org"] == ("active", None)
        assert place.journal.replay(database, LATER) == 1
        assert states(store) == {"ada@b.org": ("ended", UNSUBSCRIBED), "bob@b.org": ("active", None)}


@pytest.mark.parametrize("is_ended_first", [False, True])
def test_an_erased_address_is_erased_again(place: Installation, is_ended_first: bool) -> None:
    with place.open() as (database, store):
        insert_messages(database, message("Ada@b.org"))
        if is_ended_first:
            store.end("Ada@b.org", "on request", NOW)
    place.back_up()
    with place.open() as (_, store):
        store.erase("ada@b.org", LATER)
    place.restore()
    with place.open() as (database, store):
        place.journal.replay(database, LATER)
        assert [status for status, _ in states(store).values()] == ["ended"]
        with database.read() as connection:
            assert erasure.is_erased(connection, "Ada@b.org")
    assert not any("@" in address for address in states(store))


def test_a_later_subscription_is_kept(place: Installation) -> None:
    with place.open() as (_, store):
        store.add(wanted("ada@b.org"), NOW)
        store.end("ada@b.org", "on request", LATER)
        store.add(wanted("ada@b.org"), LATER + MINUTE)
        store.add(wanted("eve@b.org"), NOW)
        store.erase("eve@b.org", LATER)
        store.add(wanted("eve@b.org"), LATER + MINUTE, resubscribe=True)
    with place.open() as (database, store):
        with database.write() as connection:
            installation.write(connection, "journal", None)
        assert place.journal.replay(database, LATER) == 3
        assert {entry.address for entry in store.active()} == {"ada@b.org", "eve@b.org"}
        with database.read() as connection:
            assert not erasure.is_erased(connection, "eve@b.org"), "it was subscribed again"


def test_another_subscription_with_the_same_id_is_kept(place: Installation) -> None:
    place.back_up()
    with place.open() as (_, store):
        store.add(wanted("ada@b.org"), NOW)
        store.end("ada@b.org", "on request", LATER)
    place.restore()
    with place.open() as (database, store):
        store.add(wanted("bob@b.org"), NOW)
        place.journal.replay(database, LATER)
        assert states(store) == {"bob@b.org": ("active", None)}


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_entries_are_read_once(database: Database, path: Path) -> None:
    journal = SuppressionJournal(path)
    store = Subscriptions(database, journal)
    store.add(wanted("ada@b.org"), NOW)
    store.end("ada@b.org", "on request", NOW)
    assert journal.replay(database, NOW) == 0, "the database contains its own entries"
    with database.write() as connection:
        installation.write(connection, "journal", "0")
    assert [journal.replay(database, NOW) for _ in range(2)] == [1, 0]
    with path.open("a") as file:
        file.write('{"at":"2024-04-02T09:12:00+00:00","erased":"00"}\n')
    assert [journal.replay(database, NOW) for _ in range(2)] == [1, 0], "only new entries"


def test_a_replaced_file_is_read_from_the_start(database: Database, path: Path) -> None:
    line = '{"at":"2024-04-02T09:12:00+00:00","erased":"00"}\n'
    path.write_text(line)
    with database.write() as connection:
        installation.write(connection, "journal", "9")
    assert SuppressionJournal(path).replay(database, NOW) == 1
    path.write_text("")
    path.write_text(line[:-3] + '11"}\n' + line)
    assert SuppressionJournal(path).replay(database, NOW) == 2


def test_an_entry_after_an_incomplete_line(place: Installation) -> None:
    with place.open() as (_, store):
        store.add(wanted("ada@b.org"), NOW)
    place.back_up()
    place.path.write_text('{"at":"2024-04-02T09:1')
    with place.open() as (database, store):
        assert place.journal.replay(database, NOW) == 0
        store.end("ada@b.org", "on request", LATER)
    place.restore()
    with place.open() as (database, store):
        assert place.journal.replay(database, LATER) == 1
        assert store.active() == ()


def test_a_block_of_nul_bytes_loses_no_entry(database: Database, path: Path) -> None:
    entry = '{"at":"2024-04-02T09:12:00+00:00","erased":"00"}\n'
    path.write_text("\0" * 4096 + entry + "\0" * 10 + entry + entry)
    assert SuppressionJournal(path).replay(database, NOW) == 3


@pytest.mark.parametrize("line", ["[" * 200_000, '{"at":' * 100_000, "1" * 10_000])
def test_a_line_that_overburdens_the_parser_is_ignored(
    database: Database, path: Path, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text(line + '\n{"at":"2024-04-02T09:12:00+00:00","erased":"00"}\n')
    assert SuppressionJournal(path).replay(database, NOW) == 1
    assert f"{path}: left out a line that is incomplete or damaged" in caplog.text


@pytest.mark.parametrize("line", ["[]", "null", "{}", '{"at":"x","erased":"y"}', '{"at":5,"ended":"x"}', '"', "\0"])
def test_an_invalid_line_is_ignored(database: Database, path: Path, line: str) -> None:
    path.write_text(line + '\n{"at":"2024-04-02T09:12:00+00:00","erased":"00"}\n')
    assert SuppressionJournal(path).replay(database, NOW) == 1


def test_its_folder_is_created(database: Database, path: Path) -> None:
    store = Subscriptions(database, SuppressionJournal(path / "state" / "ended"))
    store.add(wanted("ada@b.org"), NOW)
    store.end("ada@b.org", "on request", NOW)
    assert (path / "state" / "ended").stat().st_size > 0


@pytest.mark.parametrize("action", ["end", "erase"])
def test_nothing_is_changed_if_the_journal_cannot_be_written(database: Database, path: Path, action: str) -> None:
    path.mkdir()
    store = Subscriptions(database, SuppressionJournal(path))
    store.add(wanted("ada@b.org"), NOW)
    with pytest.raises(StoreUnavailable, match=r"the suppression journal .* cannot be written"):
        store.end("ada@b.org", "on request", NOW) if action == "end" else store.erase("ada@b.org", NOW)
    assert len(store.active()) == 1


def test_a_journal_that_cannot_be_read(database: Database, path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreUnavailable, match=r"the suppression journal .* cannot be read"):
        SuppressionJournal(path).replay(database, NOW)


def test_the_file_contains_no_addresses(database: Database, path: Path) -> None:
    store = Subscriptions(database, SuppressionJournal(path))
    for address in ("ada@b.org", "slack://Token/A/B"):
        store.add(wanted(address, name="ada lovelace"), NOW)
    store.end("ada@b.org", "on request", NOW)
    store.erase("slack://Token/A/B", NOW)
    content = path.read_text().lower()
    assert len(content.splitlines()) == 3
    assert not [word for word in ("lovelace", "b.org", "slack", "token") if word in content]
    assert path.stat().st_mode & 0o777 == 0o600


WORKER = """
import sys
from pathlib import Path
from cmr_watch.store.database import open_database
from cmr_watch.store.suppression_journal import SuppressionJournal
from cmr_watch.store.subscriptions import Subscriptions
from tests.factories import NOW

store = Subscriptions(open_database(sys.argv[1]), SuppressionJournal(Path(sys.argv[2])))
sys.stdin.readline()
for address in sys.argv[3:]:
    store.end(address, "on request", NOW)
"""


def test_two_processes_write_entries(database_url: str, path: Path) -> None:
    addresses = [f"{number}@b.org" for number in range(20)]
    with closing(open_database(database_url)) as database:
        for address in addresses:
            Subscriptions(database).add(wanted(address), NOW)
        command = [sys.executable, "-c", WORKER, database_url, str(path)]
        workers = [
            subprocess.Popen([*command, *half], stdin=subprocess.PIPE, text=True, cwd=ROOT)
            for half in (addresses[::2], addresses[1::2])
        ]
        for process in workers:
            process.communicate("go\n", timeout=60)
        assert [process.returncode for process in workers] == [0, 0]
        entries = [json.loads(line) for line in path.read_text().splitlines()]
        assert sorted(entry["ended"] for entry in entries) == list(range(1, 21))
        assert SuppressionJournal(path).replay(database, NOW) == 0
        with database.read() as connection:
            assert connection.execute(select(table.c.id).where(table.c.status == "active")).all() == []


def test_without_a_journal_nothing_is_recorded(database: Database, tmp_path: Path) -> None:
    store = Subscriptions(database, SuppressionJournal(None))
    store.add(wanted("ada@b.org"), NOW)
    store.erase("ada@b.org", NOW)
    assert SuppressionJournal(None).replay(database, NOW) == 0
    assert not (tmp_path / "ended").exists()
