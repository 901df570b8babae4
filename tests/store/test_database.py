from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from cmr_watch.exceptions import CmrWatchError, ConfigError, SchemaError, StoreUnavailable
from cmr_watch.store.database import Database, open_database, upgrade
from cmr_watch.store.schema import REVISION
from tests import postgres

INSERT = "INSERT INTO robots (host, status, text, fetched_at) VALUES ('{}', 200, '{}', '2024-04-02 09:12:00')"


def hosts(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(text("SELECT host FROM robots ORDER BY host")).scalars())


def insert(database: Database, host: str, words: str = "") -> None:
    with database.write() as connection:
        connection.execute(text(INSERT.format(host, words)))


def sentence_of(url: str, error: type[CmrWatchError]) -> str:
    with pytest.raises(error) as caught:
        open_database(url).close()
    return str(caught.value)


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_database_is_made(empty_url: str) -> None:
    with closing(open_database(empty_url)) as database:
        assert database.revision() == REVISION
        assert hosts(database) == []


def test_an_existing_one_is_opened_as_it_is(empty_url: str) -> None:
    with closing(open_database(empty_url)) as database:
        insert(database, "a")
    with closing(open_database(empty_url)) as database:
        assert hosts(database) == ["a"]


def test_folders_are_made_and_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "cmr watch %20.db"
    with closing(open_database(f"sqlite:///{path}")) as database:
        insert(database, "a")
        assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


def test_alembic_and_the_orm_are_not_loaded_to_open_an_existing_one(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "test.db")
    code = f"""
import sys
from cmr_watch.store.database import open_database
from cmr_watch.store import checks, deliveries, incidents, subscriptions
open_database("sqlite:///{tmp_path / "test.db"}").close()
heavy = ("alembic", "sqlalchemy.orm", "sqlalchemy.dialects.postgresql", "psycopg")
sys.exit(", ".join(name for name in heavy if name in sys.modules) or 0)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_two_processes_may_make_it_at_once(empty_url: str) -> None:
    code = "import sys; from cmr_watch.store.database import open_database; open_database(sys.argv[1]).close()"
    processes = [subprocess.Popen([sys.executable, "-c", code, empty_url]) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    with closing(open_database(empty_url)) as database:
        assert database.revision() == REVISION


def test_sqlite_is_durable_and_strict(tmp_path: Path) -> None:
    with closing(open_database(f"sqlite:///{tmp_path / 'test.db'}")) as database, database.read() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        values = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in pragmas]
    assert values == ["wal", 2, 1, 5000]


# ── other versions ───────────────────────────────────────────────────────────────────────────────────────────────


def set_revision(url: str, revision: str | None) -> None:
    with closing(Database(make_url(url))) as database, database.write() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        if revision:
            connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})


def make_older(url: str) -> None:
    """A database that knows of revisions and has reached none."""
    with closing(Database(make_url(url))) as database, database.write() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))


def test_a_newer_one_is_refused(database_url: str) -> None:
    set_revision(database_url, "9999")
    for act in (open_database, upgrade):
        with pytest.raises(SchemaError, match=r"belongs to a newer version of cmr-watch \(schema 9999, .* 0003\)"):
            act(database_url)


def test_an_older_one_is_refused_with_what_to_type(empty_url: str) -> None:
    make_older(empty_url)
    assert sentence_of(empty_url, SchemaError).endswith("run: cmr-watch db upgrade")


def test_upgrade_brings_an_older_one_to_today(empty_url: str) -> None:
    make_older(empty_url)
    assert upgrade(empty_url) == ("base", REVISION)
    open_database(empty_url).close()
    assert upgrade(empty_url) == (REVISION, REVISION)


def test_upgrade_copies_a_file_first(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    make_older(url)
    upgrade(url)
    copy = tmp_path / "test.db.before-base.bak"
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall() == [
            ("alembic_version",)
        ]


def test_upgrade_keeps_earlier_copies(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    (tmp_path / "test.db.before-base.bak").write_text("earlier")
    make_older(url)
    upgrade(url)
    assert (tmp_path / "test.db.before-base.bak").read_text() == "earlier"
    assert (tmp_path / "test.db.before-base-2.bak").stat().st_size > 0


def test_nothing_is_copied_when_there_is_nothing_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    assert upgrade(url) == ("base", REVISION)
    assert upgrade(url) == (REVISION, REVISION)
    assert list(tmp_path.glob("*.bak")) == []


def test_a_failed_upgrade_changes_nothing(empty_url: str) -> None:
    make_older(empty_url)
    with closing(Database(make_url(empty_url))) as database, database.write() as connection:
        connection.execute(text("CREATE TABLE matches (there_already INTEGER)"))
    with pytest.raises(StoreUnavailable):
        upgrade(empty_url)
    with closing(Database(make_url(empty_url))) as database, database.read() as connection:
        assert database.revision() == "base"
        assert connection.execute(text("SELECT * FROM matches")).all() == []
        with pytest.raises(StoreUnavailable), database.read() as other:
            other.execute(text("SELECT * FROM pages"))


def test_the_tables_of_another_program_are_left_alone(empty_url: str) -> None:
    with closing(Database(make_url(empty_url))) as database, database.write() as connection:
        connection.execute(text("CREATE TABLE customers (id INTEGER)"))
    assert sentence_of(empty_url, SchemaError).endswith("holds the tables of another program")


# ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    def half() -> None:
        with database.write() as connection:
            connection.execute(text(INSERT.format("a", "")))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert hosts(database) == []


def test_reading_sees_one_moment(database: Database) -> None:
    with database.read() as connection:
        first = connection.execute(text("SELECT count(*) FROM robots")).scalar()
        insert(database, "a")
        assert connection.execute(text("SELECT count(*) FROM robots")).scalar() == first
    assert hosts(database) == ["a"]


def test_writers_in_threads_wait_for_each_other(database: Database) -> None:
    def add_one() -> None:
        for _ in range(25):
            with database.write() as connection:
                statement = "SELECT status FROM robots WHERE host = 'a' FOR UPDATE"
                statement = statement.removesuffix(" FOR UPDATE") if database.path else statement
                status = connection.execute(text(statement)).scalar_one()
                connection.execute(text("UPDATE robots SET status = :status"), {"status": status + 1})

    insert(database, "a")
    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute(text("SELECT status FROM robots")).scalar() == 300


def test_a_broken_constraint_is_a_mistake_of_ours(database: Database) -> None:
    insert(database, "a")
    with pytest.raises(IntegrityError):
        insert(database, "a")


def test_killed_inside_a_transaction_loses_only_that(database_url: str) -> None:
    code = f"""
