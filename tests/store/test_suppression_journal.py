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
from cmr_watch.store.suppression_journal import Journal
from tests.factories import MINUTE, NOW, message, wanted
from tests.store.test_deliveries import put

ROOT = Path(__file__).parents[2]
LATER = NOW + MINUTE


class Copied:
    """An SQLite file with a journal, that a copy is put back for."""

    def __init__(self, folder: Path) -> None:
        self.file, self.copy = folder / "watch.db", folder / "copy.db"
        self.path = folder / "watch.db.ended"
        self.journal = Journal(self.path)

    @contextmanager
    def open(self) -> Iterator[tuple[Database, Subscriptions]]:
        with closing(open_database(f"sqlite:///{self.file}")) as database:
            yield database, Subscriptions(database, self.journal)

    def keep(self) -> None:
        with self.open() as (database, _), database.engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        shutil.copyfile(self.file, self.copy)

    def put_back(self) -> None:
        for path in self.file.parent.glob("watch.db-*"):
            path.unlink()
        shutil.copyfile(self.copy, self.file)


@pytest.fixture
def copied(tmp_path: Path, sqlite_template: Path) -> Copied:
    shutil.copyfile(sqlite_template, tmp_path / "watch.db")
    return Copied(tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ended"


def states(store: Subscriptions) -> dict[str, tuple[str, str | None]]:
    return {entry.address: (entry.status, entry.end_reason) for entry in store.all()}


# ── a copy comes back ────────────────────────────────────────────────────────────────────────────────────────────


def test_who_ended_comes_back_as_ended_and_for_the_same_reason(copied: Copied) -> None:
    with copied.open() as (_, store):
        for address in ("ada@b.org", "bob@b.org"):
            store.add(wanted(address), NOW)
    copied.keep()
    with copied.open() as (_, store):
        store.end("ada@b.org", UNSUBSCRIBED, LATER)
    copied.put_back()
    with copied.open() as (database, store):
        assert states(store)["ada@b.org"] == ("active", None)
        assert copied.journal.replay(database, LATER) == 1
        assert states(store) == {"ada@b.org": ("ended", UNSUBSCRIBED), "bob@b.org": ("active", None)}


@pytest.mark.parametrize("first_ended", [False, True])
def test_who_was_erased_comes_back_as_erased(copied: Copied, first_ended: bool) -> None:
    with copied.open() as (database, store):
        put(database, message("Ada@b.org"))
        if first_ended:
            store.end("Ada@b.org", "asked to", NOW)
    copied.keep()
    with copied.open() as (_, store):
        store.erase("ada@b.org", LATER)
    copied.put_back()
    with copied.open() as (database, store):
        copied.journal.replay(database, LATER)
        assert [status for status, _ in states(store).values()] == ["ended"]
        with database.read() as connection:
            assert erasure.is_erased(connection, "Ada@b.org")
    assert not any("@" in address for address in states(store))


def test_who_subscribed_again_after_the_end_stays(copied: Copied) -> None:
    with copied.open() as (_, store):
        store.add(wanted("ada@b.org"), NOW)
        store.end("ada@b.org", "asked to", LATER)
        store.add(wanted("ada@b.org"), LATER + MINUTE)
        store.add(wanted("eve@b.org"), NOW)
        store.erase("eve@b.org", LATER)
        store.add(wanted("eve@b.org"), LATER + MINUTE, anew=True)
    with copied.open() as (database, store):
        with database.write() as connection:
            installation.write(connection, "journal", None)
        assert copied.journal.replay(database, LATER) == 3
        assert {entry.address for entry in store.active()} == {"ada@b.org", "eve@b.org"}
        with database.read() as connection:
            assert not erasure.is_erased(connection, "eve@b.org"), "she asked for it again"


def test_another_person_with_the_same_number_stays(copied: Copied) -> None:
    copied.keep()
    with copied.open() as (_, store):
        store.add(wanted("ada@b.org"), NOW)
        store.end("ada@b.org", "asked to", LATER)
    copied.put_back()
    with copied.open() as (database, store):
        store.add(wanted("bob@b.org"), NOW)
        copied.journal.replay(database, LATER)
        assert states(store) == {"bob@b.org": ("active", None)}


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_read_twice(database: Database, path: Path) -> None:
    journal = Journal(path)
    store = Subscriptions(database, journal)
    store.add(wanted("ada@b.org"), NOW)
    store.end("ada@b.org", "asked to", NOW)
    assert journal.replay(database, NOW) == 0, "whoever wrote it knows it"
    with database.write() as connection:
        installation.write(connection, "journal", "0")
    assert [journal.replay(database, NOW) for _ in range(2)] == [1, 0]
    with path.open("a") as file:
        file.write('{"at":"2024-04-02T09:12:00+00:00","erased":"00"}\n')
    assert [journal.replay(database, NOW) for _ in range(2)] == [1, 0], "only what is new"


def test_another_file_in_its_place_is_read_from_its_beginning(database: Database, path: Path) -> None:
    line = '{"at":"2024-04-02T09:12:00+00:00","erased":"00"}\n'
    path.write_text(line)
    with database.write() as connection:
        installation.write(connection, "journal", "9")
    assert Journal(path).replay(database, NOW) == 1
    path.write_text("")
    path.write_text(line[:-3] + '11"}\n' + line)
    assert Journal(path).replay(database, NOW) == 2


def test_an_end_after_a_half_written_line(copied: Copied) -> None:
    with copied.open() as (_, store):
        store.add(wanted("ada@b.org"), NOW)
    copied.keep()
    copied.path.write_text('{"at":"2024-04-02T09:1')
    with copied.open() as (database, store):
        assert copied.journal.replay(database, NOW) == 0
        store.end("ada@b.org", "asked to", LATER)
    copied.put_back()
    with copied.open() as (database, store):
        assert copied.journal.replay(database, LATER) == 1
        assert store.active() == ()


@pytest.mark.parametrize("line", ["[]", "null", "{}", '{"at":"x","erased":"y"}', '{"at":5,"ended":"x"}', '"', "\0"])
def test_a_line_that_says_nothing_is_passed_over(database: Database, path: Path, line: str) -> None:
    path.write_text(line + '\n{"at":"2024-04-02T09:12:00+00:00","erased":"00"}\n')
    assert Journal(path).replay(database, NOW) == 1


def test_its_folder_is_made(database: Database, path: Path) -> None:
    store = Subscriptions(database, Journal(path / "state" / "ended"))
    store.add(wanted("ada@b.org"), NOW)
    store.end("ada@b.org", "asked to", NOW)
    assert (path / "state" / "ended").stat().st_size > 0


@pytest.mark.parametrize("how", ["end", "erase"])
def test_what_cannot_be_remembered_is_not_done(database: Database, path: Path, how: str) -> None:
    path.mkdir()
    store = Subscriptions(database, Journal(path))
    store.add(wanted("ada@b.org"), NOW)
    with pytest.raises(StoreUnavailable, match=r"the journal .* cannot be written"):
        store.end("ada@b.org", "asked to", NOW) if how == "end" else store.erase("ada@b.org", NOW)
    assert len(store.active()) == 1


def test_one_that_cannot_be_read(database: Database, path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreUnavailable, match=r"the journal .* cannot be read"):
        Journal(path).replay(database, NOW)


def test_the_file_names_nobody(database: Database, path: Path) -> None:
    store = Subscriptions(database, Journal(path))
    for address in ("ada@b.org", "slack://Token/A/B"):
        store.add(wanted(address, name="ada lovelace"), NOW)
    store.end("ada@b.org", "asked to", NOW)
    store.erase("slack://Token/A/B", NOW)
    said = path.read_text().lower()
    assert len(said.splitlines()) == 3
    assert not [word for word in ("ada", "b.org", "slack", "token") if word in said]
    assert path.stat().st_mode & 0o777 == 0o600


ENDING = """
import sys
from pathlib import Path
from cmr_watch.store.database import open_database
from cmr_watch.store.suppression_journal import Journal
from cmr_watch.store.subscriptions import Subscriptions
from tests.factories import NOW

store = Subscriptions(open_database(sys.argv[1]), Journal(Path(sys.argv[2])))
sys.stdin.readline()
for address in sys.argv[3:]:
    store.end(address, "asked to", NOW)
"""


def test_entries_of_two_processes(database_url: str, path: Path) -> None:
    addresses = [f"{number}@b.org" for number in range(20)]
    with closing(open_database(database_url)) as database:
        for address in addresses:
            Subscriptions(database).add(wanted(address), NOW)
        command = [sys.executable, "-c", ENDING, database_url, str(path)]
        two = [
            subprocess.Popen([*command, *half], stdin=subprocess.PIPE, text=True, cwd=ROOT)
            for half in (addresses[::2], addresses[1::2])
        ]
        for process in two:
            process.communicate("go\n", timeout=60)
        assert [process.returncode for process in two] == [0, 0]
        entries = [json.loads(line) for line in path.read_text().splitlines()]
        assert sorted(entry["ended"] for entry in entries) == list(range(1, 21))
        assert Journal(path).replay(database, NOW) == 0
        with database.read() as connection:
            assert connection.execute(select(table.c.id).where(table.c.status == "active")).all() == []


def test_without_a_journal_nothing_is_remembered(database: Database, tmp_path: Path) -> None:
    store = Subscriptions(database, Journal(None))
    store.add(wanted("ada@b.org"), NOW)
    store.erase("ada@b.org", NOW)
    assert Journal(None).replay(database, NOW) == 0
    assert not (tmp_path / "ended").exists()
