"""Events on disk until every sink has taken them: a SQLite file, and a cursor per sink.

An event counts as stored when its transaction has reached the disk (write-ahead log, `synchronous=FULL`,
https://www.sqlite.org/pragma.html#pragma_synchronous); only then can a sink read it. Cursors may lag behind after a
power cut: then events are sent again, never left out.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgewright.agent.capture.clock import Clock
from edgewright.agent.delivery import tables
from edgewright.agent.delivery.database import (
    LOG_BYTES,
    DiskFullError,
    StorageError,
    check,
    connect,
    explained,
    transaction,
)
from edgewright.agent.delivery.lifetime import Lifetime
from edgewright.agent.delivery.limits import Limits
from edgewright.agent.delivery.migrations import migrate
from edgewright.agent.delivery.sequence import SequenceFile
from edgewright.agent.events.event import Event, Stored, about_agent, dropped

__all__ = ["Entry", "Outbox", "StorageError"]

log = logging.getLogger(__name__)

# Dropping goes a little below the limit, so that it happens, and is reported, once in a while and not with each event.
_DROP_TO = 0.95

# Free pages are given back to the file system when so many have gathered, 800 kB at the usual 4 kB; only so many at
# once, for each of them goes through the log.
_FREE_PAGES, _AT_ONCE = 200, 500

# Characters of events that a sink gets at once: pictures that are sent along may be half a million each.
_BATCH = 2_000_000

# So many bytes of the disk are left free: taking events out needs room too, in the log and, when that is written back,
# in the file. An outbox that had filled its disk to the last byte could never be emptied again.
_RESERVE = 2 * LOG_BYTES

_INSERT = "INSERT INTO events (id, source, stored_s, lived_s, size, text) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one picture brings: its events, the marks by which its source knows it, and what is known behind it.

    There are several marks where older pictures were passed over for this one. `started_s`: of the monotonic clock,
    when the picture was captured; latency is measured from it. `kept`: values by name that the next run finds, in one
    transaction with the events that they go with; None is to keep a value no more. `may_lag`: that an entry has no more
    than values which a power cut may put back to what they were.

    Raises `ValueError` for events or marks that may lag.
    """

    source: str
    events: tuple[Event, ...] = ()
    marks: tuple[str, ...] = ()
    started_s: float | None = None
    kept: Mapping[str, str | None] = field(default_factory=dict)
    may_lag: bool = False

    def __post_init__(self) -> None:
        if self.may_lag and (self.events or self.marks):
            raise ValueError("may_lag: events and marks have to be on the disk")


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
        migrate(path)
        with contextlib.ExitStack() as opened:
            # What must not be lost goes through `_safe`, which waits for the disk; what can be done again through
            # `_fast`. Reading waits for no writer, however long the disk takes.
            self._safe = opened.enter_context(contextlib.closing(connect(path, "FULL")))
            self._fast = opened.enter_context(contextlib.closing(connect(path, "NORMAL")))
            self._reader = opened.enter_context(contextlib.closing(connect(path, "NORMAL")))
            with _told(path):
                self._numbers = SequenceFile(path.with_name(f"{path.name}-sequence"), self._clock.boot)
            opened.callback(self._numbers.close)
            with self._reading() as database:
                self._life = Lifetime(self._clock, database)
            self._last = self._begin()
            self._bytes = self._stored_bytes()
            self._opened = opened.pop_all()

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

        The disk is not waited for where all of them may lag. Raises `StorageError` where it does not take them: then
        none of them is stored.
        """
        self._check_room()
        entries = list(entries)
        connection = self._fast if entries and all(entry.may_lag for entry in entries) else self._safe
        with self._lock:
            with _told(self._path):  # one more for what may have to be reported
                self._numbers.claim(self._last + 1 + sum(len(entry.events) for entry in entries))
            with transaction(self._path, connection) as database:
                self._life.note(database)
                added = sum(self._insert(database, entry) for entry in entries)
                freed = self._drop_oldest(database, self._bytes + added)
                tables.count(database, counts or {})
                last = tables.highest(database)
            self._bytes += added - freed
            self._stored_up_to(last)

    def count(self, counts: Mapping[str, float]) -> None:
        """Add to the counters; after a power cut the last of them may be missing."""
        with self._writing(self._fast) as database:
            self._life.note(database)
            tables.count(database, counts)

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
            with transaction(self._path, self._fast) as database:
                database.execute("UPDATE cursors SET sequence = ? WHERE sink = ?", (sequence, sink))
                done = database.execute("SELECT min(sequence) FROM cursors").fetchone()[0]
                freed = self._size(database, "sequence <= ?", done)
                database.execute("DELETE FROM events WHERE sequence <= ?", (done,))
                tables.count(database, counts or {})
            self._bytes -= freed
        while self._give_back_space():
            pass

    def pending(self, sink: str) -> int:
        """How many events a sink has not taken yet; as quick for many as for few, since gaps are few."""
        with self._reading() as database:
            query = (
                "SELECT (SELECT max(sequence) FROM events),"
                " max((SELECT min(sequence) FROM events) - 1, (SELECT sequence FROM cursors WHERE sink = ?))"
            )
            last, done = database.execute(query, (sink,)).fetchone()
            if last is None or done is None:
                return 0
            unused = database.execute("SELECT total(size) FROM gaps WHERE after BETWEEN ? AND ?", (done, last))
            return max(0, int(last - done - unused.fetchone()[0]))

    def taken(self, source: str) -> set[str]:
        """The marks of all that a source has given and whose results are stored."""
        with self._reading() as database:
            return {item for (item,) in database.execute("SELECT item FROM taken WHERE source = ?", (source,))}

    def forget(self, source: str, marks: Iterable[str]) -> None:
        """Forget marks of what the source will never offer again."""
        with self._writing(self._fast) as database:
            database.executemany("DELETE FROM taken WHERE source = ? AND item = ?", [(source, mark) for mark in marks])

    def kept(self, prefix: str) -> dict[str, str]:
        """The values that entries brought to be kept, by their names, of those whose names begin so."""
        with self._reading() as database:
            return tables.kept(database, prefix)

    def counters(self) -> dict[str, float]:
        """All counters of the ledger, since the state was made."""
        with self._reading() as database:
            return dict(database.execute("SELECT name, value FROM counters"))

    def close(self) -> None:
        """Close the file; what is stored stays."""
        with self._lock, self._read_lock:
            with contextlib.suppress(StorageError), transaction(self._path, self._fast) as database:
                self._life.note(database, every_s=0.0)
            self._numbers.finish()
            self._opened.close()

    def _begin(self) -> int:
        """Go on behind the last number that any event may have had, and report it where events are gone."""
        with self._reading() as database:
            highest = tables.highest(database)
        missing = self._missing(highest)
        with _told(self._path):
            last = self._numbers.begin(highest)
        with transaction(self._path, self._safe) as database:
            tables.jump(database, highest, last)
            if missing is not None:
                self._insert(database, Entry("agent", (missing,)))
                last += 1
            self._life.note(database, every_s=0.0)
        self._stored_up_to(last)
        return last

    def _missing(self, highest: int) -> Event | None:
        """What to report where the database has lost its end; raises `OutputError` where it is not whole either."""
        before = self._numbers.before
        if before is None or highest >= before.done:
            return None
        check(self._path, self._reader)
        gone = {"first": highest + 1, "last": before.done}
        log.error(
            "%s: its end is missing or damaged, in the write-ahead log beside it: events %d to %d are gone, if they "
            "were not delivered yet, and pictures may be looked at again. No number is used twice",
            self._path, gone["first"], gone["last"],
        )  # fmt: skip
        return about_agent("storage damaged", self._clock.now(), **gone)

    def _stored_up_to(self, last: int) -> None:
        self._last = last
        with contextlib.suppress(OSError):  # it is stored; and what was claimed stays claimed
            self._numbers.done(last)

    def _check_room(self) -> None:
        try:
            free = shutil.disk_usage(self._path.parent).free
        except OSError as error:
            raise explained(self._path, error) from error
        if free < _RESERVE:
            raise DiskFullError(f"{self._path}: events cannot be stored: the disk is full, but for {free:,} bytes")

    def _insert(self, database: sqlite3.Connection, entry: Entry) -> int:
        size = 0
        for event in entry.events:
            text = event.to_json()
            length = len(text.encode())
            size += length
            row = (event.id, event.source, self._clock.now(), self._life.now(), length, text)
            database.execute(_INSERT, row)
        marks = [(entry.source, mark) for mark in entry.marks]
        database.executemany("INSERT OR IGNORE INTO taken VALUES (?, ?)", marks)
        tables.keep(database, entry.kept)
        tables.count(database, {"events": len(entry.events), "bytes_stored": size})
        return size

    def _drop_oldest(self, database: sqlite3.Connection, total: int) -> int:
        """Remove what is over the limits, and report it as an event; the number of bytes that this freed."""
        reasons = {"age": self._last_too_old(database)}
        if total > self._limits.max_bytes:
            reasons["size"] = tables.up_to(database, total - int(_DROP_TO * self._limits.max_bytes))
        reason = max(reasons, key=lambda one: reasons[one])
        last = reasons[reason]
        if not last:
            return 0
        freed = self._size(database, "sequence <= ?", last)
        count = database.execute("DELETE FROM events WHERE sequence <= ?", (last,)).rowcount
        if count:
            freed -= self._insert(database, Entry("agent", (dropped(count, reason, self._clock.now()),)))
            tables.count(database, {"dropped": count})
        return freed

    def _last_too_old(self, database: sqlite3.Connection) -> int:
        """The number of the last event before the first that is young enough; 0 where the oldest one is."""
        born_s = self._life.now() - self._limits.max_age_s
        young = database.execute(
            "SELECT sequence FROM events WHERE lived_s >= ? ORDER BY sequence LIMIT 1", (born_s,)
        ).fetchone()
        first, last = database.execute(
            "SELECT (SELECT min(sequence) FROM events), (SELECT max(sequence) FROM events)"
        ).fetchone()
        if young is None:
            return last or 0
        return young[0] - 1 if young[0] > first else 0

    def _size(self, database: sqlite3.Connection, condition: str, *values: object) -> int:
        return int(database.execute(f"SELECT total(size) FROM events WHERE {condition}", values).fetchone()[0])  # noqa: S608

    def _stored_bytes(self) -> int:
        with self._reading() as database:
            return self._size(database, "1")

    def _first(self, database: sqlite3.Connection) -> int:
        """The number of the oldest event that is stored, or that the next one will have."""
        oldest = database.execute("SELECT min(sequence) FROM events").fetchone()[0]
        return int(oldest) if oldest is not None else tables.highest(database) + 1

    def _give_back_space(self) -> bool:
        """Make the file a little smaller, if a burst has left it too large for nothing; whether there is more to do."""
        with self._lock, contextlib.suppress(sqlite3.Error):  # a disk too full even for that
            free = int(self._fast.execute("PRAGMA freelist_count").fetchone()[0]) if self._bytes == 0 else 0
            if free > _FREE_PAGES:
                # `execute` would do one page only.
                self._fast.executescript(f"PRAGMA incremental_vacuum({_AT_ONCE})")
                return True
        return False

    @contextlib.contextmanager
    def _writing(self, database: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        with self._lock, transaction(self._path, database):
            yield database

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._read_lock:
            try:
                yield self._reader
            except sqlite3.Error as error:
                raise explained(self._path, error) from error


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise explained(path, error) from error


def _numbered(text: str, sequence: int) -> str:
    """The event's JSON with its number in it; the text begins with the brace of an object that is not empty."""
    return f'{{"sequence":{sequence},{text[1:]}'
