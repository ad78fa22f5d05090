"""The lowering of an exported SavedModel: TensorFlow's converter, then names and order as the source has them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from edgewright.convert.obstacles.advice import find_advice
from edgewright.convert.obstacles.unsupported import refusal
from edgewright.convert.sources.contract import Lowered, Request
from edgewright.convert.sources.naming import in_source_order
from edgewright.convert.sources.ports import InputPort, OutputPort
from edgewright.convert.sources.tensorflow.exporting import failing
from edgewright.convert.sources.tensorflow.graphs.reading import read_graphs
from edgewright.convert.sources.tensorflow.lowering.converter import convert_saved_model
from edgewright.convert.sources.tensorflow.lowering.exported import Exported
from edgewright.convert.sources.tensorflow.lowering.recurrent import repair_recurrent
from edgewright.convert.sources.tensorflow.lowering.refused import refused_by_runtime
from edgewright.convert.sources.tensorflow.lowering.states import random_draws
from edgewright.convert.sources.tensorflow.runtime import start_tensorflow, versions
from edgewright.errors import ConversionError, EngineError, FormatError, UsageError
from edgewright.model import ModelFile
from edgewright.spelling import argument


class Exportable(Protocol):
    """What TensorFlow has loaded: it can be written as a SavedModel.

    `layers` are the names that people gave its parts, with the class of each; `remedies` what had to be changed in it
    to get this far.
    """

    name: str
    outputs: tuple[OutputPort, ...]
    layers: Mapping[str, str]
    remedies: tuple[str, ...]

    def export(self, ports: Sequence[InputPort], folder: Path) -> None:
        """Write a SavedModel into `folder` with one signature, "serving_default", of these inputs and `outputs`."""


@dataclass(frozen=True)
class SavedModelLowering:
    """Runs TensorFlow's converter; a `Lowering` that knows the operators of its source."""

    quantizes: ClassVar[bool] = True

    exported: Exported

    def __call__(self) -> Lowered:
        """Convert it, in a child process that may have TensorFlow already."""
        if "tensorflow" not in sys.modules:
            start_tensorflow(keras=False)
        exported = self.exported
        model = _read(convert_saved_model(exported), exported)
        return Lowered(in_source_order(model, exported.inputs, exported.outputs), exported.remedies, exported.tools)

    def draws(self) -> ConversionError | None:
        """Name the operators of the source that draw random numbers, if it has any."""
        found = tuple(dict.fromkeys(random_draws(read_graphs(self.exported.graph), self.exported.layers)))
        return refusal(self.exported.name, found, self.exported.options) if found else None

    def refused(self, model: ModelFile, error: EngineError) -> ConversionError:
        """Name the operator of the source that is behind what the runtime refuses."""
        graphs = read_graphs(self.exported.graph)
        operators = {used.node.name: used.node.op for graph in graphs for used in graph.used()}
        culprit = refused_by_runtime(model, error, tuple(self.exported.layers), operators)
        return refusal(self.exported.name, (culprit,), self.exported.options)


def _read(data: bytes, exported: Exported) -> ModelFile:
    """What the converter wrote. It writes what LiteRT has no tensors for, too: of more dimensions, for example."""
    try:
        return ModelFile(data, exported.name)
    except FormatError as error:
        entry = find_advice("", "dimensions") if "dimensions" in error.message else None
        remedy = f"Instead: {entry.instead}" if entry else ""
        said = f"converted, but the file is none that can be used: {error.message}"
        raise ConversionError(said, where=exported.name, remedy=remedy) from error


def lowering_of(opened: Exportable, request: Request) -> SavedModelLowering:
    """Export what is loaded into the folder of the conversion, and what is left to do.

    Raises `UsageError` where a batch is to stay free that the source has fixed.
    """
    if request.options.dynamic_batch and not any(port.shape[:1] == (None,) for port in request.inputs):
        free = argument("dynamic_batch", True)
        raise UsageError(f"{opened.name}: no input of it has a free batch, so none can stay free. Leave {free} off")
    folder = request.folder / "exported"
    with failing(opened.name):
        opened.export(request.inputs, folder)
    repaired = repair_recurrent(folder, _batch(request.inputs))
    exported = Exported(
        folder=folder,
        name=opened.name,
        inputs=tuple(port.name for port in request.inputs),
        outputs=tuple(port.name for port in opened.outputs),
        options=request.options,
        calibration=request.calibration,
        layers=opened.layers,
        remedies=(*opened.remedies, *repaired),
        tools=versions("tensorflow", "keras", "tf_keras"),
    )
    return SavedModelLowering(exported)


def _batch(ports: Sequence[InputPort]) -> int | None:
    """The first size that all inputs share, if there is one."""
    sizes = {port.shape[0] if port.shape else None for port in ports}
    return sizes.pop() if len(sizes) == 1 else None
