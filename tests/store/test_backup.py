"""Copies of a database, and how one comes back."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from cmr_watch.exceptions import CmrWatchError, ConfigError, SchemaError, StoreUnavailable
from cmr_watch.store.backup import hold, make, name_at, prune, restore
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.restore_quarantine import RestoreQuarantine
from cmr_watch.store.schema import REVISION
from cmr_watch.store.subscriptions import Subscriptions
from tests.factories import MINUTE, NOW, wanted
from tests.store.test_restore_quarantine import HELD, waits, words
from tests.store.test_upgrade import FOLDER

KEPT = "live.db.replaced-20240402-091200"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'live.db'}"


@pytest.fixture
def live(url: str) -> Iterator[Database]:
    with closing(open_database(url)) as database:
        yield database


@pytest.fixture
def copy(live: Database, tmp_path: Path) -> Path:
    """A copy in which something of each kind waits; nobody has the database open any more."""
    waits(live)
    path = tmp_path / "copies" / "copy.db"
    make(live, path)
    live.close()
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ── a copy ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_copy_is_one_whole_file_of_its_owner(live: Database, copy: Path) -> None:
    assert names(copy.parent) == ["copy.db"]
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM changes").fetchone() == (3,)


def test_what_was_counted_is_said(live: Database, tmp_path: Path) -> None:
    waits(live)
    done = make(live, tmp_path / "copy.db")
    assert done.size == (tmp_path / "copy.db").stat().st_size
    assert {name: done.rows[name] for name in ("changes", "matches", "deliveries", "subscriptions", "pages")} == {
        "changes": 3,
        "matches": 2,
        "deliveries": 1,
        "subscriptions": 1,
        "pages": 1,
    }


def test_the_hold_is_in_the_copy_only(live: Database, tmp_path: Path) -> None:
    waits(live)
    make(live, tmp_path / "copy.db")
    assert not RestoreQuarantine(live).begin(NOW)
    with closing(open_database(f"sqlite:///{tmp_path / 'copy.db'}")) as copied:
        assert RestoreQuarantine(copied).begin(NOW)
        assert words(RestoreQuarantine(copied)) == HELD


def test_a_copy_of_a_copy_is_held_anew(live: Database, tmp_path: Path) -> None:
    hold(live)
    RestoreQuarantine(live).begin(NOW)
    make(live, tmp_path / "copy.db")
    with closing(open_database(f"sqlite:///{tmp_path / 'copy.db'}")) as copied:
        assert RestoreQuarantine(copied).begin(NOW)


def test_a_file_that_is_there_stays_unless_it_may_go(live: Database, tmp_path: Path) -> None:
    path = tmp_path / "copy.db"
    path.write_text("somebody's")
    with pytest.raises(ConfigError, match="--force"):
        make(live, path)
    assert path.read_text() == "somebody's"
    make(live, path, force=True)
    assert path.read_bytes()[:15] == b"SQLite format 3"
    assert names(tmp_path) == ["copy.db", "live.db", "live.db-shm", "live.db-wal"], "nothing half done is left"


@pytest.mark.parametrize("name", ["live.db", "live.db-wal", "other/../live.db", "link.db"])
def test_the_database_itself_is_never_the_target(live: Database, tmp_path: Path, name: str) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "link.db").symlink_to("live.db")
    with pytest.raises(ConfigError, match="itself"):
        make(live, tmp_path / name, force=True)
    Subscriptions(live).add(wanted(), NOW)


def test_a_folder_that_cannot_be_written_to(live: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="no copy of the database could be made"):
        make(live, tmp_path / "file" / "copy.db")
    with pytest.raises(ConfigError, match="is a folder"):
        make(live, tmp_path, force=True)


def test_a_damaged_database_gives_no_copy(live: Database, tmp_path: Path) -> None:
    waits(live)
    with closing(sqlite3.connect(tmp_path / "live.db")) as connection, connection:
        connection.execute("UPDATE matches SET change_id = 99 WHERE change_id = 1")  # foreign keys are off here
    with pytest.raises(StoreUnavailable, match="the copy is damaged: rows are lost"):
        make(live, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_others_write_meanwhile(live: Database, tmp_path: Path) -> None:
    """Each copy is of one moment, whatever is written: its rows are as many as were counted."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            Subscriptions(live).add(wanted(f"{(number := number + 1)}@example.org"), NOW)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        sizes = [make(live, tmp_path / f"{number}.db").rows["subscriptions"] for number in range(5)]
    finally:
        stop.set()
        writer.join()
    assert sizes == sorted(sizes)


