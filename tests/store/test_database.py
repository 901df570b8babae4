"""Opening a database, transactions, and error messages."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import IntegrityError

from cmr_watch.config import Settings
from cmr_watch.exceptions import CmrWatchError, ConfigError, SchemaError, StoreUnavailable
from cmr_watch.observer import Observer
from cmr_watch.store.database import Database, open_database, upgrade
from cmr_watch.store.schema import REVISION
from tests import postgres
from tests.factories import NOW

INSERT = "INSERT INTO robots (host, status, text, fetched_at) VALUES ('{}', 200, '{}', '2024-04-02 09:12:00')"


def hosts(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(text("SELECT host FROM robots ORDER BY host")).scalars())


def insert(database: Database, host: str, content: str = "") -> None:
    with database.write() as connection:
        connection.execute(text(INSERT.format(host, content)))


def error_of(url: str, error: type[CmrWatchError]) -> str:
    with pytest.raises(error) as caught:
        open_database(url).close()
    return str(caught.value)


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_schema_is_created_in_an_empty_database(empty_url: str) -> None:
    with closing(open_database(empty_url)) as database:
        assert database.revision() == REVISION
        assert hosts(database) == []


def test_an_existing_database_is_opened(empty_url: str) -> None:
    with closing(open_database(empty_url)) as database:
        insert(database, "a")
    with closing(open_database(empty_url)) as database:
        assert hosts(database) == ["a"]


def test_folders_are_created_and_the_files_are_readable_by_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "cmr watch %20.db"
    with closing(open_database(f"sqlite:///{path}")) as database:
        insert(database, "a")
        assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


def test_opening_an_existing_database_loads_neither_alembic_nor_the_orm(tmp_path: Path, sqlite_template: Path) -> None:
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


def test_several_processes_can_create_it_at_once(empty_url: str) -> None:
    code = "import sys; from cmr_watch.store.database import open_database; open_database(sys.argv[1]).close()"
    processes = [subprocess.Popen([sys.executable, "-c", code, empty_url]) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    with closing(open_database(empty_url)) as database:
        assert database.revision() == REVISION


def test_tables_that_another_process_creates_between_two_looks_are_our_own(empty_url: str) -> None:
    with closing(Database(make_url(empty_url))) as database:

        @event.listens_for(database.engine, "handle_error", once=True)
        def create(context: ExceptionContext) -> None:
            open_database(empty_url).close()

        assert database.revision() == REVISION


def test_sqlite_files_can_be_opened_for_the_first_time_at_once(tmp_path: Path) -> None:
    # without waiting, about every third file of four threads fails
    for number in range(30):
        url = make_url(f"sqlite:///{tmp_path / f'{number}.db'}")
        start = threading.Barrier(4)

        def connect(url: URL = url, start: threading.Barrier = start) -> None:
            # an engine of its own: SQLAlchemy lets the first connection of an engine go ahead of the others
            with closing(Database(url)) as database:
                start.wait()
                with database.read():
                    pass

        with ThreadPoolExecutor(4) as threads:
            for connected in [threads.submit(connect) for _ in range(4)]:
                connected.result()


def test_sqlite_settings(tmp_path: Path) -> None:
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
    """Create a database with an empty alembic_version table."""
    with closing(Database(make_url(url))) as database, database.write() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))


def test_a_newer_schema_is_rejected(database_url: str) -> None:
    set_revision(database_url, "9999")
    message = rf"was created by a newer version of cmr-watch \(schema 9999, .* {REVISION}\)"
    for function in (open_database, upgrade):
        with pytest.raises(SchemaError, match=message):
            function(database_url)


def test_an_older_schema_is_rejected_with_the_command_to_run(empty_url: str) -> None:
    make_older(empty_url)
    assert error_of(empty_url, SchemaError).endswith("run: cmr-watch db upgrade")


def test_an_older_schema_is_upgraded(empty_url: str) -> None:
    make_older(empty_url)
    assert upgrade(empty_url) == ("base", REVISION)
    open_database(empty_url).close()
    assert upgrade(empty_url) == (REVISION, REVISION)


def test_a_file_is_backed_up_before_an_upgrade(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    make_older(url)
    upgrade(url)
    backup = tmp_path / "test.db.before-base.bak"
    assert backup.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall() == [
            ("alembic_version",)
        ]


def test_an_upgrade_keeps_earlier_backups(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    (tmp_path / "test.db.before-base.bak").write_text("earlier")
    make_older(url)
    upgrade(url)
    assert (tmp_path / "test.db.before-base.bak").read_text() == "earlier"
    assert (tmp_path / "test.db.before-base-2.bak").stat().st_size > 0


def test_without_an_upgrade_there_is_no_backup(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    assert upgrade(url) == ("base", REVISION)
    assert upgrade(url) == (REVISION, REVISION)
    assert list(tmp_path.glob("*.bak")) == []


def test_a_failed_upgrade_is_rolled_back(empty_url: str) -> None:
    make_older(empty_url)
    with closing(Database(make_url(empty_url))) as database, database.write() as connection:
        connection.execute(text("CREATE TABLE matches (id INTEGER)"))
    with pytest.raises(StoreUnavailable):
        upgrade(empty_url)
    with closing(Database(make_url(empty_url))) as database, database.read() as connection:
        assert database.revision() == "base"
        assert connection.execute(text("SELECT * FROM matches")).all() == []
        with pytest.raises(StoreUnavailable), database.read() as other:
            other.execute(text("SELECT * FROM pages"))


def test_a_database_of_another_program_is_rejected(empty_url: str) -> None:
    with closing(Database(make_url(empty_url))) as database, database.write() as connection:
        connection.execute(text("CREATE TABLE customers (id INTEGER)"))
    assert error_of(empty_url, SchemaError).endswith("contains the tables of another program")


# ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_write_transaction_that_raises_is_rolled_back(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            connection.execute(text(INSERT.format("a", "")))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert hosts(database) == []


def test_a_read_transaction_sees_one_snapshot(database: Database) -> None:
    with database.read() as connection:
        first = connection.execute(text("SELECT count(*) FROM robots")).scalar()
        insert(database, "a")
        assert connection.execute(text("SELECT count(*) FROM robots")).scalar() == first
    assert hosts(database) == ["a"]


def test_writers_wait_for_each_other(database: Database) -> None:
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


def test_a_violated_constraint_is_a_bug(database: Database) -> None:
    insert(database, "a")
    with pytest.raises(IntegrityError):
        insert(database, "a")


def test_a_killed_process_loses_only_its_open_transaction(database_url: str) -> None:
    code = f"""
