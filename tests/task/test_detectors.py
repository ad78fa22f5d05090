"""Golden vectors: every form in which a detector's file can say its boxes, each with things at known places."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.errors import DataError, EdgewrightError, MetadataError, UsageError
from edgewright.model import BoxLayout, Metadata, ModelFile, OutputMetadata, detector_options
from edgewright.task import Detections, kind_of, open_task
from model import builders

from .detector_files import (
    FLOAT,
    LABELS,
    SIZE,
    THINGS,
    Stored,
    Thing,
    constants,
    described,
    detector_metadata,
    finished,
    post_processed,
    raw,
)

LANDSCAPE, PORTRAIT = (90, 270), (300, 100)


def found(model: ModelFile, size: tuple[int, int] = LANDSCAPE, **options: Any) -> Detections:
    with open_task(model, **options) as detect:
        return detect(np.zeros((*size, 3), np.uint8))


def expect(detections: Detections, things: Sequence[Thing], *, atol: float = 0.01, sure: float = 1e-4) -> None:
    """Those things and no others, the best first, in pixels of a picture that was stretched."""
    height, width = detections.size
    best = sorted(things, key=lambda thing: -thing.score)
    assert detections.class_id.tolist() == [thing.index for thing in best]
    np.testing.assert_allclose(detections.confidence, [thing.score for thing in best], atol=sure)
    sides = [(one.x0 * width, one.y0 * height, one.x1 * width, one.y1 * height) for one in best]
    np.testing.assert_allclose(detections.xyxy, sides, atol=atol)


SHOWN = THINGS[:3]
"""Those above the usual threshold, 0.3."""


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT])
@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_operators_outputs_are_told_in_any_order(order: tuple[int, ...], size: tuple[int, int]) -> None:
    """EfficientDet-Lite has scores, boxes, number, classes; nothing but the operator says so."""
    detections = found(post_processed(order=order), size, labels=LABELS)
    expect(detections, SHOWN)
    assert [one.label for one in detections] == ["cat", "ant", "bee"]


@pytest.mark.parametrize("order", [("scores", "boxes", "number", "classes"), ("number", "classes", "scores", "boxes")])
def test_labels_are_found_where_the_operators_outputs_are_ordered_otherwise(order: tuple[str, ...]) -> None:
    places = [("boxes", "classes", "scores", "number").index(role) for role in order]
    said = described(post_processed(order=places), order, boxes={"boxes": BoxLayout(order=(1, 0, 3, 2))})
    with open_task(said) as detect:
        assert detect.labels == LABELS
        assert detect.notices == ()
        expect(detect(np.zeros((*PORTRAIT, 3), np.uint8)), SHOWN)


def test_metadata_that_mistakes_the_outputs_is_said_and_the_operator_holds() -> None:
    """Some files name their outputs in the operator's order although the model has another one."""
    model = described(post_processed(order=(2, 0, 3, 1)))
    with open_task(model) as detect:
        assert detect.notices == (
            "its metadata mistakes the outputs for one another; the order of TFLite_Detection_PostProcess holds",
        )
        assert detect.labels == LABELS
        expect(detect(np.zeros((*LANDSCAPE, 3), np.uint8)), SHOWN)


@pytest.mark.parametrize("layout", [BoxLayout(order=(0, 1, 2, 3)), BoxLayout(type="center"), BoxLayout(pixels=True)])
def test_metadata_that_describes_other_boxes_than_the_operators_is_said(layout: BoxLayout) -> None:
    with open_task(described(post_processed(), boxes={"boxes": layout})) as detect:
        assert "its metadata describes other boxes" in detect.notices[0]
        expect(detect(np.zeros((*LANDSCAPE, 3), np.uint8)), SHOWN)


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT])
@pytest.mark.parametrize("pixels", [False, True])
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 0, 3, 2), (0, 2, 1, 3), (2, 3, 0, 1), (3, 1, 0, 2)])
@pytest.mark.parametrize("kind", ["boundaries", "upper_left", "center"])
def test_boxes_are_what_the_metadata_says(kind: Any, order: Any, pixels: bool, size: tuple[int, int]) -> None:
    layout = BoxLayout(type=kind, order=order, pixels=pixels)
    model = described(finished(layout=layout), boxes={"boxes": layout})
    assert kind_of(model).name == "detection"
    expect(found(model, size), SHOWN)


@pytest.mark.parametrize("order", list(permutations(("boxes", "classes", "scores", "number"))))
def test_outputs_are_told_by_their_metadata_in_any_order(order: tuple[str, ...]) -> None:
    expect(found(described(finished(order=order), order)), SHOWN)


