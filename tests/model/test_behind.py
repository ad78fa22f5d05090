"""The files behind a model: all are carried along by whatever writes it, and those known by their names are read."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from edgewright.errors import FormatError
from edgewright.model import Metadata, ModelFile, exporter_notes, inspect, unread_files

from ..conftest import Run
from .builders import model, operator, raw, subgraph, tensor
from .colors import LABELS, bare, described, graph, with_files

COLORS = ("red", "green", "blue")
NOTES = {
    "description": "Ultralytics YOLO11n-cls model",
    "author": "Ultralytics",
    "date": "2025-01-01T00:00:00",
    "version": "8.3.0",
    "stride": 1,
    "task": "classify",
    "batch": 1,
    "imgsz": [8, 8],
    "names": {0: "red", 1: "green", 2: "blue"},
}
YAML = """\
description: Ultralytics YOLO11n-cls model trained on a data set with a
  long name
author: Ultralytics
date: '2025-01-01T00:00:00'
stride: 1
task: classify
batch: 1
imgsz:
- 8
- 8
names:
  0: red
  1: green
  2: 'blue'
args:
  batch: 1
  half: false
"""
TEXT = b"red\ngreen\nblue\n"

# Behind a model without any tables of metadata: the files, and the labels that are read in them.
READ: dict[str, tuple[dict[str, bytes], tuple[str, ...]]] = {
    "labels.txt": (LABELS, COLORS),
    "labelmap.txt": ({"labelmap.txt": TEXT}, COLORS),
    "label_map.txt": ({"label_map.txt": TEXT}, COLORS),
    "classes.txt": ({"classes.txt": TEXT}, COLORS),
    "class_names.txt": ({"class_names.txt": TEXT}, COLORS),
    "dict.txt": ({"dict.txt": TEXT}, COLORS),
    "in capitals": ({"Labels.TXT": TEXT}, COLORS),
    "in a folder": ({"assets/labels.txt": TEXT}, COLORS),
    "Windows' line ends": ({"labels.txt": b"red\r\ngreen\r\nblue\r\n"}, COLORS),
    "no line end": ({"labels.txt": b"red\ngreen\nblue"}, COLORS),
    "a byte order mark": ({"labels.txt": b"\xef\xbb\xbfred\ngreen\nblue"}, COLORS),
    "twice the same": ({"labels.txt": TEXT, "labelmap.txt": TEXT}, COLORS),
    "JSON of an exporter": ({"metadata.json": json.dumps(NOTES).encode()}, COLORS),
    "YAML of an exporter": ({"metadata.yaml": YAML.encode()}, COLORS),
    "Python of an exporter": ({"temp_meta.txt": str(NOTES).encode()}, COLORS),
    "both": ({"metadata.json": json.dumps(NOTES).encode(), "labels.txt": b"a\nb\nc\n"}, COLORS),
    "beside what nobody reads": ({"labels.txt": TEXT, "settings.ini": b"[x]\n"}, COLORS),
    "two lists that differ": ({"labels.txt": TEXT, "classes.txt": b"a\nb\nc\n"}, ()),
    "settings alone": ({"settings.ini": b"[x]\n"}, ()),
    "another tool's JSON": ({"metadata.json": b'{"version": 1}'}, ()),
    "another tool's YAML": ({"metadata.yaml": b"version: 1\n"}, ()),
    "an empty list": ({"labels.txt": b""}, ()),
    "no text": ({"labels.txt": b"\xff\xfe\0"}, ()),
}


@pytest.mark.parametrize("kind", READ)
def test_labels_are_read_and_all_files_are_carried(kind: str) -> None:
    files, labels = READ[kind]
    found = bare(files)
    assert (found.metadata.outputs[0].labels if found.metadata.outputs else ()) == labels
    written = found.with_metadata(dataclasses.replace(found.metadata, name="new"))
    assert files.items() <= written.files.items()
    assert written.metadata.name == "new"
    assert (written.metadata.outputs[0].labels if written.metadata.outputs else ()) == labels


@pytest.mark.parametrize("kind", READ)
def test_a_list_of_labels_is_not_written_a_second_time(kind: str) -> None:
    files, labels = READ[kind]
    found = bare(files)
    written = found.with_metadata(dataclasses.replace(found.metadata, name="new")).files
    lists = [name for name in written if name not in files and name.endswith(".txt")]
    plain = any(content == TEXT and "/" not in name and name.islower() for name, content in files.items())
    assert len(lists) <= (0 if plain or not labels else 1)


@pytest.mark.parametrize("kind", READ)
def test_inspection_names_them(kind: str) -> None:
    files, _ = READ[kind]
    assert inspect(bare(files)).to_dict()["files"] == {name: len(content) for name, content in files.items()}


def test_what_cannot_be_told_is_a_finding() -> None:
    for kind, words in {
        "two lists that differ": "labels.txt and classes.txt behind the model are different lists of labels",
        "no text": "labels.txt inside the model is no UTF-8 text",
    }.items():
        [finding] = [one for one in inspect(bare(READ[kind][0])).findings if one.name == "damaged metadata"]
        assert words in finding.text


def test_tables_without_labels_leave_them_to_the_list() -> None:
    found = described(None, {"name": "shares"}, {"labels.txt": TEXT})
    assert (found.metadata.name, found.metadata.outputs[0].labels) == ("colors", COLORS)
    assert found.metadata.inputs[0].std == (255.0,)


def test_tables_with_labels_go_before_the_list() -> None:
    found = described(files={**LABELS, "classes.txt": b"a\nb\nc\n"})
    assert found.metadata.outputs[0].labels == COLORS
    assert found.metadata.damage == ()


def several(*widths: int) -> bytes:
    tensors = [tensor([1, 4]), *(tensor([1, width]) for width in widths)]
    places = list(range(1, len(widths) + 1))
    return raw(model(subgraph(tensors, [operator("ABS", [0], [place]) for place in places], [0], places)))


@pytest.mark.parametrize(
    ("widths", "place"), [((3, 4), 0), ((4, 3), 1), ((1, 2, 3), 2), ((3, 3), None), ((4, 5), None), ((1, 1), None)]
)
def test_of_several_outputs_the_one_that_is_so_wide_is_labeled(widths: tuple[int, ...], place: int | None) -> None:
    found = ModelFile.read(with_files(several(*widths), LABELS))
    labeled = [number for number, output in enumerate(found.metadata.outputs) if output.labels]
    assert labeled == ([] if place is None else [place])
    assert bool(found.metadata.damage) == (place is None)
    assert found.with_metadata(dataclasses.replace(found.metadata, name="new")).files["labels.txt"] == TEXT


def test_yaml_of_strangers_is_notes_or_nothing() -> None:
    for text in ("", "names", "names:\n", "- a\n" * 300_000, "names:\n" + "- a\n" * 200_000, "{" * 5000, "a: b: c",
                 "task: detect\nnames: [a, b]\n", "\0: \0"):  # fmt: skip
        found = bare({"metadata.yaml": text.encode()})
        assert found.metadata.name == ""


def test_names_of_yaml() -> None:
    notes = exporter_notes({"metadata.yaml": b"task: pose\nstride: 32\nkpt_shape:\n- 17\n- 3\nnames:\n  0: it''s\n"})
    assert notes is not None
    assert (notes.task, notes.labels, notes.keypoints) == ("pose", ("it''s",), (17, 3))
    quoted = b"task: detect\nnames:\n  0: 'it''s'\n  1: \"a: b\"\n  2: plain # not more\n"
    notes = exporter_notes({"metadata.yaml": quoted})
    assert notes is not None
    assert notes.labels == ("it's", "a: b", "plain")


# ----- whatever writes a model from a model

EXTRA = {"settings.ini": b"[x]\n", "LICENSE": b"free\n"}
WRITERS: dict[str, tuple[str, ...]] = {
    "convert": ("convert", "in.tflite", "-o", "out.tflite", "--mean", "0", "--std", "255"),
    "convert with labels": ("convert", "in.tflite", "-o", "out.tflite", "--labels", "names.txt"),
    "rewrite": ("rewrite", "in.tflite", "-o", "out.tflite", "--pass", "static-batch"),
    "rewrite of all": ("rewrite", "in.tflite", "-o", "out.tflite"),
}


def free_batch(files: Mapping[str, bytes]) -> ModelFile:
    tables = graph()
    for place in (0, 2, 3):
        shape = tables["subgraphs"][0]["tensors"][place]["shape"]
        tables["subgraphs"][0]["tensors"][place]["shape_signature"] = [-1, *shape[1:]]
    return ModelFile.read(with_files(raw(tables), files))


@pytest.mark.parametrize("files", [EXTRA, {**EXTRA, **LABELS}, {**EXTRA, "metadata.json": json.dumps(NOTES).encode()},
                                   {**EXTRA, "metadata.json": b'{"mine": 1}'}],
                         ids=["unread", "labels", "notes", "json"])  # fmt: skip
@pytest.mark.parametrize("writer", WRITERS)
def test_commands_carry_them_along(writer: str, files: dict[str, bytes], tmp_path: Path, edgewright: Run) -> None:
    free_batch(files).save(tmp_path / "in.tflite")
    (tmp_path / "names.txt").write_bytes(b"red\ngreen\nblue\n")
    done = edgewright(*WRITERS[writer], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert files.items() <= ModelFile.read(tmp_path / "out.tflite").files.items()


def test_what_says_nothing_of_labels_belongs_behind_what_is_taught_too() -> None:
    tables = described(files={**LABELS, **EXTRA, "metadata.json": b"{}", "more/classes.txt": b"a\n"})
    assert unread_files(tables.metadata) == EXTRA
    assert unread_files(bare({**LABELS, **EXTRA}).metadata) == EXTRA
    assert unread_files(Metadata()) == {}


def test_teach_leaves_old_labels_and_takes_the_rest(tmp_path: Path, edgewright: Run) -> None:
    backbone = bare({**LABELS, **EXTRA, "metadata.json": json.dumps(NOTES).encode()})
    backbone.save(tmp_path / "base.tflite")
    for name, color in {"day": (250, 250, 90), "night": (10, 10, 60)}.items():
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(6):
            shade = tuple(min(channel + number, 255) for channel in color)
            Image.new("RGB", (8, 8), shade).save(tmp_path / "photos" / name / f"{number}.png")
    done = edgewright("teach", "base.tflite", "photos", "-o", "taught.tflite", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    taught = ModelFile.read(tmp_path / "taught.tflite")
    assert EXTRA.items() <= taught.files.items()
    assert "metadata.json" not in taught.files
    assert taught.metadata.outputs[0].labels == ("day", "night")


# ----- an archive in the place of a model


def archive(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "."), content)
    return stream.getvalue()


TFLITE = raw(graph())
ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "one model": (lambda: archive(model__tflite=TFLITE), "this is a zip with model.tflite inside. Unpack it"),
    "model and labels": (
        lambda: archive(labels__txt=TEXT, model__tflite=TFLITE),
        "model.tflite and labels.txt inside. Unpack it (python -m zipfile -e ARCHIVE FOLDER) and give model.tflite "
        "with labels='labels.txt'",
    ),
    "two models": (
        lambda: archive(hand_detector__tflite=TFLITE, hand_landmarks_detector__tflite=TFLITE),
        "hand_detector.tflite and hand_landmarks_detector.tflite inside. Unpack it (python -m zipfile -e ARCHIVE "
        "FOLDER) and give one of its models",
    ),
    "a model without a suffix": (
        lambda: archive(METADATA=b"x", TF_LITE_PREFILL_DECODE=TFLITE, TOKENIZER_MODEL=b"y"),
        "TF_LITE_PREFILL_DECODE, METADATA and TOKENIZER_MODEL inside",
    ),
    "many files": (
        lambda: archive(**{f"a{number}__txt": b"" for number in range(9)}, z__tflite=TFLITE),
        "z.tflite, a0.txt, a1.txt, a2.txt and 6 more inside",
    ),
    "a SavedModel": (
        lambda: archive(**{"model/saved_model.pb": b"x", "model/variables/variables.index": b"y"}),
        "convert the folder: edgewright convert FOLDER",
    ),
    "photographs": (lambda: archive(a__jpg=b"x"), "a.jpg inside. Unpack it"),
    "nothing": (lambda: archive(a__txt=b"")[:0] + b"PK\3\4" + b"\0" * 100, "a zip archive that cannot be read"),
    "half of it": (lambda: archive(model__tflite=TFLITE)[:-40], "a zip archive that cannot be read"),
    "a Keras model": (
        lambda: archive(config__json=b"{}", metadata__json=b"{}", **{"model.weights.h5": b"x"}),
        "it looks like a Keras model. Convert it with: `edgewright convert ",
    ),
    "a name that steers a terminal": (lambda: archive(**{"\x1b[2J": b"x"}), "\\x1b[2J"),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_in_the_place_of_a_model_says_what_is_inside(kind: str) -> None:
    make, words = ARCHIVES[kind]
    with pytest.raises(FormatError) as caught:
        ModelFile.read(make())
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("verb", ["inspect", "run", "convert", "check", "bench", "rewrite"])
def test_every_command_says_it(verb: str, tmp_path: Path, edgewright: Run) -> None:
    (tmp_path / "bundle.task").write_bytes(ARCHIVES["model and labels"][0]())
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    more: dict[str, tuple[Any, ...]] = {"run": ("a.png",), "rewrite": ("-o", "b.tflite")}
    done = edgewright(verb, "bundle.task", *more.get(verb, ()), cwd=tmp_path)
    assert done.returncode == 1
    assert "a zip with model.tflite and labels.txt inside" in " ".join((done.stdout + done.stderr).split())
    assert "Keras" not in done.stdout + done.stderr


def test_the_way_out_works(tmp_path: Path, edgewright: Run) -> None:
    import subprocess
    import sys

    (tmp_path / "bundle.task").write_bytes(ARCHIVES["model and labels"][0]())
    Image.new("RGB", (8, 8), (9, 250, 9)).save(tmp_path / "a.png")
    subprocess.run([sys.executable, "-m", "zipfile", "-e", "bundle.task", "out"], cwd=tmp_path, check=True)
    given = ("--labels", "labels.txt", "--mean", "0", "--std", "255")
    done = edgewright("run", "model.tflite", "../a.png", *given, "--json", cwd=tmp_path / "out")
    assert json.loads(done.stdout)[0]["top"][0]["label"] == "green"
