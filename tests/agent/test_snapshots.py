"""Pictures kept on this machine: the limit holds, the oldest go first, and memory does not grow with them."""

from __future__ import annotations

import os
import shutil
import tracemalloc
from pathlib import Path

from edgewright.agent.snapshots import SnapshotFolder


def kept(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir()}


def test_the_oldest_go_first_and_the_limit_holds(tmp_path: Path):
    folder = SnapshotFolder(tmp_path / "s", 1000)
    for number in range(50):
        path = folder.save(f"{number:02d}", bytes(100))
        os.utime(path, (number, number))
        assert sum(path.stat().st_size for path in (tmp_path / "s").iterdir()) <= 1000
    assert kept(tmp_path / "s") == {f"{number:02d}" for number in range(50 - len(kept(tmp_path / "s")), 50)}
    assert len(kept(tmp_path / "s")) >= 9


def test_the_newest_stays_though_the_clock_was_put_back(tmp_path: Path):
    folder = SnapshotFolder(tmp_path / "s", 250)
    for name in ("a", "b"):
        os.utime(folder.save(name, bytes(100)), (4e9, 4e9))
    folder.save("new", bytes(100))
    assert kept(tmp_path / "s") in ({"new", "a"}, {"new", "b"})


def test_a_folder_that_somebody_removes_is_made_again(tmp_path: Path):
    folder = SnapshotFolder(tmp_path / "s", 1000)
    folder.save("before", b"x")
    shutil.rmtree(tmp_path / "s")
    assert folder.save("behind", b"x") == tmp_path / "s" / "behind.jpg"
    assert kept(tmp_path / "s") == {"behind"}
    assert (tmp_path / "s").stat().st_mode & 0o077 == 0


def test_where_none_can_be_kept_that_is_said_once(tmp_path: Path, caplog):
    folder = SnapshotFolder(tmp_path / "s", 1000)
    for lap in range(2):
        shutil.rmtree(tmp_path / "s")
        (tmp_path / "s").write_text("a file of somebody")
        assert folder.save("a", b"x") is None
        assert folder.save("b", b"x") is None
        assert sum("pictures of events are not kept" in message for message in caplog.messages) == lap + 1
        (tmp_path / "s").unlink()
        assert folder.save("c", b"x") is not None


def test_memory_does_not_grow_with_the_pictures(tmp_path: Path):
    """In each of three laps: a table of the interpreter's own names, which paths fill too, grows in one at most."""
    folder = SnapshotFolder(tmp_path / "s", 1_000_000)
    grown = []
    for lap in range(3):
        folder.save(f"first of {lap}", b"x")
        tracemalloc.start()
        for number in range(1000):
            folder.save(f"{lap}{number:032d}", b"x")
        grown.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
    assert min(grown) < 25_000