def test_without_a_number_of_things_all_of_them_count() -> None:
    order = ("classes", "scores", "boxes")
    expect(found(described(finished(order=order, room=4), order)), SHOWN)


def test_scores_are_told_by_their_group() -> None:
    """Two outputs have scores; those in the group of the boxes belong to them."""
    things = [(np.full((1, 4), 0.95, np.float32), Stored())]
    boxes, classes, scores, number = (constant for constant in _outputs())
    model = constants([*things, boxes, classes, scores, number])
    names = ("quality score", "location", "category", "score", "number of detections")
    kinds: list[dict[str, Any]] = [{}] * 5
    kinds[1] = {"kind": "bounding_box", "boxes": BoxLayout()}
    kinds[2] = {"labels": LABELS, "label_target": "value"}
    outputs = tuple(OutputMetadata(name=name, **more) for name, more in zip(names, kinds, strict=True))
    written = model.with_metadata(Metadata(outputs=outputs))
    assert kind_of(written).name == "tensors"
    table = written.metadata.carried.table
    table["subgraph_metadata"][0]["output_tensor_groups"] = [
        {"name": "detection_result", "tensor_names": ["location", "category", "score"]}
    ]
    grouped = model.with_metadata(written.metadata)
    expect(found(grouped), SHOWN)


def _outputs() -> list[tuple[Any, Stored]]:
    boxes = np.array([[[thing.x0, thing.y0, thing.x1, thing.y1] for thing in THINGS]], np.float32)
    classes = np.array([[thing.index for thing in THINGS]], np.float32)
    scores = np.array([[thing.score for thing in THINGS]], np.float32)
    return [(array, Stored()) for array in (boxes, classes, scores, np.array([4], np.float32))]


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_each_output_has_a_scale_of_its_own(dtype: str) -> None:
    zero = -128 if dtype == "int8" else 0
    stored = {
        "boxes": Stored(dtype, 1 / 200, zero + 20),
        "classes": Stored(dtype, 1.0, zero),
        "scores": Stored(dtype, 1 / 256, zero),
        "number": Stored(dtype, 1.0, zero),
    }
    expect(found(described(finished(stored=stored))), SHOWN, atol=0.8, sure=1 / 256)


def test_a_number_of_things_that_eight_bits_say_a_little_too_low_is_rounded() -> None:
    model = finished(SHOWN, stored={"number": Stored("uint8", 0.3333, 0)})
    expect(found(described(model)), SHOWN)


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT])
def test_boxes_of_a_letterbox_lie_in_the_picture_without_its_borders(size: tuple[int, int]) -> None:
    """The input shows the picture with borders; what lies on a border is cut off at the picture's edge."""
    detections = found(described(finished()), size, resize="letterbox")
    (height, width), (rows, columns) = size, SIZE
    scale = min(rows / height, columns / width)
    left, top = (columns - width * scale) / 2, (rows - height * scale) / 2
    for detection, thing in zip(detections, SHOWN, strict=True):
        x0, x1 = np.clip((np.array([thing.x0, thing.x1]) * columns - left) / scale, 0, width)
        y0, y1 = np.clip((np.array([thing.y0, thing.y1]) * rows - top) / scale, 0, height)
        assert detection.box.xyxy == pytest.approx((x0, y0, x1, y1), abs=max(height, width) / 60)


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT])
@pytest.mark.parametrize("scores_first", [False, True])
@pytest.mark.parametrize("logits", [False, True])
def test_raw_boxes_are_decoded_with_the_anchors(size: tuple[int, int], scores_first: bool, logits: bool) -> None:
    model, anchors = raw(scores_first=scores_first, logits=logits)
    meaning = "logits" if logits else "probabilities"
    expect(found(model, size, anchors=anchors, labels=LABELS, meaning=meaning), SHOWN)


@pytest.mark.parametrize(("logits", "maker"), [(True, ""), (False, ""), (True, "LOGISTIC")])
def test_raw_scores_are_logits_where_one_is_below_zero(logits: bool, maker: str) -> None:
    """Sigmoids of each layer, joined behind them, are no longer seen in the graph: their range tells them."""
    model, anchors = raw(logits=logits, maker=maker)
    expect(found(model, anchors=anchors, labels=LABELS), SHOWN)


def test_logits_that_are_called_probabilities_are_one_line() -> None:
    model, anchors = raw([Thing(0.1, 0.1, 0.9, 0.9, 0, 0.99)])
    with pytest.raises(DataError, match=r"a score is 4\.\d+, and they go from 0 to 1. Pass meaning='logits'"):
        found(model, anchors=anchors, labels=LABELS, meaning="probabilities")


