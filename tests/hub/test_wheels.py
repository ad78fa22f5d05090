"""Models out of wheels that were built for another machine: read as data, wherever pip runs; and what they need."""

from __future__ import annotations

import csv
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright import hub
from edgewright.cli.models import _table
from edgewright.errors import HubError
from edgewright.hub.describing import _fitting
from edgewright.hub.model_entry import Entry
from edgewright.hub.origins.package import PackageOrigin, _built_for
from edgewright.model import ModelFile, OutputMetadata
from edgewright.task import open_task
from edgewright.task.poses.skeletons import COCO
from hub.package_index import Answer, Index, sha256, wheel
from task.constants import constant_model

PIP_CACHE = os.environ.get("PIP_CACHE_DIR") or Path.home() / ".cache" / "pip"

FILE = "elsewhere-1.0-cp39-cp39-manylinux_2_28_riscv64.manylinux_2_17_riscv64.whl"
NEEDED = "a picture of one eye"


def points_model() -> ModelFile:
    """Always the same three numbers."""
    return constant_model([1, 3], [np.zeros((1, 3), np.float32)])


@pytest.fixture
def elsewhere(index: Index, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """A package whose only wheel is for a machine that no test runs on."""
    _, data = wheel("elsewhere", "1.0", {"elsewhere/points.tflite": points_model().data, "elsewhere/evil.py": b"1/0"})
    index.offer("elsewhere", FILE, Answer(data))
    origin = PackageOrigin(
        package="elsewhere", version="1.0", member="elsewhere/points.tflite", size=len(data), sha256=sha256(data),
        wheel=FILE,
    )  # fmt: skip
    entry = Entry(
        name="points", title="Points", task="tensors", license="Apache-2.0", size=1000, recipe="as_published",
        origin=origin, needs=NEEDED, outputs=(OutputMetadata(meaning="logits"),),
    )  # fmt: skip
    monkeypatch.setattr("edgewright.hub.catalogue._shipped", lambda: {"points": entry})
    return entry


def test_a_wheel_for_another_machine_is_read_as_data(elsewhere: Entry, index: Index) -> None:
    model = hub.get("points")
    assert model.metadata.provenance is not None
    assert model.metadata.provenance.source == "elsewhere 1.0"
    assert f"/files/{FILE}" in index.asked


def test_without_its_name_pip_takes_none_of_another_machine(elsewhere: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    object.__setattr__(elsewhere.origin, "wheel", "")
    with pytest.raises(HubError, match="does not have it"):
        hub.get("points")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("", ""),
        ("a-1.0-cp311-cp311-manylinux_2_28_x86_64.whl",
         "--platform manylinux_2_28_x86_64 --python-version 3.11 --implementation cp --abi cp311"),
        ("a-1.0-py3-none-win_amd64.whl", "--platform win_amd64 --implementation py --abi none"),
        (FILE, "--platform manylinux_2_28_riscv64 --platform manylinux_2_17_riscv64 --python-version 3.9 "
               "--implementation cp --abi cp39"),
    ],
)  # fmt: skip
def test_what_pip_is_told_of_a_wheel(file: str, words: str) -> None:
    assert _built_for(file) == words.split()


@pytest.mark.parametrize("file", ["a.whl", "a-1.0-cp311.whl", "a-1.0-cp311-cp311-linux --x.whl", "a-1-cp3-n-p.tar.gz"])
def test_what_is_no_name_of_a_wheel_is_refused(file: str) -> None:
    with pytest.raises(HubError, match=r"origin\.wheel is .*; the name of a wheel's file is expected"):
        PackageOrigin(package="a", version="1.0", member="m", size=1, sha256="ab" * 32, wheel=file)


def test_what_a_model_needs_is_said_where_it_is_listed(elsewhere: Entry) -> None:
    assert elsewhere.to_dict()["needs"] == NEEDED
    lines = _table([elsewhere]).to_text(width=80)
    assert "no †" in lines
    assert f"† points: needs {NEEDED}." in lines


def test_labels_that_a_file_has_by_the_wrong_output_are_left_out() -> None:
    """MediaPipe's file of a hand names left and right where its 63 numbers of points are."""
    left_right = OutputMetadata(name="handedness", labels=("Left", "Right"))
    three = OutputMetadata(labels=("a", "b", "c"))
    assert _fitting((left_right,), points_model())[0] == OutputMetadata(name="handedness")
    assert _fitting((three,), points_model())[0] == three


@pytest.fixture(scope="module")
def fetched(edgewright: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The command, with a cache that it fetches into from the real package index."""
    folder = tmp_path_factory.mktemp("models")

    def run(*words: object) -> str:
        done = edgewright(*words, EDGEWRIGHT_CACHE=folder, PIP_CACHE_DIR=PIP_CACHE)
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    return run


@pytest.mark.extras
def test_hands_of_the_real_index_in_real_photographs(fetched: Any, shared_file: Any, tmp_path: Any) -> None:
    """A photograph of a right hand with its five fingers spread, from the front."""
    with zipfile.ZipFile(shared_file("data/signs_1030.zip")) as archive:
        (tmp_path / "hand.jpg").write_bytes(archive.read("5/IMG_1123.JPG"))
    for name in ("hand_detector", "hand_landmarks"):
        fetched("models", "get", name)
    told = fetched("run", "hand_detector", "--then", "hand_landmarks", tmp_path / "hand.jpg", "--json")
    (hand,) = json.loads(told)[0]["found"][0]["then"]["poses"]
    assert hand["label"] == "right hand"
    tips = {name: hand["keypoints"][f"{name}_tip"][:2] for name in ("thumb", "index_finger", "middle_finger", "pinky")}
    wanted = {"thumb": (86, 56), "index_finger": (58, 12), "middle_finger": (41, 13), "pinky": (25, 47)}
    for finger, (x, y) in wanted.items():
        assert tips[finger] == pytest.approx((x, y), abs=4), finger


@pytest.mark.extras
def test_a_body_of_the_real_index_where_movenet_sees_it(fetched: Any, shared_file: Any) -> None:
    for name in ("body_detector", "body_landmarks"):
        fetched("models", "get", name)
    told = fetched("run", "body_detector", "--then", "body_landmarks", shared_file("images/squat.bmp"), "--json")
    (body,) = json.loads(told)[0]["found"][0]["then"]["poses"]
    with shared_file("models/movenet_squat_reference.csv").open() as lines:
        wanted = [(float(row["keypoint_x"]) * 500, float(row["keypoint_y"]) * 610) for row in csv.DictReader(lines)]
    seen = [body["keypoints"][name][:2] for name in COCO.names]
    assert np.hypot(*(np.array(seen) - wanted).T).mean() <= 0.02 * 610


@pytest.mark.extras
def test_a_wake_word_of_the_real_index_remembers_in_one_place(fetched: Any, tmp_path: Any) -> None:
    """Its answers to the same silence depend on what came before: all inputs go through one interpreter, in order."""
    path = fetched("models", "get", "wake_word_hey_mycroft").strip()
    with open_task(ModelFile.read(path)) as task:
        silence = np.zeros((1, 3, 40), np.float32)
        answers = [next(iter(answer.result.values())).item() for answer in task.stream([silence] * 60)]
    assert len(set(answers)) > 2
    assert answers[-1] == 0
