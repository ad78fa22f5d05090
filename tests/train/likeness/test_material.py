"""Which pictures stay together: real photographs, copied and moved as people and cameras do."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from edgewright.data import Dataset, from_arrays, grouped_split, open_dataset
from edgewright.errors import DataError
from edgewright.machine import silent
from edgewright.train.likeness.material import picture_material, seen_again

Find = Callable[[str], Path]
Change = Callable[[Image.Image], Image.Image]


@pytest.fixture(scope="module")
def clothing(shared_file: Find) -> list[Image.Image]:
    """Photographs of products on plain ground, all of them different, at the size of a thumbnail."""
    pictures = []
    with zipfile.ZipFile(shared_file("data/clothing_461.zip")) as archive:
        for name in sorted(name for name in archive.namelist() if name.endswith(".jpg"))[::8]:
            picture = Image.open(io.BytesIO(archive.read(name))).convert("RGB")
            picture.thumbnail((160, 160))
            pictures.append(picture)
    return pictures


@pytest.fixture(scope="module")
def signs(shared_file: Find, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signs")
    with zipfile.ZipFile(shared_file("data/signs_1030.zip")) as archive:
        archive.extractall(folder)
    return folder


def stored_again(picture: Image.Image) -> Image.Image:
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=40)
    return Image.open(kept).convert("RGB")


def part(picture: Image.Image, x: float, y: float, size: float) -> Image.Image:
    width, height = int(picture.width * size), int(picture.height * size)
    left, top = int((picture.width - width) * x), int((picture.height - height) * y)
    return picture.crop((left, top, left + width, top + height))


CHANGES: dict[str, Change] = {
    "stored again": stored_again,
    "smaller": lambda picture: picture.resize((picture.width // 3, picture.height // 3)),
    "larger": lambda picture: picture.resize((picture.width * 2, picture.height * 2)),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.1),
    "mirrored": lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "mirrored and stored again": lambda picture: stored_again(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    "moved a little": lambda picture: part(picture, 0, 1, 0.985),
    "turned a little": lambda picture: picture.rotate(1, Image.Resampling.BILINEAR, fillcolor=(255, 255, 255)),
}


def of_pictures(pictures: list[Image.Image], labels: list[int] | None = None) -> Dataset:
    classes = np.arange(len(pictures)) % 2 if labels is None else np.array(labels)
    return Dataset(pictures, classes.astype(np.int64), ("a", "b"), "pictures", "here")


def saved(folder: Path, name: str, picture: Image.Image) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    picture.save(folder / name)


def partners(groups: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(groups == group).tolist()) for group in np.unique(groups)}


def test_different_photographs_stay_alone(clothing: list[Image.Image]) -> None:
    material = picture_material(of_pictures(clothing), silent)
    assert len(np.unique(material.groups)) == len(clothing)
    assert material.groups.dtype == np.int64
    assert material.notices == ()


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_is_found(clothing: list[Image.Image], change: str) -> None:
    copies = [CHANGES[change](picture) for picture in clothing[:20]]
    material = picture_material(of_pictures([*clothing, *copies]), silent)
    found = [material.groups[at] == material.groups[len(clothing) + at] for at in range(len(copies))]
    assert sum(found) >= (16 if change == "moved a little" else 20)
    assert len(np.unique(material.groups)) >= len(clothing)
    assert f"{2 * sum(found)} pictures are nearly the same as others; such stay in one part." in material.notices


def test_frames_are_known_by_their_numbers_and_looks(clothing: list[Image.Image], tmp_path: Path) -> None:
    """A camera that moves: too far for looks alone, and of other things for numbers alone."""
    for thing, label in ((0, "hat"), (20, "shoe")):
        for frame in range(6):
            saved(tmp_path, f"{label}/clip_{frame:03}.png", part(clothing[thing], frame / 5, 0.3, 0.88))
        for other in range(6):
            saved(tmp_path, f"{label}/photo_{other:03}.png", clothing[thing + 2 + other])
    dataset = open_dataset(tmp_path)
    material = picture_material(dataset, silent)
    for label in ("hat", "shoe"):
        names = [Path(item).name if Path(item).parent.name == label else "" for item in dataset.inputs]
        clip = [group for name, group in zip(names, material.groups, strict=True) if name.startswith("clip")]
        photos = [group for name, group in zip(names, material.groups, strict=True) if name.startswith("photo")]
        assert len(set(clip)) == 1
        assert len(set(photos)) == 6
    assert "nearly the same" in " ".join(material.notices) or "follow one another" in " ".join(material.notices)


def test_numbers_alone_are_no_reason(clothing: list[Image.Image], tmp_path: Path) -> None:
    for at, picture in enumerate(clothing[:20]):
        saved(tmp_path, f"{'ab'[at // 10]}/IMG_{at:04}.png", picture)
    assert len(np.unique(picture_material(open_dataset(tmp_path), silent).groups)) == 20


def test_a_person_stays_in_one_part(signs: Path) -> None:
    """IMG_1118 to IMG_1127 are the signs 0 to 9 of one person, IMG_1128 to IMG_1137 those of the next."""
    dataset = open_dataset(signs)
    material = picture_material(dataset, silent)
    number = np.array([int(Path(item).stem.split("_")[1]) for item in dataset.inputs])
    group = dict(zip(number.tolist(), material.groups.tolist(), strict=True))
    for first in (1118, 1128, 1138, 4049, 4059, 4446):
        assert len({group[first + at] for at in range(10)}) == 1
    assert len({group[first] for first in (1118, 1128, 1138, 4049, 4059, 4446)}) == 6
    assert len(np.unique(material.groups)) > 100
    assert np.bincount(material.groups).max() <= 20
    assert any("go through all classes again and again" in notice for notice in material.notices)
    train, test = grouped_split(material.dataset, material.groups, 0.2, 0)
    assert not set(material.groups[train]) & set(material.groups[test])
    assert abs(len(test) / len(dataset) - 0.2) < 0.01


def test_one_picture_in_two_classes_is_named(clothing: list[Image.Image], tmp_path: Path) -> None:
    for at, picture in enumerate(clothing[:8]):
        saved(tmp_path, f"{'ab'[at % 2]}/{chr(97 + at)}.png", picture)
    saved(tmp_path, "b/again.png", clothing[0])
    notices = picture_material(open_dataset(tmp_path), silent).notices
    at_odds = next(notice for notice in notices if "two classes" in notice)
    assert at_odds.startswith(f"{tmp_path}/a/a.png (a) and {tmp_path}/b/again.png (b) are the same picture")


def test_what_cannot_be_read_is_left_out_and_named(clothing: list[Image.Image], tmp_path: Path) -> None:
    for at, picture in enumerate(clothing[:8]):
        saved(tmp_path, f"{'ab'[at % 2]}/{chr(97 + at)}.png", picture)
    (tmp_path / "a/broken.png").write_bytes((tmp_path / "a/a.png").read_bytes()[:400])
    (tmp_path / "b/empty.jpg").write_bytes(b"")
    material = picture_material(open_dataset(tmp_path), silent)
    assert [Path(name).name for name, _ in material.unread] == ["broken.png", "empty.jpg"]
    assert "cannot be decoded" in material.unread[0][1]
    assert len(material.dataset) == len(material.groups) == 8
    assert material.notices[0].startswith("2 of 10 pictures cannot be read. The first: ")


def test_a_class_that_cannot_be_read_is_refused(clothing: list[Image.Image], tmp_path: Path) -> None:
    for at, picture in enumerate(clothing[:6]):
        saved(tmp_path, f"a/{at}.png", picture)
        (tmp_path / "b").mkdir(exist_ok=True)
        (tmp_path / f"b/{at}.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match="class 'b' holds no picture; 6 of all cannot be read"):
        picture_material(open_dataset(tmp_path), silent)
    for path in tmp_path.glob("a/*"):
        path.write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"none of its pictures can be read\. The first: .*0\.png: not a picture"):
        picture_material(open_dataset(tmp_path), silent)


def test_a_class_that_is_one_video_is_cut_and_said(clothing: list[Image.Image]) -> None:
    frames = [part(clothing[0], at / 39, at / 39, 0.75) for at in range(40)]
    dataset = of_pictures([*frames, *clothing[1:31]], [0] * 40 + [1] * 30)
    material = picture_material(dataset, silent)
    pieces = np.bincount(material.groups[:40])
    assert pieces.max() <= 10
    assert (pieces > 0).sum() >= 4
    assert any("Most pictures of class 'a' hang together" in notice for notice in material.notices)
    train, test = grouped_split(material.dataset, material.groups, 0.2, 0)
    assert not set(material.groups[train]) & set(material.groups[test])


def test_a_class_that_is_one_picture_is_refused_by_the_split(clothing: list[Image.Image]) -> None:
    dataset = of_pictures([*[clothing[0]] * 12, *clothing[1:13]], [0] * 12 + [1] * 12)
    material = picture_material(dataset, silent)
    assert len(set(material.groups[:12].tolist())) == 1
    with pytest.raises(DataError, match="class 'a'"):
        grouped_split(material.dataset, material.groups, 0.2, 0)


@pytest.mark.parametrize("kind", ["bytes", "fractions", "colors"])
def test_arrays_are_looked_at_too(shared_file: Find, kind: str) -> None:
    with np.load(shared_file("data/fashion_mnist_900.npz")) as arrays:
        x, y = (arrays[name] for name in list(arrays)[:2])
    x = np.concatenate([x, x[:50, :, ::-1]])
    given = {"bytes": x, "fractions": x.astype(np.float32) / 255, "colors": np.repeat(x[..., None], 3, axis=3)}[kind]
    material = picture_material(from_arrays(given, np.concatenate([y, y[:50]]), name="fashion"), silent)
    together = material.groups[:50] == material.groups[-50:]
    assert together.sum() >= 48
    assert len(np.unique(material.groups)) > 800


def test_colors_tell_apart_what_has_no_shape() -> None:
    random = np.random.default_rng(0)
    x = np.zeros((20, 16, 16, 3), np.uint8)
    x[:10, ..., 0], x[10:, ..., 2] = 200, 200
    x += random.integers(0, 2, (20, 1, 1, 3), np.uint8)
    groups = picture_material(from_arrays(x, np.repeat([0, 1], 10), name="patches"), silent).groups
    assert not set(groups[:10]) & set(groups[10:])


def test_the_same_for_the_same(clothing: list[Image.Image]) -> None:
    dataset = of_pictures([*clothing[:20], *[stored_again(picture) for picture in clothing[:20]]])
    first, second = (picture_material(dataset, silent) for _ in range(2))
    assert (first.groups == second.groups).all()
    assert first.notices == second.notices


def test_progress_goes_to_the_end(clothing: list[Image.Image]) -> None:
    seen: dict[str, Iterator[int] | tuple[int, int]] = {}
    picture_material(of_pictures(clothing[:10]), lambda step, done, total: seen.update({step: (done, total)}))
    assert seen == {"Looking at pictures": (10, 10), "Comparing pictures": (10, 10)}


def test_a_copy_in_the_test_data_is_found_however_it_is_stored(clothing: list[Image.Image]) -> None:
    trained, others = clothing[:20], clothing[20:]
    looks = picture_material(of_pictures(trained), silent).likeness
    assert seen_again(looks, of_pictures(others), silent) == ()
    copies = [change(picture) for change, picture in zip(CHANGES.values(), trained, strict=False)]
    (said,) = seen_again(looks, of_pictures([*others, *copies]), silent)
    assert said.startswith(f"{len(copies)} of the {len(others) + len(copies)} test samples look nearly the same")