import os, sys
from cmr_watch.store.database import open_database
from sqlalchemy import text
with open_database(sys.argv[1]).write() as connection:
    connection.execute(text({INSERT.format("half", "")!r}))
    os.kill(os.getpid(), 9)
"""
    with closing(open_database(database_url)) as database:
        insert(database, "before")
    assert subprocess.run([sys.executable, "-c", code, database_url]).returncode == -9
    with closing(open_database(database_url)) as database:
        assert hosts(database) == ["before"]
        insert(database, "after")
        assert hosts(database) == ["after", "before"]


# ── trouble ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "the database's address is wrong"),
        ("nonsense", "the database's address is wrong"),
        ("mysql://u:secret@localhost/x", "must be sqlite:///file or postgresql://"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("postgresql://u:secret@localhost:none/x", "the database's address is wrong"),
    ],
)
def test_a_wrong_address(url: str, words: str) -> None:
    sentence = sentence_of(url, ConfigError)
    assert words in sentence
    assert "secret" not in sentence


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    path.write_text("Dear diary, " * 1000)
    assert sentence_of(f"sqlite:///{path}", StoreUnavailable) == f"the database {path} is not an SQLite database"


def test_a_damaged_file(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "test.db"
    content = sqlite_template.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    assert "is damaged" in sentence_of(f"sqlite:///{path}", StoreUnavailable)


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    sentence = sentence_of(f"sqlite:///{tmp_path}", StoreUnavailable)
    assert sentence.startswith(f"the database {tmp_path} cannot be opened")


def test_a_file_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    sentence = sentence_of(f"sqlite:///{tmp_path / 'file' / 'test.db'}", StoreUnavailable)
    assert "cannot be opened: " in sentence


def test_a_locked_database(database: Database) -> None:
    with closing(Database(database.url)) as other:
        shorten_patience(other)
        with database.write() as connection:
            connection.execute(text(lock_statement(database)))
            with pytest.raises(StoreUnavailable, match="is locked: another program has been writing to it"):
                insert(other, "a")
        insert(other, "a")


def lock_statement(database: Database) -> str:
    return "SELECT 1" if database.path else "LOCK TABLE robots IN EXCLUSIVE MODE"


def shorten_patience(database: Database) -> None:
    """Let this database's one connection wait for 50 ms, not 5 s."""
    with database.engine.connect() as connection:
        statement = "PRAGMA busy_timeout = 50" if database.path else "SET lock_timeout = '50ms'"
        connection.exec_driver_sql(statement)
        connection.commit()