@pytest.mark.parametrize("maker", ["SOFTMAX", "LOGISTIC"])
def test_one_score_more_than_labels_is_the_background(maker: str) -> None:
    model, anchors = raw(background=True, maker=maker)
    with open_task(model, anchors=anchors, labels=LABELS) as detect:
        assert "the first one is taken for the background class" in detect.notices[0]
        expect(detect(np.zeros((*LANDSCAPE, 3), np.uint8)), SHOWN)
    expect(found(model, anchors=anchors, labels=("background", *LABELS)), SHOWN)


@pytest.mark.parametrize(("maker", "labels"), [("SOFTMAX", None), ("", ["background"]), ("LOGISTIC", ["???"])])
def test_a_detector_of_nothing_but_the_background_is_refused(maker: str, labels: list[str] | None) -> None:
    outputs = [(np.zeros((1, 24, count), np.float32), FLOAT) for count in (4, 1)]
    said = {} if labels is None else {"labels": labels}
    with pytest.raises(UsageError, match="its only score is that of the background: it can find nothing"):
        open_task(constants(outputs, makers=["", maker]), anchors=np.full((24, 4), 0.5), **said)


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_raw_outputs_have_a_scale_each(dtype: str) -> None:
    zero = -128 if dtype == "int8" else 0
    model, anchors = raw(stored=(Stored(dtype, 0.04, zero + 128), Stored(dtype, 0.06, zero + 160)))
    expect(found(model, anchors=anchors, labels=LABELS), SHOWN, atol=1, sure=0.01)


def test_other_scales_of_raw_boxes() -> None:
    model, anchors = raw(scales=(1, 1, 1, 1), four_dimensions=True)
    expect(found(model, anchors=anchors, box_scales=(1, 1, 1, 1), labels=LABELS), SHOWN)


def test_raw_boxes_of_one_class_that_overlap_are_one_thing() -> None:
    twice = (*SHOWN, Thing(0.26, 0.10, 0.75, 0.90, 2, 0.7), Thing(0.26, 0.10, 0.75, 0.90, 1, 0.5))
    model, anchors = raw(twice)
    expect(found(model, anchors=anchors, labels=LABELS), [*SHOWN, twice[-1]])
    assert len(found(model, anchors=anchors, labels=LABELS, iou=1.0)) == 5
    assert len(found(model, anchors=anchors, labels=LABELS, most=2)) == 2


@pytest.mark.parametrize("suffix", [".npy", ".csv", ".txt"])
def test_anchors_of_a_file(tmp_path: Path, suffix: str) -> None:
    model, anchors = raw()
    path = tmp_path / f"anchors{suffix}"
    if suffix == ".npy":
        np.save(path, anchors)
    else:
        lines = [",".join(map(repr, row)) for row in anchors.tolist()]
        path.write_text("\n".join(["y,x,height,width", *lines] if suffix == ".csv" else lines))
    expect(found(model, anchors=path, labels=LABELS), SHOWN)
    expect(found(model, anchors=str(path), labels=LABELS), SHOWN)


@pytest.mark.parametrize("shape", [(1, 384), (1, 40, 60, 5), (40, 60, 3, 1, 1)])
def test_two_outputs_of_anything_but_a_picture_are_no_boxes(shape: tuple[int, ...]) -> None:
    arrays = [(np.zeros((1, 24, width), np.float32), Stored()) for width in (4, 3)]
    assert kind_of(constants(arrays)).name == "detection"
    assert kind_of(constants(arrays, shape=shape)).name == "tensors"


def test_anchors_that_are_missing_are_asked_for_in_one_line() -> None:
    with pytest.raises(UsageError) as caught:
        open_task(raw().model)
    assert "relative to 24 anchors, which are not in the file. Pass them with anchors='FILE'" in str(caught.value)
    assert "\n" not in str(caught.value)


def with_detector_metadata(model: ModelFile, data: bytes) -> ModelFile:
    written = model.with_metadata(
        Metadata(outputs=(OutputMetadata(name="location"), OutputMetadata(name="score", labels=LABELS)))
    )
    table = written.metadata.carried.table
    table["subgraph_metadata"][0]["custom_metadata"] = [{"name": "DETECTOR_METADATA", "data": data}]
    return model.with_metadata(written.metadata)


