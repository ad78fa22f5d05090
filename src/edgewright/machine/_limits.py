"""Limits on time and memory of a process group, watched from outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from edgewright.errors import ChildMemoryError, ChildTimeoutError, UsageError

_INTERVAL_S = 0.1  # between two looks at memory; one look takes about 20 microseconds per process of the system
_COUNTED = ("RssAnon:", "RssShmem:", "VmSwap:")  # what the kernel cannot drop and read again, proc(5)


class Limits:
    """The limits of one child: `timeout` in seconds from now, `memory` in bytes; None means no limit."""

    def __init__(self, timeout: float | None, memory: int | None) -> None:
        if timeout is not None and not timeout > 0:
            raise UsageError(f"timeout: {timeout} s. Give a number above 0, or None for no limit")
        if memory is not None and memory <= 0:
            raise UsageError(f"memory: {memory} bytes. Give a number above 0, or None for no limit")
        if memory is not None and not Path("/proc/self/status").exists():
            raise UsageError("memory: a memory limit for a child process needs the /proc of Linux. Leave it out here")
        self._timeout = timeout
        self._memory = memory
        self._start = time.monotonic()
        self._next_look = 0.0

    def check(self, name: str, group: int, log: Callable[[], str]) -> None:
        """Raise if the process group is over a limit; looks at memory at most every 0.1 s."""
        now = time.monotonic()
        if self._timeout is not None and now - self._start > self._timeout:
            raise ChildTimeoutError(f"{name} ran longer than {self._timeout:g} s and was stopped", log())
        if self._memory is not None and now >= self._next_look:
            self._next_look = now + _INTERVAL_S
            used = group_memory(group)
            if used > self._memory:
                raise ChildMemoryError(
                    f"{name} used {used / 2**20:,.0f} MiB of memory, "
                    f"over the limit of {self._memory / 2**20:,.0f} MiB, and was stopped",
                    log(),
                )


def group_memory(group: int, proc: Path = Path("/proc")) -> int:
    """Bytes of memory and swap that the processes of a process group hold; pages shared by forks count for each."""
    members = (entry for entry in proc.iterdir() if entry.name.isdigit() and _group_of(entry) == group)
    return sum(_memory_of(entry) for entry in members)


def _group_of(process: Path) -> int:
    """Field 5 of /proc/PID/stat, counted from the end of the name, which may hold spaces and brackets."""
    try:
        stat = (process / "stat").read_bytes()
    except OSError:  # it has just ended
        return -1
    return int(stat[stat.rindex(b")") + 1 :].split()[2])


def _memory_of(process: Path) -> int:
    try:
        lines = (process / "status").read_text(errors="replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(_COUNTED))
