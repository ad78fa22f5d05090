"""A folder is exported whole or not at all, and never in place of what somebody else put there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import edgewright as ew
from edgewright import files
from edgewright.deploy import Written, export_names, exporting, register_export
from edgewright.errors import ModelError, OutputError, UsageError

MODEL = "models/mobilenet_v1_0.25_128_quant.tflite"


class Notes:
    """A target of a running program: the labels, and a file in a folder."""

    name, title = "notes", "Notes"
    asked = 0

    def write(self, described, progress):
        self.asked += 1
        files = {"model.tflite": described.model.data, "words/labels.txt": "\n".join(described.labels).encode()}
        return Written(files, ("it is here",), ("it is right",), "cat {folder}/words/labels.txt", {"labels": 1001})


@pytest.fixture
def notes() -> Iterator[Notes]:
    target = Notes()
    register_export("notes", target)
    yield target
    exporting._targets._parts.pop("notes")


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_the_folder_says_what_it_is(shared_file, notes: Notes, tmp_path: Path):
    out = tmp_path / "my notes"
    made = ew.export(shared_file(MODEL), out, target="notes")
    assert set(listing(out)) == set(made.files) == {"model.tflite", "words/labels.txt", "edgewright-export.json"}
    record = json.loads((out / "edgewright-export.json").read_text())
    assert (record["target"], record["unproven"], record["sha256"]) == ("notes", ["it is right"], made.model.sha256)
    assert made.start == f"cat '{out}'/words/labels.txt"
    assert made.to_dict()["facts"] == {"labels": 1001}
    assert names(tmp_path) == ["my notes"]
    assert out.stat().st_mode & 0o777 == 0o777 & ~exporting._umask()


def test_it_is_replaced_when_that_is_asked_for(shared_file, notes: Notes, tmp_path: Path):
    ew.export(shared_file(MODEL), tmp_path / "out", target="notes")
    (tmp_path / "out/words/labels.txt").write_text("edited")
    with pytest.raises(OutputError, match=r"was exported already\. .*overwrite=True"):
        ew.export(shared_file(MODEL), tmp_path / "out", target="notes")
    ew.export(shared_file(MODEL), tmp_path / "out", target="notes", overwrite=True)
    assert (tmp_path / "out/words/labels.txt").read_text() != "edited"
    assert names(tmp_path) == ["out"]


def test_a_link_to_the_folder_stays_one(shared_file, notes: Notes, tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real").mkdir()
    for _ in range(2):
        ew.export(shared_file(MODEL), tmp_path / "link", target="notes", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real/model.tflite").exists()


@pytest.mark.parametrize("theirs", ["photos/cat.jpg", ".git/HEAD", "Model.tflite", "words/mine.txt"])
def test_what_others_put_there_is_never_removed(shared_file, notes: Notes, tmp_path: Path, theirs: str):
    (tmp_path / "theirs" / theirs).parent.mkdir(parents=True)
    (tmp_path / "theirs" / theirs).write_text("mine")
    with pytest.raises(OutputError, match="is not empty, and was not exported"):
        ew.export(shared_file(MODEL), tmp_path / "theirs", target="notes", overwrite=True)
    ew.export(shared_file(MODEL), tmp_path / "out", target="notes")
    added = tmp_path / "out" / theirs
    added.parent.mkdir(exist_ok=True)
    added.write_text("mine")
    before = listing(tmp_path)
    with pytest.raises(OutputError, match=f"holds what was not exported: {theirs}. Move it"):
        ew.export(shared_file(MODEL), tmp_path / "out", target="notes", overwrite=True)
    assert listing(tmp_path) == before
    assert notes.asked == 1  # refused before the work


def test_a_record_that_is_none_allows_nothing(shared_file, notes: Notes, tmp_path: Path):
    for content in ("", "[]", "{", '{"format": 1, "files": ["model.tflite"]}', '{"format": 2, "files": {}}'):
        (tmp_path / "edgewright-export.json").write_text(content)
        with pytest.raises(OutputError, match="was not exported"):
            ew.export(shared_file(MODEL), tmp_path, target="notes", overwrite=True)


def test_a_link_in_the_folder_is_not_followed(shared_file, notes: Notes, tmp_path: Path):
    (tmp_path / "photos").mkdir()
    ew.export(shared_file(MODEL), tmp_path / "out", target="notes")
    (tmp_path / "out/photos").symlink_to(tmp_path / "photos")
    with pytest.raises(OutputError, match="not exported: photos"):
        ew.export(shared_file(MODEL), tmp_path / "out", target="notes", overwrite=True)


@pytest.mark.parametrize(
    ("out", "why"),
    [("file", "is a file. Name a folder"), ("no/where", "folder does not exist"), ("a\0b", "null character")],
)
def test_where_it_cannot_be_written_is_said_before_the_work(shared_file, notes: Notes, tmp_path: Path, out, why):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=why):
        ew.export(shared_file(MODEL), f"{tmp_path}/{out}", target="notes")
    assert notes.asked == 0


@pytest.mark.parametrize("path", ["../x", "/x", "a/../x", "", "edgewright-export.json", "a//b", "./a"])
def test_a_target_names_files_in_the_folder_only(path: str):
    with pytest.raises(OutputError, match="no good name"):
        Written({path: b""}, (), (), "")


def test_nothing_is_left_of_what_fails(shared_file, notes: Notes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(described, progress):
        raise ModelError("it does not run there")

    monkeypatch.setattr(notes, "write", fail)
    with pytest.raises(ModelError):
        ew.export(shared_file(MODEL), tmp_path / "out", target="notes")
    assert names(tmp_path) == []


def test_an_unknown_target_is_said_with_the_choices(shared_file, tmp_path: Path):
    with pytest.raises(UsageError, match=r"there is no target of export 'andriod'\. Did you mean 'android'"):
        ew.export(shared_file(MODEL), tmp_path / "out", target="andriod")
    assert export_names()[:2] == ("python", "web")


def test_texts_of_strangers_are_plain_in_code():
    assert exporting.plain("a*/ \\u000a\n// b.tflite") == "a__ _u000a___ b.tflite"
    assert exporting.labels_file(("a\nb", "", "é")) == "a b\n\né\n".encode()


def test_an_interrupt_between_two_names_leaves_the_folder_that_was_there(
    shared_file, notes: Notes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ew.export(shared_file(MODEL), tmp_path / "out", target="notes")
    before, rename = listing(tmp_path / "out"), Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if path.name == "fresh":
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(files, "_exchange", lambda *_: False)
    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ew.export(shared_file(MODEL), tmp_path / "out", target="notes", overwrite=True)
    assert listing(tmp_path / "out") == before
    assert names(tmp_path) == ["out"]