@pytest.mark.parametrize("logits", [False, True])
def test_anchors_in_the_files_metadata_are_used(logits: bool) -> None:
    model, anchors = raw(logits=logits)
    expect(found(with_detector_metadata(model, detector_metadata(anchors, logits=logits))), SHOWN)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"rubbish", "DETECTOR_METADATA"),
        (detector_metadata(np.zeros((0, 4))), "has no anchors"),
        (detector_metadata(np.ones((24, 4)), num_coords=16), "boxes of 16 numbers"),
        (detector_metadata(np.ones((24, 4)), scale=0.0), "they are numbers other than 0"),
        (detector_metadata(np.ones((24, 4)), scale=float("nan")), "they are numbers other than 0"),
        (detector_metadata(np.ones((23, 4))), r"of shape \[23, 4\]; this model has 24 anchors"),
        (detector_metadata(np.full((24, 4), np.nan)), "is no number"),
        (detector_metadata(np.ones((24, 4)))[:-40], "DETECTOR_METADATA"),
    ],
)
def test_detector_metadata_of_strangers_is_one_line(data: bytes, words: str) -> None:
    with pytest.raises(EdgewrightError, match=words) as caught:
        open_task(with_detector_metadata(raw().model, data))
    assert "\n" not in str(caught.value)


def test_most_files_have_no_detector_metadata() -> None:
    assert detector_options(Metadata()) is None


HUGE = (
    b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999, 4), }".ljust(128) + b"\n"
)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.npy", b"", "the anchors cannot be read"),
        ("a.npy", b"rubbish", "the anchors cannot be read"),
        ("a.npy", HUGE, "the anchors cannot be read"),
        ("a.npy", HUGE.replace(b"<f8", b"|O "), "the anchors cannot be read"),
        ("a.csv", b"\xff\xfe\x00", "the anchors cannot be read"),
        ("a.csv", b"1,2,3\n4,5\n", "are expected"),
        ("a.csv", b"", r"of shape \[0\]; this model has 24 anchors"),
        ("a.csv", b"0.5,0.5,0.1,nan\n" * 24, "is no number"),
        ("a.csv", b"0.5,0.5,0.1,0\n" * 24, "has no size"),
        ("a.csv", b"150,150,30,30\n" * 24, "Divide by its size"),
        ("a.csv", b"1,2,3,4,5\n" * 24, r"of shape \[24, 5\]"),
        ("missing.csv", None, "the anchors cannot be read: No such file"),
    ],
)
def test_files_of_anchors_from_strangers_are_one_line(tmp_path: Path, name: str, content: Any, words: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=words) as caught:
        open_task(raw().model, anchors=path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"box_scales": (1, 2)}, "four numbers are expected"),
        ({"box_scales": (1, 2, 3, 0)}, "all four are above 0"),
        ({"iou": 2}, "the overlap of two boxes goes from 0 to 1"),
        ({"labels": ("one", "two", "three", "four", "five")}, "5 labels do not fit the model's 3 scores"),
        ({"anchors": "no numbers"}, "the anchors cannot be read"),
        ({"anchors": [["a"] * 4] * 24}, "are expected"),
    ],
)
def test_options_of_raw_boxes_that_make_no_sense_are_one_line(options: dict[str, Any], words: str) -> None:
    model, anchors = raw()
    with pytest.raises(UsageError, match=words):
        open_task(model, **{"anchors": anchors, **options})


@pytest.mark.parametrize("labels", [("a", "b"), ("a", "b", "c", "d")])
def test_labels_of_another_number_than_the_operators_classes_are_refused(labels: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=f"{len(labels)} labels do not fit the model's 3 classes"):
        open_task(post_processed(), labels=labels)


@pytest.mark.parametrize("first", ["background", "???"])
def test_a_background_that_the_operator_does_not_count_is_left_out(first: str) -> None:
    with open_task(post_processed(), labels=(first, *LABELS)) as detect:
        assert detect.labels == LABELS
        assert "the first of 4 labels is the background" in detect.notices[0]


def test_coco_s_80_labels_are_explained() -> None:
    words = "80 labels do not fit the model's 90 classes. .* COCO's 80 labels belong to 90 classes"
    with pytest.raises(UsageError, match=words):
        open_task(post_processed(classes=90), labels=[f"label {place}" for place in range(80)])


def test_a_custom_operator_that_the_runtime_lacks_is_named_in_one_line() -> None:
    shapes = ((1, 6, 4), (1, 6), (1, 6), (1,))
    tensors = [builders.tensor((1, *SIZE, 3), "uint8"), *(builders.tensor(shape) for shape in shapes)]
    last = builders.operator("my_post_process", [0], [1, 2, 3, 4])
    unknown = ModelFile.read(builders.raw(builders.model(builders.subgraph(tensors, [last], [0], [1, 2, 3, 4]))))
    with pytest.raises(EdgewrightError, match="does not know the custom operator my_post_process") as caught:
        open_task(described(unknown))
    assert "\n" not in str(caught.value)


