"""Plain Java prepares pictures and reads outputs as `run` does: to the bit, on random pictures and numbers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.deploy import Boxes, Classes, describe, proving
from edgewright.deploy.coding import shared_java
from edgewright.media import Preparation
from edgewright.model import InputMetadata, ModelFile, TensorSpec

from .java_parts import compiled, ran

pytestmark = pytest.mark.extras

# Reads pictures as bytes (width, height, then ARGB) and writes their tensors one behind the other.
PREPARE = """
import edgewright.Preparation;
import java.io.DataInputStream;
import java.io.FileInputStream;

public class Prepare {
    public static void main(String[] paths) throws Exception {
        for (String path : paths) {
            try (DataInputStream stream = new DataInputStream(new FileInputStream(path))) {
                int width = stream.readInt(), height = stream.readInt();
                int[] pixels = new int[width * height];
                for (int i = 0; i < pixels.length; i++) {
                    pixels[i] = stream.readInt();
                }
                byte[] bytes = new byte[Preparation.of(pixels, width, height).tensor.remaining()];
                Preparation.of(pixels, width, height).tensor.get(bytes);
                System.out.write(bytes);
            }
        }
        System.out.flush();
    }
}
"""

# Reads the bytes of all outputs, each from a file, and prints what they mean in a picture of 640 x 480.
ANSWER = """
import edgewright.Answer;
import edgewright.Preparation;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

