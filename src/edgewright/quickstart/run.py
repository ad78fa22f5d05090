"""The quickstart as one call: train, convert, prove, shrink, measure, report."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.convert import Quantize, convert
from edgewright.data import DEFAULT_NAME, Dataset, as_bytes, hold_out, load
from edgewright.documents import json_text
from edgewright.engine import open_engine
from edgewright.errors import HubError, MissingExtraError, UsageError
from edgewright.evaluate import Accuracy, accuracy
from edgewright.machine import Progress, Timing, describe, interleave, run_in_child, silent
from edgewright.media import normalize, quantize
from edgewright.model import InputMetadata, ModelFile
from edgewright.quickstart.artefacts import Artefact, Quickstart, size_of
from edgewright.quickstart.folder import staged
from edgewright.quickstart.page import page
from edgewright.quickstart.photos import NAME, Photos, choose_photos, classify_photos
from edgewright.quickstart.training import MEAN, STD, Trained, train

DEFAULT_FOLDER = "edgewright-quickstart"

# Side of the pictures that are decoded from folders, in pixels: that of MNIST.
SIDE = 28

_TEST_SHARE = 0.2
_CALIBRATION_PICTURES = 300

# Title, file, what it is made from, and quantization of each model that is made.
_MODELS: tuple[tuple[str, str, str, Quantize], ...] = (
    ("float, from .keras", "model.tflite", "model.keras", "none"),
    ("float, from .h5", "model_from_h5.tflite", "model.h5", "none"),
    ("float, from SavedModel", "model_from_saved_model.tflite", "saved_model", "none"),
    ("dynamic range", "model_dynamic.tflite", "model.keras", "dynamic"),
    ("full integer", "model_int8.tflite", "model.keras", "int8"),
)
_SOURCES = (("Keras archive", "model.keras"), ("Keras HDF5", "model.h5"), ("SavedModel", "saved_model"))


def quickstart(
    data: str | os.PathLike[str] = DEFAULT_NAME,
    *,
    out: str | os.PathLike[str] = DEFAULT_FOLDER,
    epochs: int = 10,
    seed: int = 1,
    photos: Sequence[str] | None = (),
    overwrite: bool = False,
    progress: Progress = silent,
) -> Quickstart:
    """Walk the whole path on a data set of pictures, by name or path, and leave everything in the folder `out`.

    Trains a small dense network, saves it in the three formats of Keras, converts each, makes a dynamic-range and a
    full-integer version, evaluates all on held-out pictures and times them side by side. Then fetches a network that
    was trained on photographs and classifies a sample and `photos` (files, folders, patterns) with it; `None` leaves
    that out, and where it cannot be had a notice says so. Writes `report.html` and `results.json`. One seed gives the
    same accuracies on the same machine.

    Raises `MissingExtraError` without TensorFlow, `OutputError` where `out` has content (unless `overwrite`), and
    what reading the data and converting raise.

    >>> made = ew.quickstart("fashion.npz", out="quickstart", epochs=1, photos=None)
    >>> sorted(path.suffix for path in made.folder.glob("*.tflite"))[:1]
    ['.tflite']
    """
    if epochs < 1:
        raise UsageError(f"epochs is {epochs}; at least 1 is needed")
    if importlib.util.find_spec("tensorflow") is None:
        raise MissingExtraError("The quickstart", "quickstart")
    start = time.monotonic()
    folder = Path(out)
    chosen = choose_photos(photos) if photos is not None else []
    with staged(folder, overwrite=overwrite) as work:
        dataset = _pictures(data, progress)
        training, test = hold_out(dataset, _TEST_SHARE, seed)
        trained = _train(training, test, work, epochs, seed, progress)
        made = _convert_all(work, training, progress)
        artefacts = (*_sources(work, test, trained), *_measured(work, made, test, progress))
        second_act, notice = _photos(chosen, work, progress)
        result = Quickstart(
            folder=folder,
            train=training,
            test=test,
            trained=trained,
            artefacts=artefacts,
            machine=describe(),
            settings={"data": str(data), "epochs": epochs, "seed": seed},
            seconds=time.monotonic() - start,
            photos=second_act,
            notices=(*dataset.notices, *([notice] if notice else [])),
            no_photos=notice or "",
        )
        page(result).save(work / "report.html")
        (work / "results.json").write_text(json_text(result.to_dict(), indent=2), encoding="utf-8")
    return result


def _pictures(data: str | os.PathLike[str], progress: Progress) -> Dataset:
    """The pictures as pixels from 0 to 255; those that were divided already become them again."""
    dataset = load(data, size=(SIDE, SIDE), color_space="GRAYSCALE", progress=progress)
    return as_bytes(dataset, InputMetadata(mean=(MEAN,), std=(STD,)))


def _train(training: Dataset, test: Dataset, work: Path, epochs: int, seed: int, progress: Progress) -> Trained:
    return run_in_child(
        train,
        training.x,
        training.labels,
        test.x,
        classes=len(training.classes),
        folder=str(work),
        epochs=epochs,
        seed=seed,
        progress=progress,
    )


def _convert_all(work: Path, training: Dataset, progress: Progress) -> dict[str, ModelFile]:
    made = {}
    for done, (_, file, source, quantize_to) in enumerate(_MODELS):
        progress("convert", done, len(_MODELS))
        made[file] = convert(
            work / source,
            labels=training.classes,
            normalization=(MEAN, STD),
            quantize=quantize_to,
            representative_data=_calibration(training) if quantize_to == "int8" else None,
        )
        made[file].save(work / file)
    progress("convert", len(_MODELS), len(_MODELS))
    return made


def _calibration(training: Dataset) -> Any:
    """The first training pictures, as the network takes them; the split left them in random order."""
    return ((training.x[:_CALIBRATION_PICTURES].astype(np.float32) - MEAN) / STD).astype(np.float32)


def _sources(work: Path, test: Dataset, trained: Trained) -> tuple[Artefact, ...]:
    """The three saved forms of one network: what was measured of it holds for each."""
    figure = Accuracy(test.labels, trained.outputs.argmax(1).astype(np.int64), trained.outputs)
    sizes = {path: size_of(work / path) for _, path in _SOURCES}
    return tuple(Artefact(name, path, sizes[path], sizes[path], False, figure) for name, path in _SOURCES)


def _measured(work: Path, made: Mapping[str, ModelFile], test: Dataset, progress: Progress) -> tuple[Artefact, ...]:
    accuracies = {}
    for file, model in made.items():
        accuracies[file] = accuracy(model, test, progress=partial(_under, progress, f"evaluate {file}"))
    timings = _time(made, test, progress)
    return tuple(
        Artefact(title, file, made[file].size, size_of(work / source), True, accuracies[file], timings[file])
        for title, file, source, _ in _MODELS
    )


def _photos(chosen: Sequence[Path], work: Path, progress: Progress) -> tuple[Photos | None, str | None]:
    """The second act, or the reason why there is none."""
    if not chosen:
        return None, None
    try:
        result = classify_photos(chosen, progress=progress)
    except HubError as error:
        return None, f"no photographs were classified: {error}"
    result.integer.save(work / f"{NAME}_int8.tflite")
    for number, photo in enumerate(result.photos, 1):
        photo.real.draw(photo.path).save(work / f"photo-{number}.jpg", quality=90)
    return result, None


def _under(progress: Progress, step: str, _: str, done: int, total: int) -> None:
    progress(step, done, total)


def _time(made: Mapping[str, ModelFile], test: Dataset, progress: Progress) -> dict[str, Timing]:
    """One picture at a time, one thread, all models interleaved."""
    engines = {file: open_engine(model) for file, model in made.items()}
    try:
        calls = {}
        for file, engine in engines.items():
            spec = engine.inputs[0]
            picture = quantize(normalize(test.x[0], made[file].metadata.inputs[0]), spec).reshape(spec.shape)
            calls[file] = partial(engine.run, picture)
        return interleave(calls, progress=progress)
    finally:
        for engine in engines.values():
            engine.close()
