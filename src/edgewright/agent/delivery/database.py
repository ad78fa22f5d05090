"""The SQLite file below the outbox: how it is opened and written, and what its errors mean."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from edgewright.errors import OutputError
from edgewright.spelling import argument

# Bytes to which the write-ahead log is cut after a burst, and pages of the file that a connection keeps in memory.
LOG_BYTES, _CACHED_PAGES = 4_194_304, 128


class StorageError(OutputError):
    """The disk did not take an event: full, read-only, or broken. What is there stays whole; trying again is right."""


class DiskFullError(StorageError):
    """There is no room; that can pass."""


def connect(path: Path, synchronous: str | None) -> sqlite3.Connection:
    """Open the file; set up for work where `synchronous` says how. Raises `OutputError` where it is damaged."""
    try:
        database = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise explained(path, error) from error
    try:
        if synchronous is not None:
            _set_up(database, synchronous)
    except sqlite3.Error as error:
        database.close()
        raise explained(path, error) from error
    return database


@contextlib.contextmanager
def opened(path: Path, synchronous: str | None = None) -> Iterator[sqlite3.Connection]:
    """Have the file open for a while; what SQLite raises meanwhile is raised as one of ours."""
    with contextlib.closing(connect(path, synchronous)) as database:
        try:
            yield database
        except sqlite3.Error as error:
            raise explained(path, error) from error


def _set_up(database: sqlite3.Connection, synchronous: str) -> None:
    database.execute("PRAGMA auto_vacuum=INCREMENTAL")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute(f"PRAGMA synchronous={synchronous}")
    database.execute(f"PRAGMA journal_size_limit={LOG_BYTES}")
    database.execute(f"PRAGMA cache_size={_CACHED_PAGES}")


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
    return OutputError(
        f"{path}: damaged, or no store of events ({reason}). Move it away, or use another {argument('state')}"
    )


def _refused(path: Path, full: bool, reason: str) -> StorageError:
    kind = DiskFullError if full else StorageError
    return kind(f"{path}: events cannot be stored: {'the disk is full' if full else reason}")
