"""Each public name has an example in its docstring, which says what really comes of it."""

from __future__ import annotations

import doctest
import inspect
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.docs.worked_folder import fill

import edgewright as ew

# A text, whose docstring is that of all texts.
PUBLIC = [name for name in ew.__all__ if name != "__version__"]
# What trains or searches.
HEAVY = {"Compressed", "Training", "compress", "optimize", "quickstart", "train"}
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def example_of(name: str) -> doctest.DocTest:
    text = inspect.getdoc(getattr(ew, name)) or ""
    return doctest.DocTestParser().get_doctest(text, {"ew": ew, "np": np}, name, None, 0)


@pytest.fixture(scope="session")
def filled(tmp_path_factory, shared_file, built_by) -> Path:
    folder = tmp_path_factory.mktemp("worked")
    fill(folder, shared_file)
    shutil.copy(built_by("train/pictures/build_backbones.py") / "tiny.keras", folder)
    stripes = built_by("train/compression/build_small.py")
    shutil.copy(stripes / "network.keras", folder / "stripes.keras")
    pixels = np.clip(np.rint(np.load(stripes / "inputs.npy") * 50 + 127.5), 0, 255).astype(np.uint8)
    np.savez(folder / "stripes.npz", x=pixels, y=np.load(stripes / "kinds.npy"))
    return folder


@pytest.mark.parametrize("name", PUBLIC)
def test_each_name_has_an_example_of_its_own_that_uses_it(name):
    examples = example_of(name).examples
    assert examples, f"ew.{name} has no example in its docstring"
    source = "".join(example.source for example in examples)
    assert "ew." in source
    assert "/work" not in source
    assert "/tmp" not in source
    assert any(example.want for example in examples), f"the example of ew.{name} shows nothing that comes of it"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.extras) if name in HEAVY else name for name in PUBLIC]
)
def test_the_example_says_what_comes_of_it(name, filled, monkeypatch):
    monkeypatch.chdir(filled)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    runner.run(example_of(name), out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)


def test_dir_lists_the_public_names_only():
    assert dir(ew) == sorted(ew.__all__)
