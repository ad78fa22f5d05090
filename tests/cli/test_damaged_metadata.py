"""What is damaged in a file's metadata stops no command: it is a finding or a notice, and what an option says wins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from edgewright.model import ModelFile

from ..conftest import Run
from ..model.colors import described
from ..model.test_damage import DAMAGED

MODEL = "model.tflite"
NAMED = ("--labels", "names.txt")
SAID = ("--mean", "0", "--std", "255")

# For each damage: what is said in its place.
INSTEAD = {
    "std 0": SAID,
    "std NaN": SAID,
    "mean NaN": SAID,
    "mean inf": SAID,
    "two means, one std": SAID,
    "labels that are missing": NAMED,
    "labels that are no text": NAMED,
    "labels without an end": NAMED,
    "resize": ("--resize", "stretch"),
    "interpolation": ("--interpolation", "bilinear"),
    "pad": ("--resize", "letterbox", "--pad", "0"),
    "meaning": ("--meaning", "probabilities"),
    "task": ("--task", "classification"),
}
STOPPED = {kind for kind, words in INSTEAD.items() if words == SAID}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A red picture and a list of other labels."""
    Image.new("RGB", (8, 8), (250, 5, 5)).save(tmp_path / "red.png")
    (tmp_path / "names.txt").write_text("red\ngreen\nblue\n")
    return tmp_path


def put(kind: str, folder: Path) -> ModelFile:
    model = DAMAGED[kind][0]()
    model.save(folder / MODEL)
    return model


@pytest.mark.parametrize("kind", INSTEAD)
def test_run_takes_what_an_option_says_and_is_silent_of_the_damage(kind: str, folder: Path, edgewright: Run) -> None:
    put(kind, folder)
    done = edgewright("run", MODEL, "red.png", "--json", *INSTEAD[kind], cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    best = json.loads(done.stdout)[0]["top"][0]
    assert (best["label"], best["score"] > 0.4) == ("red", True)


@pytest.mark.parametrize("kind", sorted(INSTEAD.keys() - STOPPED - {"task"}))
def test_run_goes_on_with_a_notice_where_nothing_is_said(kind: str, folder: Path, edgewright: Run) -> None:
    model = put(kind, folder)
    done = edgewright("run", MODEL, "red.png", cwd=folder)
    assert done.returncode == 0
    [damage] = model.metadata.damage
    assert damage.why in done.stderr
    assert INSTEAD[kind][-2] in done.stderr


@pytest.mark.parametrize("kind", sorted(STOPPED))
def test_run_stops_where_no_number_could_be_right_and_says_the_option(kind: str, folder: Path, edgewright: Run) -> None:
    put(kind, folder)
    done = edgewright("run", MODEL, "red.png", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "--mean and --std" in done.stderr


@pytest.mark.parametrize("kind", DAMAGED)
def test_inspect_shows_the_rest(kind: str, folder: Path, edgewright: Run) -> None:
    put(kind, folder)
    done = edgewright("inspect", MODEL, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "colors" in done.stdout
    assert "! damaged metadata: " in done.stdout


@pytest.mark.parametrize("kind", ["std 0", "mean NaN", "labels that are no text"])
def test_convert_writes_what_an_option_says(kind: str, folder: Path, edgewright: Run) -> None:
    put(kind, folder)
    done = edgewright("convert", MODEL, "-o", "whole.tflite", *SAID, *NAMED, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    said = ModelFile.read(folder / "whole.tflite").metadata
    assert (said.damage, said.inputs[0].std, said.outputs[0].labels) == ((), (255.0,), ("red", "green", "blue"))


def test_convert_tells_of_damage_that_stays(folder: Path, edgewright: Run) -> None:
    put("labels that are no text", folder)
    done = edgewright("convert", MODEL, "-o", "whole.tflite", *SAID, cwd=folder)
    assert done.returncode == 0
    assert "labels.txt inside the model is no UTF-8 text" in done.stderr
    assert "give --labels" in done.stderr


@pytest.mark.parametrize("arguments", [("bench", MODEL, "--rounds", "2"), ("check", MODEL)])
def test_commands_without_pictures_do_not_mind(arguments: tuple[str, ...], folder: Path, edgewright: Run) -> None:
    put("std 0", folder)
    assert edgewright(*arguments, cwd=folder).returncode == 0


IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
# Normalizations that are of other pixels, and what the notice says of them.
DOUBTFUL = {
    "ImageNet's of 0 to 1": (*IMAGENET, "--mean 123.675,116.28,103.53 --std 58.395,57.12,57.375"),
    "its gray": ([0.485], [0.229], "--mean 123.675 --std 58.395"),
    "halves": ([0.5], [0.5], "--mean 127.5 --std 127.5"),
    "halves of each": ([0.5] * 3, [0.5] * 3, "--mean 127.5,127.5,127.5 --std 127.5,127.5,127.5"),
    "CIFAR's": ([0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616], "--mean 125.307,122.961,113.8"),
    "MNIST's": ([0.1307], [0.3081], "--mean 33.3285 --std 78.5655"),
    "no mean": ([0.0], [0.5], "--mean 0 --std 127.5"),
    "a factor": ([0.0], [1 / 255], "--mean 0 --std 255"),
    "another factor": ([0.0], [1 / 127.5], "--mean 0 --std 127.5"),
    "negative": ([0.0], [-255.0], "std -255 is negative"),
    "negative in one channel": ([0.0] * 3, [255.0, -255.0, 255.0], "std 255,-255,255 is negative"),
}
USUAL = [
    ([0.0], [255.0]), ([127.5], [127.5]), ([0.0], [1.0]), ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375]),
    ([103.939, 116.779, 123.68], [1.0, 1.0, 1.0]), ([128.0], [128.0]),
]  # fmt: skip


def with_normalization(mean: list[float], std: list[float], folder: Path) -> None:
    units = [{"options": ("NormalizationOptions", {"mean": mean, "std": std})}]
    from ..model.colors import input_table

    described(input_table(process_units=units)).save(folder / MODEL, overwrite=True)


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_a_normalization_of_other_pixels_is_a_notice_wherever_it_is_met(
    kind: str, folder: Path, edgewright: Run
) -> None:
    mean, std, words = DOUBTFUL[kind]
    with_normalization(mean, std, folder)
    shown = edgewright("inspect", MODEL, cwd=folder)
    assert "! doubtful normalization: " in shown.stdout
    assert words in shown.stdout
    run = edgewright("run", MODEL, "red.png", cwd=folder)
    assert run.returncode == 0
    assert words in run.stderr
    if min(std) < 0:  # Nobody can say that by an option.
        return
    given = ("--mean", ",".join(map(str, mean)), "--std", ",".join(map(str, std)))
    with_normalization([0.0], [255.0], folder)
    for arguments in (("run", MODEL, "red.png"), ("convert", MODEL, "-o", "new.tflite")):
        done = edgewright(*arguments, *given, cwd=folder)
        assert done.returncode == 0
        assert words in done.stderr


@pytest.mark.parametrize(("mean", "std"), USUAL)
def test_usual_normalizations_are_none(mean: list[float], std: list[float], folder: Path, edgewright: Run) -> None:
    with_normalization(mean, std, folder)
    assert "doubtful" not in edgewright("inspect", MODEL, cwd=folder).stdout
