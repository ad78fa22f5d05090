"""Preparation and decoding in C agree with Python's to the bit."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.deploy.description import Classes, Description, Pixels, Tensor, describe
from edgewright.deploy.targets.micro_code.decoding import decoding_files
from edgewright.deploy.targets.micro_code.literals import comment
from edgewright.deploy.targets.micro_code.model_files import label_files
from edgewright.deploy.targets.micro_code.preparing import preparation_files
from edgewright.media import Preparation, quantize
from edgewright.model import TensorSpec, read_model
from edgewright.rewrite import passes_for, rewrite
from edgewright.task import decoder_of, dequantize, described_picture

from .compiling import library, pointer

Find = Callable[[str], Path]

INPUTS = 200

# All published files whose input is a picture, or whose outputs are numbers.
FILES = (
    "models/deeplabv3_mnv2_dm05_pascal_quant.tflite",
    "models/mobilenet_v1_0.25_128_quant.tflite",
    "models/mobilenet_v1_0.25_224_float_metadata.tflite",
    "models/mobilenet_v2_0.35_96_embedder.tflite",
    "models/mobilenet_v2_1.0_224_quant.tflite",
    "models/movenet_single_pose_lightning_ptq.tflite",
    "models/selfie_segmenter_landscape.tflite",
    "models/ssd_mobilenet_v1_coco_quant_metadata.tflite",
    "sources/pretrainedResnet.published.tflite",
)


def files_of(described: Description) -> dict[str, bytes]:
    return preparation_files(described) | decoding_files(described) | label_files(described)


def reals(generator: np.random.Generator, tensor: Tensor, count: int) -> np.ndarray:
    """Real numbers in and beyond the range, halves of a step among them, and what is no number."""
    scale = tensor.scale or 1.0
    wide = generator.uniform(-400, 400, count) * scale
    halves = (generator.integers(-600, 600, count) + 0.5) * scale
    chosen = np.where(generator.random(count) < 0.5, wide, halves).astype(np.float32)
    chosen[:4] = np.array([np.inf, -np.inf, 3e38, -0.0], np.float32)[:count]
    return chosen


def stored(generator: np.random.Generator, tensor: Tensor, count: int) -> np.ndarray:
    if tensor.dtype == "float32":
        return generator.normal(0, 5, count).astype(np.float32)
    limits = np.iinfo(tensor.dtype)
    return generator.integers(limits.min, limits.max, count, dtype=tensor.dtype, endpoint=True)


def spec_of(tensor: Tensor) -> TensorSpec:
    model_input = {"scale": (tensor.scale,), "zero_point": (tensor.zero_point,)} if tensor.scale else {}
    return TensorSpec(name="t", shape=tensor.shape, dtype=tensor.dtype, index=0, buffer=0, **model_input)


def check_inputs(lib: ctypes.CDLL, tensors: tuple[Tensor, ...]) -> None:
    generator = np.random.default_rng(0)
    for place, tensor in enumerate(tensors):
        for _ in range(INPUTS):
            values = reals(generator, tensor, min(tensor.elements, 1000))
            found = np.zeros(len(values), tensor.dtype)
            lib[f"model_store_input_{place}"](pointer(values), pointer(found), ctypes.c_size_t(len(values)))
            with np.errstate(over="ignore"):
                expected = quantize(values, spec_of(tensor))
            np.testing.assert_array_equal(found, expected, strict=True)


def check_outputs(lib: ctypes.CDLL, tensors: tuple[Tensor, ...]) -> None:
    generator = np.random.default_rng(1)
    for place, tensor in enumerate(tensors):
        for _ in range(INPUTS):
            values = stored(generator, tensor, min(tensor.elements, 1000))
            found = np.zeros(len(values), np.float32)
            lib[f"model_read_output_{place}"](pointer(values), pointer(found), ctypes.c_size_t(len(values)))
            expected = dequantize(values, spec_of(tensor))
            assert found.tobytes() == expected.astype(np.float32).tobytes()


def tensor(dtype: str, scale: float = 0.0, zero_point: int = 0, shape: tuple[int, ...] = (1, 300)) -> Tensor:
    return Tensor("odd */ name \\", dtype, shape, scale, zero_point)


SCALES = [
    tensor("float32"),
    tensor("int8", 1 / 255, -128),
    tensor("int8", 0.0235294122248888, -1),
    tensor("int8", 1.1920929e-07, 127),
    tensor("uint8", 0.0078125, 127),
    tensor("uint8", 3.7, 255),
    tensor("int16", 3.0518509447574615e-05, 0),
    tensor("int16", 1e-38, 0),
]


@pytest.mark.parametrize("one", SCALES, ids=lambda one: f"{one.dtype}-{one.scale:g}-{one.zero_point}")
def test_real_numbers_go_in_and_come_out_to_the_bit(one: Tensor, tmp_path: Path) -> None:
    described = Description(model_named("model.tflite"), "tensors", (one,), (one,), None, None)
    lib = library(files_of(described), tmp_path)
    check_inputs(lib, described.inputs)
    check_outputs(lib, described.outputs)


def test_what_is_no_number_is_zero_as_in_python(tmp_path: Path) -> None:
    described = Description(model_named("m"), "tensors", (SCALES[1], SCALES[5]), (SCALES[0],), None, None)
    lib = library(files_of(described), tmp_path)
    for place, one in enumerate(described.inputs):
        values, found = np.full(40, np.nan, np.float32), np.ones(40, one.dtype)
        lib[f"model_store_input_{place}"](pointer(values), pointer(found), ctypes.c_size_t(40))
        with np.errstate(invalid="ignore"):
            assert (found == quantize(values, spec_of(one))).all()


def model_named(name: str) -> Any:
    """A description's model, of which these files use the name alone."""
    from ...model.builders import one_operator, raw
    from ...model.builders import tensor as built

    model = read_model(raw(one_operator("ABS", [built([1])], [built([1])])))
    return type("Named", (), {"name": name, "main": model.main})()


