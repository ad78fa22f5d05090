"""Series from sensors: windows classified, anomalies found by an autoencoder, and their threshold fitted."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.errors import DataError, UsageError
from edgewright.model import ModelFile
from edgewright.task import SeriesEvents, files_of, fit_threshold, in_one_line, open_task, runs

from .series_models import SCALE, autoencoder, dense, described

RATE = 10.0
SAID = {"columns": ("x", "y"), "rate": RATE}


def answer(file: ModelFile, source: Any, **options: Any) -> SeriesEvents:
    with open_task(file, **options) as watch:
        result = watch(source)
    assert isinstance(result, SeriesEvents)
    return result


def shaken(rows: int, *, first: int, behind: int) -> np.ndarray[Any, Any]:
    """Two columns that do not move but from one row to another, where the first jumps by 1 up and down."""
    values = np.full((rows, 2), 0.5, np.float32)
    values[first:behind:2, 0] += 1
    values[first + 1 : behind : 2, 0] -= 1
    return values


# ----- anomalies


@pytest.mark.parametrize("int8", [False, True])
def test_the_score_is_the_mean_squared_difference_and_windows_join_into_an_event(int8: bool) -> None:
    file = autoencoder(4, 2, int8=int8, threshold=0.1, **SAID)
    result = answer(file, shaken(40, first=16, behind=24))
    assert result.scores.shape == (19, 1)
    assert result.spans[:3].tolist() == [[0, 0.4], [0.2, 0.6], [0.4, 0.8]]
    # In a window of four rows that jump by 1 the first of two columns differs by 1 from its mean, the other not.
    np.testing.assert_allclose(result.scores[8, 0], 0.5, atol=2 * SCALE if int8 else 1e-6)
    assert [(event.label, round(event.start_s, 6), round(event.end_s, 6)) for event in result] == [
        ("anomaly", 1.4, 2.6)
    ]
    best = result.observations()[0]
    assert best.span == (result[0].start_s, result[0].end_s)
    assert best.score == result.scores.max()


def test_what_lies_beyond_the_range_of_8_bits_is_no_less_of_an_anomaly() -> None:
    """This input holds -4 to 4; of a window of 50 all the time the model makes 4."""
    file = autoencoder(4, 2, int8=True, threshold=0.1, **SAID)
    scores = answer(file, np.full((8, 2), 50.0)).scores
    np.testing.assert_allclose(scores, (50 - 127 * SCALE) ** 2, rtol=1e-3)


def test_mean_and_std_are_those_of_each_column() -> None:
    file = autoencoder(4, 2, threshold=0.1, mean=(0.5, 100.0), std=(0.5, 50.0), **SAID)
    values = shaken(12, first=4, behind=8)
    values[:, 1] = 100
    scores = answer(file, values).scores
    np.testing.assert_allclose(scores.max(), (1 / 0.5) ** 2 / 2, rtol=1e-6)
    told = answer(file, values, normalization=((0.5, 100.0), (0.25, 50.0))).scores
    np.testing.assert_allclose(told.max(), (1 / 0.25) ** 2 / 2, rtol=1e-6)


def test_without_a_threshold_nothing_is_an_anomaly_and_that_is_said() -> None:
    file = autoencoder(4, 2, **SAID)
    with open_task(file) as watch:
        assert "it has no threshold" in watch.notices[0]
        assert "--fit-threshold" in watch.notices[0]
        result = watch(shaken(40, first=16, behind=24))
    assert (len(result), result.observations()) == (0, [])
    assert [row[2] for row in result.table(3).rows] == ["anomaly"] * 3
    assert len(answer(file, shaken(40, first=16, behind=24), threshold=0.1)) == 1


def test_a_threshold_is_fitted_so_that_the_share_of_normal_windows_lies_at_it_or_below() -> None:
    random = np.random.RandomState(7)
    file = autoencoder(4, 2)
    normal = [random.normal(0, 0.1, (500, 2)), random.normal(0, 0.1, (700, 2))]
    fitted = fit_threshold(file, normal, quantile=0.99, columns=("x", "y"), rate=RATE)
    scores = np.concatenate([answer(fitted.model, one).scores for one in normal])
    assert fitted.windows == len(scores) == 249 + 349
    assert (scores <= fitted.threshold).mean() >= 0.99
    assert (scores < fitted.threshold).mean() < 0.99
    said = fitted.model.metadata
    assert said.task == "series"
    assert said.inputs[0].columns == ("x", "y")
    assert said.inputs[0].rate == RATE
    assert said.outputs[0].score_threshold == pytest.approx(fitted.threshold)
    assert said.provenance is not None
    assert said.provenance.steps[-1]["quantile"] == 0.99
    events = answer(fitted.model, np.concatenate([normal[0], shaken(20, first=4, behind=16)]))
    assert events[-1].score > 10 * fitted.threshold
    assert "0.99 of 598 windows of normal data lie at it or below" in str(fitted)
    assert "take at least 1,000" in str(fit_threshold(fitted.model, normal[0]))


def test_a_fitted_threshold_is_the_least_that_so_many_windows_lie_at_or_below() -> None:
    """Of ten windows nine are nine tenths: one may lie above."""
    normal = np.random.RandomState(7).normal(0, 0.1, (22, 2))
    fitted = fit_threshold(autoencoder(4, 2), normal, quantile=0.9, columns=("x", "y"), rate=RATE)
    scores = answer(fitted.model, normal).scores
    assert (len(scores), int((scores > fitted.threshold).sum())) == (10, 1)
    assert "the highest of them" not in str(fitted)


@pytest.mark.parametrize("quantile", [0, 1, 1.5, float("nan")])
def test_a_quantile_is_a_share(quantile: float) -> None:
    with pytest.raises(UsageError, match=r"quantile is .*; it is a share above 0 and below 1"):
        fit_threshold(autoencoder(4, 2), np.zeros((9, 2)), quantile=quantile)


def test_a_threshold_of_no_series_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no series of normal data"):
        fit_threshold(autoencoder(4, 2), [], columns=("x", "y"), rate=RATE)


def test_thresholds_are_fitted_for_anomalies_only() -> None:
    with pytest.raises(UsageError, match="it says classes, and thresholds are fitted for anomalies"):
        fit_threshold(classifier(), np.zeros((9, 2)))


# ----- classes


def classifier(**said: Any) -> ModelFile:
    """Which of two columns is larger over a window of three rows, by far: a softmax over ten times their sums."""
    weights = np.tile(np.eye(2), 3) * 10
    return described(dense(weights, (1, 3, 2), softmax=True), ("left", "right"), **{**SAID, **said})


def test_windows_are_classified_and_neighbors_join() -> None:
    values = np.zeros((12, 2), np.float32)
    values[:6, 0], values[6:, 1] = 1, 1
    result = answer(classifier(), values, hop="34%")
    assert [(event.label, event.index) for event in result] == [("left", 0), ("right", 1)]
    assert (result[0].start_s, result[1].end_s) == (0, 1.2)
    assert result.windows[0].label == "left"
    np.testing.assert_allclose(result.scores.sum(axis=1), 1, atol=1e-6)
    assert answer(classifier(), values, threshold=0.5, labels=["l", "r"])[0].label == "l"


@pytest.mark.parametrize("shape", [(1, 3, 2), (1, 3, 2, 1), (1, 1, 3, 2), (1, 6), (6,)])
def test_all_layouts_of_rows_and_columns_say_the_same(shape: tuple[int, ...]) -> None:
    """The layer takes the numbers in their order, whatever the shape is."""
    flat = dense(np.arange(12).reshape(2, 6) / 10, shape if len(shape) < 3 else (1, 6))
    file = described(flat, ("a", "b"), **SAID)
    values = np.random.RandomState(1).random((3, 2)).astype(np.float32)
    expected = np.arange(12).reshape(2, 6) / 10 @ values.reshape(-1)
    np.testing.assert_allclose(answer(file, values).scores[0], expected, rtol=1e-5)


def test_one_row_of_numbers_takes_as_many_columns_as_a_series_has() -> None:
    """Of an autoencoder such as MLPerf Tiny's, [1, 640], nobody says how many columns it has."""
    file = dense(np.zeros((12, 12)), (1, 12))
    values = np.arange(36, dtype=np.float32)
    for columns, rows in ((1, 12), (4, 3), (12, 1)):
        result = answer(file, values.reshape(-1, columns), task="series", rate=1, hop="100%")
        assert result.scores.shape == (3, 1)
        assert result.spans[0].tolist() == [0, rows]
        np.testing.assert_allclose(result.scores[0, 0], (values[:12] ** 2).mean())
    with pytest.raises(
        DataError, match=r"the model takes other series: its input has the shape .* 5 columns do not fit"
    ):
        answer(file, values[:35].reshape(-1, 5), task="series", rate=1)


