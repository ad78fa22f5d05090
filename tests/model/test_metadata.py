"""TensorFlow Lite Metadata: what real files say, and what is written and read again."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import MetadataError
from edgewright.model import (
    BoxLayout,
    InputMetadata,
    Metadata,
    ModelFile,
    OutputMetadata,
    Provenance,
    ScoreCalibration,
    Sigmoid,
)
from edgewright.model.describing.label_files import OWN_FILE
from edgewright.model.describing.reader import ENTRY, read_metadata
from edgewright.model.describing.schema import FILE_IDENTIFIER, METADATA
from edgewright.model.describing.writer import write_metadata
from edgewright.model.storage.assembly import with_entry
from edgewright.model.storage.flatbuffer_writer import encode

from .builders import add_model, one_operator, tensor

SharedFile = Callable[[str], Path]

CLASSIFIER = "Identify the most prominent object in the image from a known set of categories."
LICENSE = "Apache License. Version 2.0 http://www.apache.org/licenses/LICENSE-2.0."


def small() -> ModelFile:
    """A model of two inputs of four numbers and one such output."""
    return ModelFile.build(add_model(), {}, "small")


def said(**output: Any) -> Metadata:
    return Metadata(inputs=(InputMetadata(), InputMetadata()), outputs=(OutputMetadata(**output),))


def again(metadata: Metadata) -> Metadata:
    return small().with_metadata(metadata).metadata


@pytest.mark.parametrize(
    "name", ["mobilenet_v1_0.25_128_quant", "mobilenet_v1_0.75_192_quant", "mobilenet_v2_1.0_224_quant"]
)
def test_quantized_classifiers(name: str, shared_file: SharedFile) -> None:
    model = ModelFile.read(shared_file(f"models/{name}.tflite"))
    (labels,) = (output.labels for output in model.metadata.outputs)
    assert model.metadata == Metadata(
        name="ImageClassifier",
        description=CLASSIFIER,
        inputs=(
            InputMetadata(
                name="image", description="Input image to be classified.", kind="image", color_space="RGB",
                mean=(127.5,), std=(127.5,), minimum=(0.0,), maximum=(255.0,),
            ),
        ),
        outputs=(
            OutputMetadata(
                name="probability", description="Probabilities of the labels respectively.", kind="feature",
                labels=labels, minimum=(0.0,), maximum=(255.0,),
            ),
        ),
    )  # fmt: skip
    assert labels == tuple(shared_file("models/imagenet_labels.txt").read_text().splitlines())
    assert (len(labels), labels[0], labels[-1]) == (1001, "background", "toilet tissue, toilet paper, bathroom tissue")


def test_float_classifier(shared_file: SharedFile) -> None:
    found = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float_metadata.tflite")).metadata
    assert (found.name, found.version, found.author) == ("MobileNetV1 image classifier", "v1", "TensorFlow")
    assert found.license == LICENSE
    (image,), (scores,) = found.inputs, found.outputs
    assert (image.name, image.kind, image.color_space, image.mean, image.std) == (
        "image", "image", "RGB", (127.5,), (127.5,),
    )  # fmt: skip
    assert (image.minimum, image.maximum) == ((-1.0,), (1.0,))
    assert (scores.name, len(scores.labels), scores.labels[:3]) == (
        "probability", 1001, ("background", "tench", "goldfish"),
    )  # fmt: skip
    assert (scores.minimum, scores.maximum, scores.label_target) == ((0.0,), (1.0,), "axis")


def test_detector(shared_file: SharedFile) -> None:
    found = ModelFile.read(shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite")).metadata
    assert (found.name, found.version, found.author) == ("Coco SSD MobileNetV1", "v1", "TensorFlow")
    assert [(one.name, one.kind, one.label_target) for one in found.outputs] == [
        ("locations", "bounding_box", "axis"),
        ("classes", "feature", "value"),
        ("scores", "feature", "axis"),
        ("number of detections", "feature", "axis"),
    ]
    labels = found.outputs[1].labels
    assert (len(labels), labels[:2], labels[11], labels[-1]) == (90, ("person", "bicycle"), "???", "toothbrush")
    assert [len(one.labels) for one in found.outputs] == [0, 90, 0, 0]


def test_sound_classifier(shared_file: SharedFile) -> None:
    found = ModelFile.read(shared_file("models/yamnet.tflite")).metadata
    assert (found.name, found.version, found.license) == ("yamnet/classification", "v1", LICENSE)
    (clip,), (scores,) = found.inputs, found.outputs
    assert (clip.name, clip.kind, clip.sample_rate, clip.channels) == ("audio_clip", "audio", 16000, 1)
    assert (clip.mean, clip.std, clip.color_space) == ((), (), None)
    assert (scores.name, len(scores.labels), scores.labels[0], scores.labels[-1]) == (
        "scores", 521, "Speech", "Field recording",
    )  # fmt: skip


def test_a_file_without_metadata_says_nothing(shared_file: SharedFile) -> None:
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float.tflite"))
    assert model.metadata == Metadata()
    assert not model.metadata
    assert model.files == {}


WITH_METADATA = [
    "mobilenet_v1_0.25_128_quant",
    "mobilenet_v1_0.75_192_quant",
    "mobilenet_v2_1.0_224_quant",
    "mobilenet_v1_0.25_224_float_metadata",
    "ssd_mobilenet_v1_coco_quant_metadata",
    "yamnet",
]


@pytest.mark.parametrize("name", WITH_METADATA)
def test_real_metadata_written_back_says_the_same(name: str, shared_file: SharedFile) -> None:
    model = ModelFile.read(shared_file(f"models/{name}.tflite"))
    written = model.with_metadata(model.metadata)
    assert written.metadata == model.metadata
    assert written.files == model.files
    assert written.graph == model.graph
    assert written.with_metadata(written.metadata).data == written.data


FULL = Metadata(
    name="Blumen",
    description="Fünf Arten",
    version="3",
    author="me",
    license="CC0",
    task="image-classification",
    inputs=(
        InputMetadata(
            name="image", description="a picture", kind="image", color_space="RGB", mean=(1.0, 2.0, 3.0),
            std=(4.0, 5.0, 6.0), minimum=(-1.0,), maximum=(1.0,), resize="letterbox", interpolation="bicubic", pad=114,
        ),
        InputMetadata(
            name="sound", kind="audio", sample_rate=16000, channels=2, resize="crop", crop_fraction=0.875,
            columns=("left", "right, far"), rate=12.5, window=4, hop=0.08,
        ),
    ),
    outputs=(
        OutputMetadata(
            name="scores", description="one per class", kind="feature", meaning="probabilities",
            labels=("rose", "", "tulip, red", " daisy "),
            labels_by_locale={"de": ("Rose", "", "Tulpe", "Gänseblümchen"), "fr": ("rose", "", "tulipe", "pâquerette")},
            score_threshold=0.25, minimum=(0.0,), maximum=(1.0,),
            score_calibration=ScoreCalibration(
                sigmoids=(Sigmoid(1.0, 2.0, 3.0), None, Sigmoid(0.5, 0.25, -1.0, 0.125), None),
                transformation="inverse_logistic", default_score=0.5,
            ),
        ),
    ),
    provenance=Provenance(
        source="flowers.keras", source_sha256="ab" * 32, tools={"tensorflow": "2.21.0"},
        steps=({"convert": {"quantize": "int8"}}, {"check": 1}), measured={"accuracy": {"value": 0.9, "n": 100}},
    ),
)  # fmt: skip


def test_everything_that_can_be_said_survives_writing_and_reading() -> None:
    assert again(FULL) == FULL


def test_equal_metadata_gives_equal_bytes() -> None:
    assert small().with_metadata(FULL).data == small().with_metadata(FULL).data


def test_the_lines_of_label_files_are_the_labels() -> None:
    files = small().with_metadata(FULL).files
    assert files["labels.txt"] == b"rose\n\ntulip, red\n daisy \n"
    assert files["labels_de.txt"].decode() == "Rose\n\nTulpe\nGänseblümchen\n"


def test_new_labels_take_the_place_of_the_old_ones(shared_file: SharedFile) -> None:
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    (scores,) = model.metadata.outputs
    new = tuple(f"class {number}" for number in range(1001))
    changed = dataclasses.replace(model.metadata, outputs=(dataclasses.replace(scores, labels=new),))
    written = model.with_metadata(changed)
    assert written.metadata.outputs[0].labels == new
    assert list(written.files) == ["imagenet_labels.txt"]


def test_labels_that_are_taken_away_leave_no_file_behind() -> None:
    written = small().with_metadata(FULL)
    bare = dataclasses.replace(written.metadata, outputs=(OutputMetadata(name="scores"),))
    assert sorted(written.with_metadata(bare).files) == [OWN_FILE]
    assert written.with_metadata(bare).metadata.outputs == (OutputMetadata(name="scores"),)


def two_outputs_of_one_list() -> ModelFile:
    """Two outputs that name the same file of labels, as other writers leave it."""
    tables = add_model()
    model = ModelFile.build({**tables, "subgraphs": [twice(tables["subgraphs"][0])]}, {})
    listed = {"associated_files": [{"name": "labels.txt", "type": 3}]}
    table = {"subgraph_metadata": [{"output_tensor_metadata": [listed, listed]}]}
    flatbuffer = encode(table, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER)
    return ModelFile.build(with_entry(model.edit(), ENTRY, flatbuffer), {"labels.txt": b"red\ngreen\n"})


def twice(subgraph: dict[str, Any]) -> dict[str, Any]:
    return {**subgraph, "outputs": [*subgraph["outputs"]] * 2}


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("labels", [("one", "two"), ()])
def test_labels_of_one_output_change_nothing_of_another_that_names_the_same_file(
    place: int, labels: tuple[str, ...]
) -> None:
    model = two_outputs_of_one_list()
    outputs = list(model.metadata.outputs)
    assert [output.labels for output in outputs] == [("red", "green")] * 2
    outputs[place] = dataclasses.replace(outputs[place], labels=labels)
    found = model.with_metadata(dataclasses.replace(model.metadata, outputs=tuple(outputs)))
    assert [output.labels for output in found.metadata.outputs] == [output.labels for output in outputs]
    assert not found.metadata.damage
    assert len(found.files) == len({labels, ("red", "green")} - {()})


def test_labels_of_a_locale_are_added_beside_the_others(shared_file: SharedFile) -> None:
    model = ModelFile.read(shared_file("models/yamnet.tflite"))
    (scores,) = model.metadata.outputs
    german = {"de": tuple(f"Klang {number}" for number in range(521))}
    changed = dataclasses.replace(model.metadata, outputs=(dataclasses.replace(scores, labels_by_locale=german),))
    written = model.with_metadata(changed)
    assert written.metadata.outputs[0].labels == scores.labels
    assert written.metadata.outputs[0].labels_by_locale == german
    assert sorted(written.files) == ["labels_de.txt", "yamnet_label_list.txt"]


def test_labels_of_one_locale_only_are_the_labels_too() -> None:
    table = {
        "subgraph_metadata": [
            {
                "output_tensor_metadata": [
                    {"associated_files": [{"name": "de.txt", "type": 2, "locale": "de"}]},
                ]
            }
        ]
    }
    flatbuffer = encode(table, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER)
    (output,) = read_metadata(flatbuffer, {"de.txt": b"eins\nzwei\n"}).outputs
    assert (output.labels, output.labels_by_locale) == (("eins", "zwei"), {"de": ("eins", "zwei")})


@pytest.mark.parametrize("content", [b"a\r\nb\r\nc", b"a\nb\nc", b"a\nb\nc\n\n\n"])
def test_label_files_of_every_line_ending(content: bytes) -> None:
    assert read_metadata(labels_flatbuffer(), {"labels.txt": content}).outputs[0].labels == ("a", "b", "c")


def test_an_empty_label_file_has_no_labels() -> None:
    assert read_metadata(labels_flatbuffer(), {"labels.txt": b""}).outputs[0].labels == ()


def labels_flatbuffer() -> bytes:
    output = {"associated_files": [{"name": "labels.txt", "type": 2}]}
    table = {"subgraph_metadata": [{"output_tensor_metadata": [output]}]}
    return encode(table, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER)


def test_a_label_file_that_is_not_there_is_named() -> None:
    read = read_metadata(labels_flatbuffer(), {})
    assert read.outputs[0].labels == ()
    [damage] = read.damage
    assert (damage.where, damage.part, damage.argument) == ("output 0", "labels", "labels")
    assert "names the file 'labels.txt', and the model carries none" in damage.text


def test_a_label_file_that_is_no_text_is_named() -> None:
    [damage] = read_metadata(labels_flatbuffer(), {"labels.txt": b"\xff\xfe"}).damage
    assert "labels.txt inside the model is no UTF-8 text" in damage.text


def test_what_these_classes_do_not_model_is_carried_along() -> None:
    table = tokenizer_table()
    flatbuffer = encode(table, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER)
    files = {"vocab.txt": b"the\nof\n", "notes.txt": b"hello"}
    read = read_metadata(flatbuffer, files)
    changed = dataclasses.replace(read, name="new", outputs=(OutputMetadata(name="out", labels=("a", "b")),))
    written, carried = write_metadata(changed)
    assert carried == {**files, "labels.txt": b"a\nb\n"}
    found = read_metadata(written, carried).carried.table
    first = found["subgraph_metadata"][0]
    assert found["min_parser_version"] == "1.2.1"
    assert first["input_process_units"][0]["options"][0] == "RegexTokenizerOptions"
    assert first["input_process_units"][0]["options"][1]["vocab_file"][0]["name"] == "vocab.txt"
    assert first["input_tensor_groups"] == [{"name": "group", "tensor_names": ["ids"]}]
    assert first["custom_metadata"] == [{"name": "EXTRA", "data": b"\x01\x02"}]
    assert first["input_tensor_metadata"][0]["dimension_names"] == ["batch", "word"]
    assert found["associated_files"][0]["name"] == "notes.txt"


def tokenizer_table() -> dict[str, Any]:
    vocabulary = {"name": "vocab.txt", "type": 5, "description": "words"}
    tokenizer = {"delim_regex_pattern": r"[^\w']+", "vocab_file": [vocabulary]}
    return {
        "name": "old",
        "min_parser_version": "1.2.1",
        "associated_files": [{"name": "notes.txt", "description": "read me"}],
        "subgraph_metadata": [
            {
                "input_process_units": [{"options": ("RegexTokenizerOptions", tokenizer)}],
                "input_tensor_metadata": [{"name": "ids", "dimension_names": ["batch", "word"]}],
                "output_tensor_metadata": [{"name": "out"}],
                "input_tensor_groups": [{"name": "group", "tensor_names": ["ids"]}],
                "custom_metadata": [{"name": "EXTRA", "data": b"\x01\x02"}],
            }
        ],
    }


def test_normalization_beside_another_process_unit_leaves_that_one() -> None:
    units = [{"options": ("BertTokenizerOptions", {"vocab_file": [{"name": "v"}]})}]
    table = {"subgraph_metadata": [{"input_tensor_metadata": [{"process_units": units}]}]}
    read = read_metadata(encode(table, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER), {"v": b"[PAD]\n"})
    changed = dataclasses.replace(read, inputs=(InputMetadata(mean=(0.0,), std=(1.0,)),))
    written = read_metadata(*write_metadata(changed))
    (found,) = written.carried.table["subgraph_metadata"][0]["input_tensor_metadata"]
    assert [unit["options"][0] for unit in found["process_units"]] == ["BertTokenizerOptions", "NormalizationOptions"]
    assert written.inputs[0].mean == (0.0,)


def test_labels_that_do_not_fit_the_output_are_refused_with_both_numbers() -> None:
    with pytest.raises(MetadataError, match=r"^small: 2 labels for output 't', which is 4 wide"):
        small().with_metadata(said(labels=("a", "b")))


def test_one_label_too_few_hints_at_the_background_class() -> None:
    with pytest.raises(MetadataError, match="put a name for the model's background class first"):
        small().with_metadata(said(labels=("a", "b", "c")))


def test_labels_of_values_may_be_of_any_number() -> None:
    found = again(said(labels=("a", "b"), label_target="value"))
    assert (found.outputs[0].labels, found.outputs[0].label_target) == (("a", "b"), "value")


def test_metadata_for_more_outputs_than_there_are_is_refused() -> None:
    two = dataclasses.replace(said(), outputs=(OutputMetadata(), OutputMetadata()))
    with pytest.raises(MetadataError, match="metadata for 2 outputs, and the model has 1"):
        small().with_metadata(two)


@pytest.mark.parametrize("label", ["two\nlines", "a\r", 5])
def test_a_label_that_is_no_line_of_text_is_refused(label: Any) -> None:
    with pytest.raises(MetadataError, match=r"label 1 is .*; a label is one line of text"):
        OutputMetadata(labels=("fine", label, "fine"))


def test_labels_that_end_with_an_empty_one_are_refused() -> None:
    with pytest.raises(MetadataError, match="the last label of locale de is empty"):
        OutputMetadata(labels=("a", "b"), labels_by_locale={"de": ("a", "")})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InputMetadata(kind="picture"), r"kind is 'picture'; it is one of 'image', 'audio'"),  # type: ignore[arg-type]
        (lambda: InputMetadata(color_space="BGR"), r"color_space is 'BGR'"),  # type: ignore[arg-type]
        (lambda: InputMetadata(resize="stretch ", mean=()), r"resize is 'stretch '"),  # type: ignore[arg-type]
        (lambda: InputMetadata(mean=(1.0,)), "1 means and 0 standard deviations"),
        (lambda: InputMetadata(mean=(1.0,), std=(0.0,)), "cannot be applied"),
        (lambda: InputMetadata(mean=(math.nan,), std=(1.0,)), "cannot be applied"),
        (lambda: InputMetadata(crop_fraction=1.5), "the share that a crop keeps is 1.5"),
        (lambda: InputMetadata(pad=256), "pad is 256; a gray level goes from 0 to 255"),
        (lambda: InputMetadata(columns=("x", "x")), "each has a name of its own"),
        (lambda: InputMetadata(columns=("x", " ")), "each has a name of its own"),
        (lambda: InputMetadata(columns=("x" * 100_000,)), "1 columns; at most"),
        (lambda: InputMetadata(rate=0.0), "rate is 0.0; it is a number above 0"),
        (lambda: InputMetadata(rate=float("inf")), "rate is inf"),
        (lambda: InputMetadata(hop=-1.0), "hop is -1.0"),
        (lambda: InputMetadata(window=0), "window is 0"),
        (lambda: InputMetadata(sample_rate=-1), "a sample rate of -1"),
        (lambda: OutputMetadata(meaning="score"), "meaning is 'score'"),  # type: ignore[arg-type]
        (lambda: OutputMetadata(score_threshold=math.inf), "inf as the least score"),
        (lambda: ScoreCalibration(sigmoids=(), default_score=float("nan")), "NaN or infinite"),
        (lambda: ScoreCalibration(sigmoids=(None, Sigmoid(1, float("inf"), 0))), "NaN or infinite"),
        (lambda: ScoreCalibration(sigmoids=(Sigmoid(1, 1, 0, float("nan")),)), "NaN or infinite"),
        (lambda: ScoreCalibration(sigmoids=(), transformation="LOG"), "transformation is 'LOG'"),  # type: ignore[arg-type]
    ],
)
def test_values_that_mean_nothing_are_refused_when_they_are_made(make: Callable[[], object], message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        make()


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(MetadataError, match="cannot be stored as UTF-8"):
        small().with_metadata(said(labels=("a", "b", "c", "\ud800")))
    with pytest.raises(MetadataError, match="cannot be stored as UTF-8"):
        small().with_metadata(Metadata(author="\ud800"))


def test_numbers_beyond_32_bits_are_refused() -> None:
    with pytest.raises(MetadataError, match="does not fit into 32 bits"):
        small().with_metadata(said(score_threshold=1e300))


def test_provenance_that_is_no_json_is_refused() -> None:
    with pytest.raises(MetadataError, match="the provenance cannot be written as JSON"):
        small().with_metadata(Metadata(provenance=Provenance(measured={"when": object()})))


@pytest.mark.parametrize(
    "content",
    [
        b"{", b"\xff", b"[1]", b"[" * 100_000, b'{"task": 5}', b'{"inputs": [{"crop_fraction": "half"}]}',
        b'{"inputs": [{"crop_fraction": 7}]}', b'{"inputs": [{"resize": "twist"}]}', b'{"inputs": [{"resize": []}]}',
        b'{"inputs": [{"columns": "x,y"}]}', b'{"inputs": [{"columns": [["x"]]}]}', b'{"inputs": [{"columns": [1]}]}',
        b'{"inputs": [{"rate": true}]}', b'{"inputs": [{"rate": 1e999}]}', b'{"inputs": [{"window": 2.5}]}',
        b'{"outputs": [{"meaning": {}}]}', b'{"provenance": {"steps": 5}}', b'{"provenance": {"steps": [5]}}',
        b'{"provenance": {"tools": "all"}}', b"1" * 5000, b"NaN",
    ],
)  # fmt: skip
def test_a_damaged_file_of_our_own_costs_what_is_damaged(content: bytes) -> None:
    table = {"name": "x", "subgraph_metadata": [{"input_tensor_metadata": [{}], "output_tensor_metadata": [{}]}]}
    flatbuffer = encode(table, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER)
    read = read_metadata(flatbuffer, {OWN_FILE: content})
    assert read == Metadata(name="x", inputs=(InputMetadata(),), outputs=(OutputMetadata(),))
    [damage] = read.damage
    assert "\n" not in damage.text


@pytest.mark.parametrize("content", [b"1,2", b"1,2,3,4,5", b"1,2,x"])
def test_a_damaged_calibration_is_named_with_its_line(content: bytes) -> None:
    output = {
        "process_units": [{"options": ("ScoreCalibrationOptions", {})}],
        "associated_files": [{"name": "scores.csv", "type": 4}],
    }
    table = {"subgraph_metadata": [{"output_tensor_metadata": [output]}]}
    flatbuffer = encode(table, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER)
    [damage] = read_metadata(flatbuffer, {"scores.csv": b"1,2,3\n" + content}).damage
    assert damage.part == "score_calibration"
    assert "scores.csv inside the model, line 2: " in damage.text


_words = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\ufeff"), max_size=12)


@given(
    st.lists(_words, min_size=4, max_size=4).filter(lambda labels: bool(labels[-1])),
    st.text(st.characters(codec="utf-8")),
)
def test_any_labels_and_texts_survive(labels: list[str], text: str) -> None:
    metadata = dataclasses.replace(said(labels=tuple(labels)), description=text.replace("\0", ""))
    assert again(metadata) == metadata


@given(st.binary(max_size=200))
def test_any_bytes_as_metadata_are_read_or_an_error_about_metadata(data: bytes) -> None:
    for content in (data, data[:4] + FILE_IDENTIFIER + data[4:]):
        try:
            read_metadata(content, {})
        except MetadataError as error:
            assert "\n" not in str(error)  # noqa: PT017


@given(st.data())
def test_damaged_metadata_is_read_or_an_error_about_metadata(data: st.DataObject) -> None:
    flatbuffer, files = write_metadata(FULL)
    damaged = bytearray(flatbuffer)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        write_metadata(read_metadata(bytes(damaged), files))
    except MetadataError as error:
        assert "\n" not in str(error)  # noqa: PT017


SSD = "models/ssd_mobilenet_v1_coco_quant_{}.tflite"


@pytest.mark.parametrize("name", ["metadata", "score_calibration"])
def test_boxes_of_published_detectors(name: str, shared_file: SharedFile) -> None:
    boxes = ModelFile.read(shared_file(SSD.format(name))).metadata.outputs[0].boxes
    assert boxes == BoxLayout(type="boundaries", order=(1, 0, 3, 2), pixels=False)
    assert boxes.names == ("top", "left", "bottom", "right")


@pytest.mark.parametrize(
    ("layout", "names"),
    [
        (BoxLayout(), ("left", "top", "right", "bottom")),
        (BoxLayout(order=(3, 1, 0, 2)), ("right", "top", "bottom", "left")),
        (BoxLayout(type="upper_left", order=(0, 2, 1, 3)), ("left", "width", "top", "height")),
        (BoxLayout(type="center"), ("center x", "center y", "width", "height")),
    ],
)
def test_boxes_come_back_as_they_were_written(layout: BoxLayout, names: tuple[str, ...]) -> None:
    assert layout.names == names
    assert again(said(kind="bounding_box", boxes=layout)).outputs[0].boxes == layout


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"index": [1, 0, 3]}, "it has each of 0 to 3 once"),
        ({"index": [0, 1, 2, 2**32 - 1]}, "it has each of 0 to 3 once"),
        ({"index": [7] * 100_000}, "it has each of 0 to 3 once"),
        ({"type": 4}, "of type 4 .* are unknown"),
        ({"type": -1}, "of type -1 .* are unknown"),
        ({"coordinate_type": 2}, "in coordinates of type 2 are unknown"),
    ],
)
def test_boxes_of_strangers_are_damage_in_one_line(properties: dict[str, Any], words: str) -> None:
    content = {"content_properties": ("BoundingBoxProperties", properties)}
    table = {"subgraph_metadata": [{"output_tensor_metadata": [{"name": "location", "content": content}]}]}
    read = read_metadata(encode(table, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER), {})
    assert (read.outputs[0].name, read.outputs[0].boxes) == ("location", None)
    [damage] = read.damage
    assert re.search(words, damage.text)
    assert "\n" not in damage.text
    assert len(damage.text) < 200


def test_boxes_belong_to_an_output_of_boxes() -> None:
    with pytest.raises(MetadataError, match="an output of kind None says how its numbers are boxes"):
        OutputMetadata(boxes=BoxLayout())


def test_metadata_of_a_scalar_output() -> None:
    tables = one_operator("ADD", [tensor([1]), tensor([1])], [tensor([1])], ("AddOptions", {}))
    model = ModelFile.build(tables, {})
    assert model.with_metadata(said(labels=("yes",))).metadata.outputs[0].labels == ("yes",)


def test_what_the_standard_has_no_field_for_is_in_our_own_file() -> None:
    own = json.loads(small().with_metadata(FULL).files[OWN_FILE])
    assert own["format"] == 1
    assert own["task"] == "image-classification"
    assert own["inputs"] == [
        {"resize": "letterbox", "interpolation": "bicubic", "pad": 114},
        {
            "resize": "crop",
            "crop_fraction": 0.875,
            "columns": ["left", "right, far"],
            "rate": 12.5,
            "window": 4,
            "hop": 0.08,
        },
    ]
    assert own["outputs"] == [{"meaning": "probabilities"}]
    assert own["provenance"]["source"] == "flowers.keras"


def test_an_entry_that_points_at_weights_does_not_overwrite_them() -> None:
    numbers = bytes(range(16))
    tables = one_operator("ADD", [tensor([4]), tensor([4], data=numbers)], [tensor([4])], ("AddOptions", {}))
    tables["metadata"] = [{"name": ENTRY, "buffer": 1}]
    written = ModelFile.build(tables, {}).with_metadata(Metadata(name="new"))
    assert bytes(written.constant(written.main.tensors[1])) == numbers
    assert written.metadata.name == "new"
