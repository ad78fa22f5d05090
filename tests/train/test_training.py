"""The room around a trainer: what comes out says what it is, how good it is, and is the same each time."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import edgewright as ew
from edgewright.data import BoxesTarget, Dataset, open_dataset
from edgewright.errors import DataError, OutputError, UsageError
from edgewright.train import Training, report_page, train, training_tables, training_verdict
from edgewright.train.checks import seen_before

from .clothes import KINDS, unpack


@pytest.fixture(scope="module")
def kinds(shared_file: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photographs of four kinds of clothes, some of them to test with."""
    folder, archive = tmp_path_factory.mktemp("kinds"), shared_file("data/clothing_461.zip")
    unpack(archive, folder / "train", count=12)
    unpack(archive, folder / "test", count=6, part="test")
    return folder


@pytest.fixture(scope="module")
def backbone(built_by: Callable[[str], Path]) -> str:
    return str(built_by("train/pictures/build_backbones.py") / "tiny.keras")


@pytest.fixture(scope="module")
def made(kinds: Path, backbone: str, tmp_path_factory: pytest.TempPathFactory) -> Training:
    """A head in 8 bits, measured on a test part."""
    return train(
        kinds, backbone=backbone, epochs=0, quantize="int8", max_drop=0.2, validation=0.3,
        work=tmp_path_factory.mktemp("work"),
    )  # fmt: skip


def test_the_file_says_what_it_is_and_runs_by_itself(made: Training, kinds: Path, tmp_path: Path):
    path = made.model.save(tmp_path / "mine.tflite")
    model = ew.ModelFile.read(path)
    assert model.metadata.task == "classification"
    assert model.metadata.outputs[0].labels == KINDS == made.labels
    assert model.metadata.inputs[0].resize in ("stretch", "crop")
    assert ew.load(path)(next((kinds / "test/shoes").iterdir()))[0].label in KINDS
    assert model.inputs[0].dtype == "float32"
    assert model.size < made.float_model.size


def test_its_figure_is_that_of_the_test_part_and_stands_in_the_file(made: Training, kinds: Path):
    found = ew.evaluate(made.model, kinds / "test")
    assert made.tested
    assert (made.accuracy, made.interval) == (found.value, found.interval)
    assert made.evaluation.total == 24
    written = made.model.metadata.provenance.measured["train"]
    assert (written["part"], written["top1"], written["samples"]) == ("test", found.value, 24)
    assert written["interval95"] == list(found.interval)


def test_the_8_bit_file_is_measured_beside_the_float_one(made: Training, kinds: Path):
    compared = made.evaluation.comparison
    real = ew.evaluate(made.float_model, kinds / "test")
    assert made.quantized
    assert compared is not None
    assert compared.before.value == real.value
    assert compared.change.value == pytest.approx(made.accuracy - real.value)
    written = made.model.metadata.provenance.measured["train"]
    assert written["change_from_float"] == compared.change.value
    assert made.float_model.metadata.provenance.measured["train"]["top1"] == real.value


def test_the_file_says_how_it_was_made(made: Training, kinds: Path):
    steps = {step["step"]: step for step in made.model.metadata.provenance.steps}
    assert steps["train"]["trainer"] == "pictures"
    assert steps["train"]["samples"] + steps["train"]["validation"] == 48
    assert (steps["train"]["seed"], steps["train"]["epochs"]) == (0, 0)
    assert len(steps["train"]["data_sha256"]) == 64
    assert steps["optimize"]["max_drop"] >= 0.2


def test_confusion_and_mistakes_agree_with_the_accuracy(made: Training):
    confusion = made.confusion
    assert confusion.shape == (4, 4)
    assert confusion.sum(axis=1).tolist() == [6, 6, 6, 6]
    assert np.trace(confusion) / confusion.sum() == made.accuracy
    assert len(made.mistakes) == confusion.sum() - np.trace(confusion)


def test_it_is_one_line_and_plain_values(made: Training):
    assert repr(made).startswith("Training(pictures, 4 classes, ")
    assert "on test data, 8 bits" in repr(made)
    assert "\n" not in repr(made)
    told = json.loads(json.dumps(made.to_dict()))
    assert told["labels"] == list(KINDS)
    assert told["samples"]["test"] == 24
    assert (told["evaluated_on"], told["quantized"]) == ("test", True)
    assert told["model"]["sha256"] == made.model.sha256


def test_the_network_can_be_kept_and_is_not_overwritten(made: Training, tmp_path: Path):
    path = made.save_network(tmp_path / "net.keras")
    assert path.read_bytes() == made.network.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        made.save_network(path)
    again = ew.convert(path, labels=made.labels)
    assert len(again.ops) == len(made.float_model.ops)


