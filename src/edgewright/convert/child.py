"""What runs in the child process: load, export, convert, compare. Nothing here is called in the user's process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from edgewright.convert.graphs.reading import read_graphs
from edgewright.convert.naming import in_source_order
from edgewright.convert.operators import refusal
from edgewright.convert.options import ConversionOptions, Quantize
from edgewright.convert.ports import Sample
from edgewright.convert.product import Opened, Prepared, Product, prepare
from edgewright.convert.refused import refused_by_runtime
from edgewright.convert.representative import Array
from edgewright.convert.runtime import start_tensorflow
from edgewright.convert.tflite import convert_saved_model
from edgewright.convert.tolerances import require
from edgewright.errors import ConversionError, EngineError, ToleranceError
from edgewright.evaluate import Agreement, Runner, compare
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile

# Loads a source after looking at it for what it would run.
Opener = Callable[[Path, ConversionOptions], Opened]

_STEPS = 4


def convert_path(
    opener: Opener, path: Path, options: ConversionOptions, workshop: Path, progress: Progress = silent
) -> Product:
    """Convert the source at `path`, which `opener` knows to load; temporary files go into `workshop`."""
    progress("loading", 0, _STEPS)
    opened = opener(path, options)
    progress("exporting", 1, _STEPS)
    prepared = prepare(opened, options, workshop / "exported", str(path))
    del opened
    return _finish(prepared, options, progress)


def convert_prepared(prepared: Prepared, options: ConversionOptions, progress: Progress = silent) -> Product:
    """Convert what the caller's process has exported already."""
    progress("loading", 1, _STEPS)
    start_tensorflow(keras=False)
    return _finish(prepared, options, progress)


def _finish(prepared: Prepared, options: ConversionOptions, progress: Progress) -> Product:
    progress("converting", 2, _STEPS)
    data = convert_saved_model(prepared, options)
    model = in_source_order(ModelFile(data, prepared.name), prepared.inputs, prepared.outputs)
    progress("comparing", 3, _STEPS)
    agreement = _prove(model, prepared, options)
    progress("comparing", _STEPS, _STEPS)
    return Product(model.data, agreement, prepared.real, prepared.remedies, prepared.tools)


def _prove(model: ModelFile, prepared: Prepared, options: ConversionOptions) -> Agreement:
    """Run the result on the samples of the source; raises `ToleranceError` where they part."""
    _require_finite(prepared)
    _require_change(model, prepared.name, options)
    with _runner(model, prepared, options) as run:
        agreement = compare(prepared.reference, _results(run, prepared.samples), prepared.outputs)
        require(agreement, options.quantize, prepared.name)
        if prepared.wide:
            wide = compare(prepared.wide_reference, _results(run, prepared.wide), prepared.outputs)
            require(wide, options.quantize, prepared.name, one_sample=True)
    return agreement


@contextmanager
def _runner(model: ModelFile, prepared: Prepared, options: ConversionOptions) -> Iterator[Runner]:
    """A runner of a file that the converter let through and the runtime may refuse all the same."""
    try:
        with Runner(model) as run:
            yield run
    except EngineError as error:
        culprit = refused_by_runtime(model, error, prepared.layers, _source_operators(prepared))
        raise refusal(prepared.name, (culprit,), options) from error


def _source_operators(prepared: Prepared) -> dict[str, str]:
    graphs = read_graphs((prepared.folder / "saved_model.pb").read_bytes())
    return {one.node.name: one.node.op for graph in graphs for one in graph.used()}


def _results(run: Runner, samples: Sequence[Sample]) -> list[Sequence[Array]]:
    return [run(list(sample.values())) for sample in samples]


def _require_finite(prepared: Prepared) -> None:
    for outputs in prepared.reference:
        for name, output in zip(prepared.outputs, outputs, strict=True):
            if not np.isfinite(output).all():
                advice = "" if prepared.real else ". Made-up inputs may be out of its range: give representative_data"
                raise ToleranceError(f"{prepared.name}: the source itself returns NaN or infinity in {name!r}{advice}")


# What a recipe leaves behind in the file, if it did anything.
_MARKS: dict[Quantize, str] = {"dynamic": "int8", "float16": "float16", "int8": "int8"}


def _require_change(model: ModelFile, name: str, options: ConversionOptions) -> None:
    mark = _MARKS.get(options.quantize)
    dtypes = {tensor.dtype for subgraph in model.graph.subgraphs for tensor in subgraph.tensors}
    if mark and mark not in dtypes:
        raise ConversionError(
            f"{name}: quantize={options.quantize!r} changed nothing: no weights are large enough for it (1,024 "
            "numbers) or of a kind that it covers. Use quantize='none'"
        )
