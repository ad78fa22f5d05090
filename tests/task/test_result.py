"""The one language of results: what crosses between processes, and how entries are found without making all."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.media import Box, Keypoints
from edgewright.task import Classification, Observation, Result, in_one_line, observations_of

number = st.floats(allow_nan=False, allow_infinity=False, width=32)
side = st.floats(0, 5000, width=32)


@given(st.text(), number, st.integers(0, 10**6), side, side, st.none() | st.tuples(side, side), st.none() | st.just(7))
def test_an_observation_survives_json(
    label: str, score: float, index: int, x: float, y: float, span: tuple[float, float] | None, track: int | None
) -> None:
    observation = Observation(label, score, index, Box(x, y, x + 5, y + 5, 0.25), span=span, track=track)
    assert Observation.of(json.loads(json.dumps(observation.to_dict()))) == observation


def test_keypoints_survive_json() -> None:
    points = Keypoints(np.array([[1, 2, 0.5], [3, 4, 0.25]], np.float32), ("nose", "left eye"))
    back = Observation.of(json.loads(json.dumps(Observation("person", 0.5, 0, keypoints=points).to_dict()))).keypoints
    assert back is not None
    assert back.names == points.names
    np.testing.assert_array_equal(back.points, points.points)


def test_what_is_not_said_is_left_out() -> None:
    assert Observation("cat", 0.5, 3).to_dict() == {"label": "cat", "score": 0.5, "index": 3}


@pytest.fixture
def ranking() -> Classification:
    scores = np.linspace(0, 1, 1001, dtype=np.float32)
    return Classification(scores, (*(f"class {n}" for n in range(1000)), "class 3"), threshold=0.5)


def test_a_label_far_down_is_found(ranking: Classification) -> None:
    """Two classes of one name: the better one first; the threshold of what is shown has no say in it."""
    found = observations_of(ranking, {"class 3", "class 7", "unheard of"})
    assert [observation.index for observation in found] == [1000, 7, 3]
    assert found == [one for one in ranking.observations() if one.label in {"class 3", "class 7"}]


def test_one_line_shows_what_is_worth_it(ranking: Classification) -> None:
    assert in_one_line(ranking, 2) == "class 3 1.00; class 999 >0.99"
    assert isinstance(ranking, Result)
