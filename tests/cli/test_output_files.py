"""Files that commands write: nothing is overwritten but an earlier file of the same kind."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing

import pytest


def device(path):
    try:
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3))  # a second /dev/null, inside the folder of the test
    except PermissionError:
        pytest.skip("only root can make devices")


def link(path):
    path.with_name("elsewhere").write_text("address,topics\n")
    path.symlink_to("elsewhere")


UNSUITABLE = {
    "the journal": lambda path: path.write_text('{"at":"2024-04-02T09:12:00+00:00","erased":"00"}\n'),
    "another file": lambda path: path.write_text("[database]\n"),
    "bytes": lambda path: path.write_bytes(b"\xff\x00" * 100),
    "a named pipe": os.mkfifo,
    "a device": device,
    "a folder": lambda path: path.mkdir(),
    "a link to an earlier one": link,
    "a broken link": lambda path: path.symlink_to("nowhere"),
}
COMMANDS = {
    "export": ("subscriptions", "export"),
    "forced export": ("subscriptions", "export", "--force"),
    "page": ("snapshots", "export", "1"),
    "backup": ("backup",),
    "forced backup": ("backup", "--force"),
}


@pytest.fixture
def watch(watch):
    watch.check("2023-09")
    return watch


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("what", UNSUITABLE)
def test_other_files_stay_as_they_are(watch, what, command):
    path = watch.folder / "target"
    UNSUITABLE[what](path)
    before = path.lstat()
    result = watch.run(*COMMANDS[command], str(path))
    assert (result.code, len(result.err.splitlines())) == (2, 1), result.err
    after = path.lstat()
    assert (after.st_ino, after.st_mode, after.st_size) == (before.st_ino, before.st_mode, before.st_size)
    assert not (watch.folder / "nowhere").exists()
    assert [name for name in os.listdir(watch.folder) if "partial" in name] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_no_folder_is_made(watch, command):
    result = watch.run(*COMMANDS[command], str(watch.folder / "new" / "target"))
    assert result.code == 2
    assert "create it first" in result.err
    assert not (watch.folder / "new").exists()


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_earlier_export_is_replaced_only_by_force(watch, form):
    path = watch.folder / "target"
    arguments = ("subscriptions", "export", "--format", form, str(path))
    assert watch.run(*arguments).code == 0
    before = path.read_bytes()
    assert watch.run("subscriptions", "add", "dora@example.org").code == 0
    assert watch.run(*arguments).code == 2
    assert path.read_bytes() == before
    assert watch.run(*arguments, "--force").code == 0
    assert b"dora@example.org" in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_earlier_export_is_no_backup(watch):
    path = watch.folder / "target"
    assert watch.run("subscriptions", "export", str(path)).code == 0
    assert watch.run("backup", "--force", str(path)).code == 2
    assert path.read_text().startswith("address,")


def test_a_demo_keeps_the_files_of_an_installation(watch):
    watch.config.rename(watch.folder / "cmr-watch.toml")
    watch.database.rename(watch.folder / "cmr-watch.db")
    before = (watch.folder / "cmr-watch.db").read_bytes()
    result = watch.run("demo", "--dir", str(watch.folder), config=False)
    assert (result.code, "is not from an earlier demo" in result.err) == (1, True)
    assert (watch.folder / "cmr-watch.toml").exists()
    assert (watch.folder / "cmr-watch.db").read_bytes() == before


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.write_text("[database]\n")])
def test_nothing_is_appended_to_a_file_that_is_no_journal(watch, make):
    watch.configure()
    path = watch.folder / "journal"
    text = watch.config.read_text().replace("[database]\n", f'[database]\njournal = "{path}"\n')
    watch.config.write_text(text)
    make(path)
    size = path.stat().st_size
    result = watch.run("subscriptions", "erase", "anna@example.org")
    assert (result.code, len(result.err.splitlines())) == (1, 1), result.err
    assert path.stat().st_size == size


def test_a_database_that_is_no_regular_file(watch):
    watch.database = watch.folder / "pipe"
    os.mkfifo(watch.database)
    watch.configure()
    result = watch.run("subscriptions", "list")
    assert (result.code, "not a regular file" in result.err) == (2, True)


# ── a database that is gone or empty ─────────────────────────────────────────────────────────────────────────────


def remove(path):
    for file in path.parent.glob(f"{path.name}*"):
        if file.suffix != ".exists":
            file.unlink()


def empty(path):
    remove(path)
    path.touch()


@pytest.mark.parametrize("lose", [remove, empty])
@pytest.mark.parametrize("command", [("check",), ("subscriptions", "list"), ("db", "upgrade"), ("db", "init")])
def test_a_lost_database_is_not_begun_anew(watch, lose, command):
    lose(watch.database)
    existed = watch.database.exists()
    result = watch.run(*command)
    assert (result.code, len(result.err.splitlines())) in ((1, 1), (2, 1)), result
    assert "cmr-watch restore FILE" in result.err
    assert (watch.database.exists(), watch.database.exists() and watch.database.stat().st_size) == (existed, 0)


@pytest.mark.parametrize("lose", [remove, empty])
def test_doctor_reports_a_lost_database(watch, lose):
    lose(watch.database)
    result = watch.run("doctor")
    assert result.code == 1
    assert "✗ database: the database" in result.out
    assert "was in use before" in result.out


@pytest.mark.parametrize("lose", [remove, empty])
def test_a_new_database_can_be_begun_on_purpose(watch, lose):
    lose(watch.database)
    assert watch.run("db", "init", "--new").code == 0
    assert watch.run("subscriptions", "list", "--all").code == 0


def test_a_lost_database_can_be_restored(watch):
    copy = watch.folder / "copy.db"
    assert watch.run("backup", str(copy)).code == 0
    remove(watch.database)
    assert watch.run("restore", str(copy)).code == 0
    assert watch.check().code == 0


def damage(path):
    """Overwrite the root of a table."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'bodies'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = b"\x5a" * size
    path.write_bytes(content)


def test_doctor_finds_damage(watch):
    damage(watch.database)
    result = watch.run("doctor")
    assert result.code == 1
    assert "✗ database: the database" in result.out
    assert "is damaged" in result.out
    assert "restore FILE" in result.out


def test_a_check_finds_damage_within_a_day(watch):
    with closing(sqlite3.connect(watch.database)) as connection, connection:
        connection.execute("DELETE FROM installation WHERE name = 'examined_at'")
    damage(watch.database)
    result = watch.run("check")
    assert (result.code, "is damaged" in result.err) == (1, True)
