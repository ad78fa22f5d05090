"""How many processor cores this process may use."""

from __future__ import annotations

import math
import os
from pathlib import Path

from edgewright.machine import _cgroup


def usable_cores(root: Path = Path("/")) -> int:
    """Cores that affinity and the container's CPU quota leave to this process, at least 1. Takes under a millisecond.

    `root` is where /proc and /sys are.
    """
    return within_quota(affine_cores(), _cgroup.read(root).cpu_quota)


def affine_cores() -> int:
    """Cores that this process may be scheduled on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def within_quota(cores: int, quota: float | None) -> int:
    """Cores that can be kept busy where a quota (in cores) allows no more; a part of one counts as one."""
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))
