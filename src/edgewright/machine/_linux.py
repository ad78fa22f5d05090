"""Hardware facts of Linux, from /proc, /sys and /etc below a given root; see proc(5) and the kernel's sysfs ABI."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from edgewright.machine._facts import Facts

# Cores that Arm designed, by part number: arch/arm64/include/asm/cputype.h and arch/arm/include/asm/cputype.h of Linux.
# 64-bit Arm kernels give the number only.
_ARM = 0x41
_ARM_PARTS = {
    0xB76: "ARM1176",
    0xC05: "Cortex-A5",
    0xC07: "Cortex-A7",
    0xC08: "Cortex-A8",
    0xC09: "Cortex-A9",
    0xC0F: "Cortex-A15",
    0xC0E: "Cortex-A17",
    0xD03: "Cortex-A53",
    0xD04: "Cortex-A35",
    0xD05: "Cortex-A55",
    0xD07: "Cortex-A57",
    0xD08: "Cortex-A72",
    0xD09: "Cortex-A73",
    0xD0A: "Cortex-A75",
    0xD0B: "Cortex-A76",
    0xD0C: "Neoverse-N1",
    0xD0D: "Cortex-A77",
    0xD40: "Neoverse-V1",
    0xD41: "Cortex-A78",
    0xD42: "Cortex-A78AE",
    0xD44: "Cortex-X1",
    0xD46: "Cortex-A510",
    0xD47: "Cortex-A710",
    0xD49: "Neoverse-N2",
    0xD4F: "Neoverse-V2",
}
# Bits 0 to 3 say what is so now, 16 to 19 what has been so since the start: low voltage, frequency capped, throttled,
# soft temperature limit. `get_throttled` in the documentation of Raspberry Pi OS.
_PI_THROTTLED = 0xF000F


def read(root: Path) -> Facts:
    """Return what the kernel tells below `root`."""
    cpuinfo = _blocks(kernel_text(root / "proc/cpuinfo"))
    return Facts(
        cpu=_cpu(cpuinfo),
        device=kernel_text(root / "proc/device-tree/model").strip("\0 \n") or None,
        logical_cores=sum("processor" in block for block in cpuinfo) or None,
        physical_cores=_physical_cores(root),
        allowed_cores=_allowed_cores(root),
        memory_bytes=_memory(root),
        governor=_governor(root),
        throttled=_throttled(root),
        os=_os_name(root),
        kernel=kernel_text(root / "proc/sys/kernel/osrelease") or None,
    )


def _blocks(text: str) -> list[dict[str, str]]:
    """Split /proc/cpuinfo into its blocks of "name : value" lines."""
    lines = [[line.partition(":") for line in block.splitlines()] for block in text.split("\n\n")]
    return [{name.strip(): value.strip() for name, _, value in block} for block in lines if block]


def _cpu(cpuinfo: list[dict[str, str]]) -> str | None:
    """Name the kinds of cores, each once: boards with large and small cores have two."""
    arm = list(dict.fromkeys(name for block in cpuinfo if (name := _arm_core(block))))
    if arm:
        return " + ".join(arm)
    for key in ("model name", "cpu model", "uarch", "Hardware", "isa"):
        for block in cpuinfo:
            if block.get(key):
                return block[key]
    return None


def _arm_core(block: dict[str, str]) -> str | None:
    maker, part = _hexadecimal(block.get("CPU implementer")), _hexadecimal(block.get("CPU part"))
    if maker is None or part is None:
        return None
    if maker == _ARM and part in _ARM_PARTS:
        return _ARM_PARTS[part]
    return block.get("model name") or f"CPU implementer {maker:#x} part {part:#x}"


def _hexadecimal(text: str | None) -> int | None:
    return int(text, 16) if text and re.fullmatch(r"(0x)?[0-9a-fA-F]+", text) else None


def _cpu_files(root: Path, name: str) -> Iterator[str]:
    """Yield what is in this file of each processor."""
    for path in sorted((root / "sys/devices/system/cpu").glob(f"cpu[0-9]*/{name}")):
        if text := kernel_text(path):
            yield text


def _physical_cores(root: Path) -> int | None:
    """Count the sets of processors that share a core."""
    return len(set(_cpu_files(root, "topology/thread_siblings_list"))) or None


def _allowed_cores(root: Path) -> int | None:
    """Count the processors in our affinity, a list such as "0-3,6"."""
    found = re.search(r"^Cpus_allowed_list:\s*([\d,-]+)$", kernel_text(root / "proc/self/status"), re.MULTILINE)
    if not found:
        return None
    ends = [part.partition("-") for part in found[1].split(",") if part]
    return sum(int(last or first) - int(first) + 1 for first, _, last in ends) or None


def _memory(root: Path) -> int | None:
    found = re.search(r"^MemTotal:\s*(\d+) kB$", kernel_text(root / "proc/meminfo"), re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _governor(root: Path) -> str | None:
    return " + ".join(sorted(set(_cpu_files(root, "cpufreq/scaling_governor")))) or None


def _throttled(root: Path) -> bool | None:
    """Ask the firmware of a Raspberry Pi, or count the thermal events of x86; nobody else tells."""
    for path in sorted((root / "sys/devices/platform").glob("soc*/*firmware/get_throttled")):
        state = _hexadecimal(kernel_text(path))
        return None if state is None else bool(state & _PI_THROTTLED)
    events = list(_cpu_files(root, "thermal_throttle/*_throttle_count"))
    return any(int(count) > 0 for count in events if count.isdigit()) if events else None


def _os_name(root: Path) -> str | None:
    found = re.search(r"^PRETTY_NAME=(.*)$", kernel_text(root / "etc/os-release"), re.MULTILINE)
    return found[1].strip("\"' ") or None if found else None


def kernel_text(path: Path) -> str:
    """What a file of the kernel says; nothing where there is none, or what it tells of has just gone."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
