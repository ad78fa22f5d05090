"""The processor that a root believes to run on: QEMU emulates it, and the files that describe it are in the root.

With the host's files the runtime would find a processor that makes no sense and crash, or fall back to other kernels.
And QEMU's own default claims every extension that it knows; version 7.2 gets some wrong: with them, outputs of the
quantised YAMNet and MoveNet are off by up to 0.99 of 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Processor:
    """What QEMU calls it, and what `/proc/cpuinfo` says of each of its four cores on Linux."""

    name: str
    cpuinfo: str

    def describe_in(self, root: Path) -> None:
        """Write the files that describe the processor into a root."""
        emulated, system = root / "etc/emulated", root / "sys/devices/system/cpu"
        for folder in (emulated, system):
            folder.mkdir(parents=True)
        (emulated / "processor").write_text(self.name, encoding="ascii")
        cores = [f"processor\t: {core}\n{self.cpuinfo}\n" for core in range(4)]
        (emulated / "cpuinfo").write_text("".join(cores), encoding="ascii")
        for name in ("possible", "present"):
            (system / name).write_text("0-3\n", encoding="ascii")


# Architecture -> processor: a Raspberry Pi 4, and a Raspberry Pi 2.
PROCESSORS = {
    "arm64": Processor(
        "cortex-a72",
        "BogoMIPS\t: 108.00\n"
        "Features\t: fp asimd evtstrm crc32 cpuid\n"
        "CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd08\nCPU revision\t: 3\n",
    ),
    "armhf": Processor(
        "cortex-a7",
        "model name\t: ARMv7 Processor rev 5 (v7l)\nBogoMIPS\t: 57.60\n"
        "Features\t: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm\n"
        "CPU implementer\t: 0x41\nCPU architecture: 7\nCPU variant\t: 0x0\nCPU part\t: 0xc07\nCPU revision\t: 5\n",
    ),
}