def test_postgresql_has_its_own_tools(postgres_template: str, tmp_path: Path) -> None:
    words = r"pg_dump .* pg_restore.*: cmr-watch db hold"
    with closing(Database(make_url(postgres_template))) as database, pytest.raises(ConfigError, match=words):
        make(database, tmp_path / "copy.db")
    with pytest.raises(ConfigError, match=words):
        restore(tmp_path / "copy.db", postgres_template, NOW)


def test_the_hold_by_hand(database: Database) -> None:
    """As after a pg_restore."""
    waits(database)
    hold(database)
    assert RestoreQuarantine(database).begin(NOW)
    assert words(RestoreQuarantine(database)) == HELD


# ── a copy comes back ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_copy_comes_back_and_the_one_before_is_kept(copy: Path, url: str, tmp_path: Path) -> None:
    with closing(open_database(url)) as database:
        Subscriptions(database).add(wanted("later@example.org"), NOW)
    before = copy.read_bytes()
    done = restore(copy, url, NOW)
    assert (done.revision, done.kept) == (REVISION, tmp_path / KEPT)
    assert copy.read_bytes() == before
    assert names(tmp_path) == ["copies", "live.db", KEPT]
    assert (tmp_path / "live.db").stat().st_mode & 0o777 == 0o600
    with closing(open_database(url)) as database, closing(open_database(f"sqlite:///{done.kept}")) as kept:
        assert RestoreQuarantine(database).begin(NOW)
        assert words(RestoreQuarantine(database)) == HELD
        assert len(Subscriptions(database).active()) == 1
        assert [entry.address for entry in Subscriptions(kept).active()][1:] == ["later@example.org"]


def test_the_one_before_is_kept_each_time(copy: Path, url: str, tmp_path: Path) -> None:
    kept = {restore(copy, url, NOW).kept for _ in range(3)}
    assert len(kept) == 3
    assert all(path is not None and path.is_file() for path in kept)


def test_a_copy_into_an_empty_place(copy: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'place.db'}"
    assert restore(copy, url, NOW).kept is None
    with closing(open_database(url)) as database:
        assert RestoreQuarantine(database).begin(NOW)


def test_a_plain_copy_of_the_file_is_held_as_well(copy: Path, url: str, tmp_path: Path) -> None:
    (tmp_path / "plain.db").write_bytes((tmp_path / "live.db").read_bytes())
    restore(tmp_path / "plain.db", url, NOW)
    with closing(open_database(url)) as database:
        assert RestoreQuarantine(database).begin(NOW)


