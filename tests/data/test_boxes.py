"""Pictures with boxes, in the three formats that people have them in, are read to the same data set."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgewright.data import BoxesTarget, Dataset, load, open_dataset
from edgewright.errors import DataError

WIDTH, HEIGHT = 80, 60
CAT, DOG = (8.0, 6.0, 40.0, 30.0), (40.0, 30.0, 80.0, 60.0)


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (WIDTH, HEIGHT), (90, 120, 40)).save(path)
    return path


def coco(folder: Path, **changes: Any) -> Path:
    """Two pictures; category ids are not places, and do not come in order."""
    document = {
        "images": [
            {"id": 7, "file_name": "a.png", "width": WIDTH, "height": HEIGHT},
            {"id": "b", "file_name": "b.png", "width": WIDTH, "height": HEIGHT},
        ],
        "categories": [{"id": 18, "name": "dog"}, {"id": 17, "name": "cat"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 17, "bbox": [8, 6, 32, 24], "iscrowd": 0},
            {"id": 2, "image_id": 7, "category_id": 18, "bbox": [40, 30, 40, 30], "iscrowd": 1},
        ],
    }
    path = folder / "instances_val.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document | changes))
    return path


def yolo(folder: Path) -> Path:
    picture(folder / "images/a.png")
    picture(folder / "images/b.png")
    (folder / "labels").mkdir()
    (folder / "labels/a.txt").write_text("0 0.3 0.3 0.4 0.4\n1 0.75 0.75 0.5 0.5\n")
    (folder / "data.yaml").write_text("path: .\nval: images\nnames: [cat, dog]  # two\n")
    return folder


def voc_object(name: str, box: tuple[float, ...], difficult: int = 0) -> str:
    corners = zip(("xmin", "ymin", "xmax", "ymax"), (box[0] + 1, box[1] + 1, *box[2:]), strict=True)
    inside = "".join(f"<{tag}>{value:g}</{tag}>" for tag, value in corners)
    return f"<object><name>{name}</name><difficult>{difficult}</difficult><bndbox>{inside}</bndbox></object>"


def voc_document(name: str, *objects: str) -> str:
    size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height><depth>3</depth></size>"
    return f"<annotation><filename>{name}</filename>{size}{''.join(objects)}</annotation>"


def voc(folder: Path) -> Path:
    (folder / "Annotations").mkdir(parents=True)
    for name, objects in (("a", (voc_object("cat", CAT), voc_object("dog", DOG, 1))), ("b", ())):
        picture(folder / f"JPEGImages/{name}.png")
        (folder / f"Annotations/{name}.xml").write_text(voc_document(f"{name}.png", *objects))
    return folder


def coco_folder(folder: Path) -> Path:
    for name in ("a", "b"):
        picture(folder / f"{name}.png")
    coco(folder)
    return folder


def boxes_of(data: Dataset, index: int) -> BoxesTarget:
    target = data.target(index)
    assert isinstance(target, BoxesTarget)
    return target


@pytest.mark.parametrize("make", [coco_folder, yolo, voc])
def test_each_format_gives_the_same_boxes(tmp_path: Path, make: Callable[[Path], Path]):
    data = open_dataset(make(tmp_path / "pets"))
    assert data.classes == ("cat", "dog")
    assert [Path(data.input_name(index)).name for index in range(2)] == ["a.png", "b.png"]
    assert np.allclose(boxes_of(data, 0).xyxy, [CAT, DOG])
    assert boxes_of(data, 0).class_id.tolist() == [0, 1]
    assert len(boxes_of(data, 1)) == 0
    assert data.name == "pets"
    assert data.notices == ()


@pytest.mark.parametrize("make", [coco_folder, voc])
def test_regions_that_do_not_count_are_marked(tmp_path: Path, make: Callable[[Path], Path]):
    assert boxes_of(open_dataset(make(tmp_path / "pets")), 0).crowd.tolist() == [False, True]


@pytest.mark.parametrize("make", [coco_folder, yolo, voc])
def test_a_classifier_cannot_use_them(tmp_path: Path, make: Callable[[Path], Path]):
    with pytest.raises(DataError, match="not one class for each input"):
        load(make(tmp_path / "pets"))


@pytest.mark.parametrize(
    ("document", "pictures"),
    [
        ("annotations", "val"),
        ("annotations", "images"),
        ("annotations", "images/val"),
        (".", "images"),
        (".", "."),
        ("labels", "data"),
    ],
)
def test_the_pictures_of_coco_are_found_where_they_usually_lie(tmp_path: Path, document: str, pictures: str):
    for name in ("a", "b"):
        picture(tmp_path / pictures / f"{name}.png")
    data = open_dataset(coco(tmp_path / document))
    assert Path(data.input_name(0)) == tmp_path / pictures / "a.png"


def test_one_of_several_documents_is_asked_for(tmp_path: Path):
    folder = coco_folder(tmp_path)
    (folder / "instances_train.json").write_text((folder / "instances_val.json").read_text())
    with pytest.raises(DataError, match=r"2 files of COCO's form \(instances_train.json, instances_val.json\)"):
        open_dataset(folder)


@pytest.mark.parametrize(
    ("yaml", "names"),
    [
        ("names: [cat, dog]", ("cat", "dog")),
        ("names: ['cat', \"dog\"]", ("cat", "dog")),
        ("names: {1: dog, 0: cat}", ("cat", "dog")),
        ("names:\n  - cat\n  - 'dog'  # barks", ("cat", "dog")),
        ("nc: 2\nnames:\n  1: dog\n  0: cat\ntrain: images", ("cat", "dog")),
        ("names:\n- cat: large\n- dog", ("cat: large", "dog")),
        ("names:  # two classes\n  0: cat\n  1: dog", ("cat", "dog")),
    ],
)
def test_names_of_a_yaml_are_read_in_all_ways(tmp_path: Path, yaml: str, names: tuple[str, ...]):
    folder = yolo(tmp_path / "pets")
    (folder / "data.yaml").write_text(f"# made by a tool\n{yaml}\n")
    assert open_dataset(folder / "data.yaml").classes == names


def test_without_names_classes_are_numbers(tmp_path: Path):
    folder = yolo(tmp_path / "pets")
    (folder / "data.yaml").unlink()
    assert open_dataset(folder).classes == ("0", "1")
    (folder / "labels/classes.txt").write_text("cat\ndog\n")
    assert open_dataset(folder).classes == ("cat", "dog")


@pytest.mark.parametrize("said", ["../valid/images", "valid/images", "./valid/images"])
def test_the_validation_part_is_taken(tmp_path: Path, said: str):
    folder = tmp_path / "export"
    yolo(folder / "train")
    yolo(folder / "valid")
    (folder / "data.yaml").write_text(f"train: ../train/images\nval: {said}\nnames: [cat, dog]\n")
    data = open_dataset(folder)
    assert all("valid" in data.input_name(index) for index in range(len(data)))


def test_class_folders_stay_class_folders(tmp_path: Path):
    for name in ("cat", "dog"):
        picture(tmp_path / name / "1.png")
    (tmp_path / "notes.json").write_text('{"author": "me"}')
    (tmp_path / "notes.xml").write_text("<notes/>")
    assert load(tmp_path).classes == ("cat", "dog")


def test_what_reaches_over_the_edge_is_cut_and_said(tmp_path: Path):
    for name in ("a", "b"):
        picture(tmp_path / f"{name}.png")
    over = [{"id": 1, "image_id": 7, "category_id": 17, "bbox": [-5, 6, 32, 24]}]
    barely = [{"id": 1, "image_id": 7, "category_id": 17, "bbox": [48, 36, 32.5, 24.5]}]
    data = open_dataset(coco(tmp_path, annotations=over))
    assert boxes_of(data, 0).xyxy.tolist() == [[0, 6, 27, 30]]
    assert data.notices == ("1 box reached out of the picture and was cut at its edge.",)
    assert open_dataset(coco(tmp_path, annotations=barely)).notices == ()
