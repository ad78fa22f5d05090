"""Targets are values that validate themselves, and take the numbering of a model."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.data import (
    BoxesTarget,
    ClassTarget,
    Dataset,
    EventsTarget,
    KeypointsTarget,
    MaskTarget,
    Target,
    TextTarget,
    load_samples,
    open_dataset,
)
from edgewright.errors import DataError

BOXES = BoxesTarget(np.array([[0, 0, 2, 2], [1, 1, 3, 4.5], [0, 0, 1, 1]]), np.array([1, 0, 1]))
MASK = MaskTarget(np.array([[0, 1], [255, 1]], np.uint8))
EVENTS = EventsTarget(np.array([[0, 1.5], [1, 2]]), np.array([0, 1]))
KEYPOINTS = KeypointsTarget(np.zeros((2, 3, 3)), ("nose", "ear", "eye"), np.ones(2))


@pytest.mark.parametrize("target", [ClassTarget(1), BOXES, MASK, EVENTS, KEYPOINTS, TextTarget(("yes",))])
def test_each_is_a_target(target: object):
    assert isinstance(target, Target)


def test_classes_move_to_the_places_of_a_model():
    places = {0: 7, 1: 2}
    assert ClassTarget(1).renumbered(places) == ClassTarget(2)
    assert BOXES.renumbered(places).class_id.tolist() == [2, 7, 2]
    assert MASK.renumbered(places).class_id.tolist() == [[7, 2], [255, 2]]
    assert EVENTS.renumbered(places).class_id.tolist() == [7, 2]
    assert BOXES.classes == MASK.classes == EVENTS.classes == {0, 1}


def test_they_are_said_in_a_few_words():
    labels = ("cat", "dog")
    assert ClassTarget(1).text(labels) == "dog"
    assert ClassTarget(2).text(labels) == "class 2"
    assert BOXES.text(labels) == "2 dog, 1 cat"
    assert BoxesTarget(np.zeros((0, 4)), np.zeros(0, np.int64)).text(labels) == "nothing"
    assert MASK.text(labels) == "cat, dog"
    assert KEYPOINTS.text(labels) == "2 of 3 keypoints each"


def test_their_arrays_cannot_be_changed():
    for array in (BOXES.xyxy, BOXES.crowd, MASK.class_id, EVENTS.spans, KEYPOINTS.points):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: ClassTarget(-1), "class -1: classes count from 0"),
        (lambda: BoxesTarget(np.array([[0, 0, np.nan, 1]]), np.array([0])), "boxes hold NaN or infinity"),
        (lambda: BoxesTarget(np.array([[2, 0, 1, 1]]), np.array([0])), "is no box"),
        (lambda: BoxesTarget(np.array([[0, 0, 1]]), np.array([0])), r"boxes of shape \(1, 3\)"),
        (lambda: BoxesTarget(np.array([[0, 0, 1, 1]]), np.array([0, 1])), "1 boxes with 2 classes"),
        (lambda: BoxesTarget(np.array([[0, 0, 1, 1]]), np.array([-1])), "whole numbers from 0"),
        (lambda: BoxesTarget(np.array([[0, 0, 1, 1]]), np.array([0.5])), "whole numbers from 0"),
        (lambda: MaskTarget(np.array([[0.5]])), "a mask of float64"),
        (lambda: MaskTarget(np.zeros((2, 2, 3), np.uint8)), "a mask of uint8"),
        (lambda: EventsTarget(np.array([[2, 1]]), np.array([0])), "is no span"),
        (lambda: EventsTarget(np.array([[-1, 1]]), np.array([0])), "is no span"),
        (lambda: KeypointsTarget(np.zeros((2, 2, 3)), ("nose",), np.ones(2)), "with 1 names"),
        (lambda: KeypointsTarget(np.full((1, 1, 3), np.inf), ("nose",), np.ones(1)), "are finite"),
        (lambda: TextTarget(()), "at least one text"),
    ],
)
def test_what_cannot_be_is_refused(make, says: str):
    with pytest.raises(DataError, match=says):
        make()


def test_a_data_set_of_boxes_needs_no_second_class():
    data = Dataset(("a.jpg", "b.jpg"), [BOXES.renumbered({0: 0, 1: 0})] * 2, ("thing",), "d", "d")
    assert data.y is None
    assert data.target(1) is data.targets[1]
    with pytest.raises(DataError, match=r"d: no class for each input\. They are labeled with BoxesTarget"):
        load_samples(data)


def test_pairs_of_input_and_target_are_a_data_set():
    data = open_dataset([("a.jpg", BOXES), ("b.jpg", BOXES)])
    assert data.classes == ("0", "1")
    assert data.input_name(1) == "b.jpg"


def test_one_class_and_no_class_are_enough_to_evaluate():
    one = open_dataset([(np.zeros(2), "cat")] * 3)
    assert one.classes == ("cat",)
    assert one.target(2) == ClassTarget(0)
    with pytest.raises(DataError, match=r"of one class, 'cat'\. A classifier needs at least two"):
        load_samples(one)
    assert open_dataset(np.zeros((3, 2))).target(0) is None
