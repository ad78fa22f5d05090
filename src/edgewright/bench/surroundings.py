"""What a computer does not say of itself by its processor: whether it is emulated, and whether it runs on battery."""

from __future__ import annotations

import threading
from pathlib import Path

from edgewright.machine import kernel_text


def emulator(root: Path = Path("/")) -> str | None:
    """The program that pretends to be this processor ("qemu-aarch64-static"), None on a real one.

    QEMU in user mode answers for /proc/self/exe itself, but not for the same file of a thread.
    """
    thread = root / "proc/self/task" / str(threading.get_native_id()) / "exe"
    try:
        program = thread.readlink()
    except OSError:
        program = Path()
    if any(part.startswith("qemu-") for part in program.parts):  # Debian also has /usr/libexec/qemu-binfmt/arm-binfmt-P
        return program.name
    # A whole system emulated without the host's processor calls it so.
    return "QEMU (TCG)" if "QEMU TCG CPU" in kernel_text(root / "proc/cpuinfo") else None


def on_battery(root: Path = Path("/")) -> bool | None:
    """Whether a battery is being discharged; None where there is none (/sys/class/power_supply, sysfs ABI)."""
    supplies = root / "sys/class/power_supply"
    if not supplies.is_dir():
        return None
    batteries = [one for one in supplies.iterdir() if kernel_text(one / "type") == "Battery" and not _of_a_device(one)]
    return any(kernel_text(one / "status") == "Discharging" for one in batteries) if batteries else None


def _of_a_device(supply: Path) -> bool:
    """The batteries of mice and headsets are there too."""
    return kernel_text(supply / "scope") == "Device"
