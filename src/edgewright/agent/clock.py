"""The system's clock, and by how much it was put right while the agent ran."""

from __future__ import annotations

import time
from collections.abc import Callable

# Less than this is drift, or a pause of the machine.
_JUMP_S = 60.0


class Clock:
    """Seconds since 1970; many small computers learn them from the network, long after their start."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._steady = steady
        self._apart = wall() - steady()

    def now(self) -> float:
        """What the system's clock shows."""
        return self._wall()

    def jump(self) -> float:
        """By how many seconds it was put forward (below 0: back) since `settle` was called last; 0 for a little."""
        apart = self._wall() - self._steady() - self._apart
        return apart if abs(apart) > _JUMP_S else 0.0

    def settle(self, jump: float) -> None:
        """Take a jump for granted from now on."""
        self._apart += jump
