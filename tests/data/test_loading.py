from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgewright.data import DEFAULT_NAME, load, names
from edgewright.errors import DataError, UsageError


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    path = tmp_path / "data.npz"
    np.savez(path, x=np.zeros((4, 28, 28), np.uint8), y=[0, 1, 0, 1])
    return path


def test_the_default_is_the_first_name() -> None:
    assert next(iter(names())) == DEFAULT_NAME
    assert set(names()) == {"mnist5k", "mnist", "fashion_mnist"}


def test_an_unknown_name_gets_the_nearest_one_and_the_choices() -> None:
    with pytest.raises(
        UsageError, match=r"no file, folder or data set 'Fashion-MNIST'\. Did you mean 'fashion_mnist'\?"
    ):
        load("Fashion-MNIST")
    with pytest.raises(UsageError, match=r"data set 'flowers'\. Data sets: mnist5k, mnist, fashion_mnist"):
        load("flowers")


@pytest.mark.parametrize("missing", ["photos/val", "data.npz", "./mnist5k", "bad\0name.npz", "x" * 5000 + ".npz"])
def test_a_missing_path_is_a_data_error(missing: str) -> None:
    with pytest.raises(DataError) as caught:
        load(missing)
    assert str(caught.value).isprintable()


def test_a_name_that_is_also_a_path_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mnist5k").mkdir()
    assert load("mnist5k").notices == (
        "This is the data set mnist5k; for the file or folder of that name write ./mnist5k.",
    )


def test_what_is_no_data_set_lists_what_could_be(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(DataError, match=r"notes.txt: not a data set.*folder of pictures.*idx, npz"):
        load(tmp_path / "notes.txt")
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(DataError, match="it is empty"):
        load(tmp_path / "notes.txt")


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="neither a file nor a folder"):
        load(tmp_path / "pipe")


def test_arrays_must_have_the_size_and_colors_that_are_asked(npz: Path) -> None:
    assert len(load(npz, size=(28, 28), color_space="GRAYSCALE")) == 4
    with pytest.raises(DataError, match=r"inputs of 28 x 28, expected 32 x 32\. Arrays are taken as they are"):
        load(npz, size=(32, 32))
    with pytest.raises(DataError, match="inputs of 28 x 28, expected RGB"):
        load(npz, color_space="RGB")
    with pytest.raises(DataError, match="mnist5k: inputs of 28 x 28"):
        load("mnist5k", size=(32, 32))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": (0, 28)}, "each at least 1"),
        ({"size": (28,)}, "expected \\(height, width\\)"),
        ({"color_space": "gray"}, "'gray'. Choose one of: RGB, GRAYSCALE"),
        ({"policy": "squash"}, "'squash'. Choose one of: stretch, crop, letterbox"),
    ],
)
def test_unknown_options_are_usage_errors(npz: Path, options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        load(npz, **options)  # type: ignore[arg-type]


def test_class_names_can_be_given(npz: Path) -> None:
    assert load(npz, classes=["cat", "dog"]).classes == ("cat", "dog")
    with pytest.raises(UsageError, match="1 class names for 2 classes"):
        load(npz, classes=["cat"])


def test_a_package_outside_adds_a_name_and_a_format(tmp_path: Path) -> None:
    (tmp_path / "my_sets-1.dist-info").mkdir()
    (tmp_path / "my_sets-1.dist-info" / "METADATA").write_text("Name: my-sets\nVersion: 1\n")
    (tmp_path / "my_sets-1.dist-info" / "entry_points.txt").write_text(ENTRY_POINTS)
    (tmp_path / "my_sets.py").write_text(PLUG_IN)
    (tmp_path / "a.mine").write_text("0 1 0")
    program = "import edgewright.data as d; print(d.load('three').y.tolist(), d.load('a.mine').y.tolist())"
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[0, 1, 1] [0, 1, 0]\n", "")


ENTRY_POINTS = """[edgewright.datasets]
three = my_sets:THREE
[edgewright.data_formats]
mine = my_sets:MINE
"""

PLUG_IN = """
from edgewright.data import Named, from_arrays

class Mine:
    name = "mine"
    expects = "a .mine file"

    def recognizes(self, path, head):
        return path.suffix == ".mine"

    def open(self, path, options):
        y = [int(word) for word in path.read_text().split()]
        return from_arrays([[0]] * len(y), y, name=path.name)

MINE = Mine()
THREE = Named("three", "three samples", lambda progress: from_arrays([[0]] * 3, [0, 1, 1], name="three"))
"""