def test_the_same_command_gives_the_same_bytes(made: Training, kinds: Path, backbone: str, tmp_path: Path):
    again = train(
        kinds, backbone=backbone, epochs=0, quantize="int8", max_drop=0.2, validation=0.3, work=tmp_path / "work"
    )
    assert again.model.data == made.model.data
    assert again.float_model.data == made.float_model.data


def test_tables_and_page_say_the_same(made: Training):
    tables = [table.to_text(80) for table in training_tables(made)]
    assert all(len(line) <= 80 for text in tables for line in text.splitlines())
    assert "Both files on 24 test samples" in "".join(tables)
    said = training_verdict(made)
    assert said.startswith(f"{np.trace(made.confusion)} of 24 test samples are told right: ")
    page = report_page(made).to_html()
    assert said in page
    assert "What was taken for what" in page
    assert page.count("data:image/jpeg") == len(made.mistakes)


def test_without_test_data_the_figure_says_that_it_flatters(made: Training):
    bare = dataclasses.replace(made, test=None)
    assert "they are the ones that said when to stop" in training_verdict(bare).lower()
    assert "on the part that said when to stop" in repr(bare)


def folders(kinds: Path, folder: Path, **counts: int) -> Path:
    """Class folders with so many of the photographs each."""
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for picture in sorted((kinds / "train" / (name if name in KINDS else "dress")).iterdir())[:count]:
            shutil.copy(picture, folder / name)
    return folder


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"quantize": "int4"}, "quantize='int4' is unknown. Choose one of: none, int8"),
        ({"max_drop": -0.1}, "max_drop is -0.1"),
        ({"max_drop": float("nan")}, "max_drop is nan"),
        ({"max_drop": 1.0}, "max_drop is 1.0; it is a share of the answers, at least 0 and below 1"),
        ({"validation": 0.0}, "validation is 0; it is a share of the samples between 0 and 1"),
        ({"validation": 1.0}, "validation is 1; "),
        ({"epochs": -1}, "epochs=-1: give 0 or more"),
        ({"seed": -1}, "seed -1"),
        ({"backbone": "nothing.keras"}, "there is no such file"),
        ({"backbone": "efficientnet_lite9"}, "is unknown"),
    ],
)
def test_impossible_options_are_refused(kinds: Path, tmp_path: Path, options: dict, says: str):
    with pytest.raises(UsageError) as error:
        train(kinds, work=tmp_path / "work", **options)
    assert says in str(error.value)
    assert not (tmp_path / "work").exists()


def test_test_data_of_other_classes_are_refused(kinds: Path, backbone: str, tmp_path: Path):
    other = folders(kinds, tmp_path / "other", hat=3, foxes=3)
    with pytest.raises(DataError, match="class 'foxes' is none of the 4 labels of train"):
        train(kinds / "train", test=other, backbone=backbone, work=tmp_path / "work")


def test_test_data_without_labels_are_refused(kinds: Path, backbone: str, tmp_path: Path):
    loose = kinds / "test/shoes"
    with pytest.raises(DataError, match="shoes: no class for each sample, unlike train"):
        train(kinds / "train", test=loose, backbone=backbone, work=tmp_path / "work")


def test_too_few_to_choose_by_is_said_before_the_training(kinds: Path, backbone: str, tmp_path: Path):
    few = folders(kinds, tmp_path / "few", hat=4, shoes=4)
    with pytest.raises(DataError, match=r"to choose an 8-bit file by, and at least 10 are needed"):
        train(few, backbone=backbone, quantize="int8", work=tmp_path / "work")
    assert not any((tmp_path / "work").rglob("*.keras"))


def test_a_work_folder_that_cannot_be_made(kinds: Path, backbone: str, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Choose another folder: work='FOLDER'"):
        train(kinds, backbone=backbone, epochs=0, work=tmp_path / "file/work")


def test_test_samples_that_were_trained_on_are_counted(kinds: Path):
    trained = open_dataset(kinds / "train")
    both = Dataset([*trained.inputs[:5], *open_dataset(kinds / "test").inputs], None, (), "both", "")
    assert seen_before(trained, open_dataset(kinds / "test")) == ()
    assert seen_before(trained, both)[0].startswith("5 of the 29 test samples are among what was trained on")


@pytest.mark.parametrize("labeled", ["boxes", "nothing"])
def test_data_that_no_trainer_knows_are_named(labeled: str, kinds: Path, tmp_path: Path):
    pictures = open_dataset(kinds / "test").inputs[:4]
    box = BoxesTarget(np.array([[0.0, 0, 9, 9]]), np.array([0]))
    targets, classes = ([box] * 4, ("thing",)) if labeled == "boxes" else (None, ())
    with pytest.raises(UsageError, match="things: nothing that can be trained on") as error:
        train(Dataset(pictures, targets, classes, "things", ""), work=tmp_path / "work")
    assert ("labeled with boxes" if targets else "without labels") in str(error.value)
