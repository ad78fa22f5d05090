"""`edgewright run` on plain tensors: arrays in and out, and what is asked for where a file says nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgewright.cli.answers.saving import _free_stem
from edgewright.model import ModelFile
from edgewright.task import kinds

from ..conftest import Run
from ..model.builders import add_model, raw, summing_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ModelFile(raw(add_model()), "odd").save(tmp_path / "odd.tflite")
    (tmp_path / "in.json").write_text('{"0": [1, 2, 3, 4], "1": [0.5, 0.5, 0.5, 0.5]}')
    (tmp_path / "photo.jpg").touch()
    return tmp_path


def test_arrays_go_in_and_out(edgewright: Run, folder: Path):
    done = edgewright("run", "odd.tflite", "in.json", "--task", "tensors", "--save-dir", "out", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[4].split() == ["t", "float32", "4", "1.5", "4.5", "3", "1.5", "2.5", "3.5", "4.5"]
    np.testing.assert_array_equal(np.load(folder / "out/in.npz")["t"], [1.5, 2.5, 3.5, 4.5])
    again = edgewright("run", "odd.tflite", "in.json", "--task", "tensors", "--json", cwd=folder)
    assert json.loads(again.stdout)[0]["tensors"]["t"]["values"] == [1.5, 2.5, 3.5, 4.5]


def test_a_file_that_nothing_knows_says_so_and_runs(edgewright: Run, folder: Path):
    done = edgewright("run", "odd.tflite", "in.json", cwd=folder)
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "the file does not say what it is for" in done.stderr
    assert "--task" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("run", "odd.tflite", "photo.jpg"), 1, "takes pictures. If it does, say its task: --task classification or"),
        (("run", "odd.tflite", "in.json", "--task", "tensor"), 2, "Did you mean 'tensors'?"),
        (("run", "odd.tflite", "in.json", "--threshold", "1", "--task", "tensors"), 2, "tensors has no option '--th"),
        (("evaluate", "odd.tflite", "pictures"), 2, "the file does not say what it is for"),
        (("bench", "odd.tflite", "--images", "pictures"), 2, "the file does not say what it is for"),
    ],
)
def test_what_is_missing_is_one_line(edgewright: Run, folder: Path, arguments: tuple[str, ...], code: int, words: str):
    for name in "ab":
        (folder / "pictures" / name).mkdir(parents=True)
        (folder / "pictures" / name / "x.png").touch()
    done = edgewright(*arguments, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1), done.stderr
    assert words in done.stderr


def test_help_names_every_task(edgewright: Run):
    said = " ".join(edgewright("run", "--help").stdout.split())
    listed = said.partition("does not say it: ")[2].partition(" --labels")[0]
    assert [name for name in kinds._kinds._built_in if name not in listed] == []


def test_frames_are_no_tensors(edgewright: Run, folder: Path):
    done = edgewright("watch", "odd.tflite", "--folder", ".", "--once", cwd=folder)
    assert done.returncode != 0
    assert "the file does not say what it is for" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_a_model_remembers_goes_from_one_input_to_the_next(edgewright: Run, tmp_path: Path):
    """Several interpreters, one for each core, would each remember some of the inputs."""
    ModelFile(raw(summing_model()), "sum").save(tmp_path / "sum.tflite")
    (tmp_path / "one.json").write_text("[1]")
    inputs = ["one.json"] * 40
    done = edgewright("run", "sum.tflite", *inputs, "--task", "tensors", "--json", "--threads", "4", cwd=tmp_path)
    assert [said["tensors"]["t"]["values"] for said in json.loads(done.stdout)] == [[n] for n in range(1, 41)]


def test_nothing_is_saved_over_an_input(edgewright: Run, folder: Path):
    """Its arrays would be gone, and the next input of a folder may be read after the first was saved."""
    np.savez(folder / "in.npz", np.arange(4, dtype=np.float32), np.ones(4, np.float32))
    (folder / "link").symlink_to(folder)
    (folder / "out").mkdir()
    (folder / "out/in.npz").symlink_to(folder / "in.npz")
    before = (folder / "in.npz").read_bytes()
    for where in (".", "link", "out"):
        words = ("run", "odd.tflite", "in.json", "in.npz", "--task", "tensors", "-o", where, "--force")
        done = edgewright(*words, cwd=folder)
        assert (done.returncode, "in.npz: is an input itself" in done.stderr) == (1, True), done.stderr
        assert (folder / "in.npz").read_bytes() == before


def test_inputs_that_are_called_alike_have_names_of_their_own_which_are_not_searched_from_the_start():
    class Taken(dict[str, int]):
        asked = 0

        def __contains__(self, name: object) -> bool:
            self.asked += 1
            return super().__contains__(name)

    taken = Taken()
    names = [_free_stem(Path(f"{folder}/{name}.npz"), taken) for folder in range(50) for name in ("in-2", "in")]
    assert names[:4] == ["in-2", "in", "in-2-2", "in-3"]
    assert len(set(names)) == 100
    assert taken.asked < 300
