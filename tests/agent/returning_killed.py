"""Takes copies of a state back, each killed one write later than the one before, until one comes to its end.

    LD_PRELOAD=kill_shim.so:fsync_shim.so python returning_killed.py back|aside STATE FOLDER VERSION

FOLDER/N gets the state as the kill at write N left it. Prints how many writes there are.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import shutil
import signal
import sys
from pathlib import Path

from edgewright.agent.delivery import migrations, returning

SHIM = ctypes.CDLL(None)


def main() -> None:
    way, state, folder, version = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    returning.VERSION = migrations.VERSION if way == "back" else version
    for number in itertools.count(1):
        mine = folder / f"{number}"
        shutil.copytree(state, mine)
        process = os.fork()
        if not process:
            SHIM.arm_kill(number)
            if way == "back":
                returning.back(mine / "outbox.db", version)
            else:
                returning.aside(mine / "outbox.db")
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        if code == 0:
            print(number - 1)
            return
        assert code == -signal.SIGKILL, code


if __name__ == "__main__":
    main()