def picture_of(generator: np.random.Generator, pixels: Pixels) -> np.ndarray:
    return generator.integers(0, 256, (*pixels.size, pixels.channels), dtype=np.uint8)


@pytest.mark.parametrize("name", FILES)
def test_published_files_are_prepared_and_decoded_to_the_bit(name: str, shared_file: Find, tmp_path: Path) -> None:
    model = read_model(shared_file(name))
    described = describe(model)
    lib = library(files_of(described), tmp_path)
    check_outputs(lib, tuple(one for one in described.outputs if one.scale or one.dtype == "float32"))
    if described.pixels is None:
        return
    prepare = Preparation.of(model.inputs[0], described_picture(model, {}))
    generator = np.random.default_rng(2)
    found = np.zeros(model.inputs[0].shape, model.inputs[0].dtype)
    for _ in range(INPUTS):
        picture = picture_of(generator, described.pixels)
        lib.model_store_pixels(pointer(picture), pointer(found))
        expected = prepare.tensor(picture if described.pixels.channels == 3 else picture[..., 0])
        assert found.tobytes() == np.ascontiguousarray(expected).tobytes()


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize("dtype", ["float32", "int8", "uint8", "int16"])
def test_each_channel_has_its_own_numbers(layout: str, dtype: str, tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    values = stored(generator, tensor(dtype), 256 * 3).reshape(256, 3)
    pixels = Pixels((5, 7), 3, layout, "letterbox", 1.0, 128, "bilinear", (), (), values)
    one = tensor(dtype, 0.0 if dtype == "float32" else 0.5, 0, (1, 3, 5, 7) if layout == "NCHW" else (1, 5, 7, 3))
    described = Description(model_named("m"), "tensors", (one,), (one,), pixels, None)
    lib = library(files_of(described), tmp_path)
    found = np.zeros(one.shape, dtype)
    for _ in range(INPUTS):
        picture = picture_of(generator, pixels)
        lib.model_store_pixels(pointer(picture), pointer(found))
        expected = values[picture, np.arange(3)]
        expected = expected.transpose(2, 0, 1) if layout == "NCHW" else expected
        assert found.tobytes() == np.ascontiguousarray(expected).tobytes()


def test_an_int8_input_takes_a_byte_less_128(shared_file: Find) -> None:
    old = shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    model = rewrite(old, passes_for(modernize=True, int8_edges=True)).model
    source = preparation_files(describe(model))["preparation.c"].decode()
    assert "pixels[index] - 128" in source
    assert "[256]" not in source


def scored(lib: ctypes.CDLL, row: np.ndarray, best: int) -> tuple[np.ndarray, list[int]]:
    scores, places = np.zeros(row.size, np.float32), np.zeros(best, np.uintp)
    lib.model_scores(pointer(row), pointer(scores))
    lib.model_best.restype = ctypes.c_size_t
    count = lib.model_best(pointer(scores), pointer(places), ctypes.c_size_t(best))
    return scores, places[:count].tolist()


@pytest.mark.parametrize("name", ["models/mobilenet_v1_0.25_128_quant.tflite", FILES[2]])
@pytest.mark.parametrize("logits", [False, True])
def test_scores_and_their_order_are_those_of_the_task(
    name: str, logits: bool, shared_file: Find, tmp_path: Path
) -> None:
    model = read_model(shared_file(name))
    decode = decoder_of(model, meaning="logits" if logits else "probabilities")
    described = describe(model)
    assert isinstance(described.decoding, Classes)
    described = replace(described, decoding=replace(described.decoding, softmax=logits))
    lib = library(files_of(described), tmp_path)
    generator = np.random.default_rng(4)
    for _ in range(INPUTS):
        row = stored(generator, described.outputs[0], 1001)
        result = decode([dequantize(row, model.outputs[0]).reshape(1, -1)], None)
        scores, places = scored(lib, row, 10)
        assert scores.tobytes() == result.scores.tobytes()
        assert places == [found.index for found in result[:10]]


def test_equal_scores_keep_their_order_and_what_is_no_number_comes_nowhere(tmp_path: Path) -> None:
    classes = Classes(("a", "b", "c", "d"), False, None)
    one = tensor("float32", shape=(1, 4))
    described = Description(model_named("m"), "classification", (one,), (one,), None, classes)
    lib = library(files_of(described), tmp_path)
    assert scored(lib, np.array([0.5, 1, 0.5, 1], np.float32), 4)[1] == [1, 3, 0, 2]
    assert scored(lib, np.array([0.5, np.nan, 1, np.nan], np.float32), 4)[1] == [2, 0]


def test_labels_come_out_as_they_are(tmp_path: Path) -> None:
    labels = ("Katze", "große Straße", 'a "quoted" \\ one', "what??/", "trailing \\", "日本", "tab\there", "7\0111")
    one = tensor("float32", shape=(1, len(labels)))
    classes = Classes(labels, False, 0.25)
    described = Description(model_named("x */ y\n"), "classification", (one,), (one,), None, classes)
    lib = library(files_of(described), tmp_path)
    found = (ctypes.c_char_p * len(labels)).in_dll(lib, "model_labels")
    assert tuple(value.decode() for value in found) == labels


@pytest.mark.parametrize("name", ["x */ y", "x *\\ y", "x *\\\n/ y", "**//", "*\\/", "ends in \\"])
def test_a_hostile_name_stays_in_its_comment(name: str):
    """A backslash at the end of a line joins it with the next, before comments are found: C17, 5.1.1.2."""
    written = comment(name)
    assert "*/" not in written
    assert "\\" not in written
    assert "\n" not in written
