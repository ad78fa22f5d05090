"""Events on disk until every sink has taken them: a SQLite file, and a cursor per sink.

An event counts as stored when its transaction has reached the disk (write-ahead log, `synchronous=FULL`,
https://www.sqlite.org/pragma.html#pragma_synchronous); only then can a sink read it. Cursors may lag behind after a
power cut: then events are sent again, never left out.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgewright.agent.clock import Clock
from edgewright.agent.event import Event, Stored, dropped
from edgewright.agent.limits import Limits
from edgewright.errors import OutputError

VERSION = 1

# Dropping goes a little below the limit, so that it happens, and is reported, once in a while and not with each event.
_DROP_TO = 0.95

# Free pages are given back to the file system when so many have gathered, 800 kB at the usual 4 kB; only so many at
# once, for each of them goes through the log.
_FREE_PAGES, _AT_ONCE = 200, 500

# Bytes to which the write-ahead log is cut after a burst, and pages of the file that a connection keeps in memory.
_LOG_BYTES, _CACHED_PAGES = 4_194_304, 128

# Characters of events that a sink gets at once: pictures that are sent along may be half a million each.
_BATCH = 2_000_000

# So many bytes of the disk are left free: taking events out needs room too, in the log and, when that is written back,
# in the file. An outbox that had filled its disk to the last byte could never be emptied again.
_RESERVE = 2 * _LOG_BYTES

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    stored_s REAL NOT NULL,
    size INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS cursors (sink TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS taken (source TEXT, item TEXT, PRIMARY KEY (source, item)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
"""


class StorageError(OutputError):
    """The disk did not take an event: full, read-only, or broken. What is there stays whole; trying again is right."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one picture brings: its events, and the marks by which its source knows it.

    There are several marks where older pictures were passed over for this one. `started_s`: of the monotonic clock,
    when the picture was captured; latency is measured from it.
    """

    source: str
    events: tuple[Event, ...] = ()
    marks: tuple[str, ...] = ()
    started_s: float | None = None


