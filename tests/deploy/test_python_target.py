"""A script without Edgewright says what `run` says: of real models on photographs, to the bit."""

from __future__ import annotations

import dataclasses
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import edgewright as ew
from edgewright.deploy import describe, proving
from edgewright.deploy.scripting import script_of
from edgewright.media import Preparation
from edgewright.model import InputMetadata, ModelFile, TensorSpec

PHOTOGRAPHS = ("cat_1080p.jpg", "cats_and_dogs.jpg", "grace_hopper.bmp", "sunflower.bmp", "parrot.jpg")
MODELS = {
    "mobilenet_v1_0.25_128_quant.tflite": "it says what run says, to the bit.",
    "mobilenet_v1_0.25_224_float_metadata.tflite": "it says what run says, to the bit.",
    "ssd_mobilenet_v1_coco_quant_metadata.tflite": "it says what run says, to the bit, where run resizes as Pillow",
    "movenet_single_pose_lightning_ptq.tflite": "it prepares what run prepares, and its outputs are those of run",
    "yamnet.tflite": "On made-up numbers its outputs are those of run",
}

# Without the project on the path.
_SAYS = (
    "import runpy; print([predict(path) for predict in [runpy.run_path({script!r})['predict']] for path in {paths!r}])"
)


@pytest.mark.parametrize("model", MODELS)
def test_it_is_proven_and_short(shared_file, tmp_path: Path, model: str):
    made = ew.export(shared_file(f"models/{model}"), tmp_path / "out", target="python")
    assert MODELS[model] in made.proven[0]
    script = (tmp_path / "out/predict.py").read_text()
    assert sum(bool(line.strip()) for line in script.splitlines()) < 50
    assert max(map(len, script.splitlines())) <= 120
    assert "edgewright" not in script.lower()


@pytest.mark.parametrize("model", [*MODELS][:3])
def test_it_says_what_run_says_of_photographs(shared_file, tmp_path: Path, model: str):
    file = ModelFile.read(shared_file(f"models/{model}"))
    ew.export(file, tmp_path / "out", target="python")
    paths = [str(shared_file(f"images/{name}")) for name in PHOTOGRAPHS]
    code = _SAYS.format(script=str(tmp_path / "out/predict.py"), paths=paths)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    options = {"interpolation": "bilinear"} if "ssd" in model else {}
    with ew.load(file, **options) as task:
        expected = [proving.found_in(task(path)) for path in paths]
    assert any(expected)
    assert done.stdout.strip() == str(expected)


def test_it_prints_labels(shared_file, tmp_path: Path):
    made = ew.export(
        shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite"), tmp_path / "out", target="python"
    )
    assert made.start == f"python {tmp_path / 'out'}/predict.py photo.jpg"
    command = [sys.executable, tmp_path / "out/predict.py", shared_file("images/cats_and_dogs.jpg")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    label, score, *box = done.stdout.splitlines()[0].split()[1:]
    assert (label, len(box)) == ("cat", 4)
    assert 0.6 < float(score) < 0.8
    assert any("'sharp', which Pillow has not" in sentence for sentence in made.unproven)


def test_it_prints_outputs_it_knows_nothing_of(shared_file, tmp_path: Path):
    ew.export(shared_file("models/yamnet.tflite"), tmp_path / "out", target="python")
    np.save(tmp_path / "wave.npy", np.zeros(15600, np.float32))
    command = [sys.executable, tmp_path / "out/predict.py", tmp_path / "wave.npy"]
    assert "(1, 521)" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


WAYS = [
    InputMetadata(resize="crop", crop_fraction=0.875, mean=(123.7, 116.3, 103.5), std=(58.4, 57.1, 57.4)),
    InputMetadata(resize="letterbox", pad=114, mean=(0.0,), std=(255.0,)),
    InputMetadata(resize="letterbox", interpolation="reduced", mean=(127.5,), std=(127.5,)),
    InputMetadata(resize="stretch", interpolation="bicubic", mean=(127.5,), std=(127.5,)),
]
INPUTS = [
    TensorSpec(0, "x", (1, 96, 128, 3), "float32"),
    TensorSpec(0, "x", (1, 3, 96, 96), "float32"),
    TensorSpec(0, "x", (1, 60, 60, 1), "float32"),
    TensorSpec(0, "x", (1, 28, 28), "int8", scale=(0.0078125,), zero_point=(-1,)),
    TensorSpec(0, "x", (1, 64, 64, 3), "int8", scale=(0.02,), zero_point=(-14,)),
    TensorSpec(0, "x", (1, 64, 64, 3), "uint8", scale=(0.0186584,), zero_point=(114,)),
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.resize}-{way.interpolation}")
@pytest.mark.parametrize("spec", INPUTS, ids=lambda spec: f"{spec.dtype}-{'x'.join(map(str, spec.shape))}")
def test_every_way_to_prepare_is_that_of_run(shared_file, tmp_path: Path, spec: TensorSpec, way: InputMetadata):
    channels = 3 if 3 in spec.shape[1:] else 1
    said = dataclasses.replace(way, mean=way.mean[:channels], std=way.std[:channels])
    prepare = Preparation.of(spec, said)
    known = describe(ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float_metadata.tflite")))
    pixels = dataclasses.replace(
        known.pixels, size=prepare.size, channels=channels, layout=prepare.layout, resize=said.resize,
        crop_fraction=said.crop_fraction or 1.0, pad=said.pad or 0, interpolation=said.interpolation or "bilinear",
        mean=said.mean, std=said.std, values=prepare.values_of_bytes(),
    )  # fmt: skip
    tensor = dataclasses.replace(known.inputs[0], shape=spec.shape, dtype=spec.dtype)
    described = dataclasses.replace(known, inputs=(tensor,), pixels=pixels)
    (tmp_path / "predict.py").write_text(script_of(described))
    (tmp_path / "labels.txt").write_text("\n")
    np.save(tmp_path / "pixels.npy", pixels.values)
    script = runpy.run_path(str(tmp_path / "predict.py"))
    for path in (*proving.made_up_pictures(tmp_path), clear(tmp_path), lying(tmp_path)):
        wanted = prepare(path)
        made = script["prepare"](path)
        assert made.dtype == wanted.dtype
        assert np.array_equal(made, wanted)


def clear(folder: Path) -> Path:
    """A picture that one sees through in places."""
    pixels = proving.made_up(120, 160)
    Image.fromarray(np.dstack([pixels, pixels[..., 1]])).save(folder / "clear.png")
    return folder / "clear.png"


def lying(folder: Path) -> Path:
    """A photograph that was taken on its side."""
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(proving.made_up(200, 200)).save(folder / "lying.jpg", exif=exif)
    return folder / "lying.jpg"


def test_what_litert_does_not_run_is_said_in_one_line(shared_file, tmp_path: Path):
    with pytest.raises(ew.EdgewrightError, match="compiled for the Edge TPU"):
        ew.export(shared_file("models/mobilenet_v1_0.25_128_quant_edgetpu.tflite"), tmp_path / "out", target="python")
    assert not (tmp_path / "out").exists()