public class Say {
    public static void main(String[] paths) throws Exception {
        ByteBuffer[] outputs = new ByteBuffer[paths.length];
        for (int i = 0; i < paths.length; i++) {
            outputs[i] = ByteBuffer.wrap(Files.readAllBytes(Path.of(paths[i])));
        }
        Preparation prepared = Preparation.of(new int[640 * 480], 640, 480);
        Answer.of(outputs, List.of("a cat", "a dog"), prepared).forEach(System.out::println);
    }
}
"""

FLOAT = "models/mobilenet_v1_0.25_224_float_metadata.tflite"
DETECTOR = "models/ssd_mobilenet_v1_coco_quant_metadata.tflite"
SIZES = [(100, 100), (90, 70), (301, 227), (37, 400), (600, 800)]

CASES = {
    "stretch": (
        TensorSpec(0, "x", (1, 96, 128, 3), "float32"),
        {"mean": (123.7, 116.3, 103.5), "std": (58.4, 57.1, 5)},
    ),
    "crop": (
        TensorSpec(0, "x", (1, 3, 96, 96), "float32"),
        {"resize": "crop", "crop_fraction": 0.875, "mean": (0.0,), "std": (255.0,)},
    ),
    "letterbox": (
        TensorSpec(0, "x", (1, 80, 64, 3), "int8", scale=(0.02,), zero_point=(-14,)),
        {"resize": "letterbox", "pad": 114, "mean": (127.5,), "std": (127.5,)},
    ),
    "gray": (TensorSpec(0, "x", (1, 60, 60, 1), "uint8"), {"interpolation": "bicubic"}),
    "bytes": (TensorSpec(0, "x", (1, 90, 70, 3), "uint8"), {}),
    "signed": (
        TensorSpec(0, "x", (1, 28, 28), "int8", scale=(1 / 255,), zero_point=(-128,)),
        {"mean": (0.0,), "std": (255.0,)},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_pictures_become_the_same_bytes(shared_file, tmp_path: Path, case: str):
    spec, said = CASES[case]
    prepare = Preparation.of(spec, InputMetadata(**said))
    known = describe(ModelFile.read(shared_file(FLOAT)))
    values = prepare.values_of_bytes()
    how = prepare.described
    pixels = dataclasses.replace(
        known.pixels, size=prepare.size, channels=values.shape[1], layout=prepare.layout, pad=how.pad or 0,
        resize=how.resize or "stretch", crop_fraction=how.crop_fraction or 1.0, mean=how.mean, std=how.std,
        interpolation=how.interpolation or "bilinear", values=values,
    )  # fmt: skip
    code = {f"edgewright/{name}": text for name, text in shared_java(known, pixels).items()}
    built = compiled(tmp_path, {**code, "Prepare.java": PREPARE})
    wanted = b""
    for number, (height, width) in enumerate(SIZES):
        rgba = np.dstack([proving.made_up(height, width), np.full((height, width), 255, np.uint8)])
        if number == 0:
            rgba[..., 3] = rgba[..., 1]  # one sees through it in places
        wanted += prepare(Image.fromarray(rgba)).tobytes()
        argb = np.ascontiguousarray(rgba[..., [3, 0, 1, 2]]).tobytes()
        (built / f"{number}.argb").write_bytes(np.array([width, height], ">i4").tobytes() + argb)
    assert ran(built, "Prepare", *(f"{number}.argb" for number in range(len(SIZES)))) == wanted


@pytest.mark.parametrize("softmax", [False, True])
def test_scores_are_ranked(shared_file, tmp_path: Path, softmax: bool):
    known = describe(ModelFile.read(shared_file(FLOAT)))
    output = dataclasses.replace(known.outputs[0], shape=(1, 64), dtype="int8", scale=0.1, zero_point=-7)
    decoding = Classes(known.labels, softmax, None if softmax else 0.5)
    described = dataclasses.replace(known, outputs=(output,), decoding=decoding)
    stored = np.random.default_rng(3).integers(-128, 128, 64).astype(np.int8)
    scores = (stored.astype(np.float32) - np.float32(-7)) * np.float32(0.1)
    if softmax:
        powers = np.exp(scores.astype(float) - scores.max())
        scores = (powers / powers.sum()).astype(np.float32)
    order = [index for index in np.argsort(-scores, kind="stable") if softmax or scores[index] >= 0.5]
    said = _said(described, tmp_path, [stored])
    assert [label for label, *_ in said] == [{0: "a cat", 1: "a dog"}.get(index, f"class {index}") for index in order]
    # Java's exponential may be off by the last of 64 bits.
    assert np.float32([score for _, score in said]) == pytest.approx(scores[order], rel=2e-7 if softmax else 0)


@pytest.mark.parametrize("pixels", [False, True])
def test_boxes_are_where_run_has_them(shared_file, tmp_path: Path, pixels: bool):
    known = describe(ModelFile.read(shared_file(DETECTOR)))
    assert isinstance(known.decoding, Boxes)
    decoding = dataclasses.replace(known.decoding, pixels=pixels, threshold=0.25)
    random = np.random.default_rng(7)
    boxes = (random.random((1, 10, 4)) * (340 if pixels else 1.2) - (20 if pixels else 0.1)).astype(np.float32)
    classes, scores = random.integers(0, 3, (1, 10)).astype(np.float32), random.random((1, 10)).astype(np.float32)
    said = _said(dataclasses.replace(known, decoding=decoding), tmp_path, [boxes, classes, scores, np.float32([9])])
    order = [index for index in np.argsort(-scores[0, :9], kind="stable") if scores[0, index] >= np.float32(0.25)]
    unit = np.array([640 / 300, 480 / 300] * 2) if pixels else np.array([640, 480] * 2)
    wanted = np.sort((boxes[0][:, [1, 0, 3, 2]].astype(float) * unit).reshape(-1, 2, 2), axis=1)
    wanted = np.clip(wanted, 0, (640, 480)).reshape(-1, 4)[order]
    assert np.float32([score for _, score, *_ in said]).tolist() == scores[0, order].tolist()
    assert np.float32([row[2:] for row in said]) == pytest.approx(wanted.astype(np.float32), rel=1e-6)


def _said(described, folder: Path, outputs: list[np.ndarray]) -> list[tuple]:
    code = {f"edgewright/{name}": text for name, text in shared_java(described, described.pixels).items()}
    built = compiled(folder, {**code, "Say.java": ANSWER})
    for number, output in enumerate(outputs):
        (built / f"{number}.bin").write_bytes(output.tobytes())
    printed = ran(built, "Say", *(f"{number}.bin" for number in range(len(outputs)))).decode().splitlines()
    return [(label, *map(float, numbers)) for label, *numbers in (line.split("\t") for line in printed)]
