"""Recordings before they are trained on: what they have in common, what is refused, and what stays together."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.data import Dataset, grouped_split, open_dataset
from edgewright.errors import DataError, UsageError
from edgewright.machine import silent
from edgewright.media import Series
from edgewright.train import train
from edgewright.train.series.anomalies import AnomalyTrainer
from edgewright.train.series.classifier import SeriesTrainer
from edgewright.train.series.recordings import divided, readings_of, series_of
from edgewright.train.trainer import Material, Plan, trainer_for

from .motion import RATE, readings, write, write_all


def material(dataset: Any, **options: Any) -> Material:
    return SeriesTrainer().material(open_dataset(dataset), Plan(folder=Path(), **options), silent)


def plan(**options: Any) -> Plan:
    return Plan(folder=Path(), **options)


def series(rows: int, rate: float = RATE, columns: tuple[str, ...] = ("ax",), name: str = "a.csv") -> Series:
    values = np.arange(rows * len(columns), dtype=np.float32).reshape(rows, -1)
    return Series(values, columns, np.arange(rows) / rate, name)


def pairs(*recordings: tuple[Series, str]) -> list[tuple[Series, str]]:
    return list(recordings)


# ----- what they have in common


@pytest.mark.parametrize(
    ("rate", "window"), [(50, 64), (49.98, 64), (100, 128), (25, 32), (65, 64), (1, 16), (10_000, 1024)]
)
def test_a_window_lasts_one_to_two_seconds(rate: float, window: int) -> None:
    assert readings_of([series(100, rate)], plan()).window == window


def test_what_is_said_counts() -> None:
    found = readings_of([series(100, 50)], plan(window=20, rate=52, columns=("ax",)))
    assert (found.window, found.rate, found.columns) == (20, 52, ("ax",))


def test_each_kind_of_data_has_its_trainer(tmp_path: Path) -> None:
    write_all(tmp_path, 1, 1)
    assert trainer_for(open_dataset(tmp_path)).name == "series"
    assert trainer_for(open_dataset(tmp_path / "walking")).name == "anomalies"
    assert trainer_for(open_dataset([(np.zeros((9, 3), np.float32), "on")])).name == "series"


# ----- what is refused, in one line, before the work


def text_among_numbers(folder: Path) -> None:
    path = folder / "walking" / "1.csv"
    path.write_text(path.read_text().replace("\n0.0400", "\n0.0400,oops").replace("oops,", "oops", 1))


def other_columns(folder: Path) -> None:
    write(folder / "walking" / "1.csv", readings("walking", 4, 9), "time_s,ax,ay,gyro")


def one_more_column(folder: Path) -> None:
    rows = readings("walking", 4, 9)
    write(folder / "walking" / "1.csv", np.column_stack([rows, rows[:, 1]]), "time_s,ax,ay,az,gx")


def other_rate(folder: Path) -> None:
    rows = readings("walking", 4, 9)
    write(folder / "walking" / "1.csv", rows * [2, 1, 1, 1])


def no_times(folder: Path) -> None:
    for path in folder.rglob("*.csv"):
        write(path, np.loadtxt(path, delimiter=",", skiprows=1)[:, 1:], "ax,ay,az")


def one_class(folder: Path) -> None:
    for name in ("running", "standing"):
        for path in (folder / name).iterdir():
            path.unlink()
        (folder / name).rmdir()


def all_of_a_class_too_short(folder: Path) -> None:
    for path in (folder / "walking").iterdir():
        write(path, readings("walking", 0.5, 9))


def one_of_a_class_and_short(folder: Path) -> None:
    (folder / "walking" / "1.csv").unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (text_among_numbers, r"1\.csv, line \d+: '.*oops.*' in the column 'ax' is no number"),
        (
            other_columns,
            r"1\.csv: it has the columns ax, ay, gyro, and .*0\.csv has the columns ax, ay, az\. Say which",
        ),
        (one_more_column, r"1\.csv: it has the columns ax, ay, az, gx, and .*0\.csv has the columns ax, ay, az"),
        (other_rate, r"1\.csv: by its times it has 25 rows a second, and the usual one is 50"),
        (no_times, r"0\.csv: nobody says how many rows a second there are\. Say it, as in rate=50"),
        (one_class, r"only one class, 'walking'\. A classifier needs at least two; to tell what is normal"),
        (all_of_a_class_too_short, r"no recording of class 'walking' has 64 rows without a gap.*window=16"),
        (one_of_a_class_and_short, r"0\.csv: the only recording of its class has 200 rows; two parts of it need 320"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_cannot_be_trained_on_is_said_in_one_line(
    spoil: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    spoil(write_all(tmp_path, 2, 4))
    with pytest.raises(DataError, match=message) as caught:
        material(tmp_path)
    assert "\n" not in str(caught.value)


def test_normal_data_of_one_short_recording_are_not_told_of_classes() -> None:
    with pytest.raises(DataError, match=r"a\.csv: the only recording has 200 rows; two parts of it need 320"):
        AnomalyTrainer().material(open_dataset([series(200)]), plan(), silent)


def test_names_of_columns_may_stand_in_one_text_as_errors_have_them(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no column gx; it has ax, ay, az"):
        train(write_all(tmp_path, 2, 4), columns="ax, gx", work=tmp_path / "work")


def test_the_columns_that_count_may_be_chosen(tmp_path: Path) -> None:
    one_more_column(write_all(tmp_path, 2, 4))
    found = material(tmp_path, columns=("az", "ax"))
    assert {one.columns for one in series_of(found.dataset)} == {("az", "ax")}


def test_recordings_that_are_too_short_are_left_out_and_named(tmp_path: Path) -> None:
    write(write_all(tmp_path, 3, 4) / "walking" / "2.csv", readings("walking", 0.5, 9))
    found = material(tmp_path)
    assert len(found.dataset) == 8
    assert [(Path(name).name, reason) for name, reason in found.unread] == [
        ("2.csv", "25 rows, and a window has 64 without a gap")
    ]
    assert found.notices[0].startswith("1 of 9 recordings are left out. The first: ")


@pytest.mark.parametrize("trainer", [SeriesTrainer(), AnomalyTrainer()])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backbone": "efficientnet_lite0"}, "backbone='efficientnet_lite0' means nothing for series"),
        ({"resize": "crop"}, "resize='crop' means nothing for series"),
        ({"epochs": 0}, "epochs=0 trains a head only"),
    ],
)
def test_options_of_pictures_are_refused(
    trainer: SeriesTrainer | AnomalyTrainer, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        trainer.require(plan(**options))


@pytest.mark.parametrize("name", ["window", "rate", "hop"])
def test_numbers_that_cannot_be_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name}=-1: give a number above 0|{name} is -1; it is seconds above 0"):
        plan(**{name: -1})


# ----- what stays together


def test_a_recording_is_a_group_and_a_copy_is_in_the_same(tmp_path: Path) -> None:
    folder = write_all(tmp_path, 3, 4)
    (folder / "walking" / "copy.csv").write_bytes((folder / "walking" / "0.csv").read_bytes())
    found = material(folder)
    names = [Path(one.name).name for one in series_of(found.dataset)]
    groups = dict(zip(zip(names, found.dataset.labels.tolist(), strict=True), found.groups.tolist(), strict=True))
    assert len(set(groups.values())) == 9
    assert groups["copy.csv", 2] == groups["0.csv", 2]


def test_a_class_with_one_recording_is_cut_in_time_with_a_window_between() -> None:
    found = material(
        pairs((series(1000), "on"), (series(2000, name="b.csv"), "off"), (series(500, name="c.csv"), "off"))
    )
    on = [one for one, label in zip(series_of(found.dataset), found.dataset.labels, strict=True) if label == 1]
    spans = [(one.values[0, 0], one.values[-1, 0]) for one in on]
    assert len(on) == 5
    assert all(later - earlier == 65 for (_, earlier), (later, _) in pairwise(spans))
    assert all(len(one) >= 128 for one in on)
    assert "One recording only of class on: " in found.notices[0]
    train, validation = grouped_split(found.dataset, found.groups, 0.2, 0)
    assert set(found.dataset.labels[train]) == set(found.dataset.labels[validation]) == {0, 1}


def test_normal_data_of_one_recording_are_cut_too() -> None:
    found = AnomalyTrainer().material(open_dataset([series(1000)]), plan(), silent)
    assert len(found.dataset) == 5
    assert found.dataset.targets is None
    assert "One recording only (a.csv)" in found.notices[0]


@pytest.mark.parametrize(("rows", "least", "parts"), [(640, 4, 4), (640, 100, 10), (64, 100, 1)])
def test_recordings_are_divided_for_an_optimization(rows: int, least: int, parts: int) -> None:
    dataset = Dataset((series(rows),), None, (), "x", "x")
    found = series_of(divided(dataset, 64, least))
    assert len(found) == parts
    assert all(len(one) >= 64 for one in found)
    assert np.concatenate([one.values for one in found]).ravel().tolist() == list(range(len(found) * (rows // parts)))
