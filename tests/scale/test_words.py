"""Words and what they stand for: folders, patterns, lists, tables; texts are texts, whatever they look like."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from edgewright.errors import DataError, EdgewrightError, MissingExtraError, UsageError
from edgewright.media import find_pictures, walk_files
from edgewright.scale import list_inputs
from edgewright.task.inputs.picture import KIND
from edgewright.task.inputs.series import KIND as SERIES
from edgewright.task.inputs.text import KIND as TEXT


def names(*words: object, column: str | None = None) -> list[str]:
    return [entry.name for entry in list_inputs(list(map(str, words)), KIND, column)]


def test_words_stand_for_what_run_takes_them_for_in_its_order(pictures: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(pictures.parent)
    for words in (["pictures"], ["pictures/b/*", "pictures/001.png"], ["./pictures/", "nothing.png"], ["**/*.png"]):
        assert names(*words) == list(map(str, find_pictures(words)))


def test_a_list_has_a_path_in_each_line_relative_to_itself(tmp_path: Path):
    lines = ["\ufeffa.png", "", "b/ c.png ", "/abs/d.png", "s3://photos/e.png", "#f.png"]
    (tmp_path / "names.txt").write_bytes("\r\n".join(lines).encode() + b"\n\xff.png")
    assert names(f"@{tmp_path}/names.txt") == [
        f"{tmp_path}/a.png", f"{tmp_path}/b/ c.png ", "/abs/d.png", "s3://photos/e.png", f"{tmp_path}/#f.png",
        f"{tmp_path}/\udcff.png",
    ]  # fmt: skip


def test_a_file_that_begins_with_an_at_sign_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("@me.png").write_bytes(b"")
    assert names("@me.png") == ["@me.png"]


TABLE = 'id;Image;label\n1;a.png;cat\n\n2;"b;c.png";dog\n3; https://example.org/d.png ;cat\n'


@pytest.mark.parametrize(("delimiter", "suffix"), [(";", ".csv"), (",", ".CSV"), ("\t", ".tsv")])
def test_a_table_has_a_column_of_paths(tmp_path: Path, delimiter: str, suffix: str):
    path = tmp_path / f"table{suffix}"
    path.write_text(TABLE.replace(";", delimiter))
    expected = [f"{tmp_path}/a.png", f"{tmp_path}/b{delimiter}c.png", "https://example.org/d.png"]
    assert names(path) == expected
    assert names(path, column="label") == [f"{tmp_path}/{label}" for label in ("cat", "dog", "cat")]


def test_parquet_has_a_column_of_paths(tmp_path: Path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "table.parquet"
    paths = [f"{number}.png" for number in range(10_001)]
    parquet.write_table(pyarrow.table({"label": ["cat"] * 10_001, "url": paths}), path)
    assert names(path) == [f"{tmp_path}/{name}" for name in paths]
    with pytest.raises(UsageError, match="there is no column 'photo'; its columns: label, url"):
        names(path, column="photo")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"table.parquet: no sound Parquet file"):
        names(path)
    parquet.write_table(pyarrow.table({"path": ["a.png", None]}), path)
    with pytest.raises(DataError, match="row 2 has no path"):
        names(path)


def test_a_table_is_an_input_of_a_model_of_series(tmp_path: Path):
    (tmp_path / "today.csv").write_text("path\n1\n")
    assert [entry.name for entry in list_inputs([str(tmp_path)], SERIES)] == [f"{tmp_path}/today.csv"]
    assert [entry.name for entry in list_inputs([f"{tmp_path}/today.csv"], SERIES)] == [f"{tmp_path}/today.csv"]


def test_texts_are_not_taken_for_addresses(tmp_path: Path):
    (tmp_path / "texts.txt").write_text("s3://not/fetched\n\n@home\n")
    words = ["see https://example.org", f"{tmp_path}/texts.txt"]
    assert [entry.name for entry in list_inputs(words, TEXT)] == [words[0], "s3://not/fetched", "@home"]


BAD: dict[str, tuple[bytes, str]] = {
    "a.csv": (b"id,label\n1,cat\n", "no column is called as those of paths are; its columns: id, label"),
    "b.csv": (b"path,label\nx.png,cat\n,dog\n", "b.csv: line 3 has no path"),
    "c.csv": (b"path\n" + b"x" * 100_000, "c.csv: line 2 has over 65,536 bytes"),
    "d.csv": (b'path\n"' + b"x\n" * 100_000, "d.csv: line .*field larger than field limit"),
    "e.csv": (b"path\nx\0.png\n", "e.csv: line 2 has a null character"),
    "f.csv": (b"", "its columns: none"),
    "g.csv": (
        b"path\na.png\nhttps://me:secret@example.org/x.png\n",
        "g.csv: line 3: https://example.org/x.png: its user",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_table_is_one_error_that_says_where(tmp_path: Path, name: str):
    content, said = BAD[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(EdgewrightError, match=said) as caught:
        names(tmp_path / name)
    assert "secret" not in str(caught.value)


WORDS = {
    "-": "- is standard input",
    "none/": "none: no such file, folder or pattern",
    "none/*.png": "no such file, folder or pattern",
    "memory://none": "memory://none: no such file, folder or pattern",
    "@none.txt": "none.txt: no such file",
    "none.csv": "none.csv: no such file",
    "s3::photos": "one address within another",
    "https://me:secret@example.org/x.png": "https://example.org/x.png: its user and password would stand",
    "https://token@example.org/x.png": "https://example.org/x.png: its user and password would stand",
    "s3://key:secret@photos/x.png": "s3://photos/x.png: its user and password would stand",
    "https://[x/y.png": "one of the addresses is none",
    "x" * 5000: "it cannot be listed .File name too long",
    "nonsense://x/y.png": "nothing here knows addresses of nonsense://",
}


@pytest.mark.parametrize("word", WORDS)
def test_words_that_cannot_be_given_out_are_refused(word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("fsspec")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EdgewrightError, match=WORDS[word]) as caught:
        names(word)
    assert "secret" not in str(caught.value)
    assert "token" not in str(caught.value)


def test_parquet_whose_texts_are_none_is_one_error(tmp_path: Path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    broken = pyarrow.array([b"a.png", b"\xff\xfe.png"], pyarrow.binary()).view(pyarrow.string())
    parquet.write_table(pyarrow.table({"path": broken}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"x.parquet: no sound Parquet file .*utf-8"):
        names(tmp_path / "x.parquet")


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.ESTALE])
@pytest.mark.parametrize("word", ["pictures", "pictures/*/*.PNG"])
def test_a_folder_that_cannot_be_read_is_no_empty_one(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, code: int, word: str
):
    scandir = os.scandir

    def failing(folder: str) -> object:
        if Path(folder).name == "b":
            raise OSError(code, os.strerror(code), folder)
        return scandir(folder)

    monkeypatch.chdir(pictures.parent)
    monkeypatch.setattr(os, "scandir", failing)
    with pytest.raises(DataError, match=r"pictures/b/?: the folder cannot be read .*would have no rows"):
        names(word)


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("fsspec")
    with pytest.raises(MissingExtraError, match=r"adl://.*pip install adlfs"):
        names("adl://store/photos")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'edgewright\[remote\]'"):
        names("s3://photos/a.png")


def test_a_store_in_memory_is_listed_like_a_folder():
    files = pytest.importorskip("fsspec").filesystem("memory")
    for name in ("a/2.png", "a/b/1.png", "a/.h.png", "a-b/3.png", "a/n.txt", "top.png"):
        files.pipe_file(f"/words/{name}", b"x")
    root = "memory://words"
    assert names(root) == [f"{root}/{name}" for name in ("a/2.png", "a/b/1.png", "a-b/3.png", "top.png")]
    assert names(f"{root}/*/*.png") == [f"{root}/{name}" for name in ("a/2.png", "a-b/3.png")]
    assert names(f"{root}/**/*.png", f"{root}/none.png") == [*names(root), f"{root}/none.png"]
    files.pipe_file("/words/table.csv", b"path\na/2.png\ns3://x/y.png\n")
    assert names(f"{root}/table.csv") == [f"{root}/a/2.png", "s3://x/y.png"]


def test_without_an_order_files_come_as_the_system_has_them(tmp_path: Path):
    for name in ("b/2.jpg", "a/1.jpg", "c.jpg", "b/1.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [entry.name for entry in list_inputs([str(tmp_path)], KIND, ordered=False)]
    assert found == list(walk_files(tmp_path, KIND.suffixes))
    assert sorted(found) == sorted(names(tmp_path))
