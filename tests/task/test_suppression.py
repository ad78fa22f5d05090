import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.media import Box
from edgewright.task.suppression import suppress


def _boxes(*sides):
    return np.array(sides, np.float32)


def _by_definition(xyxy, scores, classes, iou):
    """One box after the other, each held against all that stay."""
    kept = []
    for place in sorted(range(len(scores)), key=lambda place: (-scores[place], place)):
        box = Box(*map(float, xyxy[place]))
        rivals = [one for one in kept if classes is None or classes[one] == classes[place]]
        if all(Box(*map(float, xyxy[one])).iou(box) <= iou for one in rivals):
            kept.append(place)
    return kept


def test_of_boxes_that_cover_one_another_the_best_stays():
    xyxy = _boxes((0, 0, 10, 10), (1, 0, 11, 10), (20, 20, 30, 30))
    assert suppress(xyxy, np.array([0.6, 0.9, 0.3])).tolist() == [1, 2]


def test_boxes_of_different_classes_leave_one_another_alone():
    xyxy, scores = _boxes((0, 0, 10, 10), (1, 0, 11, 10)), np.array([0.6, 0.9])
    assert suppress(xyxy, scores, np.array([3, 7])).tolist() == [1, 0]
    assert suppress(xyxy, scores, np.array([3, 3])).tolist() == [1]


def test_an_overlap_of_just_the_limit_stays():
    xyxy, scores = _boxes((0, 0, 10, 10), (0, 0, 10, 5)), np.array([0.9, 0.6])
    assert suppress(xyxy, scores, iou=0.5).tolist() == [0, 1]
    assert suppress(xyxy, scores, iou=0.49).tolist() == [0]


def test_a_box_that_was_dropped_drops_no_other():
    chain = _boxes((0, 0, 10, 10), (4, 0, 14, 10), (8, 0, 18, 10))
    assert suppress(chain, np.array([0.9, 0.8, 0.7]), iou=0.4).tolist() == [0, 2]


def test_the_best_few():
    xyxy = _boxes(*((20 * place, 0, 20 * place + 10, 10) for place in range(5)))
    assert suppress(xyxy, np.array([0.1, 0.5, 0.5, 0.2, 0.9]), most=3).tolist() == [4, 1, 2]


@pytest.mark.parametrize("sides", [(0, 0, 0, 0), (5, 5, 5, 9)])
def test_empty_boxes_cover_nothing(sides):
    assert suppress(_boxes(sides, sides), np.array([0.9, 0.8])).tolist() == [0, 1]


def test_nothing_in_nothing_out():
    assert suppress(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64)).tolist() == []


_corner = st.integers(0, 12)


@given(
    st.lists(st.tuples(_corner, _corner, _corner, _corner, st.integers(0, 9), st.integers(0, 2)), max_size=25),
    st.sampled_from([0.3, 0.5, 0.7]),
    st.booleans(),
)
def test_it_keeps_what_the_definition_keeps(rows, iou, with_classes):
    table = np.array(rows, np.float64).reshape(-1, 6)
    xyxy = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1)
    classes = table[:, 5].astype(np.int64) if with_classes else None
    assert suppress(xyxy, table[:, 4], classes, iou=iou).tolist() == _by_definition(xyxy, table[:, 4], classes, iou)