import os, sys
from cmr_watch.store.database import open_database
from sqlalchemy import event, text
with open_database(sys.argv[1]).write() as connection:
    connection.execute(text({INSERT.format("lost", "")!r}))
    os.kill(os.getpid(), 9)
"""
    with closing(open_database(database_url)) as database:
        insert(database, "before")
    assert subprocess.run([sys.executable, "-c", code, database_url]).returncode == -9
    with closing(open_database(database_url)) as database:
        assert hosts(database) == ["before"]
        insert(database, "after")
        assert hosts(database) == ["after", "before"]


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "the database URL is invalid"),
        ("nonsense", "the database URL is invalid"),
        ("mysql://u:secret@localhost/x", "must be sqlite:///file or postgresql://"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("postgresql://u:secret@localhost:none/x", "the database URL is invalid"),
    ],
)
def test_an_invalid_url(url: str, expected: str) -> None:
    message = error_of(url, ConfigError)
    assert expected in message
    assert "secret" not in message


def test_a_file_that_is_not_a_database(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    path.write_text("plain text " * 1000)
    assert error_of(f"sqlite:///{path}", StoreUnavailable) == f"the database {path} is not an SQLite database"


def test_a_damaged_file(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "test.db"
    content = sqlite_template.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    assert "is damaged" in error_of(f"sqlite:///{path}", StoreUnavailable)


def test_a_folder_instead_of_a_file(tmp_path: Path) -> None:
    message = error_of(f"sqlite:///{tmp_path}", StoreUnavailable)
    assert message.startswith(f"the database {tmp_path} cannot be opened")


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    message = error_of(f"sqlite:///{tmp_path / 'file' / 'test.db'}", StoreUnavailable)
    assert "cannot be opened: " in message


def test_a_locked_database(database: Database) -> None:
    with closing(Database(database.url)) as other:
        shorten_lock_timeout(other)
        with database.write() as connection:
            connection.execute(text(lock_statement(database)))
            with pytest.raises(StoreUnavailable, match="is locked: another process has been writing to it"):
                insert(other, "a")
        insert(other, "a")


def lock_statement(database: Database) -> str:
    return "SELECT 1" if database.path else "LOCK TABLE robots IN EXCLUSIVE MODE"


def shorten_lock_timeout(database: Database) -> None:
    """Make the only connection of this database wait for 50 ms instead of 5 s."""
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
        with pytest.raises(StoreUnavailable, match="the disk is full"):
            insert(database, "a", "x" * 100_000)
        assert hosts(database) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=480k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


FULL = r"the disk is full|the disk reports an error"


def test_a_full_disk(small_disk: Path, sqlite_template: Path) -> None:
    path = small_disk / "test.db"
    shutil.copyfile(sqlite_template, path)
    with closing(open_database(f"sqlite:///{path}")) as database:
        insert(database, "before")
        with pytest.raises(StoreUnavailable, match=FULL):
            insert(database, "a", "x" * 600_000)
        assert hosts(database) == ["before"]


def test_a_full_disk_is_noticed(small_disk: Path, sqlite_template: Path) -> None:
    path = small_disk / "test.db"
    shutil.copyfile(sqlite_template, path)
    with closing(open_database(f"sqlite:///{path}")) as database:
        database.require_writable()
        with suppress(OSError), (small_disk / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(b"x" * 512)
        with pytest.raises(StoreUnavailable, match=FULL):
            [database.require_writable() for _ in range(99)]  # the log may have room left


def test_a_full_disk_when_creating_the_database(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(b"x" * 460 * 1024)
    with pytest.raises(StoreUnavailable, match=FULL):
        open_database(f"sqlite:///{small_disk / 'test.db'}")
    (small_disk / "ballast").unlink()
    open_database(f"sqlite:///{small_disk / 'test.db'}").close()


def test_no_upgrade_without_a_backup(small_disk: Path) -> None:
    url = f"sqlite:///{small_disk / 'test.db'}"
    make_older(url)
    free = shutil.disk_usage(small_disk).free
    (small_disk / "ballast").write_bytes(b"x" * (free - 36 * 1024))
    with pytest.raises(StoreUnavailable, match=r"could not create the backup .*before-base\.bak"):
        upgrade(url)
    assert list(small_disk.glob("*.bak")) == []
    (small_disk / "ballast").unlink()
    assert upgrade(url) == ("base", REVISION)


READ_ONLY = """
import os, sys
from cmr_watch.exceptions import StoreUnavailable
from cmr_watch.store.database import open_database
from sqlalchemy import event, text