def test_another_kind_of_task_than_the_files_is_one_line(shared_file: Any) -> None:
    for name in ("mobilenet_v2_1.0_224_quant", "yamnet", "deeplabv3_mnv2_dm05_pascal_quant", "movie_review"):
        with pytest.raises(UsageError, match="this is no detector") as caught:
            open_task(ModelFile.read(shared_file(f"models/{name}.tflite")), task="detection")
        assert "\n" not in str(caught.value)
    for task in ("classification", "segmentation", "pose", "faces", "embedding"):
        with pytest.raises(UsageError) as caught:
            open_task(described(finished()), task=task)
        assert "\n" not in str(caught.value)


def test_boxes_without_a_type_are_asked_about() -> None:
    model = described(finished(), boxes={"boxes": BoxLayout(type=None)})
    with pytest.raises(UsageError, match="does not say what their four numbers are"):
        open_task(model)


@pytest.mark.parametrize("number", [-1.0, 7.0, float("nan"), float("inf")])
def test_a_number_of_things_that_cannot_be_is_one_line(number: float) -> None:
    arrays = _outputs()
    model = described(constants([*arrays[:3], (np.array([number], np.float32), Stored())]))
    with pytest.raises(DataError, match="the model says that it found"):
        found(model)


def test_boxes_that_are_no_numbers_are_one_line_where_they_would_be_shown() -> None:
    arrays = _outputs()
    arrays[0][0][0, 3] = np.nan
    expect(found(described(constants(arrays))), SHOWN)
    arrays[0][0][0, 0] = np.nan
    with pytest.raises(DataError, match="NaN or infinity"):
        found(described(constants(arrays)))


def test_outputs_of_different_lengths_are_one_line() -> None:
    boxes, classes, scores, number = _outputs()
    short = (scores[0][:, :2], scores[1])
    with pytest.raises(DataError, match="are not as many of each"):
        found(described(constants([boxes, classes, short, number])))


def test_a_threshold_for_each_label() -> None:
    model = described(finished())
    assert [one.label for one in found(model, threshold={"cat": 0.95, "bee": 0.35})] == ["ant", "bee"]
    assert [one.label for one in found(model, threshold={"ant": 0.1, None: 0.95})] == ["ant", "ant"]
    assert [one.label for one in found(model, threshold={"ant": 0.1})] == ["cat", "ant", "bee", "ant"]
    raw_model, anchors = raw()
    shown = found(raw_model, anchors=anchors, labels=LABELS, threshold={"cat": 0.95, "ant": 0.1})
    assert [one.label for one in shown] == ["ant", "bee", "ant"]


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        ({"cow": 0.5}, "there is no label 'cow'"),
        ({"cat": 1.5}, "threshold of 'cat' is 1.5; scores go from 0 to 1"),
        ({"cat": "much"}, "threshold of 'cat' is 'much'; scores go from 0 to 1"),
        ("much", "threshold is 'much'; scores go from 0 to 1"),
        ({None: 7}, "threshold is 7; scores go from 0 to 1"),
    ],
)
def test_thresholds_that_make_no_sense_are_one_line(threshold: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        open_task(described(finished()), threshold=threshold)


def test_a_threshold_for_each_label_is_for_detectors_alone(shared_file: Any) -> None:
    with pytest.raises(UsageError, match="segmentation has one threshold for all"):
        open_task(ModelFile.read(shared_file("models/selfie_segmenter_landscape.tflite")), threshold={"cat": 0.5})


@pytest.mark.parametrize("most", [0, -1, 1.5, "two", True])
def test_a_number_of_detections_that_is_none_is_refused(most: Any) -> None:
    with pytest.raises(UsageError, match=r"most is .*; at least 1 is needed"):
        open_task(described(finished()), most=most)


def test_box_properties_survive_being_written_with_everything_else() -> None:
    layout = BoxLayout(type="center", order=(1, 0, 3, 2), pixels=True)
    model = described(finished(), boxes={"boxes": layout})
    again = model.with_metadata(model.metadata)
    assert again.metadata == model.metadata
    assert again.metadata.outputs[0].boxes == layout


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 0, 1, 2), (1, 2, 3, 4), (0, 1, 2, 3, 4)])
def test_an_order_of_boxes_that_leaves_one_number_out_is_refused(order: tuple[int, ...]) -> None:
    with pytest.raises(MetadataError, match="it has each of 0 to 3 once"):
        BoxLayout(order=order)
