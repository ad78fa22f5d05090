"""A write-ahead log that is removed or damaged after a kill: it is noticed and said, and no number is used again."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edgewright.agent import Outbox
from edgewright.agent.capture.clock import Clock
from edgewright.agent.delivery.outbox import Entry, StorageError
from edgewright.errors import OutputError

STORE = """
import os, signal, sys
from pathlib import Path
from edgewright.agent import Event, Outbox
from edgewright.agent.delivery.outbox import Entry
outbox = Outbox(Path(sys.argv[1]))
outbox.attach(["a"])
for number in range(int(sys.argv[2])):
    outbox.append([Entry("s", (Event("s", "result", 1.7e9, {"number": number}),), (f"{number}",))])
for event in outbox.after("a", 1000):
    print(event.sequence, event.id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
COUNT = 60


def store_and_die(path: Path, count: int = COUNT) -> dict[int, str]:
    """Events by their numbers, as a sink may have seen them before the agent was killed."""
    done = subprocess.run(
        [sys.executable, "-c", STORE, str(path), str(count)], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    pairs = [line.split() for line in done.stdout.splitlines()]
    assert len(pairs) >= count
    return {int(sequence): id_ for sequence, id_ in pairs}


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        found = file.read(8)
        file.seek(at)
        file.write(bytes(byte ^ 0xFF for byte in found))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "removed": lambda path: log_of(path).unlink(),
    "emptied": lambda path: os.truncate(log_of(path), 0),
    "cut in half": lambda path: os.truncate(log_of(path), log_of(path).stat().st_size // 2),
    "without its end": lambda path: os.truncate(log_of(path), log_of(path).stat().st_size - 100),
    "another head": lambda path: flip(log_of(path), 16),
    "bytes in the middle": lambda path: flip(log_of(path), log_of(path).stat().st_size // 2),
    "bytes near the end": lambda path: flip(log_of(path), log_of(path).stat().st_size - 300),
    "all removed": lambda path: [one.unlink() for one in (path, log_of(path))],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_numbers_go_on_and_what_is_gone_is_said(tmp_path, event, caplog, damage):
    path = tmp_path / "outbox.db"
    seen = store_and_die(path)
    DAMAGE[damage](path)
    outbox = Outbox(path)
    outbox.attach(["a"])
    assert "No number is used twice" in caplog.text
    outbox.append([Entry("s", (event(1),))])
    after = outbox.after("a", 1000)
    kept = [one for one in after if one.sequence in seen]
    fresh = after[len(kept) :]
    assert all(seen[one.sequence] == one.id for one in kept)
    assert [one.sequence for one in after] == sorted({one.sequence for one in after})
    assert min(one.sequence for one in fresh) > max(seen)
    assert {one.id for one in fresh}.isdisjoint(seen.values())
    report = json.loads(fresh[0].text)
    assert (report["kind"], report["what"]) == ("agent", "storage damaged")
    assert (report["first"], report["last"]) == (len(kept) + 1, max(seen))
    assert outbox.pending("a") == len(after)
    outbox.close()
    again = Outbox(path)
    again.append([Entry("s", (event(2),))])
    assert [one.sequence for one in again.after("a", 1000)] == [
        *(one.sequence for one in after),
        after[-1].sequence + 1,
    ]
    again.close()


def test_after_a_kill_that_left_the_log_whole_there_is_no_gap_and_no_report(tmp_path, event, caplog):
    path = tmp_path / "outbox.db"
    seen = store_and_die(path)
    outbox = Outbox(path)
    outbox.append([Entry("s", (event(1),))])
    assert [one.sequence for one in outbox.after("a", 1000)] == [*seen, max(seen) + 1]
    assert caplog.text == ""
    outbox.close()


def test_it_is_noticed_once_and_again_when_it_happens_again(tmp_path):
    path = tmp_path / "outbox.db"
    seen = store_and_die(path)
    for _ in range(3):
        log_of(path).unlink()
        fresh = store_and_die(path)
        assert not fresh.keys() & seen.keys()
        assert len(fresh) == COUNT + 1, "the report and the new ones"
        seen |= fresh


def test_after_a_power_cut_the_numbers_that_nobody_vouches_for_are_left_out(tmp_path, event):
    """What was not synchronized is as it was; the file beside it says little more than which block was in use."""
    path = tmp_path / "outbox.db"
    store_and_die(path, 1)
    early = path.with_name("outbox.db-sequence").read_bytes()
    seen = store_and_die(path)
    path.with_name("outbox.db-sequence").write_bytes(early)
    log_of(path).unlink()
    outbox = Outbox(path, clock=Clock(boot=lambda: "another"))
    outbox.append([Entry("s", (event(1),))])
    last = outbox._reader.execute("SELECT max(sequence) FROM events").fetchone()[0]
    assert last > max(seen)
    outbox.close()


def test_a_file_of_numbers_that_makes_no_sense_is_no_reason_to_start_again(tmp_path, event):
    path = tmp_path / "outbox.db"
    seen = store_and_die(path)
    path.with_name("outbox.db-sequence").write_bytes(b"\0" * 100)
    log_of(path).write_bytes(log_of(path).read_bytes()[:-100])
    outbox = Outbox(path)
    outbox.append([Entry("s", (event(1),))])
    assert outbox.after("a", 1000)[-1].sequence > max(seen)
    outbox.close()


def test_what_was_about_to_be_stored_at_a_kill_has_its_number_for_itself(tmp_path, outbox, event):
    outbox.append([Entry("s", (event(1),))])
    twice = event(2)
    outbox.append([Entry("s", (twice,))])
    with pytest.raises(StorageError):  # claims a number, and is rolled back; then the agent is gone
        outbox.append([Entry("s", (event(3), twice))])
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in tmp_path.glob("outbox.db*"):
        (copy / path.name).write_bytes(path.read_bytes())
    again = Outbox(copy / "outbox.db")
    again.attach(["a"])
    again.append([Entry("s", (event(4),))])
    assert [one.sequence for one in again.after("a", 9)] == [1, 2, 6]
    assert again.pending("a") == 3
    again.close()


def test_a_database_that_is_not_whole_without_its_log_is_refused(tmp_path):
    path = tmp_path / "outbox.db"
    store_and_die(path)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    store_and_die(path)
    log_of(path).unlink()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)
    with pytest.raises(OutputError, match="Move it away"):
        Outbox(path)
