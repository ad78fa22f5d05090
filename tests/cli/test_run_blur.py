"""`edgewright run FACES photo.jpg --blur -o out/`: pictures to be shown, without the faces and what came along."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import edgewright as ew

DETECTOR = "models/face_detection_short_range.tflite"


def exif_with_thumbnail(thumbnail: bytes) -> bytes:
    """EXIF as cameras write it: a description, where it was taken, and a small JPEG of the picture (EXIF 2.3, 4.5)."""
    words = b"at home\0"
    first, second = 8 + 2 + 12 + 4, 8 + 2 + 12 + 4 + len(words)
    image = second + 2 + 3 * 12 + 4
    main = struct.pack("<HHHII", 1, 0x010E, 2, len(words), first) + struct.pack("<I", second) + words
    preview = struct.pack("<H", 3) + struct.pack("<HHIHH", 0x0103, 3, 1, 6, 0)
    preview += struct.pack("<HHII", 0x0201, 4, 1, image) + struct.pack("<HHII", 0x0202, 4, 1, len(thumbnail))
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + main + preview + struct.pack("<I", 0) + thumbnail


@pytest.fixture
def photo(shared_file: Any, tmp_path: Path) -> Path:
    """A portrait as a phone stores it, with a preview inside that shows the face too."""
    image = Image.open(shared_file("images/grace_hopper.bmp")).convert("RGB")
    small = io.BytesIO()
    image.resize((137, 160)).save(small, "JPEG")
    path = tmp_path / "portrait.jpg"
    image.save(path, quality=95, exif=exif_with_thumbnail(small.getvalue()), comment=b"who this is")
    return path


def test_faces_are_gone_and_so_is_what_came_along(edgewright: Any, shared_file: Any, photo: Path) -> None:
    folder = photo.parent / "out"
    original = photo.read_bytes()
    assert original.count(b"\xff\xd8\xff") == 2, "the photograph has a preview"
    done = edgewright("run", shared_file(DETECTOR), photo, "--blur", "-o", folder)
    assert done.returncode == 0
    assert "face" in done.stdout
    assert done.stderr == ""
    saved = (folder / "portrait.jpg").read_bytes()
    assert saved.count(b"\xff\xd8\xff") == 1
    for words in (b"Exif", b"at home", b"who this is"):
        assert words in original
        assert words not in saved
    blurred = Image.open(io.BytesIO(saved))
    assert blurred.size == Image.open(photo).size
    assert not blurred.getexif()
    with ew.load(shared_file(DETECTOR)) as find:
        assert len(find(photo)) == 1
        assert len(find(blurred)) == 0
    assert photo.read_bytes() == original


def test_a_picture_without_faces_is_saved_and_said(edgewright: Any, shared_file: Any, tmp_path: Path) -> None:
    done = edgewright("run", shared_file(DETECTOR), shared_file("images/owl.jpg"), "--blur", "-o", tmp_path)
    assert done.returncode == 0
    assert "owl.jpg: nothing was found, so nothing is blurred in what was saved" in done.stderr
    plain, saved = (np.asarray(Image.open(path)) for path in (shared_file("images/owl.jpg"), tmp_path / "owl.jpg"))
    assert plain.shape == saved.shape


def test_what_any_detector_finds_can_be_blurred(edgewright: Any, shared_file: Any, tmp_path: Path) -> None:
    model, photo = (
        shared_file(f"{name}")
        for name in ("models/ssd_mobilenet_v1_coco_quant_metadata.tflite", "images/cats_and_dogs.jpg")
    )
    done = edgewright("run", model, photo, "--threshold", "0.6", "--blur", "-o", tmp_path)
    assert done.returncode == 0
    with ew.load(model, threshold=0.6) as detect:
        assert len(detect(photo)) == 2
        assert len(detect(tmp_path / "cats_and_dogs.jpg")) < 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((DETECTOR, "--blur"), "--blur goes with -o FOLDER"),
        (("models/mobilenet_v1_0.25_128_quant.tflite", "--blur", "-o", "out"), "nothing can be blurred"),
    ],
)
def test_what_cannot_be_blurred_is_one_line(
    edgewright: Any, shared_file: Any, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    model, *options = words
    done = edgewright("run", shared_file(model), shared_file("images/cat.bmp"), *options, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
