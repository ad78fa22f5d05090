"""CSV tables of texts and their labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright.data import open_dataset
from edgewright.errors import DataError


def table(tmp_path: Path, text: str, name: str = "texts.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_texts_and_names_of_classes(tmp_path: Path) -> None:
    path = table(tmp_path, 'text,label\n"good, really",Positive\nbad,Negative\n')
    data = open_dataset(path)
    assert list(data.inputs) == ["good, really", "bad"]
    assert [data.classes[index] for index in data.labels] == ["Positive", "Negative"]


def test_other_columns_orders_and_delimiters(tmp_path: Path) -> None:
    data = open_dataset(table(tmp_path, "id\tclass\tReview\n1\t1\tgood\n2\t0\tbad\n", "texts.tsv"))
    assert (list(data.inputs), data.labels.tolist()) == (["good", "bad"], [1, 0])


def test_a_text_in_quotes_may_have_several_lines(tmp_path: Path) -> None:
    data = open_dataset(table(tmp_path, 'text,label\r\n"a great\nfilm\r\n",1\r\n\r\nbad,0\r\n'))
    assert (list(data.inputs), data.labels.tolist()) == (["a great\nfilm", "bad"], [1, 0])


def test_signs_in_a_text_that_part_lines_elsewhere_part_none_here(tmp_path: Path) -> None:
    data = open_dataset(table(tmp_path, "text,label\na great\u2028film,1\nso\x85bad\x0cfilm,0\n"))
    assert (list(data.inputs), data.labels.tolist()) == (["a great\u2028film", "so\x85bad\x0cfilm"], [1, 0])


def test_texts_that_nobody_labeled(tmp_path: Path) -> None:
    data = open_dataset(table(tmp_path, "text\ngood\nbad\n"))
    assert (list(data.inputs), data.targets) == (["good", "bad"], None)


def test_a_table_with_a_path_is_one_of_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        open_dataset(table(tmp_path, "path,label,text\na.jpg,1,what it shows\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [("text,label\n", "no rows below the header"), ("text,label\ngood\n", "line 2: column 2 is missing or empty")],
)
def test_tables_that_are_none(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        open_dataset(table(tmp_path, text))
