"""What brings a file of events from one version to the next: each step once, in a transaction of its own.

Before the first step a copy of the file is made that the program before opens, so that going back loses nothing.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import sqlite3
from pathlib import Path

from edgewright.agent.delivery.database import explained, opened, transaction
from edgewright.agent.state_names import LOCK, OUTBOX
from edgewright.errors import OutputError
from edgewright.spelling import argument

log = logging.getLogger(__name__)

# What brings a file from one version, its place in this list, to the next. A step that files out there have gone
# through is never changed. Steps add tables and columns: going back takes over what both versions know by its name.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # The program that wrote version 1 made its tables one by one: after a kill some of them may be there, empty.
        "CREATE TABLE IF NOT EXISTS events (sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
        " source TEXT NOT NULL, stored_s REAL NOT NULL, size INTEGER NOT NULL, text TEXT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS cursors (sink TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS taken (source TEXT, item TEXT, PRIMARY KEY (source, item)) WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID",
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
    (
        # What an agent knows from one run to the next, by name: open visits, counts of lines, numbers of tracks.
        "CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    ),
)
VERSION = len(MIGRATIONS)


def migrate(path: Path) -> None:
    """Bring a file to today's version; a new one is made.

    Raises `OutputError` where it is damaged or of a later version, which is not touched, and a `StorageError` where the
    disk does not take it: then it is as it was, or has gone through some of the steps.
    """
    with opened(path) as database:
        version = _version(database)
        if version > VERSION:
            raise OutputError(
                f"{path}: written by a later version of Edgewright. Update, or use another {argument('state')}"
            )
    if version < VERSION:
        with opened(path, synchronous="FULL") as database:
            _bring_up_to_date(path, database, version)


def copy_for(state: Path, version: int) -> Path | None:
    """The copy of the file as a version had it, where one was made on the way up."""
    path = _copied_to(state, version) / OUTBOX
    return path if path.is_file() else None


def _bring_up_to_date(path: Path, database: sqlite3.Connection, version: int) -> None:
    if version == 0:  # it is new
        _go(path, database, 0, VERSION)
        return
    kept = _keep(path, database, version)
    for step in range(version, VERSION):
        _go(path, database, step, step + 1)
    log.warning(
        "%s: brought from version %d to %d. As it was it lies in %s; an earlier program goes on there, with that "
        "folder as its %s", path, version, VERSION, kept.parent, argument("state"),
    )  # fmt: skip


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _go(path: Path, database: sqlite3.Connection, begin: int, end: int) -> None:
    with transaction(path, database):
        if _version(database) != begin:  # somebody else was here meanwhile
            return
        for statement in itertools.chain(*MIGRATIONS[begin:end]):
            database.execute(statement)
        database.execute(f"PRAGMA user_version={end}")


def _keep(path: Path, database: sqlite3.Connection, version: int) -> Path:
    """Copy the file, whole or not at all, into a folder that the program before can have as its state."""
    try:
        folder = _folder(path.parent, version)
        fresh = folder / f".{path.name}.copying"
        remove_copy(fresh)
        try:
            _copy(database, fresh)
            fresh.replace(folder / path.name)
        finally:
            remove_copy(fresh)
        for changed in (folder, path.parent):
            sync(changed)
    except OSError as error:
        raise explained(path, error) from error
    return folder / path.name


def _folder(state: Path, version: int) -> Path:
    """Where the copy goes: not where an agent has been at work since."""
    folder = _copied_to(state, version)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink():
        raise OutputError(f"{folder}: is a link to somewhere else. Remove it, or use another {argument('state')}")
    return folder


def _copied_to(state: Path, version: int) -> Path:
    folders = (state / f"version-{version}{again}" for again in ("", *(f"-{number}" for number in range(2, 1000))))
    return next(folder for folder in folders if not (folder / LOCK).exists())


def _copy(database: sqlite3.Connection, fresh: Path) -> None:
    os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with contextlib.closing(sqlite3.connect(fresh)) as copy:
        database.backup(copy)
    sync(fresh)


def remove_copy(fresh: Path) -> None:
    """Leave nothing of a copy that was not finished, the journal beside it included."""
    for path in (fresh, fresh.with_name(f"{fresh.name}-journal")):
        path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until the disk has a file, or what lies in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
