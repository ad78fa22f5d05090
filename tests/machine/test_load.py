"""The rule that tells a disturbed turn, and the counters that it reads."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from edgewright.machine._load import Usage, lost_share, read_usage, system_probe

MS = 1_000_000
WALL = 100 * MS
ZERO = Usage(0, {1: 0}, 0, 0)


def test_waiting_for_a_processor_is_lost() -> None:
    assert lost_share(ZERO, Usage(90 * MS, {1: 10 * MS}, 0, 0), WALL, cores=2) == pytest.approx(0.1)


def test_sleeping_is_not_lost() -> None:
    assert lost_share(ZERO, Usage(1 * MS, {1: 0}, 5, 0), WALL, cores=2) == 0


def test_the_longest_wait_of_a_thread_counts_once() -> None:
    after = Usage(150 * MS, {1: 10 * MS, 2: 30 * MS, 3: 30 * MS}, 0, 0)
    assert lost_share(ZERO, after, WALL, cores=4) == pytest.approx(0.3)


def test_waiting_before_the_turn_does_not_count() -> None:
    assert lost_share(Usage(0, {1: 500 * MS}, 0, 0), Usage(90 * MS, {1: 500 * MS}, 0, 0), WALL, cores=2) == 0


def test_own_threads_that_wait_for_each_other_are_no_disturbance() -> None:
    after = Usage(200 * MS, {1: 50 * MS, 2: 50 * MS, 3: 50 * MS}, 40, 0)
    assert lost_share(ZERO, after, WALL, cores=2) == 0


def test_time_that_a_hypervisor_took_is_lost() -> None:
    assert lost_share(ZERO, Usage(90 * MS, {1: 0}, 0, 20 * MS), WALL, cores=2) == pytest.approx(0.1)


def test_without_run_delay_switches_and_missing_time_have_to_agree() -> None:
    before = Usage(0, None, 0, 0)
    assert lost_share(before, Usage(80 * MS, None, 3, 0), WALL, cores=2) == pytest.approx(0.2)
    assert lost_share(before, Usage(80 * MS, None, 0, 0), WALL, cores=2) == 0
    assert lost_share(before, Usage(150 * MS, None, 3, 0), WALL, cores=2) == 0


def test_share_is_never_more_than_all() -> None:
    assert lost_share(ZERO, Usage(0, {1: 900 * MS}, 0, 0), WALL, cores=1) == 1


def test_counters_are_read_from_proc(tmp_path: Path) -> None:
    for thread, waited in ((7, 100), (8, 200)):
        task = tmp_path / "self/task" / str(thread)
        task.mkdir(parents=True)
        (task / "schedstat").write_text(f"5000 {waited} 3\n")
    (tmp_path / "self/task/9").mkdir()  # a thread that has just ended
    (tmp_path / "stat").write_text("cpu  1 2 3 4 5 6 7 80 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n")
    usage = read_usage(tmp_path)
    assert usage.waited_ns == {7: 100, 8: 200}
    assert usage.stolen_ns == 80 * 10 * MS


def test_without_proc_nothing_is_known_and_nothing_fails(tmp_path: Path) -> None:
    usage = read_usage(tmp_path)
    assert (usage.waited_ns, usage.stolen_ns) == (None, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_this_process_is_read_with_all_its_threads() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    waits = read_usage().waited_ns
    done.set()
    thread.join()
    assert waits is not None
    assert {os.getpid(), thread.native_id} <= set(waits)
    assert 1 <= system_probe().cores <= (os.cpu_count() or 1)
