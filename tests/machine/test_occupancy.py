"""How busy the machine is, from what Linux says in /proc."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edgewright.machine import Meter, Occupancy


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/meminfo").write_text("MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    250 kB\n")
    (tmp_path / "proc/self/status").write_text("Name:\tx\nVmRSS:\t     12 kB\n")
    (tmp_path / "proc/stat").write_text("cpu  100 0 100 700 100 0 0 0 50 0\ncpu0 1 2 3\n")
    return tmp_path


def test_the_share_is_that_since_the_reading_before(root):
    meter = Meter(root)
    assert meter.read() == Occupancy(None, 0.75, 12 * 1024)
    (root / "proc/stat").write_text("cpu  160 0 110 720 110 0 0 0 90 0\n")
    assert meter.read().cpu == pytest.approx(0.7)


def test_what_the_system_does_not_say_is_not_made_up(tmp_path):
    assert Meter(tmp_path).read() == Occupancy()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_children_count_for_their_parents():
    before = Meter().read().own_bytes
    script = "import sys; held = bytearray(50_000_000); print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=-1, stdout=-1) as child:
        child.stdout.readline()
        after = Meter().read().own_bytes
        child.stdin.close()
    assert after - before > 50_000_000
