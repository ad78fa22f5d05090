"""Opens copies of an outbox, each killed one write later than the one before, until one comes to its end.

    LD_PRELOAD=kill_shim.so:fsync_shim.so python migrating.py STATE FOLDER

FOLDER/N gets the state as the kill at write N left it, and FOLDER/N-synced what a power cut at that moment would leave.
Prints how many writes there are.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import shutil
import signal
import sys
from pathlib import Path

from edgewright.agent import Outbox

SHIM = ctypes.CDLL(None)


def main() -> None:
    state, folder = map(Path, sys.argv[1:])
    for number in itertools.count(1):
        mine, synced = folder / f"{number}", folder / f"{number}-synced"
        shutil.copytree(state, mine)
        synced.mkdir()
        process = os.fork()
        if not process:
            os.environ["LAST_SYNCED"] = str(synced)
            SHIM.arm_kill(number)
            Outbox(mine / "outbox.db").close()
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        if code == 0:
            print(number - 1)
            return
        assert code == -signal.SIGKILL, code


if __name__ == "__main__":
    main()
