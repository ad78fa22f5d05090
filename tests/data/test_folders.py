from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.data import load
from edgewright.errors import DataError

SharedFile = Callable[[str], Path]


def picture(path: Path, size: tuple[int, int] = (4, 3), color: object = (10, 20, 30), mode: str = "RGB") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path)  # type: ignore[arg-type]
    return path


def two_classes(folder: Path, **options: object) -> Path:
    for name, level in (("dog", 200), ("cat", 100)):
        for number in range(3):
            picture(folder / name / f"{number}.png", color=(level, level, level + number), **options)  # type: ignore[arg-type]
    return folder


def test_classes_are_the_folders_in_alphabetical_order(tmp_path: Path) -> None:
    dataset = load(two_classes(tmp_path / "pets"))
    assert dataset.classes == ("cat", "dog")
    assert dataset.y.tolist() == [0, 0, 0, 1, 1, 1]
    assert dataset.x.shape == (6, 3, 4, 3)
    assert dataset.x[:, 0, 0, 2].tolist() == [100, 101, 102, 200, 201, 202]
    assert dataset.name == "pets"
    assert dataset.train_count is None


def test_gray_pictures_stay_gray_unless_told(tmp_path: Path) -> None:
    for name in ("a", "b"):
        picture(tmp_path / name / "1.png", mode="L", color=7)
    assert load(tmp_path).x.shape == (2, 3, 4)
    assert load(tmp_path, color_space="RGB").x.shape == (2, 3, 4, 3)


def test_one_colored_picture_makes_all_rgb(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.png", mode="L", color=7)
    picture(tmp_path / "b" / "1.png")
    assert load(tmp_path).x[0, 0, 0].tolist() == [7, 7, 7]


def test_pictures_are_brought_to_the_size_that_is_asked(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.png")
    picture(tmp_path / "b" / "1.jpg", (640, 480))
    assert load(tmp_path, size=(28, 56), color_space="GRAYSCALE").x.shape == (2, 28, 56)


def test_letterbox_is_passed_on(tmp_path: Path) -> None:
    two_classes(tmp_path, size=(8, 4))
    assert load(tmp_path, size=(8, 8), policy="letterbox").x[0, 0].max() == 0


def test_pictures_of_several_sizes_ask_for_one(tmp_path: Path) -> None:
    two_classes(tmp_path)
    odd = picture(tmp_path / "cat" / "odd.png", (9, 9))
    with pytest.raises(DataError, match=r"9 x 9 pixels, but others are 3 x 4.*size=\(224, 224\)") as caught:
        load(tmp_path)
    assert str(odd) in str(caught.value)


def test_train_and_test_folders_are_the_published_split(tmp_path: Path) -> None:
    two_classes(tmp_path / "train")
    two_classes(tmp_path / "Validation")
    dataset = load(tmp_path)
    assert dataset.train_count == 6
    assert len(dataset) == 12
    assert dataset.classes == ("cat", "dog")


def test_train_and_test_must_have_the_same_classes(tmp_path: Path) -> None:
    two_classes(tmp_path / "train")
    two_classes(tmp_path / "test")
    picture(tmp_path / "test" / "cow" / "1.png")
    with pytest.raises(DataError, match="train and test differ in their classes: cow"):
        load(tmp_path)


def test_three_split_folders_are_not_guessed_at(tmp_path: Path) -> None:
    for part in ("train", "val", "test"):
        two_classes(tmp_path / part)
    with pytest.raises(DataError, match="test, train, val: which two"):
        load(tmp_path)


def test_classes_may_be_named_train_and_test(tmp_path: Path) -> None:
    for name in ("train", "test"):
        picture(tmp_path / name / "1.png")
    assert load(tmp_path).classes == ("test", "train")


def test_pictures_in_deeper_folders_count_and_hidden_files_do_not(tmp_path: Path) -> None:
    two_classes(tmp_path)
    picture(tmp_path / "cat" / "more" / "9.png")
    (tmp_path / "cat" / "._0.png").write_bytes(b"not a picture")
    (tmp_path / "cat" / "Thumbs.db").write_bytes(b"not a picture")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / ".cache").mkdir()
    assert load(tmp_path).counts == (4, 3)


def test_broken_pictures_are_named_and_counted(tmp_path: Path) -> None:
    two_classes(tmp_path)
    (tmp_path / "cat" / "broken.jpg").write_bytes(b"<html>")
    (tmp_path / "dog" / "broken.png").write_bytes(b"")
    with pytest.raises(
        DataError, match=r"cat/broken\.jpg: not a picture.*; 2 such pictures among 8\. Remove or repair"
    ):
        load(tmp_path)


def test_pictures_that_break_while_decoding_are_counted_too(tmp_path: Path, shared_file: SharedFile) -> None:
    two_classes(tmp_path)
    data = shared_file("images/owl.jpg").read_bytes()
    (tmp_path / "cat" / "half.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match=r"half\.jpg: .*truncated.*; this picture among 7"):
        load(tmp_path, size=(8, 8))


@pytest.mark.parametrize("loose", [0, 3])
def test_a_folder_without_class_folders_says_how_it_should_look(tmp_path: Path, loose: int) -> None:
    for number in range(loose):
        picture(tmp_path / "photos" / f"{number}.jpg")
    (tmp_path / "photos").mkdir(exist_ok=True)
    words = "3 pictures but no class folders" if loose else "no pictures"
    with pytest.raises(DataError, match=f"photos: {words}. Expected photos/CLASS/picture.jpg"):
        load(tmp_path / "photos")


def test_one_class_and_an_empty_class_are_refused(tmp_path: Path) -> None:
    picture(tmp_path / "cat" / "1.png")
    with pytest.raises(DataError, match="only one class, cat"):
        load(tmp_path)
    (tmp_path / "dog").mkdir()
    with pytest.raises(DataError, match="no pictures in dog"):
        load(tmp_path)


def test_real_photographs_are_read(tmp_path: Path, shared_file: SharedFile) -> None:
    for name, files in (("bird", ("parrot.jpg", "owl.jpg")), ("cat", ("cat.bmp", "cat_1080p.jpg"))):
        (tmp_path / name).mkdir()
        for file in files:
            (tmp_path / name / file).symlink_to(shared_file(f"images/{file}"))
    dataset = load(tmp_path, size=(96, 96), policy="crop")
    assert dataset.x.shape == (4, 96, 96, 3)
    assert dataset.x.std() > 30


def test_progress_counts_the_pictures(tmp_path: Path) -> None:
    calls: list[tuple[str, int, int]] = []
    load(two_classes(tmp_path), progress=lambda *call: calls.append(call))
    assert calls[-1] == ("Reading pictures", 6, 6)
    assert np.all(np.diff([done for step, done, _ in calls if step == "Reading pictures"]) == 1)


def test_more_than_fits_into_memory_is_refused_before_it_is_taken(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"6 pictures of 100000 x 100000 take over .* bytes"):
        load(two_classes(tmp_path), size=(100_000, 100_000))
