"""Why a database cannot be used, as the end of a plain sentence. Neither SQL nor a password is ever in it."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

READ_ONLY = "is read-only"

_SQLITE = {
    "SQLITE_BUSY": "is locked: another program has been writing to it for more than 5 seconds",
    "SQLITE_LOCKED": "is locked by another program",
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_FULL": "cannot grow: the disk is full",
    "SQLITE_CANTOPEN": "cannot be opened: see whether its folder is there and may be written",
    "SQLITE_PERM": "cannot be opened: permission denied",
    "SQLITE_AUTH": "cannot be opened: permission denied",
    "SQLITE_IOERR": "cannot be read or written: the disk reports an error",
    "SQLITE_CORRUPT": "is damaged: put a backup in its place",
    "SQLITE_NOTADB": "is not an SQLite database",
}

# by SQLSTATE, the class (its first two characters) where the whole is not named: postgresql.org/docs, appendix A
_POSTGRESQL = {
    "08": "cannot be reached",
    "23": "refuses a row that breaks its rules",
    "25006": "is read-only",
    "28": "refuses the user or the password",
    "3D": "does not exist",
    "40": "was changed by another program at the same time: run this again",
    "42501": "refuses the user: permission denied",
    "53100": "cannot grow: the disk is full",
    "53300": "has too many connections",
    "53": "is short of memory or connections",
    "55P03": "is locked: another program has been writing to it for more than 5 seconds",
    "57P": "is starting or stopping",
    "58": "cannot be read or written: the disk reports an error",
    "XX": "is damaged: put a backup in its place",
}


def reason(error: DBAPIError) -> str:
    """What follows the database's name: “is read-only”."""
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return _sqlite(str(name), error)
    return _postgresql(getattr(error.orig, "sqlstate", None), error)


def _sqlite(name: str, error: DBAPIError) -> str:
    # extended names refine the primary ones: SQLITE_READONLY_DBMOVED, SQLITE_IOERR_WRITE
    primary = "_".join(name.split("_")[:2])
    return _SQLITE.get(primary) or f"cannot be used: {_first_line(error)}"


def _postgresql(state: str | None, error: DBAPIError) -> str:
    if state is None:
        return _unreached(_first_line(error))
    for length in (5, 3, 2):
        if state[:length] in _POSTGRESQL:
            return _POSTGRESQL[state[:length]]
    return f"cannot be used: {_first_line(error)}"


def _unreached(words: str) -> str:
    # before a connection stands libpq gives words only, without an SQLSTATE
    if "password authentication failed" in words or "no password supplied" in words:
        return _POSTGRESQL["28"]
    if 'database "' in words and "does not exist" in words:
        return _POSTGRESQL["3D"]
    return _POSTGRESQL["08"]


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