def test_an_input_with_a_row_for_each_column_gets_one() -> None:
    """[1, columns, rows], as files from PyTorch have it."""
    from edgewright.media import SeriesPreparation
    from edgewright.model import InputMetadata, TensorSpec

    values = np.arange(15, dtype=np.float32).reshape(5, 3)
    prepare = SeriesPreparation(
        TensorSpec(0, "x", (1, 3, 5), "float32"), InputMetadata(columns=("a", "b", "c"), rate=1)
    )
    np.testing.assert_array_equal(prepare(values).tensors, values.T[None])
    square = SeriesPreparation(TensorSpec(0, "x", (1, 3, 3), "float32"), InputMetadata(columns=("a", "b", "c"), rate=1))
    np.testing.assert_array_equal(square(values[:3]).tensors, values[None, :3])


# ----- what is missing or does not fit


@pytest.mark.parametrize(
    ("file", "options", "words"),
    [
        (autoencoder(4, 2), {"columns": ("x", "y", "z")}, "windows with 3 columns do not fit"),
        (autoencoder(4, 2), {"window": 3, "columns": ("x", "y")}, "windows of 3 rows with 2 columns do not fit"),
        (autoencoder(4, 2), {"hop": 0}, "hop is 0"),
        (autoencoder(4, 2), {"hop": "120%"}, "hop is '120%'"),
        (autoencoder(4, 2), {"hop": "soon"}, "hop is 'soon'"),
        (autoencoder(4, 2), {"rate": -1}, "rate is -1"),
        (autoencoder(4, 2), {"columns": ("x", "x")}, "each has a name of its own"),
        (autoencoder(4, 2), {"threshold": -1}, "threshold is -1"),
        (autoencoder(4, 2), {"threshold": float("nan")}, "threshold is nan"),
        (autoencoder(4, 2), {"color": 1}, "series has no option 'color'"),
        (classifier(), {"labels": ["a", "b", "c", "d"]}, "4 labels do not fit the model's 2 outputs"),
        (described(dense(np.ones((1, 6)), (1, 6))), {}, "of a series it gives one row of scores, or as many numbers"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_one_line(file: ModelFile, options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        open_task(file, task="series", **options)
    assert str(caught.value).startswith("sensor.tflite: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (np.zeros((3, 2)), "3 rows, and a window has 4"),
        (np.zeros((9, 3)), "3 columns without names, and 2 are wanted: x, y"),
        (np.zeros((0, 2)), "there are no rows in it"),
        (np.zeros((9, 2, 2)), r"numbers \(rows, columns\); got float64 of shape \[9, 2, 2\]"),
        (np.array([["a", "b"]]), "a series is numbers"),
        ({"x": np.zeros(9)}, "there is no column y; it has x"),
        ({"x": np.zeros(9), "y": np.zeros(8)}, "all of one length"),
        (
            np.tile([[1, 1], [1, np.nan]], (9, 1)),
            "no 4 rows without a gap between, .* 18, 9 of them with missing values",
        ),
        (7, "a series cannot be a int"),
        ("gone.csv", r"gone\.csv: no such file"),
    ],
)
def test_series_that_do_not_fit_are_one_line(source: Any, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        answer(autoencoder(4, 2, **SAID), source)
    assert "\n" not in str(caught.value)


def test_a_rate_that_nobody_knows_is_asked_for() -> None:
    file = autoencoder(4, 2, columns=("x", "y"))
    with pytest.raises(DataError, match=r"nobody says how many rows a second there are\. Say it, as in rate=50, or"):
        answer(file, np.zeros((9, 2)))
    assert answer(file, {"time": np.arange(9) / 4, "x": np.zeros(9), "y": np.zeros(9)}).spans[1].tolist() == [0.5, 1.5]
    assert answer(file, np.zeros((9, 2)), rate=0.5).spans[0].tolist() == [0, 8]


def test_another_rate_than_the_models_is_refused() -> None:
    timed = {"t_ms": np.arange(40) * 50.0, "x": np.zeros(40), "y": np.zeros(40)}
    with pytest.raises(DataError, match="by its times it has 20 rows a second, and the model takes 10"):
        answer(autoencoder(4, 2, **SAID), timed)


def test_a_file_of_columns_is_recognized_and_no_other() -> None:
    named = autoencoder(4, 2, **SAID)
    bare = named.with_metadata(type(named.metadata)(inputs=named.metadata.inputs))
    with open_task(bare) as watch:
        assert watch.kind == "series"


# ----- the result


def test_the_result_speaks_all_languages() -> None:
    result = answer(autoencoder(4, 2, threshold=0.1, **SAID), shaken(40, first=16, behind=24))
    told = json.loads(json.dumps(result.to_dict(5)))
    assert (told["kind"], told["meaning"], told["rows"], told["rows_left_out"]) == ("series", "anomaly", 40, 0)
    assert told["events"] == [
        {"label": "anomaly", "score": pytest.approx(0.5), "index": 0, "span": [pytest.approx(1.4), pytest.approx(2.6)]}
    ]
    assert len(told["windows"]) == told["window_count"] == 19
    table = result.table(5)
    assert table.rows == (("1.40", "2.60", "anomaly", "0.5"),)
    assert table.to_sheet().header == ("rank", "index", "label", "score", "start_s", "end_s")
    assert in_one_line(result, 1, result) == "anomaly 0.5 from 1.40 to 2.60 s"
    rows = list(csv.reader(io.StringIO(files_of(result, None)[".windows.csv"].decode())))
    assert rows[0] == ["start_s", "end_s", "label", "score"]
    assert len(rows) == 20
    assert "<table" in result._repr_html_()
    with pytest.raises(UsageError, match="a series is not drawn"):
        result.draw(b"")


def test_a_quiet_series_says_how_near_it_was() -> None:
    result = answer(autoencoder(4, 2, threshold=0.1, **SAID), np.zeros((40, 2)))
    assert result.table().rows == ()
    assert "Nothing in 19 windows is above 0.1; the highest is anomaly 0 at 0.00 s." in result.table().note


def test_windows_beside_a_gap_do_not_join() -> None:
    values = shaken(40, first=0, behind=40)
    values[20] = np.nan
    result = answer(autoencoder(4, 2, threshold=0.1, **SAID), values)
    assert [(round(event.start_s, 6), round(event.end_s, 6)) for event in result] == [(0, 2), (2.1, 4)]
    assert result.left_out == 1
    assert "1 of 40 rows are in no window: a gap is near." in result.table().note


@pytest.mark.parametrize(
    ("wanted", "beside", "expected"),
    [
        ([], None, []),
        ([0, 1, 1, 0, 1], None, [(1, 3), (4, 5)]),
        ([1, 1, 1], [0, 1, 0], [(0, 2), (2, 3)]),
        ([1, 0, 1], [0, 0, 0], [(0, 1), (2, 3)]),
    ],
)
def test_runs(wanted: list[int], beside: list[int] | None, expected: list[tuple[int, int]]) -> None:
    assert runs(np.array(wanted, bool), None if beside is None else np.array(beside, bool)) == expected


def test_many_series_are_a_list(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n" + "0,0\n" * 9)
    with open_task(autoencoder(4, 2, threshold=0.1, **SAID)) as watch:
        assert [len(result.windows) for result in watch([tmp_path / "a.csv", np.zeros((4, 2))])] == [4, 1]
