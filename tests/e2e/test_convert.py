"""`edgewright convert` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import edgewright as ew

CIFAR10 = "airplane automobile bird cat deer dog frog horse ship truck".split()


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.txt"
    path.write_text("\n".join(CIFAR10))
    return path


def test_a_converted_file_runs_with_nothing_else_to_say(edgewright, shared_file, labels: Path, tmp_path: Path):
    source, target = shared_file("sources/pretrainedResnet.h5"), tmp_path / "resnet.tflite"
    options = ("--labels", labels, "--mean", "0", "--std", "1")
    done = edgewright("convert", source, "-o", target, *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{target}: ")
    answer = edgewright("run", target, shared_file("images/cat.bmp"), "--json")
    assert json.loads(answer.stdout)[0]["top"][0]["label"] in CIFAR10


@pytest.mark.parametrize("io_dtype", ["float32", "uint8"])
def test_full_integer_from_a_folder_of_photographs(
    edgewright, shared_file, labels: Path, tmp_path: Path, io_dtype: str
):
    """The input's size is the model's own: nobody has to prepare the pictures."""
    source, target = shared_file("sources/pretrainedResnet.h5"), tmp_path / "resnet.tflite"
    photos = shared_file("images/parrot.jpg").parent
    options = ("--labels", labels, "--mean", "0", "--std", "1", "--quantize", "int8", "--data", photos)
    done = edgewright("convert", source, "-o", target, *options, "--io-dtype", io_dtype, "--json")
    assert done.returncode == 0, done.stderr
    described = json.loads(done.stdout)
    assert described["inputs"][0]["dtype"] == described["outputs"][0]["dtype"] == io_dtype
    assert described["provenance"]["steps"][0]["representative_data"] == "images"
    with ew.load(target) as classify:
        result = classify(shared_file("images/cat.bmp"))
    assert 0 <= result[0].score <= 1


def test_a_tflite_file_passes_through_to_be_described(edgewright, shared_file, tmp_path: Path):
    source, target = shared_file("models/mobilenet_v1_0.25_224_float.tflite"), tmp_path / "described.tflite"
    labels = shared_file("models/imagenet_labels.txt")
    done = edgewright("convert", source, "-o", target, "--labels", labels, "--mean", "127.5", "--std", "127.5")
    assert done.returncode == 0, done.stderr
    answer = edgewright("run", target, shared_file("images/parrot.jpg"), "--top", "1")
    assert "macaw" in answer.stdout


def test_representative_data_that_is_not_there(edgewright, shared_file):
    source = shared_file("sources/pretrainedResnet.h5")
    done = edgewright("convert", source, "--quantize", "int8", "--data", "nowhere")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "nowhere: no such file or folder of representative data" in done.stderr
