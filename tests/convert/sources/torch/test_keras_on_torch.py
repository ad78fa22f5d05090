"""Where Keras and PyTorch are installed and TensorFlow is not, models of Keras are exported through PyTorch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgewright.evaluate import Runner
from edgewright.model import ModelFile

HERE = Path(__file__).parent
_OF_TENSORFLOW = ("tensorflow", "tf_keras")


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """The Python of an environment with all that this one has, but for TensorFlow: links, so it costs nothing."""
    environment = tmp_path_factory.mktemp("without-tensorflow")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    packages = environment / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    for folder in (Path(place) for place in sys.path if place.endswith("site-packages")):
        for package in folder.iterdir():
            mine = packages / package.name
            if not package.name.startswith(_OF_TENSORFLOW) and package.suffix != ".pth" and not mine.exists():
                mine.symlink_to(package)
    (packages / "edgewright.pth").write_text(str(HERE.parents[3] / "src"))
    return environment / "bin/python"


@pytest.fixture(scope="module")
def folder(python, tmp_path_factory) -> Path:
    """What keras_models.py leaves behind, and the conversion of its file by the command line."""
    folder = tmp_path_factory.mktemp("keras-on-torch")
    plain = {**os.environ, "PYTHONPATH": ""}
    subprocess.run([python, HERE / "keras_models.py", folder], check=True, env=plain)
    command = [python, "-m", "edgewright", "convert", folder / "picture.keras", "-o", folder / "picture.tflite"]
    said = subprocess.run(command, env=plain, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    return folder


def test_a_file_is_converted_in_its_own_layout_and_with_its_names(folder):
    model = ModelFile.read(folder / "picture.tflite")
    assert [(port.name, tuple(port.shape)) for port in model.inputs] == [("picture", (1, 12, 10, 3))]
    with np.load(folder / "picture.npz") as kept, Runner(model) as run:
        (found,) = run([kept["picture"]])
        assert np.allclose(found, kept["expected"], atol=1e-6)


def test_a_model_in_memory_keeps_its_inputs_and_outputs_by_name(folder):
    model = ModelFile.read(folder / "two.tflite")
    assert {port.name for port in model.inputs} == {"words", "numbers"}
    said = json.loads((folder / "said.json").read_text())
    assert set(said) == {"sum", "apart"}
    assert all(value == "Infinity" or float(value) > 100 for value in said.values())
