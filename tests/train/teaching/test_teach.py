"""Classifiers from a handful of pictures: one file that says what it was taught, and proves it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import edgewright as ew
from edgewright.data import Dataset
from edgewright.errors import DataError, UsageError
from edgewright.model import Metadata, ModelFile
from edgewright.task import open_task
from edgewright.train import fit, open_backbone, teach
from edgewright.train.teaching.looking import look

from ...model.builders import model as tables
from ...model.builders import operator, quantized, subgraph, tensor
from ...optimize.networks import dense

Published = Callable[[str], ModelFile]

EXTRACTOR = "mobilenet_v1_1.0_224_quant_embedding_extractor"
SMALL = "mobilenet_v1_0.25_128_quant"
FLOAT = "mobilenet_v1_0.25_224_float"
EMBEDDER = "mobilenet_v2_0.35_96_embedder"

MINUS_ONE_TO_ONE: dict[str, Any] = {"normalization": (127.5, 127.5)}
SIDE = 4
_WHOLE = {"filter_width": SIDE, "filter_height": SIDE, "stride_w": 1, "stride_h": 1, "padding": 1}


def silent(step: str, done: int, total: int) -> None:
    pass


def pool(dtype: str, free: bool = False) -> ModelFile:
    """The mean color of a picture; `free`: for any number of pictures at once."""
    scale = (1.0, 0) if dtype == "uint8" else (1.0, -128) if dtype == "int8" else (1.0, 0)
    quantization = {"quantization": quantized([scale[0]], [scale[1]])} if dtype != "float32" else {}
    open_batch = [{"shape_signature": [-1, *shape[1:]]} if free else {} for shape in ([1, 4, 4, 3], [1, 1, 1, 3])]
    ends = [
        tensor([1, SIDE, SIDE, 3], dtype, **{**quantization, **open_batch[0], "name": "picture"}),
        tensor([1, 1, 1, 3], dtype, **{**quantization, **open_batch[1], "name": "mean"}),
    ]
    made = subgraph(ends, [operator("AVERAGE_POOL_2D", [0], [1], ("Pool2DOptions", _WHOLE))], [0], [1])
    return ModelFile.build(tables(made), {}, "pool.tflite")


def colors(count: int = 6, spread: int = 30, seed: int = 0) -> tuple[list[np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
    """Plain pictures in shades of red, green and blue."""
    random = np.random.default_rng(seed)
    y = np.repeat(np.arange(3), count)
    plain = 120 * np.eye(3)[y] + 60 + random.uniform(-spread, spread, (len(y), 3))
    pictures = [np.broadcast_to(one.astype(np.uint8), (SIDE, SIDE, 3)).copy() for one in plain]
    return pictures, y


def pairs(count: int = 6, **drawing: Any) -> list[tuple[Any, str]]:
    pictures, y = colors(count, **drawing)
    return [(picture, ("red", "green", "blue")[index]) for picture, index in zip(pictures, y.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("name", "options", "width"),
    [
        (EXTRACTOR, {}, 1024),
        (SMALL, {}, 256),
        (FLOAT, MINUS_ONE_TO_ONE, 256),
        (EMBEDDER, {"normalization": (0, 255)}, 1280),
    ],
)
def test_the_file_says_what_backbone_and_head_say(
    published: Published, few: Dataset, name: str, options: dict[str, Any], width: int
) -> None:
    """To 2e-6, as extractor in one run and head in NumPy."""
    taught = teach(published(name), few, **options)
    assert taught.features == width
    assert taught.accuracy >= 0.8
    backbone = open_backbone(published(name), **options)
    seen = look(backbone, few, None, silent)
    head = fit(seen.features, seen.classes, 3).head
    assert taught.model is not None
    with open_task(taught.model) as classify:
        told = np.stack([result.scores for result in classify(list(few.inputs))])
    assert np.abs(told - head(seen.features)).max() <= 2e-6
    assert taught.difference <= 2e-6


def test_ten_pictures_of_each_class_are_enough(published: Published, fashion: Dataset) -> None:
    """Two of the draws of `benchmarks/teach.py`: at least 75% of the other pictures, and left-out ones tell it."""
    seen = look(open_backbone(published(EXTRACTOR)), fashion, None, silent)
    shares, promised = [], []
    for seed in range(2):
        random = np.random.default_rng(seed)
        shown = np.concatenate([random.permutation(np.flatnonzero(seen.classes == index))[:10] for index in range(10)])
        others = np.setdiff1d(np.arange(len(seen.classes)), shown)
        fitted = fit(seen.features[shown], seen.classes[shown], 10)
        shares.append((fitted.head(seen.features[others]).argmax(axis=1) == seen.classes[others]).mean())
        promised.append((fitted.left_out.argmax(axis=1) == seen.classes[shown]).mean())
    assert np.mean(shares) >= 0.75
    assert abs(np.mean(promised) - np.mean(shares)) < 0.08


@pytest.mark.parametrize("dtype", ["uint8", "int8", "float32"])
@pytest.mark.parametrize("free", [False, True])
def test_every_form_of_features_is_taken(dtype: str, free: bool) -> None:
    taught = teach(pool(dtype, free), pairs(), normalization=(0, 1))
    assert taught.accuracy == 1
    assert taught.model is not None
    assert ("DEQUANTIZE" in {one.name for one in taught.model.ops}) == (dtype != "float32")
    with open_task(taught.model) as classify:
        assert classify(pairs(1, seed=9)[2][0])[0].label == "blue"


def test_the_file_says_what_it_was_taught(few: Dataset, published: Published) -> None:
    backbone = published(SMALL)
    made = teach(backbone, few).model
    assert made is not None
    said = made.metadata
    assert said.task == "classification"
    assert said.outputs[0].labels == few.classes
    assert said.outputs[0].meaning == "probabilities"
    assert said.inputs[0].mean == backbone.metadata.inputs[0].mean == (127.5,)
    assert said.provenance is not None
    assert said.provenance.source_sha256 == backbone.sha256
    assert said.provenance.steps[-1]["step"] == "teach"
    assert 0.8 <= said.provenance.measured["leave_one_out_accuracy"] <= 1
    assert [one.name for one in made.ops][-5:] == [
        "DEQUANTIZE",
        "RESHAPE",
        "L2_NORMALIZATION",
        "FULLY_CONNECTED",
        "SOFTMAX",
    ]
    assert len(made.files) == 2, "the backbone's own labels are gone"


@pytest.mark.parametrize(("name", "interpolation"), [(EXTRACTOR, "reduced"), (SMALL, "bilinear")])
def test_large_pictures_are_prepared_as_the_backbone_had_them(
    published: Published, shared_file: Callable[[str], Path], name: str, interpolation: str
) -> None:
    """Kinds differ in what they do where a file does not say how pixels are resampled."""
    photos = {"cat": ("cat.bmp", "cat_1080p.jpg"), "bird": ("owl.jpg", "parrot.jpg")}
    data = [(shared_file(f"images/{photo}"), label) for label, names in photos.items() for photo in names]
    taught = teach(published(name), data, allow_poor=True)
    assert taught.model is not None
    assert taught.model.metadata.inputs[0].interpolation == interpolation
    assert taught.difference <= 2e-6


def test_what_the_caller_says_of_pictures_goes_into_the_file(published: Published, few: Dataset) -> None:
    with pytest.raises(UsageError, match=rf"{FLOAT}.tflite: nothing in the file says how pixels become"):
        teach(published(FLOAT), few)
    made = teach(published(FLOAT), few, resize="letterbox", **MINUS_ONE_TO_ONE).model
    assert made is not None
    assert (made.metadata.inputs[0].mean, made.metadata.inputs[0].resize) == ((127.5,), "letterbox")
    with pytest.raises(UsageError, match="teach has no option 'color'"):
        teach(published(SMALL), few, color=1)


def test_classes_that_cannot_be_told_apart_are_refused() -> None:
    """Colors at random: right about as often as a guess."""
    random = np.random.default_rng(1)
    noise = [(random.integers(0, 255, (SIDE, SIDE, 3), np.uint8), "ab"[place % 2]) for place in range(24)]
    refused = teach(pool("uint8"), noise)
    assert refused.model is None
    assert not refused.tells_apart
    assert repr(refused).endswith("pictures told right, no model)")
    written = teach(pool("uint8"), noise, allow_poor=True)
    assert written.model is not None
    assert written.to_dict()["tells_apart"] is False


def test_pictures_that_cannot_be_read_are_named_and_left_out() -> None:
    taught = teach(pool("uint8"), [*pairs(), (b"no picture", "red")])
    [(name, error)] = taught.unread
    assert name == "sample 18"
    assert "not a picture" in error
    assert len(taught.classes) == 18


def test_the_same_picture_counts_once_and_two_classes_of_it_are_said() -> None:
    there = pairs()
    otherwise = there[0][0], "blue"
    taught = teach(pool("uint8"), [*there, there[0], otherwise, otherwise])
    assert taught.twice == (("sample 18", "sample 0"), ("sample 20", "sample 19"))
    assert taught.at_odds == (("sample 19", "sample 0"),)
    assert len(taught.classes) == 19


def test_classes_without_pictures_are_left_out_and_said(published: Published, fashion: Dataset) -> None:
    shown = np.concatenate([np.flatnonzero(fashion.labels == index)[:3] for index in (1, 7)])
    taught = teach(published(SMALL), fashion.take(shown))
    assert taught.labels == ("1", "7")
    assert taught.notices == ("8 classes have no pictures and are left out.",)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pairs()[:7], r"1 picture of class 'green'. At least 2 of each are needed, ten are good"),
        ([(b"x", "a"), (b"y", "a"), (b"z", "b"), (b"w", "b")], "none of its pictures can be read. The first: "),
        ([*pairs(), (b"x", "gray"), (b"y", "gray")], r"0 pictures of class 'gray'; 2 of all cannot be read"),
        (colors()[0], "no class for each picture. Give a folder with a folder for each class"),
    ],
)
def test_data_that_do_not_do_are_one_line(data: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        teach(pool("uint8"), data)


def with_softmax(width: int = 4) -> ModelFile:
    """A layer straight on the pixels, and its softmax."""
    random = np.random.default_rng(1)
    logits = dense(
        [(random.normal(size=(width, 48)).astype(np.float32), np.zeros(width, np.float32))], shape=[1, 4, 4, 3]
    )
    return logits.with_metadata(Metadata(task="classification"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ssd_mobilenet_v1_coco_quant_metadata", "its task is detection. A backbone is a classifier or an extractor"),
        ("yamnet", "its task is audio-classification"),
        ("mobilenet_v1_0.25_128_quant_edgetpu", "its scores come of edgetpu-custom-op, operator 0. A backbone ends in"),
    ],
)
def test_what_is_no_backbone_is_one_line(published: Published, few: Dataset, name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        teach(published(name), few)


def test_a_layer_on_the_pixels_has_nothing_to_be_taught(few: Dataset) -> None:
    with pytest.raises(UsageError, match="nothing before its last layer that could be taught"):
        teach(with_softmax(), few, normalization=(0, 255))


def test_a_stack_of_features_is_laid_in_a_row() -> None:
    """A layer over a map of features: every place of it counts."""
    width, random = SIDE * SIDE * 3, np.random.default_rng(2)
    head = random.normal(size=(5, width)).astype(np.float32)
    tensors = [
        tensor([1, SIDE, SIDE, 3], name="picture"),
        tensor([1, SIDE, SIDE, 3], name="map"),
        tensor([5, width], data=head.tobytes(), name="weights"),
        tensor([1, 5], name="logits"),
        tensor([1, 5], name="scores"),
    ]
    operators = [
        operator("RELU", [0], [1]),
        operator("FULLY_CONNECTED", [1, 2, -1], [3], ("FullyConnectedOptions", {})),
        operator("SOFTMAX", [3], [4], ("SoftmaxOptions", {"beta": 1.0})),
    ]
    named = [{**one, "name": one["name"]} for one in tensors]
    backbone = ModelFile.build(tables(subgraph(named, operators, [0], [4])), {}, "map.tflite")
    taught = teach(backbone, pairs(), normalization=(0, 255))
    assert taught.features == width
    assert taught.cut == "before FULLY_CONNECTED, operator 1"
    assert taught.accuracy == 1


# ----- the command line


@pytest.fixture
def folder(few: Dataset, tmp_path: Path) -> Path:
    """Class folders with pictures of clothes, one of them broken."""
    for place, (pixels, index) in enumerate(zip(few.inputs, few.labels.tolist(), strict=True)):
        where = tmp_path / "clothes" / few.classes[index]
        where.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(where / f"{place}.png")
    (tmp_path / "clothes/sneaker/broken.jpg").write_bytes(b"no picture")
    return tmp_path / "clothes"


def test_the_command_teaches_and_the_file_works_with_every_verb(
    edgewright: Callable[..., Any], shared_file: Callable[[str], Path], folder: Path, tmp_path: Path
) -> None:
    backbone, mine = str(shared_file(f"models/{SMALL}.tflite")), str(tmp_path / "mine.tflite")
    done = edgewright("teach", backbone, str(folder), "-o", mine)
    assert done.returncode == 0, done.stderr
    assert "of 15 pictures are told right when they are left out" in done.stdout
    assert "broken.jpg" in done.stderr
    again = edgewright("teach", backbone, str(folder), "-o", mine)
    assert again.returncode == 1
    assert "exists already" in again.stderr
    photo = str(folder / "sneaker" / "10.png")
    assert json.loads(edgewright("run", mine, photo, "--json").stdout)[0]["top"][0]["label"] == "sneaker"
    evaluated = json.loads(edgewright("evaluate", mine, str(folder), "--json").stdout)
    assert evaluated["value"] > 0.9
    assert "teach" in edgewright("inspect", mine).stdout
    rewritten = edgewright("rewrite", mine, "-o", str(tmp_path / "new.tflite"), "--modernize")
    assert rewritten.returncode == 0, rewritten.stderr
    with ew.load(tmp_path / "new.tflite") as classify:
        assert classify(photo)[0].label == "sneaker"


def test_classes_that_look_alike_are_one_line_and_no_file(
    edgewright: Callable[..., Any], shared_file: Callable[[str], Path], tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    for place in range(16):
        where = tmp_path / "noise" / "ab"[place % 2]
        where.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, (32, 32, 3), np.uint8)).save(where / f"{place}.png")
    words = (
        "teach",
        str(shared_file(f"models/{SMALL}.tflite")),
        str(tmp_path / "noise"),
        "-o",
        str(tmp_path / "n.tflite"),
    )
    refused = edgewright(*words)
    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert "cannot tell these classes apart: of 16 pictures, each left out once, " in line
    assert line.endswith("Nothing was written; --allow-poor writes it all the same")
    assert not (tmp_path / "n.tflite").exists()
    written = edgewright(*words, "--allow-poor", "--json")
    assert written.returncode == 0, written.stderr
    assert json.loads(written.stdout)["written"] == [str(tmp_path / "n.tflite")]
