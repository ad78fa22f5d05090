"""Hostile and broken pictures with boxes: one clear line each, and nothing outside of the folder is touched."""

from __future__ import annotations

import contextlib
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from edgewright.data import open_dataset
from edgewright.errors import DataError

IMAGE = {"id": 1, "file_name": "a.png", "width": 80, "height": 60}
CATEGORY = {"id": 1, "name": "cat"}
BOX = {"id": 5, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}


def refused(path: Path, says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        open_dataset(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (80, 60)).save(tmp_path / "a.png")
    (tmp_path.parent / "secret.png").write_bytes((tmp_path / "a.png").read_bytes())
    return tmp_path


def coco(folder: Path, **changes: Any) -> Path:
    path = folder / "data.json"
    path.write_text(json.dumps({"images": [IMAGE], "categories": [CATEGORY], "annotations": [BOX]} | changes))
    return path


NAN = float("nan")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"annotations": [BOX | {"bbox": [1, 2, NAN, 4]}]}, "annotation 5: the box .* holds NaN or infinity"),
        ({"annotations": [BOX | {"bbox": [1, 2, 10**400, 4]}]}, "annotation 5: bbox is .* no pixels"),
        ({"annotations": [BOX | {"bbox": [1, 2, -3, 4]}]}, "negative width or height"),
        ({"annotations": [BOX | {"bbox": [100, 2, 3, 4]}]}, "lies outside of the picture, 80 x 60 pixels"),
        ({"annotations": [BOX | {"bbox": [1, 2, 3]}]}, r"bbox is \[1, 2, 3\]. Expected \[x, y, width, height\]"),
        ({"annotations": [BOX | {"bbox": "1 2 3 4"}]}, "bbox is '1 2 3 4'"),
        ({"annotations": [BOX | {"bbox": [True, 2, 3, 4]}]}, "bbox is"),
        ({"annotations": [{"id": 5, "image_id": 1, "category_id": 1}]}, "bbox is None"),
        ({"annotations": [BOX | {"category_id": 9}]}, "annotation 5: there is no category with the id 9. There are: 1"),
        ({"annotations": [BOX | {"category_id": [1]}]}, r"no category with the id \[1\]"),
        ({"annotations": [BOX | {"image_id": 9}]}, "there is no image with the id 9"),
        ({"annotations": [BOX | {"image_id": {}}]}, "there is no image with the id"),
        ({"annotations": []}, "1 picture, and no box in any of them"),
        ({"annotations": {}}, "no list of annotations"),
        ({"annotations": [5]}, "no list of annotations"),
        ({"images": []}, "no image with the id 1"),
        ({"images": [], "annotations": []}, "no pictures in it"),
        ({"images": [IMAGE, IMAGE]}, "image 1: an id that is missing, or there twice"),
        ({"images": [IMAGE | {"file_name": "gone.png"}]}, "no such file .*gone.png; 1 of 1 pictures are missing"),
        ({"images": [IMAGE | {"file_name": "../secret.png"}]}, "image 1: the file ../secret.png leads out of the fold"),
        ({"images": [IMAGE | {"file_name": "x/../../secret.png"}]}, "leads out of the folder"),
        ({"images": [IMAGE | {"file_name": "..\\secret.png"}]}, "leads out of the folder"),
        ({"images": [IMAGE | {"file_name": "/etc/passwd"}]}, "leads out of the folder"),
        ({"images": [IMAGE | {"file_name": "C:\\a.png"}]}, "leads out of the folder"),
        ({"images": [IMAGE | {"file_name": "a\0.png"}]}, "is no name of a file"),
        ({"images": [IMAGE | {"file_name": "x" * 5000}]}, "no such file|is no name"),
        ({"images": [IMAGE | {"file_name": 5}]}, "'5' is no name of a file"),
        ({"images": [IMAGE | {"width": -1}]}, "image 1: -1 x 60 is no size"),
        ({"images": [IMAGE | {"width": "80"}]}, "is no size in pixels"),
        ({"categories": [CATEGORY, CATEGORY]}, "two categories have the id 1"),
        ({"categories": [CATEGORY, {"id": 2, "name": "cat"}]}, "two classes are named 'cat'"),
        ({"categories": [{"id": "1", "name": "cat"}]}, "the category 'cat' with the id '1' is none"),
        ({"categories": []}, "there is no category with the id 1"),
    ],
)
def test_coco_that_cannot_be_meant_is_one_line(folder: Path, changes: dict[str, Any], says: str):
    refused(coco(folder, **changes), says)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no JSON that can be read"),
        (b"{", "no JSON that can be read"),
        (b"[" * 200_000, "no JSON that can be read"),
        (b'{"images": ' * 50_000, "no JSON that can be read"),
        (b"\xff\xfe{}", "no JSON that can be read|no list of"),
        (b"[]", "a JSON list. Expected COCO's"),
        (b"5", "a JSON int"),
        (b'{"images": ' + b"9" * 5000 + b"}", "no JSON that can be read"),
    ],
)
def test_json_that_is_none_is_one_line(folder: Path, content: bytes, says: str):
    (folder / "data.json").write_bytes(content)
    refused(folder / "data.json", says)


