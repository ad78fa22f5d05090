"""What this machine is: the facts that a measured number means nothing without."""

from __future__ import annotations

import os
import platform
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from edgewright.machine import _cgroup, _linux, _macos
from edgewright.machine.cores import within_quota

# What decides speed and results; read from the metadata of the installed packages, nothing is imported.
LIBRARIES = (
    "edgewright",
    "numpy",
    "pillow",
    "ai-edge-litert",
    "tflite-runtime",
    "tensorflow",
    "tensorflow-cpu",
    "keras",
    "tf-keras",
    "openvino",
    "litert-quantizer",
)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine as it was when it was asked; None (or nothing) where it does not tell.

    `device`: model of a board with a device tree. `architecture`: of the kernel; `python_bits`: 32 or 64, since 32-bit
    systems run on 64-bit kernels. `usable_cores`: what affinity and the container's `cpu_quota` (in cores) leave to
    this process. `memory_limit_bytes`: of the container. `governor`: of the CPU frequency. `throttled`: whether the CPU
    was slowed down by heat or low voltage at any time since the start of the system.
    """

    cpu: str | None
    architecture: str
    device: str | None
    logical_cores: int | None
    physical_cores: int | None
    usable_cores: int
    cpu_quota: float | None
    memory_bytes: int | None
    memory_limit_bytes: int | None
    governor: str | None
    throttled: bool | None
    os: str
    kernel: str
    python: str
    python_bits: int
    libraries: Mapping[str, str] = field(hash=False)

    def __post_init__(self) -> None:
        for name in ("logical_cores", "physical_cores", "usable_cores", "memory_bytes", "memory_limit_bytes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name}: {value}, expected at least 1 or None")

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Machine:
        """Read what `to_dict` wrote, maybe on another machine."""
        return cls(**{one.name: stored[one.name] for one in fields(cls)})

    def to_dict(self) -> dict[str, Any]:
        """Return all facts, ready for JSON."""
        return {one.name: getattr(self, one.name) for one in fields(self)} | {"libraries": dict(self.libraries)}

    def summary(self) -> str:
        """Return the facts that matter most in one line for people."""
        parts = [
            self.device,
            self.cpu or self.architecture,
            self._cores(),
            self._memory(),
            self.os,
            f"kernel {self.kernel}",
            f"Python {self.python}" + (" (32 bits)" if self.python_bits == 32 else ""),
            f"governor {self.governor}" if self.governor else None,
            "throttled since its start" if self.throttled else None,
        ]
        return ", ".join(part for part in parts if part)

    def _cores(self) -> str:
        total = self.logical_cores or self.usable_cores
        words = "1 core" if total == 1 else f"{total} cores"
        return words if self.usable_cores == total else f"{words} ({self.usable_cores} usable)"

    def _memory(self) -> str | None:
        if self.memory_bytes is None:
            return None
        limit = f" (limit {_gib(self.memory_limit_bytes)})" if self.memory_limit_bytes else ""
        return f"{_gib(self.memory_bytes)} of memory{limit}"


def describe(root: Path = Path("/")) -> Machine:
    """Describe the machine we run on; a fact that is not to be had is None. `root` is where /proc, /sys, /etc are."""
    facts = _linux.read(root) if (root / "proc/cpuinfo").exists() else _macos.read()
    limits = _cgroup.read(root)
    logical = facts.logical_cores or os.cpu_count()
    allowed = facts.allowed_cores or logical or 1
    return Machine(
        cpu=facts.cpu or os.environ.get("PROCESSOR_IDENTIFIER"),  # Windows names it there
        architecture=platform.machine(),
        device=facts.device,
        logical_cores=logical,
        physical_cores=facts.physical_cores,
        usable_cores=within_quota(allowed, limits.cpu_quota),
        cpu_quota=limits.cpu_quota,
        memory_bytes=facts.memory_bytes,
        memory_limit_bytes=_below(limits.memory_bytes, facts.memory_bytes),
        governor=facts.governor,
        throttled=facts.throttled,
        os=facts.os or f"{platform.system()} {platform.release()}",
        kernel=facts.kernel or platform.release(),
        python=platform.python_version(),
        python_bits=struct.calcsize("P") * 8,
        libraries=_installed_libraries(),
    )


def _below(limit: int | None, total: int | None) -> int | None:
    """Return the limit if it limits anything: cgroups without a limit show a number larger than any memory."""
    return limit if limit is not None and limit < (total or sys.maxsize) else None


def _installed_libraries() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _gib(size: int | None) -> str:
    return f"{(size or 0) / 2**30:.1f} GiB"