open_database(f"sqlite:///{sys.argv[1]}").close()  # load the modules as root, as only root may be able to read them
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
    ("folder", "file", "expected"),
    [
        (0o555, 0o444, "the database test.db is read-only"),
        (0o777, 0o444, "the database test.db is read-only"),
        (0o777, 0o000, "the database test.db cannot be opened: Permission denied"),
        (0o555, 0o666, "the database test.db is read-only"),
    ],
)
def test_a_read_only_file(sqlite_template: Path, folder: int, file: int, expected: str) -> None:
    # not in tmp_path, as its parent folders are accessible to their owner only
    with tempfile.TemporaryDirectory() as place:
        path = Path(place)
        shutil.copyfile(sqlite_template, path / "test.db")
        (path / "test.db").chmod(file)
        path.chmod(folder)
        command = [sys.executable, "-c", READ_ONLY, str(sqlite_template)]
        done = subprocess.run(command, cwd=path, capture_output=True, text=True, check=True)
        path.chmod(0o755)
    message, _, hint = done.stdout.strip().partition("; ")
    assert message == expected
    if os.geteuid() == 0:  # then the files belong to root, and the subprocess runs as another user
        assert re.fullmatch(r"(\S+) belongs to user 0, but cmr-watch runs as user 65534: run chown 65534 \1", hint)
    else:
        assert not hint


def test_an_unreachable_postgresql_server() -> None:
    message = error_of("postgresql://ada:secret@127.0.0.1:9/cmr", StoreUnavailable)
    assert message == "the PostgreSQL database cmr on 127.0.0.1 cannot be reached"


def test_a_postgresql_database_that_does_not_exist(postgres_server: postgres.Server, postgres_template: str) -> None:
    url = make_url(postgres_template).set(database="nowhere").render_as_string(hide_password=False)
    assert error_of(url, StoreUnavailable).endswith("does not exist")


