"""Backups of an SQLite database, and restores."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from cmr_watch import new_files
from cmr_watch.exceptions import CmrWatchError, ConfigError, SchemaError, StoreUnavailable
from cmr_watch.store.backup import backup_name, create_backup, mark_restored, prune_backups, restore
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.restore_quarantine import RestoreQuarantine
from cmr_watch.store.schema import REVISION
from cmr_watch.store.subscriptions import Subscriptions
from tests.factories import MINUTE, NOW, wanted
from tests.store.test_restore_quarantine import HELD, held_items, insert_pending
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
def backup(live: Database, tmp_path: Path) -> Path:
    """A backup with a pending message, match and change; the database is closed."""
    insert_pending(live)
    path = tmp_path / "backups" / "backup.db"
    path.parent.mkdir()
    create_backup(live, path)
    live.close()
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ── creating ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_backup_is_a_single_complete_file_readable_by_its_owner(live: Database, backup: Path) -> None:
    assert names(backup.parent) == ["backup.db"]
    assert backup.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM changes").fetchone() == (3,)


def test_the_result_has_the_size_and_the_row_counts(live: Database, tmp_path: Path) -> None:
    insert_pending(live)
    done = create_backup(live, tmp_path / "backup.db")
    assert done.size == (tmp_path / "backup.db").stat().st_size
    assert {name: done.rows[name] for name in ("changes", "matches", "deliveries", "subscriptions", "pages")} == {
        "changes": 3,
        "matches": 2,
        "deliveries": 1,
        "subscriptions": 1,
        "pages": 1,
    }


def test_only_the_backup_is_marked_as_restored(live: Database, tmp_path: Path) -> None:
    insert_pending(live)
    create_backup(live, tmp_path / "backup.db")
    assert not RestoreQuarantine(live).quarantine_if_restored(NOW)
    with closing(open_database(f"sqlite:///{tmp_path / 'backup.db'}")) as copied:
        assert RestoreQuarantine(copied).quarantine_if_restored(NOW)
        assert held_items(RestoreQuarantine(copied)) == HELD


def test_a_backup_of_a_restored_database_is_marked_again(live: Database, tmp_path: Path) -> None:
    mark_restored(live)
    RestoreQuarantine(live).quarantine_if_restored(NOW)
    create_backup(live, tmp_path / "backup.db")
    with closing(open_database(f"sqlite:///{tmp_path / 'backup.db'}")) as copied:
        assert RestoreQuarantine(copied).quarantine_if_restored(NOW)


def test_an_existing_file_is_replaced_only_by_force(live: Database, tmp_path: Path) -> None:
    path = tmp_path / "backup.db"
    path.write_text("something else")
    with pytest.raises(ConfigError, match="--force"):
        create_backup(live, path)
    assert path.read_text() == "something else"
    with pytest.raises(ConfigError, match="is not a backup"):
        create_backup(live, path, force=True)
    assert path.read_text() == "something else"
    path.unlink()
    create_backup(live, path)
    before = path.stat().st_ino
    create_backup(live, path, force=True)
    assert path.stat().st_ino != before
    expected = ["backup.db", "live.db", "live.db-shm", "live.db-wal", "live.db.exists"]
    assert names(tmp_path) == expected, "no temporary files are left"


def other_database(path: Path) -> None:
    open_database(f"sqlite:///{path}").close()


def chosen_by_link(path: Path) -> None:
    path.with_name("elsewhere").write_text("something else")
    path.symlink_to("elsewhere")


def device(path: Path) -> None:
    try:
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3))  # a second /dev/null, inside the folder of the test
    except PermissionError:
        pytest.skip("only root can make devices")


UNSUITABLE = {
    "the journal": lambda path: path.write_text('{"at":"2024-04-02T09:12:00+00:00","erased":"00"}\n'),
    "an empty file": lambda path: path.write_bytes(b""),
    "another database": other_database,
    "a named pipe": os.mkfifo,
    "a device": device,
    "a folder": lambda path: path.mkdir(),
    "a link": chosen_by_link,
    "a broken link": lambda path: path.symlink_to("nowhere"),
}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("what", UNSUITABLE)
def test_nothing_but_an_earlier_backup_is_replaced(live: Database, tmp_path: Path, what: str, force: bool) -> None:
    path = tmp_path / "target"
    UNSUITABLE[what](path)
    before = path.lstat()
    with pytest.raises(ConfigError):
        create_backup(live, path, force=force)
    after = path.lstat()
    assert (after.st_ino, after.st_mode, after.st_size) == (before.st_ino, before.st_mode, before.st_size)


def test_what_a_killed_backup_has_left_is_removed_by_the_next_one(live: Database, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    code = (
        "import os, sys; from pathlib import Path; from cmr_watch import new_files;"
        "creation = new_files.partial_folder(Path(sys.argv[1])); folder = creation.__enter__();"
        "(folder / 'copy.db').write_text('all addresses'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert len(names(folder)) == 1
    create_backup(live, folder / "backup.db")
    assert names(folder) == ["backup.db"]


def test_a_backup_in_progress_is_left_alone(live: Database, tmp_path: Path) -> None:
    with new_files.partial_folder(tmp_path) as folder:
        (folder / "part").write_text("in progress")
        create_backup(live, tmp_path / "backup.db")
        assert (folder / "part").read_text() == "in progress"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7))
@example(0.30859375, 7)  # a byte of a column's name
def test_a_flipped_bit_is_never_restored(backup: Path, tmp_path: Path, place: float, bit: int) -> None:
    content = bytearray(backup.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(content)
    for name in ("good.db", "other.db"):
        for suffix in ("", "-wal", "-shm", ".exists"):
            (tmp_path / f"{name}{suffix}").unlink(missing_ok=True)
    restore(backup, f"sqlite:///{tmp_path / 'good.db'}", NOW)
    try:
        restore(damaged, f"sqlite:///{tmp_path / 'other.db'}", NOW)
    except (StoreUnavailable, SchemaError):
        assert not (tmp_path / "other.db").exists()
        return
    assert rows_of(tmp_path / "other.db") == rows_of(tmp_path / "good.db")


def test_a_changed_letter_is_noticed(backup: Path, url: str) -> None:
    content = backup.read_bytes()
    assert b"@example.org" in content
    backup.write_bytes(content.replace(b"@example.org", b"@examble.org"))
    with pytest.raises(StoreUnavailable, match="checksum"):
        restore(backup, url, NOW)


def test_a_backup_that_was_used_can_be_backed_up_and_restored(backup: Path, tmp_path: Path, url: str) -> None:
    with closing(open_database(f"sqlite:///{backup}")) as used:
        RestoreQuarantine(used).quarantine_if_restored(NOW)
        Subscriptions(used).add(wanted("later@example.org"), NOW)
    restore(backup, url, NOW)
    with closing(open_database(url)) as database:
        assert len(Subscriptions(database).active()) == 2


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT rowid, * FROM {name}").fetchall() for name in tables}


@pytest.mark.parametrize("name", ["live.db", "live.db-wal", "other/../live.db", "link.db"])
def test_the_database_is_never_overwritten_by_its_backup(live: Database, tmp_path: Path, name: str) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "link.db").symlink_to("live.db")
    with pytest.raises(ConfigError, match="itself"):
        create_backup(live, tmp_path / name, force=True)
    Subscriptions(live).add(wanted(), NOW)


def test_a_target_that_cannot_be_written(live: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "none"):
        with pytest.raises(ConfigError, match=f"^{folder} does not exist or is not a folder; create it first$"):
            create_backup(live, folder / "backup.db")
    assert not (tmp_path / "none").exists()
    with pytest.raises(ConfigError, match="is a folder"):
        create_backup(live, tmp_path, force=True)


def test_a_damaged_database_is_not_backed_up(live: Database, tmp_path: Path) -> None:
    insert_pending(live)
    with closing(sqlite3.connect(tmp_path / "live.db")) as connection, connection:
        connection.execute("UPDATE matches SET change_id = 99 WHERE change_id = 1")  # foreign keys are off here
    with pytest.raises(StoreUnavailable, match="the copy is damaged: rows are missing"):
        create_backup(live, tmp_path / "backup.db")
    assert not (tmp_path / "backup.db").exists()


def test_a_backup_is_consistent_while_others_write(live: Database, tmp_path: Path) -> None:
    """`create_backup` fails if the row counts and the copy are not from the same snapshot."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            Subscriptions(live).add(wanted(f"{(number := number + 1)}@example.org"), NOW)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        sizes = [create_backup(live, tmp_path / f"{number}.db").rows["subscriptions"] for number in range(5)]
    finally:
        stop.set()
        writer.join()
    assert sizes == sorted(sizes)