def test_huge_files_are_refused_unread(folder: Path):
    for name, words in (("data.json", "over the limit"), ("labels/a.txt", "over the limit")):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as stream:
            stream.truncate(600 * 1024**2)
        if name.startswith("labels"):
            (folder / "images").mkdir()
            (folder / "a.png").rename(folder / "images/a.png")
            (folder / "data.json").unlink()
        tracemalloc.start()
        refused(folder if name.startswith("labels") else path, words)
        assert tracemalloc.get_traced_memory()[1] < 20 * 1024**2
        tracemalloc.stop()


def test_lists_that_would_fill_the_memory_are_refused_unparsed(folder: Path):
    (folder / "data.json").write_bytes(b'{"images": [' + b"[]," * 6_000_000 + b"[]]}")
    tracemalloc.start()
    refused(folder / "data.json", "6000002 lists and objects, over the limit of 5000000|over the limit of 5000000")
    assert tracemalloc.get_traced_memory()[1] < 60 * 1024**2
    tracemalloc.stop()


SIZE = "<size><width>80</width><height>60</height></size>"
CORNERS = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"
OBJECT = f"<object><name>cat</name>{CORNERS}</object>"
BOMB = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))


@pytest.mark.parametrize(
    ("xml", "says"),
    [
        (f'<!DOCTYPE x [<!ENTITY a "ha">{BOMB}]><annotation><filename>&m;</filename></annotation>', "a document type"),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "../secret.png">]><annotation>&a;</annotation>', "a document type"),
        ('<!DOCTYPE x SYSTEM "http://localhost/x.dtd"><annotation/>', "a document type"),
        ("<annotation>&a;</annotation>", "no XML that can be read"),
        ("<a>" * 100_000, "elements deep"),
        ("<annotation>" + "<b/>" * 300_000 + "</annotation>", "elements deep, or over 200000"),
        ("", "no XML that can be read"),
        ("<annotation>", "no XML that can be read"),
        ('<?xml version="1.0" encoding="no-such"?><annotation/>', "no XML that can be read"),
        ("<svg/>", "<svg>. Expected an <annotation>"),
        (f"<annotation><filename>../secret.png</filename>{OBJECT}</annotation>", "leads out of the folder"),
        (f"<annotation><filename>/etc/passwd</filename>{OBJECT}</annotation>", "leads out of the folder"),
        (f"<annotation>{OBJECT}</annotation>", "'' is no name of a file"),
        (f"<annotation><filename>gone.png</filename>{OBJECT}</annotation>", "1 of 1 pictures are missing"),
        ("<annotation><filename>a.png</filename><object/></annotation>", "object 1: expected a <name> and a <bndbox>"),
        (f"<annotation><filename>a.png</filename>{OBJECT.replace('>9<', '>x<')}</annotation>", "<xmax> is 'x'"),
        (f"<annotation><filename>a.png</filename>{OBJECT.replace('>9<', '>nan<')}</annotation>", "NaN or infinity"),
        (f"<annotation><filename>a.png</filename>{OBJECT.replace('>9<', '>-9<')}</annotation>", "negative width"),
        (f"<annotation><filename>a.png</filename>{SIZE}{OBJECT.replace('>1<', '>99<').replace('>9<', '>100<')}"
         "</annotation>", "lies outside of the picture"),
        ("<annotation><filename>a.png</filename></annotation>", "no box in any of them"),
    ],
)  # fmt: skip
def test_xml_that_does_harm_or_means_nothing_is_one_line(folder: Path, xml: str, says: str):
    (folder / "a.xml").write_text(xml)
    refused(folder, says)


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ("0 0.5 0.5 nan 0.2", r"a\.txt: line 1: the box .* NaN or infinity"),
        ("0 0.5 0.5 0.2 0.2\n0 0.5 0.5 inf 0.2", "line 2: .* no shares of the picture"),
        ("0 40 30 10 10", "no shares of the picture, 0 to 1. Are they pixels"),
        ("0 -1 0.5 0.2 0.2", "lies outside of the picture, 80 x 60"),
        ("0 0.5 0.5 -0.2 0.2", "negative width or height"),
        ("0 0.5 0.5 0.2", "4 words. Expected class, x, y, width and height"),
        ("0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2", "9 words. .* Outlines are not read"),
        ("cat 0.5 0.5 0.2 0.2", "Expected five numbers"),
        ("-1 0.5 0.5 0.2 0.2", "class -1. Classes count from 0"),
        ("9 0.5 0.5 0.2 0.2", "class 9 of a.png, but only 1 classes have names"),
        ("999999999999 0.5 0.5 0.2 0.2", "but only 1 classes have names"),
        ("", "no box in any of them"),
    ],
)
def test_yolo_labels_that_cannot_be_meant_are_one_line(folder: Path, labels: str, says: str):
    for name in ("images", "labels"):
        (folder / name).mkdir()
    (folder / "a.png").rename(folder / "images/a.png")
    (folder / "labels/a.txt").write_text(labels)
    (folder / "data.yaml").write_text("names: [cat]\n")
    refused(folder, says)