def test_a_postgresql_user_without_privileges(postgres_template: str) -> None:
    with closing(open_database(postgres_template)) as database:
        with database.write() as connection:
            connection.execute(text("CREATE ROLE guest LOGIN PASSWORD 'secret'"))
        url = make_url(postgres_template).set(username="guest", password="secret")
        try:
            message = error_of(url.render_as_string(hide_password=False), StoreUnavailable)
        finally:
            with database.write() as connection:
                connection.execute(text("DROP ROLE guest"))
    assert message.endswith("denied permission to the user")
    assert "secret" not in message


def test_a_read_only_postgresql_database(postgres_server: postgres.Server, postgres_template: str) -> None:
    url = postgres_server.create(template=postgres_template)
    with closing(open_database(url)) as database:
        with database.write() as connection:
            name = make_url(url).database
            connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        database.close()
        with pytest.raises(StoreUnavailable, match="is read-only"):
            insert(database, "a")
        with pytest.raises(StoreUnavailable, match="is read-only"):
            database.require_writable()
        assert database.is_read_only()
        assert "is read-only" in str(Observer(database, Settings(), lambda: NOW).observe().database_error)
    postgres_server.drop(url)


TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_an_idle_postgresql_connection_that_was_ended_is_replaced(
    postgres_server: postgres.Server, postgres_template: str
) -> None:
    url = postgres_server.create(template=postgres_template)
    with closing(open_database(url)) as database, closing(open_database(url)) as other:
        insert(database, "a")
        with other.write() as connection:
            connection.execute(text(TERMINATE))
        insert(database, "b")
        assert hosts(database) == ["a", "b"]
    postgres_server.drop(url)


def test_a_postgresql_server_may_end_idle_connections(postgres_server: postgres.Server, postgres_template: str) -> None:
    url = postgres_server.create(template=postgres_template)
    with closing(open_database(url)) as database:
        with database.write() as connection:
            connection.execute(text(f"ALTER DATABASE {make_url(url).database} SET idle_session_timeout = '50ms'"))
        database.close()
        for host in "abc":
            insert(database, host)
            time.sleep(0.2)
        assert hosts(database) == ["a", "b", "c"]
    postgres_server.drop(url)


def test_a_postgresql_transaction_that_is_interrupted_fails_once(
    postgres_server: postgres.Server, postgres_template: str
) -> None:
    url = postgres_server.create(template=postgres_template)
    with closing(open_database(url)) as database, closing(open_database(url)) as other:

        def insert_interrupted() -> None:
            with database.write() as connection:
                connection.execute(text(INSERT.format("a", "")))
                with other.write() as second:
                    second.execute(text(TERMINATE))
                connection.execute(text(INSERT.format("b", "")))

        with pytest.raises(StoreUnavailable, match="ended the connection: it is shutting down, or an administrator"):
            insert_interrupted()
        insert(database, "c")
        assert hosts(database) == ["c"]
    postgres_server.drop(url)


def test_a_postgresql_connection_notices_that_its_network_is_gone(
    postgres_server: postgres.Server, postgres_template: str
) -> None:
    with closing(open_database(postgres_template)) as database, database.engine.connect() as connection:
        parameters = connection.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
    assert 0 < int(parameters["keepalives_idle"]) <= 60
    assert 0 < int(parameters["tcp_user_timeout"]) <= 60_000
    url = make_url(postgres_template).update_query_dict({"tcp_user_timeout": "5000"})
    with closing(Database(url)) as database, database.engine.connect() as connection:
        parameters = connection.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
    assert parameters["tcp_user_timeout"] == "5000"


def test_postgresql_without_its_driver(tmp_path: Path) -> None:
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
    assert done.stdout.strip() == "PostgreSQL needs an additional package; run: pip install '.[postgres]'"


# ── one snapshot for several reads ───────────────────────────────────────────────────────────────────────────────────


def test_reads_within_a_snapshot_do_not_see_what_is_written_meanwhile(database: Database) -> None:
    insert(database, "a.example")
    with database.snapshot():
        assert hosts(database) == ["a.example"]
        insert(database, "b.example")
        assert hosts(database) == ["a.example"]
    assert hosts(database) == ["a.example", "b.example"]


def test_a_snapshot_is_of_its_thread_alone(database: Database) -> None:
    with database.snapshot(), ThreadPoolExecutor(1) as other:
        assert hosts(database) == []
        insert(database, "a.example")
        assert other.submit(hosts, database).result() == ["a.example"]


def test_a_snapshot_ends_with_an_error(database: Database) -> None:
    with suppress(KeyError), database.snapshot():
        raise KeyError
    insert(database, "a.example")
    assert hosts(database) == ["a.example"]
