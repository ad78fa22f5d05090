"""How busy the machine is now: processor and memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgewright.machine._linux import kernel_text

# Fields of the "cpu" line of /proc/stat in which the processor does nothing: idle, iowait. Source: proc(5).
_IDLE = slice(3, 5)
_ALL = 8  # what guests use, in the fields behind, is in "user" and "nice" already


@dataclass(frozen=True, slots=True)
class Occupancy:
    """`cpu` and `memory` are shares of the machine, 0 to 1; `own_bytes` is the memory of this process and its children.

    What the system does not say is None.
    """

    cpu: float | None = None
    memory: float | None = None
    own_bytes: int | None = None


class Meter:
    """Reads how busy the machine is; the processor's share is that since the reading before."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._proc = root / "proc"
        self._busy, self._whole = self._ticks() or (0, 0)

    def read(self) -> Occupancy:
        """How things are now; nothing of it where there is no /proc."""
        return Occupancy(self._cpu(), self._memory(), self._own())

    def _cpu(self) -> float | None:
        ticks = self._ticks()
        if ticks is None:
            return None
        busy, whole = ticks[0] - self._busy, ticks[1] - self._whole
        self._busy, self._whole = ticks
        return min(1.0, max(0.0, busy / whole)) if whole > 0 else None

    def _ticks(self) -> tuple[int, int] | None:
        """(busy, all) ticks of all cores since the start of the machine."""
        fields = [int(field) for field in kernel_text(self._proc / "stat").partition("\n")[0].split()[1 : _ALL + 1]]
        return (sum(fields) - sum(fields[_IDLE]), sum(fields)) if fields else None

    def _memory(self) -> float | None:
        text = kernel_text(self._proc / "meminfo")
        total, free = (_kilobytes(text, name) for name in ("MemTotal", "MemAvailable"))
        return 1 - free / total if total and free is not None else None

    def _own(self) -> int | None:
        sizes = [_kilobytes(kernel_text(self._proc / one / "status"), "VmRSS") for one in _family("self", self._proc)]
        known = [size for size in sizes if size is not None]
        return 1024 * sum(known) if known else None


def _family(process: str, proc: Path) -> Iterator[str]:
    """A process and its children, and theirs, where the kernel lists them."""
    yield process
    for path in (proc / process / "task").glob("*/children"):
        for child in kernel_text(path).split():
            yield from _family(child, proc)


def _kilobytes(text: str, name: str) -> int | None:
    found = re.search(rf"^{name}:\s*(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) if found else None