def test_postgresql_needs_its_own_tools(postgres_template: str, tmp_path: Path) -> None:
    message = r"pg_dump and pg_restore.*: cmr-watch db hold"
    with closing(Database(make_url(postgres_template))) as database, pytest.raises(ConfigError, match=message):
        create_backup(database, tmp_path / "backup.db")
    with pytest.raises(ConfigError, match=message):
        restore(tmp_path / "backup.db", postgres_template, NOW)


def test_a_database_restored_with_other_tools_can_be_marked(database: Database) -> None:
    insert_pending(database)
    mark_restored(database)
    assert RestoreQuarantine(database).quarantine_if_restored(NOW)
    assert held_items(RestoreQuarantine(database)) == HELD


# ── restoring ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_restore_keeps_the_previous_database(backup: Path, url: str, tmp_path: Path) -> None:
    with closing(open_database(url)) as database:
        Subscriptions(database).add(wanted("later@example.org"), NOW)
    before = backup.read_bytes()
    done = restore(backup, url, NOW)
    assert (done.revision, done.kept) == (REVISION, tmp_path / KEPT)
    assert backup.read_bytes() == before
    assert names(tmp_path) == ["backups", "live.db", "live.db.exists", KEPT]
    assert (tmp_path / "live.db").stat().st_mode & 0o777 == 0o600
    with closing(open_database(url)) as database, closing(open_database(f"sqlite:///{done.kept}")) as kept:
        assert RestoreQuarantine(database).quarantine_if_restored(NOW)
        assert held_items(RestoreQuarantine(database)) == HELD
        assert len(Subscriptions(database).active()) == 1
        assert [entry.address for entry in Subscriptions(kept).active()][1:] == ["later@example.org"]


