"""Folders of pictures with masks, in the ways in which people lay them out."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgewright.data import Dataset, MaskTarget, open_dataset
from edgewright.errors import DataError
from edgewright.media import read_mask

NUMBERS = np.array([[0, 0, 1], [2, 1, 255]], np.uint8)


def write(path: Path, numbers: Any = NUMBERS, mode: str = "L", **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.asarray(numbers))
    if mode == "P":
        image = image.convert("P")
        image.putpalette([7 * place % 256 for place in range(768)])
    image.save(path, **options)


def picture(path: Path, size: tuple[int, int] = (3, 2)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (90, 90, 90)).save(path)


def only(data: Dataset) -> Any:
    assert len(data) == 1
    target = data.target(0)
    assert isinstance(target, MaskTarget)
    return target.class_id


@pytest.mark.parametrize(
    ("photo", "mask"),
    [
        ("images/a.jpg", "masks/a.png"),
        ("images/a.jpg", "masks/a_mask.png"),
        ("JPEGImages/a.jpg", "SegmentationClass/a.png"),
        ("images/validation/a.jpg", "annotations/validation/a.png"),
        ("val/images/deep/a.jpg", "val/masks/deep/a.png"),
        ("a.jpg", "a_mask.png"),
        ("a.png", "a-mask.png"),
    ],
)
@pytest.mark.parametrize("mode", ["L", "P"])
def test_a_picture_finds_its_mask(tmp_path: Path, photo: str, mask: str, mode: str) -> None:
    picture(tmp_path / photo)
    write(tmp_path / mask, mode=mode)
    data = open_dataset(tmp_path)
    np.testing.assert_array_equal(only(data), NUMBERS)
    assert data.classes == ("0", "1", "2")
    assert Path(data.inputs[0]) == tmp_path / photo
    assert data.target(0).classes == {0, 1, 2}


def test_of_several_splits_the_validation_part(tmp_path: Path) -> None:
    for split in ("train", "val"):
        picture(tmp_path / "images" / split / f"{split}.jpg")
        write(tmp_path / "masks" / split / f"{split}.png")
    assert [Path(path).name for path in open_dataset(tmp_path).inputs] == ["val.jpg"]


def test_classes_have_the_names_of_a_text_file(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    write(tmp_path / "a_mask.png")
    (tmp_path / "classes.txt").write_text("background\nbird\ncat\n")
    assert open_dataset(tmp_path).classes == ("background", "bird", "cat")
    (tmp_path / "classes.txt").write_text("background\nbird\n")
    with pytest.raises(DataError, match=r"classes\.txt: 2 names, and the masks have class 2"):
        open_dataset(tmp_path)


def test_where_all_is_black_and_white_white_is_the_thing(tmp_path: Path) -> None:
    for name, numbers in (("a", [[0, 255, 255]]), ("b", [[0, 0, 0]])):
        picture(tmp_path / "images" / f"{name}.jpg", (3, 1))
        write(tmp_path / "masks" / f"{name}.png", np.array(numbers, np.uint8))
    data = open_dataset(tmp_path)
    assert data.notices == ("The masks have 0 and 255 only: 255 was taken for class 1.",)
    assert [data.target(place).class_id.tolist() for place in range(2)] == [[[0, 1, 1]], [[0, 0, 0]]]
    assert data.target(0).classes == {0, 1}


def test_pictures_without_a_mask_are_left_out_and_counted(tmp_path: Path) -> None:
    for name in "abc":
        picture(tmp_path / "images" / f"{name}.jpg")
    write(tmp_path / "masks" / "b.png")
    data = open_dataset(tmp_path)
    assert [Path(path).name for path in data.inputs] == ["b.jpg"]
    assert data.notices == ("2 pictures have no mask and are left out.",)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_gray_of_few_bits_is_numbers_too(tmp_path: Path, bits: int) -> None:
    """PNG may store two or four bits of gray, which most readers spread from black to white."""
    numbers = np.arange(min(2**bits, 6), dtype=np.uint8)[None]
    path = tmp_path / "gray.png"
    path.write_bytes(png_of_gray(numbers, bits))
    np.testing.assert_array_equal(read_mask(path), numbers)


def png_of_gray(numbers: Any, bits: int) -> bytes:
    import struct
    import zlib

    rows = b"".join(
        b"\0" + np.packbits(np.unpackbits(row[:, None], axis=1)[:, -bits:].reshape(-1)).tobytes() for row in numbers
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", numbers.shape[1], numbers.shape[0], bits, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_masks_are_read_when_they_are_used_and_cross_processes(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    write(tmp_path / "a_mask.png")
    target = pickle.loads(pickle.dumps(open_dataset(tmp_path).target(0)))
    moved = target.renumbered({0: 0, 1: 7, 2: 3}).renumbered({0: 5, 7: 1, 3: 2})
    assert moved.classes == {5, 1, 2}
    assert moved.class_id.tolist() == [[5, 5, 1], [2, 1, 255]]
    (tmp_path / "a_mask.png").unlink()
    with pytest.raises(DataError, match="no such file"):
        moved.class_id.tolist()


@pytest.mark.parametrize(
    ("numbers", "size", "words"),
    [
        (np.zeros((2, 3, 3), np.uint8), (3, 2), "a picture in RGB is no mask"),
        (NUMBERS, (4, 2), r"a_mask\.png: 3 x 2 pixels, and its picture a\.jpg has 4 x 2"),
        (np.full((2, 3), 300, np.uint16), (3, 2), "class 300. Classes go to 254"),
    ],
)
def test_what_is_no_mask_is_one_line(tmp_path: Path, numbers: Any, size: tuple[int, int], words: str) -> None:
    picture(tmp_path / "a.jpg", size)
    write(tmp_path / "a_mask.png", numbers)
    with pytest.raises(DataError, match=words) as caught:
        open_dataset(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_damaged_mask_is_one_line(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    write(tmp_path / "a_mask.png")
    whole = (tmp_path / "a_mask.png").read_bytes()
    (tmp_path / "a_mask.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"cannot be decoded|is damaged"):
        open_dataset(tmp_path)


def test_a_mask_that_claims_gigapixels_is_refused(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    write(tmp_path / "a_mask.png")
    whole = bytearray((tmp_path / "a_mask.png").read_bytes())
    whole[16:24] = b"\0\0\xff\xff\0\0\xff\xff"
    (tmp_path / "a_mask.png").write_bytes(bytes(whole))
    with pytest.raises(DataError):
        open_dataset(tmp_path)


def test_only_pictures_count_as_pictures_without_a_mask(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        picture(tmp_path / name)
    for name in ("a_mask.png", "a-mask.png"):
        write(tmp_path / name)
    assert open_dataset(tmp_path).notices == ("1 picture has no mask.",)
