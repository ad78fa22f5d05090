"""Rows in both forms, and parts that are there whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from edgewright.errors import DataError, OutputError, UsageError
from edgewright.scale import Work, read_rows
from edgewright.scale.parts import Parts
from edgewright.scale.rows.forms import Part, encode, read_file
from edgewright.scale.rows.row import Row, from_bytes, row_of, row_of_error, to_bytes
from edgewright.task import Answer, Classification, Embedding

WORK = Work(b"", "model.tflite", "ab" * 32)

RANKED = Classification(np.array([0.25, 0.75], np.float32), ("cat", "dog"), "probabilities")
VECTOR = Embedding.of(np.array([3.0, 4.0, 0.1]))


def some_rows() -> list[Row]:
    return [
        row_of(0, Answer("a.jpg", result=RANKED), WORK),
        row_of(1, Answer("b.jpg", error=DataError("b.jpg: is no picture")), WORK),
        row_of(2, Answer("c.jpg", result=VECTOR), WORK),
        row_of_error(3, "odd\x85\u2028name.jpg", "it is left", WORK),
    ]


def test_a_row_is_the_document_of_one_machine_with_number_and_model():
    row = some_rows()[0]
    assert json.loads(row.text) == {"index": 0, "input": "a.jpg", "model": "ab" * 32, **RANKED.to_dict(1)}
    assert (row.label, row.score, row.failed) == ("dog", 0.75, False)


def test_rows_go_from_one_process_to_another():
    assert from_bytes(to_bytes(some_rows())) == some_rows()


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_both_forms_say_the_same(tmp_path: Path, form: str):
    parts = Parts(tmp_path, 2, form)
    parts.write(1, encode([row_of(4, Answer("e.jpg", result=RANKED), WORK)], form))
    parts.write(0, encode(some_rows(), form))
    rows = list(read_rows(tmp_path))
    assert [row["index"] for row in rows] == [0, 1, 2, 3, 4]
    assert rows[:4] == [json.loads(row.text) for row in some_rows()]
    assert [parts.failures({0, 1}), parts.failures({1})] == [2, 0]


def test_the_columns_of_parquet(tmp_path: Path):
    from pyarrow import parquet

    Parts(tmp_path, 1, "parquet").write(0, encode(some_rows(), "parquet"))
    table = parquet.read_table(tmp_path / "part-00000000.parquet").to_pydict()
    assert table["label"] == ["dog", None, None, None]
    assert table["score"] == [0.75, None, None, None]
    assert table["kind"] == ["classification", None, "embedding", None]
    assert table["error"] == [None, "b.jpg: is no picture", None, "it is left"]
    assert np.array_equal(np.array(table["vector"][2], np.float32), VECTOR.vector)


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_name_that_is_no_text_can_be_written(tmp_path: Path, form: str):
    Parts(tmp_path, 1, form).write(0, encode([row_of_error(0, "caf\udce9.jpg", "is no picture", WORK)], form))
    assert next(read_rows(tmp_path))["input"] in ("caf\udce9.jpg", "caf?.jpg")


def test_a_form_that_is_none():
    with pytest.raises(UsageError, match=r"form: 'csv' is none\. There is: jsonl, parquet"):
        encode([], "csv")


def test_which_are_missing_does_not_depend_on_how_many_machines_there_were(tmp_path: Path):
    parts = Parts(tmp_path, 7, "jsonl")
    for piece in (0, 3):
        parts.write(piece, Part(b"{}\n"))
    (tmp_path / ".edgewright-0.tmp").write_bytes(b"half")
    assert parts.done() == {0, 3}
    assert list(parts.missing()) == [1, 2, 4, 5, 6]
    assert [list(parts.missing((number, 3))) for number in range(3)] == [[6], [1, 4], [2, 5]]
    late = parts.missing((0, 2))
    parts.write(2, Part(b"{}\n"))
    assert list(late) == [4, 6]


def test_errors_of_an_earlier_try_are_gone_with_it(tmp_path: Path):
    parts = Parts(tmp_path, 1, "jsonl")
    parts.write(0, Part(b"{}\n", b"{}\n"))
    parts.path(0).unlink()
    parts.write(0, Part(b"{}\n"))
    assert parts.failures({0}) == 0


def test_what_killed_writers_left_is_swept_up(tmp_path: Path):
    parts = Parts(tmp_path, 1, "jsonl")
    parts.write(0, Part(b"{}\n", b"{}\n"))
    old, young = tmp_path / "errors/.edgewright-1.tmp", tmp_path / ".edgewright-2.tmp"
    for left in (old, young):
        left.write_bytes(b"half")
    os.utime(old, (1e9, 1e9))
    parts.sweep()
    assert not old.exists()
    assert young.exists()
    assert parts.done() == {0}


@pytest.mark.parametrize("name", ["part-00000000.jsonl", "part-00000000.parquet"])
def test_a_part_that_is_damaged(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(b"PAR1 or not")
    with pytest.raises(DataError, match=name):
        list(read_rows(tmp_path))


def test_a_folder_that_is_none(tmp_path: Path):
    with pytest.raises(OutputError, match="no folder of results"):
        list(read_rows(tmp_path / "nowhere"))


def test_a_part_that_another_one_made_meanwhile_stays(tmp_path: Path):
    parts = Parts(tmp_path, 1, "jsonl")
    parts.write(0, Part(b'{"first":1}\n'))
    parts.write(0, Part(b'{"second":1}\n', failed=b'{"second":1}\n'))
    assert parts.path(0).read_bytes() == b'{"first":1}\n'
    assert not parts.failed_path(0).exists()


def test_what_is_swept_lies_where_parts_are_written(tmp_path: Path):
    places = [tmp_path / name / ".edgewright-0.tmp" for name in ("", "errors", "deaths/below")]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
        os.utime(place, (0, 0))
    Parts(tmp_path, 1, "jsonl").sweep()
    assert [place.exists() for place in places] == [False, False, True]


@pytest.mark.parametrize("name", ["part-00000000.jsonl", "part-00000000.parquet"])
def test_a_part_that_cannot_be_read(tmp_path: Path, name: str):
    (tmp_path / name).mkdir()
    with pytest.raises(DataError, match=name):
        list(read_file(tmp_path / name))
