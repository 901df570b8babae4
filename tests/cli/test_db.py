from __future__ import annotations

import sqlite3
from contextlib import closing


def stamp(watch, revision: str) -> None:
    with closing(sqlite3.connect(watch.database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def test_upgrade_of_a_current_database(checked):
    result = checked.run("db", "upgrade")
    assert result.code == 0
    assert result.out.startswith("The schema is already up to date (")


def test_a_newer_database_is_refused_by_every_command(checked):
    stamp(checked, "9999")
    for arguments in (["check"], ["editions"], ["db", "upgrade"], ["subscriptions", "list"]):
        result = checked.run(*arguments)
        assert (result.code, result.out, len(result.err.splitlines())) == (2, "", 1)
        assert "newer version" in result.err
