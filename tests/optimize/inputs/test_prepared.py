"""Data of all kinds prepared once for a real model: what children see, and what is refused in one line."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.data import Dataset, from_arrays
from edgewright.errors import DataError, EdgewrightError, OutputError, UsageError
from edgewright.media import Preparation
from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata
from edgewright.optimize.inputs import prepared as prepared_module
from edgewright.optimize.inputs.prepared import PreparedData, prepare
from edgewright.optimize.scoring import Scoring
from edgewright.task import preparation

from ..networks import dense

SharedFile = Callable[[str], Path]

RANDOM = np.random.RandomState(0)
BYTES = RANDOM.randint(0, 256, (40, 12), np.uint8)
LABELS = np.arange(40) % 4
NAMES = ("T-shirt/top", "Trouser", "Crane", "Dress")


def classifier(labels: tuple[str, ...] = (), *, mean: tuple[float, ...] = (), std: tuple[float, ...] = ()) -> ModelFile:
    """12 numbers in, 4 classes out."""
    model = dense([(np.ones((4, 12), np.float32), np.zeros(4, np.float32))])
    described = InputMetadata(mean=mean, std=std)
    return model.with_metadata(Metadata(inputs=(described,), outputs=(OutputMetadata(labels=labels),)))


@pytest.fixture
def mobilenet(shared_file: SharedFile) -> ModelFile:
    return ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float_metadata.tflite"))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """12 pictures of sizes of their own, 6 of each of two ImageNet classes."""
    folder = tmp_path / "photos"
    for number in range(12):
        path = folder / ("tench", "goldfish")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.RandomState(number).randint(0, 256, (30 + number, 40, 3), np.uint8)
        Image.fromarray(pixels).save(path)
    return folder


def test_arrays_are_normalized_as_the_model_says(tmp_path: Path):
    model = classifier(mean=(127.5,), std=(127.5,))
    found = prepare(model, (BYTES, LABELS), folder=tmp_path / "work", seed=3)
    values = found.open().arrays[0]
    assert values.shape == (40, 1, 12)
    assert values.dtype == np.float32
    assert np.allclose(values[:, 0], (BYTES - 127.5) / 127.5, atol=1e-6)
    assert found.targets is not None
    assert found.targets.tolist() == LABELS.tolist()
    assert found.classes == ("class 0", "class 1", "class 2", "class 3")
    assert (len(found.calibration), len(found.selection), len(found.proof)) == (8, 16, 16)
    assert np.bincount(found.targets[found.proof]).tolist() == [4] * 4


def test_a_flat_input_takes_rows_one_after_the_other(tmp_path: Path):
    assert np.array_equal(prepare(classifier(), BYTES.reshape(40, 3, 4), folder=tmp_path).open().arrays[0][:, 0], BYTES)


def test_children_can_only_read_it(tmp_path: Path):
    found: PreparedData = pickle.loads(pickle.dumps(prepare(classifier(), BYTES, folder=tmp_path)))
    values = found.open().arrays[0]
    assert isinstance(values, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 0


def test_without_labels_there_are_none(tmp_path: Path):
    found = prepare(classifier(NAMES), BYTES, folder=tmp_path)
    assert found.targets is None
    assert found.classes == NAMES


def test_pictures_become_what_the_model_would_see(mobilenet: ModelFile, photos: Path, tmp_path: Path):
    found = prepare(mobilenet, photos, folder=tmp_path / "work")
    preparation = Preparation.of(mobilenet.inputs[0], mobilenet.metadata.inputs[0])
    values = found.open().arrays[0]
    assert values.shape == (12, 1, 224, 224, 3)
    for index, name in enumerate(found.names):
        assert np.array_equal(values[index], preparation(name))
        assert found.targets is not None
        assert found.classes[found.targets[index]] == Path(name).parent.name


def test_the_same_pictures_in_any_form_are_the_same(mobilenet: ModelFile, photos: Path, tmp_path: Path):
    paths = sorted(photos.rglob("*.png"))
    forms = {
        "strings": [(str(path), path.parent.name) for path in paths],
        "bytes": [(path.read_bytes(), path.parent.name) for path in paths],
        "images": [(Image.open(path), path.parent.name) for path in paths],
        "arrays": ((np.asarray(Image.open(path)), path.parent.name) for path in paths),
        "folder": photos,
    }
    results = [prepare(mobilenet, form, folder=tmp_path / name).open().arrays[0] for name, form in forms.items()]
    assert all(np.array_equal(one, results[0]) for one in results)


def test_a_folder_of_pictures_alone_is_not_labeled(mobilenet: ModelFile, photos: Path, tmp_path: Path):
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in photos.rglob("*.png"):
        path.rename(flat / path.name)
    found = prepare(mobilenet, flat, folder=tmp_path / "work")
    assert found.targets is None
    assert len(found) == 12


def test_pixels_of_the_right_size_are_taken_as_they_are(mobilenet: ModelFile, tmp_path: Path):
    pixels = RANDOM.randint(0, 256, (10, 224, 224, 3), np.uint8)
    values = prepare(mobilenet, pixels, folder=tmp_path).open().arrays[0]
    assert np.allclose(values[:, 0], (pixels - 127.5) / 127.5, atol=1e-6)


def test_a_stack_of_another_size_is_not_resized(mobilenet: ModelFile, tmp_path: Path):
    with pytest.raises(DataError, match=r"array: the samples have the shape \[28, 28\], and the input of .* \[1, 224"):
        prepare(mobilenet, np.zeros((10, 28, 28), np.uint8), folder=tmp_path)


def test_prepared_data_are_used_again(tmp_path: Path):
    first = prepare(classifier(), (BYTES, LABELS), folder=tmp_path)
    written = first.path.stat().st_mtime_ns
    again = prepare(classifier(), (BYTES, LABELS), folder=tmp_path, seed=9)
    assert again.path == first.path
    assert again.digest == first.digest
    assert first.path.stat().st_mtime_ns == written
    assert again.proof.tolist() != first.proof.tolist()
    assert {path.stem for path in tmp_path.iterdir()} == {first.path.stem}


def test_other_data_or_another_preparation_are_written_anew(tmp_path: Path):
    first = prepare(classifier(), (BYTES, LABELS), folder=tmp_path)
    other_labels = prepare(classifier(), (BYTES, LABELS[::-1].copy()), folder=tmp_path)
    other_model = prepare(classifier(mean=(0.0,), std=(255.0,)), (BYTES, LABELS), folder=tmp_path)
    assert other_labels.digest != first.digest
    assert other_model.digest == first.digest
    assert len({first.path, other_labels.path, other_model.path}) == 3


@pytest.mark.parametrize("kept", [0, 50, 200])
def test_a_map_that_was_cut_short_is_written_anew(tmp_path: Path, kept: int):
    first = prepare(classifier(), BYTES, folder=tmp_path)
    expected = np.array(first.open().arrays[0])
    first.path.write_bytes(first.path.read_bytes()[:kept])
    with pytest.raises(DataError, match="gone or damaged"):
        first.open()
    assert np.array_equal(prepare(classifier(), BYTES, folder=tmp_path).open().arrays[0], expected)


def test_of_a_published_split_the_training_part_only_calibrates(tmp_path: Path):
    dataset = from_arrays(BYTES, LABELS, name="d", train_count=28)
    found = prepare(classifier(), dataset, folder=tmp_path)
    originals = np.array([int(name.removeprefix("sample ")) for name in found.names])
    assert originals[found.calibration].max() < 28
    assert sorted(originals[[*found.selection, *found.proof]]) == list(range(28, 40))
    assert found.notices == ("Of the published training part 5 samples are used, to calibrate.",)
    assert np.allclose(found.open().arrays[0][:, 0], BYTES[originals])


def test_more_than_the_disk_shall_hold_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(prepared_module, "MAX_BYTES", 20 * 12 * 4)
    found = prepare(classifier(), (BYTES, LABELS), folder=tmp_path)
    assert (len(found.calibration), len(found.selection), len(found.proof)) == (8, 6, 6)
    assert found.notices == ("20 of 40 samples are used, for more would take over 4 GiB prepared.",)


def test_progress_reaches_the_end(tmp_path: Path):
    seen: list[tuple[str, int, int]] = []
    prepare(classifier(), BYTES, folder=tmp_path, progress=lambda *step: seen.append(step))
    assert seen[-1] == ("Preparing samples", 40, 40)


def nan_at(*places: int) -> np.ndarray:
    values = BYTES.astype(np.float32)
    values[list(places), 3] = np.nan
    return values


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (BYTES[:3], r"array: 3 samples are too few to calibrate, select and prove with\. At least 10"),
        ((BYTES, np.zeros(40, int)), "one class"),
        ((BYTES, LABELS + 3), r"arrays: label 6, but .*dense\.tflite has the outputs 0 to 3"),
        ((BYTES, LABELS[:39]), "40 inputs but 39 labels"),
        ((nan_at(7, 9), LABELS), "2 of 40 inputs hold NaN or infinity"),
        (nan_at(7, 9), "array: 2 of 40 inputs hold NaN or infinity, first sample 7"),
        (list(nan_at(7)), "samples: sample 7 holds NaN or infinity; this sample among 40"),
        (BYTES[:, :5], r"array: the samples have the shape \[5\], and the input of dense\.tflite \[1, 12\]"),
        ([BYTES[0], BYTES[1, :5]] * 6, r"sample 1 has the shape \[5\], .*; 6 such samples among 12"),
        (["no.png"] * 12, r"no\.png: cannot be read"),
        ([(BYTES[0], "cat"), (BYTES[1], "dog")] * 6, "2 classes for the 4 outputs of .*no labels inside"),
        (np.array([["a"] * 12] * 40), "the inputs are <U1. Expected numbers"),
    ],
)
def test_unfit_data_are_one_clear_line(tmp_path: Path, data: object, says: str):
    with pytest.raises(DataError, match=says) as caught:
        prepare(classifier(), data, folder=tmp_path)
    assert str(caught.value).isprintable()
    assert not list(tmp_path.iterdir())


def test_broken_pictures_are_counted(mobilenet: ModelFile, photos: Path, tmp_path: Path):
    (photos / "tench" / "0.png").write_bytes(b"no picture")
    (photos / "goldfish" / "1.png").write_bytes((photos / "goldfish" / "1.png").read_bytes()[:200])
    with pytest.raises(DataError, match=r"1\.png: .*; 2 such samples among 12\. Remove or repair"):
        prepare(mobilenet, photos, folder=tmp_path / "work")


def test_fractions_for_a_model_that_normalizes_are_refused(tmp_path: Path):
    model = classifier(mean=(127.5,), std=(127.5,))
    with pytest.raises(DataError, match=r"numbers from 0 to 1, but the model makes -1 to 1 of pixels"):
        prepare(model, BYTES / 255, folder=tmp_path)


def test_a_quantized_model_is_told_from_a_float_one(shared_file: SharedFile, tmp_path: Path):
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    with pytest.raises(UsageError, match=r"is quantized already, its input is uint8\. Give the float model"):
        prepare(model, BYTES, folder=tmp_path)


def test_a_model_that_does_not_say_how_it_takes_pictures(shared_file: SharedFile, photos: Path, tmp_path: Path):
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float.tflite"))
    pictures = [str(path) for path in photos.rglob("*.png")]
    with pytest.raises(UsageError, match=r"_float\.tflite: nothing in the file says how pixels become input"):
        prepare(model, pictures, folder=tmp_path / "work")


def test_a_detector_is_no_classifier(shared_file: SharedFile, tmp_path: Path):
    model = ModelFile.read(shared_file("models/yamnet.tflite"))
    with pytest.raises(EdgewrightError) as caught:
        prepare(model, BYTES, folder=tmp_path)
    assert str(caught.value).isprintable()


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        prepare(classifier(), BYTES, folder=tmp_path / "file" / "work")


def test_parts_that_share_samples_are_refused(tmp_path: Path):
    one = np.array([0, 1])
    with pytest.raises(DataError, match="share samples"):
        PreparedData(tmp_path, None, NAMES, "", one, one, one, ("a", "b"), Scoring("classification", None))


def test_samples_may_be_listed_before(tmp_path: Path):
    samples = Dataset(BYTES, LABELS.astype(np.int64), NAMES, "mine", "here", notices=("Something was odd.",))
    assert prepare(classifier(NAMES), samples, folder=tmp_path).notices == ("Something was odd.",)


def test_what_a_task_sees_of_a_picture_it_sees_again(mobilenet: ModelFile, photos: Path, tmp_path: Path):
    """Also from what an earlier search left: without its place, a box could not be brought back to the picture."""
    prepare_one = preparation(mobilenet, "picture", {})
    for _ in range(2):
        found: PreparedData = pickle.loads(pickle.dumps(prepare(mobilenet, photos, folder=tmp_path / "work")))
        see = found.inputs(mobilenet.inputs)
        for index, name in enumerate(found.names):
            expected, seen = prepare_one(name), see(index)
            assert np.array_equal(seen.tensors, expected.tensors)
            assert (seen.placement, seen.original) == (expected.placement, expected.original)
    (tmp_path / "work" / found.path.with_suffix(".about").name).write_text("[]")
    assert prepare(mobilenet, photos, folder=tmp_path / "work").about == found.about
