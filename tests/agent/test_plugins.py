"""Sources, sinks and predicates of other packages: found by their entry points, from a command or a TOML file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

MODULE = """
import numpy as np
from edgewright.agent import Frame

class Gray:
    live, can_stall = False, False

    def __init__(self, count):
        self.name, self._count = f"gray:{count}", count

    def frames(self):
        for number in range(self._count):
            yield Frame(np.full((8, 8, 3), number, np.uint8), name=f"gray {number}")

    def give_back(self, marks):
        pass

    def close(self):
        pass

def open_gray(target, *, every_frame, memory, bright=False):
    return Gray(target + bright)

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

class Larger:
    labels = ()

    def __init__(self, than):
        if than < 0:
            raise ValueError(f"than: {than}, expected at least 0")
        self._than = than

    def __call__(self, matching, moment):
        if self._than == 13:
            raise KeyError("unlucky")
        return [one for one in matching if one.box is not None and one.box.area > self._than]

class Beside:
    def __init__(self, label, score):
        self.labels, self._score = (label,), score

    def __call__(self, matching, moment):
        beside = [one for one in moment.observations if one.label in self.labels and one.score >= self._score]
        return matching if beside else ()
"""

ENTRY_POINTS = """
[edgewright.frame_sources]
gray = gray_and_loud:open_gray
[edgewright.sinks]
shout = gray_and_loud:open_shout
[edgewright.rules]
larger = gray_and_loud:Larger
beside = gray_and_loud:Beside
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with a package as pip leaves it, for PYTHONPATH."""
    folder = tmp_path / "packages"
    metadata = folder / "gray_and_loud-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Name: gray-and-loud\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    (folder / "gray_and_loud.py").write_text(MODULE)
    return folder


def test_a_source_and_a_sink_of_another_package(edgewright, small_model, package, tmp_path):
    (tmp_path / "agent.toml").write_text(
        f'model = "{small_model}"\n[source]\ngray = 2\nbright = true\n[[sinks]]\nsend = "shout:{tmp_path}/loud"\n'
    )
    said = edgewright("watch", tmp_path / "agent.toml", PYTHONPATH=package)
    assert said.returncode == 0, said.stderr
    lines = (tmp_path / "loud").read_text().replace("NULL", "null").splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["PICTURE"] for event in events] == ["GRAY 0", "GRAY 1", "GRAY 2"]


def test_a_sink_of_another_package_on_the_command_line(edgewright, small_model, parrot, package, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(parrot.read_bytes())
    arguments = ("watch", small_model, "--folder", "in", "--once", "--send", f"shout:{tmp_path}/loud")
    assert edgewright(*arguments, cwd=tmp_path, PYTHONPATH=package).returncode == 0
    assert "MACAW" in (tmp_path / "loud").read_text()
    without = edgewright(*arguments, cwd=tmp_path)
    assert without.returncode == 2
    assert "there is no kind of sink 'shout'" in without.stderr


class TestPredicates:
    """The detector finds two dogs and three cats in the picture."""

    @pytest.fixture
    def watch(self, edgewright, shared_file, package, tmp_path):
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.jpg").write_bytes(shared_file("images/cats_and_dogs.jpg").read_bytes())
        model = shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite")
        head = f'model = "{model}"\n[source]\nfolder = "in"\nonce = true\n[[rules]]\n'

        def watch(rule: str):
            (tmp_path / "agent.toml").write_text(head + rule)
            return edgewright("watch", tmp_path / "agent.toml", PYTHONPATH=package)

        return watch

    @pytest.mark.parametrize(
        ("rule", "label"),
        [
            ('labels = ["dog"]\nscore = 0.4\n[rules.larger]\nthan = 1000', "dog"),
            ('labels = ["dog"]\nscore = 0.4\n[rules.larger]\nthan = 10_000_000', None),
            ("[rules.larger]\nthan = 1000", "cat"),
            ('labels = ["dog"]\nscore = 0.4\n[rules.beside]\nlabel = "cat"\nscore = 0.5', "dog"),
            ('labels = ["dog"]\nscore = 0.4\n[rules.beside]\nlabel = "bird"\nscore = 0.5', None),
        ],
    )
    def test_one_of_another_package_in_a_file(self, watch, rule, label):
        said = watch(rule)
        assert said.returncode == 0, said.stderr
        events = [json.loads(line) for line in said.stdout.splitlines()]
        assert [event["observation"]["label"] for event in events] == ([label] if label else [])

    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            (
                'labels = ["dog"]\nscore = 0.4\n[rules.largr]\nthan = 1',
                "there is no setting 'largr'. Did you mean 'larger'",
            ),
            ('labels = ["dog"]\nlarger = 3', "line 7: rules.1.larger: expected a table, got 3"),
            (
                'labels = ["dog"]\nscore = 0.4\n[rules.larger]\nthan = -1',
                "rule 'rule 1': larger: than: -1, expected at least 0",
            ),
            (
                'labels = ["dog"]\nscore = 0.4\n[rules.larger]\nthn = 1',
                "rule 'rule 1': larger: Larger.__init__() got an unexpected",
            ),
            ('labels = ["dog"]\nscore = 0.4\n[rules.beside]\nlabel = "bycicle"\nscore = 0.5', "Did you mean 'bicycle'"),
        ],
    )
    def test_what_makes_no_sense_is_one_line(self, watch, rule, words):
        said = watch(rule)
        assert said.returncode == 2
        assert words in said.stderr
        assert said.stderr.count("\n") == 1

    def test_one_that_fails_ends_the_agent_with_its_reason(self, watch):
        said = watch('labels = ["dog"]\nscore = 0.4\n[rules.larger]\nthan = 13')
        assert said.returncode == 1
        assert "rule 'rule 1': Larger failed: KeyError: 'unlucky'" in said.stderr
        assert "Traceback" not in said.stderr
