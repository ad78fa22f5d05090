"""What YOLO's exporters leave behind a model: read as they write it, old and new, and as strangers may damage it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from edgewright.errors import MetadataError
from edgewright.model import Metadata, ModelFile, exporter_notes
from edgewright.model.describing.reader import AXIS_LABELS, ENTRY
from edgewright.model.describing.schema import FILE_IDENTIFIER, METADATA
from edgewright.model.storage.flatbuffer_writer import encode

from .builders import model, operator, raw, subgraph, tensor

NOTES = {
    "description": 'Ultralytics YOLO11n model trained on coco8\'s "best"',
    "author": "Ultralytics",
    "date": "2025-01-01T00:00:00.000000",
    "license": "AGPL-3.0",
    "stride": 32,
    "task": "detect",
    "batch": 1,
    "imgsz": [64, 64],
    "names": {0: "person", 1: "it's", 2: 'a "b"', 3: "Fuß\u00e9"},
    "args": {"int8": False, "half": None, "fraction": 1.0, "shape": (3,)},
}


def plain(outputs: int = 1) -> bytes:
    """A model of a picture of 64 x 64, with [1, 8, 84] outputs, without anything behind it."""
    tensors = [tensor([1, 64, 64, 3]), *(tensor([1, 8, 84]) for _ in range(outputs))]
    operators = [operator("ABS", [0], [place]) for place in range(1, outputs + 1)]
    return raw(model(subgraph(tensors, operators, [0], list(range(1, outputs + 1)))))


def with_files(files: dict[str, str | bytes], flatbuffer: bytes | None = None) -> ModelFile:
    stream = io.BytesIO(flatbuffer or plain())
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return ModelFile.read(stream.getvalue())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.json", json.dumps(NOTES, indent=2)),
        ("metadata.json", json.dumps(NOTES)),
        ("metadata.json", f" {json.dumps(NOTES)}\n"),
        ("temp_meta.txt", str(NOTES)),
        ("meta.txt", str({"stride": 32, "names": list(NOTES["names"].values())})),  # type: ignore[attr-defined]
    ],
)
def test_names_task_and_preparation_are_read(name: str, text: str) -> None:
    said = with_files({name: text}).metadata
    assert said.task == "detection"
    assert said.outputs[0].labels == ("person", "it's", 'a "b"', "Fuß\u00e9")
    prepared = said.inputs[0]
    assert (prepared.mean, prepared.std, prepared.resize, prepared.pad) == ((0.0,), (255.0,), "letterbox", 114)


@pytest.mark.parametrize(
    ("task", "kind", "resize", "pad"),
    [
        ("classify", "classification", "crop", None),
        ("segment", "detection", "letterbox", 114),
        ("pose", "detection", "letterbox", 114),
        ("obb", "detection", "letterbox", 114),
        ("dream", None, "letterbox", 114),
    ],
)
def test_each_task_has_its_own_preparation(task: str, kind: str | None, resize: str, pad: int | None) -> None:
    said = with_files({"metadata.json": json.dumps({**NOTES, "task": task})}).metadata
    assert (said.task, said.inputs[0].resize, said.inputs[0].pad) == (kind, resize, pad)


def test_points_of_a_pose() -> None:
    notes = exporter_notes({"temp_meta.txt": str({**NOTES, "task": "pose", "kpt_shape": [17, 3]}).encode()})
    assert notes is not None
    assert (notes.task, notes.keypoints) == ("pose", (17, 3))


def old_export() -> bytes:
    """As exporters until 2025 wrote it: their notes are registered as the labels of each output."""
    output = {"name": "output", "associated_files": [{"name": "temp_meta.txt", "type": AXIS_LABELS}]}
    subgraph_metadata = {"input_tensor_metadata": [{"name": "image"}], "output_tensor_metadata": [output]}
    table = {"name": "YOLO11n", "subgraph_metadata": [subgraph_metadata]}
    flatbuffer = encode(table, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER)
    tensors = [tensor([1, 64, 64, 3]), tensor([1, 8, 84])]
    tables = model(subgraph(tensors, [operator("ABS", [0], [1])], [0], [1]))
    tables["buffers"].append({"data": flatbuffer})
    tables["metadata"] = [{"name": ENTRY, "buffer": len(tables["buffers"]) - 1}]
    return raw(tables)


def test_notes_that_are_registered_as_labels_are_none() -> None:
    """With 80 names the line is longer than any label may be."""
    many = {**NOTES, "names": {place: f"a rather long name {place}" for place in range(80)}}
    said = with_files({"temp_meta.txt": str(many)}, old_export()).metadata
    assert said.name == "YOLO11n"
    assert len(said.outputs[0].labels) == 80
    assert said.inputs[0].name == "image"
    assert said.inputs[0].pad == 114


@pytest.mark.parametrize("flatbuffer", [plain(), old_export()], ids=["without tables", "with tables"])
def test_what_was_read_is_written_and_read_again(flatbuffer: bytes) -> None:
    first = with_files({"temp_meta.txt": str(NOTES)}, flatbuffer)
    again = ModelFile.read(first.with_metadata(first.metadata).data)
    assert again.metadata == first.metadata
    assert exporter_notes(again.files) == exporter_notes(first.files)


@pytest.mark.parametrize(("inputs", "outputs"), [(2, 1), (1, 0), (0, 1), (0, 0)])
def test_notes_fit_a_model_of_any_number_of_inputs_and_outputs(inputs: int, outputs: int) -> None:
    operators = [operator("ABS", [0], [2])] if inputs and outputs else []
    constant = tensor([4], data=bytes(16)) if outputs and not inputs else tensor([4])
    tensors = [tensor([4]), tensor([4]), constant]
    whole = raw(model(subgraph(tensors, operators, [*range(inputs)], [2] * outputs)))
    first = with_files({"metadata.json": json.dumps(NOTES)}, whole)
    assert (len(first.metadata.inputs), len(first.metadata.outputs)) == (inputs, outputs)
    assert ModelFile.read(first.with_metadata(first.metadata).data).metadata == first.metadata


def test_what_a_file_says_of_itself_goes_first() -> None:
    first = with_files({"metadata.json": json.dumps(NOTES)})
    import dataclasses

    own = dataclasses.replace(first.metadata.inputs[0], pad=0, mean=(1.0,), std=(2.0,))
    changed = first.with_metadata(dataclasses.replace(first.metadata, inputs=(own,), task="tensors"))
    assert changed.metadata.task == "tensors"
    assert changed.metadata.inputs[0] == own


@pytest.mark.parametrize("name", ["labels.txt", "labelmap.txt", "classes.txt"])
def test_a_list_of_labels_alone_is_taken_for_one_output(name: str) -> None:
    assert with_files({name: "cat\ndog\n"}).metadata.outputs[0].labels == ("cat", "dog")
    assert not with_files({name: "cat\ndog\n"}, plain(2)).metadata


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "null", "[]", "{'names': ", "{'names': {0: 'a'}}", '{"names": ["a"]}', "{'stride': 32}",
        "{'names': __import__('os').system('false'), 'stride': 1}", "{'names': '\\x', 'stride': 1}",
        "(" * 100_000, "[" * 300 + "]" * 300, "{" * 5000, "-" * 100_000 + "1", "'" * 100_001, "\\" * 50_000,
        "{'names': ['a'], 'stride': 32}" + " " * (1 << 20), "{'a':" * 1000 + "1" + "}" * 1000,
        '{"version": "1.0", "names": {}}',
    ],
)  # fmt: skip
def test_what_is_no_notes_of_theirs_says_nothing(text: str) -> None:
    assert exporter_notes({"metadata.json": text.encode()}) is None
    assert with_files({"metadata.json": text}).metadata == Metadata()


def test_bytes_that_are_no_text_say_nothing() -> None:
    assert exporter_notes({"metadata.json": b"\xff\xfe\x00" * 100}) is None


@pytest.mark.parametrize("names", ["ab", {1: "a", 2: "b"}, {"x": "a"}, [None], [["a"]], 7, None])
def test_names_that_make_no_sense_are_one_line(names: Any) -> None:
    with pytest.raises(MetadataError, match=r"metadata.json inside the model: its names are no list of labels, nor"):
        exporter_notes({"metadata.json": json.dumps({"names": names, "stride": 32}).encode()})


@pytest.mark.parametrize("names", [["a\nb"], ["a", ""], ["x" * 5000]])
def test_names_that_are_no_labels_are_one_line(names: list[str]) -> None:
    [damage] = with_files({"metadata.json": json.dumps({"names": names, "stride": 32})}).metadata.damage
    assert "label" in damage.why
    assert "\n" not in damage.why


@pytest.mark.parametrize("shape", [[17], [17, 4], [0, 3], [10**9, 3], ["17", 3], 17, None])
def test_points_that_make_no_sense_are_left_out(shape: Any) -> None:
    notes = exporter_notes({"metadata.json": json.dumps({**NOTES, "kpt_shape": shape}).encode()})
    assert notes is not None
    assert notes.keypoints is None
