"""Backup and restore end to end: changes since the backup are neither lost nor sent twice."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from cmr_watch.store.database import open_database
from cmr_watch.store.schema import REVISION
from tests.store.test_upgrade import FOLDER


def held(watch):
    return [row["id"] for row in watch.run("deliveries", "release", "--json").json]


def status(watch):
    return {row["address"]: row["status"] for row in watch.run("subscriptions", "list", "--all", "--json").json}


@pytest.fixture
def copy(watch):
    """A backup made after December was sent to the chat and to Carl, while Anna's mail is waiting for a retry."""
    watch.run("subscriptions", "add", "carl@example.org")
    watch.check("2023-09")
    watch.mailbox.refuse("anna@example.org", "451 later", times=1)
    watch.check("2023-12")
    path = watch.folder / "copies" / "copy.db"
    path.parent.mkdir()
    result = watch.run("backup", str(path))
    assert (result.code, result.err) == (0, "")
    assert re.fullmatch(r"Backup written and verified: \S+copy\.db \(\d+\.\d MB, \d+ rows\)\.\n", result.out)
    return path


def test_a_restored_backup_sends_nothing_twice(watch, copy):
    assert watch.mailbox.subjects == ["Call for hosts 2024–2025 now open"], "Carl's"
    # meanwhile Anna's mail is sent, and Carl unsubscribes
    watch.run("deliveries", "retry")
    watch.check()
    assert [mail.recipient for mail in watch.mailbox.mails] == ["carl@example.org", "anna@example.org"]
    assert watch.run("subscriptions", "end", "carl@example.org").code == 0
    watch.mailbox.mails.clear()
    watch.hook.received.clear()

    result = watch.run("restore", str(copy))
    assert (result.code, result.err) == (0, "")
    assert result.lines[0] == f"Restored from {copy}."
    assert result.lines[1].startswith("The previous database was kept as ")
    assert result.lines[2:] == [
        "Nothing that was pending is sent until you release it. To review it, run: cmr-watch deliveries release"
    ]
    # the first check after the restore finds more changes
    before = held(watch)
    watch.check("2024-04")
    watch.check()
    assert (watch.mailbox.mails, watch.hook.received) == ([], [])
    assert status(watch)["carl@example.org"] == "ended"
    assert status(watch)["anna@example.org"] == "active"
    after = held(watch)
    assert [item[0] for item in after].count("m") == 1, "Anna's mail, which has been sent since the backup"
    (message,) = [item for item in watch.run("deliveries", "release", "--json").json if item["kind"] == "message"]
    assert (message["address"], message["description"]) == ("anna@example.org", "Call for hosts 2024–2025 now open")
    assert set(after) > set(before), "the changes that the first check found"

    watch.run("deliveries", "release", "--discard", "all")
    watch.check()
    assert (watch.mailbox.mails, watch.hook.received, held(watch)) == ([], [], [])


def test_who_unsubscribed_or_was_erased_is_not_listed_before_the_first_check(watch, copy):
    watch.run("subscriptions", "end", "carl@example.org")
    watch.run("subscriptions", "erase", "anna@example.org")
    watch.run("restore", str(copy))
    assert [row["name"] for row in watch.run("subscriptions", "list", "--json").json] == ["chat"]
    watch.run("restore", str(copy))
    assert "anna@example.org" not in watch.run("deliveries", "list").out
    watch.run("restore", str(copy))
    assert [line.partition(":")[0] for line in watch.run("subscriptions", "export").lines[1:]] == ["json"]
    watch.run("restore", str(copy))
    assert "✓ subscriptions: 1 recipient\n" in watch.run("doctor").out


def test_changes_since_the_backup_are_found_again_and_held(watch):
    watch.check("2023-09")
    path = str(watch.folder / "copy.db")
    watch.run("backup", path)
    watch.check("2023-12")
    assert watch.mailbox.subjects == ["Call for hosts 2024–2025 now open"]
    watch.run("restore", path)
    assert held(watch) == []
    watch.check()
    items = held(watch)
    assert items
    assert all(item.startswith("c") for item in items)
    assert len(watch.mailbox.mails) == 1
    watch.run("deliveries", "release", "--send", "all")
    watch.check()
    assert len(watch.mailbox.mails) == 2, "only because the operator released it"


def test_a_backup_put_in_place_by_hand_beside_the_log_of_a_killed_process_is_refused(watch, copy):
    """SQLite would write the pages of the log over it, and with them the mark that keeps it from sending."""
    watch.check()
    database = watch.folder / "watch.db"
    killed = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA wal_autocheckpoint = 0")
connection.execute("UPDATE installation SET value = '2023-10-01T00:00:00+00:00' WHERE name = 'examined_at'")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", killed, str(database)], check=True)
    shutil.copyfile(copy, database)
    watch.mailbox.mails.clear()
    for command in ("check", "doctor"):
        result = watch.run(command)
        assert result.code != 0
        assert "was replaced, but files of the earlier one were left beside it" in result.out + result.err
    assert watch.mailbox.mails == []
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink()
    watch.check("2024-04")
    assert (watch.mailbox.mails, bool(held(watch))) == ([], True)


def test_a_backup_can_be_restored_beside_the_log_of_a_killed_process(watch, copy):
    database = watch.folder / "watch.db"
    shutil.copyfile(copy, database)
    database.with_name("watch.db-wal").write_bytes(b"the log of another file")
    assert watch.run("check").code == 2
    assert watch.run("restore", str(copy)).code == 0
    watch.check("2024-04")
    assert held(watch)


def test_an_existing_backup_is_overwritten_only_with_force(watch, copy):
    result = watch.run("backup", str(copy))
    assert (result.code, result.out) == (2, "")
    assert "already exists" in result.err
    assert watch.run("backup", str(copy), "--force").code == 0


def test_restore_of_a_file_that_is_not_a_backup(watch, copy):
    (watch.folder / "letter.txt").write_text("Dear Anna,\n" * 99)
    before = watch.database.read_bytes()
    for name, code in (("letter.txt", 1), ("nowhere.db", 2)):
        result = watch.run("restore", str(watch.folder / name))
        assert (result.code, result.out, len(result.err.splitlines())) == (code, "", 1)
    assert watch.database.read_bytes() == before


def test_restore_while_another_process_uses_the_database(watch, copy):
    with closing(open_database(f"sqlite:///{watch.database}")) as database:
        database.revision()
        result = watch.run("restore", str(copy))
    assert (result.code, result.out, len(result.err.splitlines())) == (1, "", 1)
    assert "another process has the database" in result.err
    assert "stop cmr-watch and try again" in result.err


def test_a_backup_with_an_older_schema_is_upgraded(watch, copy):
    old = watch.folder / "old.db"
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript((FOLDER / "0001.sql").read_text(encoding="utf-8"))
    result = watch.run("restore", str(old))
    assert result.lines[0] == f"Restored from {old}, schema upgraded from 0001 to {REVISION}."
    assert held(watch) == ["m2", "m4", "c4"]


def test_db_hold(watch, copy):
    assert held(watch) == []
    result = watch.run("db", "hold")
    assert (result.code, result.out) == (
        0,
        "Nothing that was pending is sent until you release it. To review it, run: cmr-watch deliveries release\n",
    )
    assert [item[0] for item in held(watch)].count("m") == 1
    watch.check()
    assert [mail.recipient for mail in watch.mailbox.mails] == ["carl@example.org"]
