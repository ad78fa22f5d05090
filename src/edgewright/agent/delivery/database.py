"""The SQLite file below the outbox: how it is opened, brought to today's form, and what its errors mean."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from edgewright.errors import OutputError

# Bytes to which the write-ahead log is cut after a burst, and pages of the file that a connection keeps in memory.
LOG_BYTES, _CACHED_PAGES = 4_194_304, 128

# What brings a file from one version, its place in this list, to the next. A step that files out there have gone
# through is never changed.
_STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE events (sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
        " source TEXT NOT NULL, stored_s REAL NOT NULL, size INTEGER NOT NULL, text TEXT NOT NULL)",
        "CREATE TABLE cursors (sink TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE taken (source TEXT, item TEXT, PRIMARY KEY (source, item)) WITHOUT ROWID",
        "CREATE TABLE counters (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID",
    ),
    (
        # Age is counted in the life of the state. How old the events are that wait is not known for certain, since
        # `stored_s` is of the system's clock; so they begin anew, and no row has to be written again.
        "ALTER TABLE events ADD COLUMN lived_s REAL NOT NULL DEFAULT 0",
        "CREATE TABLE life (one INTEGER PRIMARY KEY CHECK (one = 1), boot TEXT, steady_s REAL NOT NULL,"
        " lived_s REAL NOT NULL)",
        # So many numbers behind `after` belong to no event.
        "CREATE TABLE gaps (after INTEGER PRIMARY KEY, size INTEGER NOT NULL)",
    ),
)
VERSION = len(_STEPS)


class StorageError(OutputError):
    """The disk did not take an event: full, read-only, or broken. What is there stays whole; trying again is right."""


class DiskFullError(StorageError):
    """There is no room; that can pass."""


def connect(path: Path, synchronous: str) -> sqlite3.Connection:
    """Open the file, made if need be, in today's form; raises `OutputError` where it is damaged or of later days."""
    try:
        database = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise explained(path, error) from error
    try:
        _set_up(database, synchronous)
        _bring_up_to_date(path, database)
    except sqlite3.Error as error:
        database.close()
        raise explained(path, error) from error
    except OutputError:
        database.close()
        raise
    return database


def _set_up(database: sqlite3.Connection, synchronous: str) -> None:
    database.execute("PRAGMA auto_vacuum=INCREMENTAL")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute(f"PRAGMA synchronous={synchronous}")
    database.execute(f"PRAGMA journal_size_limit={LOG_BYTES}")
    database.execute(f"PRAGMA cache_size={_CACHED_PAGES}")


def _bring_up_to_date(path: Path, database: sqlite3.Connection) -> None:
    """All steps that are missing, or none of them."""
    with transaction(path, database):
        version = int(database.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise OutputError(f"{path}: written by a later version of Edgewright. Update, or use another --state")
        for step in _STEPS[version:]:
            for statement in step:
                database.execute(statement)
        if version < VERSION:
            database.execute(f"PRAGMA user_version={VERSION}")


def check(path: Path, database: sqlite3.Connection) -> None:
    """Raise `OutputError` where the file is not whole."""
    try:
        found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise explained(path, error) from error
    if found != "ok":
        raise _damaged(path, found)


@contextlib.contextmanager
def transaction(path: Path, database: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it or nothing."""
    try:
        database.execute("BEGIN IMMEDIATE")
        yield database
        database.execute("COMMIT")
    except sqlite3.Error as error:
        _roll_back(database)
        raise explained(path, error) from error
    except BaseException:
        _roll_back(database)
        raise


def _roll_back(database: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):
        if database.in_transaction:
            database.execute("ROLLBACK")


def is_full(error: OSError) -> bool:
    """Whether there is no room on the disk, or no more of it for us."""
    return error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def explained(path: Path, error: sqlite3.Error | OSError) -> OutputError:
    """The error as one of ours."""
    if isinstance(error, OSError):
        return _refused(path, is_full(error), str(error.strerror))
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return _damaged(path, str(error))
    return _refused(path, code in ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"), str(error))


def _damaged(path: Path, reason: str) -> OutputError:
    return OutputError(f"{path}: damaged, or no store of events ({reason}). Move it away, or use another --state")


def _refused(path: Path, full: bool, reason: str) -> StorageError:
    kind = DiskFullError if full else StorageError
    return kind(f"{path}: events cannot be stored: {'the disk is full' if full else reason}")
