"""Java over LiteRT's C library says what `run` says: of photographs, to the bit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import edgewright as ew
from edgewright.deploy import proving
from edgewright.deploy.targets import java as java_target
from edgewright.deploy.targets.java import litert_library
from edgewright.errors import UsageError
from edgewright.model import ModelFile

from .java_parts import java

PHOTOGRAPHS = ("cats_and_dogs.jpg", "grace_hopper.bmp", "sunflower.bmp")
MODELS = {
    "mobilenet_v1_0.25_128_quant.tflite": "Classifier",
    "mobilenet_v1_0.25_224_float_metadata.tflite": "Classifier",
    "ssd_mobilenet_v1_coco_quant_metadata.tflite": "Detector",
}


@pytest.mark.extras
@pytest.mark.parametrize("model", MODELS)
def test_photographs(shared_file, tmp_path: Path, model: str):
    program = java() / "java"
    file = ModelFile.read(shared_file(f"models/{model}"))
    made = ew.export(file, tmp_path / "out", target="java")
    assert "the classes say what run says, to the bit" in made.proven[0]
    paths = [tmp_path / f"{number}.png" for number in range(len(PHOTOGRAPHS))]
    for path, name in zip(paths, PHOTOGRAPHS, strict=True):
        Image.open(shared_file(f"images/{name}")).convert("RGB").save(path)
    options = ["--enable-native-access=ALL-UNNAMED", f"-Dlitert={litert_library()}"]
    command = [program, *options, f"edgewright/{MODELS[model]}.java", *paths]
    done = subprocess.run(command, cwd=tmp_path / "out", capture_output=True, text=True, check=True)
    with ew.load(file, interpolation="bilinear") as task:
        said = [found for path in paths for found in proving.found_in(task(path))]
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [label for label, *_ in rows] == [task.labels[index] for index, *_ in said]
    assert [[float(np.float32(number)) for number in row[1:]] for row in rows] == [
        [score, *box] for _, score, box in said
    ]
    assert said


def test_it_is_made_without_java_too(shared_file, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(java_target, "java_command", lambda oldest: None)
    made = ew.export(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"), tmp_path / "out", target="java")
    assert made.proven == ()
    assert "No Java 22 or later was found here: the classes were not compiled." in made.unproven
    assert "edgewright/Classifier.java" in made.files


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("yamnet.tflite", "java has code for classification and detection; this model's task is audio-classification"),
        ("ssd_mobilenet_v1_coco_quant_score_calibration.tflite", "its scores are calibrated"),
        ("mobilenet_v1_0.25_224_float.tflite", "nothing in the file says how pixels become input"),
    ],
)
def test_what_it_has_no_code_for(shared_file, tmp_path: Path, model: str, why: str):
    with pytest.raises(UsageError, match=why):
        ew.export(shared_file(f"models/{model}"), tmp_path / "out", target="java")
    assert not (tmp_path / "out").exists()


def test_a_hostile_name_stays_in_its_comment(shared_file, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(java_target, "java_command", lambda oldest: None)
    file = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    named = ModelFile.build(file.edit(), file.files, "x\\u000a*/ class Evil {}\n.tflite")
    ew.export(named, tmp_path / "out", target="java")
    first = (tmp_path / "out/edgewright/Classifier.java").read_text().splitlines()[0]
    assert first == "// Made by Edgewright of  class Evil ___.tflite. Needs Java 22 or later."
