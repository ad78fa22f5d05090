"""Tables of what happens when in files of sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.data import EventsTarget, open_dataset
from edgewright.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.wav", "b.wav", "quiet.wav"):
        (tmp_path / name).write_bytes(b"RIFF")
    return tmp_path


def opened(folder: Path, text: str, name: str = "events.csv") -> Any:
    (folder / name).write_text(text, encoding="utf-8")
    return open_dataset(folder / name)


def test_events_of_one_file_are_one_target(folder: Path) -> None:
    found = opened(folder, "path,start,end,label\na.wav,1,2.5,dog\nb.wav,0,1,cat\na.wav,0.5,0.75,cat\nquiet.wav,,,\n")
    assert [Path(path).name for path in found.inputs] == ["a.wav", "b.wav", "quiet.wav"]
    assert found.classes == ("cat", "dog")
    first = found.target(0)
    assert isinstance(first, EventsTarget)
    np.testing.assert_array_equal(first.spans, [(1, 2.5), (0.5, 0.75)])
    np.testing.assert_array_equal(first.class_id, [1, 0])
    assert [len(found.target(place).class_id) for place in range(3)] == [2, 1, 0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dcase.tsv", "filename\tonset\toffset\tevent_label\na.wav\t1\t2\tdog\n"),
        ("marked.csv", "\ufeffPath;Start;End;Label\na.wav;1;2;dog\n"),
        ("more.csv", "id,label,end_s,start_s,file\n7,dog,2,1,a.wav\n"),
    ],
)
def test_columns_are_found_by_their_names(folder: Path, name: str, text: str) -> None:
    found = opened(folder, text, name)
    np.testing.assert_array_equal(found.target(0).spans, [(1, 2)])
    assert found.classes == ("dog",)


def test_a_table_without_times_is_one_of_classes(folder: Path) -> None:
    found = opened(folder, "path,label\na.wav,dog\nb.wav,cat\n")
    np.testing.assert_array_equal(found.y, [1, 0])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("missing.wav,1,2,dog", "line 2: no such file"),
        ("a.wav,1,2", "line 2: column 4 is missing or empty"),
        ("a.wav,,2,dog", "line 2: column 2 is missing or empty"),
        (",1,2,dog", "line 2: column 1 is missing or empty"),
        ("a.wav,one,2,dog", "line 2: 'one' is no time in seconds"),
        ("a.wav,1,nan,dog", "line 2: 'nan' is no time in seconds"),
        ("a.wav,1,inf,dog", "line 2: 'inf' is no time in seconds"),
        ("a.wav,2,1,dog", "line 2: an event from 2 to 1. Expected 0 <= start <= end, in seconds"),
        ("a.wav,-1,1,dog", "line 2: an event from -1 to 1"),
        ("", "no rows below the header"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(folder: Path, row: str, expected: str) -> None:
    with pytest.raises(DataError) as caught:
        opened(folder, f"path,start,end,label\n{row}\n")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_folders_hold_sounds_where_there_is_no_picture(tmp_path: Path) -> None:
    for name in ("dog/a.wav", "dog/deeper/b.FLAC", "cat/c.mp3", "cat/notes.txt", "cat/.hidden.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"RIFF")
    found = open_dataset(tmp_path)
    assert [Path(path).name for path in found.inputs] == ["c.mp3", "a.wav", "b.FLAC"]
    assert found.classes == ("cat", "dog")
    (tmp_path / "bird").mkdir()
    with pytest.raises(DataError, match=r"no sounds in bird\. Expected .*/CLASS/sound\.wav"):
        open_dataset(tmp_path)
    (tmp_path / "dog/photo.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(DataError, match="no pictures in bird, cat"):
        open_dataset(tmp_path)


def test_loose_sounds_have_no_labels(folder: Path) -> None:
    found = open_dataset(folder)
    assert [Path(path).name for path in found.inputs] == ["a.wav", "b.wav", "quiet.wav"]
    assert found.targets is None
