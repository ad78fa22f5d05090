"""What the container or service that we run in leaves to us: CPU quota and memory limit of cgroups, v1 and v2.

A limit of any group above ours holds for us too. In a container the paths of v1 are those of the host, which are not
there inside; the root of the mount is then our own group, so walking up finds it.
Files and units: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of the Linux kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from edgewright.machine._linux import kernel_text
from edgewright.values import dataclass


@dataclass(frozen=True)
class Limits:
    """`cpu_quota` in cores, `memory_bytes`; None without a limit."""

    cpu_quota: float | None
    memory_bytes: int | None


def read(root: Path) -> Limits:
    """Return the tightest limits of our group and those above it; `root` is where /proc and /sys are."""
    quotas = [_quota_v2(folder) for folder in _folders(root, "")]
    quotas += [_quota_v1(folder) for folder in _folders(root, "cpu")]
    sizes = [_number(folder / "memory.max") for folder in _folders(root, "")]
    sizes += [_number(folder / "memory.limit_in_bytes") for folder in _folders(root, "memory")]
    return Limits(
        min((quota for quota in quotas if quota), default=None), min((size for size in sizes if size), default=None)
    )


def _folders(root: Path, controller: str) -> Iterator[Path]:
    """Yield our group's folder and those above it; controller "" means v2."""
    mount = root / "sys/fs/cgroup"
    for line in kernel_text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if controller not in names.split(","):
            continue
        inside = PurePosixPath(path.lstrip("/"))
        for base in dict.fromkeys((mount / names, mount / controller)):
            yield from (base / folder for folder in (inside, *inside.parents))


def _quota_v2(folder: Path) -> float | None:
    """Read "quota period" in microseconds, or "max period"."""
    quota, _, period = kernel_text(folder / "cpu.max").partition(" ")
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def _quota_v1(folder: Path) -> float | None:
    quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
    return quota / period if quota and period else None


def _number(path: Path) -> int | None:
    text = kernel_text(path)
    return int(text) if text.isdigit() else None  # "max" and -1 mean no limit
