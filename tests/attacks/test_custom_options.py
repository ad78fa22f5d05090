"""Options of custom operators that LiteRT has itself: no change of a published file's reaches a kernel and kills it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from edgewright.engine import load_runtime, open_engine
from edgewright.errors import FormatError
from edgewright.machine import run_forked
from edgewright.model import ModelFile
from edgewright.model.checking.custom.flexbuffers import read_numbers
from edgewright.model.storage.flatbuffer import Table

from ..model.builders import model, operator, quantized, raw, subgraph, tensor

SSD = "models/ssd_mobilenet_v1_coco_quant_metadata.tflite"
BOXES, CLASSES = 1917, 91


@pytest.fixture(scope="module")
def published(shared_file: Callable[[str], Path]) -> tuple[bytes, bytes]:
    """The options and the anchors of the file."""
    ssd = ModelFile.read(shared_file(SSD))
    last = ssd.ops[-1]
    return last.custom_options, bytes(ssd.constant(ssd.main.tensors[last.inputs[2]]))


def detection(options: bytes, anchors: bytes, classes: int = CLASSES) -> bytes:
    """The last operator of the file alone."""
    step = quantized([0.05], [100])
    tensors = [
        tensor([1, BOXES, 4], "uint8", quantization=step),
        tensor([1, BOXES, classes], "uint8", quantization=step),
        tensor([BOXES, 4], "uint8", anchors, quantization=step),
        *[tensor([])] * 4,
    ]
    return custom("TFLite_Detection_PostProcess", tensors, 3, options)


def custom(name: str, tensors: list[Table], inputs: int, options: bytes) -> bytes:
    places = list(range(len(tensors)))
    one = {**operator("x", places[:inputs], places[inputs:]), "custom_options": options}
    given = [place for place in places[:inputs] if not tensors[place]["data"]]
    tables = model(subgraph(tensors, [one], given, places[inputs:]))
    tables["operator_codes"][0]["custom_code"] = name
    return raw(tables)


def flexbuffer(values: Mapping[str, float]) -> bytes:
    """A map of 64-bit numbers, as any FlexBuffer library writes it."""
    data, keys = b"", []
    for key in sorted(values):
        keys.append(len(data))
        data += key.encode() + b"\0"
    data += len(keys).to_bytes(8, "little")
    start = len(data)
    for place, key_at in enumerate(keys):
        data += (start + 8 * place - key_at).to_bytes(8, "little")
    data += (len(data) - start).to_bytes(8, "little") + (8).to_bytes(8, "little") + len(keys).to_bytes(8, "little")
    values_at, types = len(data), b""
    for key in sorted(values):
        real = isinstance(values[key], float)
        data += np.float64(values[key]).tobytes() if real else int(values[key]).to_bytes(8, "little", signed=True)
        types += bytes([(3 if real else 1) << 2 | 3])
    data += types
    return data + (len(data) - values_at).to_bytes(8, "little") + bytes([9 << 2 | 3, 8])


def run(file: ModelFile) -> None:
    noise = np.random.default_rng(0)
    with open_engine(file) as engine:
        engine.run({spec.index: noise.integers(0, 256, spec.shape, np.uint8) for spec in file.inputs})


def test_single_bytes_changed_in_the_options_of_a_published_detector(published: tuple[bytes, bytes]) -> None:
    options, anchors = published
    chance, ends = random.Random("options"), Counter[str]()
    load_runtime()
    for place in range(len(options)):
        changed = bytearray(options)
        changed[place] ^= chance.randrange(1, 256)
        try:
            file = ModelFile.read(detection(bytes(changed), anchors))
        except FormatError:
            ends["refused"] += 1
            continue
        ending = run_forked(partial(run, file), seconds=60, cpu_seconds=20, memory=2**30)
        ends["runs" if ending.code == 0 or ending.raised is not None else f"died by {ending.code} at {place}"] += 1
    assert ends.keys() == {"refused", "runs"}


def test_options_cut_off_anywhere(published: tuple[bytes, bytes]) -> None:
    options, anchors = published
    for length in range(len(options)):
        with pytest.raises(FormatError):
            ModelFile.read(detection(options[:length], anchors))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"max_detections": -1}, "max_detections is -1"),
        ({"max_detections": 2**31}, "max_detections is"),
        ({"max_classes_per_detection": 0}, "max_classes_per_detection is 0"),
        ({"num_classes": 0}, "num_classes is 0"),
        ({"num_classes": 92}, "1 of 92 classes for 91 scores"),
        ({"y_scale": 0.0}, "y_scale is 0"),
        ({"nms_iou_threshold": float("nan")}, "nms_iou_threshold is nan"),
        ({"num_classes": None}, "no num_classes"),
    ],
)
def test_detection_options_outside_of_what_the_kernel_takes(
    published: tuple[bytes, bytes], change: dict[str, float | None], why: str
) -> None:
    options, anchors = published
    values = {**read_numbers(options), **change}
    assert ModelFile.read(detection(flexbuffer(read_numbers(options)), anchors))
    with pytest.raises(FormatError, match=why):
        ModelFile.read(detection(flexbuffer({key: one for key, one in values.items() if one is not None}), anchors))


@pytest.mark.parametrize(
    ("change", "why"),
    [({"stride": 0}, "stride is 0"), ({"window_size": -5}, "window_size is -5"), ({"stride": None}, "no stride")],
)
def test_spectrogram_options(change: dict[str, int | None], why: str) -> None:
    sound = [tensor([4000, 1]), tensor([1, 10, 257])]
    good = {"window_size": 512, "stride": 160, "magnitude_squared": 1}
    ModelFile.read(custom("AudioSpectrogram", sound, 1, flexbuffer(good)))
    values = {key: one for key, one in {**good, **change}.items() if one is not None}
    with pytest.raises(FormatError, match=why):
        ModelFile.read(custom("AudioSpectrogram", sound, 1, flexbuffer(values)))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"filterbank_channel_count": 0}, "filterbank_channel_count is 0"),
        ({"dct_coefficient_count": 2**20}, "dct_coefficient_count is"),
        ({"lower_frequency_limit": 5000}, "not above the lower one"),
    ],
)
def test_mfcc_options(change: dict[str, int], why: str) -> None:
    tensors = [tensor([1, 10, 257]), tensor([1], "int32", (16000).to_bytes(4, "little")), tensor([1, 10, 13])]
    good = {
        "upper_frequency_limit": 4000,
        "lower_frequency_limit": 20,
        "filterbank_channel_count": 40,
        "dct_coefficient_count": 13,
    }
    ModelFile.read(custom("Mfcc", tensors, 2, flexbuffer(good)))
    with pytest.raises(FormatError, match=why):
        ModelFile.read(custom("Mfcc", tensors, 2, flexbuffer({**good, **change})))
