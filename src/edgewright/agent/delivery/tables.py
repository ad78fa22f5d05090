"""What the outbox asks its tables, and does to them, within a transaction of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping


def jump(database: sqlite3.Connection, highest: int, last: int) -> None:
    """Let the next event have the number behind `last`; what lies between belongs to none."""
    oldest = database.execute("SELECT min(sequence) FROM events").fetchone()[0]
    database.execute("DELETE FROM gaps WHERE after + size < ? OR ?", (oldest or 0, oldest is None))
    if last > highest:
        database.execute("DELETE FROM sqlite_sequence WHERE name = 'events'")
        database.execute("INSERT INTO sqlite_sequence VALUES ('events', ?)", (last,))
        database.execute("INSERT OR REPLACE INTO gaps VALUES (?, ?)", (highest, last - highest))


def count(database: sqlite3.Connection, counts: Mapping[str, float]) -> None:
    """Add to the counters."""
    database.executemany(
        "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        [(name, value) for name, value in counts.items() if value],
    )


def highest(database: sqlite3.Connection) -> int:
    """The highest number that an event ever had."""
    last = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    return int(last[0]) if last else 0


def up_to(database: sqlite3.Connection, excess: int) -> int:
    """The number of the event with which the oldest ones are `excess` bytes together."""
    last = 0
    for sequence, size in database.execute("SELECT sequence, size FROM events ORDER BY sequence"):
        last, excess = sequence, excess - size
        if excess <= 0:
            break
    return last


def keep(database: sqlite3.Connection, values: Mapping[str, str | None]) -> None:
    """Keep values by their names, in place of what had these names; None is to keep it no more."""
    database.executemany(
        "DELETE FROM kept WHERE name = ?", [(name,) for name, value in values.items() if value is None]
    )
    rows = [row for row in values.items() if row[1] is not None]
    database.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", rows)


def kept(database: sqlite3.Connection, prefix: str) -> dict[str, str]:
    """What is kept under names that begin so, in the order of the names."""
    query = "SELECT name, value FROM kept WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name"
    return dict(database.execute(query, (prefix,)))