@pytest.mark.parametrize(
    ("yaml", "says"),
    [
        ("val: /etc\nnames: [cat]", "no folders images and labels"),
        ("val: ../../etc/images\nnames: [cat]", "no folders images and labels"),
        ("names: &a [*a, *a]\nval: images", "Expected .cat, dog., on one line"),
        ("names: !!python/object/apply:os.system [x]", "Expected .cat, dog., on one line"),
        ("names:\n  5: cat", "their numbers are not 0 to 0"),
        ("names: [[cat]]", "Expected a name"),
    ],
)
def test_a_yaml_that_is_odd_is_one_line(folder: Path, yaml: str, says: str):
    (folder / "data.yaml").write_text(yaml)
    refused(folder, says)


def test_a_broken_picture_of_yolo_is_named(folder: Path):
    for name in ("images", "labels"):
        (folder / name).mkdir()
    (folder / "images/b.png").write_text("no picture")
    refused(folder, "b.png: not a picture")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["a.png", 1, 5]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*IMAGE, *CATEGORY, *BOX]), inner),
    max_leaves=8,
)
again = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@again
@given(st.sampled_from(["images", "categories", "annotations"]), st.sampled_from([*IMAGE, *BOX]), VALUES)
def test_any_value_anywhere_in_coco_is_data_or_an_error(folder: Path, part: str, key: str, value: Any):
    whole = {"images": IMAGE, "categories": CATEGORY, "annotations": BOX}[part]
    for changes in ({part: value}, {part: [value]}, {part: [whole | {key: value}]}):
        with contextlib.suppress(DataError):
            assert len(open_dataset(coco(folder, **changes))) == 1


@again
@given(st.text(st.sampled_from("<>/&;![]=\"' annotationfilenamebndboxxmin019.") | st.characters(), max_size=80))
def test_any_text_in_xml_is_data_or_an_error(folder: Path, text: str):
    document = f"<annotation><filename>a.png</filename>{text}{OBJECT}</annotation>"
    (folder / "a.xml").write_text(document, "utf-8", "replace")
    with contextlib.suppress(DataError):
        assert open_dataset(folder).classes


@again
@given(st.text(st.sampled_from("0123456789.-einf \n\t"), max_size=60), st.text(max_size=40))
def test_any_text_in_yolo_is_data_or_an_error(folder: Path, labels: str, names: str):
    for name in ("images", "labels"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "images/a.png").write_bytes((folder.parent / "secret.png").read_bytes())
    (folder / "labels/a.txt").write_text(f"0 0.5 0.5 0.5 0.5\n{labels}")
    (folder / "data.yaml").write_text(f"val: images\nnames: {names}", "utf-8", "replace")
    with contextlib.suppress(DataError):
        assert open_dataset(folder).classes
