"""Series as data sets: class folders of tables, tables that name files, one table with a label for each row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.data import Dataset, content_digest, open_dataset
from edgewright.errors import DataError
from edgewright.media import Series


def recording(path: Path, rows: int = 5, header: str = "time_s,ax,ay\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header + "".join(f"{row / 50:.2f},{row},{-row}\n" for row in range(rows)))
    return path


def table(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def parts(dataset: Dataset) -> list[Series]:
    return [item for item in dataset.inputs if isinstance(item, Series)]


def test_class_folders_of_tables_and_numpy_files(tmp_path: Path) -> None:
    recording(tmp_path / "walking" / "a.csv")
    recording(tmp_path / "walking" / "b.tsv")
    (tmp_path / "running").mkdir()
    np.save(tmp_path / "running" / "c.npy", np.zeros((5, 2)))
    np.savez(tmp_path / "running" / "d.npz", ax=np.zeros(5), ay=np.ones(5))
    dataset = open_dataset(tmp_path)
    assert dataset.classes == ("running", "walking")
    assert [Path(dataset.input_name(place)).name for place in range(4)] == ["c.npy", "d.npz", "a.csv", "b.tsv"]
    assert dataset.labels.tolist() == [0, 0, 1, 1]


def test_train_and_test_folders_are_a_published_split(tmp_path: Path) -> None:
    for part, number in (("train", 3), ("test", 2)):
        for name in ("on", "off"):
            for place in range(number):
                recording(tmp_path / part / name / f"{place}.csv")
    dataset = open_dataset(tmp_path)
    assert (len(dataset), dataset.train_count, dataset.classes) == (10, 6, ("off", "on"))


def test_a_folder_without_folders_holds_series_that_nobody_labeled(tmp_path: Path) -> None:
    recording(tmp_path / "b.csv")
    recording(tmp_path / "a.csv")
    (tmp_path / "sheet.xlsx").write_bytes(b"")
    dataset = open_dataset(tmp_path)
    assert dataset.targets is None
    assert [Path(dataset.input_name(place)).name for place in range(2)] == ["a.csv", "b.csv"]
    assert "1 .xlsx" in dataset.notices[0]


def test_tables_beside_pictures_are_no_series(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        recording(tmp_path / name / "exif.csv")
        Image.new("RGB", (4, 4)).save(tmp_path / name / "1.png")
    dataset = open_dataset(tmp_path)
    assert [Path(dataset.input_name(place)).name for place in range(len(dataset))] == ["1.png", "1.png"]


def test_a_table_that_names_files_of_series(tmp_path: Path) -> None:
    recording(tmp_path / "a.csv")
    recording(tmp_path / "b.csv")
    dataset = open_dataset(table(tmp_path / "list.csv", "path,label\na.csv,walking\nb.csv,running\n"))
    assert dataset.classes == ("running", "walking")
    assert dataset.labels.tolist() == [1, 0]


@pytest.mark.parametrize("label", ["label", "class", "activity", "Category"])
def test_one_table_with_a_label_for_each_row(tmp_path: Path, label: str) -> None:
    """Runs of one label are recordings; "y" is an axis, and rows without a label are in none."""
    rows = ["0.00,1,5,9,walk", "0.02,2,6,9,walk", "0.04,3,7,9,", "0.06,4,8,9,run", "0.08,5,9,9,walk"]
    dataset = open_dataset(table(tmp_path / "gym.csv", f"time_s,x,y,z,{label}\n" + "\n".join(rows)))
    assert dataset.classes == ("run", "walk")
    assert dataset.labels.tolist() == [1, 0, 1]
    first, second, third = parts(dataset)
    assert first.columns == ("x", "y", "z")
    assert first.values.tolist() == [[1, 5, 9], [2, 6, 9]]
    assert second.values[:, 0].tolist() == [4]
    assert third.times is not None
    assert third.times.tolist() == [0.08]
    assert dataset.input_name(1).endswith("gym.csv, rows 4 to 4")


def test_columns_of_text_are_left_out_and_said(tmp_path: Path) -> None:
    rows = "t_s,ax,who,label\n0,1,ann,on\n1,2,bob,off\n"
    dataset = open_dataset(table(tmp_path / "gym.csv", rows))
    assert parts(dataset)[0].columns == ("ax",)
    assert dataset.notices == ("gym.csv: columns that hold text are left out: who.",)


def test_text_among_the_numbers_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gym.csv, line 3: 'oops' in the column 'ax' is no number"):
        open_dataset(table(tmp_path / "gym.csv", "t_s,ax,label\n0,1,on\n1,oops,off\n"))


def test_no_label_at_all(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no row has a label"):
        open_dataset(table(tmp_path / "gym.csv", "t_s,ax,label\n0,1,\n1,2,\n"))


@pytest.mark.parametrize("text", ["ax,ay\n1,2\n3,4\n", "1,2\n3,4\n", "x;y\n1,5;2,5\n"])
def test_a_table_of_numbers_alone_is_one_recording(tmp_path: Path, text: str) -> None:
    dataset = open_dataset(table(tmp_path / "normal.csv", text))
    assert dataset.targets is None
    assert len(dataset) == 1


def test_a_single_numpy_file(tmp_path: Path) -> None:
    np.save(tmp_path / "normal.npy", np.zeros((5, 2), np.float32))
    assert len(open_dataset(tmp_path / "normal.npy")) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("7.jpg,cat\n8.jpg,dog\n", "no such file"),
        ("photo,label,size\na.jpg,cat,big\n", "does not name one 'path'"),
        ("path,label\n1,2\n", "no such file"),
    ],
)
def test_other_tables_are_what_they_were(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        open_dataset(table(tmp_path / "list.csv", text))


def test_the_digest_of_recordings_depends_on_every_number(tmp_path: Path) -> None:
    text = "t_s,ax,label\n0,1,on\n1,2,off\n"
    first = content_digest(open_dataset(table(tmp_path / "a.csv", text)))
    assert content_digest(open_dataset(table(tmp_path / "b.csv", text))) == first
    assert content_digest(open_dataset(table(tmp_path / "c.csv", text.replace("1,2", "1,3")))) != first
    assert content_digest(open_dataset(table(tmp_path / "d.csv", text.replace("1,2", "2,2")))) != first
