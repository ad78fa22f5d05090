"""`accuracy` prepares as the file says: what it counts is what `evaluate` counts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import edgewright as ew
from edgewright.data import from_arrays
from edgewright.engine import open_engine
from edgewright.errors import UsageError
from edgewright.media import Preparation
from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata

from ..model.builders import model as built
from ..model.builders import operator, raw, subgraph, tensor

SharedFile = Callable[[str], Path]

SMALL, BARE = "models/mobilenet_v1_0.25_128_quant.tflite", "models/mobilenet_v1_0.25_224_float.tflite"
PHOTOS = {"macaw": "parrot.jpg", "daisy": "sunflower.bmp", "Egyptian_cat": "cat.bmp"}


@pytest.fixture
def photos(shared_file: SharedFile, tmp_path: Path) -> Path:
    for name, source in PHOTOS.items():
        (tmp_path / "photos" / name).mkdir(parents=True)
        shutil.copyfile(shared_file(f"images/{source}"), tmp_path / "photos" / name / source)
    return tmp_path / "photos"


def channels_first(size: tuple[int, int]) -> ModelFile:
    """A classifier whose outputs are the 6 x size numbers of its picture, channels before height and width."""
    height, width = size
    shape, flat = (1, 3, height, width), (1, 3 * height * width)
    data = np.array(flat, np.int32).tobytes()
    reshape = operator("RESHAPE", [0, 1], [2], ("ReshapeOptions", {"new_shape": list(flat)}))
    tensors = [tensor(shape), tensor([2], "int32", data=data), tensor(flat)]
    return ModelFile(raw(built(subgraph(tensors, [reshape], [0], [2]))), "flat.tflite")


def described(model: ModelFile, **given: object) -> ModelFile:
    """The file with an input that is prepared so, and labels that are the numbers of its outputs."""
    labels = tuple(map(str, range(model.outputs[0].shape[-1])))
    outputs = (OutputMetadata(labels=labels),)
    return model.with_metadata(Metadata(inputs=(InputMetadata(**given),), outputs=outputs))  # type: ignore[arg-type]


def test_bytes_of_a_model_that_says_nothing_of_them_are_taken_as_they_are(shared_file: SharedFile):
    model = ModelFile.read(shared_file(SMALL)).with_metadata(Metadata())
    pictures = np.random.default_rng(0).integers(0, 256, (2, 128, 128, 3), np.uint8)
    found = ew.accuracy(model, from_arrays(pictures, [0, 1], name="two"))
    with open_engine(model) as engine:
        scale, zero = model.outputs[0].scale[0], model.outputs[0].zero_point[0]
        expected = [(engine.run(picture[None])[0][0].astype(np.float32) - zero) * scale for picture in pictures]
    np.testing.assert_allclose(found.outputs, expected, rtol=1e-6)


@pytest.mark.parametrize("model", [SMALL, "models/mobilenet_v2_1.0_224_quant.tflite"])
def test_a_folder_of_pictures_counts_as_evaluate_counts_it(model: str, shared_file: SharedFile, photos: Path):
    assert ew.accuracy(shared_file(model), photos).value == ew.evaluate(shared_file(model), photos).value


def test_what_the_file_says_of_fitting_and_of_the_order_of_channels_holds(tmp_path: Path):
    said = {"mean": (0.0,), "std": (255.0,), "crop_fraction": 0.5, "interpolation": "bicubic", "resize": "crop"}
    model = described(channels_first((4, 6)), **said)
    pixels = np.random.default_rng(1).integers(0, 256, (2, 30, 40, 3), np.uint8)
    for number, picture in enumerate(pixels):
        (tmp_path / "in" / str(number)).mkdir(parents=True)
        Image.fromarray(picture).save(tmp_path / "in" / str(number) / "a.png")
    prepare = Preparation.of(model.inputs[0], model.metadata.inputs[0])
    expected = [prepare(picture).reshape(-1) for picture in pixels]
    for data in (tmp_path / "in", from_arrays(pixels, [0, 1], name="two")):
        np.testing.assert_array_equal(ew.accuracy(model, data).outputs, expected)
    ready = np.ascontiguousarray(pixels[:, :4, :6])
    whole = [picture.transpose(2, 0, 1).reshape(-1) / np.float32(255) for picture in ready]
    np.testing.assert_array_equal(ew.accuracy(model, from_arrays(ready, [0, 1], name="ready")).outputs, whole)


def test_pictures_for_a_model_that_nothing_is_known_of_are_refused(shared_file: SharedFile, photos: Path):
    model = ModelFile.read(shared_file(BARE))
    with pytest.raises(UsageError, match="nothing in the file says how pixels become input"):
        ew.accuracy(replace_input(model), photos)


def replace_input(model: ModelFile) -> ModelFile:
    return model.with_metadata(replace(model.metadata, inputs=()))
