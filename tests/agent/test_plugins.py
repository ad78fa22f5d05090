"""Sources and sinks of other packages: found by their entry points, from the command line and a TOML file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

MODULE = """
import numpy as np
from edgewright.agent import Frame

class Grey:
    live, can_stall = False, False

    def __init__(self, count):
        self.name, self._count = f"grey:{count}", count

    def frames(self):
        for number in range(self._count):
            yield Frame(np.full((8, 8, 3), number, np.uint8), name=f"grey {number}")

    def give_back(self, marks):
        pass

    def close(self):
        pass

def open_grey(target, *, every_frame, memory, bright=False):
    return Grey(target + bright)

class Shout:
    batch = 10

    def __init__(self, target):
        self.name, self._path = target, target.partition(":")[2]

    def send(self, events):
        with open(self._path, "a") as file:
            file.write("".join(event.text.upper() + "\\n" for event in events))
        return len(events)

    def close(self):
        pass

def open_shout(target, credentials):
    return Shout(target)
"""

ENTRY_POINTS = """
[edgewright.frame_sources]
grey = grey_and_loud:open_grey
[edgewright.sinks]
shout = grey_and_loud:open_shout
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with a package as pip leaves it, for PYTHONPATH."""
    folder = tmp_path / "packages"
    metadata = folder / "grey_and_loud-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Name: grey-and-loud\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    (folder / "grey_and_loud.py").write_text(MODULE)
    return folder


def test_a_source_and_a_sink_of_another_package(edgewright, small_model, package, tmp_path):
    (tmp_path / "agent.toml").write_text(
        f'model = "{small_model}"\n[source]\ngrey = 2\nbright = true\n[[sinks]]\nsend = "shout:{tmp_path}/loud"\n'
    )
    said = edgewright("watch", tmp_path / "agent.toml", PYTHONPATH=package)
    assert said.returncode == 0, said.stderr
    events = [json.loads(line) for line in (tmp_path / "loud").read_text().splitlines()]
    assert [event["PICTURE"] for event in events] == ["GREY 0", "GREY 1", "GREY 2"]


def test_a_sink_of_another_package_on_the_command_line(edgewright, small_model, parrot, package, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(parrot.read_bytes())
    arguments = ("watch", small_model, "--folder", "in", "--once", "--send", f"shout:{tmp_path}/loud")
    assert edgewright(*arguments, cwd=tmp_path, PYTHONPATH=package).returncode == 0
    assert "MACAW" in (tmp_path / "loud").read_text()
    without = edgewright(*arguments, cwd=tmp_path)
    assert without.returncode == 2
    assert "there is no kind of sink 'shout'" in without.stderr
