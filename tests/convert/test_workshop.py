"""Temporary folders: gone afterwards, and those of killed processes gone with the next conversion."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from edgewright.convert.workshop import workshop

HOLD = """import time
from edgewright.convert.workshop import workshop
with workshop() as folder:
    print(folder, flush=True)
    time.sleep(99)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders are locked by flock")
def test_the_folder_of_a_killed_conversion_is_removed_by_the_next_and_no_other(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", HOLD]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(2)]
    killed, alive = (Path(process.stdout.readline().strip()) for process in running)
    running[0].send_signal(signal.SIGKILL)
    running[0].wait()
    (killed / "left").write_text("x")
    for folder in (killed, alive):
        os.utime(folder, (0, 0))
    with workshop() as mine:
        assert mine.is_dir()
        assert not killed.exists()
        assert alive.is_dir()
    running[1].kill()
    running[1].wait()
    assert not mine.exists()
