"""Hardware facts of macOS, from sysctl(8); of another system without /proc: none."""

from __future__ import annotations

import platform
import subprocess
import sys

from edgewright.machine._facts import Facts


def read() -> Facts:
    """Return what sysctl tells."""
    if sys.platform != "darwin":
        return Facts()
    return Facts(
        cpu=_sysctl("machdep.cpu.brand_string"),
        device=_sysctl("hw.model"),
        logical_cores=_number("hw.logicalcpu"),
        physical_cores=_number("hw.physicalcpu"),
        memory_bytes=_number("hw.memsize"),
        os=f"macOS {platform.mac_ver()[0]}",
    )


def _sysctl(name: str) -> str | None:
    try:
        done = subprocess.run(["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _number(name: str) -> int | None:
    text = _sysctl(name)
    return int(text) if text and text.isdigit() else None
