"""Whether something else used the processor while a measurement was running.

What tells is time spent waiting for a processor. Linux counts it per thread, in nanoseconds ("run delay", second field
of /proc/PID/task/TID/schedstat, Documentation/scheduler/sched-stats.rst). It is zero for a thread that sleeps or waits
for a file by itself, so it works for every kind of measured call. Elsewhere two weaker signs have to agree: the system
took the processor away (involuntary context switches, getrusage(2)), and there is wall time without processor time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edgewright.machine.cores import affine_cores

# A turn is disturbed when more than this share of it was lost: well below the differences that matter (5%), well above
# what the system's own housekeeping takes on an idle machine (about 0.1%).
TOLERANCE = 0.02

_TICK_NS = 10_000_000  # /proc/stat counts in USER_HZ, which is 100 on every Linux that runs Python, proc(5)
_STEAL = 8  # field of the "cpu" line: time that a hypervisor gave to other guests


@dataclass(frozen=True, slots=True)
class Usage:
    """Counters of this process since its start.

    `cpu_ns`: processor time of all threads. `waited_ns`: thread id -> time spent waiting for a processor, None where
    the system does not say. `switches`: involuntary context switches. `stolen_ns`: taken from this virtual machine.
    """

    cpu_ns: int
    waited_ns: Mapping[int, int] | None
    switches: int
    stolen_ns: int


@dataclass(frozen=True, slots=True)
class Probe:
    """Where a measurement reads the clock (nanoseconds), the counters, and how many cores it may use."""

    now: Callable[[], int]
    usage: Callable[[], Usage]
    cores: int


def system_probe() -> Probe:
    """Return the probe of the machine we run on."""
    return Probe(now=time.perf_counter_ns, usage=read_usage, cores=affine_cores())


def lost_share(before: Usage, after: Usage, wall_ns: int, cores: int) -> float:
    """Return the share of `wall_ns` (0 to 1) that something else took between two readings.

    Threads of ours that wait for each other are no disturbance: when this process had all its cores, nothing is lost.
    """
    used = after.cpu_ns - before.cpu_ns
    if wall_ns <= 0 or used >= (1 - TOLERANCE) * wall_ns * cores:
        return 0.0
    stolen = (after.stolen_ns - before.stolen_ns) / cores
    return min(1.0, max(_waited(before, after, wall_ns - used), stolen) / wall_ns)


def _waited(before: Usage, after: Usage, idle_ns: int) -> float:
    """Return the longest wait of one thread: the others of a parallel computation wait for it."""
    if before.waited_ns is not None and after.waited_ns is not None:
        earlier = before.waited_ns
        return max((waited - earlier.get(thread, 0) for thread, waited in after.waited_ns.items()), default=0)
    return max(0, idle_ns) if after.switches > before.switches else 0


def read_usage(proc: Path = Path("/proc")) -> Usage:
    """Read the counters of this process."""
    return Usage(time.process_time_ns(), _read_waits(proc / "self/task"), _read_switches(), _read_stolen(proc / "stat"))


def _read_waits(tasks: Path) -> dict[int, int] | None:
    """Read the run delay of each thread; None without Linux, or where its kernel has no CONFIG_SCHED_INFO."""
    waits = {}
    threads = os.listdir(tasks) if tasks.exists() else []  # noqa: PTH208 - twice a turn: no Path for each thread
    for thread in threads:
        try:
            with open(f"{tasks}/{thread}/schedstat", "rb") as file:  # noqa: PTH123
                waits[int(thread)] = int(file.read().split()[1])
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
    return waits or None


def _read_switches() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


def _read_stolen(stat: Path) -> int:
    try:
        with stat.open("rb") as file:
            fields = file.readline().split()
    except OSError:
        return 0
    return int(fields[_STEAL]) * _TICK_NS if len(fields) > _STEAL else 0
