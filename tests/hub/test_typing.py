"""`ew.load` for editors: the kind that is named decides on the result and the options, as the kinds themselves do."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_type_hints

import pytest

import edgewright as ew
from edgewright.task import input_kind, keywords, task_names

PROGRAMS = Path(__file__).with_name("typed_programs.py")
RUNNING = {"engine", "threads", "delegates", "progress", "signature"}

# Kind -> what is typed for it, and a file of that kind.
TYPED = {
    "bodies": (keywords.FiguresOptions, "mobilenet_v1_0.25_128_quant"),
    "hands": (keywords.FiguresOptions, "mobilenet_v1_0.25_128_quant"),
    "faces": (keywords.FiguresOptions, "face_detection_short_range"),
    "classification": (keywords.ClassificationOptions, "mobilenet_v1_0.25_128_quant"),
    "detection": (keywords.DetectionOptions, "ssd_mobilenet_v1_coco_quant_metadata"),
    "embedding": (keywords.PictureOptions, "mobilenet_v2_0.35_96_embedder"),
    "landmarks": (keywords.LandmarksOptions, "mobilenet_v1_0.25_128_quant"),
    "pose": (keywords.PoseOptions, "movenet_single_pose_lightning_ptq"),
    "segmentation": (keywords.SegmentationOptions, "deeplabv3_mnv2_dm05_pascal_quant"),
    "text-classification": (keywords.TextClassificationOptions, "nl_classifier_regex"),
    "text-embedding": (keywords.TextOptions, "text_embedder_regex"),
    "audio-classification": (keywords.AudioOptions, "yamnet"),
    "series": (keywords.SeriesOptions, "yamnet"),
    "tensors": (keywords.EngineOptions, "mobilenet_v1_0.25_128_quant"),
}
# Of the other heads of detectors.
OF_HEADS = {"anchors", "box_scales", "coordinates", "iou", "meaning"}


def test_each_kind_is_typed():
    assert set(TYPED) == set(task_names())


@pytest.mark.parametrize("kind", TYPED)
def test_what_is_typed_is_what_the_kind_takes(kind, shared_file: Callable[[str], Path]):
    typed, name = TYPED[kind]
    model = ew.ModelFile.read(shared_file(f"models/{name}.tflite"))
    with pytest.raises(ew.EdgewrightError) as caught:
        ew.load(model, task=kind, no_such_option=1)
    said = str(caught.value)
    listed = re.search(r"It has: (.*)", said)
    decoder = set(listed[1].split(", ")) if listed else set()
    of_input = input_kind({"audio-classification": "sound", "series": "series", "tensors": "tensors"}.get(
        kind, "text" if kind.startswith("text") else "picture"), model).options  # fmt: skip
    assert "no_such_option" in said
    beside = OF_HEADS if kind == "detection" else set()
    assert set(get_type_hints(typed)) == RUNNING | of_input | decoder | beside


@pytest.fixture(scope="module")
def revealed(tmp_path_factory) -> dict[int, str]:
    """What mypy says of each line of the programs."""
    root = Path(__file__).parents[2]
    command = [
        sys.executable, "-m", "mypy", "--config-file", root / "pyproject.toml", "--no-error-summary",
        "--follow-imports", "silent", "--cache-dir", tmp_path_factory.mktemp("mypy"), PROGRAMS,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    notes = re.findall(r":(\d+): note: Revealed type is \"(.*)\"", done.stdout)
    return {int(number): re.sub(r"\b[\w.]+\.(?=\w)", "", said) for number, said in notes}


LINES = [
    (number, line.rpartition("  # ")[2])
    for number, line in enumerate(PROGRAMS.read_text().splitlines(), 1)
    if line.startswith("reveal_type")
]


@pytest.mark.parametrize(("number", "wanted"), LINES, ids=[f"line {number}" for number, _ in LINES])
def test_an_editor_knows_what_comes_of_it(revealed, number, wanted):
    assert revealed[number] == wanted
