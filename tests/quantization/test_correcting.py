"""Biases that make up for rounded weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.evaluate import Runner, agreement
from edgewright.model import ModelFile
from edgewright.quantization import Recipe, calibrate, quantize
from edgewright.rewrite import rewrite

from ..model.builders import model, operator, raw, subgraph, tensor
from ..optimize.networks import dense

pytestmark = pytest.mark.filterwarnings("ignore:.*experimental_preserve_all_tensors.*")

CORRECTED = Recipe("corrected", "weights-int8")
PLAIN = Recipe("plain", "weights-int8", corrected=False)
STEP = {"stride_w": 1, "stride_h": 1, "dilation_w_factor": 1, "dilation_h_factor": 1, "padding": 1}


def one_layer(name: str, options: str, weights: np.ndarray, channels: int) -> ModelFile:
    """A convolution of a 6 x 6 picture without padding, its weights (·, 3, 3, ·)."""
    out = weights.shape[3] if name.startswith("DEPTHWISE") else weights.shape[0]
    tensors = [
        tensor([1, 6, 6, channels], name="in"),
        tensor(weights.shape, data=weights.astype("<f4").tobytes(), name="weights"),
        tensor([out], data=bytes(4 * out), name="bias"),
        tensor([1, 4, 4, out], name="out"),
    ]
    more = {"depth_multiplier": out // channels} if name.startswith("DEPTHWISE") else {}
    graph = subgraph(tensors, [operator(name, [0, 1, 2], [3], (options, {**STEP, **more}))], [0], [3])
    return rewrite(ModelFile.build(ModelFile.read(raw(model(graph))).edit(), {}, name)).model


@pytest.mark.parametrize(
    ("name", "options", "shape", "channels"),
    [
        ("CONV_2D", "Conv2DOptions", (6, 3, 3, 4), 4),
        ("CONV_2D", "Conv2DOptions", (6, 3, 3, 2), 4),  # two groups
        ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions", (1, 3, 3, 4), 4),
        ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions", (1, 3, 3, 8), 4),  # two outputs for each input
    ],
)
def test_inputs_that_never_change_are_computed_exactly(name: str, options: str, shape: tuple[int, ...], channels: int):
    random = np.random.default_rng(0)
    layer = one_layer(name, options, random.normal(size=shape).astype(np.float32), channels)
    sample = np.broadcast_to(random.uniform(1, 5, channels), layer.inputs[0].shape).astype(np.float32)
    ranges = calibrate(layer, [sample])
    wanted, plain, corrected = (_run(one, sample) for one in (layer, *_both(layer, ranges)))
    assert np.abs(plain - wanted).max() > 1e-2
    assert corrected == pytest.approx(wanted, abs=1e-4)


def test_the_mean_output_over_the_samples_is_that_of_the_float_model():
    random = np.random.default_rng(0)
    layer = dense([(random.normal(size=(5, 40)).astype(np.float32), np.zeros(5, np.float32))])
    samples = list(random.uniform(0, 1, (30, 40)).astype(np.float32))
    ranges = calibrate(layer, samples)
    wanted, plain, corrected = (
        np.mean([_run(one, sample) for sample in samples], 0) for one in (layer, *_both(layer, ranges))
    )
    assert corrected == pytest.approx(wanted, abs=1e-5)
    assert np.abs(plain - wanted).max() > 1e-3


def test_a_bias_that_two_layers_share_is_corrected_for_each():
    random = np.random.default_rng(0)
    weights = random.normal(size=(2, 4, 4)).astype(np.float32)
    tensors = [tensor([1, 4], name="in"), tensor([4], data=bytes(16), name="bias")]
    operators = []
    for number, one in enumerate(weights):
        tensors += [tensor([4, 4], data=one.tobytes(), name=f"w{number}"), tensor([1, 4], name=f"y{number}")]
        inputs = [0 if not number else 3, len(tensors) - 2, 1]
        operators.append(operator("FULLY_CONNECTED", inputs, [len(tensors) - 1], ("FullyConnectedOptions", {})))
    built = ModelFile.read(raw(model(subgraph(tensors, operators, [0], [5]))))
    chain = rewrite(ModelFile.build(built.edit(), {}, "shared bias")).model
    sample = random.uniform(1, 5, (1, 4)).astype(np.float32)
    ranges = calibrate(chain, [sample])
    wanted, plain, corrected = (_run(one, sample) for one in (chain, *_both(chain, ranges)))
    assert np.abs(plain - wanted).max() > 1e-2
    assert np.abs(corrected - wanted).max() < 0.1 * np.abs(plain - wanted).max()


def test_what_is_kept_in_float16_keeps_its_biases():
    """The floor under a logarithm is one: large inputs make a shift of it that is nothing to them, and all to it."""
    random = np.random.default_rng(0)
    floor = np.full(5, 1e-6, np.float32)
    layers = [
        (random.uniform(size=(5, 40)).astype(np.float32), floor),
        (random.normal(size=(3, 5)).astype("<f4"), None),
    ]
    chain = dense([(weights, np.zeros(len(weights), np.float32) if bias is None else bias) for weights, bias in layers])
    samples = list(random.uniform(0, 1000, (8, 40)).astype(np.float32))
    ranges = calibrate(chain, samples)
    (first, *_) = [one.index for one in chain.ops if one.name == "FULLY_CONNECTED"]
    kept = quantize(chain, CORRECTED.keeping({first}), ranges)
    silence = np.zeros(40, np.float32)
    constants = [
        np.frombuffer(kept.constant(one), "<f4") for one in kept.main.tensors if one.shape == (5,) and one.buffer
    ]
    assert any((one == floor).all() for one in constants if one.size == 5)
    assert np.isfinite(_run(kept, silence)).all()


def test_a_real_network_loses_most_of_its_error(shared_file: Callable[[str], Path]):
    """Measured on other crops of it: from 12 dB to 26 dB."""
    network = rewrite(ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float.tflite"))).model
    picture = Image.open(shared_file("images/owl.jpg")).convert("RGB")
    random = np.random.default_rng(0)
    samples = [_crop(picture, random) for _ in range(24)]
    ranges = calibrate(network, samples[:12])
    plain, corrected = (agreement(network, one, samples[12:]).outputs[0].snr_db for one in _both(network, ranges))
    assert corrected > plain + 5


def _both(model_file: ModelFile, ranges: object) -> list[ModelFile]:
    return [quantize(model_file, recipe, ranges) for recipe in (PLAIN, CORRECTED)]


def _run(model_file: ModelFile, sample: np.ndarray) -> np.ndarray:
    with Runner(model_file) as run:
        return run(sample)[0]


def _crop(picture: Image.Image, random: np.random.Generator) -> np.ndarray:
    side = int(min(picture.size) * random.uniform(0.3, 1))
    x, y = (int(random.integers(0, size - side + 1)) for size in picture.size)
    small = picture.resize((224, 224), box=(x, y, x + side, y + side))
    return (np.asarray(small, np.float32) - 127.5) / 127.5
