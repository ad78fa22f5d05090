"""How much memory this process has held."""

from __future__ import annotations


def peak_memory() -> int | None:
    """The most bytes that this process has held so far (VmHWM, proc(5)); None without Linux.

    Not ru_maxrss of getrusage(2): in a fresh process that begins with what its parent had held.
    """
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:  # noqa: PTH123 - no more imports
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")), None)
    except OSError:
        return None
