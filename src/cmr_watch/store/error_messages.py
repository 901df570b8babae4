"""Readable reasons why a database cannot be used. They contain neither SQL nor passwords."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

READ_ONLY = "is read-only"
DAMAGED = "is damaged: restore a backup"
MOVED = "was deleted or replaced while it was in use: restart cmr-watch"

_SQLITE = {
    "SQLITE_BUSY": "is locked: another process has been writing to it for more than 5 seconds",
    "SQLITE_LOCKED": "is locked by another process",
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_FULL": "cannot be written: the disk is full",
    "SQLITE_CANTOPEN": "cannot be opened: check that its folder exists and is writable",
    "SQLITE_PERM": "cannot be opened: permission denied",
    "SQLITE_AUTH": "cannot be opened: permission denied",
    "SQLITE_IOERR": "cannot be read or written: the disk reports an error",
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_NOTADB": "is not an SQLite database",
}

# by SQLSTATE, or by a prefix of it, such as the class: postgresql.org/docs, appendix A
_POSTGRESQL = {
    "08": "cannot be reached",
    "23": "rejected a row that violates a constraint",
    "25006": "is read-only",
    "25P03": "ended the connection: a transaction was idle for too long",
    "28": "rejected the user name or password",
    "3D": "does not exist",
    "40": "was changed by another process at the same time: try again",
    "42501": "denied permission to the user",
    "53100": "cannot be written: the disk is full",
    "53300": "has too many connections",
    "53": "is out of memory or connections",
    "55P03": "is locked: another process has been writing to it for more than 5 seconds",
    "57014": "cancelled a statement: it took too long, or an administrator cancelled it",
    "57P01": "ended the connection: it is shutting down, or an administrator ended it",
    "57P02": "ended the connection: it has crashed and is restarting",
    "57P04": "was dropped",
    "57P05": "ended the connection: it was idle for too long",
    "57P": "is starting up or shutting down",
    "58": "cannot be read or written: the disk reports an error",
    "XX": DAMAGED,
}

_ADVICE = {
    "is locked": "Wait until the other process has finished, or end it.",
    "is read-only": "Fix the permissions of the file; with PostgreSQL, check whether the server is a standby.",
    "cannot be written: the disk is full": "Free space on the disk.",
    "cannot be read or written: the disk": "Check the disk, and the system log.",
    "is not an SQLite database": "Fix [database] url.",
    MOVED: "Stop cmr-watch, put the file in place, and start cmr-watch again.",
    "cannot be reached": "Check that PostgreSQL is running, and [database] url.",
    "is starting up": "Wait until PostgreSQL has started.",
    "ended the connection": "Check that PostgreSQL is running, and its log.",
    "rejected the user name": "Fix the user name or password in [database] url.",
    "does not exist": "Create the database, or fix [database] url.",
    "was dropped": "Create the database, or fix [database] url.",
    "denied permission": "Make the user of [database] url the owner of the database.",
    "has too many connections": "Raise max_connections of PostgreSQL, or end other connections.",
    "is out of memory": "Check the log of PostgreSQL.",
    "cancelled a statement": "Try again; if it fails again, check the log of PostgreSQL.",
    "was changed by another process": "Try again.",
}


def advice(reason: str) -> str:
    """Return what to do about a reason; empty if nothing special."""
    return next((text for beginning, text in _ADVICE.items() if reason.startswith(beginning)), "")


def reason(error: DBAPIError) -> str:
    """Return the reason, to follow the description of the database: “is read-only”."""
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return _sqlite(str(name), error)
    return _postgresql(getattr(error.orig, "sqlstate", None), error)


def _sqlite(name: str, error: DBAPIError) -> str:
    if name == "SQLITE_READONLY_DBMOVED":
        return MOVED
    # extended result codes begin with the primary one: SQLITE_READONLY_DBMOVED, SQLITE_IOERR_WRITE
    primary = "_".join(name.split("_")[:2])
    return _SQLITE.get(primary) or f"cannot be used: {_first_line(error)}"


def _postgresql(state: str | None, error: DBAPIError) -> str:
    if state is None:
        return _connection_error(_first_line(error))
    for length in (5, 3, 2):
        if state[:length] in _POSTGRESQL:
            return _POSTGRESQL[state[:length]]
    return f"cannot be used: {_first_line(error)}"


def _connection_error(message: str) -> str:
    # libpq reports connection errors as text, without an SQLSTATE
    if "password authentication failed" in message or "no password supplied" in message:
        return _POSTGRESQL["28"]
    if 'database "' in message and "does not exist" in message:
        return _POSTGRESQL["3D"]
    return _POSTGRESQL["08"]


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