def test_what_was_not_written_into_the_file_yet_is_kept_too(copy: Path, url: str, tmp_path: Path) -> None:
    """The machine stopped: the newest rows stand in the file beside it."""
    code = (
        "import os, sys; from tests.factories import *; from cmr_watch.store.database import open_database;"
        "from cmr_watch.store.subscriptions import Subscriptions;"
        "Subscriptions(open_database(sys.argv[1])).add(wanted('wal@example.org'), NOW); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, url], cwd=Path(__file__).parents[2], check=False)
    assert (tmp_path / "live.db-wal").stat().st_size > 0
    kept = restore(copy, url, NOW).kept
    assert names(tmp_path) == ["copies", "live.db", KEPT]
    with closing(open_database(f"sqlite:///{kept}")) as old:
        assert "wal@example.org" in [entry.address for entry in Subscriptions(old).active()]


def test_a_damaged_database_is_replaced_and_kept(copy: Path, url: str, tmp_path: Path) -> None:
    for name in ("live.db", "live.db-wal"):
        (tmp_path / name).write_bytes(b"no database at all" * 100)
    restore(copy, url, NOW)
    assert (tmp_path / KEPT).read_bytes() == b"no database at all" * 100
    with closing(open_database(url)) as database:
        assert len(Checks(database).changes()) == 3


def test_nobody_else_may_have_it_open(copy: Path, url: str, tmp_path: Path) -> None:
    before = (tmp_path / "live.db").read_bytes()
    with closing(open_database(url)) as database:
        Subscriptions(database).active()  # idle now, and ready to go on
        with pytest.raises(StoreUnavailable, match=r"another process has the database .* open: stop cmr-watch first"):
            restore(copy, url, NOW)
        assert [name for name in names(tmp_path) if "replaced" in name or name.startswith(".")] == []
        Subscriptions(database).add(wanted("goes.on@example.org"), NOW)
    assert (tmp_path / "live.db").read_bytes() != before
    restore(copy, url, NOW)


def test_another_process_has_it_open(copy: Path, url: str) -> None:
    code = (
        "import sys; from cmr_watch.store.database import open_database;"
        "from cmr_watch.store.subscriptions import Subscriptions;"
        "people = Subscriptions(open_database(sys.argv[1])); people.active(); print('open', flush=True); input()"
    )
    command = [sys.executable, "-c", code, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreUnavailable, match="another process"):
            restore(copy, url, NOW)
        other.communicate("\n")
    restore(copy, url, NOW)


def test_an_older_schema_is_upgraded_and_held(url: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old.db")) as old:
        old.executescript((FOLDER / "0001.sql").read_text(encoding="utf-8"))
    assert restore(tmp_path / "old.db", url, NOW).revision == "0001"
    assert names(tmp_path) == ["live.db", "old.db"]
    with closing(open_database(url)) as database:
        assert RestoreQuarantine(database).begin(NOW)
        assert [(entry.kind, entry.id) for entry in RestoreQuarantine(database).list()] == [
            ("message", 2),
            ("message", 4),
            ("change", 4),
        ]


def stranger(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (name)")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript((FOLDER / "0002.sql").read_text(encoding="utf-8"))
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def half(path: Path) -> None:
    with closing(open_database(f"sqlite:///{path}")) as database:
        waits(database)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (stranger, SchemaError, "no database of cmr-watch"),
        (newer, SchemaError, "newer version"),
        (half, StoreUnavailable, "could not be put in place|damaged"),
        (lambda path: path.write_bytes(b""), SchemaError, "no database of cmr-watch"),
        (lambda path: path.write_text("a letter to somebody " * 99), StoreUnavailable, "not a database"),
        (lambda path: path.mkdir(), ConfigError, "there is no file"),
        (lambda path: None, ConfigError, "there is no file"),
    ],
)
def test_what_is_no_copy_changes_nothing(copy, url, tmp_path, spoil, error, words):  # type: ignore[no-untyped-def]
    before = (tmp_path / "live.db").read_bytes()
    spoil(tmp_path / "wrong.db")
    with pytest.raises(CmrWatchError, match=words) as caught:
        restore(tmp_path / "wrong.db", url, NOW)
    assert type(caught.value) is error
    assert (tmp_path / "live.db").read_bytes() == before
    assert not [name for name in names(tmp_path) if "replaced" in name or name.startswith(".")]


def test_the_database_is_no_copy_of_itself(copy: Path, url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="itself"):
        restore(tmp_path / "live.db", url, NOW)


# ── old copies ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_what_is_called_so_is_pruned_and_the_newest_stay(tmp_path: Path) -> None:
    made = [name_at(NOW + number * timedelta(days=1)) for number in range(4)]
    assert made[0] == "cmr-watch-20240402-091200.db"
    others = ["cmr-watch.db", "cmr-watch-20200101-000000.db.bak", "my-cmr-watch-20200101-000000.db", "notes.txt"]
    for name in (*made, *others):
        (tmp_path / name).write_text("")
    (tmp_path / name_at(NOW - MINUTE)).mkdir()
    (tmp_path / name_at(NOW - 2 * MINUTE)).symlink_to("notes.txt")
    left = set(os.listdir(tmp_path))
    assert prune(tmp_path, 2) == (tmp_path / made[0], tmp_path / made[1])
    assert set(os.listdir(tmp_path)) == left - {made[0], made[1]}
    assert prune(tmp_path, 2) == ()


def test_one_copy_is_always_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        prune(tmp_path, 0)
    with pytest.raises(StoreUnavailable, match="old copies"):
        prune(tmp_path / "nowhere", 1)
