"""Damage to an SQLite file causes an error of ours, whatever is damaged, and never prevents a restore."""

from __future__ import annotations

import re
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmr_watch.exceptions import CmrWatchError, DatabaseDamaged, StoreUnavailable
from cmr_watch.store.backup import create_backup, restore
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import open_database, upgrade
from tests.factories import NOW
from tests.store.test_database import hosts, insert


def with_damaged_schema(path: Path, template: Path) -> str:
    """Damage the schema so that SQLite's message, which quotes it, is not UTF-8; return the URL."""
    content = template.read_bytes()
    assert b"CREATE TABLE robots" in content
    path.write_bytes(content.replace(b"CREATE TABLE robots", b"CREATE T\xaeBLE robots"))
    return f"sqlite:///{path}"


def test_a_schema_that_is_not_utf8_is_damage(tmp_path: Path, sqlite_template: Path) -> None:
    url = with_damaged_schema(tmp_path / "test.db", sqlite_template)
    for function in (open_database, upgrade):
        with pytest.raises(DatabaseDamaged, match="is damaged: restore a backup"):
            function(url)


def test_damage_of_the_schema_while_it_is_in_use(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "test.db"
    shutil.copyfile(sqlite_template, path)
    with closing(open_database(f"sqlite:///{path}")) as database:
        insert(database, "a")
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("PRAGMA writable_schema = ON")
            damage = "UPDATE sqlite_master SET sql = CAST(X'435245415445205461AE' AS TEXT) WHERE name = 'robots'"
            connection.exec_driver_sql(damage)
            connection.exec_driver_sql("PRAGMA schema_version = 999")
            connection.exec_driver_sql("PRAGMA writable_schema = OFF")
            connection.commit()
        with pytest.raises(DatabaseDamaged, match="is damaged: restore a backup"):
            hosts(database)


def test_a_backup_replaces_a_database_whose_schema_is_damaged(tmp_path: Path, sqlite_template: Path) -> None:
    path, copy = tmp_path / "test.db", tmp_path / "copy.db"
    shutil.copyfile(sqlite_template, path)
    with closing(open_database(f"sqlite:///{path}")) as database:
        insert(database, "a")
        create_backup(database, copy)
    url = with_damaged_schema(path, sqlite_template)
    restore(copy, url, NOW)
    with closing(open_database(url)) as database:
        assert hosts(database) == ["a"]


def test_a_damaged_schema_is_not_restored(tmp_path: Path, sqlite_template: Path) -> None:
    with_damaged_schema(tmp_path / "copy.db", sqlite_template)
    shutil.copyfile(sqlite_template, tmp_path / "test.db")
    with pytest.raises(StoreUnavailable, match=r"could not restore the database from .*copy\.db: .*damaged"):
        restore(tmp_path / "copy.db", f"sqlite:///{tmp_path / 'test.db'}", NOW)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1), is_schema=st.booleans(), garbage=st.binary(min_size=1, max_size=60))
def test_garbage_anywhere_in_the_file_raises_nothing_but_our_errors(
    tmp_path: Path, sqlite_template: Path, place: float, is_schema: bool, garbage: bytes
) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    path = tmp_path / "test.db"
    content = bytearray(sqlite_template.read_bytes())
    statements = [match.start() for match in re.finditer(b"CREATE (TABLE|INDEX)", content)]
    start = statements[int(place * (len(statements) - 1))] + 5 if is_schema else int(place * len(content))
    content[start : start + len(garbage)] = garbage
    path.write_bytes(content)
    try:
        with closing(open_database(f"sqlite:///{path}")) as database:
            Checks(database).known_pages()
            database.require_sound()
            create_backup(database, tmp_path / "copy.db")
    except CmrWatchError:
        pass
    good = tmp_path / "good.db"
    shutil.copyfile(sqlite_template, good)
    restore(good, f"sqlite:///{path}", NOW)
    open_database(f"sqlite:///{path}").close()