def test_a_full_database(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "test.db"
    shutil.copyfile(sqlite_template, path)
    with closing(open_database(f"sqlite:///{path}")) as database:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(StoreUnavailable, match="cannot grow: the disk is full"):
            insert(database, "a", "x" * 100_000)
        assert hosts(database) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


FULL = r"cannot grow: the disk is full|the disk reports an error"


def test_a_full_disk(small_disk: Path, sqlite_template: Path) -> None:
    path = small_disk / "test.db"
    shutil.copyfile(sqlite_template, path)
    with closing(open_database(f"sqlite:///{path}")) as database:
        insert(database, "before")
        with pytest.raises(StoreUnavailable, match=FULL):
            insert(database, "a", "x" * 500_000)
        assert hosts(database) == ["before"]


def test_a_full_disk_at_the_start(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(b"x" * 380 * 1024)
    with pytest.raises(StoreUnavailable, match=FULL):
        open_database(f"sqlite:///{small_disk / 'test.db'}")
    (small_disk / "ballast").unlink()
    open_database(f"sqlite:///{small_disk / 'test.db'}").close()


def test_no_upgrade_without_its_copy(small_disk: Path) -> None:
    url = f"sqlite:///{small_disk / 'test.db'}"
    make_older(url)
    free = shutil.disk_usage(small_disk).free
    (small_disk / "ballast").write_bytes(b"x" * (free - 36 * 1024))
    with pytest.raises(StoreUnavailable, match=r"no copy of the database could be made as .*before-base\.bak"):
        upgrade(url)
    assert list(small_disk.glob("*.bak")) == []
    (small_disk / "ballast").unlink()
    assert upgrade(url) == ("base", REVISION)


READ_ONLY = """
import os, sys
from cmr_watch.exceptions import StoreUnavailable
from cmr_watch.store.database import open_database
from sqlalchemy import text

open_database(f"sqlite:///{sys.argv[1]}").close()  # loads what only root may read, where python is root's own
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    with open_database("sqlite:///test.db").write() as connection:
        connection.execute(text("DELETE FROM robots"))
except StoreUnavailable as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("folder", "file", "sentence"),
    [
        (0o555, 0o444, "the database test.db is read-only"),
        (0o777, 0o444, "the database test.db is read-only"),
        (0o777, 0o000, "the database test.db cannot be opened: Permission denied"),
        (0o555, 0o666, "the database test.db is read-only"),
    ],
)
def test_a_read_only_file(sqlite_template: Path, folder: int, file: int, sentence: str) -> None:
    # not in tmp_path: the folders above it are closed to everybody but their owner
    with tempfile.TemporaryDirectory() as place:
        path = Path(place)
        shutil.copyfile(sqlite_template, path / "test.db")
        (path / "test.db").chmod(file)
        path.chmod(folder)
        command = [sys.executable, "-c", READ_ONLY, str(sqlite_template)]
        done = subprocess.run(command, cwd=path, capture_output=True, text=True, check=True)
        path.chmod(0o755)
    words, _, owner = done.stdout.strip().partition("; ")
    assert words == sentence
    if os.geteuid() == 0:  # then the file and the folder are root's, and the other process is not root
        assert re.fullmatch(
            r"\S+ belongs to user 0, but cmr-watch runs as user 65534: give it away with chown 65534", owner
        )
    else:
        assert not owner


def test_a_postgresql_that_does_not_answer() -> None:
    sentence = sentence_of("postgresql://ada:secret@127.0.0.1:9/cmr", StoreUnavailable)
    assert sentence == "the PostgreSQL database cmr on 127.0.0.1 cannot be reached"


def test_a_postgresql_database_that_does_not_exist(postgres_server: postgres.Server, postgres_template: str) -> None:
    url = make_url(postgres_template).set(database="nowhere").render_as_string(hide_password=False)
    assert sentence_of(url, StoreUnavailable).endswith("does not exist")


def test_a_postgresql_user_without_rights(postgres_template: str) -> None:
    with closing(open_database(postgres_template)) as database:
        with database.write() as connection:
            connection.execute(text("CREATE ROLE guest LOGIN PASSWORD 'secret'"))
        url = make_url(postgres_template).set(username="guest", password="secret")
        try:
            sentence = sentence_of(url.render_as_string(hide_password=False), StoreUnavailable)
        finally:
            with database.write() as connection:
                connection.execute(text("DROP ROLE guest"))
    assert sentence.endswith("refuses the user: permission denied")
    assert "secret" not in sentence


def test_a_postgresql_that_is_read_only(postgres_server: postgres.Server, postgres_template: str) -> None:
    url = postgres_server.create(template=postgres_template)
    with closing(open_database(url)) as database:
        with database.write() as connection:
            name = make_url(url).database
            connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        database.close()
        with pytest.raises(StoreUnavailable, match="is read-only"):
            insert(database, "a")
    postgres_server.drop(url)


def test_a_postgresql_connection_that_broke_is_made_again(
    postgres_server: postgres.Server, postgres_template: str
) -> None:
    url = postgres_server.create(template=postgres_template)
    with closing(open_database(url)) as database, closing(open_database(url)) as other:
        insert(database, "a")
        with other.write() as connection:
            statement = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute(text(statement))
        with pytest.raises(StoreUnavailable, match=r"is starting or stopping|cannot be reached"):
            insert(database, "b")
        insert(database, "b")
        assert hosts(database) == ["a", "b"]
    postgres_server.drop(url)


def test_postgresql_without_its_driver_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "psycopg.py").write_text("raise ModuleNotFoundError(\"No module named 'psycopg'\", name='psycopg')")
    code = """
from cmr_watch.exceptions import ConfigError
from cmr_watch.store.database import open_database
try:
    open_database("postgresql://localhost/x")
except ConfigError as error:
    print(error)
"""
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "PostgreSQL needs one more package; run: pip install '.[postgres]'"
