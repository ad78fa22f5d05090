"""What runs in the child process: load, export, convert, compare. Nothing here is called in the user's process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from edgewright.convert.naming import in_source_order
from edgewright.convert.options import ConversionOptions
from edgewright.convert.ports import Sample
from edgewright.convert.product import Opened, Prepared, Product, prepare
from edgewright.convert.representative import Array
from edgewright.convert.runtime import start_tensorflow
from edgewright.convert.tflite import convert_saved_model
from edgewright.convert.tolerances import require
from edgewright.evaluate import Agreement, Runner, compare
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile

# Loads a source after looking at it, and says what had to be changed to do so.
Opener = Callable[[Path, ConversionOptions], tuple[Opened, tuple[str, ...]]]

_STEPS = 4


def convert_path(
    opener: Opener, path: Path, options: ConversionOptions, workshop: Path, progress: Progress = silent
) -> Product:
    """Convert the source at `path`, which `opener` knows to load; temporary files go into `workshop`."""
    progress("loading", 0, _STEPS)
    opened, remedies = opener(path, options)
    progress("exporting", 1, _STEPS)
    prepared = prepare(opened, options, workshop / "exported", str(path), remedies)
    del opened
    return _finish(prepared, options, progress)


def convert_prepared(prepared: Prepared, options: ConversionOptions, progress: Progress = silent) -> Product:
    """Convert what the caller's process has exported already."""
    progress("loading", 1, _STEPS)
    start_tensorflow(keras=False)
    return _finish(prepared, options, progress)


def _finish(prepared: Prepared, options: ConversionOptions, progress: Progress) -> Product:
    progress("converting", 2, _STEPS)
    data = convert_saved_model(prepared.folder, options, prepared.calibration, prepared.name)
    model = in_source_order(ModelFile(data, prepared.name), prepared.inputs, prepared.outputs)
    progress("comparing", 3, _STEPS)
    agreement = _prove(model, prepared, options)
    progress("comparing", _STEPS, _STEPS)
    return Product(model.data, agreement, prepared.real, prepared.remedies, prepared.tools)


def _prove(model: ModelFile, prepared: Prepared, options: ConversionOptions) -> Agreement:
    """Run the result on the samples of the source; raises `ToleranceError` where they part."""
    with Runner(model) as run:
        agreement = compare(prepared.reference, _results(run, prepared.samples), prepared.outputs)
        require(agreement, options.quantize, prepared.name)
        if prepared.wide:
            wide = compare(prepared.wide_reference, _results(run, prepared.wide), prepared.outputs)
            require(wide, options.quantize, prepared.name, one_sample=True)
    return agreement


def _results(run: Runner, samples: Sequence[Sample]) -> list[Sequence[Array]]:
    return [run(list(sample.values())) for sample in samples]
