"""Deaths are counted in a folder, so that they are known after whatever end."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edgewright.errors import OutputError
from edgewright.scale import Deaths
from edgewright.scale import deaths as counting
from edgewright.scale.deaths import are_enough, died_of, set_mark

KILLED = "the whole run was killed while it was worked on"

_KILLED = """
import os, signal, sys
from pathlib import Path
from edgewright.scale import Deaths
from edgewright.scale.deaths import set_mark
mark = Deaths(Path(sys.argv[1])).mark()
set_mark(os.open(mark.path, os.O_WRONLY), int(sys.argv[2]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_they_are_counted_and_forgotten(tmp_path: Path):
    deaths = Deaths(tmp_path / "deaths")
    deaths.add(7, "died of SIGSEGV")
    deaths.add(7, "died of SIGKILL")
    deaths.add(8, "hung")
    assert Deaths(tmp_path / "deaths").of(7) == ["died of SIGSEGV", "died of SIGKILL"]
    assert deaths.suspects() == {7, 8}
    deaths.forget(8)
    deaths.forget(8)
    assert died_of(tmp_path / "deaths") == [(7, ["died of SIGSEGV", "died of SIGKILL"])]
    assert died_of(tmp_path / "nowhere") == []


def test_what_a_whole_run_was_at_that_was_killed_counts_too(tmp_path: Path):
    deaths = Deaths(tmp_path / "deaths")
    living = deaths.mark()
    set_mark(living._descriptor, 4)
    for index in (11, -1):
        subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path / "deaths"), str(index)], check=False, timeout=60)
    deaths.collect(300)
    deaths.collect(300)
    assert died_of(tmp_path / "deaths") == [(11, [KILLED])]
    assert living.path.exists()
    assert living.index == 4
    living.close()
    assert not list((tmp_path / "deaths").glob("mark-*"))


def left_mark(folder: Path, index: int, host: str | None = None, age_s: float = 0.0) -> Path:
    """A mark whose run is gone, here or on another machine."""
    mark = Deaths(folder).mark()
    set_mark(mark._descriptor, index)
    os.close(mark._descriptor)
    path = mark.path
    if host is not None:
        path = path.rename(folder / f"mark-{host}-1-{index:08}")
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def test_however_many_start_at_once_each_mark_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write = counting.write_atomic

    def slowly(*given, **options):
        time.sleep(0.005)
        write(*given, **options)

    monkeypatch.setattr(counting, "write_atomic", slowly)
    for index in range(32):
        left_mark(tmp_path, index)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: Deaths(tmp_path).collect(300), range(4)))
    assert died_of(tmp_path) == [(index, [KILLED]) for index in range(32)]
    assert not list(tmp_path.glob("mark-*"))


def test_who_is_killed_after_counting_a_mark_does_not_have_it_count_twice(tmp_path: Path):
    path = left_mark(tmp_path, 7)
    mark = path.read_bytes()
    Deaths(tmp_path).collect(300)
    path.write_bytes(mark)  # as if it had not been removed any more
    Deaths(tmp_path).collect(300)
    assert died_of(tmp_path) == [(7, [KILLED])]
    assert not path.exists()


def test_marks_are_locked_by_a_descriptor_that_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Linux has it so on NFS: a lock to write with is for descriptors that are open for writing."""
    flock = fcntl.flock

    def as_on_nfs(descriptor: int, how: int) -> None:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(9, "Bad file descriptor")
        flock(descriptor, how)

    left_mark(tmp_path, 7)
    monkeypatch.setattr(fcntl, "flock", as_on_nfs)
    Deaths(tmp_path).collect(300)
    assert died_of(tmp_path) == [(7, [KILLED])]


def test_marks_of_other_machines_count_once_nothing_is_written_to_them(tmp_path: Path):
    alive = left_mark(tmp_path, 7, "another", age_s=200)  # whose lock is not seen from here
    left_mark(tmp_path, 8, "a-third", age_s=400)
    Deaths(tmp_path).collect(300)
    assert died_of(tmp_path) == [(8, [KILLED])]
    assert [path.name for path in tmp_path.glob("mark-*")] == [alive.name]


def test_marks_of_what_was_ended_on_purpose_count_nothing(tmp_path: Path):
    living = Deaths(tmp_path).mark()
    left_mark(tmp_path, 7)
    Deaths(tmp_path).discard()
    assert died_of(tmp_path) == []
    assert list(tmp_path.glob("mark-*")) == [living.path]
    living.close()


def test_two_workers_or_three_whole_runs_are_enough():
    assert not are_enough([])
    assert not are_enough(["the worker died of SIGSEGV"])
    assert are_enough(["the worker died of SIGSEGV", KILLED])
    assert not are_enough([KILLED, KILLED])
    assert are_enough([KILLED] * 3)


@pytest.mark.parametrize("name", [".mark-{}", ".edgewright-{}.tmp"])
def test_what_never_got_its_name_is_swept_when_it_is_old(tmp_path: Path, name: str):
    for which, age_s in (("old", 4000.0), ("new", 5.0)):
        path = tmp_path / name.format(which)
        path.touch()
        os.utime(path, (time.time() - age_s,) * 2)
    Deaths(tmp_path).collect(300)
    assert [path.name for path in tmp_path.iterdir()] == [name.format("new")]


def test_a_folder_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file/deaths: the folder cannot be made: Not a directory\. Name another"):
        Deaths(tmp_path / "file" / "deaths")
