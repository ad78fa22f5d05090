"""What `run -o` saves: pictures as large as were let in, and what cannot be drawn is the error of its own input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import edgewright as ew
from edgewright.cli.answers.saving import saved
from edgewright.errors import DataError
from edgewright.task import blurred_files_of, files_of

from ..conftest import Run

SharedFile = Callable[[str], Path]

CLASSIFIER, DETECTOR = "models/mobilenet_v1_0.25_128_quant.tflite", "models/ssd_mobilenet_v1_coco_quant_metadata.tflite"
MODELS = (
    CLASSIFIER, DETECTOR, "models/deeplabv3_mnv2_pascal_quant.tflite", "models/face_detection_short_range.tflite",
)  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_a_picture_that_was_let_in_is_drawn(model: str, shared_file: SharedFile, monkeypatch: pytest.MonkeyPatch):
    photo, most = shared_file("images/cats_and_dogs.jpg"), 1_000_000
    with ew.load(shared_file(model), max_pixels=most) as task:
        result = task(photo)
    monkeypatch.setattr("edgewright.media.pictures.picture.DEFAULT_MAX_PIXELS", 1000)
    for files in (files_of, blurred_files_of) if hasattr(result, "blur") else (files_of,):
        assert files(result, photo, most)[".jpg"]
        with pytest.raises(DataError, match="over the limit"):
            files(result, photo)


def test_what_cannot_be_drawn_any_more_is_the_error_of_its_input(shared_file: SharedFile, tmp_path: Path):
    photos = [tmp_path / name for name in ("gone.png", "there.png")]
    for photo in photos:
        Image.new("RGB", (200, 100)).save(photo)
    with ew.load(shared_file(CLASSIFIER)) as task:
        answers = list(task.stream(photos))
        photos[0].unlink()
        first, second = saved(iter(answers), tmp_path, (), overwrite=False)
    assert first.result is None
    assert "gone.png" in str(first.error)
    assert second.ok
    assert (tmp_path / "there.jpg").exists()


def test_a_run_goes_on_behind_what_is_too_large_to_be_drawn(edgewright: Run, shared_file: SharedFile, tmp_path: Path):
    large, small = tmp_path / "large.jpg", shared_file("images/cats_and_dogs.jpg")
    Image.new("RGB", (9000, 6000)).save(large)  # is decoded smaller for the model, and whole to be drawn on
    done = edgewright("run", shared_file(DETECTOR), large, small, "--csv", "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "large.jpg" in done.stderr
    assert "1 of them without an answer" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["cats_and_dogs.jpg"]
