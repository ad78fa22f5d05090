"""Back to the program before: what a later one stored is written into a file of events that the earlier one opens.

    python -m edgewright.agent.delivery.returning needs STATE           of the earlier program: does it open the file
    python -m edgewright.agent.delivery.returning back STATE VERSION    of the later one: write it as of that version
    python -m edgewright.agent.delivery.returning aside STATE           of the earlier one, where the later cannot

No agent may be at work with the state meanwhile. Each can be done again where it was cut short.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

from edgewright.agent.delivery.database import explained, opened, transaction
from edgewright.agent.delivery.migrations import MIGRATIONS, VERSION, copy_for, remove_copy, sync
from edgewright.agent.state_names import OUTBOX
from edgewright.errors import EdgewrightError, OutputError, UsageError

_BESIDE = ("-wal", "-shm")


def needs(path: Path) -> dict[str, Any]:
    """Whether this program opens a file of events, and up to which `version` it does."""
    return {"fits": _version(path) <= VERSION, "version": VERSION}


def back(path: Path, version: int) -> dict[str, Any]:
    """Write a file as the program of an earlier version has it: all events, cursors, marks, counters and what is kept.

    What only later versions know is left out. Raises `OutputError` where the disk does not take it, or somebody is at
    work with the file: then it is as it was.
    """
    if not 0 < version <= VERSION:
        raise UsageError(f"version {version}: known are 1 to {VERSION}")
    if _version(path) > version:
        fresh = _fresh(path)
        try:
            _write_as(fresh, path, version)
            _fold_log(path)
            _replace(fresh, path)
        finally:
            remove_copy(fresh)
    return {"version": version}


def aside(path: Path) -> dict[str, Any]:
    """Go on with the copy that was made before a later program changed the file, which is kept beside it.

    Without a copy there is a new file. Gives the folder in which the changed one lies.
    """
    kept = copy_for(path.parent, VERSION)
    fresh = _fresh(path)
    try:
        if kept is None:
            os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        else:
            shutil.copyfile(kept, fresh)
            fresh.chmod(0o600)
        folder = _kept_beside(path)
        _replace(fresh, path)
    except OSError as error:
        raise explained(path, error) from error
    finally:
        remove_copy(fresh)
    return {"folder": str(folder)}


def _version(path: Path) -> int:
    if not path.exists():
        return 0
    with opened(path) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def _write_as(fresh: Path, path: Path, version: int) -> None:
    os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with opened(fresh) as database:
        database.execute("PRAGMA auto_vacuum=INCREMENTAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("ATTACH ? AS later", (str(path),))
        with transaction(fresh, database):
            for statement in itertools.chain(*MIGRATIONS[:version]):
                database.execute(statement)
            for table in _tables(database, "main"):
                _take_over(database, table)
            database.execute(f"PRAGMA main.user_version={version}")


def _take_over(database: sqlite3.Connection, table: str) -> None:
    """All rows of a table, in the columns that both know; the numbers that were given to events are a table too."""
    theirs = _columns(database, "later", table)
    names = ", ".join(f'"{name}"' for name in _columns(database, "main", table) if name in theirs)
    if names:
        database.execute(f'DELETE FROM main."{table}"')  # noqa: S608
        database.execute(f'INSERT INTO main."{table}" ({names}) SELECT {names} FROM later."{table}"')  # noqa: S608


def _tables(database: sqlite3.Connection, file: str) -> list[str]:
    """The numbers come last: rows of events change them."""
    rows = database.execute(f"SELECT name FROM {file}.sqlite_master WHERE type = 'table'")  # noqa: S608
    return sorted((name for (name,) in rows), key=lambda name: name == "sqlite_sequence")


def _columns(database: sqlite3.Connection, file: str, table: str) -> list[str]:
    return [name for (name,) in database.execute("SELECT name FROM pragma_table_info(?, ?)", (table, file))]


def _fold_log(path: Path) -> None:
    """Have the whole file in one, without a log beside it, which a file of the same name would take for its own."""
    with opened(path) as database:
        mode = database.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    if mode != "delete":
        raise OutputError(f"{path}: somebody is at work with it. Stop the agent first")


def _kept_beside(path: Path) -> Path:
    """Give the file, and what belongs to it, a place of its own."""
    names = (path.with_name(f"not-taken-back-{count}") for count in itertools.count(1))
    folder = next(name for name in names if not name.exists())
    folder.mkdir(mode=0o700)
    try:
        os.link(path, folder / path.name)
    except OSError:  # a card without such links
        shutil.copyfile(path, folder / path.name)
    for end in _BESIDE:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(folder / (path.name + end))
    for changed in (folder / path.name, folder, path.parent):
        sync(changed)
    return folder


def _fresh(path: Path) -> Path:
    fresh = path.with_name(f".{path.name}.returning")
    remove_copy(fresh)
    return fresh


def _replace(fresh: Path, path: Path) -> None:
    """By one rename; that the log is gone has to be on the disk before."""
    try:
        sync(fresh)
        sync(path.parent)
        fresh.replace(path)
        sync(path.parent)
    except OSError as error:
        raise explained(path, error) from error


def main(words: list[str]) -> int:
    """Do what the words say, and print what came of it as a line of JSON."""
    try:
        match words:
            case ["needs", state]:
                said = needs(Path(state) / OUTBOX)
            case ["back", state, version]:
                said = back(Path(state) / OUTBOX, int(version))
            case ["aside", state]:
                said = aside(Path(state) / OUTBOX)
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except EdgewrightError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
