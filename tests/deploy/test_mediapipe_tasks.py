"""MediaPipe Tasks take labels and normalization from a file that was described here, and say what `run` says."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import edgewright as ew
from edgewright.model import ModelFile

from ..environments import python_with

pytestmark = pytest.mark.extras

MODELS = {
    "models/mobilenet_v1_0.25_128_quant.tflite": ("classifier", 128),
    "models/mobilenet_v1_0.25_224_float_metadata.tflite": ("classifier", 224),
    "models/ssd_mobilenet_v1_coco_quant_metadata.tflite": ("detector", 300),
}


def test_the_same_labels_scores_and_boxes(shared_file, tmp_path: Path):
    python = python_with("mediapipe-tasks", "mediapipe==1.2.3")
    words, expected = [], []
    for number, (name, (kind, side)) in enumerate(MODELS.items()):
        model = ModelFile.read(shared_file(name))
        ours = model.with_metadata(dataclasses.replace(model.metadata, name="described here"))
        path, picture = ours.save(tmp_path / f"{number}.tflite"), tmp_path / f"{side}.png"
        with Image.open(shared_file("images/cats_and_dogs.jpg")) as photograph:
            photograph.convert("RGB").resize((side, side)).save(picture)  # each resizes in its own way
        words += [kind, path, picture]
        with ew.load(path) as task:
            expected.append(list(task(picture).observations()))
    script = Path(__file__).with_name("mediapipe_tasks.py")
    command = [python, script, tmp_path / "said.json", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    for said, wanted in zip(json.loads((tmp_path / "said.json").read_text()), expected, strict=True):
        assert len(said) >= 3
        for (label, score, box), one in zip(said, wanted, strict=False):
            assert (label, score) == (one.label, pytest.approx(one.score, abs=2e-6))
            if box is not None:  # whole pixels, and not cut to the picture
                assert np.clip(box, 0, 300) == pytest.approx(np.array(one.box.xyxy), abs=2)
