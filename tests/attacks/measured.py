"""Runs the command with its arguments in this process, and writes the most memory that it took to the file named first.

Not `ru_maxrss`, which begins with what the process that started us had held.
"""

from __future__ import annotations

import sys
from pathlib import Path

from edgewright.cli.app import main


def peak() -> int:
    """Bytes of memory at the highest."""
    return 1024 * int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    try:
        main(sys.argv[2:])
    finally:
        Path(sys.argv[1]).write_text(str(peak()))