class Outbox:
    """The events of one agent that some sink has not taken yet; safe to use from several threads.

    Raises `OutputError` where the file is damaged or of a later version.
    """

    def __init__(self, path: Path, *, limits: Limits | None = None, clock: Clock | None = None) -> None:
        self._path = path
        self._limits = limits or Limits()
        self._clock = clock or Clock()
        self._lock = threading.Lock()
        self._read_lock = threading.Lock()
        # What must not be lost goes through `_safe`, which waits for the disk; what can be done again through `_fast`.
        self._safe = self._connect("FULL")
        self._fast = self._connect("NORMAL")
        # Reading waits for no writer, however long the disk takes.
        self._reader = self._connect("NORMAL")
        self._bytes = self._stored_bytes()
        self._before_us = self._last()

    def attach(self, sinks: Sequence[str]) -> None:
        """Say which sinks there are: a new one gets all that is stored, one that is gone holds nothing back."""
        with self._writing(self._safe) as database:
            first = self._first(database) - 1
            for sink in sinks:
                database.execute("INSERT OR IGNORE INTO cursors VALUES (?, ?)", (sink, first))
            marks = ",".join("?" * len(sinks))
            database.execute(f"DELETE FROM cursors WHERE sink NOT IN ({marks})", tuple(sinks))  # noqa: S608

    def append(self, entries: Iterable[Entry], counts: Mapping[str, float] | None = None) -> None:
        """Store entries, and add to the counters, in one transaction; when this returns they are on the disk.

        Raises `StorageError` where the disk does not take them: then none of them is stored.
        """
        self._check_room()
        with self._lock:
            with self._transaction(self._safe) as database:
                jump = self._set_right(database)
                added = sum(self._insert(database, entry) for entry in entries)
                freed = self._drop_oldest(database, self._bytes + added)
                _count(database, counts or {})
            self._bytes += added - freed
            self._clock.settle(jump)

    def count(self, counts: Mapping[str, float]) -> None:
        """Add to the counters; after a power cut the last of them may be missing."""
        with self._writing(self._fast) as database:
            _count(database, counts)

    def after(self, sink: str, most: int) -> list[Stored]:
        """The next events for a sink, oldest first, at most so many; fewer where they are large."""
        query = (
            "SELECT sequence, id, text FROM events WHERE sequence > (SELECT sequence FROM cursors WHERE sink = ?)"
            " ORDER BY sequence LIMIT ?"
        )
        found: list[Stored] = []
        room = _BATCH
        with self._reading() as database, contextlib.closing(database.execute(query, (sink, most))) as rows:
            for sequence, id_, text in rows:
                found.append(Stored(sequence, id_, _numbered(text, sequence)))
                room -= len(text)
                if room <= 0:
                    break
        return found

    def advance(self, sink: str, sequence: int, counts: Mapping[str, float] | None = None) -> None:
        """Remember that a sink has taken all events up to `sequence`; those that all have taken are removed."""
        with self._lock:
            with self._transaction(self._fast) as database:
                database.execute("UPDATE cursors SET sequence = ? WHERE sink = ?", (sequence, sink))
                done = database.execute("SELECT min(sequence) FROM cursors").fetchone()[0]
                freed = self._size(database, "sequence <= ?", done)
                database.execute("DELETE FROM events WHERE sequence <= ?", (done,))
                _count(database, counts or {})
            self._bytes -= freed
        while self._give_back_space():
            pass

    def pending(self, sink: str) -> int:
        """How many events a sink has not taken yet; as quick for many as for few, since numbers have no gaps."""
        with self._reading() as database:
            query = (
                "SELECT (SELECT max(sequence) FROM events),"
                " max((SELECT min(sequence) FROM events) - 1, (SELECT sequence FROM cursors WHERE sink = ?))"
            )
            last, done = database.execute(query, (sink,)).fetchone()
        return 0 if last is None or done is None else max(0, int(last - done))

    def taken(self, source: str) -> set[str]:
        """The marks of all that a source has given and whose results are stored."""
        with self._reading() as database:
            return {item for (item,) in database.execute("SELECT item FROM taken WHERE source = ?", (source,))}

    def forget(self, source: str, marks: Iterable[str]) -> None:
        """Forget marks of what the source will never offer again."""
        with self._writing(self._fast) as database:
            database.executemany("DELETE FROM taken WHERE source = ? AND item = ?", [(source, mark) for mark in marks])

    def counters(self) -> dict[str, float]:
        """All counters of the ledger, since the state was made."""
        with self._reading() as database:
            return dict(database.execute("SELECT name, value FROM counters"))

    def close(self) -> None:
        """Close the file; what is stored stays."""
        with self._lock, self._read_lock:
            for database in (self._reader, self._fast, self._safe):
                database.close()

    def _check_room(self) -> None:
        try:
            free = shutil.disk_usage(self._path.parent).free
        except OSError as error:
            raise StorageError(f"{self._path}: events cannot be stored: {error.strerror}") from error
        if free < _RESERVE:
            raise StorageError(f"{self._path}: events cannot be stored: the disk is full, but for {free:,} bytes")

    def _insert(self, database: sqlite3.Connection, entry: Entry) -> int:
        size = 0
        for event in entry.events:
            text = event.to_json()
            length = len(text.encode())
            size += length
            row = (event.id, event.source, self._clock.now(), length, text)
            database.execute("INSERT INTO events (id, source, stored_s, size, text) VALUES (?, ?, ?, ?, ?)", row)
        marks = [(entry.source, mark) for mark in entry.marks]
        database.executemany("INSERT OR IGNORE INTO taken VALUES (?, ?)", marks)
        _count(database, {"events": len(entry.events), "bytes_stored": size})
        return size

    def _drop_oldest(self, database: sqlite3.Connection, total: int) -> int:
        """Remove what is over the limits, and report it as an event; the number of bytes that this freed."""
        reasons = {"age": self._last_too_old(database)}
        if total > self._limits.max_bytes:
            reasons["size"] = _up_to(database, total - int(_DROP_TO * self._limits.max_bytes))
        reason = max(reasons, key=lambda one: reasons[one])
        last = reasons[reason]
        if not last:
            return 0
        freed = self._size(database, "sequence <= ?", last)
        count = database.execute("DELETE FROM events WHERE sequence <= ?", (last,)).rowcount
        if count:
            freed -= self._insert(database, Entry("agent", (dropped(count, reason, self._clock.now()),)))
            _count(database, {"dropped": count})
        return freed

    def _last_too_old(self, database: sqlite3.Connection) -> int:
        """The number of the last event before the first that is young enough; 0 where the oldest one is."""
        born_s = self._clock.now() - self._limits.max_age_s
        young = database.execute(
            "SELECT sequence FROM events WHERE stored_s >= ? ORDER BY sequence LIMIT 1", (born_s,)
        ).fetchone()
        first, last = database.execute(
            "SELECT (SELECT min(sequence) FROM events), (SELECT max(sequence) FROM events)"
        ).fetchone()
        if young is None:
            return last or 0
        return young[0] - 1 if young[0] > first else 0

    def _set_right(self, database: sqlite3.Connection) -> float:
        """Carry a jump of the clock over to what this run has stored, lest it ages by years at once; the jump."""
        if jump := self._clock.jump():
            shift = "UPDATE events SET stored_s = stored_s + ? WHERE sequence > ?"
            database.execute(shift, (jump, self._before_us))
        return jump

    def _size(self, database: sqlite3.Connection, condition: str, *values: object) -> int:
        return int(database.execute(f"SELECT total(size) FROM events WHERE {condition}", values).fetchone()[0])  # noqa: S608

    def _stored_bytes(self) -> int:
        with self._reading() as database:
            return self._size(database, "1")

    def _last(self) -> int:
        """The highest number that an event ever had."""
        with self._reading() as database:
            return _highest(database)

    def _first(self, database: sqlite3.Connection) -> int:
        """The number of the oldest event that is stored, or that the next one will have."""
        oldest = database.execute("SELECT min(sequence) FROM events").fetchone()[0]
        return int(oldest) if oldest is not None else _highest(database) + 1

    def _give_back_space(self) -> bool:
        """Make the file a little smaller, if a burst has left it too large for nothing; whether there is more to do."""
        with self._lock, contextlib.suppress(sqlite3.Error):  # a disk too full even for that
            free = int(self._fast.execute("PRAGMA freelist_count").fetchone()[0]) if self._bytes == 0 else 0
            if free > _FREE_PAGES:
                # `execute` would do one page only.
                self._fast.executescript(f"PRAGMA incremental_vacuum({_AT_ONCE})")
                return True
        return False

    def _connect(self, synchronous: str) -> sqlite3.Connection:
        try:
            database = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
            database.execute("PRAGMA auto_vacuum=INCREMENTAL")
            database.execute("PRAGMA journal_mode=WAL")
            database.execute(f"PRAGMA synchronous={synchronous}")
            database.execute(f"PRAGMA journal_size_limit={_LOG_BYTES}")
            database.execute(f"PRAGMA cache_size={_CACHED_PAGES}")
            self._prepare(database)
        except sqlite3.DatabaseError as error:
            raise _explained(self._path, error) from error
        return database

    def _prepare(self, database: sqlite3.Connection) -> None:
        version = int(database.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise OutputError(f"{self._path}: written by a later version of Edgewright. Update, or use another --state")
        if version < VERSION:
            database.executescript(f"{_SCHEMA} PRAGMA user_version={VERSION};")

    @contextlib.contextmanager
    def _writing(self, database: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        with self._lock, self._transaction(database):
            yield database

    @contextlib.contextmanager
    def _transaction(self, database: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        """All of it or nothing."""
        try:
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")
        except sqlite3.Error as error:
            _roll_back(database)
            raise _explained(self._path, error) from error
        except BaseException:
            _roll_back(database)
            raise

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._read_lock:
            try:
                yield self._reader
            except sqlite3.Error as error:
                raise _explained(self._path, error) from error


def _roll_back(database: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):
        if database.in_transaction:
            database.execute("ROLLBACK")


def _count(database: sqlite3.Connection, counts: Mapping[str, float]) -> None:
    database.executemany(
        "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        [(name, value) for name, value in counts.items() if value],
    )


def _highest(database: sqlite3.Connection) -> int:
    last = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    return int(last[0]) if last else 0


def _up_to(database: sqlite3.Connection, excess: int) -> int:
    """The number of the event with which the oldest ones are `excess` bytes together."""
    last = 0
    for sequence, size in database.execute("SELECT sequence, size FROM events ORDER BY sequence"):
        last, excess = sequence, excess - size
        if excess <= 0:
            break
    return last


def _numbered(text: str, sequence: int) -> str:
    """The event's JSON with its number in it; the text begins with the brace of an object that is not empty."""
    return f'{{"sequence":{sequence},{text[1:]}'


def _explained(path: Path, error: sqlite3.Error) -> OutputError:
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return OutputError(f"{path}: damaged, or no store of events ({error}). Move it away, or use another --state")
    reason = "the disk is full" if code in ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE") else str(error)
    return StorageError(f"{path}: events cannot be stored: {reason}")