def test_each_restore_keeps_the_previous_database(backup: Path, url: str, tmp_path: Path) -> None:
    kept = {restore(backup, url, NOW).kept for _ in range(3)}
    assert len(kept) == 3
    assert all(path is not None and path.is_file() for path in kept)


def test_a_restore_to_a_new_path(backup: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'place.db'}"
    with pytest.raises(ConfigError, match="does not exist"):
        restore(backup, url, NOW)
    (tmp_path / "new").mkdir()
    assert restore(backup, url, NOW).kept is None
    with closing(open_database(url)) as database:
        assert RestoreQuarantine(database).quarantine_if_restored(NOW)


def test_a_plain_copy_of_the_file_is_quarantined_too(backup: Path, url: str, tmp_path: Path) -> None:
    (tmp_path / "plain.db").write_bytes((tmp_path / "live.db").read_bytes())
    restore(tmp_path / "plain.db", url, NOW)
    with closing(open_database(url)) as database:
        assert RestoreQuarantine(database).quarantine_if_restored(NOW)


def test_the_previous_database_includes_its_wal(backup: Path, url: str, tmp_path: Path) -> None:
    """After a crash, the newest rows are in the WAL file."""
    code = (
        "import os, sys; from tests.factories import *; from cmr_watch.store.database import open_database;"
        "from cmr_watch.store.subscriptions import Subscriptions;"
        "Subscriptions(open_database(sys.argv[1])).add(wanted('wal@example.org'), NOW); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, url], cwd=Path(__file__).parents[2], check=False)
    assert (tmp_path / "live.db-wal").stat().st_size > 0
    kept = restore(backup, url, NOW).kept
    assert names(tmp_path) == ["backups", "live.db", "live.db.exists", KEPT]
    with closing(open_database(f"sqlite:///{kept}")) as old:
        assert "wal@example.org" in [entry.address for entry in Subscriptions(old).active()]


def test_a_damaged_database_is_replaced_and_kept(backup: Path, url: str, tmp_path: Path) -> None:
    for name in ("live.db", "live.db-wal"):
        (tmp_path / name).write_bytes(b"not a database" * 100)
    restore(backup, url, NOW)
    assert (tmp_path / KEPT).read_bytes() == b"not a database" * 100
    with closing(open_database(url)) as database:
        assert len(Checks(database).changes()) == 3


def test_an_open_connection_prevents_a_restore(backup: Path, url: str, tmp_path: Path) -> None:
    before = (tmp_path / "live.db").read_bytes()
    with closing(open_database(url)) as database:
        Subscriptions(database).active()  # idle from now on
        with pytest.raises(
            StoreUnavailable, match=r"another process has the database .* open; stop cmr-watch and try again"
        ):
            restore(backup, url, NOW)
        assert [name for name in names(tmp_path) if "replaced" in name or name.startswith(".")] == []
        Subscriptions(database).add(wanted("continues@example.org"), NOW)
    assert (tmp_path / "live.db").read_bytes() != before
    restore(backup, url, NOW)


def test_an_open_connection_of_another_process_prevents_a_restore(backup: Path, url: str) -> None:
    code = (
        "import sys; from cmr_watch.store.database import open_database;"
        "from cmr_watch.store.subscriptions import Subscriptions;"
        "store = Subscriptions(open_database(sys.argv[1])); store.active(); print('open', flush=True); input()"
    )
    command = [sys.executable, "-c", code, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreUnavailable, match="another process"):
            restore(backup, url, NOW)
        other.communicate("\n")
    restore(backup, url, NOW)


def test_an_older_schema_is_upgraded_and_quarantined(url: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old.db")) as old:
        old.executescript((FOLDER / "0001.sql").read_text(encoding="utf-8"))
    assert restore(tmp_path / "old.db", url, NOW).revision == "0001"
    assert names(tmp_path) == ["live.db", "old.db"]
    with closing(open_database(url)) as database:
        assert RestoreQuarantine(database).quarantine_if_restored(NOW)
        assert [(entry.kind, entry.id) for entry in RestoreQuarantine(database).list()] == [
            ("message", 2),
            ("message", 4),
            ("change", 4),
        ]


def create_other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (name)")


def create_newer_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript((FOLDER / "0002.sql").read_text(encoding="utf-8"))
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def create_truncated_database(path: Path) -> None:
    with closing(open_database(f"sqlite:///{path}")) as database:
        insert_pending(database)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("create", "error", "message"),
    [
        (create_other_database, SchemaError, "is not a cmr-watch database"),
        (create_newer_database, SchemaError, "newer version"),
        (create_truncated_database, StoreUnavailable, "could not restore|damaged"),
        (lambda path: path.write_bytes(b""), SchemaError, "is not a cmr-watch database"),
        (lambda path: path.write_text("plain text " * 99), StoreUnavailable, "not a database"),
        (lambda path: path.mkdir(), ConfigError, "is not a file"),
        (lambda path: None, ConfigError, "does not exist"),
    ],
)
def test_an_invalid_backup_changes_nothing(backup, url, tmp_path, create, error, message):  # type: ignore[no-untyped-def]
    before = (tmp_path / "live.db").read_bytes()
    create(tmp_path / "wrong.db")
    with pytest.raises(CmrWatchError, match=message) as caught:
        restore(tmp_path / "wrong.db", url, NOW)
    assert type(caught.value) is error
    assert (tmp_path / "live.db").read_bytes() == before
    assert not [name for name in names(tmp_path) if "replaced" in name or name.startswith(".")]


def test_the_database_is_not_its_own_backup(backup: Path, url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="itself"):
        restore(tmp_path / "live.db", url, NOW)


# ── pruning ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_but_the_newest_scheduled_backups_are_pruned(tmp_path: Path) -> None:
    made = [backup_name(NOW + number * timedelta(days=1)) for number in range(4)]
    assert made[0] == "cmr-watch-20240402-091200.db"
    others = ["cmr-watch.db", "cmr-watch-20200101-000000.db.bak", "my-cmr-watch-20200101-000000.db", "notes.txt"]
    for name in (*made, *others):
        (tmp_path / name).write_text("")
    (tmp_path / backup_name(NOW - MINUTE)).mkdir()
    (tmp_path / backup_name(NOW - 2 * MINUTE)).symlink_to("notes.txt")
    left = set(os.listdir(tmp_path))
    assert prune_backups(tmp_path, 2) == (tmp_path / made[0], tmp_path / made[1])
    assert set(os.listdir(tmp_path)) == left - {made[0], made[1]}
    assert prune_backups(tmp_path, 2) == ()


def test_at_least_one_backup_is_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        prune_backups(tmp_path, 0)
    with pytest.raises(StoreUnavailable, match="could not remove old backups"):
        prune_backups(tmp_path / "nowhere", 1)
