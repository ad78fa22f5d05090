"""Each public function takes a model as `load` does: by its path, its bytes, its name, or as a `ModelFile`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest

import edgewright as ew
from edgewright import hub
from edgewright.data import Dataset
from edgewright.model import ModelLike

NAME = "tiny"
FORMS: dict[str, Callable[[Path], ModelLike]] = {
    "a text": str,
    "a path": lambda path: path,
    "bytes": Path.read_bytes,
    "a name": lambda path: NAME,
    "a ModelFile": ew.ModelFile.read,
}

PICTURE = np.full((128, 128, 3), 128, np.uint8)
CLASSES = tuple(f"class {index}" for index in range(1001))
TWO = Dataset(np.stack([PICTURE, PICTURE]), np.array([0, 1]), CLASSES, "arrays", "two")
KINDS = [(PICTURE, "a"), (255 - PICTURE, "b")] * 4


def closed(task: Any) -> Any:
    with task:
        return task(PICTURE)[0].label


def opened(engine: Any) -> Any:
    with engine:
        return [array.shape for array in engine.run([np.zeros((1, 128, 128, 3), np.uint8)])]


# Each public function that takes a model -> what comes of a call, without times and names of files.
FUNCTIONS: dict[str, Callable[[ModelLike], Any]] = {
    "load": lambda model: closed(ew.load(model)),
    "inspect": lambda model: ew.inspect(model).to_dict()["operators"],
    "accuracy": lambda model: ew.accuracy(model, (TWO.x, TWO.labels)).to_dict(),
    "evaluate": lambda model: ew.evaluate(model, (TWO.x, TWO.labels)).to_dict()["value"],
    "evaluate, baseline": lambda model: ew.evaluate(model, TWO, baseline=model, metric="agreement").to_dict()["value"],
    "agreement": lambda model: ew.agreement(model, model, [PICTURE[None].astype(np.float32)]).to_dict(),
    "open_engine": lambda model: opened(ew.open_engine(model)),
    "rewrite": lambda model: ew.rewrite(model).changes,
    "check": lambda model: ew.check(model, targets="gpu").to_dict()["targets"],
    "bench": lambda model: len(ew.bench(model, baseline=model, rounds=1).measured),
    "choose_engine": lambda model: ew.choose_engine(model, engines=["litert"], threads=[1]).engine,
    "chain": lambda model: type(ew.chain(model, model)).__name__,
    "Agent": lambda model: ew.Agent(model, [PICTURE], sinks=[lambda event: None], state=mkdtemp()).run().looked_at,
    "teach": lambda model: ew.teach(model, KINDS, allow_poor=True).classes.tolist(),
    "fit_threshold": lambda model: ew.fit_threshold(model, np.zeros((9, 1))),
    "SmartReply": lambda model: ew.SmartReply(model, [("a", "b")]),
    "optimize": lambda model: ew.optimize(model, TWO),
}  # fmt: skip


@pytest.fixture
def path(tiny, index, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("EDGEWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    tiny.offer(index)
    hub.get(NAME)
    copied = tmp_path / "model.tflite"
    copied.write_bytes(hub.locate(NAME).read_bytes())
    return copied


def outcome(function: Callable[[ModelLike], Any], model: ModelLike) -> Any:
    """What comes of it, or the error of which the model itself is the reason, without the name of its file."""
    try:
        return function(model)
    except ew.EdgewrightError as error:
        return type(error), str(error).partition(": ")[2]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_takes_a_model_in_each_form(name, path):
    outcomes = {form: outcome(FUNCTIONS[name], given(path)) for form, given in FORMS.items()}
    assert outcomes == dict.fromkeys(FORMS, outcomes["a ModelFile"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_name_that_was_not_fetched_is_said_and_nothing_is_downloaded(name, tiny, index, tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ew.EdgewrightError, match="models get tiny"):
        FUNCTIONS[name](NAME)
    assert index.asked == []


def test_a_file_goes_before_a_model_of_its_name(path, monkeypatch):
    Path(NAME).write_bytes(b"no model")
    with pytest.raises(ew.EdgewrightError, match="tiny: "):
        ew.inspect(NAME)


def test_accuracy_reads_pictures_of_a_folder(path, tmp_path, shared_file):
    from PIL import Image

    labels = {"macaw": "parrot.jpg", "daisy": "sunflower.bmp"}
    for number, (label, picture) in enumerate(labels.items()):
        (tmp_path / "photos" / label).mkdir(parents=True)
        Image.open(shared_file(f"images/{picture}")).save(tmp_path / "photos" / label / f"{number}.png")
    found = ew.accuracy(path, tmp_path / "photos")
    assert (found.total, found.outputs.shape) == (2, (2, 1001))
