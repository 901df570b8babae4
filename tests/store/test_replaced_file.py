"""The file of an SQLite database that is deleted, moved away or replaced while it is in use."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from cmr_watch.exceptions import StoreUnavailable
from cmr_watch.store.database import Database, open_database
from tests.store.test_database import hosts, insert

GONE = "was deleted or replaced while it was in use: restart cmr-watch"


@pytest.fixture
def used(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """A database in use, in a folder of its own."""
    (tmp_path / "folder").mkdir()
    path = tmp_path / "folder" / "cmr watch %20?#.db"
    shutil.copyfile(sqlite_template, path)
    with closing(open_database(f"sqlite:///{str(path).replace('?', '%3F')}")) as database:
        insert(database, "a")
        yield database


def files(path: Path) -> list[Path]:
    return [path, *(path.with_name(f"{path.name}-{suffix}") for suffix in ("wal", "shm"))]


def delete(path: Path) -> None:
    for file in files(path):
        file.unlink(missing_ok=True)


def delete_the_file_alone(path: Path) -> None:
    path.unlink()


def delete_the_log_alone(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink()


def replace_the_log(path: Path) -> None:
    log = path.with_name(f"{path.name}-wal")
    shutil.copyfile(log, path.with_name("copy"))
    path.with_name("copy").rename(log)


def move_away(path: Path) -> None:
    for file in files(path):
        if file.exists():
            file.rename(file.with_name(f"{file.name}.old"))


def move_the_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))


def replace_by_a_copy(path: Path) -> None:
    shutil.copyfile(path, path.with_name("copy"))
    path.with_name("copy").rename(path)


def replace_by_nothing(path: Path) -> None:
    delete(path)
    path.touch()


WAYS = (
    delete,
    delete_the_file_alone,
    move_away,
    move_the_folder,
    replace_by_a_copy,
    replace_by_nothing,
)


@pytest.mark.parametrize("take", WAYS)
def test_nothing_is_read_or_written_any_more(used: Database, take: Callable[[Path], None]) -> None:
    assert used.path is not None
    with used.read():  # so that the transactions below need a connection of their own
        take(used.path)
        before = sorted(used.path.parent.parent.rglob("*"))
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match=GONE):
                insert(used, "b")
            with pytest.raises(StoreUnavailable, match=GONE):
                hosts(used)
    with pytest.raises(StoreUnavailable, match=GONE):
        hosts(used)
    with pytest.raises(StoreUnavailable, match=GONE):
        used.require_sound()
    assert sorted(used.path.parent.parent.rglob("*")) == before


@pytest.mark.parametrize("take", [delete_the_log_alone, replace_the_log])
def test_an_open_connection_does_not_go_on_without_its_log(used: Database, take: Callable[[Path], None]) -> None:
    assert used.path is not None
    take(used.path)
    with pytest.raises(StoreUnavailable, match=GONE):
        insert(used, "b")
    with pytest.raises(StoreUnavailable, match=GONE):
        hosts(used)


def test_the_log_that_ends_with_the_last_connection_is_not_missed(used: Database) -> None:
    assert used.path is not None
    for host in "bcd":
        used.engine.pool.dispose()
        assert files(used.path)[1].exists() is False
        insert(used, host)
    assert hosts(used) == ["a", "b", "c", "d"]


def test_a_file_that_is_moved_back_is_used_again(used: Database) -> None:
    assert used.path is not None
    for file in files(used.path):
        file.rename(file.with_name(f"{file.name}.old"))
    with pytest.raises(StoreUnavailable, match=GONE):
        insert(used, "b")
    for file in files(used.path):
        file.with_name(f"{file.name}.old").rename(file)
    insert(used, "b")
    assert hosts(used) == ["a", "b"]


def test_a_write_that_could_not_begin_leaves_no_lock_to_the_next_reader(used: Database) -> None:
    assert used.path is not None
    used.path.rename(used.path.with_name("moved"))
    with pytest.raises(StoreUnavailable, match=GONE):
        insert(used, "b")
    used.path.with_name("moved").rename(used.path)
    with used.snapshot():
        assert hosts(used) == ["a"]
        insert(used, "b")
    assert hosts(used) == ["a", "b"]


def test_a_database_that_was_closed_may_be_another_file(used: Database) -> None:
    assert used.path is not None
    used.close()
    replace_by_a_copy(used.path)
    insert(used, "b")
    assert hosts(used) == ["a", "b"]


def test_a_symbolic_link_may_not_change_its_target(tmp_path: Path, sqlite_template: Path) -> None:
    for name in ("first.db", "second.db"):
        shutil.copyfile(sqlite_template, tmp_path / name)
    link = tmp_path / "link.db"
    link.symlink_to("first.db")
    with closing(open_database(f"sqlite:///{link}")) as database:
        insert(database, "a")
        link.unlink()
        link.symlink_to("second.db")
        with pytest.raises(StoreUnavailable, match=GONE), database.write() as connection:
            connection.execute(text("SELECT 1"))
