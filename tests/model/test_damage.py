"""One bad field of the metadata costs that field and nothing else: it is named, kept, and what is said instead wins."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from edgewright.model import InputMetadata, ModelFile, OutputMetadata, inspect
from edgewright.model.describing.damage import Damage
from edgewright.model.describing.reader import AXIS_LABELS, SCORE_CALIBRATION

from .colors import LABELS, bare, described, input_table, output_table

Make = Callable[[], ModelFile]


def normalized(mean: list[float], std: list[float]) -> Make:
    unit = {"options": ("NormalizationOptions", {"mean": mean, "std": std})}
    return lambda: described(input_table(process_units=[unit]))


def unit(name: str, **values: Any) -> Make:
    return lambda: described(None, output_table(process_units=[{"options": (name, values)}]))


def labeled(content: bytes | None, **entry: Any) -> Make:
    files = {} if content is None else {"labels.txt": content}
    entries = [{"name": "labels.txt", "type": AXIS_LABELS, **entry}]
    return lambda: described(None, output_table(associated_files=entries), files)


def boxes(**properties: Any) -> Make:
    content = {"content_properties": ("BoundingBoxProperties", properties)}
    return lambda: described(None, output_table(content=content))


def own(**said: Any) -> Make:
    return lambda: described(files={**LABELS, "edgewright.json": json.dumps(said).encode()})


def calibrated(content: bytes, transformation: int = 0) -> Make:
    files = [*output_table()["associated_files"], {"name": "scores.csv", "type": SCORE_CALIBRATION}]
    options = {"score_transformation": transformation, "default_score": 0.5}
    units = [{"options": ("ScoreCalibrationOptions", options)}]
    table = output_table(associated_files=files, process_units=units)
    return lambda: described(None, table, {**LABELS, "scores.csv": content})


def flipped() -> ModelFile:
    """A byte of a packed file is another one, as after a bad download."""
    data = described(files={**LABELS, "notes.txt": b"banana"}).data
    return ModelFile.read(data.replace(b"banana", b"bananA"), check_seal=False)


def tokenized(**options: Any) -> Make:
    units = [{"options": ("BertTokenizerOptions", options)}]
    return lambda: described(input_process_units=units)


def custom(name: str) -> Make:
    return lambda: described(custom_metadata=[{"name": name, "data": b"nonsense"}])


# What is damaged, where and as which part it is named, and whether the tables keep it when something else is written.
DAMAGED: dict[str, tuple[Make, str, str, bool]] = {
    "std 0": (normalized([0.0], [0.0]), "input 'picture'", "normalization", True),
    "std 0 in one channel": (normalized([1.0] * 3, [1.0, 0.0, 1.0]), "input 'picture'", "normalization", True),
    "std NaN": (normalized([0.0], [math.nan]), "input 'picture'", "normalization", True),
    "mean NaN": (normalized([math.nan], [1.0]), "input 'picture'", "normalization", True),
    "mean inf": (normalized([math.inf], [1.0]), "input 'picture'", "normalization", True),
    "std -inf": (normalized([0.0], [-math.inf]), "input 'picture'", "normalization", True),
    "two means, one std": (normalized([0.0, 1.0], [1.0]), "input 'picture'", "normalization", True),
    "unknown color space": (
        lambda: described(input_table(content={"content_properties": ("ImageProperties", {"color_space": 7})})),
        "input 'picture'", "color_space", True,
    ),
    "labels that are missing": (labeled(None), "output 'shares'", "labels", True),
    "labels that are no text": (labeled(b"\xff\xfe\0"), "output 'shares'", "labels", True),
    "labels without an end": (labeled(b"x" * 5000), "output 'shares'", "labels", True),
    "labels of a locale": (labeled(b"\xff", locale="de"), "output 'shares'", "labels de", True),
    "threshold NaN": (unit("ScoreThresholdingOptions", global_score_threshold=math.nan), "output 'shares'",
                      "score_threshold", True),
    "threshold inf": (unit("ScoreThresholdingOptions", global_score_threshold=math.inf), "output 'shares'",
                      "score_threshold", True),
    "box order": (boxes(index=[1, 0, 3]), "output 'shares'", "boxes", True),
    "box type": (boxes(type=9), "output 'shares'", "boxes", True),
    "box coordinates": (boxes(coordinate_type=5), "output 'shares'", "boxes", True),
    "calibration line": (calibrated(b"1,2,x\n\n\n"), "output 'shares'", "score_calibration", True),
    "calibration that is no number": (calibrated(b"1,nan,3\n\n\n"), "output 'shares'", "score_calibration", True),
    "calibration kind": (calibrated(b"1,2,3\n\n\n", 9), "output 'shares'", "score_calibration", True),
    "calibration that is no text": (calibrated(b"\xff"), "output 'shares'", "score_calibration", True),
    "tokenizer without a file": (tokenized(), "", "tokenizer", True),
    "tokenizer with a file that is missing": (tokenized(vocab_file=[{"name": "v"}]), "", "tokenizer", True),
    "MediaPipe's detector": (custom("DETECTOR_METADATA"), "", "DETECTOR_METADATA", True),
    "MediaPipe's segmenter": (custom("SEGMENTER_METADATA"), "", "SEGMENTER_METADATA", True),
    "task": (own(task=5), "", "task", False),
    "resize": (own(inputs=[{"resize": "twist"}]), "input 'picture'", "resize", False),
    "crop": (own(inputs=[{"crop_fraction": 7}]), "input 'picture'", "crop_fraction", False),
    "interpolation": (own(inputs=[{"interpolation": "nice"}]), "input 'picture'", "interpolation", False),
    "pad": (own(inputs=[{"pad": 999}]), "input 'picture'", "pad", False),
    "columns": (own(inputs=[{"columns": ["x", "x"]}]), "input 'picture'", "columns", False),
    "rate": (own(inputs=[{"rate": -5}]), "input 'picture'", "rate", False),
    "window": (own(inputs=[{"window": 0}]), "input 'picture'", "window", False),
    "meaning": (own(outputs=[{"meaning": "luck"}]), "output 'shares'", "meaning", False),
    "provenance": (own(provenance={"steps": 5}), "", "provenance", False),
    "our own file": (lambda: described(files={**LABELS, "edgewright.json": b"{"}), "", "edgewright.json", False),
    "a file behind the model": (flipped, "", "file notes.txt", False),
}  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGED)
def test_one_bad_field_is_named_and_the_rest_is_read(kind: str) -> None:
    make, where, part, _ = DAMAGED[kind]
    said = make().metadata
    [damage] = said.damage
    assert (damage.where, damage.part) == (where, part)
    assert said.name == "colors"
    if part != "normalization":
        assert (said.inputs[0].mean, said.inputs[0].std) == ((0.0,), (255.0,))
    assert said.inputs[0].kind == "image"
    if not part.startswith("labels"):
        assert said.outputs[0].labels == ("red", "green", "blue")


@pytest.mark.parametrize("kind", DAMAGED)
def test_inspection_shows_it_as_a_finding_in_one_line(kind: str) -> None:
    report = inspect(DAMAGED[kind][0]())
    [text] = [finding.text for finding in report.findings if finding.name == "damaged metadata"]
    assert "It counts as not said" in text
    assert "\n" not in text
    assert len(text) < 500
    json.dumps(report.to_dict(), allow_nan=False)


@pytest.mark.parametrize("kind", DAMAGED)
def test_what_is_written_beside_it_leaves_it_as_it_is(kind: str) -> None:
    """What our own file or a broken one behind the model says wrongly is all that goes."""
    make, _, part, kept = DAMAGED[kind]
    model = make()
    written = model.with_metadata(dataclasses.replace(model.metadata, description="new"))
    assert written.metadata.description == "new"
    assert [damage.part for damage in written.metadata.damage] == ([part] if kept else [])
    assert written.metadata == dataclasses.replace(model.metadata, description="new")
    assert set(model.files) - {"edgewright.json"} <= set(written.files)


@pytest.mark.parametrize("kind", [kind for kind, (_, _, part, _) in DAMAGED.items() if part == "normalization"])
def test_a_normalization_that_is_said_takes_the_place_of_a_broken_one(kind: str) -> None:
    model = DAMAGED[kind][0]()
    fresh = dataclasses.replace(model.metadata.inputs[0], mean=(1.0,), std=(2.0,))
    said = model.with_metadata(dataclasses.replace(model.metadata, inputs=(fresh,))).metadata
    assert (said.damage, said.inputs[0].mean, said.inputs[0].std) == ((), (1.0,), (2.0,))


@pytest.mark.parametrize("kind", [kind for kind, (_, _, part, _) in DAMAGED.items() if part == "labels"])
def test_labels_that_are_said_take_the_place_of_broken_ones(kind: str) -> None:
    model = DAMAGED[kind][0]()
    fresh = dataclasses.replace(model.metadata.outputs[0], labels=("r", "g", "b"))
    written = model.with_metadata(dataclasses.replace(model.metadata, outputs=(fresh,)))
    assert (written.metadata.damage, written.metadata.outputs[0].labels) == ((), ("r", "g", "b"))
    assert written.files == {"labels.txt": b"r\ng\nb\n"}


@pytest.mark.parametrize("labels", [b"red\n", b"red\ngreen\n", b"a\nb\nc\nd\n"])
def test_labels_of_the_wrong_number_stay_until_somebody_says_others(labels: bytes) -> None:
    model = described(files={"labels.txt": labels})
    named = model.with_metadata(dataclasses.replace(model.metadata, description="new"))
    assert named.metadata.outputs[0].labels == model.metadata.outputs[0].labels
    assert [finding.name for finding in inspect(named).findings if "fit" in finding.name] == ["labels do not fit"]
    fresh = dataclasses.replace(model.metadata.outputs[0], labels=("r", "g", "b"))
    assert model.with_metadata(dataclasses.replace(model.metadata, outputs=(fresh,))).metadata.damage == ()


@pytest.mark.parametrize(("inputs", "outputs"), [(3, 1), (1, 2), (2, 5)])
def test_tables_of_more_tensors_than_there_are_count_as_far_as_there_are(inputs: int, outputs: int) -> None:
    model = described(
        input_tensor_metadata=[input_table() for _ in range(inputs)],
        output_tensor_metadata=[output_table() for _ in range(outputs)],
    )
    assert (len(model.metadata.inputs), len(model.metadata.outputs)) == (1, 1)
    assert {damage.part for damage in model.metadata.damage} <= {"inputs", "outputs"}
    assert model.metadata.outputs[0].labels == ("red", "green", "blue")
    assert model.with_metadata(dataclasses.replace(model.metadata, name="new")).metadata.damage == ()


def test_an_archive_that_is_broken_costs_the_files_in_it() -> None:
    data = bytearray(bare().data)
    data[data.rindex(b"PK\x01\x02")] = 0
    model = ModelFile.read(bytes(data))
    assert model.files == {}
    [damage] = model.metadata.damage
    assert "the associated files at the end of the model cannot be read" in damage.text


def test_two_damaged_fields_are_two_findings() -> None:
    zero = {"options": ("NormalizationOptions", {"mean": [0.0], "std": [0.0]})}
    model = described(input_table(process_units=[zero]), None, {})
    assert [(damage.where, damage.part) for damage in model.metadata.damage] == [
        ("input 'picture'", "normalization"),
        ("output 'shares'", "labels"),
    ]


def test_what_can_be_said_instead_is_named_for_its_reader() -> None:
    from edgewright.spelling import spelled_as

    damage = Damage("input 'x'", "normalization", "std is 0")
    assert damage.text == "input 'x': std is 0. It counts as not said; give normalization"
    with spelled_as({}):
        assert damage.text == "input 'x': std is 0. It counts as not said; give --mean and --std"
        assert Damage("", "provenance", "no list").text == "no list. It counts as not said"


def test_values_of_no_use_are_still_refused_where_they_are_made() -> None:
    from edgewright.errors import MetadataError

    with pytest.raises(MetadataError):
        InputMetadata(mean=(0.0,), std=(0.0,))
    with pytest.raises(MetadataError):
        OutputMetadata(score_threshold=math.nan)
